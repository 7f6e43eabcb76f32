"""The tree and the judgements behind a version of the weights, as its draws need them."""

from customers.vocabulary import Dimension
from segmentation.models import TreeNode
from segmentation.numerics.noise import ARITHMETIC, Shape, Voice
from segmentation.numerics.trees import Node, children


def shape_of(weight_set):
    """The noise.Shape of a version that experts judged; None for direct weights, or where the tree has changed since.

    Judgements are taken from the evidence that the version keeps, so that they explain the weights that count.
    """
    evidence = weight_set.evidence or {}
    if weight_set.mode != "AHP" or not evidence.get("experts") or not weight_set.tree_id:
        return None
    rows = list(TreeNode.objects.filter(tree=weight_set.tree_id).select_related("indicator"))
    nodes = tuple(Node(row.pk, row.parent_id, row.indicator.code if row.indicator else "") for row in rows)
    root = next((row.pk for row in rows if row.parent_id is None), None)
    tops = {row.dimension: row.pk for row in rows if row.dimension}
    if root is None or set(tops) != {dimension.value for dimension in Dimension}:
        return None
    below = children(nodes)
    return Shape(
        nodes=nodes,
        root=root,
        tops={dimension: tops[dimension.value] for dimension in Dimension},
        voices={key: found for key in below if (found := _voices(evidence, key, below[key]))},
        rule=evidence.get("aggregation", ARITHMETIC),
    )


def _voices(evidence, key, kids):
    """The Voices of the experts who count on one branch; nothing where the branch is another by now."""
    place, found = {kid: k for k, kid in enumerate(kids)}, []
    for expert in evidence["experts"]:
        for answer in expert["answers"]:
            if answer.get("node") == key and answer.get("counted") and answer.get("judgements"):
                if {int(node) for node in answer["weights"]} != set(kids):
                    return ()
                steps = tuple((place[i], place[j], step) for i, j, step in answer["judgements"])
                found.append(Voice(steps, float(expert.get("weight", 1))))
    return tuple(found)
