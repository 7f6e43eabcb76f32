"""The demo's world, before any database: deterministic, complete, and believable enough to show every verdict."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from crm_site.demo import lifecycles, world
from crm_site.demo.companies import NAMED, SECTORS

AS_OF = date(2026, 3, 15)


@pytest.fixture(scope="module")
def drawn():
    return world.generate(600, 3, AS_OF)


def frames(one):
    return {name: frame for name, frame in vars(one).items() if isinstance(frame, pd.DataFrame)}


def test_same_arguments_give_the_same_world(drawn):
    again = world.generate(600, 3, AS_OF)
    for name, frame in frames(drawn).items():
        pd.testing.assert_frame_equal(frame, frames(again)[name], obj=name)


def test_another_seed_gives_another_world(drawn):
    assert not drawn.lines.amount.head(200).equals(world.generate(600, 4, AS_OF).lines.amount.head(200))


@pytest.mark.parametrize("count", [1, 2, 13, 22, 60])
def test_small_worlds_are_possible(count):
    small = world.generate(count, 1, AS_OF)
    assert len(small.companies) == count
    assert small.lines.customer.between(0, count - 1).all()


def test_the_21_named_customers_cover_the_eight_sectors(drawn):
    named = drawn.companies.head(21)
    assert list(named.code) == [f"A{number:03d}" for number in range(1, 22)] == [row[0] for row in NAMED]
    assert set(named.industry) == set(SECTORS) and len(SECTORS) == 8


def test_codes_and_names_are_unique(drawn):
    assert drawn.companies.code.is_unique
    assert (drawn.companies.name != "").all()


def test_every_archetype_has_customers_and_behaves_like_itself(drawn):
    kinds = drawn.companies.archetype
    assert set(kinds) == set(lifecycles.ARCHETYPES)
    bought = drawn.lines[drawn.lines.quantity > 0].groupby("customer")
    orders = bought.order_no.nunique().reindex(range(600), fill_value=0)
    assert (orders[kinds == "prospect"] == 0).all()
    assert (orders[kinds == "one_time"] == 1).all()
    silence = lifecycles.DAYS - bought.day.max()
    assert (silence[kinds == "stable"] < 90).mean() > 0.95
    assert (silence[kinds.isin(lifecycles.LEFT)] > 90).all()


def test_growing_customers_grow_and_declining_ones_shrink(drawn):
    lines = drawn.lines.assign(kind=drawn.companies.archetype.to_numpy()[drawn.lines.customer])
    days = lines[lines.quantity > 0].drop_duplicates(["customer", "day"])
    recent = days[days.day > lifecycles.DAYS - 100].groupby("kind").size()
    before = days[days.day.between(lifecycles.DAYS - 300, lifecycles.DAYS - 101)].groupby("kind").size() / 2
    assert recent["growing"] > 1.6 * before["growing"]
    assert recent["declining"] < 0.4 * before["declining"]


def test_dates_lie_within_the_three_years_and_orders_on_weekdays(drawn):
    assert drawn.lines.day.between(0, lifecycles.DAYS).all()
    orders = drawn.lines[drawn.lines.quantity > 0]
    weekday = (AS_OF.weekday() - (lifecycles.DAYS - orders.day)) % 7
    assert (weekday[orders.day > 2] < 5).all()


def test_money_adds_up(drawn):
    lines = drawn.lines
    assert np.allclose(lines.amount * 100, np.rint(lines.amount * 100), atol=1e-6)
    assert 0.15 < 1 - lines.cost.sum() / lines.amount.sum() < 0.4
    assert (lines.amount[lines.quantity < 0] < 0).all() and (lines.quantity < 0).any()
    share = lines.groupby("customer").amount.sum().sort_values(ascending=False)
    assert share.head(len(share) // 5).sum() > 0.5 * share.sum()


def test_refunds_are_lines_of_an_earlier_order(drawn):
    back = drawn.lines[drawn.lines.quantity < 0]
    first = drawn.lines[drawn.lines.quantity > 0].groupby("order_no").day.min()
    assert (back.day.to_numpy() > first.loc[back.order_no].to_numpy()).all()
    assert not drawn.lines.duplicated(["customer", "order_no", "line_no"]).any()


def test_facts_keep_the_rules_of_the_tables(drawn):
    assert (drawn.contracts.end >= drawn.contracts.start).all()
    assert (drawn.receivables.due >= drawn.receivables.issued).all()
    assert (drawn.cases.due >= drawn.cases.day).all()
    answered = drawn.cases.dropna(subset="answered")
    assert (answered.answered >= answered.day).all()
    assert (drawn.referrals.referred != drawn.referrals.customer).all()
    left = drawn.contacts.dropna(subset="left")
    assert len(left) and (left.left >= left.since).all()
    answers = drawn.surveys.drop(columns=["customer", "day"])
    assert answers.iloc[:, :3].isin(range(1, 6)).all(axis=None)
    assert answers.iloc[:, 3:11].isin(range(1, 11)).all(axis=None)
    rival = answers["competitor"] != ""
    compared = answers.filter(like="rival_")
    assert compared.shape[1] == 8 and 0 < rival.mean() < 1
    assert compared[rival].isin(range(1, 11)).all(axis=None) and compared[~rival].isna().all(axis=None)


def test_every_kind_of_fact_occurs(drawn):
    assert all(drawn.counts().values())
    late = drawn.receivables.paid > drawn.receivables.due
    unpaid = drawn.receivables.paid.isna() & (drawn.receivables.due < lifecycles.DAYS)
    assert late.any() and unpaid.any()
    open_cases = drawn.cases[drawn.cases.state == "OPEN"]
    assert (open_cases.due < lifecycles.DAYS).any()
    assert {"OPEN", "ANSWERED", "CLOSED"} <= set(drawn.cases.state)


def test_the_first_manager_meets_every_archetype_and_has_one_open_complaint(drawn):
    mine = drawn.companies.owner == 0
    assert set(drawn.companies.archetype[mine]) == set(lifecycles.ARCHETYPES)
    cases = drawn.cases[mine.to_numpy()[drawn.cases.customer]]
    waiting = cases[cases.state == "OPEN"]
    assert list(waiting.kind) == ["COMPLAINT"]
    assert (waiting.due < lifecycles.DAYS).all()


def test_tier_steps_lead_to_the_tier(drawn):
    last = drawn.tier_changes.groupby("customer").after.last()
    assert (drawn.companies.tier[last.index] == last).all()
    assert set(drawn.companies.tier) == {"STRANGER", "ACQUAINTANCE", "FRIEND", "PARTNER"}


def test_no_number_is_missing_where_a_table_asks_for_one():
    """Also in a large world, where a customer of nothing but refunds occurs."""
    large = world.generate(20_000, 3, AS_OF)
    for frame, columns in (
        (large.lines, ["quantity", "amount", "cost", "service_cost"]),
        (large.service_costs, ["day", "amount"]),
        (large.contracts, ["start", "end", "amount"]),
        (large.receivables, ["issued", "due", "amount"]),
        (large.cases, ["day", "due"]),
        (large.surveys, [name for name in large.surveys.columns if "rival" not in name and name != "competitor"]),
    ):
        assert np.isfinite(frame[columns].to_numpy(float)).all(), columns
    assert (large.service_costs.amount >= 0).all()
    assert large.companies.code.is_unique
