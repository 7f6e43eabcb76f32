"""What half a step on the judgement scale does to weights: draws of weights around a weighting."""

from dataclasses import dataclass

import numpy as np

from customers.vocabulary import Dimension
from segmentation.numerics.judgement import checked
from segmentation.numerics.perron import principal

HALF_STEP = 0.5


@dataclass(frozen=True, eq=False)
class Draws:
    """`weights`: Dimension -> array (draws, codes of that dimension in the weighting's order), rows summing to 1.
    `share`: array (draws,), what current value counts in the total."""

    weights: dict
    share: np.ndarray

    def __len__(self):
        return self.share.size


def moved(ratios, rng, draws, step=HALF_STEP):
    """Return (draws, ...) ratios, each moved by up to `step` steps of Saaty's scale, evenly in both directions.

    Steps are counted from 1 (equal): 3 is two steps up, 1/3 two steps down, so that the noise has no side.
    """
    a = np.asarray(ratios, dtype=np.float64)
    at = np.where(a >= 1, a - 1, 1 - 1 / a)
    at = at + rng.uniform(-step, step, size=(draws, *a.shape))
    return np.where(at >= 0, 1 + at, 1 / (1 - np.minimum(at, 0)))


def from_judgements(matrices, rng, draws, expert_weights=None, step=HALF_STEP):
    """Return (draws, n) weights: every judgement of every expert moved, then the mean of the experts' weights (AIP).

    `matrices`: complete reciprocal matrices of one order. `expert_weights`: one non-negative number each, default
    equal. Raises the JudgementErrors of `checked`.
    """
    stack = [checked(matrix) for matrix in matrices]
    share = np.ones(len(stack)) if expert_weights is None else np.asarray(expert_weights, dtype=np.float64)
    drawn = sum(k * _principal_of_moved(m, rng, draws, step) for k, m in zip(share / share.sum(), stack, strict=True))
    return drawn / drawn.sum(axis=1, keepdims=True)


def _principal_of_moved(matrix, rng, draws, step):
    n = matrix.shape[0]
    upper = np.triu_indices(n, 1)
    some = np.ones((draws, n, n))
    some[:, upper[0], upper[1]] = moved(matrix[upper], rng, draws, step)
    some[:, upper[1], upper[0]] = 1 / some[:, upper[0], upper[1]]
    return principal(some)[0]


def from_weights(weights, rng, draws, step=HALF_STEP):
    """Return (draws, n) weights as if the direct `weights` came from one expert who judged every pair consistently.

    The ratios of the weights are taken as judgements and moved. A zero weight stays zero; a single one stays 1.
    """
    w = np.asarray(weights, dtype=np.float64)
    given = np.flatnonzero(w > 0)
    drawn = np.zeros((draws, w.size))
    if given.size:
        ratios = w[given, None] / w[None, given]
        drawn[:, given] = _principal_of_moved(ratios, rng, draws, step)
    return drawn


def around(weighting, rng, draws, judgements=None, step=HALF_STEP):
    """Return the Draws around a verdict.Weighting.

    `judgements`: Dimension -> (matrices, expert weights) in the weighting's order of codes, for what experts judged;
    the others, and the share of current value, are taken as direct weights.
    """
    judged, found = judgements or {}, {}
    for dimension in Dimension:
        own, _ = weighting.of(dimension)
        if dimension in judged:
            found[dimension] = from_judgements(judged[dimension][0], rng, draws, judged[dimension][1], step)
        else:
            found[dimension] = from_weights(list(own.values()), rng, draws, step)
    share = float(weighting.current_share)
    both = from_weights([share, 1 - share], rng, draws, step)
    return Draws(found, both[:, 0])
