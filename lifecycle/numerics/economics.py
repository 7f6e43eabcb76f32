"""Stage economics of a customer: what it brought in so far, since when it has paid back, profit slope, investment."""

from dataclasses import dataclass

import numpy as np

from lifecycle.numerics.marks import running

YEAR, MONTH = 365, 30.4375
SLOPE_MONTHS = 12


@dataclass(frozen=True)
class Flow:
    """Money per customer and day, sorted by (position, day): `won` profit of goods, `spent` what serving cost.

    Rows of customers whose costs of goods are unknown are left out by who makes the flow.
    """

    position: np.ndarray
    day: np.ndarray
    won: np.ndarray
    spent: np.ndarray


def flow(position, day, won, spent) -> Flow:
    """Rows of any order as a Flow."""
    position, day = np.asarray(position, dtype=np.int64), np.asarray(day, dtype=np.int64)
    won, spent = np.asarray(won, dtype=float), np.asarray(spent, dtype=float)
    step = np.diff(position)
    if (step >= 0).all() and (np.diff(day)[step == 0] >= 0).all():  # where no costs are mixed in, they lie sorted
        return Flow(position, day, won, spent)
    order = np.lexsort((day, position))
    return Flow(position[order], day[order], won[order], spent[order])


def balance(money: Flow, customers: int) -> np.ndarray:
    """Profit less every cost over the whole life; 0 without a row."""
    return np.bincount(money.position, money.won - money.spent, customers)


def break_even(money: Flow, customers: int) -> np.ndarray:
    """The day since which the sum has not been below zero again; 0 while it is below or nothing was earned yet."""
    position, day = money.position, money.day
    if not position.size:
        return np.zeros(customers, dtype=np.int64)
    sums = running(position, money.won - money.spent)
    last = np.append((position[1:] != position[:-1]) | (day[1:] != day[:-1]), True)
    position, day, sums = position[last], day[last], sums[last]
    in_red = sums < -0.005
    number = np.arange(position.size)
    latest_red = np.full(customers, -1, dtype=np.int64)
    np.maximum.at(latest_red, position[in_red], number[in_red])
    heads = np.searchsorted(position, np.arange(customers))
    tails = np.searchsorted(position, np.arange(customers), side="right") - 1
    since = np.where(latest_red >= 0, latest_red + 1, heads)
    known = (tails >= heads) & (since <= tails)
    return np.where(known, day[np.clip(since, 0, day.size - 1)], 0)


def profit_slope(money: Flow, customers: int, as_of: int) -> np.ndarray:
    """By how much a month's profit (less cost) changes each month, the least-squares line over twelve months."""
    month = np.floor((as_of - money.day) / MONTH).astype(np.int64)  # 0 = the latest
    rows = np.flatnonzero((month >= 0) & (month < SLOPE_MONTHS))
    time = (SLOPE_MONTHS - 1) / 2.0 - month[rows]  # centred: the months' mean is zero
    spread = float(np.sum((np.arange(SLOPE_MONTHS) - (SLOPE_MONTHS - 1) / 2.0) ** 2))
    return np.bincount(money.position[rows], time * (money.won - money.spent)[rows], customers) / spread


def invested(position, day, spent, customers: int, as_of: int) -> np.ndarray:
    """What was put into each relationship in the last 365 days."""
    recent = (np.asarray(day) > as_of - YEAR) & (np.asarray(day) <= as_of)
    return np.bincount(np.asarray(position)[recent], np.asarray(spent, dtype=float)[recent], customers)
