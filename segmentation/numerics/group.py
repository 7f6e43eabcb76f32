"""Several experts, one set of weights: aggregation and how far the experts agree."""

import numpy as np

from segmentation.numerics.judgement import JudgementError, checked
from segmentation.numerics.perron import principal

SCALE_TOP = 9
GRADES = ((0.5, "VERY_LOW"), (0.625, "LOW"), (0.75, "MODERATE"), (0.875, "HIGH"))


class BadGroup(JudgementError):
    """No experts, matrices of different order, or expert weights that do not fit."""

    code = "bad_group"


class UnknownMethod(JudgementError):
    """No aggregation method of that name."""

    code = "unknown_method"


def aggregate(matrices, method="aip_mean", expert_weights=None):
    """Return the group's weights (array summing to 1) from the experts' judgement `matrices`.

    `aip_mean`: arithmetic mean of the individual weights, the rule of text 003 (A13). `aip_geometric`: their
    normalised geometric mean. `aij`: eigenvector of the element-wise geometric mean of the matrices. Forman and
    Peniwati, EJOR 108, 1998. `expert_weights`: one non-negative number per expert, default equal. Consistency is not
    tested here: test each expert before. Raises BadGroup, UnknownMethod, and as `evaluate` for each matrix.
    """
    stack, share = _group(matrices, expert_weights)
    if method == "aij":
        return principal(_joint(stack, share))[0]
    weights, _ = principal(stack)
    if method == "aip_mean":
        mean = share @ weights
    elif method == "aip_geometric":
        mean = np.exp(share @ np.log(weights))
    else:
        raise UnknownMethod(f"unknown method {method!r}; choose aip_mean, aip_geometric or aij")
    return mean / mean.sum()


def joint(matrices, expert_weights=None):
    """Return the weighted element-wise geometric mean of the experts' matrices (reciprocal again); raises BadGroup."""
    return _joint(*_group(matrices, expert_weights))


def consensus(weights_by_expert):
    """Return how far experts agree on the weights, 0 to 1 (1 for a single expert or a single item).

    `weights_by_expert`: one row per expert, one column per item, non-negative; rows are normalised. Goepel's AHP-OS
    indicator (Int. J. of the AHP 10(3), 2018) from Shannon's alpha, beta and gamma entropy:
    (exp(-H_beta) - c) / (1 - c), c = exp(H_alpha,min) / n, where H_alpha,min belongs to the most peaked weights that
    one row of judgements on the 1..9 scale can give. Direct weights may be more peaked: the value is held at 0.
    Raises BadGroup.
    """
    w = np.array(weights_by_expert, dtype=np.float64)
    if w.ndim != 2 or w.size == 0 or not np.isfinite(w).all() or (w < 0).any() or (w.sum(axis=1) <= 0).any():
        raise BadGroup("weights come as one row of non-negative numbers per expert")
    w /= w.sum(axis=1, keepdims=True)
    experts, n = w.shape
    if experts == 1 or n == 1:
        return 1.0
    beta = _entropy(w.mean(axis=0)) - _entropy(w).mean()
    top, rest = SCALE_TOP / (n + SCALE_TOP - 1), 1.0 / (n + SCALE_TOP - 1)
    floor = np.exp(-top * np.log(top) - (n - 1) * rest * np.log(rest)) / n
    return float(np.clip((np.exp(-beta) - floor) / (1.0 - floor), 0.0, 1.0))


def spread(matrices):
    """Return how far the experts differ on each pair: the geometric standard deviation, 1 = all the same (n x n).

    Sample deviation of the logarithms (ddof = 1); one expert alone agrees with themselves. Raises BadGroup.
    """
    stack, _ = _group(matrices, None)
    if len(stack) == 1:
        return np.ones(stack.shape[1:])
    return np.exp(np.log(stack).std(axis=0, ddof=1))


def agreement(value):
    """Return the word code of a consensus: VERY_LOW below .5, LOW, MODERATE from .625, HIGH from .75, VERY_HIGH."""
    return next((code for limit, code in GRADES if value < limit), "VERY_HIGH")


def _group(matrices, expert_weights):
    matrices = [checked(m) for m in matrices]
    if not matrices or len({m.shape for m in matrices}) != 1:
        raise BadGroup("a group needs at least one matrix, all of the same order")
    share = np.ones(len(matrices)) if expert_weights is None else np.array(expert_weights, dtype=np.float64)
    if share.shape != (len(matrices),) or not np.isfinite(share).all() or (share < 0).any() or share.sum() <= 0:
        raise BadGroup("expert weights are one non-negative number per matrix, not all zero")
    return np.stack(matrices), share / share.sum()


def _joint(stack, share):
    return np.exp(np.tensordot(share, np.log(stack), axes=1))


def _entropy(p):
    return -np.where(p > 0, p * np.log(np.where(p > 0, p, 1.0)), 0.0).sum(axis=-1)
