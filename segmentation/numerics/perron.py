"""The principal eigenpair of small positive matrices, many at once, and of one matrix with a pair of cells altered."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

FIRST, SQUARINGS = 4, 36  # squarings before the first look, and after it at most
ARRIVED = 1e-13  # relative spread of the growth of the parts: an eigenvector, to rounding


def principal(matrices):
    """Return `(weights, values)`: the right principal eigenvectors (each summing to 1) and eigenvalues.

    `matrices`: array (..., n, n), non-negative and irreducible with a positive diagonal (judgement matrices, or
    Harker's form of incomplete ones). Repeated squaring: after k of them the error is (|l2| / l1) ** (2 ** k), and
    nothing cancels because nothing is negative. The answer is looked at after `FIRST` squarings, which suffice for
    judgements that people make, and after every further one: it is exact to rounding when all parts grow alike or when
    two successive answers differ by less than 1e-9. Perron and Frobenius: the pair is real, positive and unique.
    """
    a = np.asarray(matrices, dtype=np.float64)
    power = a / a.max(axis=(-2, -1), keepdims=True) if a.size else a
    for _ in range(FIRST):
        power = power @ power
    weights = _direction(power)
    for _ in range(SQUARINGS):
        grown = (a @ weights[..., None])[..., 0]
        growth = grown / weights
        if np.ptp(growth, axis=-1).max(initial=0.0) <= ARRIVED * growth.max(initial=1.0):
            break
        power = power / power.max(axis=(-2, -1), keepdims=True)
        power = power @ power
        before, weights = weights, _direction(power)
        if np.abs(weights - before).max(initial=0.0) < 1e-9:
            grown = (a @ weights[..., None])[..., 0]
            break
    values = grown.sum(axis=-1)
    return grown / values[..., None], values


def _direction(power):
    weights = power.sum(axis=-1)
    return weights / weights.sum(axis=-1, keepdims=True)


@dataclass(frozen=True, eq=False)
class Alteration:
    """Copies of `a` (n, n) that differ in one pair of items each: copy k has upper[k] at (i, j), lower[k] across, and
    `diagonal` on both diagonal cells of the pair, where (i, j) is the k-th pair above the diagonal, row by row."""

    a: np.ndarray
    upper: np.ndarray
    lower: np.ndarray
    diagonal: float = 1.0

    def copies(self, which):
        """Return the copies numbered `which`, written out: (which, n, n)."""
        rows, cols, _ = pairs(len(self.a))
        i, j, k = rows[which], cols[which], np.arange(which.size)
        out = np.repeat(self.a[None, :, :], which.size, axis=0)
        out[k, i, j], out[k, j, i] = self.upper[which], self.lower[which]
        out[k, i, i] = out[k, j, j] = self.diagonal
        return out

    def steps(self, v, count):
        """Return `(before, after)` the last of `count` >= 1 steps of the power method on all copies, from `v`.

        `v`: (n, copies), one start a column. Nothing is normalised, so a few steps only. One product serves all copies,
        because a copy is `a` and four cells.
        """
        rows, cols, cells = pairs(len(self.a))
        across = np.concatenate((self.upper - self.a[rows, cols], self.lower - self.a[cols, rows]))
        own = self.diagonal - 1.0
        for _ in range(count):
            out = self.a @ v
            mine = v.ravel()[cells]
            out.ravel()[cells] += across * np.concatenate((mine[rows.size :], mine[: rows.size])) + own * mine
            before, v = v, out
        return before, v


@lru_cache(maxsize=32)
def pairs(n):
    """Return `(rows, cols, cells)` of the pairs above the diagonal, row by row.

    `cells`: where a flat (n, pairs) array holds the parts of each pair's own items, first all rows, then all columns.
    """
    rows, cols = np.triu_indices(n, 1)
    every = np.arange(rows.size)
    found = rows, cols, np.concatenate((rows * rows.size + every, cols * rows.size + every))
    for one in found:
        one.flags.writeable = False
    return found
