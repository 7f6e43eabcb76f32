"""The form that keeps a rule with a reason until a day."""

from datetime import timedelta

from django import forms
from django.utils.translation import gettext_lazy as _

from retention.forms import day_input

LONGEST = 366


class KeepForm(forms.Form):
    """Why it stays, and until when nobody asks again."""

    reason = forms.CharField(label=_("Why does it stay?"), max_length=300)
    until = forms.DateField(label=_("Do not ask again until"), widget=day_input())

    def __init__(self, *args, today, **kwargs):
        super().__init__(*args, **kwargs)
        self.today = today
        self.fields["until"].initial = today + timedelta(days=90)
        self.fields["until"].widget.attrs |= {
            "min": (today + timedelta(days=1)).isoformat(),
            "max": (today + timedelta(days=LONGEST)).isoformat(),
        }

    def clean_until(self):
        until = self.cleaned_data["until"]
        if not self.today < until <= self.today + timedelta(days=LONGEST):
            raise forms.ValidationError(_("Choose a day after today, within a year."))
        return until
