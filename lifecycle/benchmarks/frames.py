"""The door through which the benchmarks read: two years of purchases per customer, and service cost by year."""

from datetime import timedelta

import numpy as np
import pandas as pd
from django.core.exceptions import EmptyResultSet
from django.db import connection

from customers import copying
from customers.book import UNIT
from customers.dialect import flag, integer, ordinal, units

YEAR = 365
SUMS = ("amount", "profit", "bought", "amount_prev", "profit_prev", "bought_prev")


def _chosen(visible):
    """The visible customers as a subquery with its parameters; None where there can be none."""
    try:
        return visible.order_by().values("pk").query.sql_with_params()
    except EmptyResultSet:
        return None


def read_years(visible, as_of):
    """Per customer who ever bought by as_of: amount, profit and purchase days of the last 365 days and of the 365
    before (_prev), returning (bought before the last year), tenure in days, categories bought by a year ago."""
    chosen = _chosen(visible)
    if chosen is None:
        return pd.DataFrame(columns=[*SUMS, "returning", "tenure", "categories"], dtype="f8")
    where, params = chosen
    now, then = as_of - timedelta(days=YEAR), as_of - timedelta(days=2 * YEAR)
    last, before = "date > %s", "date > %s AND date <= %s"
    bought = flag("bought")
    sums, values = [], []
    for condition, edges in ((last, [now]), (before, [then, now])):
        for column in ("amount", "gross_profit", f"CASE WHEN {bought} THEN 1 ELSE 0 END"):
            sums.append(integer(f"sum(CASE WHEN {condition} THEN {column} ELSE 0 END)"))
            values += edges
    sql = f"""SELECT {integer("customer_id")}, {ordinal(f"min(CASE WHEN {bought} THEN date END)")}, {", ".join(sums)}
        FROM customers_purchaseday WHERE date <= %s AND customer_id IN ({where})
        GROUP BY customer_id HAVING max(CASE WHEN {bought} THEN 1 ELSE 0 END) = 1 ORDER BY customer_id"""
    names = dict.fromkeys(["customer", "first", *SUMS], "int8")
    frame = pd.DataFrame(copying.read_numbers(connection, sql, [*values, as_of, *params], names))
    for name in ("amount", "profit", "amount_prev", "profit_prev"):
        frame[name] = frame[name] / UNIT
    frame["tenure"] = as_of.toordinal() - frame["first"]
    frame["returning"] = frame["first"] <= now.toordinal()
    frame["categories"] = _categories(frame["customer"].to_numpy(), now)
    return frame


def _categories(customers, until):
    """Number of categories bought by a date, aligned with the customers (ascending)."""
    sql = f"""SELECT {integer("customer_id")}, {integer("count(*)")} FROM customers_categoryfirst WHERE first <= %s
        GROUP BY customer_id"""
    rows = copying.read_numbers(connection, sql, [until], {"customer": "int8", "n": "int8"})
    found = pd.Series(rows["n"], index=rows["customer"]).reindex(customers)
    return found.fillna(0).to_numpy()


def read_service(visible, as_of, years=5):
    """Service cost by year as a customer: (year from 0, total cost, customers who lived the whole year)."""
    chosen = _chosen(visible)
    if chosen is None:
        return []
    where, params = chosen
    bought, amount = flag("bought"), units("amount")
    sql = f"""SELECT {integer(f"({ordinal('s.date')} - f.day) / {YEAR}")}, {integer("sum(s.cost)")} FROM (
            SELECT customer_id, date, service_cost AS cost FROM customers_purchaseday WHERE date <= %s
            UNION ALL SELECT customer_id, date, {amount} FROM customers_servicecost WHERE date <= %s) s
        JOIN (SELECT customer_id, {ordinal("min(date)")} AS day FROM customers_purchaseday
            WHERE {bought} AND date <= %s AND customer_id IN ({where}) GROUP BY customer_id) f
            ON f.customer_id = s.customer_id
        WHERE {ordinal("s.date")} >= f.day AND f.day + ({ordinal("s.date")} - f.day) / {YEAR} * {YEAR} + {YEAR} <= %s
        GROUP BY 1 ORDER BY 1"""
    today = as_of.toordinal()
    rows = copying.read_numbers(
        connection, sql, [as_of, as_of, as_of, *params, today], {"year": "int8", "cost": "int8"}
    )
    lived = _lived(where, params, bought, as_of)
    return [
        (int(year), float(cost) / UNIT, int((lived >= (year + 1) * YEAR).sum()))
        for year, cost in zip(rows["year"], rows["cost"], strict=True)
        if year < years
    ]


def _lived(where, params, bought, as_of):
    """Days since the first purchase of every visible customer."""
    sql = f"""SELECT {ordinal("min(date)")} FROM customers_purchaseday
        WHERE {bought} AND date <= %s AND customer_id IN ({where}) GROUP BY customer_id"""
    rows = copying.read_numbers(connection, sql, [as_of, *params], {"first": "int8"})
    return as_of.toordinal() - np.asarray(rows["first"])
