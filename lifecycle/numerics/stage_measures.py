"""What the stage rules look at: purchase days, tenure, silence, and two neighbouring windows of amounts and counts.

Purchase days come sorted by (position, day). A window is half open, (from, to], and never reaches back to the first
purchase itself: R covers the last two periods, B the up to four before, so that both are open to chance alike and the
counts in them can be compared by an exact test in proportion to their length. Nothing later than the date asked for is
looked at.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

Silence = Callable[[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray], np.ndarray]
Measures = dict[str, np.ndarray]
RECENT, BEFORE = 2.0, 4.0  # periods in the two windows
NEVER = np.iinfo(np.int32).max // 4  # the first purchase of who has not bought


@dataclass(frozen=True)
class StageSettings:
    """Every constant of analytics 3.3 (our rules: the texts give none)."""

    period_min_days: float = 28
    period_max_days: float = 182
    decline_probability: float = 0.5
    shrink_ratio: float = 0.60
    growth_ratio: float = 1.25
    test_level: float = 0.10
    young_purchases: int = 3
    young_periods: float = 2
    mature_purchases: int = 5
    mature_periods: float = 6
    long_term_periods: float = 4
    gap_weight: float = 3  # k0: how many gaps of the segment a customer's own gaps are averaged with
    silent_once_gaps: float = 2
    lapse_periods: float = 2  # decline must last this long to be an exit pattern
    reactivated_periods: float = 2
    deterioration_ratio: float = 0.4
    fewest_gaps: int = 10  # a segment with fewer gaps takes the whole firm's median


DEFAULTS = StageSettings()


@dataclass(frozen=True)
class History:
    """Purchase days: `position` of the customer, `day` (proleptic ordinal), `amount` net of refunds, `bought` whether
    anything was bought that day (a day of refunds only has an amount but is no purchase day). `starts[i]` is the first
    row of customer i, `first[i]` the first purchase day (NEVER without one)."""

    position: np.ndarray
    day: np.ndarray
    amount: np.ndarray
    bought: np.ndarray
    starts: np.ndarray
    first: np.ndarray

    def __len__(self) -> int:
        return self.first.size

    def only(self, customers: np.ndarray) -> "History":
        """The customers at these ascending positions, renumbered from 0."""
        number = np.full(len(self), -1, dtype=np.int32)
        number[customers] = np.arange(customers.size, dtype=np.int32)
        rows = np.flatnonzero(number[self.position] >= 0)
        size = np.diff(self.starts)[customers]
        return History(
            number[self.position[rows]],
            self.day[rows],
            self.amount[rows],
            self.bought[rows],
            np.concatenate([[0], np.cumsum(size)]),
            self.first[customers],
        )

    def slice(self, begin: int, end: int) -> "History":
        """Customers begin..end, renumbered from 0; views, nothing is copied but the positions."""
        rows = slice(self.starts[begin], self.starts[end])
        return History(
            self.position[rows] - begin,
            self.day[rows],
            self.amount[rows],
            self.bought[rows],
            self.starts[begin : end + 1] - self.starts[begin],
            self.first[begin:end],
        )


def history(
    position: np.ndarray, day: np.ndarray, amount: np.ndarray, customers: int, bought: np.ndarray | None = None
) -> History:
    """Arrays sorted by (position, day), one row per pair, as a History of `customers`. ValueError if not sorted.

    Amounts before a customer's first purchase (refunds of something older than the data) are left out.
    """
    position, day = np.asarray(position, dtype=np.int32), np.asarray(day, dtype=np.int32)
    bought = np.ones(day.size, dtype=bool) if bought is None else np.asarray(bought, dtype=bool)
    same = position[1:] == position[:-1]
    if np.any(position[1:] < position[:-1]) or np.any(same & (day[1:] <= day[:-1])):
        raise ValueError("purchase days must be sorted by position and day, one row per pair")
    starts = np.searchsorted(position, np.arange(customers + 1, dtype=np.int32))
    first = np.full(customers, NEVER, dtype=np.int32)
    rows = np.flatnonzero(bought)[::-1]
    first[position[rows]] = day[rows]  # backwards, so the earliest assignment is the last to be written
    amount = np.where(day < first[position], 0.0, np.asarray(amount, dtype=float))
    return History(position, day, amount, bought, starts, first)


def gaps(data: History, as_of: int) -> tuple[np.ndarray, np.ndarray]:
    """All gaps in days between neighbouring purchase days up to as_of, and the position each belongs to."""
    rows = data.bought & (data.day <= as_of)
    position, day = data.position[rows], data.day[rows]
    same = position[1:] == position[:-1]
    return np.diff(day)[same], position[1:][same]


def segment_gap(gap_days: np.ndarray, segment: np.ndarray, settings: StageSettings = DEFAULTS) -> pd.Series:
    """Median gap in days per segment (`segment` labels each gap); the firm's where a segment has too few; the key None
    is absent: use `firm_gap` for segments without any gap."""
    grouped = pd.Series(gap_days, dtype=float).groupby(np.asarray(segment))
    median = grouped.median()
    return median.where(grouped.size() >= settings.fewest_gaps, firm_gap(gap_days, settings)).clip(lower=1.0)


def firm_gap(gap_days: np.ndarray, settings: StageSettings = DEFAULTS) -> float:
    """Median gap in days over all customers; half the longest period where nobody has bought twice."""
    return max(float(np.median(gap_days)), 1.0) if len(gap_days) else settings.period_max_days / 2.0


def period_days(gap: np.ndarray, settings: StageSettings = DEFAULTS) -> np.ndarray:
    """The period p of a segment with that median gap: twice the gap, within 28..182 days."""
    return np.clip(2.0 * np.asarray(gap, dtype=float), settings.period_min_days, settings.period_max_days)


def periods(data: History, segment: np.ndarray, as_of: int, settings: StageSettings = DEFAULTS) -> pd.DataFrame:
    """Per customer `segment_gap` and `period_days`, from all purchase days up to as_of; `segment` labels customers."""
    gap_days, position = gaps(data, as_of)
    code, labels = pd.factorize(np.asarray(segment, dtype=object))
    table = segment_gap(gap_days, code[position], settings).reindex(np.arange(-1, len(labels)))
    own = table.fillna(firm_gap(gap_days, settings)).to_numpy()[code + 1]
    return pd.DataFrame({"segment_gap": own, "period_days": period_days(own, settings)})


def shrunk_gap(n: np.ndarray, span: np.ndarray, gap: np.ndarray, weight: float = DEFAULTS.gap_weight) -> np.ndarray:
    """A customer's mean gap in days (`span` = last - first over n - 1 gaps) averaged with `weight` segment gaps."""
    return (weight * gap + span) / (weight + np.maximum(n - 1, 0))


def needed_silence(
    n: np.ndarray, span: np.ndarray, segment_gap: np.ndarray, settings: StageSettings = DEFAULTS
) -> np.ndarray:
    """Days without a purchase from which silence may speak: the shrunken gap, two segment gaps after one purchase."""
    return np.where(
        n == 1, settings.silent_once_gaps * segment_gap, shrunk_gap(n, span, segment_gap, settings.gap_weight)
    )


def measure(data: History, table: pd.DataFrame, as_of: int, settings: StageSettings = DEFAULTS) -> pd.DataFrame:
    """The measures of every customer on one date; `table` as from `periods`. Zeros before the first purchase.

    n purchase days; tenure, recency in days; periods = tenure / p; those of `neighbours`; gap the shrunken gap,
    segment_gap and period_days.
    """
    window = Windows(data, np.array([as_of]))
    n, last = window.sums(None)[0][0], window.last()[:, 0]
    first, p = data.first.astype(np.int64), table["period_days"].to_numpy(dtype=float)
    gap = table["segment_gap"].to_numpy(dtype=float)
    found = {"n": n, "tenure": as_of - first, "periods": (as_of - first) / p, "recency": as_of - last}
    found |= neighbours(window, p, np.arange(len(data)))
    found |= {"gap": shrunk_gap(n, last - first, gap, settings.gap_weight), "segment_gap": gap, "period_days": p}
    return pd.DataFrame({name: np.where(first <= as_of, column, 0) for name, column in found.items()})


def neighbours(window: "Windows", p: np.ndarray, cells: np.ndarray) -> Measures:
    """The two windows of customers (period `p`) at the dates, for some `cells` (flat indices, dates x customers).

    recent, before: mean amounts per period; recent_count, before_count: purchase days; exposure: periods in the second
    window, 0 to 4. Where the second window would reach past the first purchase, it starts right after it.
    """
    date, row = np.divmod(cells, max(len(window.data), 1))
    sums = (window.sums(shift) for shift in (None, RECENT * p, (RECENT + BEFORE) * p))
    now, recent, old = ([matrix.ravel()[cells] for matrix in pair] for pair in sums)
    elapsed = (window.dates[date] - window.data.first[row]) / p[row]
    exposure = np.clip(elapsed - RECENT, 0.0, BEFORE)
    short = exposure < BEFORE
    before = recent[1] - np.where(short, window.first_amount()[row], old[1])
    return {
        "recent": (now[1] - recent[1]) / RECENT,
        "before": np.divide(before, exposure, out=np.zeros_like(exposure), where=exposure > 0),
        "recent_count": now[0] - recent[0],
        "before_count": np.where(exposure > 0, recent[0] - np.where(short, 1, old[0]), 0),
        "exposure": exposure,
    }


def summed(matrix: np.ndarray) -> np.ndarray:
    """Running totals down the columns, in place: a row at a time, many times as fast as np.cumsum along an axis."""
    for row in range(1, len(matrix)):
        matrix[row] += matrix[row - 1]
    return matrix


class Windows:
    """Sums up to (date - shift) for every customer and date, from one bincount per shift and a running total."""

    def __init__(self, data: History, dates: np.ndarray):
        self.data, self.dates, self.width = data, dates.astype(np.int64), dates.size
        self.origin = int(dates[0])
        span = int(dates[-1]) - self.origin + 1
        self.column = np.searchsorted(dates, self.origin + np.arange(span + 1)).astype(np.int32)
        self.bought = None if data.bought.all() else data.bought.astype(float)

    def columns(self, day: np.ndarray) -> np.ndarray:
        """Index of the first date that is not before `day`; `width` if there is none."""
        index = np.clip(np.ceil(day) - self.origin, 0, self.column.size - 1).astype(np.int32)
        return self.column[index]

    def _place(self, shift: np.ndarray | None) -> np.ndarray:
        """Column of the first date on which a row is at least `shift` days old; `width` if on none."""
        return self.columns(self.data.day if shift is None else self.data.day + shift[self.data.position])

    def sums(self, shift: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        """Purchase days and amounts of all rows at least `shift` days (per customer) old: dates x customers."""
        shape = self.width + 1, len(self.data)
        cell = self._place(shift) * np.int64(shape[1]) + self.data.position
        return tuple(
            summed(np.bincount(cell, weights, shape[0] * shape[1]).reshape(shape)[:-1])
            for weights in (self.bought, self.data.amount)
        )

    def last(self) -> np.ndarray:
        """Last purchase day up to each date (customers x dates); the first purchase day before that."""
        found = np.zeros((len(self.data), self.width + 1), dtype=np.int64)
        rows = slice(None) if self.bought is None else self.data.bought
        found[self.data.position[rows], self._place(None)[rows]] = self.data.day[rows]  # the last of a cell wins
        return np.maximum(np.maximum.accumulate(found[:, : self.width], axis=1), self.data.first[:, None])

    def first_amount(self) -> np.ndarray:
        """Amount of the first purchase day."""
        rows = self.data.day == self.data.first[self.data.position]
        return np.bincount(self.data.position[rows], self.data.amount[rows], len(self.data))
