"""Forms about a relationship's stage: set by hand, danger signal, reasons of its end or its lasting."""

from datetime import timedelta

from django import forms
from django.utils.translation import gettext_lazy as _

from customers import labels
from customers.forms.inputs import DateInput, entered
from customers.forms.reasons import ReasonsMixin
from customers.vocabulary import Stage
from customers.vocabulary_stages import ExitReason, SignalKind
from lifecycle.models import ExplorationCheck
from lifecycle.models.decisions import BY_HAND, TESTS

LONGEST = 365  # days a stage may be set by hand
REASONS = {"I": ["I1", "I2"], "II": ["II1"], "III": ["III1", "III2"], "IV": ["IV1", "IV2", "IV3"]}


class OverrideForm(forms.Form):
    """A stage by hand: which, until when, and why."""

    stage = forms.ChoiceField(label=_("Stage"), widget=forms.RadioSelect)
    until = forms.DateField(label=_("Until (last day)"), widget=DateInput())
    reason = forms.CharField(
        label=_("Reason"), max_length=300, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("What do you know that the figures do not show?"),
    )  # fmt: skip

    def __init__(self, *args, today, **kwargs):
        super().__init__(*args, **kwargs)
        self.today = today
        self.fields["stage"].choices = [pair for pair in labels.choices(Stage) if pair[0] in BY_HAND]
        self.fields["until"].initial = today + timedelta(days=90)

    def clean_until(self):
        until = self.cleaned_data["until"]
        if until < self.today:
            raise forms.ValidationError(_("Choose a day that is not past."))
        if until > self.today + timedelta(days=LONGEST):
            raise forms.ValidationError(_("At most a year: then somebody has to look again."))
        return until


class SignalForm(forms.Form):
    """A danger signal somebody heard."""

    kind = forms.ChoiceField(label=_("What was heard?"), widget=forms.RadioSelect)
    date = forms.DateField(label=_("Date"), widget=DateInput())
    note = forms.CharField(label=_("Note"), max_length=300, required=False)

    def __init__(self, *args, today, **kwargs):
        super().__init__(*args, **kwargs)
        self.today = today
        self.fields["kind"].choices = labels.choices(SignalKind)[:2]
        self.fields["date"].initial = today

    def clean_date(self):
        if self.cleaned_data["date"] > self.today:
            raise forms.ValidationError(_("This day has not come yet."))
        return self.cleaned_data["date"]


class ChecklistForm(ReasonsMixin, forms.ModelForm):
    """What both sides test at the beginning, the need and what competitors charge."""

    class Meta:
        model = ExplorationCheck
        fields = (*TESTS, "need", "rival_prices", "note")
        formfield_callback = entered

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in TESTS:
            self.fields[name].widget.choices = [
                ("unknown", _("not known yet")), ("true", _("yes")), ("false", _("no")),
            ]  # fmt: skip


class ReasonsForm(forms.Form):
    """The reason codes of a pattern; for pattern IV how strongly each factor holds."""

    def __init__(self, *args, pattern, kept=(), **kwargs):
        super().__init__(*args, **kwargs)
        self.pattern, self.codes = pattern, REASONS[pattern]
        known = {row.code: row for row in kept}
        for code in self.codes:
            row = known.get(code)
            self.fields[code] = forms.BooleanField(
                label=labels.label(ExitReason(code)), required=False, initial=row is not None
            )
            if pattern == "IV":
                self.fields[f"{code}_strength"] = forms.TypedChoiceField(
                    label=_("How strongly, 1 to 5"), required=False, coerce=int, empty_value=None,
                    choices=[("", "—"), *((n, str(n)) for n in range(1, 6))], initial=row.strength if row else None,
                )  # fmt: skip
        note = next((row.note for row in kept if row.note), "")
        self.fields["note"] = forms.CharField(label=_("Note"), max_length=300, required=False, initial=note)

    @property
    def reasons(self):
        """{code: (strength, note)} of what was ticked."""
        data = self.cleaned_data
        return {code: (data.get(f"{code}_strength"), data["note"].strip()) for code in self.codes if data[code]}
