"""What BG/NBD and MBG/NBD share: likelihood with gradient and Hessian, fit, and predictions from parameters.

Both models: purchases at a gamma-distributed rate, dropout after each purchase with a beta-distributed probability;
in the modified model a customer may also drop out right at the start. `shift` is 0 or 1 accordingly. Sources: Fader,
Hardie and Lee 2005 (BG/NBD); Batislam, Denizel and Filiztekin 2007 (MBG/NBD). With
D = ln a - ln(b + x + shift - 1) + (r + x) ln((alpha + T) / (alpha + tx)) the log likelihood is
ln B(a, b+x+shift)/B(a,b) + ln Gamma(r+x)/Gamma(r) + r ln alpha - (r+x) ln(alpha+T) + ln(1 + e^D)
and P(alive) = 1 / (1 + e^D); the last term is absent (P(alive) = 1) for x = 0 in BG/NBD. Every form below works on D
and on ln(1 + e^D), so nothing overflows for heavy buyers.

Summary columns everywhere: `frequency` (repeat purchase days, >= 0), `recency` (last - first, weeks) and `age`
(as_of - first, weeks) with 0 <= recency <= age. A frame or any mapping of equally long columns; answers are Series with
the frame's index, or arrays for a mapping of arrays.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Self

import numpy as np
import pandas as pd
from scipy.special import digamma, expit, gammaln, polygamma

from lifecycle.numerics.optimise import Prior, ascend, covariance, penalised, settle, standard_errors
from lifecycle.numerics.purchases import Alive
from lifecycle.numerics.unique import Histories, histories, pairs

BLOCK = 8_192  # rows per pass: in cache, and below the size at which BLAS starts threads that only burn CPU
Summary = pd.DataFrame | Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Params:
    """`r, alpha`: gamma shape and rate (weeks) of the purchase rate; `a, b`: beta of the dropout probability."""

    r: float
    alpha: float
    a: float
    b: float

    def values(self) -> tuple[float, float, float, float]:
        """The four numbers in the order r, alpha, a, b."""
        return self.r, self.alpha, self.a, self.b


def default_prior(pooled_gap: float) -> Prior:
    """The weak prior of analytics 1.3: r~LN(0,1.5), alpha~LN(log gap,2), a~LN(log .5,1.5), b~LN(log 2,1.5).

    `pooled_gap` is the mean gap between purchases in weeks (see `pooled_gap`).
    """
    return Prior((1.0, pooled_gap, 0.5, 2.0), (1.5, 2.0, 1.5, 1.5))


def pooled_gap(summary: Summary) -> float:
    """Mean gap in weeks over all repeat purchases; the mean age, or one week, where nobody repeated."""
    repeats, spans = float(np.sum(summary["frequency"])), float(np.sum(summary["recency"]))
    if repeats > 0 and spans > 0:
        return spans / repeats
    ages = np.asarray(summary["age"], dtype=float)
    return max(float(ages.mean()), 1.0) if ages.size else 1.0


@dataclass(frozen=True)
class BetaGeo:
    """A fitted or given model. `log_likelihood` is the sum over customers, without any prior's share."""

    params: Params
    log_likelihood: float = field(default=float("nan"), kw_only=True)
    converged: bool = field(default=True, kw_only=True)
    iterations: int = field(default=0, kw_only=True)
    customers: int = field(default=0, kw_only=True)
    gradient: float = field(default=0.0, kw_only=True)  # largest component per customer, in logs
    standard_errors: tuple[float, ...] = field(default=(), kw_only=True)
    covariance: np.ndarray | None = field(default=None, kw_only=True, compare=False, repr=False)  # of log parameters

    SHIFT: ClassVar[int] = 0

    @classmethod
    def fit(
        cls,
        summary: Summary,
        prior: Prior | None = None,
        start: Params | None = None,
        digits: int | None = None,
    ) -> Self:
        """Maximum likelihood, or the penalised one when a `prior` on (r, alpha, a, b) is given.

        `start` is a warm start; with `digits` the parameters are rounded, so that the start leaves no trace. Raises
        ValueError on an empty or impossible summary; a likelihood without a maximum does not raise but comes back with
        `converged` False.
        """
        x, tx, age = columns(summary)
        if x.size == 0:
            raise ValueError("no customers to fit")
        likelihood = Likelihood(histories(x, tx, age), cls.SHIFT)
        first = start.values() if start is not None else _first_guess(x, age)
        target = penalised(likelihood, prior)
        optimum = settle(target, ascend(target, np.log(first), scale=x.size), digits)
        return cls(
            Params(*(float(value) for value in np.exp(optimum.theta))),
            log_likelihood=likelihood(optimum.theta)[0] if prior is not None else optimum.value,
            converged=optimum.converged,
            iterations=optimum.iterations,
            customers=x.size,
            gradient=float(np.abs(optimum.gradient).max()) / x.size,
            standard_errors=standard_errors(optimum),
            covariance=covariance(optimum),
        )

    def p_alive(self, summary: Summary) -> pd.Series:
        """P(alive at the end of `age`), in [0, 1] and finite for any history."""
        return _like(summary, self._alive(*columns(summary)))

    def expected_purchases(self, summary: Summary, weeks: float) -> pd.Series:
        """E[purchase days within the next `weeks`]."""
        return self.weighted_purchases(summary, np.array([float(weeks)]), np.ones(1))

    def weighted_purchases(self, summary: Summary, weeks: np.ndarray, weights: np.ndarray) -> pd.Series:
        """sum_k weights[k] * E[purchase days within weeks[k]]: discounting is a weighted sum of horizons."""
        x, tx, age = columns(summary)
        group = pairs(x, age)
        coming = self.living().purchases(group.first, group.second, np.asarray(weeks), np.asarray(weights))
        return _like(summary, self._alive(x, tx, age) * coming[group.back])

    def p_no_purchase(self, summary: Summary, weeks: float | np.ndarray) -> pd.Series:
        """P(no purchase in the next `weeks`), a number or one per customer: 1 - P(alive)(1 - (A/(A+H))^(r+x))."""
        x, tx, age = columns(summary)
        scale = self.params.alpha + age
        silent = np.exp(-(self.params.r + x) * np.log1p(np.asarray(weeks, dtype=float) / scale))
        return _like(summary, 1.0 - self._alive(x, tx, age) * (1.0 - silent))

    def discounted_transactions(self, summary: Summary, delta: float) -> pd.Series:
        """Expected purchases over an infinite horizon, discounted continuously at `delta` per week (> 0)."""
        if delta <= 0:
            raise ValueError("the discount rate must be positive")
        x, tx, age = columns(summary)
        group = pairs(x, age)
        coming = self.living().discounted(group.first, group.second, delta)
        return _like(summary, self._alive(x, tx, age) * coming[group.back])

    def probabilities(self, weeks: float | np.ndarray, most: int) -> np.ndarray:
        """P(X(weeks) = n) of a new customer for n = 0..most along the last axis; `weeks` a number or an array (> 0)."""
        r, alpha, a, b = self.params.values()
        n, t = np.arange(most + 1, dtype=float), np.asarray(weeks, dtype=float)[..., None]
        up = n + self.SHIFT
        log_nbd = gammaln(r + n) - gammaln(r) - gammaln(n + 1) - r * np.log1p(t / alpha) - n * np.log1p(alpha / t)
        stay = np.exp(gammaln(b + up) - gammaln(a + b + up) + gammaln(a + b) - gammaln(b))
        nbd = np.exp(log_nbd)
        more = 1.0 - (np.cumsum(nbd, axis=-1) - nbd)  # P(the undisturbed process makes at least n)
        drop = np.where(up > 0, stay * a / np.where(up > 0, b + up - 1.0, 1.0), 0.0)
        return stay * nbd + drop * more

    def histogram(self, summary: Summary, most: int = 7) -> tuple[np.ndarray, np.ndarray]:
        """Customers expected and found with 0..most-1 repeat purchases; the last bin is `most` and more."""
        x, _, age = columns(summary)
        weeks, count = np.unique(np.maximum(age, 1e-6), return_counts=True)
        expected = count @ self.probabilities(weeks, most - 1)
        found = np.bincount(np.minimum(x, most).astype(int), minlength=most + 1)
        return np.append(expected, x.size - expected.sum()), found

    def living(self) -> Alive:
        """The posterior family of customers who are alive."""
        return Alive(*self.params.values(), self.SHIFT)

    def _alive(self, x: np.ndarray, tx: np.ndarray, age: np.ndarray) -> np.ndarray:
        r, alpha, a, b = self.params.values()
        up = x + self.SHIFT
        odds = np.log(a) - np.log(np.where(up > 0, b + up - 1.0, 1.0)) + (r + x) * np.log((alpha + age) / (alpha + tx))
        return np.where(up > 0, expit(-odds), 1.0)


def columns(summary: Summary) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """frequency, recency and age as float arrays; ValueError outside 0 <= recency <= age, frequency >= 0."""
    x, tx, age = (np.asarray(summary[name], dtype=float) for name in ("frequency", "recency", "age"))
    if not (np.all(x >= 0) and np.all(tx >= 0) and np.all(tx <= age) and np.all(np.isfinite(age))):
        raise ValueError("needs frequency >= 0 and 0 <= recency <= age, all finite")
    if not np.all(np.isfinite(x)):
        raise ValueError("frequency must be finite")
    return x, tx, age


def _like(summary: Summary, values: np.ndarray) -> pd.Series:
    return pd.Series(values, index=summary.index) if isinstance(summary, pd.DataFrame) else values


def _first_guess(x: np.ndarray, age: np.ndarray) -> tuple[float, float, float, float]:
    """A start anywhere near: half a shape, the pooled rate, a third of the customers lost per purchase."""
    rate = (float(x.sum()) + 0.5) / (float(age.sum()) + 1.0)
    return 0.5, min(max(0.5 / rate, 1e-3), 1e6), 0.8, 2.0


class Likelihood:
    """Log likelihood over distinct histories; every function of one column is a table over its distinct values."""

    def __init__(self, data: Histories, shift: int):
        self.shift, self.count = shift, data.count
        self.customers = float(data.count.sum())
        self.x, self.age, self.recency = data.frequency.values, data.age.values, data.recency.values
        self.by_x = np.bincount(data.frequency.codes, data.count, self.x.size)
        self.by_age = np.bincount(data.age.codes, data.count, self.age.size)
        self.bought_by_age = np.bincount(data.age.codes, data.count * self.x[data.frequency.codes], self.age.size)
        live = np.flatnonzero(self.x[data.frequency.codes] + shift > 0)  # rows where dropout is possible at all
        self.live_count = data.count[live]
        self.live_x, self.live_age, self.live_recency = (
            column.codes[live] for column in (data.frequency, data.age, data.recency)
        )

    def __call__(self, theta: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        """Value, gradient and Hessian at theta = log(r, alpha, a, b)."""
        params = np.exp(theta)
        value, gradient, hessian = self._steady(*params)
        more = self._dropout(*params)
        value, gradient, hessian = value + more[0], gradient + more[1], hessian + more[2]
        in_logs = params * gradient
        return value, in_logs, params[:, None] * hessian * params + np.diag(in_logs)

    def _steady(self, r: float, alpha: float, a: float, b: float) -> tuple[float, np.ndarray, np.ndarray]:
        """The terms without D: sums over distinct frequencies and over distinct ages."""
        x, n, up = self.x, self.by_x, self.x + self.shift
        scale, exposure = alpha + self.age, r * self.by_age + self.bought_by_age
        value = n @ (gammaln(b + up) - gammaln(a + b + up) + gammaln(r + x)) + self.customers * (
            gammaln(a + b) - gammaln(b) - gammaln(r) + r * np.log(alpha)
        )
        gone, kept = digamma(a + b) * self.customers - n @ digamma(a + b + up), n @ digamma(b + up)
        gradient = np.array(
            [
                n @ digamma(r + x) + self.customers * (np.log(alpha) - digamma(r)) - self.by_age @ np.log(scale),
                self.customers * r / alpha - exposure @ (1.0 / scale),
                gone,
                gone + kept - self.customers * digamma(b),
            ]
        )
        hessian = np.zeros((4, 4))
        both = self.customers * polygamma(1, a + b) - n @ polygamma(1, a + b + up)
        hessian[0, 0] = n @ polygamma(1, r + x) - self.customers * polygamma(1, r)
        hessian[0, 1] = hessian[1, 0] = self.customers / alpha - self.by_age @ (1.0 / scale)
        hessian[1, 1] = exposure @ scale**-2.0 - self.customers * r / alpha**2
        hessian[2, 2] = hessian[2, 3] = hessian[3, 2] = both
        hessian[3, 3] = both + n @ polygamma(1, b + up) - self.customers * polygamma(1, b)
        return float(value - exposure @ np.log(scale)), gradient, hessian

    def _dropout(self, r: float, alpha: float, a: float, b: float) -> tuple[float, np.ndarray, np.ndarray]:
        """sum ln(1 + e^D) with its derivatives, over the rows where a dropout is possible."""
        below = np.where(self.x + self.shift > 0, b + self.x + self.shift - 1.0, 1.0)
        age, recency = alpha + self.age, alpha + self.recency
        tables = (
            (r + self.x, np.log(a) - np.log(below), -1.0 / below),
            (np.log(age), 1.0 / age),
            (np.log(recency), 1.0 / recency),
        )
        value, total = 0.0, np.zeros((4, 6))
        for first in range(0, self.live_count.size, BLOCK):
            more = self._block(slice(first, first + BLOCK), *tables)
            value, total = value + more[0], total + more[1]
        return value, *_assemble(a, total)

    def _block(self, rows: slice, by_x: tuple, by_age: tuple, by_recency: tuple) -> tuple[float, np.ndarray]:
        """One block of rows: sum ln(1 + e^D), and the sums that gradient and Hessian are made of."""
        x, age, recency = self.live_x[rows], self.live_age[rows], self.live_recency[rows]
        shape, slope = by_x[0][x], by_x[2][x]
        since, until = by_age[1][age], by_recency[1][recency]
        log_ratio, inverse = by_age[0][age] - by_recency[0][recency], since - until
        odds = by_x[1][x] + shape * log_ratio
        small = np.exp(-np.abs(odds))
        gone = np.where(odds > 0, 1.0, small) / (1.0 + small)
        weight = self.live_count[rows] * gone
        slopes = np.stack([log_ratio, shape * inverse, slope, np.ones_like(slope)])
        bent = slopes * (weight * (1.0 - gone))
        sums = np.empty((4, 6))
        sums[:, :4] = bent @ slopes.T
        sums[:, 4] = slopes @ weight
        sums[:, 5] = weight @ inverse, weight @ (shape * inverse * (since + until)), weight @ slope**2, 0.0
        return float(self.live_count[rows] @ (np.maximum(odds, 0.0) + np.log1p(small))), sums


def _assemble(a: float, sums: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Gradient and Hessian in (r, alpha, a, b) from the block sums; dD/da = 1/a is the constant slope."""
    place = np.array([0, 1, 3, 2])  # slopes come as r, alpha, b, a
    unit = np.array([1.0, 1.0, 1.0, 1.0 / a])
    gradient, hessian = np.empty(4), np.empty((4, 4))
    gradient[place] = sums[:, 4] * unit
    hessian[np.ix_(place, place)] = unit[:, None] * sums[:, :4] * unit
    hessian[0, 1] += sums[0, 5]
    hessian[1, 0] += sums[0, 5]
    hessian[1, 1] -= sums[1, 5]
    hessian[2, 2] -= sums[3, 4] / a**2
    hessian[3, 3] += sums[2, 5]
    return gradient, hessian
