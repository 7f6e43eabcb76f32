"""Which judgements contradict the rest: what to change, to what, and which chains run in a circle."""

from dataclasses import dataclass

import numpy as np

from segmentation.numerics.judgement import SCALE, checked
from segmentation.numerics.perron import principal, principal_altered
from segmentation.numerics.random_index import random_index

SHOWN = 3
LOG_SCALE = np.log(SCALE)


@dataclass(frozen=True)
class Suggestion:
    """One judgement to reconsider: at `row`, `col` (from 0) replace `value` by `suggested`, and CR becomes `cr`.

    `implied` is the ratio that all other judgements together imply, before it is put on Saaty's scale.
    """

    row: int
    col: int
    value: float
    implied: float
    suggested: float
    cr: float


@dataclass(frozen=True)
class Cycle:
    """A circular triad: each of `items` is preferred to the next and the last to the first.

    `strength` is the product of the three ratios; 1 would be no contradiction at all.
    """

    items: tuple[int, int, int]
    strength: float


def diagnose(matrix, ri="saaty1980"):
    """Return up to three Suggestions, best (lowest resulting CR) first; empty when no single change helps.

    Each pair above the diagonal is left out in turn; Harker's eigenvector of the rest gives the ratio it implies
    (Harker, Mathematical Modelling 9, 1987); the nearest step of Saaty's scale (nearest in the logarithm) replaces
    the judgement and the whole matrix is evaluated again. Ties: the smaller change first, then by position.
    Raises as `evaluate`.
    """
    a = checked(matrix)
    n = a.shape[0]
    index = random_index(n, ri)
    if n < 3:
        return []
    rows, cols = np.triu_indices(n, 1)
    value, (now_weights, now) = a[rows, cols], principal(a)
    implied = _implied(a, now_weights, rows, cols)
    step = SCALE[np.abs(np.log(implied)[:, None] - LOG_SCALE[None, :]).argmin(axis=1)]
    _, lambdas = principal_altered(a, now_weights, rows, cols, step, 1.0 / step, 1.0)
    now = float(now)
    change = np.abs(np.log(step / value))
    helps = np.flatnonzero((change > 1e-9) & (lambdas < now - 1e-12 * n))
    cr = np.maximum(0.0, (lambdas - n) / (n - 1)) / index
    # Twelve digits of CR decide, so that equally good changes do not change places with the linear-algebra library.
    best = helps[np.lexsort((change[helps], np.round(cr[helps], 12)))][:SHOWN]
    return [
        Suggestion(int(rows[k]), int(cols[k]), float(value[k]), float(implied[k]), float(step[k]), float(cr[k]))
        for k in best
    ]


def _implied(a, start, rows, cols):
    """Return w_i / w_j for every pair, from the matrix without that pair (Harker: zeros there, 2 on its diagonals)."""
    nothing = np.zeros(rows.size)
    weights, _ = principal_altered(a, start, rows, cols, nothing, nothing, 2.0)
    k = np.arange(rows.size)
    return weights[k, rows] / weights[k, cols]


def cycles(matrix):
    """Return every circular triad A > B > C > A as a Cycle, the strongest contradiction first.

    Items count from 0 and the smallest stands first. Equal judgements (1) are no preference and close no circle.
    Kendall and Babington Smith, Biometrika 31, 1940. Raises as `evaluate`.
    """
    a = checked(matrix)
    above = a > 1.0 + 1e-9
    closed = above[:, :, None] & above[None, :, :] & above.T[:, None, :]
    i, j, k = np.nonzero(closed)
    first = (i < j) & (i < k)
    i, j, k = i[first], j[first], k[first]
    strength = a[i, j] * a[j, k] * a[k, i]
    order = np.lexsort((k, j, i, -strength))
    return [Cycle((int(i[t]), int(j[t]), int(k[t])), float(strength[t])) for t in order]
