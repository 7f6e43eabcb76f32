"""Saaty's analytic hierarchy process: weights from pairwise judgements, and how far they contradict each other."""

from dataclasses import dataclass, field

import numpy as np

from segmentation.numerics.diagnosis import Cycle, Suggestion, cycles, diagnose
from segmentation.numerics.group import aggregate, agreement, consensus, joint
from segmentation.numerics.incomplete import Disconnected, complete
from segmentation.numerics.judgement import (
    LARGEST,
    SCALE,
    JudgementError,
    NotFinite,
    NotPositive,
    NotReciprocal,
    NotSquare,
    TooLarge,
    checked,
    from_upper,
)
from segmentation.numerics.perron import principal
from segmentation.numerics.random_index import TABLES, UnknownTable, random_index

__all__ = [
    "CR_LIMIT",
    "LARGEST",
    "SCALE",
    "TABLES",
    "Cycle",
    "Disconnected",
    "Evaluation",
    "JudgementError",
    "NotFinite",
    "NotPositive",
    "NotReciprocal",
    "NotSquare",
    "Suggestion",
    "TooLarge",
    "UnknownTable",
    "aggregate",
    "agreement",
    "checked",
    "complete",
    "consensus",
    "cycles",
    "diagnose",
    "evaluate",
    "from_upper",
    "gci",
    "gci_limit",
    "joint",
    "random_index",
    "row_geometric_mean",
]

CR_LIMIT = 0.10


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What a judgement matrix says: `weights` sum to 1; `ci` = (lambda_max - n) / (n - 1); `cr` = ci / ri."""

    weights: np.ndarray = field(repr=False)
    lambda_max: float
    ci: float
    cr: float
    ri: float
    ri_table: str
    n: int

    @property
    def acceptable(self):
        """True when the consistency ratio is below Saaty's limit of 0.10."""
        return self.cr < CR_LIMIT


def evaluate(matrix, ri="saaty1980"):
    """Return the Evaluation of a complete reciprocal `matrix` of order 1 to 15 (numbers without unit).

    Weights are the principal right eigenvector (Saaty, J. Mathematical Psychology 15, 1977); with fewer than three
    items no contradiction is possible and `ci` and `cr` are 0. `ri` names the random-index table. Raises the
    JudgementError family (ValueError with `.code`).
    """
    a = checked(matrix)
    n = a.shape[0]
    index = random_index(n, ri)
    weights, value = principal(a)
    weights.flags.writeable = False
    if n < 3:
        return Evaluation(weights, float(n), 0.0, 0.0, index, ri, n)
    ci = max(0.0, (float(value) - n) / (n - 1))  # theory says lambda >= n; rounding may say n - 1e-15
    return Evaluation(weights, float(value), ci, ci / index, index, ri, n)


def row_geometric_mean(matrix):
    """Return the normalised row geometric means (Crawford and Williams 1985), the log-least-squares weights."""
    means = np.exp(np.log(checked(matrix)).mean(axis=1))
    return means / means.sum()


def gci(matrix):
    """Return the geometric consistency index: 2 / ((n-1)(n-2)) sum over pairs of ln^2(a_ij w_j / w_i).

    On the row geometric means (Aguaron and Moreno-Jimenez, EJOR 147, 2003); 0 with fewer than three items. Compare with
    `gci_limit(n)`, which corresponds to a consistency ratio of 0.10.
    """
    a = checked(matrix)
    n = a.shape[0]
    if n < 3:
        return 0.0
    w = np.log(row_geometric_mean(a))
    error = np.log(a) - w[:, None] + w[None, :]
    return float(2.0 / ((n - 1) * (n - 2)) * (np.triu(error, 1) ** 2).sum())


def gci_limit(n):
    """Return the GCI that corresponds to CR = 0.10: .3147 (n = 3), .3526 (4), .370 (above), same source as `gci`."""
    return {3: 0.3147, 4: 0.3526}.get(n, 0.370)
