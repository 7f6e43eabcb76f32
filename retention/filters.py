"""What the task list can be narrowed by; every filter lives in the address, unknown values are told and ignored."""

from dataclasses import dataclass

from django import forms
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from customers import labels
from customers.models import Team
from customers.templatetags.amounts import number
from customers.vocabulary import Quadrant, TaskCategory
from retention import selectors
from retention.models import TaskTemplate
from retention.models.proof import proof_policy
from retention.proof.rules import PASTS, past_q

WHENS = [
    ("overdue", _("Overdue")),
    ("today", _("Due today")),
    ("week", _("Due this week")),
    ("later", _("Later")),
    ("snoozed", _("Snoozed")),
    ("closed", _("Closed tasks")),
]
SORTS = {
    "due": ("due", "priority", F("value").desc(nulls_last=True), "id"),
    "-due": ("-due", "priority", F("value").desc(nulls_last=True), "id"),
    "value": (F("value").asc(nulls_last=True), "due", "id"),
    "-value": (F("value").desc(nulls_last=True), "due", "id"),
    "customer": ("customer__sort_key", "due", "id"),
    "-customer": ("-customer__sort_key", "due", "id"),
    "closed": ("-closed_on", "-id"),
}
NOBODY = "none"
BAR = ("q", "owner", "team", "template", "quadrant", "past")


class TaskFilterForm(forms.Form):
    """The fields of the filter bar; tabs and segments are links on the same parameters."""

    q = forms.CharField(
        label=_("Search"), required=False, max_length=80, widget=forms.TextInput(attrs={"type": "search"})
    )
    owner = forms.ChoiceField(label=_("Owner"), required=False)
    team = forms.ModelChoiceField(Team.objects.all(), label=_("Team"), required=False, empty_label=_("All teams"))
    template = forms.ChoiceField(label=_("Template"), required=False)
    quadrant = forms.ChoiceField(label=_("Quadrant"), required=False)
    when = forms.ChoiceField(choices=[("", ""), *WHENS], required=False, widget=forms.HiddenInput)
    past = forms.ChoiceField(choices=[("", ""), *PASTS], required=False, widget=forms.HiddenInput)
    category = forms.ChoiceField(required=False, widget=forms.HiddenInput)
    sort = forms.ChoiceField(
        choices=[("", ""), *((key, key) for key in SORTS)], required=False, widget=forms.HiddenInput
    )

    def __init__(self, data, *, user, night):
        super().__init__(data, auto_id="filter_%s")
        people = [(str(person.pk), person.display_name) for person in selectors.team_of(user)]
        self.fields["owner"].choices = [("", _("Everybody")), (NOBODY, _("Nobody")), *people]
        self.fields["template"].choices = [("", _("All templates")), *template_choices(TaskTemplate.objects.all())]
        self.fields["quadrant"].choices = [("", _("All quadrants")), *labels.choices(Quadrant)]
        self.fields["category"].choices = [("", ""), *labels.choices(TaskCategory)]
        if not (user.is_admin or user.is_lead):
            del self.fields["owner"]
        if not user.is_admin:
            del self.fields["team"]
        if not night:
            del self.fields["quadrant"]


def template_choices(templates):
    """Templates by code and title, in groups by category."""
    groups = {category.value: [] for category in TaskCategory}
    for template in templates:
        groups[template.category].append((template.code, template.local_title))
    return [(labels.label_of(TaskCategory, code), listed) for code, listed in groups.items() if listed]


@dataclass(frozen=True)
class Chip:
    """One filter at work: its words and the address without it."""

    label: str
    remove: str


class TaskFilter:
    """The filters of one address for one user."""

    def __init__(self, data, *, user, night, today):
        self.data, self.night, self.today = data, night, today
        self.form = TaskFilterForm(data, user=user, night=night)
        self.form.is_valid()  # wrong values are left out of cleaned_data, and told
        self.values = {name: value for name, value in self.form.cleaned_data.items() if value}
        known = {*self.form.fields, "page", "size"}
        self.wrong = sorted({*self.form.errors, *(name for name in data if name not in known)})

    @property
    def conditions(self):
        """Owner, team, template, quadrant and search as one Q: what tabs and segments count within."""
        found = Q()
        for name, value in self.values.items():
            found &= getattr(self, f"_{name}", lambda value: Q())(value)
        return found

    @property
    def category(self):
        return self.values.get("category", "")

    @property
    def when(self):
        return self.values.get("when", "")

    @property
    def category_q(self):
        """The tab."""
        return Q(template__category=self.category) if self.category else Q()

    @property
    def when_q(self):
        """The segment: everything that waits, if none is chosen, and everything of the past that was asked for."""
        if self.values.get("past") and not self.when:
            return Q()
        return selectors.when_q(self.when, self.today)

    @property
    def order(self):
        past = self.when == "closed" or self.values.get("past")
        return SORTS[self.values.get("sort") or ("closed" if past else "due")]

    @property
    def by_day(self):
        """Whether the list runs by due day, so that overdue, due and coming stand together."""
        past, sort = self.values.get("past"), self.values.get("sort") or "due"
        return self.when in ("", "week") and sort == "due" and not past

    def _q(self, value):
        found = Q()
        for word in value.split()[:6]:
            plain = word.casefold()
            found &= (
                Q(customer__name__icontains=word)
                | Q(customer__code__icontains=word)
                | Q(customer__initials__startswith=plain)
                | Q(customer__sort_key__startswith=plain)
                | Q(template__title__icontains=word)
                | Q(template__title_zh__icontains=word)
            )
        return found

    def _owner(self, value):
        return Q(owner=None) if value == NOBODY else Q(owner=int(value))

    def _team(self, value):
        return Q(owner__team=value)

    def _past(self, value):
        return past_q(value, self.today, proof_policy().acted_days)

    def _template(self, value):
        return Q(template__code=value)

    def _quadrant(self, value):
        return Q(customer__standings__night=self.night.pk, customer__standings__quadrant=value)

    def address(self, **changes):
        """The list with these parameters changed, from its first page; an empty value drops the parameter."""
        rest = self.data.copy()
        rest.pop("page", None)
        for name, value in changes.items():
            rest.pop(name, None)
            if value:
                rest[name] = value
        return f"{reverse('retention:list')}{'?' if rest else ''}{rest.urlencode()}"

    @property
    def chips(self):
        """The filters at work in the bar, each with the address that drops it."""
        names = [name for name in BAR if name in self.values]
        return [Chip(self._words(name), self.address(**{name: ""})) for name in names]

    @property
    def clear(self):
        """The address without any filter of the bar; tab and segment stay."""
        return self.address(**dict.fromkeys(BAR, ""))

    def _words(self, name):
        value = self.values[name]
        if name == "q":
            return _t("Search: %(value)s") % {"value": value}
        if name == "team":
            return str(value)
        if name == "past":
            return dict(PASTS)[value] % {"days": number(proof_policy().acted_days)}
        flat = {}
        for code, text in self.form.fields[name].choices:
            flat |= dict(text) if isinstance(text, list) else {code: text}
        if name == "owner":
            return _t("Owner: %(value)s") % {"value": flat.get(value, value)}
        return str(flat.get(value, value))
