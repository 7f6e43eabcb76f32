"""Who would move if the rules were changed: the stage step on today's data with both policies, nothing written."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from customers import frames
from customers.models import Customer
from lifecycle import assess, stage_step
from lifecycle.numerics import stages
from lifecycle.numerics.stage_rules import STAGES

FITTED = ("segment_by", "use_mbg", "gate_customers", "gate_repeaters")  # a change of these needs another fit
NAMED = 200  # customers named, the largest first


@dataclass(frozen=True)
class Move:
    """A customer that would stand elsewhere."""

    customer: Customer
    was: str
    now: str


@dataclass(frozen=True)
class Preview:
    """What a changed policy would do on a date."""

    as_of: date
    total: int
    moved: int
    matrix: list  # (from, to, count), the most first
    counts: list  # (stage, count now, count then)
    moves: list


def who_would_move(before, after, as_of):
    """Both policies on one reading of the data; only stages are compared."""
    book = frames.read_book(as_of)
    base = assess.basis(book, before)
    found = stage_step.ground(book, base.days, prices=False)
    was = stage_step.judge(book, before, found, base.table, base.prediction.p_no_purchase).columns["stage"]
    if any(getattr(before, name) != getattr(after, name) for name in FITTED):
        base = assess.basis(book, after)
    segment = stage_step.segments_of(book, after)
    table = stages.periods(found.days, segment, as_of.toordinal(), stage_step.rules_of(after))
    now = stage_step.judge(book, after, found, table, base.prediction.p_no_purchase).columns["stage"]
    return _compared(book, pd.Series(np.asarray(was)), pd.Series(np.asarray(now)))


def _compared(book, was, now):
    rows = np.flatnonzero((was != now).to_numpy())
    pairs = pd.DataFrame({"was": was[rows], "now": now[rows]}).value_counts()
    amounts = book.customers["amount"].to_numpy()
    largest = rows[np.argsort(-amounts[rows], kind="stable")][:NAMED]
    ids = book.customers["customer_id"].to_numpy()
    customers = Customer.objects.in_bulk(ids[largest].tolist())
    moves = [Move(customers[ids[row]], was[row], now[row]) for row in largest.tolist() if ids[row] in customers]
    before, then = was.value_counts(), now.value_counts()
    order = [code for code in STAGES if code in before.index or code in then.index]
    counts = [(code, int(before.get(code, 0)), int(then.get(code, 0))) for code in order]
    matrix = [(*pair, int(n)) for pair, n in pairs.items()]
    return Preview(book.as_of, len(book), len(rows), matrix, counts, moves)
