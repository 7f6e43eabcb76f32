"""Draws along the judgements that a version keeps: the tree, the experts who count, and what has changed since."""

import numpy as np
import pytest

from customers.models import Standing
from customers.vocabulary import Dimension
from segmentation.models import IndicatorTree, TreeNode, WeightSet
from segmentation.numerics import noise
from segmentation.selectors import judged, policies
from segmentation.services.weight_sets import copy_to_draft, publish_weight_set
from tests.whatif_world import make_firm, run

pytestmark = pytest.mark.django_db


@pytest.fixture
def version(admin):
    """The published weights as a version that two experts judged: the goal and the potential value."""
    tree = IndicatorTree.objects.order_by("pk").first()
    draft = copy_to_draft(source=WeightSet.objects.get(status="PUBLISHED"), name="judged", by=admin)
    draft.mode, draft.tree = "AHP", tree
    draft.evidence = {
        "aggregation": "aip_mean",
        "cr_limit": 0.1,
        "experts": [expert(tree, "Ann", 1.0, True), expert(tree, "Bo", 2.0, True), expert(tree, "Cy", 1.0, False)],
    }
    draft.save()
    return draft


def expert(tree, name, weight, counted):
    """Answers of an expert who finds everything nearly equal."""
    root = TreeNode.objects.get(tree=tree, parent=None)
    answers = []
    for node in (root, TreeNode.objects.get(tree=tree, dimension="POTENTIAL")):
        kids = list(TreeNode.objects.filter(parent=node).order_by("position", "id").values_list("pk", flat=True))
        answers.append({
            "question": str(node), "node": node.pk, "counted": counted, "cr": 0.01,
            "weights": {str(kid): 1 / len(kids) for kid in kids},
            "judgements": [[a, b, 1 if a < b else 0] for k, a in enumerate(kids) for b in kids[k + 1 :]],
        })  # fmt: skip
    return {"name": name, "weight": weight, "counted": counted, "answers": answers}


def test_the_shape_has_the_tree_and_the_voices_that_count(version):
    shape = judged.shape_of(version)
    potential = TreeNode.objects.get(tree=version.tree, dimension="POTENTIAL")
    assert set(shape.voices) == {shape.root, potential.pk}
    assert [voice.weight for voice in shape.voices[potential.pk]] == [1.0, 2.0]
    assert shape.tops[Dimension.POTENTIAL] == potential.pk


def test_direct_weights_and_changed_branches_have_no_voices(version):
    assert judged.shape_of(WeightSet.objects.get(status="PUBLISHED")) is None
    potential = TreeNode.objects.get(tree=version.tree, dimension="POTENTIAL")
    TreeNode.objects.create(tree=version.tree, parent=potential, name="new branch")
    assert potential.pk not in judged.shape_of(version).voices


def test_draws_lie_around_the_weights_of_the_version(version):
    rows = [row for row in version.weights.select_related("indicator") if row.indicator.active]
    indicators = [row.indicator for row in rows]
    weighting = policies.weighting(indicators, {row.indicator.code: row.value for row in rows}, version.current_share)
    draws = noise.around(weighting, np.random.default_rng(1), 300, judged.shape_of(version))
    for dimension in Dimension:
        now = np.array(list(weighting.of(dimension)[0].values()))
        assert draws.weights[dimension].mean(axis=0) == pytest.approx(now, abs=0.02)
        assert (draws.weights[dimension].std(axis=0) > 0).all()


def test_a_night_with_judged_weights_keeps_shares(version, admin):
    make_firm([admin])
    publish_weight_set(weight_set=version, by=admin)
    night = run()
    shares = list(Standing.objects.filter(night=night, quadrant_stability__isnull=False))
    assert len(shares) == 30 and all(0 <= row.quadrant_stability <= 1 for row in shares)
