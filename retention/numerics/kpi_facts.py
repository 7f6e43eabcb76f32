"""What the eight KPIs are measured by: raw values of one period for every customer, NaN where nothing is on record.

Events come as arrays of (position, day); days are proleptic ordinals. A period is every day after `after` up to and
with `until`.
"""

from dataclasses import dataclass

import numpy as np

from retention.numerics.funnel import NEVER

BITS = 20  # a day fits into twenty bits until the year 2871: position and day make one sorted number
REACH = 180  # days: an order later than this does not answer an inquiry


@dataclass(frozen=True)
class Purchases:
    """Days on which each customer bought, as sorted keys of position and day."""

    keys: np.ndarray
    size: int

    @classmethod
    def of(cls, position, day, size):
        return cls(np.sort((np.asarray(position, "i8") << BITS) | np.asarray(day, "i8")), size)

    @property
    def position(self):
        return self.keys >> BITS

    @property
    def day(self):
        return self.keys & ((1 << BITS) - 1)

    def counts(self, after, until):
        """Purchase days of each customer in a period."""
        day = self.day
        return np.bincount(self.position[(day > after) & (day <= until)], minlength=self.size)

    def first(self):
        """Day of the first purchase; NEVER where there is none."""
        found = np.full(self.size, NEVER)
        position = self.position
        begins = np.r_[True, position[1:] != position[:-1]] if len(position) else np.zeros(0, bool)
        found[position[begins]] = self.day[begins]
        return found

    def next(self, position, day):
        """The first purchase on or after a day; NEVER where none came."""
        position = np.asarray(position, "i8")
        at = np.searchsorted(self.keys, (position << BITS) | np.asarray(day, "i8"))
        found = np.full(len(position), NEVER)
        inside = np.flatnonzero(at < len(self.keys))
        inside = inside[self.position[at[inside]] == position[inside]]
        found[inside] = self.day[at[inside]]
        return found


def repeats(counts):
    """KPI 1: purchases after the first of the period; unknown for who did not buy in it."""
    counts = np.asarray(counts, "f8")
    return np.where(counts >= 1, counts - 1, np.nan)


def satisfied_demand(amount, demand):
    """KPI 2: share of the customer's demand (of the same period) bought from us, from 0 to 1."""
    amount, demand = np.asarray(amount, "f8"), np.asarray(demand, "f8")
    known = demand > 0
    return np.where(known, np.clip(amount / np.where(known, demand, 1.0), 0.0, 1.0), np.nan)


def share(part, base):
    """KPIs 4 and 6: signs over chances, at most 1; unknown without a chance."""
    part, base = np.asarray(part, "f8"), np.asarray(base, "f8")
    return np.where(base > 0, np.minimum(part / np.maximum(base, 1), 1.0), np.nan)


def answered(purchases, position, day, after, until):
    """Orders of a period that an earlier contact led to: (position, day of the order, days since the first contact).

    A contact leads to the next order within REACH days; of several contacts before one order the first counts.
    """
    order = purchases.next(position, day)
    kept = (order > after) & (order <= until) & (order - day <= REACH)
    key = (np.asarray(position, "i8")[kept] << BITS) | order[kept]
    orders, place = np.unique(key, return_inverse=True)
    first = np.full(len(orders), NEVER)
    np.minimum.at(first, place, np.asarray(day, "i8")[kept])
    ordered = orders & ((1 << BITS) - 1)
    return orders >> BITS, ordered, ordered - first


def medians(position, value, size):
    """The median of each customer's values; NaN where there is none."""
    order = np.lexsort((value, position))
    position, value = np.asarray(position)[order], np.asarray(value, "f8")[order]
    found = np.full(size, np.nan)
    if not len(position):
        return found
    who, start, count = np.unique(position, return_index=True, return_counts=True)
    found[who] = (value[start + (count - 1) // 2] + value[start + count // 2]) / 2
    return found


def tolerated(purchases, position, day, patience, until):
    """KPI 7: the share of a customer's quality complaints after which it bought again.

    A complaint after which nobody bought yet counts against only when the customer's patience has run out; before
    that it is undecided, and left out. patience: days by position.
    """
    position, day = np.asarray(position, "i8"), np.asarray(day, "i8")
    stayed = purchases.next(position, day + 1) <= until
    decided = stayed | (until - day >= np.asarray(patience, "i8")[position])
    made = np.bincount(position[decided], minlength=purchases.size)
    kept = np.bincount(position[decided & stayed], minlength=purchases.size)
    return share(kept, made)


def recognition(referrals, grade):
    """KPI 8: 5 for who recommended us in the period, else the last grade of satisfaction and trust (1 to 5)."""
    return np.where(np.asarray(referrals) > 0, 5.0, np.asarray(grade, "f8"))
