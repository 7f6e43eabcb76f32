"""Quadrants: the rule, its edges, the partition, density and movement."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segmentation.numerics import quadrant
from tests.oracles import segmentation_value as oracle

scores = st.lists(
    st.tuples(*[st.one_of(st.none(), st.integers(-20, 20).map(lambda v: v / 4)) for _ in range(2)]), max_size=30
)


def columns(pairs):
    """Two float arrays with NaN for None."""
    return np.array(pairs, dtype=float).reshape(-1, 2).T


def test_current_value_comes_first_and_the_mean_is_high():
    got = quadrant.assign([2.0, 2, 0, 0, 1], [2.0, 0, 2, 0, 1])
    assert got.tolist() == ["HH", "HL", "LH", "LL", "HH"]


def test_everybody_alike_is_high():
    assert set(quadrant.assign(np.full(10, 0.1), np.full(10, 1e12 + 0.1))) == {"HH"}


def test_either_score_missing_is_unscored_and_does_not_move_the_mean():
    current, potential = [0.0, 4.0, np.nan, 100.0], [0.0, 4.0, 1.0, np.nan]
    assert quadrant.mean_cuts(current, potential) == quadrant.Cuts(pytest.approx(104 / 3), pytest.approx(5 / 3))
    got = quadrant.assign(current, potential, quadrant.Cuts(2.0, 2.0))
    assert got.tolist() == ["LL", "HH", "UNSCORED", "UNSCORED"]


def test_given_cuts_tolerance_and_the_index():
    current = pd.Series([0.0, -1e-10, -1e-8], index=list("xyz"))
    got = quadrant.assign(current, pd.Series(0.0, index=list("xyz")), (0.0, 0.0))
    assert got.to_dict() == {"x": "HH", "y": "HH", "z": "LH"}
    assert quadrant.assign(current, current, (0, 0), tolerance=0).tolist() == ["HH", "LL", "LL"]
    assert got.dtype == object and isinstance(got.iloc[0], str)


def test_nobody():
    assert quadrant.assign([], []).tolist() == []
    assert np.isnan(quadrant.mean_cuts([], [np.nan]).current)
    assert quadrant.assign([np.nan], [1.0]).tolist() == ["UNSCORED"]


@given(scores)
@settings(max_examples=150, deadline=None)
def test_a_partition_that_agrees_with_the_slow_rule(pairs):
    x, y = columns(pairs)
    got = quadrant.assign(x, y)
    assert got.tolist() == oracle.quadrants([p[0] for p in pairs], [p[1] for p in pairs])
    assert sum((got == code).sum() for code in quadrant.CODES) == len(pairs)
    swapped = {"HL": "LH", "LH": "HL"}
    assert quadrant.assign(y, x).tolist() == [swapped.get(code, code) for code in got]
    np.testing.assert_array_equal(quadrant.assign(3 * x + 7, y / 2 - 1), got)


@given(scores, st.integers(1, 9))
@settings(max_examples=100, deadline=None)
def test_density_counts_everyone_once(pairs, bins):
    x, y = columns(pairs)
    got = quadrant.density(x, y, bins)
    both = ~np.isnan(x) & ~np.isnan(y)
    assert got.counts.shape == (bins, bins) and got.counts.sum() == both.sum() and got.beyond == 0
    want, _, _ = np.histogram2d(y[both], x[both], bins=[got.potential_edges, got.current_edges])
    np.testing.assert_array_equal(got.counts, want)


def test_density_with_edges_keeps_those_beyond_in_the_outer_cells():
    got = quadrant.density([-9.0, 0.5, 1.0, 9.0], [0.5, 0.5, 0.5, 0.5], ([0.0, 1.0, 2.0], [0.0, 1.0]))
    assert got.counts.tolist() == [[2, 2]] and got.beyond == 2
    for bad in (0, 1.5, ([0.0], [0, 1.0]), ([1.0, 0.0], [0, 1.0]), ([0, np.nan], [0, 1.0])):
        with pytest.raises(ValueError, match=r"bins|edges"):
            quadrant.density([1.0], [1.0], bad)


def test_movement_matches_by_customer_and_tells_arrivals_and_departures():
    before = pd.Series(["HH", "LL", "HL", "UNSCORED"], index=["a", "b", "c", "gone"])
    after = pd.Series(["LH", "HH", "new", "HL"], index=["b", "a", "d", "c"]).replace("new", "LL")
    got = quadrant.movement(before, after)
    assert got.matrix.loc["HH", "HH"] == 1 and got.matrix.loc["LL", "LH"] == 1 and got.matrix.loc["HL", "HL"] == 1
    assert got.matrix.to_numpy().sum() == 3
    assert got.entered.to_dict() == {"HH": 0, "HL": 0, "LH": 0, "LL": 1, "UNSCORED": 0}
    assert got.left["UNSCORED"] == 1 and got.left.sum() == 1
    levels = quadrant.movement(pd.Series(["HIGH"]), pd.Series(["LOW"]), ("HIGH", "ORDINARY", "LOW"))
    assert levels.matrix.loc["HIGH", "LOW"] == 1
    with pytest.raises(ValueError, match="unknown code 'XX'"):
        quadrant.movement(before, pd.Series(["XX"], index=["a"]))
    with pytest.raises(ValueError, match="twice"):
        quadrant.movement(pd.Series(["HH", "HH"], index=["a", "a"]), after)


@given(st.lists(st.sampled_from(quadrant.CODES), max_size=20), st.lists(st.sampled_from(quadrant.CODES), max_size=20))
@settings(max_examples=60, deadline=None)
def test_movement_loses_nobody(old, new):
    before, after = pd.Series(old, dtype=object), pd.Series(new, index=range(5, 5 + len(new)), dtype=object)
    got = quadrant.movement(before, after)
    rows, cols = got.matrix.sum(axis=1) + got.left, got.matrix.sum(axis=0) + got.entered
    assert all(rows[c] == old.count(c) and cols[c] == new.count(c) for c in quadrant.CODES)
