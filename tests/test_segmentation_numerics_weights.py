"""The A-company table: its published sums, its exactness, and the reconstructed matrices."""

from decimal import Decimal

import numpy as np
import pytest

from customers.vocabulary import Dimension
from segmentation.numerics import ahp, weights

BY_CODE = {row.code: row for row in weights.INDICATORS}


def total(*codes):
    """Exact sum of local weights."""
    return sum(Decimal(BY_CODE[c].weight) for c in codes)


def test_fifteen_indicators_eight_of_them_quantitative():
    assert len(BY_CODE) == 15
    assert [len(weights.of_dimension(d.value)) for d in Dimension] == [8, 7]
    assert {r.kind for r in weights.of_dimension("CURRENT")} == {"QUANT"}
    assert {r.kind for r in weights.of_dimension("POTENTIAL")} == {"QUAL"}
    assert [r.code for r in weights.INDICATORS if r.direction == -1] == ["service_cost"]
    assert sorted(r.code for r in weights.INDICATORS if r.flag == "E") == sorted(
        ["cum_amount", "service_cost", "contract_length", "overdue_history"]
    )


def test_the_published_sums_hold_exactly():
    for dimension in Dimension:
        assert sum(Decimal(r.weight) for r in weights.of_dimension(dimension.value)) == 1
    assert total("gross_profit", "cum_volume", "cum_amount", "service_cost") == Decimal("0.8172")
    assert total("cross_buying", "profitability", "business_scale", "referral", "bank_credit") == Decimal("0.8266")
    assert sum(Decimal(v) for v in weights.CRITERIA.values()) == 1
    for row in weights.INDICATORS:
        assert Decimal(row.weight).as_tuple().exponent == -4 and row.name_en and row.name_zh


def test_global_weights_and_their_order():
    of = {c: Decimal(r.weight) * Decimal(weights.CRITERIA[r.dimension]) for c, r in BY_CODE.items()}
    assert sum(of.values()) == 1
    ranked = sorted(of, key=of.get, reverse=True)
    assert ranked[:3] == ["cross_buying", "gross_profit", "profitability"] and ranked[-1] == "avg_amount"
    assert of["cross_buying"] == Decimal("0.12523300") and of["gross_profit"] == Decimal("0.12238200")


@pytest.mark.parametrize(
    ("dimension", "w", "lam", "ci", "cr"),
    [
        ("CURRENT", ".3211 .1787 .1551 .1551 .0728 .0471 .0381 .0320", "8.0527", "0.00752", "0.0053"),
        ("POTENTIAL", ".2014 .2014 .1634 .1351 .1351 .0817 .0817", "7.1184", "0.01973", "0.0150"),
    ],
)
def test_reconstructed_matrices(dimension, w, lam, ci, cr):
    got = ahp.evaluate(weights.reconstructed(dimension))
    assert [f"{v:.4f}"[1:] for v in got.weights] == w.split()
    assert (f"{got.lambda_max:.4f}", f"{got.ci:.5f}", f"{got.cr:.4f}") == (lam, ci, cr) and got.acceptable
    shipped = np.array(list(weights.local_weights(dimension).values()))
    assert np.abs(got.weights - shipped).max() < 0.0146


@pytest.mark.django_db
def test_the_database_starts_with_this_table():
    from segmentation.models import WeightSet

    published = WeightSet.objects.get(status="PUBLISHED")
    assert published.current_share == Decimal(weights.CRITERIA["CURRENT"])
    seeded = {
        w.indicator.code: (w.indicator.dimension, w.indicator.direction, w.value, w.provenance, w.indicator.name_zh)
        for w in published.weights.select_related("indicator")
    }
    assert seeded == {
        r.code: (r.dimension, r.direction, Decimal(r.weight), r.flag, r.name_zh) for r in weights.INDICATORS
    }
