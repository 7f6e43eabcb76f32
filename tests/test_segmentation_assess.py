"""Segmentation's step of the night: it survives whatever the weights and indicators are set to, identities exact."""

import random
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from django.utils import translation

from crm_site import nightly, wording
from customers import publish
from customers.models import Category, FirmProfile, Standing, Transaction
from segmentation.models import ExpertScore, Indicator, PyramidPolicy, Weight, WeightSet
from segmentation.numerics import scoring
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


class TestWhatIsKept:
    def test_policy_thresholds_and_weights_are_plain_data(self, firm):
        night, rows = run()
        assert night.weights["pyramid"] == {
            "metric": "total_score", "high": 20, "ordinary": 30, "low": 50, "key_share": 25,
        }  # fmt: skip
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
        ({"code": "measure_unknown", "indicator": "x", "measure": "m"}, "no measure called m"),
    ],
)
def test_warnings_have_words(found, words):
    with translation.override("en"):
        assert words in wording.warning(found, {})
