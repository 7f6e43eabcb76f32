"""Indicators as data: trees of any depth, presets, sources, levels from any measure, values by hand."""

from datetime import date
from decimal import Decimal

import html5lib
import numpy as np
import pandas as pd
import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_site import nightly
from customers import publish as days
from customers.changes import watermark
from customers.models import Standing, Transaction
from segmentation.models import ExpertScore, Indicator, IndicatorTree, ManualValue, TreeNode, Weight, WeightSet
from segmentation.models.measures import LABELS
from segmentation.numerics import measures, presets, trees
from segmentation.selectors.trees import tree_rows
from segmentation.services import trees as service
from segmentation.services import weight_sets
from tests.weights import opened

pytestmark = pytest.mark.django_db
URL = "/segmentation/trees/"
DAY = date(2025, 6, 30)


def buy(customer, i):
    Transaction.objects.create(customer=customer, date=date(2025, 3, 1), amount=100 + i, cost=50, quantity=1 + i)


class TestArithmetic:
    NODES = [
        trees.Node("goal", None), trees.Node("a", "goal"), trees.Node("b", "goal"), trees.Node("x", "a", "x"),
        trees.Node("c", "a"), trees.Node("y", "c", "y"), trees.Node("z", "c", "z"), trees.Node("v", "b", "v"),
    ]  # fmt: skip

    def test_leaves_weigh_the_product_of_the_way(self):
        local = {"a": 0.25, "b": 0.75, "x": 0.4, "c": 0.6, "y": 0.5, "z": 0.5, "v": 1}
        found = trees.flatten(self.NODES, "goal", local)
        assert found == pytest.approx({"x": 0.1, "y": 0.075, "z": 0.075, "v": 0.75})
        assert trees.local_weights(self.NODES, "goal", found) == pytest.approx(local)
        assert trees.leaves(self.NODES, "a") == ["x", "y", "z"]

    @given(st.lists(st.integers(0, 1000), min_size=4, max_size=4))
    @settings(max_examples=25, deadline=None)
    def test_there_and_back(self, numbers):
        weights = dict(zip("xyzv", numbers, strict=True))
        local = trees.local_weights(self.NODES, "goal", weights)
        back = trees.flatten(self.NODES, "goal", local)
        total = sum(numbers)
        expected = {code: weight / total for code, weight in weights.items()} if total else None
        if expected:
            assert back == pytest.approx(expected, abs=1e-12)
        assert sum(back.values()) == pytest.approx(1)
        whole = trees.rounded(weights)
        assert sum(whole.values()) == (1 if total else 0)

    def test_a_branch_that_weighs_nothing_is_split_evenly(self):
        local = trees.local_weights(self.NODES, "goal", {"v": 1.0})
        assert (local["a"], local["x"], local["c"]) == (0, 0.5, 0.5)


class TestPresets:
    @pytest.mark.parametrize("preset", presets.PRESETS, ids=lambda preset: preset.code)
    def test_each_sums_to_one_and_is_planted(self, preset):
        tree = IndicatorTree.objects.get(code=preset.code)
        assert tree.builtin and tree.name == preset.en
        leaves = tree.nodes.exclude(indicator=None)
        assert {node.indicator.code for node in leaves} == set(preset.weights)
        for node in tree.nodes.all():
            node.full_clean()
        for dimension in ("CURRENT", "POTENTIAL"):
            own = [node.indicator.code for node in leaves if node.indicator.dimension == dimension]
            assert sum(Decimal(preset.weights[code]) for code in own) == 1

    def test_the_deck_has_two_dimensions_six_criteria_and_seven_leaves(self):
        rows = tree_rows(IndicatorTree.objects.get(code="deck"))
        assert [sum(row.depth == depth for row in rows) for depth in range(4)] == [1, 2, 6, 7]

    def test_the_published_version_belongs_to_the_fifteen(self):
        published = WeightSet.objects.get(status="PUBLISHED")
        rows = tree_rows(published.tree, published)
        whole = {row.node.indicator.code: row.whole for row in rows if row.leaf}
        assert whole["gross_profit"] == pytest.approx(0.122382) and whole["cross_buying"] == pytest.approx(0.125233)
        assert sum(whole.values()) == pytest.approx(1) and len(whole) == 15

    @pytest.mark.parametrize("code", ["deck", "legacy_3"])
    def test_a_draft_from_a_preset_can_be_published_and_scores(self, code, admin, make_customer):
        for i in range(6):
            customer = make_customer(f"K{i}")
            Transaction.objects.create(
                customer=customer, date=date(2025, 3, 1), amount=100 + i, cost=50, quantity=1 + i
            )
        days.refresh_days()
        draft = service.draft_from_tree(tree=IndicatorTree.objects.get(code=code), by=admin)
        assert {row.provenance for row in draft.weights.all()} == {"E"}
        weight_sets.publish_weight_set(weight_set=draft, by=admin, note="")
        night = nightly.run_night(as_of=DAY)
        assert night.weights["version"] == draft.pk
        assert set(night.weights["indicators"]) == set(service.PRESETS[code].weights)
        scored = Standing.objects.filter(night=night, total_score__isnull=False)
        assert scored.count() == 6


class TestTree:
    @pytest.fixture
    def tree(self):
        tree = IndicatorTree.objects.create(code="ours", name="Ours")
        self.goal = tree.nodes.create(name="Goal")
        self.now = tree.nodes.create(parent=self.goal, name="Now", dimension="CURRENT")
        self.later = tree.nodes.create(parent=self.goal, name="Later", dimension="POTENTIAL")
        self.money = tree.nodes.create(parent=self.now, name="Money")
        self.profit = tree.nodes.create(parent=self.money, indicator=Indicator.objects.get(code="gross_profit"))
        self.amount = tree.nodes.create(parent=self.money, indicator=Indicator.objects.get(code="cum_amount"))
        self.volume = tree.nodes.create(parent=self.now, indicator=Indicator.objects.get(code="cum_volume"))
        self.credit = tree.nodes.create(parent=self.later, indicator=Indicator.objects.get(code="bank_credit"))
        return tree

    def test_an_own_tree_three_deep_is_split_evenly(self, tree, admin):
        draft = service.draft_from_tree(tree=tree, by=admin)
        found = {row.indicator.code: row.value for row in draft.weights.select_related("indicator")}
        expected = {"gross_profit": "0.25", "cum_amount": "0.25", "cum_volume": "0.5", "bank_credit": "1"}
        assert found == {code: Decimal(value) for code, value in expected.items()}
        weight_sets.check_weight_set(weight_set=draft, by=admin)

    def test_what_would_make_it_unusable_is_refused(self, tree):
        referral = Indicator.objects.get(code="referral")
        other = IndicatorTree.objects.get(code="deck").nodes.get(parent=None)
        cases = [
            ("name", TreeNode(tree=tree, parent=self.now)),
            ("parent", TreeNode(tree=tree, parent=self.profit, name="x")),
            ("parent", TreeNode(tree=tree, parent=other, name="x")),
            ("dimension", TreeNode(tree=tree, parent=self.goal, name="x")),
            ("dimension", TreeNode(tree=tree, parent=self.money, name="x", dimension="CURRENT")),
            ("indicator", TreeNode(tree=tree, parent=self.money, indicator=referral)),
        ]
        for field, node in cases:
            with pytest.raises(ValidationError) as refused:
                node.full_clean(exclude=["tree"])
            assert field in refused.value.message_dict, node
        self.now.parent = self.money
        with pytest.raises(ValidationError, match="itself"):
            self.now.clean()
        self.now.refresh_from_db()
        for n in range(13):
            tree.nodes.create(parent=self.now, name=f"n{n}")
        with pytest.raises(ValidationError, match="15"):
            TreeNode(tree=tree, parent=self.now, name="one too many").clean()

    def test_drafts_follow_the_tree_and_the_check_names_what_is_off(self, tree, admin):
        draft = service.draft_from_tree(tree=tree, by=admin)
        referral = Indicator.objects.get(code="referral")
        tree.nodes.create(parent=self.later, indicator=referral)
        self.volume.delete()
        with pytest.raises(ValidationError) as refused:
            weight_sets.check_weight_set(weight_set=draft, by=admin)
        told = " ".join(refused.value.messages)
        assert "Referral" in told and "Cumulative volume" in told
        service.follow_tree(draft=draft)
        codes = set(draft.weights.values_list("indicator__code", flat=True))
        assert codes == {"gross_profit", "cum_amount", "bank_credit", "referral"}

    def test_administrators_edit_it_in_admin(self, tree, admin, client_for):
        from tests.test_admin_tables import form_of

        client, url = client_for(admin), f"/admin/segmentation/indicatortree/{tree.pk}/change/"
        draft = service.draft_from_tree(tree=tree, by=admin)
        data = form_of(client, url)
        last = int(data["nodes-TOTAL_FORMS"]) - 1
        referral = Indicator.objects.get(code="referral")
        data |= {f"nodes-{last}-parent": self.later.pk, f"nodes-{last}-indicator": referral.pk}
        assert client.post(url, data).status_code == 302
        assert tree.nodes.filter(indicator=referral).exists()
        assert draft.weights.get(indicator=referral).value == 0

    def test_what_versions_count_by_is_fixed_in_admin(self, tree, admin, client_for):
        from tests.test_admin_tables import form_of

        client, base = client_for(admin), "/admin/segmentation"
        draft = service.draft_from_tree(tree=tree, by=admin)
        profit = Indicator.objects.create(
            code="own", name="Own", name_zh="自有", dimension="CURRENT", measure="orders", direction=1
        )
        tree.nodes.create(parent=self.money, indicator=profit)
        service.follow_tree(draft=draft)
        assert "measure" in form_of(client, f"{base}/indicator/{profit.pk}/change/")
        url = f"{base}/indicatortree/{tree.pk}/change/"
        assert client.post(url, form_of(client, url) | {"nodes-1-position": 77}).status_code == 302
        assert tree.nodes.filter(position=77).count() == 1
        WeightSet.objects.filter(pk=draft.pk).update(status="CHECKED")
        fields = set(form_of(client, f"{base}/indicator/{profit.pk}/change/"))
        assert {"name", "active", "rubric"} <= fields and not {"measure", "direction", "missing", "code"} & fields
        client.post(url, form_of(client, url) | {"nodes-1-position": 78})
        assert not tree.nodes.filter(position=78).exists()
        assert "parent" not in form_of(client, f"{base}/treenode/{self.volume.pk}/change/")
        assert client.get(f"{base}/treenode/add/").status_code == 403

    def test_a_draft_leaves_off_what_the_published_version_has_switched_off(self, tree, admin):
        off = Indicator.objects.filter(pk__in=[self.volume.indicator_id, self.credit.indicator_id])
        off.update(active=False)
        Weight.objects.filter(indicator=self.credit.indicator, weight_set__status="PUBLISHED").delete()
        assert Weight.objects.filter(indicator=self.volume.indicator, weight_set__status="PUBLISHED").exists()
        service.draft_from_tree(tree=tree, by=admin)
        assert dict(off.values_list("code", "active")) == {"cum_volume": False, "bank_credit": True}


class TestIndicators:
    def test_every_measure_has_a_label_and_no_label_lacks_a_measure(self):
        assert set(LABELS) == set(measures.MEASURES)

    def test_each_source_is_checked(self):
        base = {"code": "x", "name": "x", "name_zh": "x", "dimension": "CURRENT"}
        bad = [
            ("measure", {}),
            ("measure", {"measure": "no such measure"}),
            ("measure", {"source": "MANUAL", "measure": "orders"}),
            ("expert", {"source": "MANUAL", "expert": True}),
            ("thresholds", {"source": "EXPERT", "measure": "orders"}),
            ("thresholds", {"measure": "orders", "thresholds": [3, 2, 1, 0]}),
            ("thresholds", {"measure": "orders", "thresholds": ["a", 2, 3, 4]}),
            ("thresholds", {"source": "EXPERT", "thresholds": [1, 2, 3, 4]}),
            ("rubric", {"source": "EXPERT", "rubric": [{"level": 1, "en": "a", "zh": "b"}]}),
            ("rubric", {"source": "EXPERT", "rubric": "five"}),
            ("missing", {"measure": "orders", "missing": "LOWEST"}),
            ("direction", {"measure": "orders", "direction": 2}),
        ]
        for field, told in bad:
            with pytest.raises(ValidationError) as refused:
                Indicator(**base | told).full_clean()
            assert field in refused.value.message_dict, told
        fine = Indicator(**base, measure="amount_12m")
        fine.full_clean()
        assert (fine.unit, fine.window) == ("money", "12m")
        level = Indicator(**base, source="EXPERT", measure="orders", thresholds=[1, 3, 6, 12], missing="LOWEST")
        level.full_clean()
        assert (level.unit, level.expert) == ("level", True)

    def test_levels_from_thresholds_experts_first_and_the_lowest_where_asked(self):
        known = pd.DataFrame({"orders": [0.0, 2.0, 7.0, 20.0], "categories": [np.nan] * 4})
        expert = pd.DataFrame({"often": [np.nan, 4.5, np.nan, np.nan]})
        everybody = np.array([True, True, True, False])
        found = measures.raw_values(
            known, [("often", "orders"), ("lines", "categories")], expert, everybody,
            thresholds={"often": [1, 3, 6, 12]}, lowest=["lines"],
        )  # fmt: skip
        assert found["often"].tolist()[:3] == [1, 4.5, 4] and np.isnan(found["often"][3])
        assert found["lines"].tolist()[:3] == [1, 1, 1] and np.isnan(found["lines"][3])


@pytest.mark.both
class TestNight:
    @pytest.fixture
    def firm(self, make_customer):
        made = [make_customer(f"K{i}") for i in range(5)]
        for i, customer in enumerate(made):
            Transaction.objects.create(
                customer=customer, date=date(2025, 3, 1), amount=100 + i, cost=50, quantity=1 + i
            )
        days.refresh_days()
        return made

    def test_a_new_indicator_by_hand_enters_the_night_without_code(self, firm, admin):
        staff = Indicator.objects.create(
            code="staff", name="Employees", name_zh="员工数", dimension="POTENTIAL", source="MANUAL"
        )
        with opened():
            Weight.objects.filter(indicator__code="referral").update(value="0.0290")
            Weight.objects.create(weight_set=WeightSet.objects.get(), indicator=staff, value="0.1")
        ExpertScore.objects.create(customer=firm[0], indicator=staff, scorer=admin, score=1, date=DAY)  # not asked
        for day, number in ((date(2025, 1, 1), 10), (date(2025, 5, 1), 40), (date(2026, 1, 1), 99)):
            ManualValue.objects.create(customer=firm[0], indicator=staff, value=number, date=day, by=admin)
        before = watermark()
        ManualValue.objects.create(customer=firm[1], indicator=staff, value=20, date=date(2025, 1, 1))
        assert watermark() != before
        night = nightly.run_night(as_of=DAY)
        at = night.weights["indicators"].index("staff")
        raw = {
            row.customer.code: row.raw[at] for row in Standing.objects.filter(night=night).select_related("customer")
        }
        assert (raw["K0"], raw["K1"]) == (40, 20) and np.isnan([raw[f"K{i}"] for i in (2, 3, 4)]).all()


class TestPage:
    def test_everybody_signed_in_reads_administrators_draft(self, cast, client_for):
        deck = IndicatorTree.objects.get(code="deck")
        for user in (cast.owner, cast.lead, cast.admin):
            assert client_for(user).get(URL).status_code == 200
        assert client_for(None).get(URL).status_code == 302
        assert client_for(cast.admin).post(URL).status_code == 405
        assert client_for(cast.lead).post(f"{URL}{deck.pk}/draft/").status_code == 403
        assert client_for(cast.admin).get(f"{URL}{deck.pk}/draft/").status_code == 405
        assert client_for(cast.admin).post(f"{URL}999999/draft/").status_code == 404
        answer = client_for(cast.admin).post(f"{URL}{deck.pk}/draft/", follow=True)
        assert answer.context["version"].tree == deck and "Affective loyalty" in answer.content.decode()
        assert Indicator.objects.get(code="trust_credibility").active

    @pytest.mark.parametrize("language", ["en", "zh-hans"])
    def test_sound_html_and_steady_queries(self, cast, client_for, language):
        client, found = client_for(cast.admin, language), []
        for tree in ("a_company", "deck", "legacy_3", "nonsense"):
            with CaptureQueriesContext(connection) as queries:
                answer = client.get(URL, {"tree": tree})
            parser = html5lib.HTMLParser(strict=False)
            parser.parse(answer.content.decode())
            assert not parser.errors, parser.errors[:3]
            found.append(len(queries))
        assert found[0] == found[3] and found[1] == found[2]
