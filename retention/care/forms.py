"""Forms of the steps with cases, suggestions and survey links, and the public form of a survey."""

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers import labels
from customers.models.facts import COST_ITEMS, RELATION_ITEMS, VALUE_ITEMS
from customers.vocabulary import CaseKind
from customers.vocabulary_care import SUB_CAUSES, UNMET_NEEDS, Cause, SubCause, SurveyKind

LONGEST_LINK = 180  # days a survey link may stay open
PARTS = [
    ("", pgettext_lazy("cases", "Waiting")),
    ("overdue", pgettext_lazy("cases", "Overdue")),
    ("today", pgettext_lazy("cases", "Due today")),
    ("escalated", pgettext_lazy("cases", "Escalated")),
    ("answered", _("Answered")),
    ("closed", pgettext_lazy("cases", "Closed")),
    ("all", _("All")),
]
NOBODY = "none"


class CaseFilterForm(forms.Form):
    """What the queue can be narrowed by; the parts are links on the same parameters."""

    q = forms.CharField(
        label=_("Search"), required=False, max_length=80, widget=forms.TextInput(attrs={"type": "search"})
    )
    kind = forms.ChoiceField(
        label=_("Kind"), required=False, choices=[("", _("Complaints and requests")), *labels.choices(CaseKind)]
    )
    cause = forms.ChoiceField(label=_("Cause"), required=False)
    owner = forms.ChoiceField(label=_("Owner"), required=False)
    part = forms.ChoiceField(choices=PARTS, required=False, widget=forms.HiddenInput)

    def __init__(self, data, *, people):
        super().__init__(data, auto_id="filter_%s")
        self.fields["cause"].choices = [("", _("All causes")), *case_causes()]
        listed = [(str(person.pk), person.display_name) for person in people]
        self.fields["owner"].choices = [("", _("Everybody")), (NOBODY, _("Nobody")), *listed]
        if len(listed) < 2:
            del self.fields["owner"]


def case_causes():
    """The causes a complaint can show: needs that were not met."""
    return [(cause.value, labels.label(cause)) for cause in UNMET_NEEDS]


def sub_causes(causes=tuple(SUB_CAUSES)):
    """Detailed causes in groups by their cause."""
    return [
        (labels.label(cause), [(sub.value, labels.label(sub)) for sub in SUB_CAUSES[cause]])
        for cause in causes
        if cause in SUB_CAUSES
    ]


def check_sub_cause(form, data):
    """A detailed cause belongs to its cause, and names it where nobody chose one."""
    cause, sub = data.get("cause"), data.get("sub_cause")
    if not sub:
        return
    owner = next(cause for cause, subs in SUB_CAUSES.items() if sub in subs)
    if not cause:
        data["cause"] = owner.value
    elif cause != owner:
        words = _("“%(sub)s” belongs to “%(cause)s”.")
        values = {"sub": labels.label_of(SubCause, sub), "cause": labels.label(owner)}
        form.add_error("sub_cause", ValidationError(words, params=values))


class AnswerForm(forms.Form):
    """What was answered, and what the cause was: a complaint needs one."""

    answer = forms.CharField(label=_("Answer"), max_length=5000, widget=forms.Textarea(attrs={"rows": 5}))
    cause = forms.ChoiceField(label=_("Cause"), required=False)
    sub_cause = forms.ChoiceField(label=_("Cause in detail"), required=False)
    closed = forms.BooleanField(label=_("The customer is content: close it"), required=False)

    def __init__(self, *args, kind, **kwargs):
        super().__init__(*args, **kwargs)
        self.kind = kind
        self.fields["cause"].choices = [("", _("Choose a cause")), *case_causes()]
        self.fields["sub_cause"].choices = [("", "—"), *sub_causes(UNMET_NEEDS)]

    def clean(self):
        data = super().clean()
        check_sub_cause(self, data)
        if self.kind == CaseKind.COMPLAINT and not data.get("cause") and "cause" not in self.errors:
            self.add_error("cause", _("Say what caused the complaint: only then can we work on it."))
        return data


class FeedbackForm(forms.Form):
    """What became of a suggestion."""

    feedback = forms.CharField(label=_("Our feedback"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))


class PersonForm(forms.Form):
    """Into whose hands; only people who see the customer are offered."""

    to = forms.ChoiceField(label=_("To"))

    def __init__(self, *args, people, current=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.people = {str(person.pk): person for person in people}
        offered = [(pk, person.display_name) for pk, person in self.people.items() if person.pk != current]
        self.fields["to"].choices = [("", _("Choose a person")), *offered]

    def clean_to(self):
        return self.people[self.cleaned_data["to"]]


class InviteForm(forms.Form):
    """Whom to ask what, in which language, how long the link holds, and whether we send it."""

    contact = forms.ModelChoiceField(queryset=None, label=_("Whom to ask"), required=False, empty_label=_("The firm"))
    kind = forms.ChoiceField(label=_("Questions"), choices=labels.choices(SurveyKind))
    language = forms.ChoiceField(label=_("Language of the page"), choices=settings.LANGUAGES)
    valid_days = forms.IntegerField(label=_("Days the link is valid"), min_value=1, max_value=LONGEST_LINK)
    send = forms.BooleanField(label=_("Send it by e-mail"), required=False)
    email = forms.EmailField(
        label=_("E-mail"), required=False, help_text=_("Empty: the address of the person, if there is one.")
    )

    def __init__(self, *args, customer, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["contact"].queryset = customer.contacts.filter(left_on=None)

    def clean(self):
        data = super().clean()
        contact = data.get("contact")
        if data.get("send") and not data.get("email"):
            data["email"] = contact.email if contact else ""
            if not data["email"] and "email" not in self.errors:
                self.add_error("email", _("There is no address to send it to."))
        if not data.get("send"):
            data["email"] = ""
        return data


ITEMS = {
    SurveyKind.RELATION: RELATION_ITEMS,
    SurveyKind.VALUE: VALUE_ITEMS + COST_ITEMS,
    SurveyKind.BOTH: RELATION_ITEMS + VALUE_ITEMS + COST_ITEMS,
}
QUESTIONS = {
    "satisfaction": _("How satisfied are you with us?"),
    "trust": _("How far do you trust us to keep our word?"),
    "commitment": _("How firmly do you plan to go on working with us?"),
    "product_value": _("Our products: how much are they worth to you?"),
    "service_value": _("Our service: how much is it worth to you?"),
    "personnel_value": _("Our people: how much is their skill worth to you?"),
    "image_value": _("Our name: how much is it worth to you?"),
    "monetary_cost": _("What you pay us: how heavy is it?"),
    "time_cost": _("The time it takes: how heavy is it?"),
    "mental_cost": _("The thought and worry it takes: how heavy are they?"),
    "physical_cost": _("The effort it takes: how heavy is it?"),
}


def ends_of(item):
    """What the lowest and the highest grade of a question mean."""
    if item in RELATION_ITEMS:
        return _("not at all"), _("completely")
    return (_("light"), _("very heavy")) if item in COST_ITEMS else (_("little"), _("very much"))


class PublicSurveyForm(forms.Form):
    """The customer's page: grades by touch, a comment, nothing else; at least one question is answered."""

    def __init__(self, *args, kind, **kwargs):
        super().__init__(*args, **kwargs)
        self.items = ITEMS[SurveyKind(kind)]
        for item in self.items:
            top = 5 if item in RELATION_ITEMS else 10
            self.fields[item] = forms.TypedChoiceField(
                label=QUESTIONS[item],
                choices=[(grade, str(grade)) for grade in range(1, top + 1)],
                widget=forms.RadioSelect,
                coerce=int,
                empty_value=None,
                required=False,
            )
        self.fields["comment"] = forms.CharField(
            label=_("What else should we know?"),
            required=False,
            max_length=2000,
            widget=forms.Textarea(attrs={"rows": 4}),
        )

    @property
    def questions(self):
        """Bound fields with the words at both ends of their scale."""
        return [(self[item], *ends_of(item)) for item in self.items]

    def clean(self):
        data = super().clean()
        if not self.errors and all(data.get(item) is None for item in self.items):
            raise ValidationError(_("Please answer at least one question."))
        return data


CAUSES = [(cause.value, labels.label(cause)) for cause in Cause]
