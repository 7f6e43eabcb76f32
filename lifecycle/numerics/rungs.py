"""Which model speaks for which segment: the fallback ladder of analytics 1.5, for purchases and for order values."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from customers.vocabulary import ClvMethod
from lifecycle.numerics import betageo, gamma_gamma
from lifecycle.numerics.bgnbd import BgNbd
from lifecycle.numerics.mbgnbd import MbgNbd
from lifecycle.numerics.optimise import Prior

Starts = Mapping[tuple[str, str], Sequence[float]]  # (kind, segment) -> parameters of an earlier fit
DIGITS = 8  # of the parameters of a night: fewer than the optimiser gives, so that a warm start changes nothing
VALUE_KIND, RATE_KIND = "Gamma-Gamma", "Rate"  # names of models, as shown on the model card


@dataclass(frozen=True)
class Settings:
    """Horizons in months, the yearly discount rate, and the counts below which a segment steps down a rung."""

    use_mbg: bool = True
    expected_months: int = 12
    clv_months: int = 36
    discount_rate: float = 0.10
    own_customers: int = 200
    own_repeaters: int = 50
    centred_customers: int = 30
    pooled_customers: int = 30
    pooled_repeaters: int = 5
    centred_tau: float = 0.5
    largest_parameter: float = 1e4  # beyond it a fit counts as diverged
    largest_gradient: float = 1e-5  # per customer
    margin_weight: float = 3.0  # shrinkage of the margin rate, in mean customer sales
    default_margin: float = 1.0  # where no cost is known anywhere: value is then sales, not profit
    infinite: bool = False  # value over an endless horizon instead of clv_months
    contract_retention: float = 0.8  # a year, of customers with a running contract
    gate_customers: int = 10  # the least a shrunken rate is told from
    gate_repeaters: int = 3
    gate_weeks: float = 4.0
    ranges: bool = True  # intervals and the cost of keeping; a backtest does without

    @property
    def kind(self) -> str:
        """Name of the purchase model."""
        return "MBG/NBD" if self.use_mbg else "BG/NBD"


@dataclass(frozen=True)
class Fit:
    """One line of the model card. `segment` is empty for the whole firm; `method` is the rung that uses the fit.

    `usable` says whether predictions rest on it; `reason` why a rung above was not taken: THIN (too few customers or
    repeaters), DIVERGED (parameters or gradient out of bounds), FAILED (the arithmetic broke), KEPT (one of both, so
    that the last good parameters are used), CONSTANT (equal order values), or empty. `expected` and `actual`: customers
    by their number of repeat purchases, the last bin open.
    """

    kind: str
    segment: str
    method: str
    customers: int
    repeaters: int
    params: dict[str, float] = field(default_factory=dict)
    log_likelihood: float | None = None
    converged: bool = False
    iterations: int = 0
    usable: bool = True
    reason: str = ""
    standard_errors: dict[str, float] = field(default_factory=dict)
    gradient: float = 0.0
    expected: tuple[float, ...] = ()
    actual: tuple[int, ...] = ()


Columns = dict[str, np.ndarray]


@dataclass(frozen=True)
class Crowd:
    """Customers with a purchase: columns `frequency, recency, age` (weeks) and `monetary`, and the segment's `code`."""

    columns: Columns
    code: np.ndarray
    segments: tuple[str, ...]

    def of(self, segment: int) -> Columns:
        """The columns of one segment."""
        if len(self.segments) == 1:
            return self.columns
        rows = np.flatnonzero(self.code == segment)
        return {name: column[rows] for name, column in self.columns.items()}


@dataclass(frozen=True)
class Craft:
    """How one kind of model is fitted: `fit(columns, prior, start)`, its weak `prior(columns)`, the number of
    `repeaters` that inform it, whether a model that came out is `sound`, and a model `of` given parameters."""

    kind: str
    fit: Callable[[Columns, Prior, Sequence[float] | None], Any]
    prior: Callable[[Columns], Prior]
    repeaters: Callable[[Columns], int]
    sound: Callable[[Any, Settings], bool]
    of: Callable[[Sequence[float], Columns], Any]


@dataclass(frozen=True)
class Rung:
    """Where one segment ended: the `model` (None: nothing could be fitted) and the `method`, a ClvMethod value."""

    model: Any
    method: str


def purchases(settings: Settings) -> Craft:
    """The craft of the purchase model that the settings name."""
    family = MbgNbd if settings.use_mbg else BgNbd

    def fit(columns: Columns, prior: Prior, start: Sequence[float] | None) -> betageo.BetaGeo:
        return family.fit(columns, prior, betageo.Params(*start) if start is not None else None, DIGITS)

    def sound(model: betageo.BetaGeo, bounds: Settings) -> bool:
        return max(model.params.values()) <= bounds.largest_parameter and model.gradient <= bounds.largest_gradient

    return Craft(
        settings.kind,
        fit,
        lambda columns: betageo.default_prior(betageo.pooled_gap(columns)),
        lambda columns: int(np.count_nonzero(columns["frequency"] > 0)),
        sound,
        lambda params, columns: family(betageo.Params(*params), customers=columns["frequency"].size),
    )


def values() -> Craft:
    """The craft of the Gamma-Gamma model."""

    def informative(columns: Columns) -> np.ndarray:
        return (columns["frequency"] > 0) & (columns["monetary"] > 0)

    def fit(columns: Columns, prior: Prior, start: Sequence[float] | None) -> gamma_gamma.GammaGamma:
        return gamma_gamma.fit(columns, prior, gamma_gamma.Params(*start) if start is not None else None, DIGITS)

    def weak_prior(columns: Columns) -> Prior:
        rows = informative(columns)
        return gamma_gamma.default_prior(float(columns["monetary"][rows].mean()) if rows.any() else 1.0)

    def sound(model: gamma_gamma.GammaGamma, bounds: Settings) -> bool:
        if model.degenerate:  # equal values: the mean is the answer, and a good one
            return model.customers >= gamma_gamma.FEWEST
        p, q, v = model.params.values()
        tame = max(p, q, v / model.mean) <= bounds.largest_parameter and model.gradient <= bounds.largest_gradient
        return tame and q > 1.05 and model.population_mean <= 10.0 * model.mean

    def of(params: Sequence[float], columns: Columns) -> gamma_gamma.GammaGamma:
        rows = informative(columns)
        mean = float(columns["monetary"][rows].mean()) if rows.any() else 0.0
        return gamma_gamma.GammaGamma(gamma_gamma.Params(*params), mean=mean, customers=int(rows.sum()))

    return Craft(VALUE_KIND, fit, weak_prior, lambda columns: int(np.count_nonzero(informative(columns))), sound, of)


def climb(crowd: Crowd, craft: Craft, settings: Settings, starts: Starts) -> tuple[list[Rung], list[Fit]]:
    """One rung per segment, and every fit that was tried.

    200 customers with 50 repeaters: own fit; from 30 customers: a fit centred on the whole firm's; below, or where a
    fit diverges: the whole firm's parameters; where those cannot be had: no model.
    """
    only = len(crowd.segments) == 1
    everybody = settings.pooled_customers, settings.pooled_repeaters
    firm = crowd.segments[0] if only else ""
    pooled, card = _attempt(crowd.columns, craft, settings, firm, ClvMethod.POOLED.value, everybody, None, starts)
    cards = [] if only else [card]
    rungs = []
    for number, segment in enumerate(crowd.segments):
        columns = crowd.columns if only else crowd.of(number)
        own = columns["frequency"].size >= settings.own_customers and craft.repeaters(columns) >= settings.own_repeaters
        if only:
            method = ClvMethod.SEGMENT.value if own else ClvMethod.POOLED.value
            model, card = pooled, replace(card, method=method if pooled is not None else "")
        elif own or pooled is not None:
            method = ClvMethod.SEGMENT.value if own else ClvMethod.CENTRED.value
            least = settings.centred_customers, gamma_gamma.FEWEST
            model, card = _attempt(columns, craft, settings, segment, method, least, None if own else pooled, starts)
        else:
            model, card = None, _card(craft, segment, "", columns, None, "THIN")
        cards.append(card)
        if model is not None:
            rungs.append(Rung(model, method))
        else:
            rungs.append(Rung(pooled, ClvMethod.POOLED.value if pooled is not None else ClvMethod.RATE.value))
    return rungs, cards


def _attempt(
    columns: Columns,
    craft: Craft,
    settings: Settings,
    segment: str,
    method: str,
    least: tuple[int, int],
    centre: Any,
    starts: Starts,
) -> tuple[Any, Fit]:
    """A sound model or None, with its line of the model card; `centre` is a model to lean on."""
    if columns["frequency"].size < least[0] or craft.repeaters(columns) < least[1]:
        return None, _card(craft, segment, method, columns, None, "THIN")
    centred = centre is not None and centre.params is not None
    prior = Prior.around(centre.params.values(), settings.centred_tau) if centred else craft.prior(columns)
    earlier = starts.get((craft.kind, segment))
    cold = centre.params.values() if centred else None
    model, reason = _fitted(craft, columns, prior, cold if earlier is None else earlier, settings)
    if model is None and earlier is not None:
        model, reason = _fitted(craft, columns, prior, cold, settings)
    if model is not None:
        return model, _card(craft, segment, method, columns, model, "CONSTANT" if model.params is None else "")
    if earlier is not None:  # the last good parameters speak on
        model = craft.of(earlier, columns)
        return model, _card(craft, segment, method, columns, model, "KEPT")
    return None, _card(craft, segment, method, columns, None, reason)


def _fitted(craft: Craft, columns: Columns, prior: Prior, start: Any, settings: Settings) -> tuple[Any, str]:
    """A sound model, or None and the reason."""
    try:
        model = craft.fit(columns, prior, start)
    except (ArithmeticError, ValueError, np.linalg.LinAlgError):
        return None, "FAILED"
    if not craft.sound(model, settings):
        return None, "DIVERGED"
    return model, ""


def _card(craft: Craft, segment: str, method: str, columns: Columns, model: Any, reason: str) -> Fit:
    params = getattr(model, "params", None)
    likelihood = getattr(model, "log_likelihood", float("nan"))
    return Fit(
        craft.kind,
        segment,
        method,
        customers=int(columns["frequency"].size),
        repeaters=craft.repeaters(columns),
        params=asdict(params) if params is not None else {},
        log_likelihood=likelihood if np.isfinite(likelihood) else None,
        converged=bool(getattr(model, "converged", False)),
        iterations=int(getattr(model, "iterations", 0)),
        usable=reason in ("", "CONSTANT", "KEPT"),
        reason=reason,
        standard_errors=_errors(model, params),
        gradient=float(getattr(model, "gradient", 0.0)),
        **_histogram(model, columns),
    )


def _errors(model: Any, params: Any) -> dict[str, float]:
    """Standard errors by name, where the curvature gave any."""
    found = zip(asdict(params), getattr(model, "standard_errors", ()), strict=False) if params is not None else ()
    return {name: float(error) for name, error in found if np.isfinite(error)}


def _histogram(model: Any, columns: Columns) -> dict[str, tuple]:
    """Expected and found customers by number of repeat purchases; nothing for a model of values."""
    if not isinstance(model, betageo.BetaGeo):
        return {}
    expected, actual = model.histogram(columns)
    return {"expected": tuple(map(float, expected)), "actual": tuple(map(int, actual))}
