"""A filled score sheet as a file, and the day its words are of."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

LARGEST_MB = 8


class ScoreSheetForm(forms.Form):
    """An XLSX or CSV file of a moderate size."""

    sheet = forms.FileField(
        label=gettext_lazy("Filled score sheet (XLSX or CSV)"),
        widget=forms.FileInput(attrs={"accept": ".xlsx,.csv"}),
    )
    date = forms.DateField(
        label=gettext_lazy("Date"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, *args, today, **kwargs):
        super().__init__(*args, initial={"date": today}, **kwargs)
        self.today = today

    def clean_sheet(self):
        sheet = self.cleaned_data["sheet"]
        if not sheet.name.lower().endswith((".xlsx", ".csv")):
            raise ValidationError(_("Choose an XLSX or CSV file."))
        if sheet.size > LARGEST_MB << 20:
            raise ValidationError(_("A score sheet has at most %(n)s MB.") % {"n": LARGEST_MB})
        return sheet

    def clean_date(self):
        if self.cleaned_data["date"] > self.today:
            raise ValidationError(_("The date can't lie in the future."))
        return self.cleaned_data["date"]
