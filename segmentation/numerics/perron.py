"""The principal eigenpair of many small positive matrices at once."""

import numpy as np

SQUARINGS = 40


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
