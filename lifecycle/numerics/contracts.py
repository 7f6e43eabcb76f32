"""Lifetime value of customers bound by a contract: the retention formula, month by month, with its interval."""

from dataclasses import dataclass

import numpy as np

from lifecycle.numerics.spread import COVERED

FOREVER = 600  # months that stand for an infinite horizon
ASSUMED_STAY, ASSUMED_LEAVE = 8.0, 2.0  # what is assumed of yearly retention before any data: eight of ten stay


@dataclass(frozen=True)
class Worth:
    """Per customer: expected value, ends of the interval, deviation, months as customer, plain and discounted."""

    value: np.ndarray
    low: np.ndarray
    high: np.ndarray
    deviation: np.ndarray
    months: np.ndarray
    months_discounted: np.ndarray


def yearly_retention(before: float, both: float) -> float:
    """Share of last year's customers that bought this year too (text 001, L22), shrunk to eight of ten."""
    return (both + ASSUMED_STAY) / (before + ASSUMED_STAY + ASSUMED_LEAVE)


def worth(margin: np.ndarray, committed: np.ndarray, retention: float, discount: float, months: int | None) -> Worth:
    """`margin` a month while the contract lasts: certain for `committed` months, then kept with `retention` a month.

    First payment next month, discounted at `discount` a month, within `months` (None: without end). The interval is
    that of the month of leaving; margins are taken as known.
    """
    span = months or FOREVER
    certain = np.clip(np.nan_to_num(committed), 0, span).astype(int)
    bound, back = np.unique(certain, return_inverse=True)
    month = np.arange(1, span + 1)
    kept = retention ** np.maximum(month - bound[:, None], 0)  # one row per distinct remaining term
    factor = (1.0 + discount) ** -month.astype(float)
    paid = np.concatenate([[0.0], np.cumsum(factor)])  # present value of so many months
    tail = 0.5 * (1.0 - COVERED)
    ends = [paid[(kept >= share).sum(axis=1)] for share in (1.0 - tail, tail)]
    expected = kept @ factor
    second = kept @ (paid[1:] ** 2 - paid[:-1] ** 2)
    deviation = np.sqrt(np.maximum(second - expected**2, 0.0))
    low, high = margin * ends[0][back], margin * ends[1][back]
    return Worth(
        margin * expected[back],
        np.minimum(low, high),
        np.maximum(low, high),
        np.abs(margin) * deviation[back],
        kept.sum(axis=1)[back],
        expected[back],
    )
