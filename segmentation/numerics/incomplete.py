"""Judgement matrices with unanswered pairs, completed from the answers that exist."""

import numpy as np

from segmentation.numerics.judgement import JudgementError, checked, shaped
from segmentation.numerics.perron import principal


class Disconnected(JudgementError):
    """The answered pairs do not link all items, so no ratio between the parts can be known."""

    code = "disconnected"


def complete(matrix):
    """Return the full reciprocal matrix: answered pairs kept, unanswered ones (NaN) set to w_i / w_j.

    w is the principal eigenvector of Harker's matrix (0 for each missing pair, 1 + the number missing in its row on
    the diagonal; Harker, Mathematical Modelling 9, 1987), which is also the eigenvector of the result. One half of a
    pair is enough; a NaN diagonal counts as 1. Raises Disconnected when the answers do not link all items, else as
    `evaluate`.
    """
    a = shaped(matrix)
    np.fill_diagonal(a, np.where(np.isnan(a.diagonal()), 1.0, a.diagonal()))
    with np.errstate(divide="ignore"):
        a = np.where(np.isnan(a), 1.0 / a.T, a)
    known = ~np.isnan(a)
    checked(np.where(known, a, 1.0))
    if not _connected(known):
        raise Disconnected("the answered pairs do not link all items")
    harker = np.where(known, a, 0.0)
    np.fill_diagonal(harker, 1.0 + (~known).sum(axis=1))
    weights, _ = principal(harker)
    return np.where(known, a, weights[:, None] / weights[None, :])


def _connected(known):
    """True when every item is reached from the first through answered pairs."""
    reached = np.zeros(known.shape[0], dtype=bool)
    reached[0] = True
    for _ in range(known.shape[0]):
        reached = known[reached].any(axis=0)
    return bool(reached.all())
