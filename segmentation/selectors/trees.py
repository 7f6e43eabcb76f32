"""Trees of indicators as readers see them: every branch with what it weighs locally and of the whole."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q

from segmentation.models import IndicatorTree
from segmentation.numerics import trees
from segmentation.selectors import windows
from segmentation.services.trees import nodes_of


@dataclass(frozen=True)
class Row:
    """One node: `depth` from 0 at the goal; `local` its share of the branch above, `whole` of the total score.

    `window`: over which days its indicator looks.
    """

    node: Any
    depth: int
    leaf: bool
    local: float | None
    whole: float | None
    provenance: Any = None
    window: Any = None

    @property
    def indent(self):
        return range(self.depth)


def all_trees():
    """Every tree with the number of its leaves and versions."""
    counts = {
        "leaves": Count("nodes", filter=Q(nodes__indicator__isnull=False), distinct=True),
        "made": Count("versions", distinct=True),
    }
    return list(IndicatorTree.objects.annotate(**counts))


def tree_rows(tree, weight_set=None, night=None):
    """The Rows of a tree from the goal down; with weights where a version of this tree is given.

    night: whose days the windows of the indicators name.
    """
    rows, nodes = nodes_of(tree)
    root = next((row.pk for row in rows if row.parent_id is None), None)
    if root is None:
        return []
    local, whole, sources = _weights(rows, nodes, root, weight_set)
    below, by_key = trees.children(nodes), {row.pk: row for row in rows}
    looks = windows.of_indicators([row.indicator for row in rows if row.indicator_id], night)
    found = []

    def walk(key, depth):
        node = by_key[key]
        source = sources.get(node.indicator_id)
        leaf, seen = bool(node.indicator_id), looks.get(node.indicator_id)
        found.append(Row(node, depth, leaf, local.get(key), whole.get(key), source, seen))
        for child in below[key]:
            walk(child, depth + 1)

    walk(root, 0)
    return found


def branches(rows):
    """(id, name) of every node that others may hang under: the dimensions and what is below, indented by depth."""
    return [(row.node.pk, "\u2003" * (row.depth - 1) + row.node.label) for row in rows if row.depth and not row.leaf]


def places(row, rows):
    """The branches that a node may move to: those of its own dimension that are neither itself nor below it."""
    if row.depth < 2:
        return []
    dimension, found, below = None, [], None
    for one in rows:
        dimension = one.node.dimension or dimension
        if below is not None and one.depth <= below:
            below = None
        if one.node.pk == row.node.pk:
            below = one.depth
        found.append((dimension, one, below is not None))
    own = next(side for side, one, _under in found if one.node.pk == row.node.pk)
    return branches([one for side, one, under in found if side == own and not under and one.depth])


def _weights(rows, nodes, root, weight_set):
    """Local weights by node, shares of the total by node, and the Weight by indicator."""
    if weight_set is None:
        return {}, {}, {}
    weights = {row.indicator_id: row for row in weight_set.weights.select_related("indicator")}
    by_code = {row.indicator.code: float(row.value) for row in weights.values()}
    share = float(weight_set.current_share)
    local = {}
    for row in rows:
        if row.dimension:
            local[row.pk] = share if row.dimension == "CURRENT" else 1 - share
            local |= trees.local_weights(nodes, row.pk, by_code)
    whole = {root: 1.0}
    below, reached = trees.children(nodes), [root]
    while reached:
        key = reached.pop()
        for child in below[key]:
            whole[child] = whole[key] * local.get(child, 0.0)
        reached += below[key]
    return local, whole, weights
