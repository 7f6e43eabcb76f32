"""The arithmetic of the record: figures against slow definitions, what follows from them, signals and budgets."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customers.vocabulary import Signal
from lifecycle.numerics import accuracy, record, warning
from tests.oracles import accuracy as slow

scored = st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=4, max_size=30).filter(
    lambda rows: 0 < sum(lost for _, lost in rows) < len(rows)
)


@settings(max_examples=40, deadline=None)
@given(scored)
def test_ranking_figures_equal_their_definitions(rows):
    score, lost = (np.array(column) for column in zip(*rows, strict=True))
    assert accuracy.auc(score, lost) == pytest.approx(slow.auc(score, lost))
    assert accuracy.average_precision(score, lost) == pytest.approx(slow.average_precision(score, lost))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 9)), min_size=3, max_size=25))
def test_gini_equals_its_definition(rows):
    predicted, actual = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    if actual.sum() and len(set(actual)) > 1:
        assert accuracy.gini(predicted, actual) == pytest.approx(slow.gini(predicted.tolist(), actual.tolist()))


def test_level_figures():
    predicted, actual = np.array([1.0, 2.0, 5.0, 0.0]), np.array([2.0, 2.0, 2.0, 4.0])
    assert accuracy.mean_absolute_error(predicted, actual) == 2.0
    assert accuracy.bias(predicted, actual) == pytest.approx(-0.2)
    assert accuracy.brier(np.array([0.5, 1.0]), np.array([True, True])) == pytest.approx(0.125)
    assert accuracy.rank_correlation(np.arange(5.0), np.arange(5.0) ** 3) == pytest.approx(1.0)
    assert accuracy.top_lift(np.arange(20.0), np.append(np.zeros(18), [1.0, 1.0])) == pytest.approx(10.0)


def test_what_the_data_cannot_tell_is_nan_and_never_zero():
    nobody = np.zeros(4, dtype=bool)
    assert np.isnan(accuracy.auc(np.arange(4.0), nobody)) and np.isnan(accuracy.auc(np.arange(4.0), ~nobody))
    assert np.isnan(accuracy.average_precision(np.arange(4.0), nobody))
    assert np.isnan(accuracy.bias(np.ones(2), np.zeros(2))) and np.isnan(
        accuracy.rank_correlation(np.ones(3), np.ones(3))
    )
    assert np.isnan(accuracy.top_lift(np.ones(3), np.zeros(3))) and accuracy.calibration(np.zeros(0), np.zeros(0)) == []


def test_equal_predictions_stay_in_one_bar_of_the_calibration():
    predicted = np.array([0.1] * 6 + [0.2, 0.3, 0.4, 0.9])
    bars = accuracy.calibration(predicted, (predicted > 0.25).astype(float), bins=5)
    assert [bar.customers for bar in bars] == [6, 2, 2] and bars[0].actual == 0.0 and bars[-1].actual == 1.0
    assert sum(bar.customers * bar.expected for bar in bars) == pytest.approx(predicted.sum())


def test_experience_corrects_a_probability_that_was_too_low():
    rng = np.random.Generator(np.random.PCG64(4))
    told = rng.uniform(0.02, 0.6, 4000)
    lost = rng.random(4000) < 1.0 / (1.0 + np.exp(-(0.8 + 1.1 * np.log(told / (1 - told)))))
    x = accuracy.odds(told)
    correct = accuracy.recalibrate(x, lost)
    assert (correct.shift, correct.slope) == (pytest.approx(0.8, abs=0.15), pytest.approx(1.1, abs=0.1))
    assert accuracy.brier(correct(x), lost) < accuracy.brier(told, lost)
    assert correct(x).mean() == pytest.approx(lost.mean(), abs=0.002)
    assert (np.diff(correct(np.sort(x))) >= 0).all() and np.isnan(correct(np.array([np.nan])))[0]
    assert accuracy.recalibrate(x, np.zeros(4000, bool)) == accuracy.Recalibration()
    against = accuracy.recalibrate(-x, lost)
    assert against.slope == 0.0 and against(x).mean() == pytest.approx(lost.mean())


def test_the_scale_of_a_rule_keeps_its_order():
    for rule, score in (("MODEL", [0.1, 0.5, 0.9]), ("RECENCY", [0.0, 3.0, 90.0]), ("REPEAT", [-9.0, -1.0, 0.0])):
        assert (np.diff(warning.scale(rule, np.array(score))) > 0).all()


def figures(auc, ap, lost=50):
    return {"auc": auc, "average_precision": ap, "lost": lost, "customers": 200}


@pytest.mark.parametrize(
    ("signals", "model", "repeat", "recency", "follows"),
    [
        ((0.80, 0.60), (0.78, 0.58), (0.70, 0.50), (0.75, 0.50), ("SIGNALS", "SIGNALS", False)),
        ((0.77, 0.60), (0.78, 0.58), (0.70, 0.50), (0.75, 0.50), ("MODEL", "MODEL", False)),
        ((0.80, 0.60), (0.78, 0.58), (0.70, 0.50), (0.81, 0.50), ("RECENCY", "SIGNALS", True)),
        ((0.80, 0.60), (0.78, 0.58), (0.82, 0.50), (0.81, 0.70), ("REPEAT", "SIGNALS", True)),
        ((0.80, 0.60), (0.80, 0.60), (0.80, 0.60), (0.80, 0.60), ("SIGNALS", "SIGNALS", False)),
    ],
)
def test_a_rule_that_a_simpler_one_beats_steps_back(signals, model, repeat, recency, follows):
    names = ("SIGNALS", "MODEL", "REPEAT", "RECENCY")
    rules = {name: figures(*two) for name, two in zip(names, (signals, model, repeat, recency), strict=True)}
    found = record.verdict(rules)
    assert (found["rule"], found["probability"], found["demoted"]) == follows
    few = {name: figures(*two, lost=5) for name, two in zip(names, (signals, model, repeat, recency), strict=True)}
    assert record.verdict(few) == {
        "rule": "SIGNALS", "probability": "SIGNALS", "demoted": False, "signals_help": True, "judged": False
    }  # fmt: skip


def test_warnings_like_this_are_the_nearest_ones():
    warned, lost = [0] * 50, [0] * 50
    warned[20], lost[20], warned[22], lost[22], warned[45], lost[45] = 30, 6, 30, 12, 100, 90
    slices = {"warned": warned, "lost": lost}
    assert record.like(slices, 0.41) == (60, 18)
    assert record.like(slices, 0.41, enough=10) == (30, 6) and record.like(slices, 1.0) == (100, 90)


def test_the_recency_rule_repeats_what_the_same_silence_brought():
    then = np.array([1.0] * 10 + [50.0] * 10 + [np.nan] * 5)
    outcome = np.array([4.0] * 10 + [1.0] * 10 + [9.0] * 5)
    told = record.by_silence(np.array([2.0, 80.0, 1.0]), then, outcome)
    assert told.tolist() == [1.0, 1.0, 4.0]
    assert record.by_silence(np.array([2.0, 3.0]), np.full(2, np.nan), np.array([1.0, 3.0])).tolist() == [2.0, 2.0]


FACTS = {
    "margin_before": 0.3, "margin_lately": 0.3, "complaints_unanswered": 0.0, "buyer_changed_90d": 0.0,
    "competitor_180d": 0.0, "satisfaction_before": 4.0, "satisfaction": 4.0,
}  # fmt: skip
MEASURES = {"n": 6, "recent": 10.0, "before": 10.0, "fall_p": 0.5, "recency": 10.0, "gap": 30.0}


@pytest.mark.parametrize(
    ("signal", "facts", "measures"),
    [
        ("VOLUME", {}, {"recent": 5.0, "fall_p": 0.05}),
        ("SILENCE", {}, {"recency": 61.0}),
        ("MARGIN", {"margin_lately": 0.24}, {}),
        ("COMPLAINT", {"complaints_unanswered": 1.0}, {}),
        ("BUYER", {"buyer_changed_90d": 1.0}, {}),
        ("COMPETITOR", {"competitor_180d": 2.0}, {}),
        ("SATISFACTION", {"satisfaction": 3.0}, {}),
    ],
)
def test_each_signal_speaks_alone_and_raises_the_odds_by_its_factor(signal, facts, measures):
    knobs = warning.WarningSettings(factors={s.value: 2.0 for s in Signal})
    said = warning.spoken(pd.DataFrame([FACTS | facts]), pd.DataFrame([MEASURES | measures]), knobs)
    assert said.columns[said.iloc[0]].tolist() == [signal]
    assert warning.speaking(int(warning.mask(said)[0])) == [Signal(signal)]
    told = warning.scores(np.array([0.2]), said, np.array([9.0]), np.array([3]), knobs)
    assert told["SIGNALS"][0] == pytest.approx(1.0 / 3.0) and told["MODEL"][0] == 0.2
    assert (told["REPEAT"][0], told["RECENCY"][0]) == (-3.0, 9.0)


def test_unknown_facts_do_not_speak():
    nothing = pd.DataFrame([dict.fromkeys(FACTS, np.nan)])
    assert not warning.spoken(nothing, pd.DataFrame([MEASURES | {"fall_p": np.nan}]), warning.WarningSettings()).any(
        axis=None
    )


def test_the_share_is_kept_and_ties_go_to_what_is_at_stake():
    score, stake = np.array([3.0, 3.0, 3.0, 1.0, 9.0]), np.array([1.0, 5.0, 2.0, 9.0, 1.0])
    eligible = np.array([True, True, True, True, False])
    assert warning.choose(score, eligible, 0.5, stake).tolist() == [False, True, True, False, False]
    assert not warning.choose(score[:1], eligible[:1], 0.5, stake[:1]).any()


def test_a_person_sees_the_warnings_with_most_at_risk_and_the_unowned_are_not_counted():
    warned = np.array([True, True, True, True, True, False])
    owner, risk = np.array([1.0, 1.0, 2.0, np.nan, np.nan, 1.0]), np.array([5.0, 7.0, 1.0, 1.0, 1.0, 99.0])
    assert warning.within_budget(warned, owner, risk, 1).tolist() == [False, True, True, True, True, False]
    assert warning.within_budget(warned, owner, risk, 0).tolist() == warned.tolist()


def test_a_loss_is_foreseen_by_the_days_left_of_its_horizon():
    def trial(origin, silence, lost):
        size = len(lost)
        scores = {name: np.arange(size, 0.0, -1.0) for name in ("SIGNALS", "MODEL", "REPEAT", "RECENCY")}
        scores["SIGNALS"] = scores["MODEL"] = np.linspace(0.9, 0.1, size)
        return record.Warnings(
            origin, np.arange(size), np.full(size, 80.0), np.array(silence), np.array(lost), np.ones(size, bool),
            np.ones(size), scores,
        )  # fmt: skip

    found = record.warnings([trial(100, [20.0, 5, 5, 5], [True, False, False, False]),
                             trial(140, [60.0, 5, 5, 5], [True, False, False, True])], 0.25)  # fmt: skip
    told = found["rules"]["MODEL"]
    assert (told["warned"], told["hits"], told["missed"], told["lead_days"]) == (2, 2, 1, 60.0)
    assert (told["eligible"], told["by_lot"]) == (8, 2 * 3 / 8)
    assert [origin["origin"] for origin in found["origins"]] == [100, 140] and found["judged"] is False


def test_the_risk_of_long_silence_is_what_came():
    """Losses whose odds double with every four weeks of silence are told as they come, at the longest silence too."""
    rng = np.random.default_rng(5)
    silence = rng.uniform(0.0, 168.0, 20_000)
    true = 1.0 / (1.0 + 40.0 * 0.5 ** (silence / 28.0))
    lost = rng.random(silence.size) < true
    x = warning.scale("RECENCY", silence)
    told = accuracy.recalibrate(x, lost)(x)
    assert np.abs(told - true).max() < 0.03
    longest = silence > np.quantile(silence, 0.95)
    assert told[longest].mean() == pytest.approx(lost[longest].mean(), abs=0.03)
