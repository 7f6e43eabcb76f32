"""What half a step on the judgement scale does to weights: draws of weights around a weighting."""

from dataclasses import dataclass, field

import numpy as np

from customers.vocabulary import Dimension
from segmentation.numerics import trees
from segmentation.numerics.perron import principal

HALF_STEP = 0.5
ARITHMETIC = "aip_mean"


@dataclass(frozen=True, eq=False)
class Draws:
    """`weights`: Dimension -> array (draws, codes of that dimension in the weighting's order), rows summing to 1.
    `share`: array (draws,), what current value counts in the total."""

    weights: dict
    share: np.ndarray

    def __len__(self):
        return self.share.size


@dataclass(frozen=True)
class Voice:
    """One expert on one branch: `steps`, triples (first, second, step) of places in the branch; step 0 = equal, +k =
    the first counts k + 1 against the second, -k the reverse. `weight`: of the expert."""

    steps: tuple
    weight: float = 1.0


@dataclass(frozen=True)
class Shape:
    """The tree behind a weighting. `nodes`: trees.Nodes; `tops`: Dimension -> key of its node, both under `root`;
    `voices`: key of a branch -> Voices about its children in the tree's order; `rule`: how voices become weights."""

    nodes: tuple
    root: object
    tops: dict
    voices: dict = field(default_factory=dict)
    rule: str = ARITHMETIC


def moved(steps, rng, draws, step=HALF_STEP):
    """Return (draws, ...) ratios of Saaty's scale, each step moved by up to `step`, evenly in both directions."""
    at = np.asarray(steps, dtype=np.float64)
    at = at + rng.uniform(-step, step, size=(draws, *at.shape))
    return np.where(at >= 0, 1 + at, 1 / (1 - np.minimum(at, 0)))


def steps_of(ratios):
    """Return how many steps from equal each ratio is: 3 is two steps up, 1/3 two steps down."""
    a = np.asarray(ratios, dtype=np.float64)
    return np.where(a >= 1, a - 1, 1 - 1 / a)


def from_voices(voices, size, rng, draws, rule=ARITHMETIC, step=HALF_STEP):
    """Return (draws, size) weights: every judgement of every expert moved, then the experts put together.

    `rule`: aip_mean for the mean of the experts' weights; any other for their geometric mean, which is also what a mean
    of judgements gives to first order. Pairs that an expert left out are filled in as Harker does.
    """
    share = np.array([voice.weight for voice in voices])
    share = share / share.sum() if share.sum() > 0 else np.full(len(voices), 1 / len(voices))
    drawn = [_principal_of(voice.steps, size, rng, draws, step) for voice in voices]
    if rule == ARITHMETIC:
        mean = sum(k * w for k, w in zip(share, drawn, strict=True))
    else:
        mean = np.exp(sum(k * np.log(w) for k, w in zip(share, drawn, strict=True)))
    return mean / mean.sum(axis=1, keepdims=True)


def _principal_of(steps, size, rng, draws, step):
    first, second = ([int(triple[k]) for triple in steps] for k in (0, 1))
    ratios = moved([triple[2] for triple in steps], rng, draws, step)
    some = np.zeros((draws, size, size))
    some[:, first, second] = ratios
    some[:, second, first] = 1 / ratios
    asked = np.bincount([*first, *second], minlength=size)
    place = np.arange(size)
    some[:, place, place] = size - asked  # 1 where every pair was judged, one more for every pair that was not
    return principal(some)[0]


def from_weights(weights, rng, draws, step=HALF_STEP):
    """Return (draws, n) weights as if the direct `weights` came from one expert who judged every pair consistently.

    The ratios of the weights are taken as judgements and moved. A zero weight stays zero; a single one stays 1.
    """
    w = np.asarray(weights, dtype=np.float64)
    given = np.flatnonzero(w > 0)
    drawn = np.zeros((draws, w.size))
    if given.size:
        pairs = list(zip(*np.triu_indices(given.size, 1), strict=True))
        steps = [(i, j, float(steps_of(w[given[i]] / w[given[j]]))) for i, j in pairs]
        drawn[:, given] = _principal_of(steps, given.size, rng, draws, step)
    return drawn


def around(weighting, rng, draws, shape=None, step=HALF_STEP):
    """Return the Draws around a verdict.Weighting.

    With a `shape`, branch by branch: where experts judged, their judgements are moved; the others, and everything
    without a shape, are taken as direct weights.
    """
    share = np.array([float(weighting.current_share), 1 - float(weighting.current_share)])
    if shape is None:
        own = {dimension: list(weighting.of(dimension)[0].values()) for dimension in Dimension}
        found = {dimension: from_weights(weights, rng, draws, step) for dimension, weights in own.items()}
        return Draws(found, from_weights(share, rng, draws, step)[:, 0])
    found = {dimension: _along(weighting, dimension, shape, rng, draws, step) for dimension in Dimension}
    order = [key for key in trees.children(shape.nodes)[shape.root] if key in shape.tops.values()]
    place = [order.index(shape.tops[dimension]) for dimension in Dimension]
    both = _branch(shape.root, share[np.argsort(place)], shape, rng, draws, step)
    return Draws(found, both[:, place[0]])


def _along(weighting, dimension, shape, rng, draws, step):
    """The leaf weights of one dimension in every draw: the product of the branches on the way."""
    weights = weighting.of(dimension)[0]
    top, below = shape.tops[dimension], trees.children(shape.nodes)
    now, drawn = trees.local_weights(shape.nodes, top, weights), {}
    reached = [top]
    while reached:
        key = reached.pop()
        if below[key]:
            base = np.array([float(now[child]) for child in below[key]])
            drawn |= dict(zip(below[key], _branch(key, base, shape, rng, draws, step).T, strict=True))
        reached += below[key]
    leaves = trees.flatten(shape.nodes, top, drawn)
    found = np.column_stack([np.broadcast_to(leaves.get(code, weights[code]), draws) for code in weights])
    total = found.sum(axis=1, keepdims=True)
    return np.divide(found, total, out=np.zeros_like(found), where=total > 0)


def _branch(key, base, shape, rng, draws, step):
    """The local weights of a branch in every draw: `base` moved as its experts' judgements move their weights."""
    voices = shape.voices.get(key)
    if not voices:
        return from_weights(base, rng, draws, step)
    now = from_voices(voices, base.size, rng, 1, shape.rule, 0.0)
    changed = base * from_voices(voices, base.size, rng, draws, shape.rule, step) / now
    total = changed.sum(axis=1, keepdims=True)
    return np.divide(changed, total, out=np.zeros_like(changed), where=total > 0)
