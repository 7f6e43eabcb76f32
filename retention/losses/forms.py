"""Forms of losing, winning back and parting."""

from django import forms
from django.utils.translation import gettext_lazy as _

from customers import labels
from customers.forms.inputs import Amount
from customers.vocabulary_care import Cause, DeclineChoice, ExitMeasure, Lever, PartingGround
from retention.care.forms import check_sub_cause, sub_causes


def long_text(rows=3):
    return forms.Textarea(attrs={"rows": rows})


class CauseForm(forms.Form):
    """Why the customer left: the cause is mandatory."""

    cause = forms.ChoiceField(label=_("Cause"), required=False)
    sub_cause = forms.ChoiceField(label=_("Cause in detail"), required=False)
    note = forms.CharField(label=_("What we learnt"), required=False, max_length=2000, widget=long_text())

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["cause"].choices = [("", _("Choose a cause")), *labels.choices(Cause)]
        self.fields["sub_cause"].choices = [("", "—"), *sub_causes()]

    def clean(self):
        data = super().clean()
        check_sub_cause(self, data)
        if not data.get("cause") and "cause" not in self.errors:
            self.add_error("cause", _("A loss needs its cause: ask the customer why."))
        return data


class LossForm(CauseForm):
    """A customer is lost."""

    lost_on = forms.DateField(label=_("Lost on"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    field_order = ("cause", "sub_cause", "lost_on", "note")

    def __init__(self, *args, today, **kwargs):
        super().__init__(*args, **kwargs)
        self.today = today
        self.fields["lost_on"].initial = today

    def clean_lost_on(self):
        day = self.cleaned_data["lost_on"]
        if day > self.today:
            raise forms.ValidationError(_("This lies in the future."))
        return day


class LeverForm(forms.Form):
    """With what we try to win the customer back."""

    lever = forms.ChoiceField(label=_("Lever"), choices=labels.choices(Lever))


class OutcomeForm(forms.Form):
    """Whether the customer is back."""

    won = forms.ChoiceField(label=_("Outcome"), choices=[("1", _("Won back")), ("0", _("Not won"))])
    note = forms.CharField(label=_("Note"), required=False, max_length=2000, widget=long_text(2))

    def clean_won(self):
        return self.cleaned_data["won"] == "1"


class DeclineForm(forms.Form):
    """Recover or release."""

    choice = forms.ChoiceField(choices=[(code, words) for code, words in labels.choices(DeclineChoice) if code])
    note = forms.CharField(required=False, max_length=300)


class ExitForm(forms.Form):
    """A proposal to part, with its evidence."""

    reason = forms.ChoiceField(label=_("Ground"), choices=labels.choices(PartingGround))
    measure = forms.ChoiceField(label=_("Measure"), choices=labels.choices(ExitMeasure))
    argument = forms.CharField(
        label=_("Evidence in words"),
        max_length=3000,
        widget=long_text(4),
        help_text=_("What happened, when, how often."),
    )
    indirect_cost = Amount(
        label=_("Indirect cost a year"),
        required=False,
        min_value=0,
        max_digits=20,
        decimal_places=4,
        localize=True,
        help_text=_("Effort, meetings, disputes: what the books do not show."),
    )
    reputation = forms.CharField(label=_("Risk for our name"), required=False, max_length=2000, widget=long_text(2))
    no_credit = forms.BooleanField(label=_("No credit"), required=False)
    prepayment = forms.BooleanField(label=_("Prepayment only"), required=False)
    no_investment = forms.BooleanField(label=_("No discounts, visits or other investment"), required=False)


class NoteForm(forms.Form):
    """The reason of a decision."""

    note = forms.CharField(label=_("Reason"), required=False, max_length=2000, widget=long_text(2))
