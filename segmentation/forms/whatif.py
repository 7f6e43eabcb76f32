"""Weights to be tried on the real portfolio: a number for each indicator and the share of current value."""

from django import forms
from django.utils.translation import gettext_lazy as _

from customers.vocabulary import Dimension

MOST = 100  # a larger number is a slip of the keyboard; weights are scaled to sum to 1


class TrialForm(forms.Form):
    """A number for every weight of a version (`w_CODE`) and `share`; what the address leaves out stays as saved."""

    def __init__(self, data=None, *, weight_set):
        self.rows = [row for row in weight_set.weights.select_related("indicator") if row.indicator.active]
        self.saved = {row.indicator.code: float(row.value) for row in self.rows}
        self.saved_share = float(weight_set.current_share)
        initial = {f"w_{code}": _plain(value) for code, value in self.saved.items()}
        initial["share"] = _plain(self.saved_share)
        known = {name: data.get(name, usual) for name, usual in initial.items()} if data else None
        super().__init__(known, initial=initial)
        for row in self.rows:
            self.fields[f"w_{row.indicator.code}"] = forms.FloatField(
                label=row.indicator.label, min_value=0, max_value=MOST, widget=_number(MOST)
            )
        self.fields["share"] = forms.FloatField(
            label=_("Current value in the total score"), min_value=0, max_value=1, widget=_number(1)
        )

    def clean(self):
        for dimension in Dimension:
            names = [f"w_{row.indicator.code}" for row in self.rows if row.indicator.dimension == dimension.value]
            given = [self.cleaned_data[name] for name in names if name in self.cleaned_data]
            if names and len(given) == len(names) and not sum(given):
                self.add_error(names[0], _("At least one weight of each dimension must be more than zero."))

    @property
    def weights(self):
        """Code -> weight as tried; as saved where nothing valid is tried."""
        if not (self.is_bound and self.is_valid()):
            return dict(self.saved)
        return {code: self.cleaned_data[f"w_{code}"] for code in self.saved}

    @property
    def share(self):
        return self.cleaned_data["share"] if self.is_bound and self.is_valid() else self.saved_share

    @property
    def changed(self):
        """Whether what is tried differs from what is saved."""
        far = [abs(value - self.saved[code]) for code, value in self.weights.items()]
        return max([abs(self.share - self.saved_share), *far]) > 5e-7

    @property
    def parts(self):
        """Pairs of a Dimension's code and its rows: (Weight, bound field, top of its slider)."""
        top = max([0.5, *self.weights.values()])
        for dimension in Dimension:
            own = [row for row in self.rows if row.indicator.dimension == dimension.value]
            yield dimension.value, [(row, self[f"w_{row.indicator.code}"], round(top, 2)) for row in own]


def _number(most):
    return forms.NumberInput(attrs={"step": "any", "min": 0, "max": most, "inputmode": "decimal"})


def _plain(value):
    """A weight without rounding noise, as it would be typed."""
    return f"{value:.6f}".rstrip("0").rstrip(".") or "0"
