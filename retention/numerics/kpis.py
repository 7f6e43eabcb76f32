"""The eight retention KPIs as scores from 0 to 100, their composite and coverage, and the three headline rates.

Arrays run over customers; NaN = unknown, and stays unknown: nothing missing counts as zero. Source: text 001 (L35, L42,
L43) and the criteria of customer loyalty that complete its list of eight.
"""

from dataclasses import dataclass

import numpy as np

TOP = 100.0
YEAR = 365


def score(raw, worst, best):
    """Raw values as scores: `worst` and beyond gives 0, `best` and beyond gives 100, straight between.

    worst above best turns the direction round (days of choosing: fewer is better). Raises ValueError where both are
    the same: there is no scale then.
    """
    if worst == best:
        raise ValueError("a scale needs two different ends")
    raw = np.asarray(raw, "f8")
    return np.clip((raw - worst) / (best - worst), 0.0, 1.0) * TOP


def score_within(now, before, groups):
    """Two periods' raw values on one min-max scale for each group: (scores now, scores before).

    groups: a whole number per customer. The least and the most of both periods in the group give 0 and 100; where
    they are the same there is nothing to tell apart, and the score is unknown.
    """
    now, before, groups = np.asarray(now, "f8"), np.asarray(before, "f8"), np.asarray(groups, "i8")
    both = np.vstack([now, before])
    low, high = np.full(len(now), np.nan), np.full(len(now), np.nan)
    for group in np.unique(groups):
        here = groups == group
        known = both[:, here][~np.isnan(both[:, here])]
        if len(known):
            low[here], high[here] = known.min(), known.max()
    span = np.where(high > low, high - low, np.nan)
    return tuple((values - low) / span * TOP for values in (now, before))


def means(scores):
    """The mean score of each KPI over the customers who have it, and how many have it: two arrays by KPI.

    scores: (KPIs, customers).
    """
    scores = np.atleast_2d(np.asarray(scores, "f8"))
    known = ~np.isnan(scores)
    count = known.sum(axis=1)
    total = np.where(known, scores, 0.0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan), count


def composite(scores, weights):
    """The weighted mean of the known scores with their weights scaled to 1, along the first axis (the KPIs).

    scores: (KPIs,) or (KPIs, customers); weights: (KPIs,), not negative. Unknown where no known score has a weight.
    """
    scores, weights = np.asarray(scores, "f8"), _weights(weights)
    weights = weights.reshape(-1, *[1] * (scores.ndim - 1))
    known = ~np.isnan(scores)
    held = np.where(known, weights, 0.0).sum(axis=0)
    total = (np.where(known, scores, 0.0) * weights).sum(axis=0)
    return np.where(held > 0, total / np.where(held > 0, held, 1.0), np.nan)


def coverage(counts, customers, weights):
    """The share of the weights that rests on data: each KPI's weight times the share of customers who have it."""
    weights = _weights(weights)
    if not customers or not weights.sum():
        return np.nan
    return float((weights * np.asarray(counts, "f8")).sum() / weights.sum() / customers)


def _weights(weights):
    weights = np.asarray(weights, "f8")
    if (weights < 0).any() or np.isnan(weights).any():
        raise ValueError("weights must not be negative")
    return weights


@dataclass(frozen=True)
class Rate:
    """A share with what it is made of; the share is None where there is no base."""

    part: float
    base: float

    @property
    def share(self):
        return self.part / self.base if self.base > 0 else None


def retention(active_before, kept):
    """Of the customers active in the period before, those who bought again (or are still under contract)."""
    active_before = np.asarray(active_before, bool)
    return Rate(float((active_before & np.asarray(kept, bool)).sum()), float(active_before.sum()))


def share_of_customer(amount, demand):
    """What customers bought from us over what they needed, each bounded by its own demand (both of the same period).

    Customers without a known, positive demand are left out on both sides; returns cannot make a purchase negative.
    """
    amount, demand = np.asarray(amount, "f8"), np.asarray(demand, "f8")
    known = (demand > 0) & ~np.isnan(amount)
    return Rate(float(np.clip(amount[known], 0.0, demand[known]).sum()), float(demand[known].sum()))


def return_on_assets(profit, equity, days):
    """Gross profit of a period, as of a year, over customer equity (the sum of lifetime values): L35's third metric.

    Only customers with both known count. The share is None where the equity is not positive.
    """
    profit, equity = np.asarray(profit, "f8"), np.asarray(equity, "f8")
    known = ~np.isnan(profit) & ~np.isnan(equity)
    return Rate(float(profit[known].sum()) * YEAR / days, float(equity[known].sum()))
