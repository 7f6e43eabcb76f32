"""Survival of entry cohorts: the share that had left by an age (Kaplan and Meier 1958), from counts."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Survival:
    """`age[i]` in months; `left[i]` the share that had left by then; `at_risk[i]` customers still observed there."""

    age: np.ndarray
    left: np.ndarray
    at_risk: np.ndarray

    def left_by(self, age: float) -> float:
        """The share that had left by this age; the last known share beyond."""
        at = np.searchsorted(self.age, age, side="right") - 1
        return float(self.left[at]) if at >= 0 else 0.0


def kaplan_meier(age: np.ndarray, ended: np.ndarray, count: np.ndarray) -> Survival:
    """age: whole months of life seen; ended: whether the life ended at that age or is only observed until then;
    count: customers with these two. Who is observed until an age counts as at risk at that age."""
    age, ended, count = (np.asarray(column) for column in (age, ended, count))
    if not age.size:
        return Survival(np.zeros(1), np.zeros(1), np.zeros(1))
    last = int(age.max())
    leaving = np.bincount(age[ended], count[ended], last + 1)
    gone = np.bincount(age, count, last + 1)
    at_risk = count.sum() - np.concatenate([[0], np.cumsum(gone)[:-1]])
    stays = np.where(at_risk > 0, 1.0 - leaving / np.maximum(at_risk, 1), 1.0)
    return Survival(np.arange(last + 1), 1.0 - np.cumprod(stays), at_risk)
