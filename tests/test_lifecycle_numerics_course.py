"""Survival of cohorts, stage economics, and what people decided laid over the computed way: worked by hand."""

import numpy as np
import pandas as pd
import pytest

from lifecycle.numerics import economics, forced
from lifecycle.numerics.stage_rules import RULES, STAGES
from lifecycle.numerics.survival import kaplan_meier


def test_kaplan_and_meier_on_freireichs_remission_data():
    """6-MP group (Freireich et al. 1963): the published estimate in weeks."""
    ended = [6, 6, 6, 7, 10, 13, 16, 22, 23]
    seen = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
    age, flag = np.array(ended + seen), np.array([True] * 9 + [False] * 12)
    found = kaplan_meier(age, flag, np.ones(21, dtype=int))
    published = {6: 0.857, 7: 0.807, 10: 0.753, 13: 0.690, 16: 0.627, 22: 0.538, 23: 0.448}
    assert {week: round(1 - found.left_by(week), 3) for week in published} == published
    assert found.at_risk[6] == 21 and found.at_risk[23] == 6


def test_survival_of_nobody_and_of_counts():
    assert kaplan_meier([], [], []).left_by(5) == 0
    found = kaplan_meier([3, 12], [True, False], [25, 75])
    assert (found.left_by(2), found.left_by(3), found.left_by(99)) == (0, 0.25, 0.25)


def test_balance_break_even_slope_and_investment():
    money = economics.flow([0, 0, 0, 1, 2], [10, 40, 70, 5, 9], [20.0, 50.0, 30.0, 5.0, 0.0], [60.0, 0, 0, 9.0, 0])
    assert economics.balance(money, 4).tolist() == [40.0, -4.0, 0.0, 0.0]
    assert economics.break_even(money, 4).tolist() == [40, 0, 9, 0]
    rising = economics.flow(np.zeros(12), 365 - np.arange(12) * 30.4375, np.arange(12, 0, -1.0), np.zeros(12))
    assert economics.profit_slope(rising, 1, 365)[0] == pytest.approx(1.0)
    assert economics.invested([0, 0, 1], [1, 400, 400], [9.0, 5.0, 7.0], 2, 400).tolist() == [5.0, 7.0]


def changes(*rows):
    position, day, before, after, rule = zip(*rows, strict=True)
    return pd.DataFrame(
        {
            "position": position,
            "as_of": day,
            "before": pd.Categorical(before, STAGES),
            "after": pd.Categorical(after, STAGES),
            "rule": pd.Categorical(rule, RULES),
        }
    )


def laid(some, *stretches, as_of=100):
    position, begin, until, stage, rule = zip(*stretches, strict=True)
    given = forced.Forced(
        np.array(position), np.array(begin), np.array(until), np.array([STAGES.index(s) for s in stage]),
        np.array([RULES.index(r) for r in rule]),
    )  # fmt: skip
    found = forced.lay_over(some, forced.cleaned(given), as_of)
    return [tuple(row) for row in found.astype(object).to_numpy()]


WAY = changes(
    (0, 10, "PROSPECT", "EXPLORATION", "YOUNG"),
    (0, 40, "EXPLORATION", "FORMATION", "MATURING"),
    (0, 60, "FORMATION", "STABLE", "STEADY"),
    (1, 20, "PROSPECT", "EXPLORATION", "YOUNG"),
)


def test_an_override_hides_what_the_rules_said_and_gives_way_to_what_they_say_then():
    assert laid(WAY, (0, 30, 70, "DECLINE", "OVERRIDE")) == [
        (0, 10, "PROSPECT", "EXPLORATION", "YOUNG"),
        (0, 30, "EXPLORATION", "DECLINE", "OVERRIDE"),
        (0, 70, "DECLINE", "STABLE", "STEADY"),
        (1, 20, "PROSPECT", "EXPLORATION", "YOUNG"),
    ]


def test_one_that_still_runs_or_agrees_with_the_rules():
    running = laid(WAY, (0, 90, 200, "DECLINE", "OVERRIDE"))
    assert running[3] == (0, 90, "STABLE", "DECLINE", "OVERRIDE") and len(running) == 5
    assert laid(WAY, (0, 90, 200, "STABLE", "OVERRIDE")) == [tuple(row) for row in WAY.astype(object).to_numpy()]
    assert laid(WAY, (0, 101, 200, "DECLINE", "OVERRIDE")) == [tuple(row) for row in WAY.astype(object).to_numpy()]


def test_stretches_that_overlap_and_those_that_touch():
    found = laid(WAY, (0, 70, 90, "DECLINE", "OVERRIDE"), (0, 80, 85, "FORMATION", "OVERRIDE"))
    assert [row[1:4] for row in found[3:6]] == [
        (70, "STABLE", "DECLINE"), (80, "DECLINE", "FORMATION"), (85, "FORMATION", "STABLE"),
    ]  # fmt: skip
    touching = laid(WAY, (0, 70, 80, "DECLINE", "OVERRIDE"), (0, 80, 90, "FORMATION", "OVERRIDE"))
    assert [row[1:4] for row in touching[3:5]] == [(70, "STABLE", "DECLINE"), (80, "DECLINE", "FORMATION")]


def test_an_exit_beats_an_override_and_ends_when_nothing_is_open():
    way = forced.exits(np.array([50, 0, 30]), np.array([70, 0, forced.LATEST]))
    assert way.position.tolist() == [0, 0, 2]
    assert way.begin.tolist() == [50, 70, 30] and way.until.tolist() == [70, forced.LATEST, forced.LATEST]
    by_hand = forced.Forced(*(np.array([value]) for value in (0, 40, 200, 3, 15)))
    joined = forced.joined(by_hand, way)
    assert joined.until.tolist()[:2] == [50, 70] and forced.holding(joined, 60).position.tolist() == [0, 2]
    none = forced.joined(
        forced.Forced(*(np.zeros(0, dtype=int) for _ in range(5))), forced.exits(np.zeros(0), np.zeros(0))
    )
    assert len(none) == 0 and forced.lay_over(WAY, none, 100) is WAY
