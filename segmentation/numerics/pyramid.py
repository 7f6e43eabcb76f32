"""The customer pyramid: 20/30/50 by rank, its sub-levels, and how concentrated profit is (text 004)."""

from dataclasses import dataclass
from numbers import Integral

import numpy as np
import pandas as pd

from customers.vocabulary import Level, Sublevel

CODES = tuple(level.value for level in Level)
TOP_PERCENT = 20
EXPECTED_SHARE = 0.70  # text 004: more than 70 % of profit from the top 20 %
REFERENCE_SHARE = 0.80  # text 003: the 80/20 rule
_LEVELS = np.array(["", *CODES], dtype=object)


@dataclass(frozen=True, eq=False)
class Pareto:
    """Cumulative shares, most profitable customer first, from (0, 0) to (1, 1): parallel arrays of fractions.

    `profit` may pass 1 and fall back when some customers lose money. `top_share` is the profit share of the top 20 %
    of customers (by the integer rule), None without a positive total; `meets_expected` tests it against 70 %,
    `meets_reference` against 80 %.
    """

    customers: np.ndarray
    profit: np.ndarray
    total: float
    count: int
    top_count: int
    top_share: float | None
    meets_expected: bool
    meets_reference: bool


def sizes(n, percentages=(20, 30, 50)):
    """Return how many of `n` customers each level holds, by integer ceilings of the cumulative percentages.

    n = 21 -> (5, 6, 10); floats would fail (ceil(.07 * 100) is 8). Raises ValueError unless there are three whole
    percentages, none negative, that sum to 100.
    """
    shares = tuple(percentages)
    whole = all(isinstance(p, Integral) and not isinstance(p, bool) and p >= 0 for p in shares)
    if len(shares) != len(CODES) or not whole or sum(shares) != 100:
        raise ValueError("percentages are three whole numbers that sum to 100")
    high = _ceiling(shares[0], n)
    upper = _ceiling(shares[0] + shares[1], n)
    return high, upper - high, n - upper


def ranks(metric, gross_profit=None, code=None):
    """Return ranks 1..n as int64, best first; 0 for a NaN metric.

    Larger `metric` first; ties by larger `gross_profit` (NaN last), then by `code` ascending (texts by code
    points, numbers such as a code's place in the sorted list by size), then by position. Arrays or Series of equal
    length; a Series keeps its index.
    """
    values = _numbers(metric)
    rank = np.zeros(values.size, dtype=np.int64)
    order = _order(values, gross_profit, code)
    rank[order] = np.arange(1, order.size + 1)
    return _like(metric, rank, "rank")


def cut(metric, percentages=(20, 30, 50), gross_profit=None, code=None):
    """Return level codes HIGH, ORDINARY, LOW by rank (see `ranks`) and `sizes`; empty text where `metric` is NaN.

    Object array of str, or a Series like `metric`. Raises ValueError for bad percentages.
    """
    return levels(ranks(metric, gross_profit, code), percentages)


def levels(rank, percentages=(20, 30, 50)):
    """Return level codes from the ranks that `ranks` gave (0 = not ranked, empty level)."""
    r = np.asarray(rank, dtype=np.int64)
    high, ordinary, _ = sizes(int((r > 0).sum()), percentages)
    which = np.where(r <= high, 1, np.where(r <= high + ordinary, 2, 3))
    return _like(rank, _LEVELS[np.where(r > 0, which, 0)], "level")


def held(rank, before, percentages=(20, 30, 50), hold=0):
    """Return level codes that give way only when a customer is `hold` percentage points of rank beyond a line (P06).

    `rank`: as from `ranks`. `before`: level codes of the night before, "" where there is none (then the plain rule
    holds). `hold`: whole, 0 to 10; 0 is the plain rule. Levels may so be a little larger or smaller than `sizes`.
    """
    r, old = np.asarray(rank, dtype=np.int64), np.asarray(before, dtype=object)
    n = int((r > 0).sum())
    high, ordinary, _ = sizes(n, percentages)
    width = slack(n, hold)
    known = old != ""
    above_high = r <= _line(high, width, known, old == Level.HIGH.value)
    above_low = r <= _line(high + ordinary, width, known, known & (old != Level.LOW.value))
    which = np.where(above_high, 1, np.where(above_low, 2, 3))
    return _like(rank, _LEVELS[np.where(r > 0, which, 0)], "level")


def slack(n, hold):
    """Return how many ranks beyond a line `hold` percentage points of `n` customers are."""
    return _ceiling(hold, n)


def _line(at, width, known, above):
    """The last rank above a line, for each customer: farther down for those above it, farther up for those below."""
    return np.where(~known, at, np.where(above, at + width, at - width))


def sublevels(levels, rank, key_share, discredited, poor):
    """Return sub-level codes: KEY or MAIN within HIGH, DISCREDITED or POOR within LOW, else empty text (P04).

    `rank`: as from `ranks`. `key_share`: whole percentage of the HIGH customers, best first, that are KEY (ceiling).
    `discredited`, `poor`: boolean arrays or Series; discredited wins. Raises ValueError for a bad share.
    """
    if not isinstance(key_share, Integral) or isinstance(key_share, bool) or not 0 <= key_share <= 100:
        raise ValueError("the key share is a whole percentage from 0 to 100")
    level, r = np.asarray(levels, dtype=object), np.asarray(rank, dtype=np.int64)
    high, low = level == Level.HIGH.value, level == Level.LOW.value
    key = np.zeros(level.size, dtype=bool)
    best = np.flatnonzero(high)
    key[best[np.argsort(r[best], kind="stable")][: _ceiling(key_share, best.size)]] = True
    result = np.full(level.size, Sublevel.NONE.value, dtype=object)
    result[high] = Sublevel.MAIN.value
    result[key] = Sublevel.KEY.value
    result[low & np.asarray(poor, dtype=bool)] = Sublevel.POOR.value
    result[low & np.asarray(discredited, dtype=bool)] = Sublevel.DISCREDITED.value
    return _like(levels, result, "sublevel")


def profit_shares(levels, profit):
    """Return a frame by level code: `count`, `profit` (its unit), `count_share` and `profit_share` (fractions).

    Customers without a level are left out. Shares are NaN when there is nobody, or no profit in total (<= 0).
    """
    level, money = np.asarray(levels, dtype=object), np.nan_to_num(_numbers(profit))
    count = np.array([(level == c).sum() for c in CODES], dtype=np.int64)
    sums = np.array([money[level == c].sum() for c in CODES])
    everyone, total = count.sum(), sums.sum()
    return pd.DataFrame(
        {
            "count": count,
            "profit": sums,
            "count_share": count / everyone if everyone else np.full(len(CODES), np.nan),
            "profit_share": sums / total if total > 0 else np.full(len(CODES), np.nan),
        },
        index=list(CODES),
    )


def pareto(profit, most_points=201):
    """Return the Pareto curve of `profit` per customer (array or Series, NaN left out), thinned to `most_points`.

    The point at the top 20 % of customers is always kept, so that the mark lies on the curve. With nobody, or no
    positive total, the curve is the two corner points and the share None.
    """
    money = _numbers(profit)
    money = np.sort(money[~np.isnan(money)])[::-1]
    n, total, top = money.size, float(money.sum()), _ceiling(TOP_PERCENT, money.size)
    if n == 0 or total <= 0:
        corners = np.array([0.0, 1.0])
        return Pareto(corners, corners.copy(), total, n, top, None, False, False)
    cumulative = np.concatenate(([0.0], np.cumsum(money))) / total
    cumulative[-1] = 1.0
    kept = np.unique(np.append(np.linspace(0, n, min(n + 1, most_points)).astype(np.int64), top))
    share = float(cumulative[top])
    return Pareto(kept / n, cumulative[kept], total, n, top, share, share >= EXPECTED_SHARE, share >= REFERENCE_SHARE)


def _ceiling(percent, n):
    return int(-(-int(percent) * int(n) // 100))


def _order(values, gross_profit, code):
    """Return positions of the ranked customers, best first; codes are compared only where all else is equal."""
    ranked = np.flatnonzero(~np.isnan(values))
    gross = np.zeros(values.size) if gross_profit is None else np.nan_to_num(_numbers(gross_profit), nan=-np.inf)
    order = ranked[np.lexsort((-gross[ranked], -values[ranked]))]
    if code is None or order.size < 2:
        return order
    metric, gross = values[order], gross[order]
    same = (metric[1:] == metric[:-1]) & (gross[1:] == gross[:-1])
    if not same.any():
        return order
    run = np.concatenate(([0], np.cumsum(~same)))
    tied = np.flatnonzero(np.append(same, False) | np.concatenate(([False], same)))
    last = np.asarray(code)[order[tied]]
    last = last if last.dtype.kind in "iuf" else last.astype(object).astype(str)
    order[tied] = order[tied][np.lexsort((last, run[tied]))]
    return order


def _numbers(values):
    if isinstance(values, pd.Series):
        return values.to_numpy(dtype=np.float64, na_value=np.nan)
    return np.asarray(values, dtype=np.float64)


def _like(template, array, name):
    if isinstance(template, pd.Series):
        return pd.Series(array, index=template.index, name=name, dtype=array.dtype)
    return array
