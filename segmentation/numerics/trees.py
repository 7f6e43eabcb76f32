"""Weights in a tree: from local weights of each branch to leaf weights of a dimension, and back."""

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal


@dataclass(frozen=True)
class Node:
    """One node: `key` and `parent` (None at the root) are any hashable, `leaf` an indicator code or ""."""

    key: object
    parent: object
    leaf: str = ""


def children(nodes):
    """Return key -> keys of its children, in the order given; every key is there."""
    found = {node.key: [] for node in nodes}
    for node in nodes:
        if node.parent is not None:
            found[node.parent].append(node.key)
    return found


def leaves(nodes, root):
    """Return the leaf codes at and below `root`, in the order of the tree."""
    below, by_key = children(nodes), {node.key: node for node in nodes}
    own = [by_key[root].leaf] if by_key[root].leaf else []
    return own + [code for child in below[root] for code in leaves(nodes, child)]


def flatten(nodes, root, local):
    """Return leaf code -> weight below `root`: the product of the `local` weights (key -> number) on the way.

    Where the local weights of every branch sum to 1, so do the leaves. A missing local weight counts as 0.
    """
    below, by_key, found = children(nodes), {node.key: node for node in nodes}, {}

    def walk(key, weight):
        if by_key[key].leaf:
            found[by_key[key].leaf] = weight
        for child in below[key]:
            walk(child, weight * local.get(child, 0))

    walk(root, 1)
    return found


def local_weights(nodes, root, weights):
    """Return key -> local weight for every node below `root`: its leaves' share of its parent's leaves.

    The inverse of `flatten`: `weights` is leaf code -> weight (absent = 0). Under a parent whose leaves all weigh 0
    the local weights are equal, so that nothing is lost when the parent gets a weight again.
    """
    below, found = children(nodes), {}
    total = {node.key: sum(weights.get(code, 0) for code in leaves(nodes, node.key)) for node in nodes}
    reached = [root]
    while reached:
        key = reached.pop()
        for child in below[key]:
            found[child] = total[child] / total[key] if total[key] else type(total[key])(1) / len(below[key])
        reached += below[key]
    return found


def rounded(weights, places=12):
    """Return code -> Decimal with `places`, summing to exactly 1: the largest takes what rounding left over.

    `weights` is code -> non-negative number; they are normalised first. Empty or all zero: all zero.
    """
    unit, total = Decimal(1).scaleb(-places), sum(weights.values())
    if not total:
        return {code: Decimal(0).quantize(unit) for code in weights}
    found = {
        code: (Decimal(weight) / Decimal(total)).quantize(unit, ROUND_HALF_EVEN) for code, weight in weights.items()
    }
    largest = max(found, key=lambda code: found[code])
    found[largest] += 1 - sum(found.values())
    return found
