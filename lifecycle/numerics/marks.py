"""The relational marks of the stages (systems.md 5) as spans of days: satisfaction, commitment, break-even, signals.

Every mark is turned into spans of days on which it holds, known from what was recorded by then: an answer holds until
the next one, a contract from start to end, a signal until it is settled or too old, the red figures from the day on
which cost exceeds what was earned. A span is closed, [begin, end], in proleptic ordinals.
"""

from dataclasses import dataclass, field

import numpy as np

from lifecycle.numerics.stage_measures import Windows, summed

EMPTY = np.zeros(0, dtype=np.int64)
DAY_BITS = 22  # ordinals stay below 2^22 (the year 11,000)
FOREVER = (1 << DAY_BITS) - 2


@dataclass(frozen=True)
class Spans:
    """Spans of days of customers: disjoint and sorted by (position, begin)."""

    position: np.ndarray = field(default_factory=lambda: EMPTY)
    begin: np.ndarray = field(default_factory=lambda: EMPTY)
    end: np.ndarray = field(default_factory=lambda: EMPTY)

    def __len__(self) -> int:
        return self.position.size

    def slice(self, low: int, high: int) -> "Spans":
        """The spans of customers low..high, renumbered from 0."""
        rows = slice(*np.searchsorted(self.position, [low, high]))
        return Spans(self.position[rows] - low, self.begin[rows], self.end[rows])

    def onset(self, position: np.ndarray, day: np.ndarray) -> np.ndarray:
        """For pairs of customer and day: the first day of the span that holds then, 0 where none does."""
        if not len(self):
            return np.zeros(np.shape(position), dtype=np.int64)
        key = np.asarray(position, dtype=np.int64) << DAY_BITS | np.asarray(day, dtype=np.int64)
        at = np.searchsorted(self.position << DAY_BITS | self.begin, key, side="right") - 1
        row = np.maximum(at, 0)
        holds = (at >= 0) & (self.position[row] == position) & (self.end[row] >= day)
        return np.where(holds, self.begin[row], 0)

    def fill(self, calendar: Windows) -> np.ndarray:
        """Dates x customers: the first day of the span that holds on each date, 0 where none does."""
        matrix = np.zeros((calendar.width + 1, len(calendar.data)), dtype=np.int32)
        if len(self):
            first, last = int(calendar.dates[0]), int(calendar.dates[-1])
            rows = np.flatnonzero((self.begin <= last) & (self.end >= first))
            low = calendar.columns(self.begin[rows])
            high = np.where(self.end[rows] >= last, calendar.width, calendar.columns(self.end[rows] + 1))
            np.add.at(matrix, (low, self.position[rows]), self.begin[rows])
            np.add.at(matrix, (high, self.position[rows]), -self.begin[rows])
        return summed(matrix[:-1])


def union(position: np.ndarray, begin: np.ndarray, end: np.ndarray) -> Spans:
    """Spans of any order and overlap as disjoint ones; spans that end before they begin are left out."""
    position, begin, end = (np.asarray(column, dtype=np.int64) for column in (position, begin, end))
    kept = np.flatnonzero(end >= begin)
    order = kept[np.lexsort((begin[kept], position[kept]))]
    position, begin, end = position[order], begin[order], end[order]
    if not position.size:
        return Spans()
    # The furthest end so far within a customer: positions are ascending, so a running maximum of the pair is enough.
    reach = np.maximum.accumulate(position << DAY_BITS | np.minimum(end, FOREVER))
    fresh = np.concatenate([[True], (position[1:] << DAY_BITS | begin[1:]) > reach[:-1] + 1])
    heads = np.flatnonzero(fresh)
    tails = np.append(heads[1:], position.size) - 1
    return Spans(position[heads], begin[heads], reach[tails] & ((1 << DAY_BITS) - 1))


def merged(*some: Spans) -> Spans:
    """The days on which at least one of these holds."""
    return union(*(np.concatenate([getattr(one, name) for one in some]) for name in ("position", "begin", "end")))


def answers(position: np.ndarray, day: np.ndarray, holds: np.ndarray) -> Spans:
    """Spans on which the latest answer says `holds`; answers sorted by (position, day), the last of a day counts."""
    position, day = np.asarray(position, dtype=np.int64), np.asarray(day, dtype=np.int64)
    following = np.append(np.where(position[1:] == position[:-1], day[1:] - 1, FOREVER), FOREVER)[: position.size]
    rows = np.flatnonzero(np.asarray(holds, dtype=bool))
    return union(position[rows], day[rows], following[rows])


def red_figures(position: np.ndarray, day: np.ndarray, won: np.ndarray) -> Spans:
    """Spans on which what a customer brought in (profit less every cost, `won` per day) is below zero in sum.

    Rows sorted by position and day; several rows of a day count together.
    """
    position, day = np.asarray(position, dtype=np.int64), np.asarray(day, dtype=np.int64)
    balance = running(position, np.asarray(won, dtype=float))
    last = np.concatenate([(position[1:] != position[:-1]) | (day[1:] != day[:-1]), [True]])[: position.size]
    position, day, balance = position[last], day[last], balance[last]
    return answers(position, day, balance < -0.005)


def running(position: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Running totals within each customer; rows sorted by position."""
    total = np.cumsum(values)
    heads = np.flatnonzero(np.concatenate([[True], position[1:] != position[:-1]])[: position.size])
    before = np.where(heads > 0, total[np.maximum(heads - 1, 0)], 0.0)
    return total - np.repeat(before, np.diff(np.append(heads, position.size)))


@dataclass(frozen=True)
class Marks:
    """What the rules know beside time and volume; an empty span set is a mark that is switched off or never set.

    signal: strong signals; unsatisfied: the latest answer on satisfaction too low; uncommitted: no contract and no
    answer of commitment (`needs_commitment` says whether stability asks for it); red: cost above what was earned.
    `kinds` has the signals by kind, for the evidence.
    """

    signal: Spans = field(default_factory=Spans)
    unsatisfied: Spans = field(default_factory=Spans)
    committed: Spans = field(default_factory=Spans)
    red: Spans = field(default_factory=Spans)
    needs_commitment: bool = False
    kinds: dict[str, Spans] = field(default_factory=dict)

    def slice(self, low: int, high: int) -> "Marks":
        """The marks of customers low..high, renumbered from 0."""
        parts = (one.slice(low, high) for one in (self.signal, self.unsatisfied, self.committed, self.red))
        return Marks(*parts, self.needs_commitment)
