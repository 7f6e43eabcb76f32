"""How far a lifetime value may be off: by the chance of purchases and order values, and by what the fits do not know.

The value still to come is zero with the chance of no purchase, and gamma distributed otherwise with the mean and second
moment of the model; the uncertainty of the parameters (delta method on their logarithms) is added to the variance. The
interval is read off that mixture. What is taken as known: the margin rate and the cost of keeping the customer.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import gammaincinv

from customers.numerics.blocks import in_threads, runs
from lifecycle.numerics.betageo import BetaGeo, Params, columns
from lifecycle.numerics.gamma_gamma import GammaGamma
from lifecycle.numerics.gamma_gamma import Params as ValueParams
from lifecycle.numerics.moments import mean_only, moments
from lifecycle.numerics.rate import Rate
from lifecycle.numerics.unique import pairs

COVERED = 0.80  # of the interval: one customer in ten ends below it, one above
STEP = 1e-4  # of a log parameter, for slopes
UNKNOWN = 1.0  # relative variance where the curvature says nothing about the parameters
FLAT = 1e-9
BLOCK = 16_384  # customers whose quantiles one thread looks for at a time


@dataclass(frozen=True)
class Spread:
    """Per customer, relative to the expected value: `second` moment of the process, `parameter` variance, the chance
    of `nothing` to come; weeks alive within the horizon, plain and discounted; slopes of the logarithm."""

    second: np.ndarray
    nothing: np.ndarray
    life: np.ndarray
    life_discounted: np.ndarray
    slopes: np.ndarray  # (log parameters, customers)
    covariance: np.ndarray

    @property
    def parameter(self) -> np.ndarray:
        """Relative variance of the expected value by the uncertainty of the parameters."""
        return np.einsum("kn,kl,ln->n", self.slopes, self.covariance, self.slopes)


def of_purchases(model: BetaGeo | Rate, some: dict[str, np.ndarray], delta: float, weeks: float) -> Spread:
    """The spread of the discounted number of purchases within `weeks` (may be infinite)."""
    return (_of_rate if isinstance(model, Rate) else _of_model)(model, some, delta, weeks)


def _of_model(model: BetaGeo, some: dict[str, np.ndarray], delta: float, weeks: float) -> Spread:
    x, _, age = columns(some)
    alive = np.asarray(model.p_alive(some))
    group = pairs(x, age)
    told = moments(model.living(), group.first, group.second, delta, weeks)
    mean = np.maximum(alive * told.mean[group.back], 1e-300)
    # order to order noise enters with the order values, so the squares travel apart
    second, squares = (alive * part[group.back] / mean**2 for part in (told.second, told.squares))
    slopes, known = _slopes(model, some, alive, group, delta, weeks)
    nothing = 1.0 - alive if np.isinf(weeks) else np.asarray(model.p_no_purchase(some, weeks))
    return Spread(
        np.stack([second, squares]),
        nothing,
        alive * told.life[group.back],
        alive * told.life_discounted[group.back],
        slopes,
        known,
    )


def _slopes(model, some, alive, group, delta, weeks) -> tuple[np.ndarray, np.ndarray]:
    """d log E[D] / d log parameter, one row per parameter, and the covariance they go with."""
    if model.covariance is None or not np.isfinite(model.covariance).all():
        return np.ones((1, alive.size)), np.array([[UNKNOWN]])
    values = np.array(model.params.values())
    moved = [values * np.where(np.arange(values.size) == k, np.exp(STEP), 1.0) for k in range(values.size)]
    others = [replace(model, params=Params(*params)) for params in moved]
    families = [each.living() for each in (model, *others)]
    base, *more = np.maximum(mean_only(families, group.first, group.second, delta, weeks), 1e-300)
    rows = []
    for other, mean in zip(others, more, strict=True):
        died = np.log(np.maximum(np.asarray(other.p_alive(some)), 1e-300) / np.maximum(alive, 1e-300))
        rows.append((np.log(mean / base)[group.back] + died) / STEP)
    return np.stack(rows), model.covariance


def _of_rate(model: Rate, some: dict[str, np.ndarray], delta: float, weeks: float) -> Spread:
    """Without dropout in closed form: Poisson counts at a gamma distributed rate, times the score of being alive."""
    x, _, age = columns(some)
    alive = np.maximum(np.asarray(model.p_alive(some)), 1e-12)
    shape, scale = model.params.shape + x, model.params.weeks + age
    delta = max(delta, FLAT)
    within, twice = (-np.expm1(-k * weeks) / k for k in (delta, 2.0 * delta))
    mean = np.maximum(shape / scale * within, 1e-300)
    squares = shape / scale * twice / mean**2 / alive
    second = squares + (1.0 + 1.0 / shape) / alive
    nothing = 1.0 - alive if np.isinf(weeks) else np.asarray(model.p_no_purchase(some, weeks))
    own = np.array([[1.0 / (float(x.sum()) + model.params.shape)]])
    lived = np.minimum(weeks, 52_000.0)
    return Spread(np.stack([second, squares]), nothing, alive * lived, alive * within, np.ones((1, x.size)), own)


def with_values(purchases: Spread, model: GammaGamma | None, some: dict[str, np.ndarray]) -> Spread:
    """The spread of the value: of purchases times order values, which are independent in the models."""
    if model is None:
        return replace(purchases, second=purchases.second[0])
    own, single = model.variation(some)
    second = (1.0 + own) * (purchases.second[0] + single * purchases.second[1])
    slopes, known = _value_slopes(model, some)
    size = purchases.covariance.shape[0]
    both = np.zeros((size + known.shape[0],) * 2)
    both[:size, :size], both[size:, size:] = purchases.covariance, known
    return replace(purchases, second=second, slopes=np.concatenate([purchases.slopes, slopes]), covariance=both)


def _value_slopes(model: GammaGamma, some: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    count = np.asarray(some["frequency"]).size
    if model.params is None or model.covariance is None or not np.isfinite(model.covariance).all():
        return np.zeros((1, count)), np.array([[0.0]])
    base, values, rows = np.asarray(model.expected_value(some)), np.array(model.params.values()), []
    for k in range(values.size):
        moved = values * np.where(np.arange(values.size) == k, np.exp(STEP), 1.0)
        other = np.asarray(replace(model, params=ValueParams(*moved)).expected_value(some))
        rows.append(np.log(np.maximum(other, 1e-300) / np.maximum(base, 1e-300)) / STEP)
    return np.stack(rows), model.covariance


def interval(expected: np.ndarray, spread: Spread) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lower and upper end of the COVERED interval of the value, and the deviation by the process alone.

    Where nearly everything is nothing the expected value lies beyond nine tenths of the chances: the range is then
    stretched to hold it.
    """
    share = np.clip(1.0 - spread.nothing, 1e-9, 1.0)  # the chance that anything comes
    second = np.maximum(spread.second, 1.0 / share) + np.minimum(spread.parameter, 4.0)
    shape = 1.0 / np.maximum(second * share - 1.0, 1e-6)
    tail = 0.5 * (1.0 - COVERED)
    low, high = (expected * _quantile(q, share, shape) for q in (tail, 1.0 - tail))
    deviation = np.abs(expected) * np.sqrt(np.maximum(spread.second - 1.0, 0.0))
    return np.minimum.reduce([low, high, expected]), np.maximum.reduce([low, high, expected]), deviation


def _quantile(q: float, share: np.ndarray, shape: np.ndarray) -> np.ndarray:
    """The q-quantile of the value over its mean: nothing but for a `share` of chances, gamma distributed there."""
    end = np.zeros(share.size)
    some = np.flatnonzero(q > 1.0 - share)

    def solve(rows: slice) -> None:
        own, part = shape[some[rows]], share[some[rows]]
        end[some[rows]] = gammaincinv(own, np.clip((q - 1.0 + part) / part, 0.0, 1.0 - 1e-12)) / own / part

    in_threads(solve, runs(some.size, BLOCK))
    return end


def shared_error(expected: np.ndarray, spread: Spread) -> float:
    """Variance of the sum of expected values by the parameters: what all customers of a model have in common."""
    total = spread.slopes @ expected
    return float(total @ spread.covariance @ total)
