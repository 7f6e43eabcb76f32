"""Chen's stages: every rule by example, the whole way against a scalar second implementation, and no peeking ahead."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customers.vocabulary import Pattern, Stage, StageRule, SubState
from lifecycle.numerics import stages
from lifecycle.numerics.betageo import Params
from lifecycle.numerics.mbgnbd import MbgNbd
from lifecycle.numerics.stage_measures import firm_gap, gaps, segment_gap
from tests.needs import shared
from tests.oracles import lifecycle_stages as oracle

AS_OF = date(2020, 12, 31).toordinal()
MODEL = MbgNbd(Params(0.9, 9.0, 0.6, 2.0))


def p0(position, frequency, recency, age, weeks):
    return MODEL.p_no_purchase({"frequency": frequency, "recency": recency, "age": age}, weeks)


def never(position, frequency, recency, age, weeks):
    """Nobody ever looks lost."""
    return np.zeros(len(position))


def scalar_p0(n, span, tenure, horizon):
    return float(p0(None, *(np.array([number]) for number in (n - 1.0, span / 7, tenure / 7, horizon / 7)))[0])


def world(*customers, gap=15.0, p=30.0):
    """History and table of customers given as lists of (days before AS_OF, amount)."""
    rows = [(k, AS_OF - ago, amount) for k, days in enumerate(customers) for ago, amount in sorted(days, reverse=True)]
    position, day, amount = (np.array(column) for column in zip(*rows, strict=True)) if rows else ([], [], [])
    history = stages.history(position, day, amount, len(customers))
    return history, pd.DataFrame({"segment_gap": [gap] * len(customers), "period_days": [p] * len(customers)})


def verdict(days, silence=never, **table):
    features = stages.features_at(*world(days, **table), AS_OF, silence)
    return stages.evaluate(features).iloc[0]


def every(step, start, stop=0, amount=10.0):
    return [(ago, amount) for ago in range(start, stop - 1, -step)]


@pytest.mark.parametrize(
    ("days", "stage", "rule"),
    [
        ([], "PROSPECT", "NO_ORDER"),
        ([(3, 10.0)], "EXPLORATION", "YOUNG"),
        ([(400, 10.0), (3, 10.0)], "EXPLORATION", "YOUNG"),  # two purchase days
        (every(5, 55), "EXPLORATION", "YOUNG"),  # many, but less than two periods
        (
            [(179, 10.0), (90, 10.0), (40, 10.0), (20, 10.0), (5, 10.0)],
            "FORMATION",
            "MATURING",
        ),  # less than six periods
        ([(400, 10.0), (100, 10.0), (40, 10.0), (5, 10.0)], "FORMATION", "MATURING"),  # four purchase days
        (every(15, 400), "STABLE", "STEADY"),
        (every(30, 400, 61) + every(6, 59), "FORMATION", "GROWING"),
        (every(30, 400, 61) + every(6, 59, amount=1.0), "STABLE", "STEADY"),  # more often, but for less
        ([*every(30, 400, 61), (20, 100.0)], "STABLE", "STEADY"),  # more, but not significantly more often
        ([*every(6, 400, 61), (20, 10.0)], "DECLINE", "SHRINKING"),
        ([*every(6, 400, 61), (20, 500.0)], "STABLE", "STEADY"),  # rarer, but worth as much
        ([(400, 10.0), (100, 10.0), (70, 10.0), (65, 10.0)], "FORMATION", "MATURING"),  # no significance in few
    ],
)
def test_each_rule_of_time_and_volume(days, stage, rule):
    found = verdict(days)
    assert (found["stage"], found["rule"]) == (stage, rule)


def certain(position, frequency, recency, age, weeks):
    return np.full(len(position), 0.5)


@pytest.mark.parametrize(
    ("days", "rule"),
    [
        ([(30, 10.0)], "SILENT_ONCE"),  # twice the segment's gap
        ([(29, 10.0)], "YOUNG"),
        ([(45, 10.0), (15, 10.0)], "YOUNG"),  # (3 * 15 + 30) / 4 = 18.75 days of silence would be enough
        ([(49, 10.0), (19, 10.0)], "SILENT"),
        ([*every(6, 400, 61), (40, 10.0)], "SILENT"),  # silence speaks before shrinking
    ],
)
def test_silence_needs_both_probability_and_days(days, rule):
    assert verdict(days, certain)["rule"] == rule
    assert verdict(days, never)["rule"] not in ("SILENT", "SILENT_ONCE")


def test_features_of_a_worked_example():
    days = [(200, 7.0), (170, 10.0), (100, 20.0), (61, 30.0), (60, 40.0), (59, 50.0), (0, 60.0)]
    found = verdict(days, certain)
    assert found["n"] == 7 and found["tenure"] == 200 and found["recency"] == 0
    assert found["periods"] == pytest.approx(200 / 30)
    assert found["recent"] == pytest.approx((50 + 60) / 2) and found["recent_count"] == 2
    assert found["before"] == pytest.approx((10 + 20 + 30 + 40) / 4) and found["before_count"] == 4
    assert found["exposure"] == 4 and found["p0"] == 0.5
    assert found["gap"] == pytest.approx((3 * 15 + 200) / 9)
    assert found["fall_p"] == pytest.approx(oracle.binomial_at_most(2, 6, 1 / 3))
    assert found["rise_p"] == pytest.approx(1 - oracle.binomial_at_most(1, 6, 1 / 3))


def test_the_first_purchase_itself_is_in_no_window_of_comparison():
    found = verdict([(100, 500.0), (70, 10.0), (10, 10.0)])
    assert found["exposure"] == pytest.approx(100 / 30 - 2)
    assert found["before"] == pytest.approx(10 / (100 / 30 - 2)) and found["before_count"] == 1


def test_windows_that_are_too_short_are_not_compared():
    found = verdict([(80, 500.0), (70, 10.0), (10, 10.0)])
    assert np.isnan(found["fall_p"]) and np.isnan(found["rise_p"]) and found["rule"] == "MATURING"


def test_a_refund_day_has_an_amount_but_is_no_purchase_day():
    history = stages.history(
        [0, 0, 0, 0], [AS_OF - 300, AS_OF - 200, AS_OF - 20, AS_OF - 10], [9.0, 50.0, 40.0, -30.0], 1,
        bought=[False, True, True, False],
    )  # fmt: skip
    table = pd.DataFrame({"segment_gap": [15.0], "period_days": [30.0]})
    found = stages.features_at(history, table, AS_OF, never).iloc[0]
    assert (found["n"], found["tenure"], found["recency"]) == (2, 200, 20)
    assert found["recent"] == pytest.approx((40 - 30) / 2)


def test_history_refuses_disorder():
    for position, day in (([1, 0], [5, 6]), ([0, 0], [6, 5]), ([0, 0], [5, 5])):
        with pytest.raises(ValueError, match="sorted"):
            stages.history(position, day, [1.0, 1.0], 2)


def test_gaps_periods_and_their_limits():
    history, _ = world(every(10, 200), every(40, 400), [(5, 1.0)], [], every(2, 40))
    segments = np.array(["a", "b", "c", None, "e"], dtype=object)
    table = stages.periods(history, segments, AS_OF)
    pooled = firm_gap(gaps(history, AS_OF)[0])
    assert table["segment_gap"].tolist() == [10.0, 40.0, pooled, pooled, 2.0]
    assert table["period_days"].tolist() == [28.0, 80.0, *([max(2 * pooled, 28.0)] * 2), 28.0]
    assert stages.period_days(np.array([500.0, 14.0, 20.0])).tolist() == [182.0, 28.0, 40.0]
    assert firm_gap(np.array([])) == 91.0
    assert segment_gap(np.array([1.0, 2.0, 3.0]), ["x", "x", "x"]).tolist() == [2.0]
    assert stages.shrunk_gap(np.array([1, 5]), np.array([0, 80]), 10.0).tolist() == [10.0, (30 + 80) / 7]


def test_gaps_after_the_date_are_not_seen():
    history, _ = world(every(10, 200))
    days, position = gaps(history, AS_OF - 100)
    assert days.tolist() == [10] * 10 and not position.any()


def test_month_ends():
    def ordinals(*days):
        return [date(*day).toordinal() for day in days]

    jan = date(2020, 1, 31).toordinal()
    assert stages.month_ends(jan, jan).tolist() == [jan]
    found = stages.month_ends(date(2019, 12, 5).toordinal(), date(2020, 2, 29).toordinal())
    assert found.tolist() == ordinals((2019, 12, 31), (2020, 1, 31), (2020, 2, 29))
    within = stages.month_ends(date(2019, 12, 31).toordinal(), date(2020, 1, 15).toordinal())
    assert within.tolist() == ordinals((2019, 12, 31), (2020, 1, 15))


def walk(*customers, as_of=AS_OF, silence=p0, **table):
    history, table = world(*customers, **table)
    return stages.path(history, table, as_of, silence)


def test_a_regular_customer_becomes_stable_and_stays():
    found = walk(every(15, 800))
    now = found.current.iloc[0]
    assert (now["stage"], now["rule"], now["pattern"], now["sub_state"]) == ("STABLE", "STEADY", "OPEN", "")
    assert found.changes["after"].tolist() == ["EXPLORATION", "FORMATION", "STABLE"]
    assert found.changes["before"].tolist() == ["PROSPECT", "EXPLORATION", "FORMATION"]
    assert found.changes["as_of"].is_monotonic_increasing
    assert now["since"] == found.changes["as_of"].iloc[-1]
    assert now["stable_periods"] == pytest.approx((AS_OF - now["since"]) / 30)


def test_a_stage_must_hold_at_two_month_ends():
    days = every(15, 800)
    first = date.fromordinal(AS_OF - 800)
    history, table = world(days)
    raw = [
        (end, stages.evaluate(stages.features_at(history, table, end, p0))["stage"].iloc[0])
        for end in stages.month_ends(first.toordinal(), AS_OF).tolist()
    ]
    formation = next(end for end, stage in raw if stage == "FORMATION")
    change = walk(days).changes.iloc[1]
    assert date.fromordinal(int(change["as_of"])) == _next_month_end(formation)


def _next_month_end(day):
    first = date.fromordinal(day) + timedelta(days=1)
    following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return following - timedelta(days=1)


@pytest.mark.parametrize(
    ("start", "stop", "pattern"), [(540, 535, "I"), (640, 520, "II"), (760, 520, "III"), (1400, 520, "IV")]
)
def test_patterns_by_the_highest_stage_before_the_end(start, stop, pattern):
    now = walk(every(15, start, stop)).current.iloc[0]
    assert (now["stage"], now["rule"], now["pattern"]) == (
        "DECLINE",
        "SILENT" if pattern != "I" else "SILENT_ONCE",
        pattern,
    )
    assert now["decline_periods"] >= 2


def test_a_decline_is_open_until_it_has_lasted_two_periods():
    days = every(15, 800, 70)
    onset = int(walk(days).changes["as_of"].iloc[-1])
    before, after = (walk(days, as_of=onset + wait).current.iloc[0] for wait in (59, 60))
    assert (before["stage"], before["pattern"], after["pattern"]) == ("DECLINE", "OPEN", "IV")


def test_silence_takes_effect_on_its_very_day_and_every_later_night_agrees():
    days = every(15, 800, 100)
    onset = int(walk(days).changes["as_of"].iloc[-1])
    history, table = world(days)
    for as_of in (*range(onset - 2, onset + 3), *range(onset + 5, onset + 45, 6)):
        now = stages.path(history, table, as_of, p0).current.iloc[0]
        assert (now["stage"] == "DECLINE") == (as_of >= onset)
        assert as_of < onset or now["since"] == onset


def test_who_buys_again_after_a_decline_is_reactivated_before_hysteresis_lets_go():
    now = walk([*every(15, 800, 200), (10, 10.0)]).current.iloc[0]
    assert (now["stage"], now["rule"], now["sub_state"], now["pattern"]) == ("DECLINE", "HELD", "REACTIVATED", "OPEN")
    assert now["raw_stage"] != "DECLINE"


def test_a_severe_fall_is_a_deterioration():
    days = every(6, 730, 366) + every(45, 360, 40)
    now = walk(days, silence=certain).current.iloc[0]
    assert (now["stage"], now["sub_state"]) == ("DECLINE", "DETERIORATION")
    mild = walk(every(6, 730, 80), silence=certain).current.iloc[0]
    assert (mild["stage"], mild["sub_state"]) == ("DECLINE", "")


def test_nobody_and_nothing():
    empty = walk()
    assert empty.current.empty and empty.changes.empty
    prospects = walk([], [])
    assert prospects.current["stage"].tolist() == ["PROSPECT"] * 2 and prospects.changes.empty
    assert prospects.current["rule"].tolist() == ["NO_ORDER"] * 2
    early = walk(every(15, 100), as_of=AS_OF - 200)
    assert early.current["stage"].tolist() == ["PROSPECT"] and early.changes.empty


def test_codes_are_those_of_the_vocabulary():
    found = walk(every(15, 800), every(15, 600, 400), []).current
    for column, words in (("stage", Stage), ("rule", StageRule), ("pattern", Pattern), ("sub_state", SubState)):
        assert set(found[column].astype(object)) <= {word.value for word in words}
        assert all(type(word) is str for word in found[column].astype(object))


def test_runs_of_customers_do_not_change_the_answer(monkeypatch):
    people = [every(step, start, stop) for step, start, stop in ((15, 800, 0), (9, 400, 100), (40, 900, 300))] * 4
    whole = walk(*people)
    monkeypatch.setattr(stages, "CELLS", 40)
    parts = walk(*people)
    pd.testing.assert_frame_equal(whole.current, parts.current)
    pd.testing.assert_frame_equal(whole.changes, parts.changes)


def test_silence_is_asked_with_the_customers_own_position(monkeypatch):
    monkeypatch.setattr(stages, "CELLS", 40)

    def only_third(position, *rest):
        return np.where(position == 2, 1.0, 0.0)

    found = walk(*([every(15, 500, 100)] * 5), silence=only_third)
    assert found.current["raw_rule"].astype(object).eq("SILENT").tolist() == [False, False, True, False, False]


purchases = st.lists(
    st.tuples(st.integers(0, 900), st.integers(-20, 200).map(float)), max_size=40, unique_by=lambda row: row[0]
)


@settings(max_examples=60, deadline=None)
@given(purchases, st.floats(3, 60), st.integers(0, 70), st.integers(2, 40))
def test_one_date_against_the_scalar_rules(days, gap, back, p):
    p, as_of = 5.0 * p, AS_OF - back
    history, table = world(days, gap=gap, p=p)
    found = stages.evaluate(stages.features_at(history, table, as_of, p0)).iloc[0]
    when, amounts = _split(days)
    assert (found["stage"], found["rule"]) == oracle.stage_on(when, amounts, as_of, p, gap, scalar_p0)


@settings(max_examples=20, deadline=None)
@given(st.lists(purchases, min_size=1, max_size=4), st.floats(5, 60), st.integers(0, 45), st.integers(6, 36))
def test_the_whole_way_against_the_scalar_walk(people, gap, back, p):
    p, as_of = 5.0 * p, AS_OF - back
    history, table = world(*people, gap=gap, p=p)
    found = stages.path(history, table, as_of, p0)
    for k, days in enumerate(people):
        slow, changes = oracle.way(*_split(days), as_of, p, gap, scalar_p0)
        mine = found.changes[found.changes["position"] == k][["as_of", "before", "after", "rule"]]
        assert [tuple(row) for row in mine.astype(object).to_numpy()] == changes
        now = found.current.iloc[k]
        for name, value in slow.items():
            assert now[name] == (pytest.approx(value) if isinstance(value, float) else value), name


@settings(max_examples=12, deadline=None)
@given(purchases, st.integers(1, 400))
def test_what_comes_later_changes_nothing_before(days, back):
    as_of = AS_OF - back
    known = [row for row in days if AS_OF - row[0] <= as_of]
    all_of_it, table = world(days)
    till_then, _ = world(known)
    one, other = (stages.path(data, table, as_of, p0) for data in (all_of_it, till_then))
    pd.testing.assert_frame_equal(one.current, other.current)
    pd.testing.assert_frame_equal(one.changes, other.changes)


@settings(max_examples=12, deadline=None)
@given(purchases, st.integers(1, 300))
def test_history_is_never_rewritten_by_a_later_night(days, back):
    """Changes that an earlier month's end had recorded are still there today (same table and model)."""
    history, table = world(days)
    moment = date.fromordinal(AS_OF - back).replace(day=1).toordinal() - 1
    before = stages.path(history, table, moment, p0).changes
    after = stages.path(history, table, AS_OF, p0).changes
    kept = after[after["as_of"] <= moment].reset_index(drop=True)
    assert kept.iloc[: len(before)].equals(before.reset_index(drop=True))
    assert (kept["as_of"].iloc[len(before) :] == moment).all()


def _split(days):
    rows = sorted(((AS_OF - ago, amount) for ago, amount in days), key=lambda row: row[0])
    return [day for day, _ in rows], [amount for _, amount in rows]


def test_grocery_customers_end_where_the_rules_say():
    """Real purchase days, no amounts: the stages part the lost from the living, and silence is calibrated."""
    rows = pd.read_csv(shared("data", "grocery_elog.csv"), parse_dates=["date"]).drop_duplicates()
    rows = rows.sort_values(["customer_id", "date"])
    position = rows["customer_id"].factorize()[0]
    day = (rows["date"] - pd.Timestamp(1, 1, 1)).dt.days.to_numpy() + 1
    size, as_of = position.max() + 1, date(2007, 6, 30).toordinal()
    history = stages.history(position, day, np.ones(len(rows)), size)
    table = stages.periods(history, np.zeros(size), as_of)
    first, seen = history.first, day <= as_of
    count = np.bincount(position[seen], minlength=size) - 1.0
    last = np.maximum.reduceat(np.where(seen, day, 0), history.starts[:-1])
    known = count >= 0
    summary = {"frequency": count[known], "recency": (last - first)[known] / 7, "age": (as_of - first)[known] / 7}
    model = MbgNbd.fit(summary)

    def silence(position, frequency, recency, age, weeks):
        return model.p_no_purchase({"frequency": frequency, "recency": recency, "age": age}, weeks)

    found = stages.path(history, table, as_of, silence).current[known]
    share = found["stage"].value_counts(normalize=True)
    horizon = (2 * table["period_days"].to_numpy())[known]
    lost = np.bincount(position[(day > as_of)], minlength=size)[known] == 0
    near = np.bincount(position[(day > as_of) & (day <= as_of + horizon[0])], minlength=size)[known] == 0
    assert 0.4 < share["DECLINE"] < 0.9 and share["STABLE"] > 0.1
    assert (
        lost[(found["stage"] == "DECLINE").to_numpy()].mean()
        > 0.6
        > lost[(found["stage"] == "STABLE").to_numpy()].mean()
    )
    assert abs(near.mean() - found["p0"].mean()) < 0.10
