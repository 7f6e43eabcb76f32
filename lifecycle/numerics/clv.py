"""Customer lifetime value and the other value formulas of the texts (systems.md section 6, analytics 1.5)."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd

from lifecycle.numerics.betageo import Summary

WEEKS_PER_MONTH = 365.25 / 12 / 7
WEEKS_PER_MONTH_LIFETIMES = 4.345  # the convention of the lifetimes package, for comparison with published figures
SMALLEST_SALES = 1e-6  # less is rounding: the smallest amount the house keeps is a ten-thousandth
Number = float | np.ndarray | pd.Series


class PurchaseModel(Protocol):
    """Any model here that predicts purchases."""

    def weighted_purchases(self, summary: Summary, weeks: np.ndarray, weights: np.ndarray) -> pd.Series:
        """sum_k weights[k] * E[purchases within weeks[k]]."""


def monthly_rate(yearly: float) -> float:
    """The monthly discount rate that compounds to `yearly` (10 % a year is .7974 % a month)."""
    return (1.0 + yearly) ** (1.0 / 12.0) - 1.0


def discounted(
    model: PurchaseModel,
    summary: Summary,
    *,
    value: Number = 1.0,
    margin: Number = 1.0,
    months: int = 36,
    discount: float = 0.0,
    weeks_per_month: float = WEEKS_PER_MONTH,
) -> pd.Series:
    """Margin expected within `months`, discounted at `discount` a month.

    sum_k E[Y(t_k) - Y(t_k-1)] / (1 + discount)^k, t_k = k months, times `value` (expected order value) times `margin`
    (rate). `summary` has frequency, recency and age in weeks. Summed by parts, so each horizon is evaluated once.
    """
    if months < 1 or discount <= -1.0:
        raise ValueError("needs at least one month and a discount above -1")
    month = np.arange(1, months + 1, dtype=float)
    weights = (1.0 + discount) ** -month
    weights[:-1] -= weights[1:].copy()
    return model.weighted_purchases(summary, month * weeks_per_month, weights) * value * margin


def shrunk_margin(profit: Number, sales: Number, segment_margin: Number, weight: Number) -> Number:
    """(profit + g w) / (sales + w): the customer's margin rate, as if `weight` of sales at the segment's rate g came on
    top. Net sales below zero (refunds) count as zero; without any sales and weight it is the segment's rate."""
    sold = np.maximum(sales, 0.0)
    base = np.asarray(sold + weight, dtype=float)
    known = base > SMALLEST_SALES
    rate = np.where(known, (profit + np.multiply(segment_margin, weight)) / np.where(known, base, 1.0), segment_margin)
    return pd.Series(rate, index=sales.index) if isinstance(sales, pd.Series) else rate[()]


def retention_formula(m: Number, r: Number, d: Number, periods: int | None = None, first_now: bool = False) -> Number:
    """Present value of margin `m` per period at retention `r` and discount `d` (Gupta et al. 2006).

    Payments from the next period on: sum_{t=1..periods} m r^t / (1+d)^t, without `periods` m r / (1+d-r). With
    `first_now` the first of the payments is made today at no risk: t runs from 0, without `periods` m (1+d) / (1+d-r).
    Domain 0 <= r <= 1, d >= 0; an infinite horizon needs r < 1 + d. ValueError outside.
    """
    m, r, d = (np.asarray(number, dtype=float) for number in (m, r, d))
    if np.any((r < 0) | (r > 1) | (d < 0)) or (periods is not None and periods < 0):
        raise ValueError("needs 0 <= r <= 1, d >= 0 and no negative number of periods")
    ratio = r / (1.0 + d)
    if periods is None:
        if np.any(ratio >= 1.0):
            raise ValueError("an infinite horizon needs r < 1 + d")
        total = 1.0 / (1.0 - ratio)
    else:
        flat = ratio == 1.0
        total = np.where(flat, float(periods), (1.0 - ratio**periods) / np.where(flat, 1.0, 1.0 - ratio))
    return (m * total * (1.0 if first_now else ratio))[()]


def contract_value(m: Number, r: Number, d: Number, periods: int, committed: Number = 0) -> Number:
    """Like `retention_formula` with payments from the next period on, but the first `committed` periods are certain
    (remaining contract term, r = 1); retention sets in after them. All arguments but `periods` per customer."""
    certain = np.clip(np.asarray(committed, dtype=int), 0, periods)
    m, r, d, certain = np.broadcast_arrays(np.asarray(m, float), np.asarray(r, float), np.asarray(d, float), certain)
    t = np.arange(1, periods + 1)
    survival = r[..., None] ** np.maximum(t - certain[..., None], 0)
    return (m * np.sum(survival * (1.0 + d[..., None]) ** -t.astype(float), axis=-1))[()]


def customer_equity(values: pd.Series) -> float:
    """The sum of all lifetime values."""
    return float(np.sum(values))


def cpv(capacity: Number, share: Number, margin: Number) -> Number:
    """Customer purchase value: spending capacity x our share of it x unit margin (text 002)."""
    return capacity * share * margin


def ppv(influence: Number, reach: Number, mean_value: Number) -> Number:
    """Public-praise value: influence x reach x mean purchase value (text 002)."""
    return influence * reach * mean_value


def revenue_identity(new: Number, existing: Number, retention: Number, usage: Number, price: Number) -> Number:
    """Sales = (new + existing x retention) x usage x price (text 001)."""
    return (new + existing * retention) * usage * price


@dataclass(frozen=True)
class DeliveredValue:
    """Total customer delivered value: `absolute` = value - cost, `relative` = value / cost, NaN where cost is 0."""

    value: Number
    cost: Number
    absolute: Number
    relative: Number


def delivered_value(
    product: Number, service: Number, personnel: Number, image: Number, money: Number, time: Number, energy: Number
) -> DeliveredValue:
    """Means of the four value and the three cost items (any one scale), their difference and ratio; NaN = unanswered,
    and makes its own total NaN only when no item of that side was answered."""
    value, cost = _mean(product, service, personnel, image), _mean(money, time, energy)
    relative = np.divide(value, cost, out=np.full(np.shape(value), np.nan), where=np.asarray(cost) != 0)
    return DeliveredValue(value[()], cost[()], (value - cost)[()], relative[()])


def _mean(*items: Number) -> np.ndarray:
    stack = np.stack(np.broadcast_arrays(*(np.asarray(item, dtype=float) for item in items)))
    answered = np.isfinite(stack)
    count = answered.sum(axis=0)
    total = np.where(answered, stack, 0.0).sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
