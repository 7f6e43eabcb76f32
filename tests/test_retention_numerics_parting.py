"""Lost by silence, recover or release, grounds to part: against a slow second implementation, and by example."""

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from retention.numerics import parting
from tests.oracles import retention_parting as oracle

NAN = float("nan")
number = st.sampled_from([NAN, -5.0, 0.0, 1.0, 2.0, 3.0, 4.0, 60.0, 179.0, 180.0, 240.0, 365.0, 800.0])
ROW = st.fixed_dictionaries(
    {
        "stage": st.sampled_from(["DECLINE", "DECLINE", "STABLE"]),
        "quadrant": st.sampled_from(["HH", "HL", "LH", "LL", "UNSCORED"]),
        "level": st.sampled_from(["HIGH", "ORDINARY", "LOW", ""]),
        "sublevel": st.sampled_from(["", "KEY", "DISCREDITED", "POOR"]),
        "restricted": st.booleans(),
        "exited": st.booleans(),
    }
    | dict.fromkeys(
        (
            "days_since_order", "gap_days", "profit_12m", "gross_profit", "service_cost", "overdue_days",
            "overdue_count", "complaints_90d", "orders", "tenure_days",
        ),
        number,
    )
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(ROW, st.booleans()), min_size=1, max_size=12))
def test_the_arrays_say_what_the_slow_rules_say(rows):
    frame = pd.DataFrame([row for row, _gone in rows])
    gone = np.array([gone for _row, gone in rows])
    assert parting.lost(frame, 4, 180).tolist() == [oracle.lost(row, 4, 180) for row, _ in rows]
    choice, reason = parting.advise(frame, gone)
    assert list(zip(choice, reason, strict=True)) == [oracle.advise(row, gone) for row, gone in rows]
    assert parting.grounds(frame).tolist() == [oracle.ground(row) for row, _ in rows]


def frame_of(**fields):
    base = {"stage": "DECLINE", "quadrant": "LL", "level": "LOW", "sublevel": "", "restricted": False, "exited": False}
    return pd.DataFrame([base | fields])


def test_silence_counts_in_own_gaps_but_not_before_half_a_year():
    """A customer who orders monthly is lost after 180 days, one who orders every 100 days after 400."""
    days = pd.DataFrame({"days_since_order": [179, 180, 399, 400], "gap_days": [30, 30, 100, 100], "exited": [0] * 4})
    assert parting.lost(days, 4, 180).tolist() == [False, True, False, True]


def test_evidence_keeps_the_facts_of_its_ground():
    frame = frame_of(restricted=True, overdue_days=200, overdue_count=1, receivable_open=1234.5678)
    found = parting.grounds(frame)
    assert found.tolist() == ["DISCREDITED"]
    assert parting.evidence(frame, [0], found) == [
        {"overdue_days": 200.0, "overdue_count": 1.0, "receivable_open": 1234.57}
    ]
