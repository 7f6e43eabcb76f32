"""The model card: every fit of a night with its errors and its calibration, and how its parameters drifted."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Sum

from customers.models import Night, Standing
from customers.vocabulary import ClvMethod, NightStatus
from lifecycle.models import ModelFit
from lifecycle.value import charts

NIGHTS = 24  # of the drift
FAR = 2.0  # standard errors from the night before: a parameter that moved
Z = 1.96
SYMBOLS = {"alpha": "α"}


@dataclass(frozen=True)
class Parameter:
    """One parameter: its value, error, the drift in standard errors since the night before, and its line."""

    name: str
    value: float
    error: float | None
    drift: float | None
    line: Any

    @property
    def symbol(self):
        return SYMBOLS.get(self.name, self.name)

    @property
    def moved(self):
        """Whether it moved by more than its error explains."""
        return self.drift is not None and abs(self.drift) > FAR


@dataclass(frozen=True)
class Card:
    """One fit of the night."""

    fit: ModelFit
    parameters: list
    bins: list
    chi_square: float | None
    worst: Any  # the bin where expectation and fact differ most
    nights: int  # how many nights the drift shows
    kept_since: Any  # the night whose parameters still speak, where tonight's fit failed


def cards(night):
    """All fits of a night, the whole firm's first; those of earlier nights give the drift."""
    fits = list(ModelFit.objects.filter(night=night).order_by("kind", "segment"))
    earlier = _earlier(night)
    fits.sort(key=lambda fit: (fit.segment != "", fit.kind == "Rate", fit.kind == "Gamma-Gamma", fit.segment))
    return [_card(fit, earlier.get((fit.kind, fit.segment), [])) for fit in fits]


def _earlier(night):
    """(kind, segment) -> fits of the kept record up to this night, oldest first, one a date."""
    kept = [NightStatus.PUBLISHED.value, NightStatus.SUPERSEDED.value, NightStatus.COMPUTED.value]
    found = Night.objects.filter(status__in=kept, as_of__lt=night.as_of, model_fits__isnull=False)
    nights = dict(found.order_by("as_of", "id").values_list("as_of", "pk"))
    ids = list(nights.values())[-NIGHTS:]
    series = {}
    rows = ModelFit.objects.filter(night__in=ids, usable=True).exclude(params={}).select_related("night")
    for fit in rows.order_by("night__as_of"):
        series.setdefault((fit.kind, fit.segment), []).append(fit)
    return series


def _card(fit, earlier):
    bins = charts.paired(fit.expected, fit.actual) if fit.expected else []
    chi = sum((b.actual - b.expected) ** 2 / b.expected for b in bins if b.expected > 0) if bins else None
    worst = max(bins, key=lambda b: abs(b.actual - b.expected)) if bins else None
    parameters = [_parameter(name, fit, earlier) for name in fit.params]
    return Card(fit, parameters, bins, chi, worst, len(earlier) + 1, _kept_since(fit, earlier))


def _parameter(name, fit, earlier):
    value, error = fit.params[name], fit.standard_errors.get(name)
    values = [(old.night.as_of, old.params[name]) for old in earlier if name in old.params]
    errors = [Z * (old.standard_errors.get(name) or 0.0) for old in earlier if name in old.params]
    drift = (value - values[-1][1]) / error if values and error else None
    line = None
    if values:
        points, spread = [*values, (fit.night.as_of, value)], [*errors, Z * (error or 0.0)]
        line = charts.line_over(points, width=220, height=72, left=4, top=6, foot=6, errors=spread)
    return Parameter(name, value, error, drift, line)


def _kept_since(fit, earlier):
    """The night of the last fit that settled by itself."""
    if fit.reason != "KEPT":
        return None
    good = [old.night for old in earlier if old.reason != "KEPT"]
    return good[-1] if good else None


def rungs(night):
    """(method, customers, lifetime value) of the whole firm, in the order of the ladder; without the unbought."""
    rows = Standing.objects.filter(night=night).exclude(clv_method=ClvMethod.NONE.value).order_by()
    found = {
        method: (n, value) for method, n, value in rows.values_list("clv_method").annotate(Count("pk"), Sum("clv"))
    }
    total = sum(n for n, _value in found.values()) or 1
    return [
        (method.value, *found[method.value], found[method.value][0] / total)
        for method in ClvMethod
        if method.value in found
    ]
