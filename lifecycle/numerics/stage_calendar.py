"""What the stage rules say of every customer at every month's end, without asking each month anew.

Between two purchases silence and P(no purchase) only grow, so each such spell is asked once for the day on which it
turns into SILENT. Age and number of purchases change the rule on four days of a life. Only what is left, the cells of
customers who are neither young nor silent, needs the two windows of `stage_measures`.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from customers.vocabulary import StageRule
from lifecycle.numerics.marks import Marks
from lifecycle.numerics.stage_measures import (
    NEVER,
    History,
    Silence,
    StageSettings,
    Windows,
    needed_silence,
    neighbours,
    summed,
)
from lifecycle.numerics.stage_rules import SILENT, SILENT_ONCE, age_rule, rule_code, silence, trend


def rules_by_month(
    data: History,
    table: pd.DataFrame,
    dates: np.ndarray,
    p0: Silence,
    begin: int,
    settings: StageSettings,
    marks: Marks | None = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rule codes (dates x customers), for every cell of silence or of a signal the day on which it began (0 elsewhere),
    and the cells in which a customer is in the red.

    `begin` is the position of the first customer as `p0` knows it.
    """
    p = table["period_days"].to_numpy(dtype=float)
    calendar, first, evening = Windows(data, dates), data.first.astype(np.int64), dates[:, None]
    spells = _spells(data, int(dates[-1]))
    some, many = (_nth_day(spells, n, first.size) <= evening for n in _counts(settings))
    rule = age_rule(some, many, evening - first, p, settings)
    onset = _silences(spells, calendar, table, p0, begin, settings)
    _trends(rule, some & (onset == 0), data, p, dates, settings)
    once = _nth_day(spells, 2, first.size) > evening
    rule = np.where(onset > 0, np.where(once, SILENT_ONCE, SILENT), rule).astype(np.int8)
    red = _relational(rule, onset, calendar, marks or Marks())
    rule[first > evening] = rule_code(StageRule.NO_ORDER)
    return rule, onset, red


def _relational(rule: np.ndarray, onset: np.ndarray, calendar: Windows, marks: Marks) -> np.ndarray:
    """Write the relational marks into the cells, and the beginning of signals into onset; answers the red cells."""
    steady = rule == rule_code(StageRule.STEADY)
    if marks.needs_commitment:
        rule[steady & (marks.committed.fill(calendar) == 0)] = rule_code(StageRule.UNCOMMITTED)
    if len(marks.unsatisfied):
        rule[steady & (marks.unsatisfied.fill(calendar) > 0)] = rule_code(StageRule.UNSATISFIED)
    if len(marks.signal):
        began = marks.signal.fill(calendar)
        first = calendar.data.first.astype(np.int64)
        loud = (began > 0) & (onset == 0) & (first < calendar.dates[:, None])
        rule[loud] = rule_code(StageRule.SIGNAL)
        onset[loud] = np.maximum(began, first + 1)[loud]  # the day of the first purchase is a beginning
    return marks.red.fill(calendar) > 0 if len(marks.red) else np.zeros(rule.shape, dtype=bool)


@dataclass(frozen=True)
class _Spells:
    """One row per purchase day up to as_of: customer, day, how many so far, the first day, and the next one (the day
    after as_of for the last)."""

    position: np.ndarray
    day: np.ndarray
    n: np.ndarray
    first: np.ndarray
    until: np.ndarray


def _spells(data: History, as_of: int) -> _Spells:
    rows = np.flatnonzero(data.bought & (data.day <= as_of))
    position, day = data.position[rows], data.day[rows].astype(np.int64)
    begins = np.concatenate([[True], position[1:] != position[:-1]])[: rows.size]
    number = np.arange(rows.size)
    n = number - np.maximum.accumulate(np.where(begins, number, 0)) + 1
    until = np.append(np.where(begins[1:], as_of + 1, day[1:]), as_of + 1)[: rows.size]
    return _Spells(position, day, n, data.first[position].astype(np.int64), until)


def _counts(settings: StageSettings) -> tuple[int, int]:
    return settings.young_purchases, settings.mature_purchases


def _nth_day(spells: _Spells, n: int, customers: int) -> np.ndarray:
    """The day of each customer's n-th purchase; NEVER without one."""
    day = np.full(customers, NEVER, dtype=np.int64)
    rows = np.flatnonzero(spells.n == n)
    day[spells.position[rows]] = spells.day[rows]
    return day


def _silences(
    spells: _Spells, calendar: Windows, table: pd.DataFrame, p0: Silence, begin: int, settings: StageSettings
) -> np.ndarray:
    """For every cell in which silence has spoken, the day from which it holds."""
    last = calendar.columns(spells.until) - 1  # the last evaluation within the spell
    end = calendar.dates[np.maximum(last, 0)]
    gap, p = (table[name].to_numpy(dtype=float) for name in ("segment_gap", "period_days"))
    needed = needed_silence(spells.n, spells.day - spells.first, gap[spells.position], settings)
    rows = np.flatnonzero((last >= 0) & (end - spells.day >= needed))

    def lost(rows: np.ndarray, day: np.ndarray) -> np.ndarray:
        who, since = spells.position[rows], spells.first[rows]
        span = spells.day[rows] - since
        answer = silence(p0, who + begin, spells.n[rows], span, day - since, p[who])
        return answer >= settings.decline_probability

    rows = rows[lost(rows, end[rows])]
    early = spells.day[rows] + np.ceil(needed[rows]).astype(np.int64) - 1  # the last day that is too early
    low, high = early, end[rows]
    while np.any(high - low > 1):
        middle = (low + high) // 2
        holds = lost(rows, middle) & (middle > early)
        low, high = np.where(holds, low, middle), np.where(holds, middle, high)
    return _fill(spells.position[rows], calendar.columns(high), last[rows], high, (calendar.width, len(calendar.data)))


def _fill(who: np.ndarray, begin: np.ndarray, end: np.ndarray, value: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """A matrix with `value` in the rows begin..end of a customer's column (runs do not overlap), zero elsewhere."""
    change = np.zeros((shape[0] + 1, shape[1]), dtype=np.int32)
    np.add.at(change, (begin, who), value)
    np.add.at(change, (end + 1, who), -value)
    return summed(change[:-1])


def _trends(
    rule: np.ndarray, open_cells: np.ndarray, data: History, p: np.ndarray, dates: np.ndarray, settings: StageSettings
) -> None:
    """Write SHRINKING and GROWING into the cells that are open to them: three purchases, three periods, not silent."""
    open_cells = open_cells & (dates[:, None] - data.first.astype(np.int64) >= 3.0 * p)
    customers = np.flatnonzero(open_cells.any(axis=0))
    if customers.size == 0:
        return
    measures = neighbours(Windows(data.only(customers), dates), p[customers], np.flatnonzero(open_cells[:, customers]))
    cells = np.flatnonzero(open_cells)  # the same ones, among all customers
    rule.ravel()[cells] = trend(measures, rule.ravel()[cells], settings)
