"""The relational marks: each by example, 10,000 generated histories against the scalar walk, and no flapping."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from lifecycle.numerics import evidence, marks, stages
from lifecycle.numerics.marks import Marks, Spans
from tests.oracles import lifecycle_stages as oracle

AS_OF = date(2020, 12, 31).toordinal()
DEFAULTS = stages.StageSettings()


def fading(position, frequency, recency, age, weeks):
    """A probability of silence that only grows between purchases: the silence against mean gaps, without ties."""
    silent = (age - recency) * 7
    return silent / (silent + 1.4937 * (recency * 7 + 20.0) / (frequency + 1.0))


def scalar_fading(n, span, tenure, horizon):
    silent = tenure - span
    return silent / (silent + 1.4937 * (span + 20.0) / n)


def spans(*rows):
    return marks.union(*zip(*rows, strict=True)) if rows else Spans()


def one(days, marked=None, as_of=AS_OF, p=30.0, gap=15.0):
    rows = sorted(AS_OF - ago for ago in days)
    history = stages.history(np.zeros(len(rows)), rows, np.full(len(rows), 10.0), 1)
    table = pd.DataFrame({"segment_gap": [gap], "period_days": [p]})
    return stages.path(history, table, as_of, fading, DEFAULTS, marked)


STEADY = list(range(900, -1, -15))


# Spans


def test_overlapping_and_adjoining_spans_become_one():
    found = marks.union([1, 0, 0, 0, 0], [5, 20, 10, 15, 40], [9, 25, 14, 30, 39])
    assert (found.position.tolist(), found.begin.tolist(), found.end.tolist()) == ([0, 1], [10, 5], [30, 9])
    assert marks.union([0, 0], [10, 16], [14, 20]).begin.tolist() == [10, 16]
    assert len(marks.union([], [], [])) == 0


def test_the_span_that_holds_on_a_day_is_found():
    found = spans((0, 10, 20), (0, 30, 40), (2, 5, marks.FOREVER))
    position, day = np.array([0, 0, 0, 0, 1, 2, 2]), np.array([9, 10, 25, 40, 10, 4, 999_999])
    assert found.onset(position, day).tolist() == [0, 10, 0, 30, 0, 0, 5]
    assert found.slice(2, 3).begin.tolist() == [5] and found.slice(1, 2).begin.tolist() == []


def test_an_answer_holds_until_the_next_one():
    found = marks.answers([0, 0, 0, 1], [10, 20, 30, 7], [True, True, False, True])
    assert (found.begin.tolist(), found.end.tolist()) == ([10, 7], [29, marks.FOREVER])


def test_red_figures_are_the_days_with_a_negative_sum():
    found = marks.red_figures([0, 0, 0, 0, 1], [5, 9, 9, 12, 3], [-10.0, 4.0, 6.0, -1.0, 2.0])
    assert (found.begin.tolist(), found.end.tolist()) == ([5, 12], [8, marks.FOREVER])


# Each mark by example


def test_a_strong_signal_is_a_decline_on_its_very_day():
    day = AS_OF - 40
    now = one(STEADY, Marks(signal=spans((0, day, marks.FOREVER))))
    last = now.changes.iloc[-1]
    assert (last["as_of"], last["after"], last["rule"]) == (day, "DECLINE", "SIGNAL")
    assert now.current.iloc[0]["pattern"] == "OPEN"  # it still buys: a danger, not a loss
    assert now.current.iloc[0]["since"] == day


def test_a_signal_before_the_first_order_speaks_from_the_day_after_the_first_order():
    now = one([20, 5], Marks(signal=spans((0, AS_OF - 400, marks.FOREVER))))
    assert now.changes["after"].tolist() == ["EXPLORATION", "DECLINE"]
    assert now.changes["as_of"].tolist() == [AS_OF - 20, AS_OF - 19] and now.current.iloc[0]["since"] == AS_OF - 19


def test_a_settled_signal_lets_go_after_two_month_ends():
    settled = one(STEADY, Marks(signal=spans((0, AS_OF - 200, AS_OF - 170))))
    assert settled.changes["after"].tolist()[-2:] == ["DECLINE", "STABLE"]
    assert settled.current.iloc[0]["stage"] == "STABLE"


def test_stability_asks_for_satisfaction_and_where_wanted_for_commitment():
    unhappy = one(STEADY, Marks(unsatisfied=spans((0, AS_OF - 90, marks.FOREVER)))).current.iloc[0]
    assert (unhappy["stage"], unhappy["rule"]) == ("FORMATION", "UNSATISFIED")
    loose = one(STEADY, Marks(needs_commitment=True)).current.iloc[0]
    assert (loose["stage"], loose["rule"]) == ("FORMATION", "UNCOMMITTED")
    bound = one(STEADY, Marks(committed=spans((0, AS_OF - 800, AS_OF)), needs_commitment=True)).current.iloc[0]
    assert (bound["stage"], bound["rule"]) == ("STABLE", "STEADY")


def test_who_has_not_paid_back_stays_in_exploration_and_one_who_had_is_not_sent_back():
    never = one(STEADY, Marks(red=spans((0, AS_OF - 2000, marks.FOREVER)))).current.iloc[0]
    assert (never["stage"], never["rule"], never["highest"]) == ("EXPLORATION", "NOT_PAID_BACK", "EXPLORATION")
    later = one(STEADY, Marks(red=spans((0, AS_OF - 300, marks.FOREVER)))).current.iloc[0]
    assert (later["stage"], later["rule"]) == ("STABLE", "STEADY")
    paid = one(STEADY, Marks(red=spans((0, AS_OF - 2000, AS_OF - 200))))
    assert paid.changes["after"].tolist() == ["EXPLORATION", "STABLE"]


def test_time_in_each_stage_adds_up_to_the_life():
    now = one(STEADY).current.iloc[0]
    spent = [now[f"{name}_days"] for name in ("exploration", "formation", "stable", "decline")]
    assert sum(spent) == 900 and now["stable_days"] / 30 == pytest.approx(now["stable_periods"])


# Borders


def test_refunds_larger_than_purchases_a_single_day_and_one_customer():
    history = stages.history([0, 0, 0], [AS_OF - 90, AS_OF - 60, AS_OF - 30], [100.0, 50.0, -500.0], 1)
    table = stages.periods(history, np.zeros(1), AS_OF)
    red = marks.red_figures(history.position, history.day, history.amount)
    now = stages.path(history, table, AS_OF, fading, DEFAULTS, Marks(red=red)).current.iloc[0]
    assert (now["stage"], now["n"]) == ("EXPLORATION", 3)
    today = stages.history([0], [AS_OF], [5.0], 1)  # T = 0
    fresh = stages.path(today, stages.periods(today, np.zeros(1), AS_OF), AS_OF, fading).current.iloc[0]
    assert (fresh["stage"], fresh["tenure"], fresh["exploration_days"]) == ("EXPLORATION", 0, 0)


# Against the scalar walk


def _people(rng, size):
    """Short histories: purchases over 240 days with breaks and refunds, and every kind of mark."""
    count = rng.integers(0, 22, size)
    position = np.repeat(np.arange(size), count)
    begin = rng.integers(0, 200, size)
    length = rng.integers(1, 240, size)
    day = AS_OF - 240 + begin[position] + (rng.random(position.size) * length[position]).astype(int)
    kept = day <= AS_OF
    frame = (
        pd.DataFrame({"position": position[kept], "day": day[kept]}).drop_duplicates().sort_values(["position", "day"])
    )
    frame["amount"] = rng.integers(-15, 60, len(frame)).astype(float)
    facts = {}
    for name, share in (("signal", 0.25), ("contract", 0.4), ("satisfaction", 0.5), ("commitment", 0.3), ("cost", 0.5)):
        who = np.sort(rng.choice(size, int(size * share * 1.4)))
        first = AS_OF - rng.integers(0, 260, who.size)
        facts[name] = pd.DataFrame(
            {"position": who, "day": first, "end": first + rng.integers(0, 120, who.size),
             "value": rng.integers(1, 6, who.size)}
        ).sort_values(["position", "day"], kind="stable").drop_duplicates(["position", "day"], keep="last")  # fmt: skip
    return frame, facts


@settings(max_examples=2, deadline=None, phases=[Phase.generate])
@given(st.integers(0, 2**32 - 1), st.booleans())
def test_five_thousand_histories_twice_against_the_scalar_walk(seed, needs_commitment):
    rng, size = np.random.default_rng(seed), 5_000
    frame, facts = _people(rng, size)
    p, gap = rng.choice([28.0, 30.0, 35.0], size), rng.choice([10.0, 14.0, 17.0], size)
    history = stages.history(frame["position"], frame["day"], frame["amount"], size)
    money = pd.concat(
        [frame[["position", "day", "amount"]], facts["cost"].assign(amount=-30.0 * facts["cost"]["value"])],
        ignore_index=True,
    ).sort_values(["position", "day"], kind="stable")
    marked = Marks(
        signal=marks.union(*(facts["signal"][name] for name in ("position", "day", "end"))),
        unsatisfied=marks.answers(
            facts["satisfaction"]["position"], facts["satisfaction"]["day"], facts["satisfaction"]["value"] < 4
        ),
        committed=marks.merged(
            marks.union(*(facts["contract"][name] for name in ("position", "day", "end"))),
            marks.answers(
                facts["commitment"]["position"], facts["commitment"]["day"], facts["commitment"]["value"] >= 4
            ),
        ),
        red=marks.red_figures(money["position"], money["day"], money["amount"]),
        needs_commitment=needs_commitment,
    )
    table = pd.DataFrame({"segment_gap": gap, "period_days": p})
    found = stages.path(history, table, AS_OF, fading, DEFAULTS, marked)
    changes = {
        who: list(zip(rows["as_of"], rows["before"], rows["after"], rows["rule"], strict=True))
        for who, rows in found.changes.astype(object).groupby("position")
    }
    bought = _listed(size, frame, "day", "amount")
    known = {name: _listed(size, rows, "day", "end", "value") for name, rows in facts.items()}
    flow = _listed(size, money, "day", "amount")
    now = found.current.astype(object).to_dict("records")
    for k in range(size):
        facts_of = oracle.Known(
            signals=tuple(row[:2] for row in known["signal"][k]),
            contracts=tuple(row[:2] for row in known["contract"][k]),
            satisfaction=tuple((row[0], row[2]) for row in known["satisfaction"][k]),
            commitment=tuple((row[0], row[2]) for row in known["commitment"][k]),
            money=tuple(flow[k]),
            needs_commitment=needs_commitment,
        )
        days, amounts = [row[0] for row in bought[k]], [row[1] for row in bought[k]]
        slow, slow_changes = oracle.way(days, amounts, AS_OF, p[k], gap[k], scalar_fading, facts_of)
        assert changes.get(k, []) == slow_changes, k
        for name, value in slow.items():
            assert now[k][name] == (pytest.approx(value) if isinstance(value, float) else value), (k, name)


def _listed(size, frame, *names):
    """The rows of each customer as plain tuples."""
    found = [[] for _ in range(size)]
    for who, *row in zip(frame["position"], *(frame[name] for name in names), strict=True):
        found[who].append(tuple(number.item() for number in map(np.asarray, row)))
    return found


# Evidence and calm


def test_evidence_of_a_change_is_what_the_rules_saw_on_that_day():
    history = stages.history(np.zeros(61), sorted(AS_OF - ago for ago in STEADY), np.arange(61.0), 1)
    table = pd.DataFrame({"segment_gap": [15.0], "period_days": [30.0]})
    marked = Marks(unsatisfied=spans((0, AS_OF - 100, AS_OF - 50)), kinds={"BUYER": spans((0, AS_OF - 10, AS_OF))})
    for ago in (0, 17, 75, 333, 870, 895):
        seen = evidence.measured(history, table, [0], [AS_OF - ago], fading, DEFAULTS, marked).iloc[0]
        rules = stages.features_at(history, table, AS_OF - ago, fading).iloc[0]
        for name in ("n", "tenure", "recency", "gap", "recent", "before", "recent_count", "before_count", "p0"):
            assert seen[name] == pytest.approx(rules[name]), (ago, name)
        assert seen["unsatisfied"] == (50 <= ago <= 100) and seen["BUYER"] == (ago <= 10)
    told = evidence.as_json(evidence.measured(history, table, [0, 0], [AS_OF, AS_OF - 999], fading, DEFAULTS, marked))
    assert told[0].startswith('{"n":61.0,"tenure":900.0,"recency":0.0,') and '"n":null' in told[1]


def test_a_noisy_stable_customer_does_not_flap_over_sixty_nights():
    rng = np.random.default_rng(11)
    customers = 40
    gaps = np.maximum(rng.normal(15, 5, (customers, 90)).round(), 4).astype(int)
    day = AS_OF + 70 - gaps.cumsum(axis=1)[:, ::-1]
    position = np.repeat(np.arange(customers), 90)
    history = stages.history(position, np.sort(day, axis=1).ravel(), rng.lognormal(4, 0.4, day.size), customers)
    told = [
        stages.path(
            history, stages.periods(history, np.zeros(customers), as_of), as_of, fading, DEFAULTS
        ).current["stage"].astype(object).to_numpy()
        for as_of in range(AS_OF, AS_OF + 60)
    ]  # fmt: skip
    flips = (np.array(told)[1:] != np.array(told)[:-1]).sum(axis=0)
    assert (np.array(told) == "STABLE").mean() > 0.9
    assert flips.max() <= 2 and flips.mean() < 0.5  # at most once out and back, and rarely that
