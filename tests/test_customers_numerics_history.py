"""Behaviour from purchase days against a walk through them one by one."""

from datetime import date

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from customers.book import Days
from customers.numerics import history

AS_OF = date(2024, 2, 29)
TODAY = AS_OF.toordinal()
MONEY = ("amount", "profit", "costed", "quantity", "service")
EDGES = [TODAY, TODAY - 364, TODAY - 365, TODAY - 729, TODAY - 730]  # where the two years begin and end
WHOLE = st.integers(-(10**15), 10**15)
DAY = st.tuples(
    st.integers(0, 4),
    st.sampled_from(EDGES) | st.integers(TODAY - 1000, TODAY),
    st.integers(0, 5),
    st.booleans(),
    *[WHOLE] * len(MONEY),
)


def days_of(rows):
    rows = sorted({row[:2]: row for row in rows}.values())
    position, day, orders, bought, *money = [list(column) for column in zip(*rows, strict=True)] or [[]] * 9
    whole = {name: np.array(values, dtype="i8") for name, values in zip(MONEY, money, strict=True)}
    kept = Days(np.array(position, "i8"), np.array(day, "i4"), np.array(orders, "i4"), np.array(bought, bool), **whole)
    return rows, kept


def walked(rows, customer):
    """What `measure` says of a customer, one day after the other."""
    own = [row for row in rows if row[0] == customer]
    year = [row for row in own if row[1] > TODAY - 365]
    before = [row for row in own if TODAY - 730 < row[1] <= TODAY - 365]
    bought = [row for row in own if row[3]]
    told = {"orders": sum(row[2] for row in own), "purchase_days": len(bought)}
    for place, name in enumerate(MONEY, 4):
        told |= {f"{name}_u": sum(row[place] for row in own), f"{name}_12m_u": sum(row[place] for row in year)}
    told |= {"amount_prev_u": sum(row[4] for row in before), "orders_12m": sum(row[2] for row in year)}
    told |= {"days_12m": sum(row[3] for row in year), "days_prev": sum(row[3] for row in before)}
    for name, some in (("day", own), ("bought", bought)):
        told |= {f"first_{name}": some[0][1] if some else history.NO_DAY}
        told |= {f"last_{name}": some[-1][1] if some else history.NO_DAY}
    return told


@given(st.lists(DAY, max_size=40))
def test_sums_counts_and_edges_of_every_customer(rows):
    rows, days = days_of(rows)
    found = history.measure(days, 5, AS_OF)
    expected = [walked(rows, customer) for customer in range(5)]
    assert set(found.columns) == set(expected[0])
    assert found.to_dict("records") == [{name: told[name] for name in found.columns} for told in expected]


def test_facts_are_completed_apart_from_the_frame_they_came_in():
    """The rows are the caller's: what is made complete is another frame."""
    _, days = days_of([(0, TODAY, 1, True, 100, 50, 100, 10, 0)])
    frame = history.measure(days, 1, AS_OF)
    names = {name for group in history.ZERO_WHEN_KEPT.values() for name in group} | set(history.ALWAYS_ZERO)
    for name in (
        *names,
        "service_cost_facts",
        "last_contact_epoch",
        "spending_capacity",
        "category_demand",
        "owner_id",
    ):
        frame[name] = np.nan
    for name in ("industry", "region", "scale"):
        frame[name] = np.array(["x"], dtype=object)
        frame[name] = frame[name].astype("category")
    before = frame.copy()
    done = history.completed(frame, frozenset({"costed", "case"}), AS_OF, "Asia/Shanghai")
    assert frame.equals(before)
    assert (done["cases_open"].item(), np.isnan(done["referrals"].item()), done["complete"].item()) == (0.0, True, 0.5)
