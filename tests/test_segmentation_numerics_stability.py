"""Draws around the weights: what half a step does, and the shares of draws against a plain count."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customers.book import FIRM_SHARE
from customers.vocabulary import Dimension
from segmentation.numerics import ahp, noise, pyramid, stability, trees, verdict
from segmentation.numerics import weights as table

WEIGHTING = verdict.Weighting(
    dimension={row.code: row.dimension for row in table.INDICATORS},
    direction=table.directions(),
    weight={row.code: float(row.weight) for row in table.INDICATORS},
    current_share=0.39,
)


def firm(n, seed=1, missing=0.3):
    """Raw values and facts of n invented customers; three indicators are missing for a part of them."""
    rng = np.random.default_rng(seed)
    raw = pd.DataFrame(
        {
            row.code: rng.lognormal(0, 1, n) if row.kind == "QUANT" else rng.integers(1, 6, n).astype(float)
            for row in table.INDICATORS
        }
    )
    for code in ("profitability", "bank_credit", "gross_margin_rate"):
        raw.loc[rng.random(n) < missing, code] = np.nan
    nobody = np.zeros(n, dtype=bool)
    return raw, verdict.Facts(rng.normal(size=n), np.arange(n), nobody, nobody)


def counted(raw, facts, rules, draws):
    """The slow way: the whole population judged anew in every draw."""
    now = verdict.judge(raw, WEIGHTING, rules, facts)
    same, top = np.zeros(len(raw)), np.zeros(len(raw))
    for d in range(len(draws)):
        drawn = {c: w for dim in Dimension for c, w in zip(WEIGHTING.of(dim)[0], draws.weights[dim][d], strict=True)}
        weight = {code: drawn[code] for code in WEIGHTING.weight}
        other = verdict.Weighting(WEIGHTING.dimension, WEIGHTING.direction, weight, draws.share[d])
        then = verdict.judge(raw, other, rules, facts)
        same += then.quadrant == now.quadrant
        top += then.plain == "HIGH"
    return same / len(draws), top / len(draws)


@pytest.mark.parametrize("line", [verdict.MEAN, verdict.MEDIAN, verdict.FIXED])
def test_shares_equal_a_plain_count(line):
    raw, facts = firm(160)
    rules = verdict.Rules(line=line, fixed=(0.1, -0.05))
    draws = noise.around(WEIGHTING, np.random.default_rng(5), 60)
    found = stability.stability(verdict.judge(raw, WEIGHTING, rules, facts), WEIGHTING, rules, draws)
    same, top = counted(raw, facts, rules, draws)
    assert found.draws == 60
    assert found.quadrant == pytest.approx(same, abs=1e-12) and found.top == pytest.approx(top, abs=1e-12)
    assert 0.02 < (found.quadrant < FIRM_SHARE).mean() < 0.3


def test_in_a_large_firm_the_line_is_sampled_and_stays_close(monkeypatch):
    raw, facts = firm(4_000, missing=0.1)
    rules = verdict.Rules()
    draws = noise.around(WEIGHTING, np.random.default_rng(5), 80)
    judged = verdict.judge(raw, WEIGHTING, rules, facts)
    exact = stability.stability(judged, WEIGHTING, rules, draws)
    monkeypatch.setattr(stability, "SAMPLE", 500)
    sampled = stability.stability(judged, WEIGHTING, rules, draws)
    assert np.array_equal(sampled.quadrant, exact.quadrant)
    assert np.abs(sampled.top - exact.top).mean() < 0.01
    assert sampled.top.sum() == pytest.approx(pyramid.sizes(4_000)[0], rel=0.02)


def test_memory_is_bounded_by_fewer_draws(monkeypatch):
    raw, facts = firm(60)
    judged = verdict.judge(raw, WEIGHTING, verdict.Rules(), facts)
    monkeypatch.setattr(stability, "MOST", 1)
    found = stability.stability(
        judged, WEIGHTING, verdict.Rules(), noise.around(WEIGHTING, np.random.default_rng(1), 70)
    )
    assert found.draws == 50 and not np.isnan(found.quadrant).any()


def test_without_scores_there_is_no_stability():
    raw, facts = firm(5)
    raw[:] = np.nan
    judged = verdict.judge(raw, WEIGHTING, verdict.Rules(), facts)
    found = stability.stability(
        judged, WEIGHTING, verdict.Rules(), noise.around(WEIGHTING, np.random.default_rng(1), 9)
    )
    assert np.isnan(found.quadrant).all() and np.isnan(found.top).all()


@given(st.floats(-8, 8), st.integers(0, 2**32 - 1))
@settings(max_examples=30, deadline=None)
def test_half_a_step_stays_half_a_step_in_both_directions(step, seed):
    moved = noise.moved([step], np.random.default_rng(seed), 50)
    assert np.abs(noise.steps_of(moved) - step).max() <= 0.5 + 1e-9 and (moved > 0).all()


def voice(matrix, weight=1.0):
    """A matrix of judgements as one expert's steps."""
    steps = noise.steps_of(matrix)
    pairs = zip(*np.triu_indices(len(matrix), 1), strict=True)
    return noise.Voice(tuple((i, j, float(steps[i, j])) for i, j in pairs), weight)


@pytest.mark.parametrize("rule", ["aip_mean", "aip_geometric"])
def test_draws_of_judgements_lie_around_their_weights(rule):
    matrix = table.reconstructed("CURRENT")
    voices = [voice(matrix), voice(matrix, 2.0)]
    drawn = noise.from_voices(voices, 8, np.random.default_rng(2), 400, rule)
    assert drawn.shape == (400, 8) and drawn.sum(axis=1) == pytest.approx(1)
    assert drawn.mean(axis=0) == pytest.approx(ahp.evaluate(matrix).weights, abs=0.01)
    assert (drawn.std(axis=0) > 0.001).all()
    still = noise.from_voices(voices, 8, np.random.default_rng(2), 1, rule, step=0.0)
    assert still[0] == pytest.approx(ahp.evaluate(matrix).weights, abs=1e-9)


def test_pairs_that_were_left_out_are_filled_in():
    steps = ((0, 1, 1), (1, 2, 1))  # 2 : 1 and 2 : 1, the third pair open
    found = noise.from_voices([noise.Voice(steps)], 3, np.random.default_rng(1), 1, step=0.0)
    assert found[0] == pytest.approx([4 / 7, 2 / 7, 1 / 7])


def test_a_tree_is_drawn_branch_by_branch():
    """Current value: a and (b, c); only the inner branch and the root were judged."""
    nodes = [("root", None, ""), ("now", "root", ""), ("later", "root", ""), ("a", "now", "a"), ("in", "now", "")]
    nodes += [("b", "in", "b"), ("c", "in", "c"), ("p", "later", "p")]
    weighting = verdict.Weighting(
        dimension={"a": "CURRENT", "b": "CURRENT", "c": "CURRENT", "p": "POTENTIAL"},
        direction=dict.fromkeys("abcp", 1),
        weight={"a": 0.4, "b": 0.45, "c": 0.15, "p": 1.0},
        current_share=0.25,
    )
    shape = noise.Shape(
        nodes=tuple(trees.Node(*row) for row in nodes),
        root="root",
        tops={Dimension.CURRENT: "now", Dimension.POTENTIAL: "later"},
        voices={"in": (noise.Voice(((0, 1, 2),)),), "root": (noise.Voice(((0, 1, -2),)),)},
    )
    draws = noise.around(weighting, np.random.default_rng(3), 300, shape)
    current = draws.weights[Dimension.CURRENT]
    assert current.sum(axis=1) == pytest.approx(1) and draws.weights[Dimension.POTENTIAL].tolist() == [[1.0]] * 300
    ratio = current[:, 1] / current[:, 2]
    assert 2.5 <= ratio.min() < 2.7 and 3.3 < ratio.max() <= 3.5  # b against c: 3, half a step to either side
    assert draws.share.mean() == pytest.approx(0.25, abs=0.01)
    assert ((1 - draws.share) / draws.share).min() >= 2.5 - 1e-9
    still = noise.around(weighting, np.random.default_rng(3), 2, shape, step=0.0)
    assert still.weights[Dimension.CURRENT][0] == pytest.approx([0.4, 0.45, 0.15]) and still.share[0] == 0.25


def test_direct_weights_move_around_themselves_and_zero_stays_zero():
    drawn = noise.from_weights([0.5, 0.3, 0.2, 0.0], np.random.default_rng(2), 400)
    assert drawn.mean(axis=0) == pytest.approx([0.5, 0.3, 0.2, 0.0], abs=0.02) and (drawn[:, 3] == 0).all()
    assert noise.from_weights([1.0], np.random.default_rng(2), 3).tolist() == [[1.0]] * 3
    assert noise.from_weights([0.0], np.random.default_rng(2), 2).tolist() == [[0.0]] * 2


class TestHeldLevels:
    def test_nobody_moves_within_the_band_and_everybody_beyond_it(self):
        rank = np.arange(1, 101)
        before = np.where(rank <= 20, "HIGH", np.where(rank <= 50, "ORDINARY", "LOW")).astype(object)
        before[17], before[22], before[29] = "ORDINARY", "HIGH", "HIGH"  # ranks 18, 23 and 30
        held = pyramid.held(rank, before, hold=5)
        assert (held[17], held[22], held[29]) == ("ORDINARY", "HIGH", "ORDINARY")
        before[13] = "LOW"  # rank 14: beyond the band
        assert pyramid.held(rank, before, hold=5)[13] == "HIGH"

    def test_without_a_band_or_a_past_it_is_the_plain_rule(self):
        rank = np.arange(0, 43)
        nobody, low = np.full(43, "", dtype=object), np.full(43, "LOW", dtype=object)
        for before, hold in ((nobody, 0), (nobody, 9), (low, 0)):
            assert pyramid.held(rank, before, hold=hold).tolist() == pyramid.levels(rank).tolist()


@pytest.mark.parametrize("weight", [0.0, 0.3, 7.0])
def test_z_scores_taken_over_change_no_bit(weight):
    raw, facts = firm(90)
    raw.loc[:4, [code for code in raw if code != "profitability"]] = np.nan  # scored by this one alone, or not at all
    known = verdict.judge(raw, WEIGHTING, verdict.Rules(), facts)
    weights = WEIGHTING.weight | {"profitability": weight}
    other = verdict.Weighting(WEIGHTING.dimension, WEIGHTING.direction, weights, 0.5)
    fresh, quick = (verdict.judge(raw, other, verdict.Rules(), facts, earlier) for earlier in (None, known))
    for name in ("current", "potential", "total", "rank"):
        assert np.array_equal(getattr(fresh, name), getattr(quick, name), equal_nan=True)
    for dimension in Dimension:
        pd.testing.assert_frame_equal(fresh.scores[dimension].z, quick.scores[dimension].z, check_exact=True)
        pd.testing.assert_frame_equal(
            fresh.scores[dimension].moments, quick.scores[dimension].moments, check_exact=True
        )
