"""The change of a score between two nights: exact sums, one cause at a time, a slow second implementation."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segmentation.numerics import change, scoring
from tests.oracles import segmentation_change as oracle

CODES = ("profit", "volume", "cost", "cross", "credit", "scale")
DIMENSION = dict(zip(CODES, ("CURRENT",) * 3 + ("POTENTIAL",) * 3, strict=True))
SIGN = dict.fromkeys(CODES, 1) | {"cost": -1}
WEIGHT = {"profit": 0.5, "volume": 0.3, "cost": 0.2, "cross": 0.4, "credit": 0.35, "scale": 0.25}


def night(raw, weights=None, *, signs=None, dimension=None, share=0.39):
    """A Side and its scores from raw values (frame of customers x codes), as the night makes them."""
    weights, signs, dimension = weights or WEIGHT, signs or SIGN, dimension or DIMENSION
    codes = list(weights)
    parts, scores, moments = [], {}, []
    for one in ("CURRENT", "POTENTIAL"):
        own = {code: weights[code] for code in codes if dimension[code] == one}
        fits = own and sum(own.values()) > 0
        done = (scoring.score if fits else scoring.unscored)(raw[list(own)], own, signs)
        parts.append(done)
        moments.append(done.moments)
        scores[one] = done.score.to_numpy()
    moments = pd.concat(moments)
    plain = lambda name: {c: None if np.isnan(moments.loc[c, name]) else moments.loc[c, name] for c in codes}  # noqa: E731
    told = {
        "indicators": codes, "dimension": {c: dimension[c] for c in codes}, "direction": {c: signs[c] for c in codes},
        "weights": {c: str(weights[c]) for c in codes}, "mean": plain("mean"), "sd": plain("sd"),
        "current_share": str(share),
    }  # fmt: skip
    z, points = (
        pd.concat([getattr(part, name) for part in parts], axis=1)[codes].to_numpy() for name in ("z", "points")
    )
    current, potential = scores["CURRENT"], scores["POTENTIAL"]
    total = share * current + (1 - share) * potential
    total = np.where(np.isnan(current), potential, np.where(np.isnan(potential), current, total))
    return told, change.side(told, raw[codes].to_numpy(), z, points), {"total": total, **scores}


def people(n=12, seed=5, holes=0.0):
    draw = np.random.default_rng(seed)
    raw = draw.lognormal(3, 1, (n, len(CODES)))
    raw[draw.random(raw.shape) < holes] = np.nan
    return pd.DataFrame(raw, columns=CODES)


def causes(old, new, of="total"):
    found = change.split(old, new, None if change.same_policy(old, new) else change.centres(old, new), of)
    return found, pd.DataFrame(found.causes, columns=change.CAUSES)


class TestOneCause:
    """What moved alone is blamed alone, and by the whole difference."""

    def test_nothing_moved(self):
        _told, side, _scores = night(people(holes=0.2))
        assert np.nanmax(np.abs(change.split(side, side).effects)) < 1e-14

    @pytest.mark.parametrize("holes", [0.0, 0.25])
    def test_weights_alone(self, holes):
        raw = people(holes=holes)
        _t, old, before = night(raw)
        _t, new, after = night(raw, WEIGHT | {"profit": 0.1, "volume": 0.7}, share=0.6)
        found = causes(old, new)[1]
        assert np.nanmax(np.abs(found.drop(columns="weights"))) < 1e-12
        np.testing.assert_allclose(found["weights"], after["total"] - before["total"], atol=1e-12)
        assert found["weights"].abs().max() > 0.01

    def test_a_new_direction_is_a_new_weight(self):
        raw = people()
        found = causes(night(raw)[1], night(raw, signs=SIGN | {"cost": 1})[1])[1]
        assert np.nanmax(np.abs(found.drop(columns="weights"))) < 1e-12 and found["weights"].abs().max() > 0.01

    @pytest.mark.parametrize("holes", [0.0, 0.25])
    def test_an_indicator_that_joins_or_leaves_the_version_is_weights(self, holes):
        raw = people(holes=holes)
        less = {code: weight for code, weight in WEIGHT.items() if code != "credit"}
        for first, second in ((WEIGHT, less), (less, WEIGHT)):
            found, table = causes(night(raw, first)[1], night(raw, second)[1])
            assert np.nanmax(np.abs(table.drop(columns="weights"))) < 1e-12
            assert np.abs(found.effects[2][:, found.codes.index("credit")]).max() > 0.01

    def test_others_moved_is_population(self):
        raw = people(40)
        other = raw.copy()
        other.iloc[1:] *= 1.5
        found = causes(night(raw)[1], night(other)[1])[1]
        assert found.loc[0, "data"] == 0 and found.loc[0, "population"] < -0.01
        assert found[["weights", "missing", "rescaled"]].abs().max(axis=None) == pytest.approx(0, abs=1e-15)

    def test_own_values_are_judged_by_the_earlier_night(self):
        raw = people(40)
        own = raw.copy()
        own.loc[0, "profit"] += 30
        old, new = night(raw)[1], night(own)[1]
        found = change.split(old, new)
        want = 0.39 * 0.5 * 30 / raw["profit"].std()
        assert found.effects[0][0, 0] == pytest.approx(want, abs=1e-12)
        assert np.abs(found.effects[0][1:]).max() == 0 and np.abs(found.effects[0][0, 1:]).max() == 0

    def test_a_value_that_goes_missing_and_the_weights_that_grow(self):
        raw = people(40)
        less = raw.copy()
        less.loc[0, "profit"] = np.nan
        old, new = night(raw)[1], night(less)[1]
        found = change.split(old, new)
        assert found.effects[3][0, 0] == pytest.approx(-0.39 * old.points[0, 0], abs=1e-12)
        grown = 0.39 * (0.3 / 0.5 - 0.3) * old.z[0, 1]
        assert found.effects[4][0, 1] == pytest.approx(grown, abs=1e-12)
        assert found.effects[4][0, 0] == 0 and np.abs(found.effects[3][1:]).max() == 0


class TestEdges:
    def test_without_a_score_there_is_no_change(self):
        raw = people()
        gone = raw.copy()
        gone.loc[3] = np.nan
        found = change.split(night(raw)[1], night(gone)[1])
        assert np.isnan(found.effects[:, 3]).all() and np.isnan(found.after[3])
        assert not np.isnan(found.effects[:, :3]).any()

    def test_a_dimension_that_empties_gives_its_share_to_the_other(self):
        raw = people()
        half = raw.copy()
        half.loc[0, ["cross", "credit", "scale"]] = np.nan
        _t, old, before = night(raw)
        _t, new, after = night(half)
        found, table = causes(old, new)
        assert table.loc[0].sum() == pytest.approx(after["total"][0] - before["total"][0], abs=1e-12)
        assert found.after[0] == pytest.approx(after["CURRENT"][0], abs=1e-12)

    def test_a_constant_indicator_moves_nobody_until_it_spreads(self):
        raw = people().assign(credit=2.0)
        found, _table = causes(night(raw)[1], night(people())[1])
        at = found.codes.index("credit")
        assert np.abs(found.effects[0][:, at]).max() == 0 and np.abs(found.effects[1][:, at]).max() > 0.01

    def test_both_dimensions_apart(self):
        raw, later = people(holes=0.2), people(seed=6, holes=0.2)
        _t, old, before = night(raw)
        _t, new, after = night(later, share=0.7)
        for of in ("CURRENT", "POTENTIAL"):
            both = ~np.isnan(before[of]) & ~np.isnan(after[of])
            table = causes(old, new, of)[1]
            np.testing.assert_allclose(table.sum(axis=1)[both], (after[of] - before[of])[both], atol=1e-12)

    def test_without_any_customer(self):
        _t, old, _s = night(people().iloc[:0])
        assert change.split(old, old).effects.shape == (5, 0, 6)


@st.composite
def two_nights(draw):
    """The same customers on two nights, with holes, other weights, directions, sets of indicators and shares."""
    n = draw(st.integers(2, 7))
    number = st.one_of(st.none(), st.integers(-4, 4).map(float), st.integers(-(10**6), 10**6).map(lambda v: v / 100))
    table = st.lists(st.lists(number, min_size=6, max_size=6), min_size=n, max_size=n)
    sides = []
    for _ in range(2):
        codes = draw(st.lists(st.sampled_from(CODES), min_size=2, max_size=6, unique=True))
        weights = {code: draw(st.integers(0, 5)) / 10 for code in codes}
        signs = {code: draw(st.sampled_from([-1, 1])) for code in codes}
        share = draw(st.sampled_from([0.0, 0.39, 1.0]))
        raw = pd.DataFrame(np.array(draw(table), dtype=float).reshape(n, 6), columns=CODES)
        sides.append(night(raw, weights, signs=signs, share=share))
    return sides


def rows_of(side):
    cells = zip(side.raw.tolist(), side.z.tolist(), side.points.tolist(), strict=True)
    listed = [dict(zip(side.codes, zip(*three, strict=True), strict=True)) for three in cells]
    return [{code: None if np.isnan(one[2]) else one for code, one in row.items()} for row in listed]


@settings(max_examples=60, deadline=None)
@given(two_nights(), st.sampled_from(["total", "CURRENT", "POTENTIAL"]))
def test_causes_sum_to_the_change_and_agree_with_the_oracle(sides, of):
    (told_a, old, before), (told_b, new, after) = sides
    found, table = causes(old, new, of)
    scored = ~(np.isnan(before[of]) | np.isnan(after[of]))
    assert (np.isnan(found.before) == ~scored).all()
    np.testing.assert_allclose(table.sum(axis=1)[scored], (after[of] - before[of])[scored], rtol=0, atol=1e-9)
    early, late = oracle.night(told_a, rows_of(old)), oracle.night(told_b, rows_of(new))
    for i in range(len(old.raw)):
        slow = oracle.moved(early, late, i, of)
        assert (slow is None) == (not scored[i])
        for cause, effects in (slow or {}).items():
            fast = found.effects[change.CAUSES.index(cause)][i]
            for k, code in enumerate(found.codes):
                assert fast[k] == pytest.approx(effects.get(code, 0.0), abs=1e-7), (cause, code)
