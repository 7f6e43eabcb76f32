"""The effect of a playbook: published intervals, a slow second reading, and error rates in simulated trials."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from retention.numerics import effect, holdout
from tests.oracles import retention_proof as oracle

TRIALS = 2_000


def rows_of(strata):
    """Arms, strata and successes of (treated successes, treated, held successes, held) per stratum."""
    held, stratum, success = [], [], []
    for name, (x1, n1, x0, n0) in enumerate(strata):
        held += [False] * n1 + [True] * n0
        stratum += [str(name)] * (n1 + n0)
        success += [True] * x1 + [False] * (n1 - x1) + [True] * x0 + [False] * (n0 - x0)
    return np.asarray(held), np.asarray(stratum), np.asarray(success)


def rng(seed=5):
    return np.random.default_rng(seed)


@pytest.mark.parametrize(
    "x1, n1, x0, n0, low, high",
    [  # Newcombe 1998, table II, method 10 without continuity correction
        (56, 70, 48, 80, 0.0524, 0.3339),
        (9, 10, 3, 10, 0.1705, 0.8090),
        (6, 7, 2, 7, 0.0582, 0.8062),
        (5, 56, 0, 29, -0.0381, 0.1926),
        (0, 10, 0, 20, -0.1611, 0.2775),
        (0, 10, 0, 10, -0.2775, 0.2775),
        (10, 10, 0, 20, 0.6791, 1.0000),
        (10, 10, 0, 10, 0.6075, 1.0000),
    ],
)
def test_the_published_intervals_of_one_stratum(x1, n1, x0, n0, low, high):
    found = effect.shares(*rows_of([(x1, n1, x0, n0)]), 0.95, rng())
    assert found.difference == pytest.approx(x1 / n1 - x0 / n0)
    assert (found.low, found.high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))
    assert (found.treated, found.held, found.strata, found.left_out) == (n1, n0, 1, 0)


def _stratum(draw):
    n1, n0 = draw(st.integers(12, 60)), draw(st.integers(9, 40))
    return draw(st.integers(0, n1)), n1, draw(st.integers(0, n0)), n0


@given(strata=st.lists(st.composite(_stratum)(), min_size=1, max_size=4), confidence=st.sampled_from([0.8, 0.95]))
def test_strata_together_equal_the_slow_reading(strata, confidence):
    found = effect.shares(*rows_of(strata), confidence, rng(), draws=19)
    difference, low, high = oracle.shares(strata, confidence)
    assert found.difference == pytest.approx(difference, abs=1e-12)
    assert (found.low, found.high) == (pytest.approx(low, abs=1e-9), pytest.approx(high, abs=1e-9))
    assert found.low - 1e-12 <= found.difference <= found.high + 1e-12


def test_amounts_in_one_stratum_are_the_test_of_welch():
    values = rng(1).gamma(1.5, 200.0, 90)
    held = np.arange(90) % 3 == 0
    found = effect.amounts(held, np.zeros(90), values, 0.9, rng())
    wanted = stats.ttest_ind(values[~held], values[held], equal_var=False)
    interval = wanted.confidence_interval(0.9)
    assert (found.low, found.high) == (pytest.approx(interval.low), pytest.approx(interval.high))
    assert found.difference == pytest.approx(values[~held].mean() - values[held].mean())
    assert abs(found.p - wanted.pvalue) < 0.05


def test_the_randomisation_p_value_is_that_of_fisher_in_one_stratum():
    held, stratum, success = rows_of([(9, 10, 3, 10)])
    found = effect.shares(held, stratum, success, 0.95, rng(), draws=20_000)
    exact = stats.fisher_exact([[9, 1], [3, 7]]).pvalue
    assert abs(found.p - exact) < 4 * np.sqrt(exact * (1 - exact) / 20_000)


def test_amounts_of_yes_and_no_are_redrawn_as_shares_are():
    held, stratum, success = rows_of([(30, 60, 12, 40), (10, 40, 6, 30)])
    as_amount = effect.amounts(held, stratum, success.astype(float), 0.95, rng(), draws=6_000)
    as_share = effect.shares(held, stratum, success, 0.95, rng(), draws=6_000)
    assert as_amount.difference == pytest.approx(as_share.difference)
    assert abs(as_amount.p - as_share.p) < 4 * np.sqrt(2 * 0.25 / 6_000)


def test_strata_are_weighted_by_their_size_so_that_unequal_shares_do_not_mix_in():
    # Same effect 0 in both strata; unlike shares held out would show 0.3 if arms were simply pooled.
    found = effect.shares(*rows_of([(72, 80, 18, 20), (4, 40, 4, 40)]), 0.95, rng())
    assert found.difference == pytest.approx(0.0) and found.sign == 0
    assert found.treated_mean == pytest.approx((0.9 * 100 + 0.1 * 80) / 180)


def test_small_strata_go_together_by_their_size_and_one_arm_alone_is_left_out():
    stratum = np.asarray(["a"] * 30 + ["b"] * 5 + ["c"] * 16 + ["d"] * 25)
    code = effect.gathered(stratum)
    assert len(set(code[30:51])) == 1 and len(set(code)) == 3
    code = effect.gathered(np.asarray(["a"] * 30 + ["b"] * 5 + ["d"] * 25))
    assert len(set(code)) == 2 and code[32] == code[-1]  # too small alone: joins the smallest
    held = np.asarray([False] * 20 + [True] * 10 + [False] * 25)
    found = effect.shares(held, np.asarray(["a"] * 30 + ["d"] * 25), held, 0.95, rng())
    assert (found.treated, found.held, found.left_out, found.strata) == (20, 10, 25, 1)
    assert effect.shares(held[30:], np.zeros(25), held[30:], 0.95, rng()) is None
    assert effect.shares([], [], [], 0.95, rng()) is None and effect.amounts([], [], [], 0.95, rng()) is None
    assert effect.amounts(np.asarray([True, False]), [0, 0], [1.0, 2.0], 0.95, rng()) is None


def test_a_single_customer_of_an_arm_borrows_its_variance():
    held = np.asarray([True] + [False] * 24 + [True] * 10 + [False] * 20)
    stratum = np.asarray(["a"] * 25 + ["b"] * 30)
    found = effect.amounts(held, stratum, rng(2).normal(10, 2, 55), 0.95, rng())
    assert np.isfinite([found.low, found.high]).all() and found.low < found.difference < found.high
    flat = effect.amounts(held, stratum, np.full(55, 3.0), 0.95, rng())
    assert (flat.difference, flat.low, flat.high, flat.sign, flat.p) == (0, 0, 0, 0, 1.0)


# Error rates: simulated trials as the night makes them, blocks of five inside unlike strata

STRATA = np.repeat(["HH", "HL", "LH", "LL"], [120, 90, 60, 230])
BASE = np.repeat([0.7, 0.5, 0.35, 0.15], [120, 90, 60, 230])


def bounds(rate, trials=TRIALS):
    """Counts that a rate gives in all but 1 of 1,000 runs: the tolerance follows from the binomial, nothing else."""
    return stats.binom.ppf(0.0005, trials, rate), stats.binom.ppf(0.9995, trials, rate)


def simulate(added, judge, seed):
    """2,000 trials with a true effect: `judge` of each (held, outcome if treated, outcome if held)."""
    source, found = np.random.default_rng(seed), []
    slot = holdout.slots(STRATA.tolist(), {})
    for trial in range(TRIALS):
        held = holdout.arms(trial, 1, 20, STRATA.tolist(), slot)
        chance = source.random(len(STRATA))
        found.append(judge(held, chance < np.clip(BASE + np.where(held, 0, added), 0, 1)))
    return np.asarray(found)


def test_no_effect_is_found_at_the_stated_rate_and_the_interval_covers_nothing():
    def judge(held, bought):
        return effect.shares(held, STRATA, bought, 0.95, rng(3), draws=199)

    found = simulate(0.0, judge, 41)
    low, high = bounds(0.05)
    assert low <= sum(one.sign != 0 for one in found) <= high
    # The re-drawn assignments are exact: never more often than stated; ties of counts make it a little rarer.
    assert sum(one.p <= 0.05 for one in found) <= high


def test_a_planted_effect_is_covered_and_found_with_the_computed_power():
    added = 0.15

    def judge(held, bought):
        one = effect.shares(held, STRATA, bought, 0.95, rng(3), draws=19)
        return one.low <= added <= one.high, one.sign == 1

    covered, found = simulate(added, judge, 42).sum(axis=0)
    low, high = bounds(0.95)
    assert low <= covered <= high
    n0, n1, weight = (np.asarray([part.sum() for part in parts]) for parts in _arms())
    variance = sum(
        w**2 * ((p + added) * (1 - p - added) / b + p * (1 - p) / a)
        for w, p, a, b in zip(weight / weight.sum(), (0.7, 0.5, 0.35, 0.15), n0, n1, strict=True)
    )
    power = stats.norm.cdf(added / np.sqrt(variance) - stats.norm.ppf(0.975))
    low, high = bounds(power)
    assert low <= found <= high and power > 0.8


def _arms():
    masks = [name == STRATA for name in ("HH", "HL", "LH", "LL")]
    held = holdout.arms(0, 1, 20, STRATA.tolist(), holdout.slots(STRATA.tolist(), {}))
    return [held[m] for m in masks], [~held[m] for m in masks], masks


def test_amounts_keep_the_stated_rate_with_skewed_money():
    source, wrong, slot = np.random.default_rng(43), 0, holdout.slots(STRATA.tolist(), {})
    for trial in range(TRIALS):
        held = holdout.arms(trial, 2, 20, STRATA.tolist(), slot)
        money = source.gamma(2.0, 500.0, len(STRATA)) * (1 + 2 * BASE) + np.where(held, 0.0, 300.0)
        found = effect.amounts(held, STRATA, money, 0.95, rng(3), draws=1)
        wrong += not found.low <= 300.0 <= found.high
    low, high = bounds(0.05)
    assert low <= wrong <= high


# Sample sizes and waiting


def test_what_can_be_found():
    # Two equal arms of 100, 0.5 against 0.3 with variance 0.25: 16 x 0.25 / 0.04 is the rule of thumb (Lehr 1992).
    assert effect.detectable(0.25, 100, 100, 0.95) == pytest.approx(0.2, rel=0.015)
    assert effect.detectable(0.25, 400, 100, 0.95) == pytest.approx(0.2 * (5 / 8) ** 0.5, rel=0.015)


@pytest.mark.parametrize(
    "missing, pending, per_day, wanted",
    [(0, [], 0, 0), (2, [40, 5, 9], 0, 9), (3, [5], 0.5, 94), (3, [5], 0, None), (1, [-2], 0, 0)],
)
def test_how_long_until_there_is_proof(missing, pending, per_day, wanted):
    assert effect.wait_days(missing, pending, per_day, 90) == wanted
