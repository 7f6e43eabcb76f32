"""What an expert's answers say so far: from steps on Saaty's scale to weights, consistency, what to look at again."""

from dataclasses import dataclass
from math import nan

import numpy as np

from segmentation.numerics.ahp import CR_LIMIT, SCALE, Disconnected, complete, cycles, diagnose, evaluate
from segmentation.numerics.judgement import JudgementError, checked


class OffScale(JudgementError):
    """A ratio that is none of the 17 steps from 1/9 to 9."""

    code = "off_scale"


@dataclass(frozen=True, eq=False)
class Reading:
    """`weights` and the figures are None while the answers do not link all items; `provisional` while some are open.

    `suggestions` (up to three, best first) only where `cr` is above `limit`; `cycles` whenever there are any.
    """

    n: int
    answered: int
    pairs: int
    limit: float
    weights: np.ndarray | None = None
    lambda_max: float | None = None
    ci: float | None = None
    cr: float | None = None
    ri: float | None = None
    suggestions: tuple = ()
    cycles: tuple = ()
    matrix: np.ndarray | None = None

    @property
    def finished(self):
        return self.answered == self.pairs

    @property
    def provisional(self):
        return self.weights is not None and not self.finished

    @property
    def acceptable(self):
        return self.cr is not None and self.cr <= self.limit


def value_of(step):
    """The ratio of a step: 0 -> 1, k -> k + 1, -k -> 1 / (k + 1)."""
    return float(step + 1) if step >= 0 else 1.0 / (1 - step)


def step_of(value):
    """The step of a ratio on the scale; raises OffScale for any other number."""
    found = np.flatnonzero(np.abs(SCALE - value) <= 1e-6 * SCALE)
    if not found.size:
        raise OffScale(f"{value:g} is not on the scale from 1/9 to 9")
    return int(found[0]) - (len(SCALE) - 1) // 2


def matrix_of(n, steps):
    """The reciprocal matrix of answers {(i, j): step}, NaN where a pair is open."""
    matrix = np.full((n, n), nan)
    np.fill_diagonal(matrix, 1.0)
    for (i, j), step in steps.items():
        matrix[i, j] = value_of(step)
        matrix[j, i] = 1.0 / matrix[i, j]
    return matrix


def steps_of(matrix):
    """{(i, j): step} above the diagonal of a full matrix; raises the JudgementError family, OffScale with the cell."""
    a = checked(matrix, tolerance=1e-2)
    found = {}
    for i, j in zip(*np.triu_indices(a.shape[0], 1), strict=True):
        try:
            found[int(i), int(j)] = step_of(a[i, j])
        except OffScale as error:
            raise OffScale(str(error), int(i), int(j)) from None
    return found


def mirrored(matrix):
    """(full matrix, {(i, j) left open}) of a square table with NaN where a cell is empty.

    An empty cell becomes 1 over the one across the diagonal, on the diagonal 1; a pair empty on both sides is left open
    and stands as 1.
    """
    a = np.array(matrix, dtype=np.float64)
    empty = np.isnan(a)
    across = np.where(a.T > 0, a.T, 1.0)
    full = np.where(empty, 1.0 / across, a)
    pairs = zip(*np.nonzero(np.triu(empty & empty.T, 1)), strict=True)
    return full, {(int(i), int(j)) for i, j in pairs}


def read(n, steps, ri="saaty1980", limit=CR_LIMIT):
    """The Reading of answers {(i, j): step} about `n` items (1 to 15); open pairs are filled as Harker does."""
    pairs = n * (n - 1) // 2
    try:
        matrix = complete(matrix_of(n, steps))
    except Disconnected:
        return Reading(n, len(steps), pairs, limit)
    found = evaluate(matrix, ri)
    above = found.cr > limit
    known = matrix_of(n, steps)
    loops = cycles(np.where(np.isnan(known), 1.0, known)) if n > 2 else []
    fixes = [fix for fix in (diagnose(matrix, ri) if above else []) if (fix.row, fix.col) in steps]
    return Reading(
        n, len(steps), pairs, limit, found.weights, found.lambda_max, found.ci, found.cr, found.ri,
        tuple(fixes), tuple(loops), matrix,
    )  # fmt: skip
