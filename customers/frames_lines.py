"""What the night reads of order lines beyond the purchase days: business lines, and the totals for the self-check."""

from datetime import timedelta

import numpy as np
import pandas as pd
from django.db import connection

from customers import copying, dialect
from customers.book import UNIT, Categories, positions
from customers.dialect import integer, postgres

# Categories bought after the date as well, and in the year up to it. They are few, and each is looked up: where
# EXISTS stands for the count, the planner reads the lines of the whole year instead.
BOUGHT_AGAIN = """SELECT f.customer_id, f.category_id FROM customers_categoryfirst f
    WHERE f.first <= %s AND f.last > %s AND (f.first > %s OR (
        SELECT count(*) FROM customers_transaction t LEFT JOIN customers_product p ON p.id = t.product_id
        WHERE t.customer_id = f.customer_id AND t.date > %s AND t.date <= %s
        AND coalesce(t.category_id, p.category_id) = f.category_id
        AND (t.amount > 0 OR (t.amount = 0 AND t.quantity > 0))) > 0)"""


def read_categories(as_of):
    """Rows of every pair of a customer and a business line that it had bought by as_of, as arrays.

    And the customers of the pairs bought after as_of as well as in the 365 days up to it, an id for each pair.
    """
    sql = f"""SELECT {integer("customer_id")}, {integer("category_id")}, {dialect.day("first")},
        {dialect.day("last")} FROM customers_categoryfirst WHERE first <= %s"""
    kinds = {"customer": "int8", "category": "int8", "first": "date", "last": "date"}
    rows = copying.read_numbers(connection, sql, [as_of], kinds)
    if not (rows["last"] > as_of.toordinal()).any():  # only nights of the past see later purchases
        return rows, np.zeros(0, dtype="i8")
    since = as_of - timedelta(days=365)
    with connection.cursor() as cursor:
        cursor.execute(BOUGHT_AGAIN, copying.bound(connection, [as_of, as_of, since, since, as_of]))
        return rows, np.array([customer for customer, _ in cursor.fetchall()], dtype="i8")


def categories_of(rows, customer_ids):
    """The rows of `read_categories` as Categories, each customer by its position among the ascending ids."""
    return Categories(positions(customer_ids, rows["customer"]), rows["category"], rows["first"], rows["last"])


def category_counts(as_of, customer_ids, categories, again):
    """How many business lines each customer bought, ever and in the last 365 days; NaN where none.

    again: the customers of the pairs whose last purchase lies after as_of and hides one of these days.
    """
    size, today = len(customer_ids), as_of.toordinal()
    ever = np.bincount(categories.position, minlength=size).astype("f8")
    recent = (categories.last > today - 365) & (categories.last <= today)
    year = np.bincount(categories.position[recent], minlength=size).astype("f8")
    year += np.bincount(np.searchsorted(customer_ids, again), minlength=size)
    none = ever == 0
    ever[none] = year[none] = np.nan
    return pd.DataFrame({"categories": ever, "categories_12m": year})


def line_totals(as_of):
    """Lines up to as_of, and their exact amount and quantity (1/UNIT)."""
    total = f"coalesce(round(sum({{}}) * {UNIT}), 0)" if postgres() else f"coalesce(sum({dialect.units('{}')}), 0)"
    sql = f"""SELECT count(*), {total.format("amount")}, {total.format("quantity")}
        FROM customers_transaction WHERE date <= %s"""
    with connection.cursor() as cursor:
        cursor.execute(sql, [as_of])
        return tuple(int(value) for value in cursor.fetchone())
