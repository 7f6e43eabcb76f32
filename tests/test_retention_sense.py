"""Triggers that can never hold, triggers that wait for each other, and triggers as alternatives."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retention.numerics import facts
from retention.numerics.sense import circle, contradiction, situations
from retention.numerics.triggers import TriggerError
from tests.oracles import retention_triggers as oracle


def has(name, op, value=None):
    return {"field": name, "op": op} | ({} if value is None else {"value": value})


FRIEND, PARTNER = has("tier", "in", ["FRIEND"]), has("tier", "eq", "PARTNER")


@pytest.mark.parametrize(
    "parts, field",
    [
        ([FRIEND, PARTNER], "tier"),
        ([FRIEND, has("tier", "not_in", ["FRIEND", "STRANGER"])], "tier"),
        ([{"not": has("tier", "in", ["STRANGER", "ACQUAINTANCE"])}, has("tier", "in", ["STRANGER"])], "tier"),
        ([FRIEND, has("tier", "missing")], "tier"),
        ([has("tier", "missing"), has("tier", "present")], "tier"),
        ([has("orders", "ge", 5), has("orders", "lt", 5)], "orders"),
        ([has("orders", "gt", 5), has("orders", "le", 5)], "orders"),
        ([has("orders", "eq", 5), has("orders", "gt", 5)], "orders"),
        ([has("orders", "eq", 5), {"not": has("orders", "eq", 5)}], "orders"),
        ([has("orders", "lt", 0)], "orders"),  # a count
        ([has("satisfaction", "gt", 5)], "satisfaction"),
        ([has("churn_risk", "ge", 1.5)], "churn_risk"),
        ([has("clv", "top_share", 0.1), {"not": has("clv", "top_share", 0.2)}], "clv"),
        ([has("warned", "is_true"), has("warned", "is_false")], "warned"),
        ([has("warned", "is_true"), {"not": has("warned", "is_true")}], "warned"),
        ([has("done_before", "in", ["A"]), has("done_before", "not_in", ["A", "B"])], "done_before"),
        ([{"any": [{"all": [FRIEND, PARTNER]}, has("orders", "lt", 0)]}], "tier"),
    ],
)
def test_conditions_that_exclude_each_other_are_named(parts, field):
    assert contradiction({"all": parts}) == field


@pytest.mark.parametrize(
    "parts",
    [
        [has("orders", "ge", 5), has("orders", "le", 5)],
        [has("contract_days_left", "lt", 0)],
        [has("clv", "top_share", 0.2), {"not": has("clv", "top_share", 0.1)}],
        [{"not": has("orders", "ge", 5)}, has("orders", "missing")],  # a negated comparison holds for the unknown
        [has("industry", "not_in", ["软件"])],
        [{"any": [{"all": [FRIEND, PARTNER]}, has("orders", "ge", 1)]}],
        [has("done_before", "in", ["A", "B"]), has("done_before", "not_in", ["B"])],
    ],
)
def test_what_can_happen_is_left_in_peace(parts):
    assert contradiction({"all": parts}) is None


def test_by_hand_is_no_contradiction():
    assert contradiction({}) is None and situations({}) == []


VALUES = {
    "orders": [None, 0.0, 3.0, 5.0, 7.0],
    "tier": ["", "FRIEND", "PARTNER", "STRANGER"],
    "warned": [None, 0.0, 1.0],
}
leaves = st.one_of(
    st.builds(has, st.just("orders"), st.sampled_from(["ge", "gt", "le", "lt", "eq"]), st.sampled_from([0, 3, 5])),
    st.builds(
        has, st.just("tier"), st.sampled_from(["in", "not_in"]),
        st.lists(st.sampled_from(["FRIEND", "PARTNER", "STRANGER", "ACQUAINTANCE"]), min_size=1, max_size=3),
    ),
    st.builds(has, st.just("warned"), st.sampled_from(["is_true", "is_false", "missing", "present"])),
    st.builds(has, st.sampled_from(["orders", "tier"]), st.sampled_from(["missing", "present"])),
)  # fmt: skip
nodes = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"all": parts}),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"any": parts}),
        inner.map(lambda part: {"not": part}),
    ),
    max_leaves=5,
)


@given(trigger=nodes)
@settings(max_examples=150, deadline=None)
def test_situations_say_the_same_and_nobody_is_meant_by_a_contradiction(trigger):
    rows = [
        {"orders": orders, "tier": tier, "warned": warned}
        for orders in VALUES["orders"]
        for tier in [*VALUES["tier"], "ACQUAINTANCE"]
        for warned in VALUES["warned"]
    ]
    meant = [oracle.fires(trigger, rows, index) for index in range(len(rows))]
    found = situations(trigger)

    def holds(condition, index):
        leaf = has(condition.field, condition.op, condition.value)
        return oracle.compare(leaf, rows, index) != condition.negated

    assert [any(all(holds(c, n) for c in part) for part in found) for n in range(len(rows))] == meant
    if contradiction(trigger):
        assert not any(meant)


def test_too_many_situations_are_refused():
    wide = {"any": [has("orders", "ge", n) for n in range(3)]}
    with pytest.raises(TriggerError) as caught:
        situations({"all": [wide] * 4})
    assert caught.value.code == "too_wide"


def waits(*codes):
    return has("done_before", "in", list(codes))


def test_a_ring_of_templates_is_told():
    assert circle({"A": waits("B"), "B": {"any": [waits("C"), FRIEND]}, "C": waits("A"), "D": FRIEND}) == [
        "A", "B", "C", "A",
    ]  # fmt: skip
    assert circle({"A": waits("A")}) == ["A", "A"]
    assert circle({"A": waits("B", "C"), "B": waits("C"), "C": {"not": waits("A")}}) == []
    assert circle({"A": waits("gone")}) == []


def test_every_field_has_a_kind_the_builder_knows():
    assert set(facts.KINDS.values()) == {facts.NUMBER, facts.FLAG, facts.CODE, facts.TEXT, facts.WORK}
