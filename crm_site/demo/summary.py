"""What the facts are drawn from: one row of behaviour per customer."""

import numpy as np

from crm_site.demo.lifecycles import DAYS, LEFT


def of(companies, lines):
    """companies with orders, days first/last (NaN without an order), amount (last 365 days) and left."""
    found = lines[lines.quantity > 0].groupby("customer")
    year = lines[lines.day > DAYS - 365].groupby("customer").amount.sum()
    frame = companies.assign(
        orders=found.order_no.nunique(), first=found.day.min(), last=found.day.max(), amount=year
    ).fillna({"orders": 0, "amount": 0.0})
    frame["orders"] = frame.orders.astype(int)
    frame["left"] = frame.archetype.isin(LEFT)
    frame["silence"] = np.where(frame.orders > 0, DAYS - frame["last"], np.nan)
    return frame


def some(rng, rows, share):
    """A random share of the rows (positions of a boolean mask or index), as an array of positions."""
    rows = np.flatnonzero(rows) if rows.dtype == bool else np.asarray(rows)
    return rows[rng.random(len(rows)) < share]
