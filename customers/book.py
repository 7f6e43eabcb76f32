"""The book of a night: everything the wings read about customers, as frames and arrays, and what they answer.

Row `i` of every frame and array is the customer at position `i` (ascending customer id).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

FIRM_SHARE = 0.9  # of draws of the weights: a customer with a smaller share on its side of a line is near the line
DENSE = 8  # ids spread over at most so many times their number are looked up in a table
UNIT = 10_000  # money and quantities are whole ten-thousandths in arrays, so that sums are exact on every engine


@dataclass(frozen=True)
class Days:
    """Purchase days of all customers up to as_of, sorted by (position, day).

    position: int32; day: int32 proleptic ordinal (date.toordinal()); orders: int32 orders whose first line is of this
    day; bought: bool; quantity, amount, profit, costed, service: int64 in 1/UNIT. profit counts only lines whose cost
    is known, costed is the amount of those lines.
    """

    position: np.ndarray
    day: np.ndarray
    orders: np.ndarray
    bought: np.ndarray
    quantity: np.ndarray
    amount: np.ndarray
    profit: np.ndarray
    costed: np.ndarray
    service: np.ndarray

    def starts(self, customers):
        """First index of every customer's days, with the total appended: shape (customers + 1,)."""
        return np.searchsorted(self.position, np.arange(customers + 1))


@dataclass(frozen=True)
class Categories:
    """Every pair of a customer and a business line that it had bought by as_of, in no order.

    position: int32; category: int64 id; first, last: int32 ordinals of its purchases; last may lie behind as_of.
    """

    position: np.ndarray
    category: np.ndarray
    first: np.ndarray
    last: np.ndarray

    @classmethod
    def none(cls):
        """Nobody has bought anything."""
        return cls(*(np.zeros(0, dtype=kind) for kind in ("i4", "i8", "i4", "i4")))

    def newest(self, customers):
        """The day on which each customer first bought in the line that is newest to it; 0 where it never bought."""
        day = np.zeros(customers, dtype="i8")
        np.maximum.at(day, self.position, self.first.astype("i8"))
        return day


def positions(customer_ids, wanted):
    """Position of each wanted id, all of which occur, among the ascending ids; int32."""
    span = int(customer_ids[-1] - customer_ids[0]) + 1 if len(customer_ids) else 0
    if not 0 < span <= DENSE * len(customer_ids):
        return np.searchsorted(customer_ids, wanted).astype("i4")
    table = np.zeros(span, dtype="i4")  # to look up is several times as fast as to search
    table[customer_ids - customer_ids[0]] = np.arange(len(customer_ids), dtype="i4")
    return np.take(table, wanted - customer_ids[0], mode="clip")


def begin_at_once(act, *args):
    """Do `act(*args)` now and return a function that returns what it returned: work beside where there is no beside."""
    done = act(*args)
    return lambda: done


@dataclass(frozen=True)
class Book:
    """What is known on the evening of `as_of`.

    customers: DataFrame, one row per customer, columns of `frames.py` (attributes and facts) and `history.measure`
    (behaviour), later joined by the verdict columns of the wings that have spoken. lines: how many order lines the days
    stand for. kinds: which kinds of facts the firm keeps at all (a kind without a single row is missing for everyone,
    not zero). firm: the firm profile as plain data.
    begin: how a wing starts a read that it needs later (see `beside.Beside.begin`); at once unless the night says so.
    """

    as_of: date
    customers: pd.DataFrame
    days: Days
    lines: int = 0
    categories: Categories = field(default_factory=Categories.none)
    kinds: frozenset[str] = frozenset()
    firm: dict[str, Any] = field(default_factory=dict)
    begin: Callable[..., Callable] = begin_at_once

    def __len__(self):
        return len(self.customers)

    def joined(self, columns):
        """A book whose customers also carry a wing's verdict columns (existing names are replaced)."""
        kept = self.customers.drop(columns=[c for c in columns.columns if c in self.customers.columns])
        return replace(self, customers=pd.concat([kept, columns.set_axis(kept.index)], axis=1))


@dataclass(frozen=True)
class Verdict:
    """What a wing answers: its own columns of Standing, and what must happen in the transaction that publishes them.

    columns: DataFrame in the book's order, named as fields of Standing; joined to the book for the wings that follow.
    money: exact decimals as int64 in 1/UNIT (copying.NO_MONEY = none), not joined: the book has them as floats.
    vectors: name -> array (customers, k) for the vector fields. on_publish: functions of the night, run inside the
    publishing transaction (audit rows, task sync), each returns a dict of counts.
    checks: [{"code", "ok", "value", "limit"}]; warnings: [{"code", ...}]; late_checks: functions that return
    more checks, and meanwhile: functions of the night that prepare what on_publish needs and may add to the summary;
    both are called while the rows are being written.
    summary and models: plain data for the Night row; weights: the weight version as plain data.
    """

    columns: pd.DataFrame
    money: dict[str, np.ndarray] = field(default_factory=dict)
    vectors: dict[str, np.ndarray] = field(default_factory=dict)
    on_publish: tuple[Callable, ...] = ()
    checks: tuple[dict, ...] = ()
    late_checks: tuple[Callable[[], Iterable[dict]], ...] = ()
    meanwhile: tuple[Callable, ...] = ()
    warnings: tuple[dict, ...] = ()
    summary: dict[str, Any] = field(default_factory=dict)
    models: tuple[dict, ...] = ()
    weights: dict[str, Any] = field(default_factory=dict)
