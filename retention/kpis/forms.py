"""The form for the weights and scales of the eight KPIs, on one page so that their sum can be checked."""

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from customers.vocabulary_care import Kpi

HUNDRED = 100
LIMIT = 10_000
UNITS = {  # of the raw value
    Kpi.REPEAT: _("purchases a year"),
    Kpi.DEMAND: _("share of the demand, 0 to 1"),
    Kpi.RIVALS: _("share of contacts and answers, 0 to 1"),
    Kpi.CHOOSING: _("days"),
    Kpi.PRICE: _("share of orders, 0 to 1"),
    Kpi.TOLERANCE: _("share of complaints, 0 to 1"),
    Kpi.RECOGNITION: _("grade, 1 to 5"),
}


def _plain(number):
    """A number as people write it: 60, not 60.0."""
    return None if number is None else f"{number:g}"


class WeightsForm(forms.Form):
    """Eight weights in percent that add up to 100, and the two ends of each scale."""

    def __init__(self, data=None, *, kpis):
        super().__init__(data)
        self.kpis = kpis
        for kpi in kpis:
            self.fields[f"weight_{kpi.code}"] = forms.IntegerField(
                label=_("weight, %"), min_value=0, max_value=HUNDRED, initial=kpi.weight
            )
            if kpi.code == Kpi.ATTENTION:
                continue  # its scale is the level's own
            for end, words in (("worst", _("raw value that scores 0")), ("best", _("raw value that scores 100"))):
                self.fields[f"{end}_{kpi.code}"] = forms.FloatField(
                    label=words, min_value=-LIMIT, max_value=LIMIT, initial=_plain(getattr(kpi, end))
                )

    def clean(self):
        cleaned = super().clean()
        weights = [cleaned.get(f"weight_{kpi.code}") for kpi in self.kpis]
        if None not in weights and sum(weights) != HUNDRED:
            raise forms.ValidationError(
                gettext("The weights add up to %(sum)s %%, not to 100 %%.") % {"sum": sum(weights)}
            )
        for kpi in self.kpis:
            worst, best = cleaned.get(f"worst_{kpi.code}"), cleaned.get(f"best_{kpi.code}")
            if worst is not None and worst == best:
                self.add_error(f"best_{kpi.code}", gettext("The two ends of the scale must differ."))
        return cleaned

    def rows(self):
        """(code, unit, weight, worst, best) as bound fields."""
        for kpi in self.kpis:
            ends = [self[name] if name in self.fields else None for name in (f"worst_{kpi.code}", f"best_{kpi.code}")]
            yield kpi.code, UNITS.get(kpi.code, ""), self[f"weight_{kpi.code}"], *ends

    @property
    def total(self):
        """The sum of the weights as they stand in the form."""
        values = [self[f"weight_{kpi.code}"].value() for kpi in self.kpis]
        return sum(int(value) for value in values if str(value).isascii() and str(value).isdigit())

    def values(self):
        """{code: (weight, worst, best)} of a valid form."""
        read = self.cleaned_data.get
        return {
            kpi.code: (read(f"weight_{kpi.code}"), read(f"worst_{kpi.code}"), read(f"best_{kpi.code}"))
            for kpi in self.kpis
        }
