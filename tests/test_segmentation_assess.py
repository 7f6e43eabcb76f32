"""Segmentation's step of the night: it survives whatever the weights and indicators are set to, identities exact."""

import random
from datetime import date, timedelta
from decimal import Decimal

import html5lib
import numpy as np
import pandas as pd
import pytest
from django.utils import translation

from crm_site import nightly, wording
from customers import changes, publish
from customers.models import Category, FirmProfile, Standing, Transaction
from segmentation.models import ExpertScore, Indicator, PyramidPolicy, QuadrantPolicy, Weight, WeightSet
from segmentation.numerics import scoring
from tests.importing import bring_in
from tests.weights import opened

pytestmark = [pytest.mark.both, pytest.mark.django_db]
DAY = date(2025, 6, 30)


@pytest.fixture
def firm(make_customer):
    """Thirty customers with orders in three categories, two without any order."""
    draw = random.Random(3)
    categories = [Category.objects.create(name=name) for name in ("cables", "cameras", "service")]
    customers = [make_customer(f"K{i:02}", scale=draw.choice(["", "SMALL", "LARGE"])) for i in range(32)]
    for customer in customers[:30]:
        for n in range(draw.randrange(1, 9)):
            amount = Decimal(draw.randrange(-50, 900))
            Transaction.objects.create(
                customer=customer, order_no=f"{customer.code}-{n}", date=DAY - timedelta(days=draw.randrange(700)),
                quantity=draw.randrange(1, 5), amount=amount, cost=amount * Decimal("0.7"),
                category=draw.choice(categories),
            )  # fmt: skip
    publish.refresh_days()
    return customers


def run():
    night = nightly.run_night(as_of=DAY)
    assert [check for check in night.checks if not check["ok"]] == []
    return night, list(Standing.objects.filter(night=night).order_by("customer__code"))


def codes(night):
    return {warning["code"] for warning in night.warnings}


def drop_weights(dimension, value=None):
    rows = Weight.objects.filter(indicator__dimension=dimension)
    with opened():
        rows.delete() if value is None else rows.update(value=value)


class TestWeights:
    @pytest.mark.parametrize("how", ["none", "zero", "switched off"])
    def test_a_dimension_without_weights_leaves_the_other(self, firm, how):
        if how == "switched off":
            Indicator.objects.filter(dimension="POTENTIAL").update(active=False)
        else:
            drop_weights("POTENTIAL", None if how == "none" else 0)
        night, rows = run()
        warned = [warning for warning in night.warnings if warning["code"] == "dimension_without_weights"]
        assert warned == [{"code": "dimension_without_weights", "dimension": "POTENTIAL"}]
        scored = [row for row in rows if row.orders]
        assert all(row.current_score is not None and row.potential_score is None for row in scored)
        assert all(row.total_score == row.current_score and row.quadrant == "UNSCORED" for row in scored)
        assert sum(row.current_score for row in scored) == pytest.approx(0, abs=1e-9)
        assert sorted(row.rank for row in scored) == list(range(1, 31))

    def test_no_weights_at_all_scores_nobody(self, firm):
        Weight.objects.all().delete()
        night, rows = run()
        assert {row.quadrant for row in rows} == {"UNSCORED"} and {row.level for row in rows} == {""}
        assert {warning["dimension"] for warning in night.warnings if "dimension" in warning} == {
            "CURRENT",
            "POTENTIAL",
        }

    def test_no_published_set_fails_with_words_and_keeps_yesterday(self, firm):
        night, _rows = run()
        WeightSet.objects.get().delete()
        with pytest.raises(nightly.NightFailed, match="No weight set is published"):
            nightly.run_night(as_of=DAY)
        assert Standing.objects.filter(night=night).count() == 32

    def test_an_unknown_measure_is_missing_and_told(self, firm):
        indicator = Indicator.objects.get(code="cum_volume")
        indicator.measure = "no_such_measure"
        indicator.save()
        night, rows = run()
        told = [warning for warning in night.warnings if warning["code"] == "measure_unknown"]
        assert told == [{"code": "measure_unknown", "indicator": "cum_volume", "measure": "no_such_measure"}]
        at = night.weights["indicators"].index("cum_volume")
        assert all(np.isnan(row.points[at]) for row in rows)


def test_a_file_that_tells_nobodys_potential_apart_is_told_so(tmp_path, client_for, admin):
    """Only who bought when and for how much: potential is 0 for all, and the quadrant says why it has one half."""
    rows = "".join(f"C{i},2024-0{1 + i}-05,{i}50\n" for i in range(1, 6))
    bring_in(tmp_path, "customer,date,amount\n" + rows)
    night = nightly.run_night(as_of=date(2024, 12, 31))
    assert {row.potential_score for row in Standing.objects.filter(night=night)} == {0.0}
    assert {row.quadrant for row in Standing.objects.filter(night=night)} == {"HH", "LH"}
    flat = [warning for warning in night.warnings if warning["code"] == "score_flat"]
    assert flat == [{"code": "score_flat", "dimension": "POTENTIAL"}]
    page = client_for(admin).get("/segmentation/quadrant/")
    assert page.context["flat"] == ["POTENTIAL"]
    notices = html5lib.parse(page.content.decode(), namespaceHTMLElements=False).findall(
        ".//div[@class='notice is-warn']"
    )
    said = "Potential value is the same for every customer: nothing in these data tells them apart by it"
    assert [said in "".join(notice.itertext()) for notice in notices] == [True]


class TestWhatIsKept:
    def test_policy_thresholds_and_weights_are_plain_data(self, firm):
        night, rows = run()
        assert night.weights["pyramid"] == {
            "metric": "total_score", "high": 20, "ordinary": 30, "low": 50, "key_share": 25, "hold": 0,
            "held_against": None, "overdue_days": 90, "unprofitable": True, "items": {},
        }  # fmt: skip
        assert night.weights["quadrant"] == {"line": "MEAN", "fixed": [0.0, 0.0], "version": 1}
        for code, members in [("HIGH", "HIGH"), ("ORDINARY", "ORDINARY")]:
            last = max((row for row in rows if row.level == members), key=lambda row: row.rank)
            assert night.summary["thresholds"][code] == last.total_score
        key = max((row for row in rows if row.sublevel == "KEY"), key=lambda row: row.rank)
        assert night.summary["thresholds"]["KEY"] == key.total_score

    def test_thresholds_follow_the_metric(self, firm):
        policy = PyramidPolicy.objects.get()
        policy.metric = "gross_profit"
        policy.save()
        night, rows = run()
        last = max((row for row in rows if row.level == "HIGH"), key=lambda row: row.rank)
        assert night.summary["thresholds"]["HIGH"] == pytest.approx(float(last.gross_profit))
        profits = [row.gross_profit for row in sorted(rows, key=lambda row: row.rank or 99) if row.rank]
        assert profits == sorted(profits, reverse=True)

    @pytest.mark.parametrize("total, allocated", [(3000, ["service_cost"]), (None, [])])
    def test_equal_allocation_is_flagged(self, firm, total, allocated):
        FirmProfile.objects.update_or_create(
            pk=1, defaults={"allocate_service_cost": True, "service_cost_total": total}
        )
        night, rows = run()
        assert night.weights["allocated"] == allocated
        at = night.weights["indicators"].index("service_cost")
        found = {round(row.raw[at], 6) for row in rows if row.orders and not np.isnan(row.raw[at])}
        assert found == ({100.0} if allocated else set())

    def test_an_experts_word_goes_before_the_records(self, firm, admin):
        indicator = Indicator.objects.get(code="cross_buying")
        ExpertScore.objects.create(customer=firm[0], indicator=indicator, scorer=admin, score=5, date=DAY)
        night, rows = run()
        assert rows[0].raw[night.weights["indicators"].index("cross_buying")] == 5


def test_unscored_keeps_the_shape():
    raw = pd.DataFrame({"a": [1.0, np.nan], "b": [2.0, 3.0]})
    found = scoring.unscored(raw, {"a": 0.0, "b": 0.0}, {"a": 1, "b": -1})
    assert found.z.isna().all(axis=None) and found.points.shape == (2, 2) and found.score.isna().all()
    assert found.missing.tolist() == [0, 1] and found.moments.loc["b", "direction"] == -1
    nothing = scoring.unscored(raw[[]], {}, {})
    assert nothing.points.shape == (2, 0) and nothing.score.isna().all()


@pytest.mark.parametrize(
    "found, words",
    [
        ({"code": "dimension_without_weights", "dimension": "POTENTIAL"}, "Potential value: no active indicator"),
        ({"code": "score_flat", "dimension": "POTENTIAL"}, "Potential value is the same for every customer"),
        ({"code": "measure_unknown", "indicator": "x", "measure": "m"}, "no measure called m"),
    ],
)
def test_warnings_have_words(found, words):
    with translation.override("en"):
        assert words in wording.warning(found, {})


class TestLines:
    """Where the quadrants are parted: mean, median or fixed, every change a new night."""

    @pytest.mark.parametrize("line", ["MEDIAN", "FIXED"])
    def test_the_night_follows_the_policy_and_keeps_it(self, firm, line):
        first, _rows = run()
        policy = QuadrantPolicy.objects.get()
        policy.line, policy.current_at, policy.potential_at = line, 0.25, -0.1
        policy.save()
        night, rows = run()
        assert night.pk != first.pk and night.weights["quadrant"]["version"] == 2
        scored = [row for row in rows if row.quadrant != "UNSCORED"]
        x, y = (np.array([getattr(row, name) for row in scored]) for name in ("current_score", "potential_score"))
        cuts = (0.25, -0.1) if line == "FIXED" else (np.median(x), np.median(y))
        assert night.summary["cuts"] == pytest.approx(cuts)
        sides = np.where(x >= cuts[0] - 1e-9, "H", "L").astype(object) + np.where(y >= cuts[1] - 1e-9, "H", "L")
        assert [row.quadrant for row in scored] == sides.tolist()

    def test_the_mean_is_the_default(self, firm):
        night, _rows = run()
        assert night.summary["cuts"] == pytest.approx([0, 0], abs=1e-9)


class TestContribution:
    def test_the_index_ranks_the_pyramid_and_is_kept(self, firm):

        policy = PyramidPolicy.objects.get()
        policy.metric = "contribution"
        policy.save()
        night, rows = run()
        assert set(night.weights["pyramid"]["items"]) == {
            "gross_profit", "cum_volume", "overdue_history", "loyalty", "cooperation",
        }  # fmt: skip
        ranked = sorted((row for row in rows if row.rank), key=lambda row: row.rank)
        assert [row.contribution for row in ranked] == sorted((row.contribution for row in ranked), reverse=True)
        assert sum(row.contribution for row in ranked) == pytest.approx(0, abs=1e-9)
        last = max((row for row in ranked if row.level == "HIGH"), key=lambda row: row.rank)
        assert night.summary["thresholds"]["HIGH"] == last.contribution

    def test_where_it_does_not_rank_it_is_empty(self, firm):
        _night, rows = run()
        assert {row.contribution for row in rows} == {None}


class TestHold:
    def test_levels_of_the_night_before_are_held_near_the_line(self, firm):
        policy = PyramidPolicy.objects.get()
        policy.hold = 10
        policy.save()
        before = nightly.run_night(as_of=DAY - timedelta(days=1))
        old = dict(Standing.objects.filter(night=before).values_list("customer_id", "level"))
        swap = {row.customer_id: row for row in Standing.objects.filter(night=before, rank__in=[6, 7])}
        Standing.objects.filter(night=before, rank=7).update(level="HIGH")
        Standing.objects.filter(night=before, rank=6).update(level="ORDINARY")
        night, rows = run()
        assert night.weights["pyramid"]["held_against"] == before.pk
        levels = {row.customer_id: row.level for row in rows}
        for pk, row in swap.items():
            assert levels[pk] == ("HIGH" if row.rank == 7 else "ORDINARY")
        assert {pk: level for pk, level in levels.items() if pk not in swap} == {
            pk: level for pk, level in old.items() if pk not in swap
        }


class TestStability:
    def test_every_scored_customer_has_both_shares(self, firm):
        night, rows = run()
        scored = [row for row in rows if row.quadrant != "UNSCORED"]
        assert all(0 <= row.quadrant_stability <= 1 and 0 <= row.top_stability <= 1 for row in scored)
        assert {row.quadrant_stability for row in rows if row.quadrant == "UNSCORED"} == {None}
        assert night.summary["draws"] == 1_000
        assert night.summary["fragile"] == sum(row.quadrant_stability < 0.9 for row in scored)
        assert sum(row.top_stability for row in scored) == pytest.approx(6, abs=0.01)

    def test_the_same_night_draws_the_same(self, firm):
        first, _rows = run()
        changes.note_change("test")
        again, _others = run()
        assert again.pk != first.pk and again.checksum == first.checksum
