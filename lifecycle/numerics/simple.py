"""The simple rules: the last period repeats; customers bring what those with the same silence brought.

The record measures the models against them; where one came nearer, its number stands in place of the model's.
"""

import numpy as np

from customers.vocabulary import WarningRule
from lifecycle.numerics import contracts, stages
from lifecycle.numerics.economics import MONTH
from lifecycle.numerics.record import by_silence

REPEAT, RECENCY = WarningRule.REPEAT.value, WarningRule.RECENCY.value
SHORTEST = 28  # days that the recency rule looks back at least


def counted(days, size: int, after, until, values: np.ndarray | None = None) -> np.ndarray:
    """Purchase days (or the sum of values) of every customer in (after, until]; both may differ by customer.

    days: position, day and bought of every purchase day; size: how many customers there are.
    """
    after, until = (np.broadcast_to(np.asarray(edge, dtype=float), size) for edge in (after, until))
    rows = (days.day > after[days.position]) & (days.day <= until[days.position])
    rows &= days.bought if values is None else True
    return np.bincount(days.position[rows], None if values is None else values[rows], size)


def silences(history: stages.History, origin: int, days: int) -> tuple[int, np.ndarray, np.ndarray]:
    """How far the recency rule looks back; days since the last purchase at the origin, and so long before it (NaN:
    nothing bought by then). One period, halved until most customers were there: a rule that knows nobody is no rival.
    """
    now, back = _silence(history, origin), days
    most = np.isfinite(now).sum() / 2.0
    while np.isfinite(then := _silence(history, origin - back)).sum() < most and back >= 2 * SHORTEST:
        back //= 2
    return back, now, then


def _silence(history: stages.History, day: int) -> np.ndarray:
    window = stages.Windows(history, np.array([day]))
    return np.where(history.first <= day, day - window.last()[:, 0], np.nan)


def expected(rule: str, days, history: stages.History, origin: int, period: int, values=None) -> np.ndarray:
    """What a rule expects of every customer in the `period` days after `origin`: purchase days, or sums of values."""
    size = len(history)
    if rule == REPEAT:
        return counted(days, size, origin - period, origin, values).astype(float)
    back, now, then = silences(history, origin, period)
    return by_silence(now, then, counted(days, size, origin - back, origin, values) * (period / back))


def worth(margin: np.ndarray, period: int, retention: float, discount: float, months: int | None) -> np.ndarray:
    """What `margin`, expected for a period of so many days, is worth over `months` (None: without end).

    Certain for as long as the rule was tested, then kept with `retention` a month; discounted at `discount` a month.
    """
    tested = np.full(margin.size, max(round(period / MONTH), 1))
    return contracts.worth(margin * (MONTH / period), tested, retention, discount, months).value
