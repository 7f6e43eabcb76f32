"""The leaky funnel (text 001, L31): who is a customer on a day, and who came, went and came back between two days.

Days are proleptic ordinals. Somebody is a customer from the first purchase on, except while lost, so that for any two
days opening + new + won back − lost = closing, customer by customer.
"""

from dataclasses import dataclass

import numpy as np

NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Intervals:
    """Stretches of days of customers: position, first day, and the first day after (NEVER where it goes on)."""

    position: np.ndarray
    start: np.ndarray
    end: np.ndarray

    def covers(self, day, size):
        """Which of `size` customers have a stretch that holds this day."""
        found = np.zeros(size, dtype=bool)
        found[self.position[(self.start <= day) & (day < self.end)]] = True
        return found


def silences(position, day, patience):
    """The stretches in which each customer is lost by silence: from `patience` days after a purchase to the next one.

    position, day: purchase days sorted by both; patience: days by position.
    """
    position, day = np.asarray(position, "i8"), np.asarray(day, "i8")
    following = np.full(len(day), NEVER)
    if len(day) > 1:
        same = position[1:] == position[:-1]
        following[:-1][same] = day[1:][same]
    start = day + np.asarray(patience, "i8")[position]
    long = start < following
    return Intervals(position[long], start[long], following[long])


@dataclass(frozen=True)
class Flow:
    """What happened to customers between two days: masks over all of them."""

    opening: np.ndarray
    new: np.ndarray
    back: np.ndarray
    lost: np.ndarray
    closing: np.ndarray

    def counts(self, at=slice(None)):
        """How many of the customers at these positions, by name."""
        return {name: int(mask[at].sum()) for name, mask in vars(self).items()}


def over(flows):
    """The flow of a period from those of its months, in order: who came, went or came back in any of them."""
    return Flow(
        flows[0].opening,
        *(np.any([getattr(flow, name) for flow in flows], axis=0) for name in ("new", "back", "lost")),
        flows[-1].closing,
    )


def flow(first, present_before, present_after, day_before, day_after):
    """Who came, went and came back after the evening of day_before until that of day_after.

    first: day of the first purchase (NEVER = none). New who are lost again by the end count on both sides; who was
    lost and came back in between is neither.
    """
    new = (first > day_before) & (first <= day_after)
    lost = (present_before | new) & ~present_after
    back = ~present_before & ~new & present_after
    return Flow(present_before, new, back, lost, present_after)
