"""How right predictions were: ranking, level and calibration, each figure with its definition.

Scores and outcomes are arrays of one length. A ranking figure that the data cannot give (nobody or everybody was lost,
all outcomes equal) is NaN, never 0. Ties share their rank, so no figure depends on the order of the customers.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit, logit

BINS = 10
TOP = 0.1  # the share of customers that "top decile" means
EDGE = 1e-6  # probabilities are kept this far from 0 and 1 before a logit
STEPS = 60  # of Newton's method; it needs about six
RIDGE = 1.0  # pull of the calibration towards "as it is", in customers


def _ranks(values: np.ndarray, method: str = "average") -> np.ndarray:
    """Ranks from 1 (by pandas: scipy.stats takes longer to import than a command takes to answer)."""
    return pd.Series(values).rank(method=method).to_numpy()


def auc(score: np.ndarray, lost: np.ndarray) -> float:
    """Chance that a lost customer has a higher score than a kept one, ties counting half (Mann and Whitney 1947)."""
    hits, misses = int(lost.sum()), int((~lost).sum())
    if not hits or not misses:
        return float("nan")
    ranks = _ranks(score)
    return float((ranks[lost].sum() - hits * (hits + 1) / 2.0) / (hits * misses))


def average_precision(score: np.ndarray, lost: np.ndarray) -> float:
    """Mean over the lost of the precision at their score: sum over distinct scores of precision x gain in recall."""
    total = int(lost.sum())
    if not total:
        return float("nan")
    order = np.argsort(-score, kind="stable")
    ranked = score[order]
    last = np.append(ranked[1:] != ranked[:-1], True)  # where a group of equal scores ends
    found = np.cumsum(lost[order])[last]
    named = np.flatnonzero(last) + 1
    return float(np.sum(found / named * np.diff(found, prepend=0)) / total)


def brier(probability: np.ndarray, lost: np.ndarray) -> float:
    """Mean squared distance of a probability from what happened (Brier 1950); the base rate alone gives q (1 - q)."""
    return float(np.mean((probability - lost) ** 2)) if lost.size else float("nan")


def top_lift(score: np.ndarray, outcome: np.ndarray, share: float = TOP) -> float:
    """Mean outcome of the customers with the highest scores over the mean of all: 1 is no better than chance.

    ceil(share x n) customers; where the last of them ties, every tied one counts with an equal part of the free seats.
    """
    mean = outcome.mean() if outcome.size else 0.0
    if mean == 0.0:
        return float("nan")
    seats = int(np.ceil(share * score.size - 1e-9))
    cut = np.partition(score, score.size - seats)[score.size - seats]
    above, tied = score > cut, score == cut
    taken = outcome[above].sum() + outcome[tied].mean() * (seats - above.sum())
    return float(taken / seats / mean)


def mean_absolute_error(predicted: np.ndarray, actual: np.ndarray) -> float:
    """Mean distance between prediction and outcome, in the unit of both."""
    return float(np.mean(np.abs(predicted - actual))) if actual.size else float("nan")


def bias(predicted: np.ndarray, actual: np.ndarray) -> float:
    """Sum of predictions over sum of outcomes, minus one: -.12 says 12 % too little was expected in total."""
    total = actual.sum()
    return float(predicted.sum() / total - 1.0) if total else float("nan")


def rank_correlation(predicted: np.ndarray, actual: np.ndarray) -> float:
    """Spearman's rank correlation: Pearson's of the mean ranks."""
    if actual.size < 2:
        return float("nan")
    a, b = _ranks(predicted), _ranks(actual)
    a, b = a - a.mean(), b - b.mean()
    spread = np.sqrt((a @ a) * (b @ b))
    return float(a @ b / spread) if spread else float("nan")


def gini(predicted: np.ndarray, actual: np.ndarray) -> float:
    """Normalised Gini: the Gini coefficient of the outcomes in the order of the predictions over that in their own
    order. 1 ranks perfectly, 0 not at all. Tied predictions share their outcomes equally."""
    best = _concentration(actual, actual)
    return _concentration(predicted, actual) / best if best else float("nan")


def _concentration(score: np.ndarray, outcome: np.ndarray) -> float:
    """Twice the area between the cumulative share of the outcome, highest score first, and the diagonal."""
    total = outcome.sum()
    if total <= 0:
        return 0.0
    place = (score.size - _ranks(score) + 0.5) / score.size  # mean share of customers up to the middle of each
    return float(1.0 - 2.0 * (outcome @ place) / total)


@dataclass(frozen=True)
class Bin:
    """One bar of a calibration picture: the customers of neighbouring predictions, what was expected, what came."""

    customers: int
    lowest: float
    highest: float
    expected: float
    actual: float


def calibration(predicted: np.ndarray, actual: np.ndarray, bins: int = BINS) -> list[Bin]:
    """Customers in `bins` groups of equal size by rising prediction (equal predictions stay together)."""
    if not predicted.size:
        return []
    rank = _ranks(predicted, method="max")
    group = np.minimum(((rank - 1) * bins / predicted.size).astype(int), bins - 1)
    found = []
    for number in np.unique(group):
        rows = group == number
        some = predicted[rows]
        found.append(
            Bin(int(rows.sum()), float(some.min()), float(some.max()), float(some.mean()), float(actual[rows].mean()))
        )
    return found


@dataclass(frozen=True)
class Recalibration:
    """logit(p) = shift + slope x: what a score turned out to mean (Platt 1999); x = logit(p) for a probability."""

    shift: float = 0.0
    slope: float = 1.0

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """The chance of a loss behind a score as experience has it; order is kept, NaN stays NaN."""
        return expit(self.shift + self.slope * np.asarray(x, dtype=float))


def odds(probability: np.ndarray) -> np.ndarray:
    """Log odds of a probability, kept off 0 and 1."""
    return logit(np.clip(probability, EDGE, 1.0 - EDGE))


def recalibrate(x: np.ndarray, lost: np.ndarray, ridge: float = RIDGE) -> Recalibration:
    """The logistic curve over x that makes what came most likely, pulled a little towards "as it is" (0, 1).

    Newton's method on a concave function. The slope stays positive: experience may stretch a scale, not reverse it;
    where it would, everybody has the mean. Nobody or everybody lost: as it is.
    """
    if not lost.any() or lost.all():
        return Recalibration()
    design, at, home = np.column_stack([np.ones_like(x), x]), np.array([0.0, 1.0]), np.array([0.0, 1.0])
    for _ in range(STEPS):
        p = expit(design @ at)
        gradient = design.T @ (lost - p) - ridge * (at - home)
        curvature = (design * (p * (1.0 - p))[:, None]).T @ design + ridge * np.eye(2)
        step = np.linalg.solve(curvature, gradient)
        at = at + step * min(1.0, 2.0 / max(np.abs(step).max(), 1e-12))
        if np.abs(step).max() < 1e-10:
            break
    return Recalibration(*map(float, at)) if at[1] > 0.0 else Recalibration(float(logit(lost.mean())), 0.0)
