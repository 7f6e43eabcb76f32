"""From a study to a draft of weights: what the group said about each branch, put into the tree."""

from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from segmentation.models import Weight, WeightPolicy, WeightSet
from segmentation.numerics import trees
from segmentation.selectors.studies import group_view
from segmentation.services.trees import draft_from_tree, nodes_of


@transaction.atomic
def draft_from_study(*, study, by):
    """A draft of weights from the judgements; branches that were not judged keep what counts now.

    The evidence (each expert's weights and CR, and whether they count) is kept as plain data on the draft. Returns
    (draft, names of the questions without a single voice that counts). ValidationError where nobody's counts at all.
    """
    views = group_view(study)
    judged = [view for view in views if view.chosen]
    if not judged:
        raise ValidationError(_("No expert's judgement counts yet: nobody has finished, or all contradict themselves."))
    draft = _base(study, by)
    rows, nodes = nodes_of(study.tree)
    root = next(row.pk for row in rows if row.parent_id is None)
    local = _local_now(draft, rows, nodes)
    for view in judged:
        for item, weight in zip(view.items, view.chosen, strict=True):
            local[item.node] = Decimal(repr(weight))
        for node in view.new:
            local[node.pk] = Decimal(0)
    _keep(draft, rows, nodes, root, local)
    draft.mode, draft.evidence, draft._history_user = "AHP", evidence(study, views), by
    draft.save()
    return draft, [view.question.label for view in views if not view.chosen]


def _base(study, by):
    """A draft with the weights that count now if they are of this tree, else as the tree comes."""
    published = WeightSet.objects.filter(status="PUBLISHED", tree=study.tree).first()
    draft = draft_from_tree(tree=study.tree, by=by)
    draft.name, draft.based_on = study.name[:80], published
    if published:
        draft.current_share = published.current_share
        known = {row.indicator_id: row.value for row in published.weights.all()}
        for row in draft.weights.all():
            row.value = known.get(row.indicator_id, Decimal(0))
            row.save()
    return draft


def _local_now(draft, rows, nodes):
    """Local weights by node as the draft has them."""
    weights = {row.indicator.code: row.value for row in draft.weights.select_related("indicator")}
    local = {}
    for row in rows:
        if row.dimension:
            local[row.pk] = draft.current_share if row.dimension == "CURRENT" else 1 - draft.current_share
            local |= {key: Decimal(value) for key, value in trees.local_weights(nodes, row.pk, weights).items()}
    return local


def _keep(draft, rows, nodes, root, local):
    """The share of current value and every leaf's weight within its dimension, exact to twelve places."""
    dimensions = {row.dimension: row.pk for row in rows if row.dimension and row.parent_id == root}
    shares = trees.rounded({code: local[key] for code, key in dimensions.items()})
    draft.current_share = shares["CURRENT"]
    own = {row.indicator.code: row for row in draft.weights.select_related("indicator")}
    for key in dimensions.values():
        for code, value in trees.rounded(trees.flatten(nodes, key, local)).items():
            if own[code].value != value:
                own[code].value, own[code].provenance = value, "O"
    Weight.objects.bulk_update(own.values(), ["value", "provenance"])


def evidence(study, views):
    """Who judged what, as plain data: it explains the weights when tables have moved on."""
    experts = {}
    for view in views:
        for voice in view.voices:
            if voice.answers.reading.weights is None:
                continue
            one = experts.setdefault(voice.invitation.pk, _expert(voice.invitation))
            one["answers"].append(_answer(view, voice))
    return {
        "study": study.pk,
        "name": study.name,
        "aggregation": study.aggregation,
        "random_index": study.random_index,
        "cr_limit": float(WeightPolicy.current().cr_limit),
        "experts": [{**one, "counted": any(a["counted"] for a in one["answers"])} for one in experts.values()],
        "consensus": {view.question.label: view.consensus for view in views if view.consensus is not None},
    }


def _expert(invitation):
    return {
        "name": invitation.name,
        "weight": float(invitation.weight),
        "accepted": invitation.accepted,
        "why": invitation.why,
        "answers": [],
    }


def _answer(view, voice):
    reading = voice.answers.reading
    return {
        "question": view.question.label,
        "node": view.question.node_id,
        "counted": voice.counted,
        "cr": reading.cr,
        "lambda_max": reading.lambda_max,
        "weights": {str(item.node): weight for item, weight in zip(view.items, reading.weights.tolist(), strict=True)},
        "judgements": [[view.items[i].node, view.items[j].node, step] for (i, j), step in voice.answers.steps.items()],
    }
