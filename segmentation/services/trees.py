"""Trees of indicators turned into weights: a draft from a tree, and weights that follow a tree."""

from decimal import Decimal

from django.db import transaction

from customers.vocabulary import Dimension
from segmentation.models import Indicator, Weight, WeightSet
from segmentation.numerics import presets, trees

PRESETS = {preset.code: preset for preset in presets.PRESETS}


def nodes_of(tree):
    """The tree's TreeNodes in order, and the same as numerics.trees.Node."""
    rows = list(tree.nodes.select_related("indicator").order_by("position", "id"))
    codes = [row.indicator.code if row.indicator_id else "" for row in rows]
    return rows, [trees.Node(row.pk, row.parent_id, code) for row, code in zip(rows, codes, strict=True)]


@transaction.atomic
def draft_from_tree(*, tree, by):
    """A draft of the tree's indicators: the weights of the built-in preset, else an even split of every branch.

    Indicators that were switched off are switched on: experts can score them from now on. One that the published
    version weighs stays off: somebody took it out of the scores of every night on purpose.
    """
    rows, nodes = nodes_of(tree)
    preset = PRESETS.get(tree.code) if tree.builtin else None
    even = _even(rows, nodes)
    share = Decimal(preset.share) if preset else Decimal("0.5")
    draft = WeightSet.objects.create(name=tree.label[:80], tree=tree, current_share=share, created_by=by)
    for row in rows:
        code = row.indicator.code if row.indicator_id else None
        if code:
            value = Decimal(preset.weights[code]) if preset and code in preset.weights else even.get(code, Decimal(0))
            flag = preset.flags.get(code, "E") if preset else "E"
            Weight.objects.create(weight_set=draft, indicator=row.indicator, value=value, provenance=flag)
    counting = Weight.objects.filter(weight_set__status="PUBLISHED").values("indicator")
    for indicator in Indicator.objects.filter(nodes__tree=tree, active=False).exclude(pk__in=counting):
        indicator.active, indicator._history_user = True, by
        indicator.save()
    return draft


def _even(rows, nodes):
    """Leaf code -> weight within its dimension, every branch split evenly."""
    below, found = trees.children(nodes), {}
    local = {child: Decimal(1) / len(found_) for found_ in below.values() for child in found_}
    for row in rows:
        if row.dimension:
            found |= trees.rounded(trees.flatten(nodes, row.pk, local))
    return found


@transaction.atomic
def follow_tree(*, draft):
    """Give a draft a weight of 0 for every new leaf of its tree, and drop the weights of leaves that are gone."""
    if draft.tree_id is None or not draft.is_draft:
        return
    leaves = set(draft.tree.nodes.exclude(indicator=None).values_list("indicator_id", flat=True))
    known = set(draft.weights.values_list("indicator_id", flat=True))
    draft.weights.exclude(indicator_id__in=leaves).delete()
    Weight.objects.bulk_create(Weight(weight_set=draft, indicator_id=pk, value=0) for pk in sorted(leaves - known))


def dimension_roots(rows):
    """Dimension code -> key of its node."""
    return {row.dimension: row.pk for row in rows if row.dimension in {d.value for d in Dimension}}
