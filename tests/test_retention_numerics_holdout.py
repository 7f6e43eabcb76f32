"""Holding out: blocks that keep their share, arms that anybody can repeat, and who is never left alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention.numerics import holdout
from retention.numerics.holdout import Trial
from tests.oracles import retention_proof as oracle
from tests.retention_world import frame_of

SHARES = st.sampled_from([5, 10, 15, 20, 25, 30, 33, 35, 40, 45, 50])


@given(share=SHARES)
def test_a_block_is_the_smallest_that_holds_out_a_whole_number(share):
    size, held = holdout.block_of(share)
    assert held * 100 == share * size
    assert all(share * smaller % 100 for smaller in range(1, size))


@given(
    seed=st.integers(0, 2**62), share=SHARES, first=st.integers(0, 60),
    labels=st.lists(st.sampled_from(["HH/HIGH/FRIEND", "LL/LOW/-", "客户"]), min_size=1, max_size=40),
)  # fmt: skip
def test_arms_equal_the_slow_reading_one_customer_at_a_time(seed, share, first, labels):
    slot = holdout.slots(labels, {"客户": first})
    arms = holdout.arms(seed, 7, share, labels, slot)
    assert arms.tolist() == [
        oracle.arm(seed, 7, share, label, place) for label, place in zip(labels, slot.tolist(), strict=True)
    ]


def test_the_generator_is_the_published_one():
    # First numbers of SplitMix64 from state 1234567, as in the reference code's test vectors (Vigna).
    wanted = [6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431, 16408922859458223821]
    assert oracle.splitmix(1234567, 5) == wanted


@given(seed=st.integers(0, 2**62), share=SHARES, nights=st.lists(st.integers(0, 30), min_size=1, max_size=12))
def test_whatever_the_nights_bring_every_stratum_keeps_its_share_to_less_than_a_block(seed, share, nights):
    size, held_of = holdout.block_of(share)
    taken, arms = {}, []
    for count in nights:
        labels = np.full(count, "S", dtype=object)
        slot = holdout.slots(labels, taken)
        arms += holdout.arms(seed, 1, share, labels, slot).tolist()
        taken["S"] = taken.get("S", 0) + count
    full, rest = divmod(len(arms), size)
    least, most = full * held_of + max(0, held_of - (size - rest)), full * held_of + min(held_of, rest)
    assert least <= sum(arms) <= most
    for block in range(full):
        assert sum(arms[block * size : (block + 1) * size]) == held_of


def test_every_place_of_a_block_is_held_out_as_often_as_every_other():
    arms = holdout.arms(11, 3, 20, ["S"] * 20_000, np.arange(20_000)).reshape(-1, 5)
    counts = arms.sum(axis=0)
    # 4,000 blocks, each place with chance 1/5: mean 800, deviation 25.3; five places within 4 deviations.
    assert counts.sum() == 4_000 and np.abs(counts - 800).max() < 4 * 25.3
    other = holdout.arms(12, 3, 20, ["S"] * 20_000, np.arange(20_000))
    assert 0.15 < (other & arms.ravel()).mean() / 0.2 < 0.25  # another seed, other customers


CUSTOMERS = st.lists(
    st.fixed_dictionaries(
        {
            "tier": st.sampled_from(["STRANGER", "FRIEND", "PARTNER", ""]),
            "level": st.sampled_from(["HIGH", "ORDINARY", "LOW", ""]),
            "cases_open": st.sampled_from([0.0, 1.0, np.nan]),
            "complaints_90d": st.sampled_from([0.0, 2.0, np.nan]),
        }
    ),
    min_size=1,
    max_size=12,
)


@given(rows=CUSTOMERS, complaints=st.booleans(), partners=st.booleans(), high=st.booleans())
def test_complaints_partners_and_the_high_level_are_never_held_out_unless_allowed(rows, complaints, partners, high):
    trial = Trial(20, "BOUGHT", 90, complaints, partners, high)
    wanted = [
        (complaints or not (row["cases_open"] > 0 or row["complaints_90d"] > 0))
        and (partners or row["tier"] != "PARTNER")
        and (high or row["level"] != "HIGH")
        for row in rows
    ]
    assert holdout.eligible(frame_of(rows), trial).tolist() == wanted


def test_strata_are_the_codes_of_the_axes():
    frame = frame_of([{"quadrant": "HH", "tier": "FRIEND"}, {"quadrant": "", "level": "LOW"}])
    assert holdout.strata(frame, ["quadrant", "level", "tier"]).tolist() == ["HH/ORDINARY/FRIEND", "-/LOW/ACQUAINTANCE"]
    assert holdout.strata(frame, ["tier"]).tolist() == ["FRIEND", "ACQUAINTANCE"]
    assert holdout.strata(frame, []).tolist() == ["", ""]


def _when(field, op, value=None):
    return {"field": field, "op": op} | ({} if value is None else {"value": value})


@pytest.mark.parametrize(
    "trigger, wanted",
    [
        ({}, False),
        (_when("last_contact_days", "ge", 30), False),
        (_when("cases_open", "ge", 1), True),
        (_when("complaints_90d", "gt", 0), True),
        (_when("cases_open", "eq", 0), False),
        (_when("cases_open", "lt", 1), False),
        ({"not": _when("cases_open", "ge", 1)}, False),
        ({"not": _when("cases_open", "lt", 1)}, True),
        (_when("cases_open", "present"), False),
        (_when("complaints_90d", "top_share", 0.1), True),
        ({"any": [_when("last_contact_days", "ge", 30), _when("cases_overdue", "ge", 1)]}, True),
        ({"all": [_when("last_contact_days", "ge", 30), _when("complaints_90d", "le", 0)]}, False),
    ],
)
def test_triggers_that_ask_for_a_complaint(trigger, wanted):
    assert holdout.about_complaints(trigger) is wanted
