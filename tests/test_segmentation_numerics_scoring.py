"""Scores: the golden example, the identities of decisions.md, a slow second implementation, speed."""

import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segmentation.numerics import scoring, weights
from tests.oracles import segmentation_value as oracle

GOLDEN = pd.DataFrame({"gross_profit": [100.0, 60, 40, 0], "service_cost": [10.0, 20, 5, 5]}, index=list("abcd"))
WEIGHTS = {"gross_profit": 0.7, "service_cost": 0.3}
SIGNS = {"gross_profit": 1, "service_cost": -1}


@st.composite
def populations(draw):
    """Raw values with holes, weights and directions."""
    n, k = draw(st.integers(0, 12)), draw(st.integers(1, 5))
    number = st.one_of(st.none(), st.integers(-5, 5).map(float), st.integers(-(10**7), 10**7).map(lambda v: v / 100))
    rows = [[draw(number) for _ in range(k)] for _ in range(n)]
    codes = [f"c{i}" for i in range(k)]
    w = dict(zip(codes, draw(st.lists(st.floats(0.001, 5), min_size=k, max_size=k)), strict=True))
    signs = dict(zip(codes, draw(st.lists(st.sampled_from([-1, 1]), min_size=k, max_size=k)), strict=True))
    frame = pd.DataFrame(np.array(rows, dtype=float).reshape(n, k), columns=codes)
    return frame, w, signs


def test_golden_scores_with_and_without_the_direction():
    got = scoring.score(GOLDEN, WEIGHTS, SIGNS)
    assert [f"{v:.4f}" for v in got.score] == ["0.8407", "-0.2561", "0.0440", "-0.6285"]
    assert list(got.score.index) == list("abcd") and abs(got.score.mean()) < 1e-15
    without = scoring.score(GOLDEN, WEIGHTS, {"gross_profit": 1, "service_cost": 1})
    assert [f"{v:.4f}" for v in without.score] == ["0.8407", "0.5924", "-0.3803", "-1.0528"]


def test_the_direction_is_already_in_z():
    got = scoring.score(GOLDEN, WEIGHTS, SIGNS)
    want = -(GOLDEN["service_cost"] - GOLDEN["service_cost"].mean()) / GOLDEN["service_cost"].std(ddof=1)
    np.testing.assert_allclose(got.z["service_cost"], want, rtol=0, atol=1e-14)
    assert got.moments.loc["service_cost", "mean"] == pytest.approx(10.0)
    assert got.moments.loc["service_cost", "sd"] == pytest.approx(GOLDEN["service_cost"].std(ddof=1))
    assert list(got.moments.columns) == ["count", "mean", "sd", "weight", "direction"]


def test_a_missing_value_is_not_a_zero():
    raw = GOLDEN.copy()
    raw.loc["b", "service_cost"] = np.nan
    got = scoring.score(raw, WEIGHTS, SIGNS)
    assert got.missing.tolist() == [0, 1, 0, 0]
    assert np.isnan(got.points.loc["b", "service_cost"]) and np.isnan(got.z.loc["b", "service_cost"])
    z = (raw["gross_profit"] - 50) / raw["gross_profit"].std()
    product = z * [0.7, 1.0, 0.7, 0.7]  # the only indicator present takes the whole weight
    np.testing.assert_allclose(got.points["gross_profit"], product - product.mean(), rtol=1e-12)
    assert got.score["b"] == got.points.loc["b", "gross_profit"]


def test_all_missing_is_no_score_and_the_others_do_not_notice():
    raw = pd.concat([GOLDEN, pd.DataFrame({c: [np.nan] for c in GOLDEN}, index=["nobody"])])
    got = scoring.score(raw, WEIGHTS, SIGNS)
    assert np.isnan(got.score["nobody"]) and got.missing["nobody"] == 2
    np.testing.assert_allclose(got.score.iloc[:4], scoring.score(GOLDEN, WEIGHTS, SIGNS).score, rtol=1e-14)


def test_an_indicator_nobody_has_is_as_if_it_were_not_there():
    raw = GOLDEN.assign(bank_credit=np.nan)
    got = scoring.score(raw, {**WEIGHTS, "bank_credit": 2.0}, {**SIGNS, "bank_credit": 1})
    np.testing.assert_allclose(got.score, scoring.score(GOLDEN, WEIGHTS, SIGNS).score, rtol=1e-14)
    assert got.missing.tolist() == [1, 1, 1, 1] and got.moments.loc["bank_credit", "count"] == 0


def test_constant_columns_single_values_and_tiny_populations():
    raw = pd.DataFrame({"a": [0.1] * 5, "b": [1.0, 2, 3, 4, 5], "c": [np.nan] * 4 + [7.0]})
    got = scoring.score(raw, {"a": 1, "b": 1, "c": 1}, {"a": 1, "b": 1, "c": 1})
    assert (got.z["a"] == 0).all() and (got.points["a"] == 0).all() and got.z["c"].iloc[4] == 0
    drift = raw.assign(a=[0.1, 0.1 + 1e-17, 0.1 * (1 + 2e-16), 0.1, 0.1])  # one rounding apart is still constant
    assert (scoring.score(drift, {"a": 1}, {"a": 1}).z["a"] == 0).all()
    for n in (0, 1):
        few = scoring.score(GOLDEN.iloc[:n], WEIGHTS, SIGNS)
        assert len(few.score) == n and few.score.isna().all() and few.points.isna().all(axis=None)
    lonely = scoring.score(pd.DataFrame({"a": [1.0, np.nan, np.nan]}), {"a": 1}, {"a": 1})
    assert lonely.score.isna().all() and lonely.z["a"].isna().all()


def test_winsorising_acts_on_raw_values_before_the_moments():
    raw = pd.DataFrame({"a": [*range(99), 1e6]}, dtype=float)
    got = scoring.score(raw, {"a": 1}, {"a": 1}, winsorise=(0.01, 0.99))
    clipped = raw["a"].clip(*raw["a"].quantile([0.01, 0.99]))
    np.testing.assert_allclose(got.score, (clipped - clipped.mean()) / clipped.std(), rtol=1e-10)
    assert scoring.score(raw, {"a": 1}, {"a": 1}).score.iloc[-1] == pytest.approx(9.9, rel=0.01)


def test_huge_and_tiny_values_stay_finite():
    for scale in (1e-150, 1e18, 1e150):
        got = scoring.score(GOLDEN * scale, WEIGHTS, SIGNS)
        np.testing.assert_allclose(got.score, scoring.score(GOLDEN, WEIGHTS, SIGNS).score, rtol=1e-12)


@given(populations())
@settings(max_examples=150, deadline=None)
def test_identities_and_the_slow_oracle(case):
    raw, w, signs = case
    got = scoring.score(raw, w, signs)
    rows = [{c: None if np.isnan(v) else v for c, v in row.items()} for row in raw.to_dict("records")]
    points, totals = oracle.scores(rows, w, signs)
    want = np.array([np.nan if t is None else t for t in totals], dtype=float)
    np.testing.assert_allclose(got.score.to_numpy(), want, rtol=0, atol=1e-7)
    table = np.array([[np.nan if p[c] is None else p[c] for c in w] for p in points], dtype=float)
    np.testing.assert_allclose(got.points.to_numpy(), table.reshape(len(rows), len(w)), rtol=0, atol=1e-7)
    assert (got.points.sum().abs() < 1e-9).all() and abs(got.score.sum()) < 1e-9
    np.testing.assert_allclose(got.points.sum(axis=1, min_count=1), got.score, rtol=0, atol=1e-12)
    assert (got.missing == raw.isna().sum(axis=1)).all()


@given(populations(), st.floats(0.01, 100), st.integers(-50, 50))
@settings(max_examples=80, deadline=None)
def test_units_order_and_the_size_of_weights_do_not_matter(case, factor, shift):
    raw, w, signs = case
    raw = raw.round(0)  # whole numbers, so that the shift is exact
    want = scoring.score(raw, w, signs).score
    other = scoring.score(raw * 4.0 + shift, {c: v * factor for c, v in w.items()}, signs).score
    np.testing.assert_allclose(other, want, rtol=0, atol=1e-8)
    mirrored = scoring.score(-raw, w, {c: -s for c, s in signs.items()}).score
    np.testing.assert_allclose(mirrored, want, rtol=0, atol=1e-9)
    shuffled = scoring.score(raw.iloc[::-1], dict(reversed(w.items())), signs).score
    np.testing.assert_allclose(shuffled.iloc[::-1], want, rtol=0, atol=1e-9)


def test_the_shipped_weights_score_a_population():
    rng = np.random.default_rng(3)
    for dimension in (weights.CURRENT, weights.POTENTIAL):
        w = weights.local_weights(dimension)
        raw = pd.DataFrame(rng.lognormal(size=(21, len(w))), columns=list(w))
        got = scoring.score(raw, pd.Series(w), weights.directions())
        assert abs(got.score.mean()) < 1e-15 and got.points.shape == (21, len(w))


def test_total_score():
    current, potential = pd.Series([1.0, np.nan, -1.0]), pd.Series([2.0, 1.0, np.nan])
    got = scoring.total(current, potential, (0.39, 0.61))
    assert got.iloc[0] == pytest.approx(0.39 + 1.22) and got.iloc[1:].isna().all()
    assert scoring.total(1.0, 2.0, (39, 61)) == pytest.approx(1.61)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"weights": {"nothing": 1.0}}, "missing_column"),
        ({"weights": {}}, "no_weights"),
        ({"weights": {"gross_profit": -1.0}}, "bad_weight"),
        ({"weights": {"gross_profit": float("nan")}}, "bad_weight"),
        ({"weights": {"gross_profit": 0.0}}, "bad_weight"),
        ({"directions": {"gross_profit": 1}}, "bad_direction"),
        ({"directions": {"gross_profit": 1, "service_cost": 2}}, "bad_direction"),
        ({"raw": GOLDEN.replace(100.0, np.inf)}, "not_finite"),
        ({"winsorise": (0.9, 0.1)}, "bad_quantiles"),
    ],
)
def test_what_cannot_be_scored_says_why(change, code):
    with pytest.raises(scoring.ScoringError) as raised:
        scoring.score(**{"raw": GOLDEN, "weights": WEIGHTS, "directions": SIGNS, **change})
    assert raised.value.code == code and isinstance(raised.value, ValueError)


@pytest.mark.parametrize("criteria", [(0, 0), (-1, 2), (1,), (float("nan"), 1)])
def test_bad_criteria(criteria):
    with pytest.raises(scoring.ScoringError):
        scoring.total(1.0, 1.0, criteria)


def test_a_big_population_keeps_the_identities_and_prints_its_time(capsys):
    n, rng = 200_000, np.random.default_rng(0)
    raw = pd.DataFrame({f"c{k}": rng.lognormal(3, 2, n) for k in range(15)})
    raw.loc[rng.random(n) < 0.2, ["c3", "c7"]] = np.nan
    start = time.perf_counter()
    got = scoring.score(raw, {c: k + 1 for k, c in enumerate(raw)}, dict.fromkeys(raw, 1))
    took = time.perf_counter() - start
    assert got.points.sum().abs().max() < 1e-9 and abs(got.score.sum()) < 1e-9
    assert (got.points.sum(axis=1) - got.score).abs().max() < 1e-12
    with capsys.disabled():
        print(f"\n200,000 customers x 15 indicators: {took:.2f} s")
