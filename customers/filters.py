"""What the customer list can be narrowed by: every filter lives in the address, unknown ones are told and ignored."""

import unicodedata
from dataclasses import dataclass

import django_filters as df
from django import forms
from django.db.models import Exists, F, OuterRef, Q
from django.http import QueryDict
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from customers import labels, sets
from customers.book import FIRM_SHARE
from customers.models import Customer, Team, User
from customers.naming import HAN
from customers.selectors.merging import survivors_of_code
from customers.vocabulary import (
    ClvGap,
    ClvMethod,
    Level,
    Pattern,
    Quadrant,
    Role,
    Stage,
    Sublevel,
    SubState,
    Tier,
)
from customers.vocabulary_stages import BuyingStep, CustomerPhase

BIGGEST = 10**15  # an amount beyond this is a slip of the keyboard
MOVES = [("tier", _("Tier")), ("stage", _("Stage")), ("quadrant", _("Quadrant")), ("level", _("Level"))]
OWN_PARAMETERS = {"sort", "page", "size"}  # of the list itself, not filters


class Choices(df.MultipleChoiceFilter):
    """Any of several codes of an enum, as checkboxes."""

    def __init__(self, enum, field_name, label, **kwargs):
        kwargs.setdefault("choices", lambda: [pair for pair in labels.choices(enum) if pair[0]])
        super().__init__(
            field_name=field_name, label=label, widget=forms.CheckboxSelectMultiple, distinct=False, **kwargs
        )


class Between(df.RangeFilter):
    """From one number to another: NAME_min and NAME_max."""

    def __init__(self, field_name, label, **kwargs):
        bounds = {"min_value": -BIGGEST, "max_value": BIGGEST}
        super().__init__(field_name=field_name, label=label, **bounds, **kwargs)

    class field_class(df.fields.RangeField):
        def __init__(self, *args, min_value=None, max_value=None, **kwargs):
            ends = tuple(forms.DecimalField(min_value=min_value, max_value=max_value) for _end in "ab")
            super().__init__(ends, *args, **kwargs)


class Conditions:
    """Takes the place of a queryset while filters run, and gathers what they ask for as one Q.

    Filters by the night reach a many-valued relation: applied one after the other each would join it again.
    """

    def __init__(self, q=None):
        self.q = Q() if q is None else q

    def filter(self, *args, **kwargs):
        return Conditions(self.q & Q(*args, **kwargs))


def day_widget():
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class CustomerFilter(df.FilterSet):
    """Filters of customers by who they are. Those of the night are added where a night is published."""

    q = df.CharFilter(method="search", label=_("Search"), widget=forms.TextInput(attrs={"type": "search"}))
    tier = Choices(Tier, "tier", _("Tier"))
    proposed = Choices(Tier, "proposed_tier", _("Proposed tier"))
    owner = df.ModelMultipleChoiceFilter(
        queryset=lambda request: colleagues(request.user),
        label=_("Owner"),
        null_label=_("Nobody"),
        distinct=False,
        widget=forms.CheckboxSelectMultiple,
    )
    team = df.ModelMultipleChoiceFilter(
        field_name="owner__team",
        queryset=lambda request: Team.objects.all(),
        label=_("Team"),
        distinct=False,
        widget=forms.CheckboxSelectMultiple,
    )
    industry = df.MultipleChoiceFilter(label=_("Industry"), widget=forms.CheckboxSelectMultiple, distinct=False)
    region = df.MultipleChoiceFilter(label=_("Region"), widget=forms.CheckboxSelectMultiple, distinct=False)
    step = Choices(BuyingStep, "buying_step", _("Step towards the first purchase"))
    restricted = df.BooleanFilter(label=_("Restricted"), widget=forms.CheckboxInput, method="only_true")

    class Meta:
        model = Customer
        fields = []

    def __init__(self, data, queryset, *, request, values):
        """values: {"industry": [...], "region": [...]}: what there is to choose from in the user's scope."""
        super().__init__(data, queryset, request=request)
        for name, found in values.items():
            # A link may name a value that nobody in the scope has: it finds nothing (NUL is no text to any database).
            given = [value for value in data.getlist(name) if "\x00" not in value]
            self.filters[name].extra["choices"] = [(value, value) for value in dict.fromkeys([*found, *given])]
        if not (request.user.is_admin or request.user.is_lead):
            del self.filters["owner"]
        if not request.user.is_admin:
            del self.filters["team"]

    @property
    def conditions(self):
        """What the valid filters of the address ask for, as one Q."""
        gathered = Conditions()
        for name, value in (self.form.cleaned_data if self.form.is_valid() or self.is_bound else {}).items():
            gathered = self.filters[name].filter(gathered, value)
        return gathered.q

    def filter_queryset(self, queryset):
        return queryset.filter(self.conditions)

    def search(self, queryset, name, value):
        """Words in name or code, pinyin in full or by initials: every word must be found somewhere; or an old code."""
        former = survivors_of_code(value)
        for word in value.split()[:6]:
            queryset = queryset.filter(word_found(word) | Q(pk__in=former) if former else word_found(word))
        return queryset

    def only_true(self, queryset, name, value):
        return queryset.filter(**{name: True}) if value else queryset


class StandingFilter(CustomerFilter):
    """All filters: also those by what the published night found, and by what moved since the night before."""

    stage = Choices(Stage, "standing__stage", _("Stage"))
    quadrant = Choices(Quadrant, "standing__quadrant", _("Quadrant"))
    level = Choices(Level, "standing__level", _("Level"))
    sublevel = Choices(Sublevel, "standing__sublevel", _("Sub-level"))
    role = Choices(Role, "standing__role", pgettext_lazy("axis", "Role"))
    pattern = Choices(Pattern, "standing__pattern", _("Exit pattern"))
    at = df.MultipleChoiceFilter(
        choices=lambda: stage_and_mark(), label=_("Stage and mark"), widget=forms.CheckboxSelectMultiple, method="there"
    )
    phase = Choices(CustomerPhase, "standing__phase", _("Phase"))
    by_hand = df.BooleanFilter(label=_("Stage set by hand"), widget=forms.CheckboxInput, method="overridden")
    long_term = df.BooleanFilter(
        field_name="standing__long_term", label=_("Stable for long"), widget=forms.CheckboxInput, method="flagged"
    )
    end_proposed = df.BooleanFilter(
        field_name="standing__end_proposed", label=_("End proposed"), widget=forms.CheckboxInput, method="flagged"
    )
    first_after = df.DateFilter(
        field_name="standing__first_order", lookup_expr="gte", label=_("First order from"), widget=day_widget()
    )
    first_before = df.DateFilter(
        field_name="standing__first_order", lookup_expr="lte", label=_("First order until"), widget=day_widget()
    )
    warned = df.BooleanFilter(
        field_name="standing__warned", label=_("Churn warning"), widget=forms.CheckboxInput, method="only_true"
    )
    over_budget = df.BooleanFilter(
        field_name="standing__over_budget",
        label=_("Warning held back by the alert budget"),
        widget=forms.CheckboxInput,
        method="only_true",
    )
    near_line = df.BooleanFilter(
        field_name="standing__quadrant_stability",
        label=_("Near a quadrant line"),
        widget=forms.CheckboxInput,
        method="only_near",
    )
    method = Choices(ClvMethod, "standing__clv_method", _("How the lifetime value was found"))
    gap = Choices(ClvGap, "standing__clv_gap", _("Why there is no lifetime value"))
    score = Between("standing__total_score", _("Total score"))
    current = Between("standing__current_score", _("Current score"))
    potential = Between("standing__potential_score", _("Potential score"))
    clv = Between("standing__clv", _("CLV"))
    amount = Between("standing__amount", _("Amount"))
    risk = Between("standing__churn_risk", _("Churn risk"))
    last_after = df.DateFilter(
        field_name="standing__last_order", lookup_expr="gte", label=_("Last order from"), widget=day_widget()
    )
    last_before = df.DateFilter(
        field_name="standing__last_order", lookup_expr="lte", label=_("Last order until"), widget=day_widget()
    )
    kpi = df.CharFilter(label=_("Retention KPI"), widget=forms.HiddenInput, method="named")

    def named(self, queryset, name, value):
        """Who belongs to a set that a wing works out; nobody where the address names none."""
        if not value:
            return queryset
        members = sets.SETS[name].members(value, self.request.night)
        return queryset.filter(pk__in=[]) if members is None else queryset.filter(pk__among=members)

    def only_near(self, queryset, name, value):
        return queryset.filter(**{f"{name}__lt": FIRM_SHARE}) if value else queryset

    def there(self, queryset, name, places):
        """Any of several stages, each with one of its marks (`DECLINE:-`: without a mark)."""
        wanted = Q()
        for stage, _colon, mark in (place.partition(":") for place in places):
            wanted |= Q(standing__stage=stage, standing__sub_state="" if mark == "-" else mark)
        return queryset.filter(wanted) if places else queryset

    def overridden(self, queryset, name, value):
        return queryset.filter(standing__stage_rule="OVERRIDE") if value else queryset

    def flagged(self, queryset, name, value):
        return queryset.filter(**{name: True}) if value else queryset


def stage_and_mark():
    """Every stage with every mark, as pairs of code and words."""
    found = []
    for stage, word in labels.choices(Stage):
        for mark, words in labels.choices(SubState):
            named = gettext("%(stage)s · %(mark)s") % {"stage": word, "mark": words or gettext("without a mark")}
            found.append((f"{stage}:{mark or '-'}", named))
    return found


class MovementFilter(StandingFilter):
    """With a night to compare with: what a customer was then."""

    moved = df.MultipleChoiceFilter(
        choices=MOVES, label=_("Moved since the earlier night"), widget=forms.CheckboxSelectMultiple, method="changed"
    )
    was_stage = Choices(Stage, "before__stage", _("Stage before"))
    was_quadrant = Choices(Quadrant, "before__quadrant", _("Quadrant before"))
    was_level = Choices(Level, "before__level", _("Level before"))
    was_tier = Choices(Tier, "before__tier", _("Tier before"))

    def changed(self, queryset, name, axes):
        for axis in axes:
            then = F(f"before__{axis}")
            queryset = queryset.filter(Q(**{f"standing__{axis}__lt": then}) | Q(**{f"standing__{axis}__gt": then}))
        return queryset


def word_found(word):
    """Where a word of the search may stand. The sort key holds every name casefolded, a Chinese one as pinyin; two
    letters are in nearly every pinyin, so that they must begin it or stand in the name as written."""
    plain = unicodedata.normalize("NFKC", word).casefold()
    if HAN.search(plain):
        return Q(name__contains=word) | Q(name__contains=plain) | Q(code__contains=word)
    found = Q(code__icontains=word) | Q(initials__contains=plain)
    if len(plain) > 2:
        return found | Q(sort_key__contains=plain)
    return found | Q(sort_key__startswith=plain) | Q(name__icontains=word)


def colleagues(user):
    """Whose customers somebody may filter by: the own team for a lead, everybody for an administrator."""
    if user.is_admin:
        people = User.objects.filter(Exists(Customer.objects.filter(owner=OuterRef("pk"))))
    else:
        people = User.objects.filter(Q(pk=user.pk) | Q(team=user.team_id, team__isnull=False))
    return people.order_by("last_name", "first_name", "username")


def customer_filter(data, queryset, *, request, night, before, values):
    """The filter set that fits what there is: with or without a night, with or without one before it."""
    kind = CustomerFilter if not night else MovementFilter if before else StandingFilter
    return kind(data, queryset, request=request, values=values)


def names_of(filterset, name):
    """The parameters of the address that one filter reads."""
    return [f"{name}_min", f"{name}_max"] if isinstance(filterset.filters[name], df.RangeFilter) else [name]


def parameter_names(filterset):
    """The parameters of the address that the filters understand."""
    return {parameter for name in filterset.filters for parameter in names_of(filterset, name)}


def unknown_parameters(filterset, data):
    """Parameters of the address that nobody here understands, in their order."""
    known = parameter_names(filterset) | OWN_PARAMETERS
    return [name for name in data if name not in known]


def frozen(filterset):
    """The filters of the address that hold, as one canonical query string: the same string, the same set."""
    names, params = parameter_names(filterset), QueryDict(mutable=True)
    for name in sorted(names & set(filterset.data)):
        params.setlist(name, sorted(set(filterset.data.getlist(name))))
    return params.urlencode()


@dataclass(frozen=True)
class Chip:
    """One filter that is on: its words, and the address without it."""

    label: str
    remove: str


def chips(filterset):
    """The filters that are on and valid, one for each chosen value."""
    found = []
    for name, bound in filterset.filters.items():
        if name in filterset.errors:
            continue
        if isinstance(bound, df.RangeFilter):
            found += _range_chips(filterset, name, bound)
        else:
            found += [
                _chip(filterset, name, value, _wording(filterset, name, bound, value))
                for value in dict.fromkeys(filterset.data.getlist(name))
                if value
            ]
    return found


def _chip(filterset, name, value, words):
    params = filterset.data.copy()
    params.pop("page", None)
    params.setlist(name, [other for other in params.getlist(name) if other != value])
    return Chip(str(words), f"?{params.urlencode()}")


def _wording(filterset, name, bound, value):
    if isinstance(bound, df.BooleanFilter):
        return bound.label
    if name in sets.SETS:
        return sets.SETS[name].words(value, filterset.request.night)
    if isinstance(bound, df.MultipleChoiceFilter):  # also those of rows
        value = {str(key): word for key, word in filterset.form.fields[name].choices}.get(value, value)
    return gettext("%(name)s: %(value)s") % {"name": bound.label, "value": value}


def _range_chips(filterset, name, bound):
    words = {"min": gettext("%(name)s from %(value)s"), "max": gettext("%(name)s up to %(value)s")}
    return [
        _chip(filterset, f"{name}_{end}", value, words[end] % {"name": bound.label, "value": value})
        for end in ("min", "max")
        if (value := filterset.data.get(f"{name}_{end}"))
    ]
