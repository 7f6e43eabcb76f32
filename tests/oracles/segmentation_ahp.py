"""AHP done slowly and plainly: LAPACK eigenvectors, one matrix at a time, loops over pairs and triples."""

import math
from itertools import permutations

import numpy as np

SCALE = [1 / k for k in range(9, 1, -1)] + [float(k) for k in range(1, 10)]


def random_reciprocal(rng, n, noise=None):
    """A reciprocal matrix of Saaty judgements; with `noise`, ratios of random weights times log-normal errors."""
    a = np.ones((n, n))
    weights = np.exp(rng.normal(size=n))
    for i in range(n):
        for j in range(i + 1, n):
            if noise is None:
                a[i, j] = SCALE[rng.integers(len(SCALE))]
            else:
                a[i, j] = weights[i] / weights[j] * math.exp(noise * rng.normal())
            a[j, i] = 1 / a[i, j]
    return a


def eigenpair(a):
    """Principal eigenvector (sum 1) and eigenvalue."""
    values, vectors = np.linalg.eig(np.asarray(a, dtype=float))
    k = values.real.argmax()
    vector = np.abs(vectors[:, k].real)
    return vector / vector.sum(), values[k].real


def ratio(a, index):
    """Consistency ratio with the random index `index`."""
    n = len(a)
    return (eigenpair(a)[1] - n) / (n - 1) / index


def single_changes(a, index):
    """Every pair's best change by leaving it out: list of (cr, row, col, value, implied, suggested), helpful ones."""
    n, found = len(a), []
    now = ratio(a, index)
    for i in range(n):
        for j in range(i + 1, n):
            without = np.array(a, dtype=float)
            without[i, j] = without[j, i] = 0
            without[i, i] = without[j, j] = 2
            w, _ = eigenpair(without)
            implied = w[i] / w[j]
            step = min(SCALE, key=lambda s, implied=implied: abs(math.log(s / implied)))
            changed = np.array(a, dtype=float)
            changed[i, j], changed[j, i] = step, 1 / step
            cr = ratio(changed, index)
            if abs(math.log(step / a[i][j])) > 1e-9 and cr < now - 1e-9:
                found.append((cr, i, j, a[i][j], implied, step))
    return sorted(found)


def circles(a):
    """The set of circular triads, smallest item first."""
    return {
        (i, j, k)
        for i, j, k in permutations(range(len(a)), 3)
        if i < j and i < k and a[i][j] > 1 and a[j][k] > 1 and a[k][i] > 1
    }
