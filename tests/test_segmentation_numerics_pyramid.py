"""The pyramid: sizes by integers, ranks with ties, sub-levels, profit shares, the Pareto curve."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segmentation.numerics import pyramid
from tests.oracles import segmentation_value as oracle

COUNTS = {"HIGH": 0, "ORDINARY": 0, "LOW": 0, "": 0}
percentages = st.integers(0, 100).flatmap(lambda a: st.integers(0, 100 - a).map(lambda b: (a, b, 100 - a - b)))


def count(levels):
    """How many per level."""
    return tuple(int((levels == code).sum()) for code in pyramid.CODES)


@pytest.mark.parametrize(
    ("n", "want"),
    [(21, (5, 6, 10)), (10, (2, 3, 5)), (35, (7, 11, 17)), (793, (159, 238, 396)), (0, (0, 0, 0)), (1, (1, 0, 0))],
)
def test_golden_sizes(n, want):
    assert pyramid.sizes(n) == want
    assert count(pyramid.cut(np.arange(n, dtype=float))) == want


def test_floats_would_have_got_this_wrong():
    assert math.ceil(0.07 * 100) == 8
    assert pyramid.sizes(100, (7, 43, 50)) == (7, 43, 50)


@given(st.integers(0, 10**9), percentages)
@settings(max_examples=200, deadline=None)
def test_sizes_are_ceilings_that_never_lose_anybody(n, shares):
    high, ordinary, low = pyramid.sizes(n, shares)
    assert high + ordinary + low == n and min(high, ordinary, low) >= 0
    assert high * 100 >= shares[0] * n > (high - 1) * 100 or high == 0 == shares[0] * n
    upper = high + ordinary
    assert upper * 100 >= (shares[0] + shares[1]) * n > (upper - 1) * 100 or upper == 0


@pytest.mark.parametrize(
    "bad", [(20, 30), (20, 30, 51), (20.0, 30, 50), (-10, 60, 50), (True, 49, 50), (0.2, 0.3, 0.5)]
)
def test_percentages_are_three_whole_numbers(bad):
    with pytest.raises(ValueError, match="three whole numbers"):
        pyramid.cut([1.0, 2.0], bad)


@given(
    st.lists(st.tuples(st.one_of(st.none(), st.integers(-3, 3)), st.integers(-2, 2)), max_size=40),
    percentages,
    st.randoms(use_true_random=False),
)
@settings(max_examples=150, deadline=None)
def test_levels_agree_with_the_slow_sort(rows, shares, random):
    codes = [f"客户{k:03d}" for k in range(len(rows))]
    random.shuffle(codes)
    metric, gross = [r[0] for r in rows], [float(r[1]) for r in rows]
    values = np.array([np.nan if m is None else m for m in metric], dtype=float)
    got = pyramid.cut(values, shares, gross, codes)
    assert got.tolist() == oracle.levels(metric, gross, codes, shares)
    rank = pyramid.ranks(values, gross, codes)
    assert sorted(rank[rank > 0]) == list(range(1, int((rank > 0).sum()) + 1))
    np.testing.assert_array_equal(rank == 0, np.isnan(values))
    order = list(range(len(rows)))
    random.shuffle(order)
    again = pyramid.cut(values[order], shares, np.array(gross)[order], [codes[k] for k in order])
    assert again.tolist() == got[order].tolist()


def test_ties_go_to_gross_profit_then_to_the_code_then_to_the_first():
    metric = pd.Series([1.0, 1, 1, 1, np.nan], index=list("vwxyz"))
    rank = pyramid.ranks(metric, [5.0, np.nan, 7, 5, 9], ["B", "A", "C", "A", "D"])
    assert rank.to_dict() == {"v": 3, "w": 4, "x": 1, "y": 2, "z": 0}
    assert pyramid.ranks(metric).tolist() == [1, 2, 3, 4, 0]
    assert pyramid.ranks([0.0, -0.0], code=["b", "a"]).tolist() == [2, 1]
    assert pyramid.ranks([np.inf, np.inf], code=["b", "a"]).tolist() == [2, 1]
    assert pyramid.ranks(np.zeros(3), code=np.array([10, 9, 1])).tolist() == [3, 2, 1]
    assert pyramid.ranks(np.zeros(3), code=np.array(["10", "9", "1"])).tolist() == [2, 3, 1]
    levels = pyramid.cut(metric, code=list("abcde"))
    assert levels.to_dict() == {"v": "HIGH", "w": "ORDINARY", "x": "LOW", "y": "LOW", "z": ""}
    assert pyramid.levels(pd.Series([2, 1, 0], index=list("abc"))).to_dict() == {"a": "LOW", "b": "HIGH", "c": ""}


def test_sublevels():
    metric = np.arange(35, 0, -1.0)
    rank, levels = pyramid.ranks(metric), pyramid.cut(metric)
    bad, poor = np.zeros(35, bool), np.zeros(35, bool)
    bad[[0, 20, 21]], poor[[1, 21, 22]] = True, True
    got = pyramid.sublevels(levels, rank, 25, bad, poor)
    assert got[:7].tolist() == ["KEY", "KEY", "MAIN", "MAIN", "MAIN", "MAIN", "MAIN"]  # ceil(25 % of 7)
    assert not got[7:20].any() and got[20:23].tolist() == ["DISCREDITED", "DISCREDITED", "POOR"] and not got[23:].any()
    assert (pyramid.sublevels(levels, rank, 0, bad, poor)[:7] == "MAIN").all()
    assert (pyramid.sublevels(levels, rank, 100, bad, poor)[:7] == "KEY").all()
    series = pyramid.sublevels(pd.Series(levels), pd.Series(rank), 25, pd.Series(bad), pd.Series(poor))
    assert series.tolist() == got.tolist()
    shuffled = np.random.default_rng(1).permutation(35)
    again = pyramid.sublevels(levels[shuffled], rank[shuffled], 25, bad[shuffled], poor[shuffled])
    assert again.tolist() == got[shuffled].tolist()
    for share in (-1, 101, 0.25, True):
        with pytest.raises(ValueError, match="whole percentage"):
            pyramid.sublevels(levels, rank, share, bad, poor)


def test_profit_shares_of_the_levels():
    got = pyramid.profit_shares(["HIGH", "LOW", "LOW", "", "ORDINARY"], [70.0, -10, np.nan, 500, 40])
    assert got["count"].to_dict() == {"HIGH": 1, "ORDINARY": 1, "LOW": 2}
    assert got["profit_share"].to_dict() == pytest.approx({"HIGH": 0.7, "ORDINARY": 0.4, "LOW": -0.1})
    assert got["count_share"].to_dict() == {"HIGH": 0.25, "ORDINARY": 0.25, "LOW": 0.5}
    nothing = pyramid.profit_shares(["HIGH"], [-1.0])
    assert nothing["profit_share"].isna().all() and nothing["profit"]["HIGH"] == -1
    assert pyramid.profit_shares([], [])["count_share"].isna().all()


def test_pareto_curve_and_its_two_checks():
    got = pyramid.pareto(pd.Series([80.0, 5, 5, 5, 5, np.nan]))
    assert got.customers.tolist() == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1])
    assert got.profit.tolist() == pytest.approx([0, 0.8, 0.85, 0.9, 0.95, 1])
    assert (got.count, got.top_count, got.total, got.meets_expected, got.meets_reference) == (5, 1, 100.0, True, True)
    assert got.top_share == pytest.approx(0.8)
    middling = pyramid.pareto([75.0, 25, 0, 0, 0])
    assert middling.meets_expected and not middling.meets_reference
    losing = pyramid.pareto([60.0, 60, -20])
    assert losing.profit.max() == pytest.approx(1.2) and losing.profit[-1] == 1.0
    for nothing in ([], [0.0, 0.0], [-5.0, 1.0]):
        flat = pyramid.pareto(nothing)
        assert flat.top_share is None and not flat.meets_expected and flat.customers.tolist() == [0, 1]


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=60).filter(any), st.integers(2, 30))
@settings(max_examples=100, deadline=None)
def test_pareto_is_concave_above_the_diagonal_and_thins_without_losing_the_mark(profit, most):
    got = pyramid.pareto(np.array(profit, dtype=float), most)
    assert (np.diff(got.customers) > 0).all() and (np.diff(got.profit) >= -1e-12).all()
    assert (got.profit >= got.customers - 1e-12).all() and len(got.customers) <= most + 1
    assert got.customers[0] == got.profit[0] == 0 and got.customers[-1] == got.profit[-1] == 1
    best = sorted(profit, reverse=True)[: -(-20 * len(profit) // 100)]
    assert got.top_share == pytest.approx(sum(best) / sum(profit))
    assert got.top_share == pytest.approx(got.profit[np.isclose(got.customers, got.top_count / got.count)][0])
