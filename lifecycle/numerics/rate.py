"""The last rung of the ladder: a shrunken purchase rate without a dropout process, for data too thin for a model.

Rates are Gamma(shape, weeks) distributed over customers (negative binomial counts), so a customer's rate is
(shape + frequency) / (weeks + age). There is no dropout to estimate; `p_alive` is therefore a score, the chance that
a customer with such a rate would have been silent for as long as this one: 1 on the day of a purchase, falling since.
"""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from lifecycle.numerics.betageo import Summary, columns

PRIOR_PURCHASES, PRIOR_WEEKS = 0.5, 26.0  # what is assumed before any data: half a repeat purchase in half a year
SHAPE_RANGE = (0.25, 20.0)


@dataclass(frozen=True)
class Params:
    """Gamma distribution of rates: `shape` and `weeks` (its rate parameter); the mean rate is shape / weeks."""

    shape: float
    weeks: float

    def values(self) -> tuple[float, float]:
        """The two numbers in the order shape, weeks."""
        return self.shape, self.weeks


@dataclass(frozen=True)
class Rate:
    """Shrunken rates with the same predictions as the models above it; always finite."""

    params: Params
    log_likelihood: float = field(default=float("nan"), kw_only=True)
    converged: bool = field(default=True, kw_only=True)
    iterations: int = field(default=0, kw_only=True)
    customers: int = field(default=0, kw_only=True)

    def p_alive(self, summary: Summary) -> pd.Series:
        """Chance of a silence as long as this one at the customer's rate, in (0, 1]."""
        return _like(summary, self._alive(*columns(summary)))

    def expected_purchases(self, summary: Summary, weeks: float) -> pd.Series:
        """p_alive * rate * weeks."""
        return self.weighted_purchases(summary, np.array([float(weeks)]), np.ones(1))

    def weighted_purchases(self, summary: Summary, weeks: np.ndarray, weights: np.ndarray) -> pd.Series:
        """sum_k weights[k] * expected purchases within weeks[k]."""
        x, tx, age = columns(summary)
        rate = (self.params.shape + x) / (self.params.weeks + age)
        return _like(summary, self._alive(x, tx, age) * rate * float(np.dot(weeks, weights)))

    def discounted_transactions(self, summary: Summary, delta: float) -> pd.Series:
        """p_alive * rate / delta: nobody drops out, so only the discount at `delta` a week (> 0) ends the stream."""
        x, tx, age = columns(summary)
        rate = (self.params.shape + x) / (self.params.weeks + age)
        return _like(summary, self._alive(x, tx, age) * rate / delta)

    def p_no_purchase(self, summary: Summary, weeks: float | np.ndarray) -> pd.Series:
        """P(no purchase in the next `weeks`), a number or one per customer."""
        x, tx, age = columns(summary)
        scale = self.params.weeks + age
        silent = np.exp(-(self.params.shape + x) * np.log1p(np.asarray(weeks, dtype=float) / scale))
        return _like(summary, 1.0 - self._alive(x, tx, age) * (1.0 - silent))

    def _alive(self, x: np.ndarray, tx: np.ndarray, age: np.ndarray) -> np.ndarray:
        before = self.params.weeks + tx
        return np.exp((self.params.shape + x) * np.log(before / (self.params.weeks + age)))


def fit(summary: Summary) -> Rate:
    """Mean rate with half a purchase added, shape by moments where there are repeats (1 otherwise); never raises on
    thin data, ValueError only for impossible columns."""
    x, _, age = columns(summary)
    rate = (float(x.sum()) + PRIOR_PURCHASES) / (float(age.sum()) + PRIOR_WEEKS)
    expected = rate * age
    spread = float(np.square(x - expected).sum() - expected.sum())
    shape = float(np.square(expected).sum()) / spread if spread > 0 and x.any() else 1.0
    shape = min(max(shape, SHAPE_RANGE[0]), SHAPE_RANGE[1])
    return Rate(Params(shape, shape / rate), customers=x.size)


def _like(summary: Summary, values: np.ndarray) -> pd.Series:
    return pd.Series(values, index=summary.index) if isinstance(summary, pd.DataFrame) else values
