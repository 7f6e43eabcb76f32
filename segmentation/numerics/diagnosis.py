"""Which judgements contradict the rest: what to change, to what, and which chains run in a circle."""

from dataclasses import dataclass

import numpy as np

from segmentation.numerics.judgement import SCALE, checked
from segmentation.numerics.perron import Alteration, pairs, principal
from segmentation.numerics.random_index import random_index

SHOWN = 3
LOG_SCALE = np.log(SCALE)
BOUNDARIES = np.exp((LOG_SCALE[1:] + LOG_SCALE[:-1]) / 2)  # between neighbouring steps
STEPS, MORE = 5, 3  # of the power method: what they leave open is narrow for judgements that people make
DOUBT = 20.0  # times the last movement of a ratio: what may be missing where eigenvalues are as close as 1 : 0.95
ROUNDING = 1e-11  # more than twelve digits of CR can tell apart


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

    A few steps of the power method on all pairs at once say which changes can be among the best (`_in_question`); only
    those are worked out to the last digit.
    """
    a = checked(matrix)
    n = a.shape[0]
    index = random_index(n, ri)
    if n < 3:
        return []
    weights, now = principal(a)
    rows, cols, _ = pairs(n)
    value = a[rows, cols]
    step, start = _steps(a, weights, value)
    change = np.abs(np.log(step / value))
    changed = Alteration(a, step, 1.0 / step)
    which = _in_question(changed, start, float(now) - 1e-12 * n, change > 1e-9)
    if not which.size:
        return []
    both, lambdas = principal(np.concatenate((_without(a).copies(which), changed.copies(which))))
    without, lambdas, k = both[: which.size], lambdas[which.size :], np.arange(which.size)
    implied = without[k, rows[which]] / without[k, cols[which]]
    cr = np.maximum(0.0, (lambdas - n) / (n - 1)) / index
    helps = np.flatnonzero(lambdas < float(now) - 1e-12 * n)
    # Twelve digits of CR decide, so that equally good changes do not change places with the linear-algebra library.
    best = helps[np.lexsort((change[which][helps], np.round(cr[helps], 12)))][:SHOWN]
    return [
        Suggestion(int(rows[p]), int(cols[p]), float(value[p]), float(implied[k]), float(step[p]), float(cr[k]))
        for k, p in zip(best.tolist(), which[best].tolist(), strict=True)
    ]


def _without(a):
    """The matrix without each pair in turn (Harker: zeros there, 2 on its diagonals)."""
    nothing = np.zeros(len(a) * (len(a) - 1) // 2)
    return Alteration(a, nothing, nothing, 2.0)


def _steps(a, weights, value):
    """Return the step of the scale nearest to what all other judgements imply, by pair, and vectors to go on from.

    What could still fall on the other side of a boundary between two steps is worked out to the last digit.
    """
    left_out = _without(a)
    before, after = left_out.steps(np.repeat(weights[:, None], value.size, axis=1), STEPS)
    rough, implied = _ratio(before), _ratio(after)
    doubt = np.maximum(DOUBT * np.abs(implied / rough - 1.0), 1e-12)
    place = np.searchsorted(BOUNDARIES, implied)
    open_ = np.searchsorted(BOUNDARIES, implied * (1.0 - doubt)) != np.searchsorted(BOUNDARIES, implied * (1.0 + doubt))
    if open_.any():
        which = np.flatnonzero(open_)
        exact, _ = principal(left_out.copies(which))
        rows, cols, _ = pairs(len(a))
        k = np.arange(which.size)
        place[which] = _nearest(exact[k, rows[which]] / exact[k, cols[which]])
    return SCALE[place], after


def _ratio(v):
    """The ratio of the two items of each pair in its own column of `v`."""
    rows, _, cells = pairs(len(v))
    own = v.ravel()[cells]
    return own[: rows.size] / own[rows.size :]


def _nearest(implied):
    return np.abs(np.log(implied)[:, None] - LOG_SCALE[None, :]).argmin(axis=1)


def _in_question(changed, start, below, allowed):
    """Return the pairs whose change may be one of the best three: the largest and the smallest growth of an item in one
    step bound the eigenvalue from both sides (Collatz 1942, Wielandt 1950), whatever the vector is."""
    before, after = changed.steps(start, MORE)
    growth = after / before
    least, most = growth.min(axis=0) * (1.0 - ROUNDING), growth.max(axis=0) * (1.0 + ROUNDING)
    allowed &= least < below
    if np.count_nonzero(allowed) > SHOWN:
        allowed &= least <= np.partition(most[allowed], SHOWN - 1)[SHOWN - 1]
    return np.flatnonzero(allowed)


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
