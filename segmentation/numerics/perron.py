"""The principal eigenpair of many small positive matrices at once."""

import numpy as np

SQUARINGS = 40
LARGE = 6  # items: from here on a step of the power method on all copies is cheaper than squaring each
STEPS, LOOK, ARRIVED = 90, 3, 2e-14  # of the power method, how often it looks, and when it has arrived


def principal(matrices):
    """Return `(weights, values)`: the right principal eigenvectors (each summing to 1) and eigenvalues.

    `matrices`: array (..., n, n), non-negative and irreducible with a positive diagonal (judgement matrices, or
    Harker's form of incomplete ones). Repeated squaring: after k steps the error is (|l2| / l1) ** (2 ** k), nothing
    cancels because nothing is negative, and once two successive answers differ by less than 1e-9 the later one is
    exact to rounding. Perron and Frobenius guarantee that the pair is real, positive and unique.
    """
    a = np.asarray(matrices, dtype=np.float64)
    power = a / a.max(axis=(-2, -1), keepdims=True)
    weights = _direction(power)
    for _ in range(SQUARINGS):
        power = power @ power
        power /= power.max(axis=(-2, -1), keepdims=True)
        before, weights = weights, _direction(power)
        if np.abs(weights - before).max(initial=0.0) < 1e-9:
            break
    values = (a @ weights[..., None]).sum(axis=(-2, -1))
    return weights, values


def _direction(power):
    weights = power.sum(axis=-1)
    return weights / weights.sum(axis=-1, keepdims=True)


def principal_altered(a, start, rows, cols, upper, lower, diagonal):
    """Return `(weights, values)` as `principal` does, for copies of `a` (n, n) that differ in one pair each.

    Copy k has upper[k] at (rows[k], cols[k]), lower[k] across, and `diagonal` on both diagonal cells of the pair.
    Small ones are squared as `principal` does; from `LARGE` items on the power method goes on all copies at once from
    `start`, the eigenvector of `a`: one small product a step, because a copy is `a` and four cells. What has not
    arrived after `STEPS` (eigenvalues close in size) is squared after all.
    """
    every, n = np.arange(rows.size), a.shape[0]
    copies = (a, rows, cols, upper, lower, diagonal)
    if n < LARGE:
        return principal(_copies(every, *copies))
    cells = np.concatenate([rows * rows.size + every, cols * rows.size + every])  # of the pair in each column of v
    across = np.concatenate([upper - a[rows, cols], lower - a[cols, rows]])
    v, gap = np.repeat(start[:, None], rows.size, axis=1), None
    for step in range(1, STEPS + 1):
        out = a @ v
        own = v.ravel()[cells]
        turned = np.concatenate([own[rows.size :], own[: rows.size]])
        out.ravel()[cells] += across * turned + (diagonal - 1.0) * own
        values = out.sum(axis=0)
        out /= values
        if step % LOOK == 0:
            gap = np.abs(out - v).max(axis=0)
            if gap.max() < ARRIVED:
                return out.T, values
        v = out
    late = np.flatnonzero(gap >= ARRIVED)
    weights = v.T.copy()
    weights[late], values[late] = principal(_copies(late, *copies))
    return weights, values


def _copies(which, a, rows, cols, upper, lower, diagonal):
    """The copies `which` of principal_altered, written out."""
    changed, k, i, j = np.repeat(a[None, :, :], which.size, axis=0), np.arange(which.size), rows[which], cols[which]
    changed[k, i, j], changed[k, j, i] = upper[which], lower[which]
    changed[k, i, i] = changed[k, j, j] = diagonal
    return changed
