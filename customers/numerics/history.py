"""Behaviour of every customer from its purchase days, and facts made complete: arrays in, columns out."""

import numpy as np
import pandas as pd

from customers.book import UNIT

YEAR = 365
NO_DAY = np.iinfo(np.int32).min
ZERO_WHEN_KEPT = {
    "referral": ["referrals", "referrals_converted"],
    "contract": ["contract_active", "contract_years"],
    "receivable": ["overdue_days", "overdue_count", "receivable_open"],
    "case": ["cases_open", "cases_overdue", "complaints_90d", "complaints_unanswered"],
    "interaction": ["interactions_12m", "inbound_12m", "competitor_180d"],
    "category": ["categories", "categories_12m"],
}
ALWAYS_ZERO = ["suggestions_due", "buyer_changed_90d", "commitments_due", "commitments_broken"]


def running(values):
    """Running total of whole numbers behind a zero: the rows a to b - 1 sum to total[b] - total[a], exactly."""
    return np.concatenate([np.zeros(1, dtype="i8"), np.cumsum(values, dtype="i8")])


def totals(values, starts):
    """Sum of each customer's days; starts has one entry more than customers."""
    total = running(values)
    return total[starts[1:]] - total[starts[:-1]]


def edge(values, starts, last=False):
    """First (or last) value of each customer's days; NO_DAY where there is none."""
    empty = starts[1:] == starts[:-1]
    if not len(values):
        return np.full(len(starts) - 1, NO_DAY, dtype="i8")
    at = np.where(empty, 0, (starts[1:] - 1) if last else starts[:-1])
    return np.where(empty, NO_DAY, values[np.minimum(at, len(values) - 1)].astype("i8"))


def _first_after(day, line, starts):
    """Index of each customer's first day after `line`; the end of its days where there is none."""
    return starts[:-1] + totals(day <= line, starts)


def measure(days, customers, as_of):
    """Columns per customer: whole-history and 12-month sums, first and last days.

    Money and quantities are int64 in 1/UNIT (names end in _u): amount_u, profit_u, costed_u, quantity_u, service_u,
    with _12m for the last 365 days and _prev for the 365 before. Counts: orders, purchase_days, orders_12m,
    days_12m, days_prev. Days: first_day, last_day (any line), first_bought, last_bought (NO_DAY where none).
    """
    starts, today = days.starts(customers), as_of.toordinal()
    begin, end = starts[:-1], starts[1:]
    year, before = (_first_after(days.day, today - years * YEAR, starts) for years in (1, 2))
    orders, bought = running(days.orders), running(days.bought)
    columns = {"orders": orders[end] - orders[begin], "purchase_days": bought[end] - bought[begin]}
    for name in ("amount", "profit", "costed", "quantity", "service"):
        sums = running(getattr(days, name))
        columns[f"{name}_u"], columns[f"{name}_12m_u"] = sums[end] - sums[begin], sums[end] - sums[year]
        if name == "amount":
            columns["amount_prev_u"] = sums[year] - sums[before]
    columns["orders_12m"] = orders[end] - orders[year]
    columns["days_12m"], columns["days_prev"] = bought[end] - bought[year], bought[year] - bought[before]
    columns["first_day"], columns["last_day"] = edge(days.day, starts), edge(days.day, starts, last=True)
    bought_day, owner = days.day[days.bought], days.position[days.bought]
    bought = np.searchsorted(owner, np.arange(customers + 1))
    columns["first_bought"], columns["last_bought"] = edge(bought_day, bought), edge(bought_day, bought, last=True)
    return pd.DataFrame(columns)


def completed(frame, kinds, as_of, zone):
    """Facts made complete: zero where the firm keeps the kind and the customer has no row, NaN where it does not.

    Adds float columns in plain units: amount, gross_profit (NaN where no cost is known), quantity, service_cost and
    their _12m forms, amount_prev, gross_margin_12m, days_since_order, last_contact_days, complete (share of the
    profile that is filled).
    """
    frame = frame.copy(deep=False)  # columns are replaced, never written to
    for kind, names in ZERO_WHEN_KEPT.items():
        if kind in kinds:
            frame[names] = frame[names].fillna(0.0)
    frame[ALWAYS_ZERO] = frame[ALWAYS_ZERO].fillna(0.0)
    today = as_of.toordinal()
    for name in ("amount", "quantity", "amount_12m", "quantity_12m", "amount_prev"):
        frame[name] = frame[f"{name}_u"] / UNIT
    for suffix in ("", "_12m"):
        # A customer with sales of which no line has a cost has an unknown profit, not a profit of zero.
        unknown = (
            (frame[f"costed{suffix}_u"] == 0) & (frame[f"profit{suffix}_u"] == 0) & (frame[f"amount{suffix}_u"] != 0)
        )
        profit = np.where(unknown | ("costed" not in kinds), np.nan, frame[f"profit{suffix}_u"] / UNIT)
        frame["profit_12m" if suffix else "gross_profit"] = profit
    served = frame["service_u"] / UNIT + frame["service_cost_facts"].fillna(0.0)
    frame["service_cost"] = served if "service" in kinds else np.nan
    frame["days_since_order"] = np.where(frame["last_day"] == NO_DAY, np.nan, today - frame["last_day"])
    contact = (
        pd.to_datetime(frame.pop("last_contact_epoch"), unit="s", utc=True).dt.tz_convert(zone).dt.tz_localize(None)
    )
    frame["last_contact_days"] = (pd.Timestamp(as_of) - contact.dt.normalize()).dt.days.astype("f8")
    filled = [_given(frame[name]) for name in ("industry", "region", "scale")]
    filled += [frame[name].notna() for name in ("spending_capacity", "category_demand", "owner_id")]
    frame["complete"] = np.mean(filled, axis=0)
    return frame


def _given(column):
    """Whether a category column holds anything but the empty text."""
    return (
        (column.cat.categories != "")[column.cat.codes] if len(column.cat.categories) else np.zeros(len(column), bool)
    )
