"""How long customers stay where they stand: stays read from a row of nights, their Kaplan-Meier median, their lengths.

A stay runs from the first night that sees a customer at a place to the first night that sees it elsewhere; nights
between which nobody looked count as stayed. A stay that was there on the first night began earlier, nobody knows when:
it enters no median. One that still lasts on the last night is censored (Kaplan and Meier 1958).
"""

from dataclasses import dataclass

import numpy as np

NOWHERE = -1
EDGES = (31, 92, 183, 366)  # days: a month, a quarter, half a year, a year


@dataclass(frozen=True, eq=False)
class Stays:
    """One entry per stay: `place`; `days` it lasted so far; `ended`: somebody saw the customer elsewhere after it;
    `fresh`: it began after the first night."""

    place: np.ndarray
    days: np.ndarray
    ended: np.ndarray
    fresh: np.ndarray


@dataclass(frozen=True)
class Dwell:
    """One place, in whole days. now: stays that last on the last night; lengths: how many of them by class of EDGES;
    so_far: their median; oldest: how many of them date from the first night or before; began, over: fresh stays, and
    those that ended; median: days until half of the fresh stays have ended (None where that is not reached)."""

    now: int
    lengths: tuple
    so_far: int | None
    oldest: int
    began: int
    over: int
    median: int | None


def stays(places, days):
    """The Stays of customers. places: (customers, nights) of small integers, NOWHERE = not seen there; days: rising
    day numbers of the nights."""
    places, days = np.asarray(places), np.asarray(days)
    customers, nights = places.shape
    if not customers or not nights:
        return Stays(*(np.zeros(0, dtype=kind) for kind in (int, int, bool, bool)))
    change = np.ones(places.shape, dtype=bool)
    change[:, 1:] = places[:, 1:] != places[:, :-1]
    row, start = np.nonzero(change)
    last = np.append(row[1:] != row[:-1], True)
    end = np.where(last, nights - 1, np.append(start[1:], 0))
    place = places[row, start]
    seen = place != NOWHERE
    return Stays(place[seen], (days[end] - days[start])[seen], ~last[seen], (start > 0)[seen])


def dwell(found, places):
    """The Dwell of each place 0 to places - 1."""
    return tuple(_of_place(found, place) for place in range(places))


def _of_place(found, place):
    here = found.place == place
    lasting = here & ~found.ended
    lengths = np.bincount(np.searchsorted(EDGES, found.days[lasting], side="left"), minlength=len(EDGES) + 1)
    fresh = here & found.fresh
    return Dwell(
        now=int(lasting.sum()),
        lengths=tuple(int(n) for n in lengths),
        so_far=int(np.median(found.days[lasting])) if lasting.any() else None,
        oldest=int((lasting & ~found.fresh).sum()),
        began=int(fresh.sum()),
        over=int((fresh & found.ended).sum()),
        median=median(found.days[fresh], found.ended[fresh]),
    )


def median(days, ended):
    """The Kaplan-Meier median: the first length at which at most half of the stays still last; None if never."""
    if not len(days):
        return None
    lengths, at = np.unique(days, return_inverse=True)
    over = np.bincount(at, weights=ended, minlength=len(lengths))
    risk = len(days) - np.concatenate([[0], np.cumsum(np.bincount(at, minlength=len(lengths)))[:-1]])
    lasting = np.cumprod(1 - over / risk)
    reached = np.flatnonzero(lasting <= 0.5 + 1e-12)
    return int(lengths[reached[0]]) if reached.size else None
