"""The arithmetic of the retention KPIs: golden numbers by hand, a slow second implementation, identities."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retention.numerics import funnel, kpi_facts, kpis
from retention.numerics.funnel import NEVER
from tests.oracles import retention_kpis as oracle

WEIGHTS = [20, 20, 10, 10, 10, 10, 10, 10]
NAN = np.nan


def test_golden_numbers():
    # Systems 6: 80 of 100 stay; the composite by hand: (20·50 + 20·100 + 10·0) / 50 = 60 at a coverage of one half.
    active = np.ones(100, bool)
    assert kpis.retention(active, np.arange(100) < 80).share == pytest.approx(0.80)
    scores = [50, 100, 0, NAN, NAN, NAN, NAN, NAN]
    assert kpis.composite(scores, WEIGHTS) == pytest.approx(60.0)
    assert kpis.coverage([1, 1, 1, 0, 0, 0, 0, 0], 1, WEIGHTS) == pytest.approx(0.5)
    # 60 of 100 and, bounded by its demand, 50 of 50: 110 of 150. Nothing is known of the third.
    share = kpis.share_of_customer([60.0, 80.0, 70.0], [100.0, 50.0, NAN])
    assert (share.part, share.base) == (110.0, 150.0) and share.share == pytest.approx(110 / 150)
    # 30 of gross profit in a quarter of 73 days are 150 a year, over a lifetime value of 600.
    assert kpis.return_on_assets([30.0, NAN, 5.0], [600.0, 100.0, NAN], 73).share == pytest.approx(0.25)
    assert kpis.score([0, 30, 60, 90], 60, 0) == pytest.approx([100, 50, 0, 0])  # days of choosing: fewer is better
    assert kpis.score([0, 2, 9], 0, 4) == pytest.approx([0, 50, 100])


def test_what_cannot_be_told_stays_untold():
    assert np.isnan(kpis.composite([NAN] * 8, WEIGHTS)) and np.isnan(kpis.composite([50.0, NAN], [0, 10]))
    assert np.isnan(kpis.coverage([0] * 8, 0, WEIGHTS)) and np.isnan(kpis.coverage([1], 1, [0]))
    assert kpis.retention([], []).share is None and kpis.share_of_customer([5.0], [0.0]).share is None
    assert kpis.return_on_assets([5.0], [-3.0], 365).share is None
    assert np.isnan(kpis.score([NAN], 0, 1)).all() and np.isnan(kpis.means([[NAN, NAN]])[0]).all()
    assert np.isnan(kpi_facts.satisfied_demand([5.0, 5.0], [0.0, NAN])).all()
    assert np.isnan(kpi_facts.repeats([0])).all() and np.isnan(kpi_facts.share([0], [0])).all()
    with pytest.raises(ValueError, match="two different ends"):
        kpis.score([1.0], 2, 2)
    with pytest.raises(ValueError, match="negative"):
        kpis.composite([1.0], [-1])


def test_attention_is_measured_within_the_level_over_both_periods():
    now, before = kpis.score_within([0, 4, 2, 7], [2, 0, 2, NAN], [0, 0, 1, 1])
    assert now == pytest.approx([0, 100, 0, 100]) and before[:3] == pytest.approx([50, 0, 0]) and np.isnan(before[3])
    same, _then = kpis.score_within([3, 3], [3, 3], [0, 0])
    assert np.isnan(same).all()  # nothing to tell apart is no score, neither 0 nor 100


def test_demand_is_capped_and_returns_do_not_count_below_zero():
    assert kpi_facts.satisfied_demand([50, 150, -10], [100, 100, 100]) == pytest.approx([0.5, 1.0, 0.0])


def test_recognition_a_recommendation_says_more_than_a_grade():
    assert kpi_facts.recognition([1, 0, 0], [2.0, 3.5, NAN])[:2] == pytest.approx([5.0, 3.5])


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.one_of(st.none(), st.floats(0, 100)), min_size=8, max_size=8),
    st.lists(st.integers(0, 100), min_size=8, max_size=8),
)
def test_the_composite_equals_the_slow_one_and_stays_between_its_scores(scores, weights):
    slow = oracle.composite(scores, weights)
    found = kpis.composite([NAN if one is None else one for one in scores], weights)
    if slow is None:
        assert np.isnan(found)
        return
    known = [one for one, weight in zip(scores, weights, strict=True) if one is not None and weight]
    assert found == pytest.approx(slow) and min(known) - 1e-9 <= found <= max(known) + 1e-9
    assert kpis.composite([NAN if one is None else one for one in scores], [3 * w for w in weights]) == pytest.approx(
        slow
    )


days = st.lists(st.integers(1, 1200), max_size=12, unique=True)
stretch = st.tuples(st.integers(1, 1200), st.integers(1, 400)).map(lambda pair: (pair[0], pair[0] + pair[1]))
person = st.fixed_dictionaries(
    {
        "purchases": days,
        "losses": st.lists(st.one_of(stretch, st.integers(1, 1200).map(lambda day: (day, None))), max_size=2),
        "contracts": st.lists(stretch, max_size=2),
        "exited": st.one_of(st.none(), st.integers(1, 1400)),
        "patience": st.integers(20, 400),
        "contacts": days,
        "complaints": days,
    }
)


def events(people, name):
    pairs = sorted((place, day) for place, one in enumerate(people) for day in one[name])
    return np.array([place for place, _day in pairs], "i8"), np.array([day for _place, day in pairs], "i8")


def intervals(people, name):
    rows = [(place, start, NEVER if end is None else end)
            for place, one in enumerate(people) for start, end in one[name]]  # fmt: skip
    columns = np.array(rows, "i8").reshape(-1, 3)
    return funnel.Intervals(*columns.T)


@settings(max_examples=80, deadline=None)
@given(st.lists(person, min_size=1, max_size=6), st.lists(st.integers(1, 1300), min_size=2, max_size=5, unique=True))
def test_the_funnel_equals_the_slow_one_and_always_adds_up(people, edges):
    size, edges = len(people), sorted(edges)
    purchases = kpi_facts.Purchases.of(*events(people, "purchases"), size)
    patience = np.array([one["patience"] for one in people])
    silent = funnel.silences(purchases.position, purchases.day, patience)
    contracts, losses = intervals(people, "contracts"), intervals(people, "losses")
    bought = purchases.next(losses.position, losses.start + 1)
    losses = funnel.Intervals(losses.position, losses.start, np.minimum(losses.end, bought))
    exited = np.array([NEVER if one["exited"] is None else one["exited"] for one in people])
    first = purchases.first()

    def present(day):
        away = silent.covers(day, size) & ~contracts.covers(day, size)
        return (first <= day) & ~(away | losses.covers(day, size) | (exited <= day))

    flows = []
    for begin, end in pairwise(edges):
        found = funnel.flow(first, present(begin), present(end), begin, end)
        counts = found.counts()
        assert counts["opening"] + counts["new"] + counts["back"] - counts["lost"] == counts["closing"]
        for place, one in enumerate(people):
            begun = min(one["purchases"], default=None)
            states = [
                oracle.state(begun, one["purchases"], one["losses"], one["contracts"], one["exited"],
                             one["patience"], day)
                for day in (begin, end)
            ]  # fmt: skip
            assert tuple(int(mask[place]) for mask in vars(found).values()) == oracle.flow(*states, begun, begin, end)
        flows.append(found)
    whole = funnel.over(flows)
    sums = {name: sum(one.counts()[name] for one in flows) for name in ("new", "back", "lost")}
    assert whole.opening.sum() + sums["new"] + sums["back"] - sums["lost"] == whole.closing.sum()
    assert whole.new.sum() == sums["new"]  # nobody is new twice


@settings(max_examples=80, deadline=None)
@given(st.lists(person, min_size=1, max_size=5), st.integers(1, 900), st.integers(1, 400))
def test_the_raw_values_equal_the_slow_ones(people, after, length):
    until, size = after + length, len(people)
    purchases = kpi_facts.Purchases.of(*events(people, "purchases"), size)
    patience = np.array([one["patience"] for one in people])
    repeats = kpi_facts.repeats(purchases.counts(after, until))
    order, _day, took = kpi_facts.answered(purchases, *events(people, "contacts"), after, until)
    choosing = kpi_facts.medians(order, took, size)
    position, day = events(people, "complaints")
    fell = (day > after) & (day <= until)
    stayed = kpi_facts.tolerated(purchases, position[fell], day[fell], patience, until)
    for place, one in enumerate(people):
        complaints = [day for day in one["complaints"] if after < day <= until]
        wanted = [
            (repeats, oracle.repeats(one["purchases"], after, until)),
            (choosing, oracle.choosing(one["purchases"], one["contacts"], after, until)),
            (stayed, oracle.tolerated(one["purchases"], complaints, one["patience"], until)),
        ]
        for found, slow in wanted:
            assert np.isnan(found[place]) if slow is None else found[place] == pytest.approx(slow)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(1, 1e6)), min_size=1, max_size=20))
def test_the_share_of_customer_is_a_share(pairs):
    amount, demand = (np.array(column) for column in zip(*pairs, strict=True))
    rate = kpis.share_of_customer(amount, demand)
    assert 0 <= rate.share <= 1 + 1e-12
    each = kpi_facts.satisfied_demand(amount, demand)
    assert rate.part == pytest.approx((each * demand).sum())
