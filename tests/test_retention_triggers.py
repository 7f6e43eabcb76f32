"""Triggers: what they mean, against a slow second reading; what is refused, with a reason."""

import numpy as np
import pandas as pd
import pytest
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from retention.labels import PROBLEMS, problem
from retention.numerics import facts, triggers
from retention.numerics.triggers import Reader, TriggerError
from tests.oracles import retention_triggers as oracle

NUMBERS = ["clv", "orders", "last_contact_days"]
FLAGS = ["warned", "restricted"]
CODES = ["stage", "quadrant"]
TEXTS = ["industry"]
VALUES = {"stage": ["STABLE", "DECLINE", "PROSPECT"], "quadrant": ["HH", "HL", "LL"], "industry": ["软件", "Retail"]}

numbers = st.one_of(st.none(), st.integers(-3, 3).map(float))
row = st.fixed_dictionaries(
    dict.fromkeys(NUMBERS, numbers)
    | {name: st.sampled_from([None, True, False]) for name in FLAGS}
    | {name: st.sampled_from([None, "", *VALUES[name]]) for name in CODES + TEXTS}
)
leaf = st.one_of(
    st.builds(
        lambda f, op, v: {"field": f, "op": op, "value": v},
        st.sampled_from(NUMBERS), st.sampled_from(["ge", "gt", "le", "lt", "eq"]), st.integers(-3, 3),
    ),
    st.builds(
        lambda f, v: {"field": f, "op": "top_share", "value": v},
        st.sampled_from(NUMBERS), st.sampled_from([0.1, 0.25, 0.5, 1]),
    ),
    st.builds(lambda f, op: {"field": f, "op": op}, st.sampled_from(FLAGS), st.sampled_from(["is_true", "is_false"])),
    st.builds(
        lambda f, op: {"field": f, "op": op},
        st.sampled_from(NUMBERS + CODES + FLAGS), st.sampled_from(["missing", "present"]),
    ),
    st.sampled_from(CODES + TEXTS).flatmap(
        lambda f: st.builds(
            lambda op, v: {"field": f, "op": op, "value": v},
            st.sampled_from(["in", "not_in"]), st.lists(st.sampled_from(VALUES[f]), min_size=1, max_size=2),
        )
    ),
    st.sampled_from(CODES).flatmap(
        lambda f: st.sampled_from(VALUES[f]).map(lambda v: {"field": f, "op": "eq", "value": v})
    ),
)  # fmt: skip
tree = st.recursive(
    leaf,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"all": parts}),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"any": parts}),
        inner.map(lambda part: {"not": part}),
    ),
    max_leaves=5,
)


def frame_of(rows):
    """Rows as the night's frame has them: floats with NaN, codes as categories or objects."""
    frame = pd.DataFrame(rows, columns=NUMBERS + FLAGS + CODES + TEXTS)
    for name in NUMBERS + FLAGS:
        frame[name] = frame[name].astype("object").map(lambda v: np.nan if v is None else float(v)).astype("f8")
    frame["stage"] = frame["stage"].astype("category")
    return frame


@given(trigger=tree, rows=st.lists(row, min_size=0, max_size=8))
@settings(max_examples=120, deadline=None)
def test_masks_equal_the_slow_reading(trigger, rows):
    try:
        triggers.validate(trigger)
    except TriggerError as error:
        assert error.code == "too_deep"
        return
    mask = Reader(frame_of(rows)).mask(trigger)
    assert mask.tolist() == [oracle.fires(trigger, rows, index) for index in range(len(rows))]


def test_empty_trigger_never_fires():
    assert Reader(frame_of([dict.fromkeys(NUMBERS + FLAGS + CODES + TEXTS)])).mask({}).tolist() == [False]


def test_a_field_the_frame_lacks_is_unknown_for_everyone():
    reader = Reader(pd.DataFrame({"orders": [1.0, 2.0]}))
    assert reader.mask({"field": "clv", "op": "ge", "value": 0}).tolist() == [False, False]
    assert reader.mask({"field": "stage", "op": "missing"}).tolist() == [True, True]
    assert reader.mask({"field": "stage", "op": "not_in", "value": ["STABLE"]}).tolist() == [False, False]


def test_top_share_rounds_up_and_keeps_ties():
    reader = Reader(pd.DataFrame({"clv": [5.0, np.nan, 4.0, 4.0, 1.0]}))
    assert reader.mask({"field": "clv", "op": "top_share", "value": 0.25}).tolist() == [
        True,
        False,
        False,
        False,
        False,
    ]
    assert reader.mask({"field": "clv", "op": "top_share", "value": 0.3}).tolist() == [True, False, True, True, False]
    assert reader.mask({"field": "clv", "op": "top_share", "value": 1}).tolist() == [True, False, True, True, True]


def test_evidence_names_what_speaks_for_the_customer():
    frame = pd.DataFrame({"orders": [3.0, 0.0], "clv": [10.0, np.nan], "stage": ["STABLE", None], "warned": [1.0, 0.0]})
    trigger = {
        "all": [
            {"field": "stage", "op": "eq", "value": "STABLE"},
            {"any": [{"field": "clv", "op": "ge", "value": 5}, {"field": "orders", "op": "ge", "value": 9}]},
            {"not": {"field": "warned", "op": "is_false"}},
        ]
    }
    said = Reader(frame).evidence(trigger, np.array([0]))
    assert list(said) == ["stage", "clv", "orders"]
    assert [bool(holds[0]) for _, holds in said.values()] == [True, True, False]
    assert said["stage"][0].tolist() == ["STABLE"] and said["clv"][0].tolist() == [10.0]


def test_money_of_the_night_is_read_in_plain_units():
    from customers.book import UNIT

    lowest = np.iinfo(np.int64).min
    frame = pd.DataFrame({"profit_12m": np.array([5 * UNIT, lowest], dtype="i8")})
    assert Reader(frame).mask({"field": "profit_12m", "op": "ge", "value": 5}).tolist() == [True, False]
    assert Reader(frame).mask({"field": "profit_12m", "op": "missing"}).tolist() == [False, True]


BAD = [
    ([], "not_an_object"),
    ({"all": []}, "empty_list"),
    ({"all": [{}]}, "not_an_object"),
    ({"all": {"field": "clv"}}, "empty_list"),
    ({"all": [{"field": "clv", "op": "ge", "value": 1}], "any": []}, "mixed"),
    ({"field": "clv"}, "unknown_key"),
    ({"field": "clv", "op": "ge", "value": 1, "extra": 2}, "unknown_key"),
    ({"field": "salary", "op": "ge", "value": 1}, "unknown_field"),
    ({"field": ["clv"], "op": "ge", "value": 1}, "unknown_field"),
    ({"field": "clv", "op": "like", "value": 1}, "unknown_op"),
    ({"field": "clv", "op": "in", "value": [1]}, "op_kind"),
    ({"field": "stage", "op": "ge", "value": 1}, "op_kind"),
    ({"field": "warned", "op": "is_true", "value": True}, "value_unwanted"),
    ({"field": "clv", "op": "ge"}, "value_missing"),
    ({"field": "stage", "op": "in", "value": "STABLE"}, "list_wanted"),
    ({"field": "stage", "op": "in", "value": []}, "list_wanted"),
    ({"field": "clv", "op": "ge", "value": "5"}, "number_wanted"),
    ({"field": "clv", "op": "ge", "value": True}, "number_wanted"),
    ({"field": "clv", "op": "ge", "value": float("nan")}, "number_wanted"),
    ({"field": "clv", "op": "top_share", "value": 1.5}, "share_range"),
    ({"field": "clv", "op": "top_share", "value": 0}, "share_range"),
    ({"field": "industry", "op": "eq", "value": 5}, "text_wanted"),
    ({"field": "stage", "op": "eq", "value": ["STABLE"]}, "text_wanted"),
    ({"field": "stage", "op": "in", "value": ["SUNSET"]}, "unknown_code"),
    ({"all": [{"field": "orders", "op": "ge", "value": n} for n in range(41)]}, "too_many"),
]


@pytest.mark.parametrize(("trigger", "code"), BAD, ids=[f"{code}-{n}" for n, (_, code) in enumerate(BAD)])
def test_what_cannot_be_read_is_refused_with_a_reason(trigger, code):
    with pytest.raises(TriggerError) as caught:
        triggers.validate(trigger)
    assert caught.value.code == code
    for language, full_stop in (("en", "."), ("zh-hans", "。")):
        with translation.override(language):
            said = problem(caught.value)
        assert "%(" not in said and said.endswith(full_stop)


def test_deep_nesting_is_refused():
    trigger = {"field": "clv", "op": "ge", "value": 1}
    for _ in range(triggers.DEEPEST):
        trigger = {"not": trigger}
    with pytest.raises(TriggerError) as caught:
        triggers.validate(trigger)
    assert caught.value.code == "too_deep"


def test_every_problem_has_words_and_every_field_a_kind():
    senseless = {
        "circle",
        "contradiction",
        "too_wide",
        "unknown_work",
    }  # readable, but refused: see test_retention_sense
    assert {code for _, code in BAD} | {"too_deep"} | senseless == set(PROBLEMS)
    assert set(facts.KINDS.values()) == set(triggers.OPS)


def test_derived_fields():
    frame = pd.DataFrame(
        {
            "tier": ["FRIEND", "FRIEND", ""],
            "proposed_tier": ["PARTNER", "FRIEND", ""],
            "days_since_order": [30.0, 5.0, np.nan],
            "care_post_days": [40.0, 2.0, np.nan],
            "gap_days": [20.0, 0.0, np.nan],
            "recent_amount": [60.0, 1.0, np.nan],
            "before_amount": [120.0, 0.0, np.nan],
            "satisfaction": [3.0, 5.0, np.nan],
            "satisfaction_before": [5.0, np.nan, np.nan],
            "referrals": [2.0, 0.0, np.nan],
            "referrals_converted": [1.0, 0.0, np.nan],
            "amount_12m": [100.0, 0.0, 0.0],
            "profit_12m": [25.0, 0.0, np.nan],
            "first_day": [700_000, 699_999, facts.NO_DAY],
            "stage_since": [700_090, facts.NO_DAY, facts.NO_DAY],
        }
    )
    found = facts.derive(frame, 700_100, "LARGE")
    expected = {
        "days_in_stage": [10, None, None],
        "tenure_days": [100, 101, None],
        "gap_ratio": [1.5, None, None],
        "amount_trend": [0.5, None, None],
        "satisfaction_fall": [2, None, None],
        "open_referrals": [1, 0, None],
        "margin_12m": [0.25, None, None],
        "uncared_order": [1, 0, None],
    }
    for name, values in expected.items():
        assert [None if value != value else value for value in found[name].tolist()] == values, name
    assert found["proposal_open"].tolist() == [True, False, False]
    assert list(found["firm_size"]) == ["LARGE"] * 3
