"""The door to the database in bulk: experts' scores for the night, columns of numbers for the pictures."""

import numpy as np
import pandas as pd
from django.db import connection

from customers import copying
from customers.dialect import by_bytes, code, integer, number
from segmentation.numerics import pyramid

VECTORS = ("raw", "z", "points")


def read_expert_scores(as_of, customer_ids):
    """Mean over scorers of their latest scores up to as_of: a column per indicator code, aligned with the ids."""
    sql = f"""SELECT s.customer_id, s.indicator_id, {number("avg(s.score)")}
        FROM segmentation_expertscore s WHERE s.date <= %s AND NOT EXISTS (
            SELECT 1 FROM segmentation_expertscore n WHERE n.customer_id = s.customer_id
            AND n.indicator_id = s.indicator_id AND n.date <= %s AND n.date > s.date
            AND (n.scorer_id = s.scorer_id OR (n.scorer_id IS NULL AND s.scorer_id IS NULL)))
        GROUP BY s.customer_id, s.indicator_id"""
    return _by_indicator(sql, as_of, customer_ids)


def read_manual_values(as_of, customer_ids):
    """The latest values entered by hand up to as_of: a column per indicator code, aligned with the ids."""
    sql = f"""SELECT s.customer_id, s.indicator_id, {number("s.value")}
        FROM segmentation_manualvalue s WHERE s.date <= %s AND NOT EXISTS (
            SELECT 1 FROM segmentation_manualvalue n WHERE n.customer_id = s.customer_id
            AND n.indicator_id = s.indicator_id AND n.date <= %s AND n.date > s.date)"""
    return _by_indicator(sql, as_of, customer_ids)


def _by_indicator(sql, as_of, customer_ids):
    kinds = {"customer": "int8", "indicator": "int8", "value": "float8"}
    rows = pd.DataFrame(copying.read_numbers(connection, sql, [as_of, as_of], kinds))
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, code FROM segmentation_indicator")
        codes = dict(cursor.fetchall())
    wide = rows.pivot(index="customer", columns="indicator", values="value").reindex(customer_ids)
    return wide.rename(columns=codes)


def read_explained(night_id, width, *names, between=None):
    """Customer ids (ascending) of a night that keep an explanation, with some of what it says about them, as arrays.

    names: raw, z, points (each (rows, width): a night's vectors have the width of its indicators) or numbers of
    Standing (NaN where there is none). between: the lowest and the highest id wanted.
    """
    chosen = ", ".join(name if name in VECTORS else number(name) for name in names)
    some, ends = ("AND customer_id BETWEEN %s AND %s", [int(end) for end in between]) if between else ("", [])
    sql = f"""SELECT {integer("customer_id")}, {chosen} FROM customers_standing
        WHERE night_id = %s AND length(points) = 8 * %s {some} ORDER BY customer_id"""
    kinds = {name: width if name in VECTORS else "float8" for name in names}
    return copying.read_numbers(connection, sql, [night_id, width, *ends], {"customer": "int8"} | kinds)


def read_places(night_ids, axis, codes):
    """Where every customer stood on each of these nights: ids (ascending) and places in `codes`, (customers, nights).

    axis: quadrant, level or stage; -1 where there is no standing or no code. One statement for all nights.
    """
    if axis not in ("quadrant", "level", "stage"):
        raise ValueError(f"no axis {axis}")
    position = " ".join(f"WHEN night_id = {int(pk)} THEN {place}" for place, pk in enumerate(night_ids))
    sql = f"""SELECT {integer("customer_id")}, {integer(f"CASE {position} END")}, {code(axis, codes, -1)}
        FROM customers_standing WHERE night_id IN ({", ".join(str(int(pk)) for pk in night_ids)})"""
    rows = copying.read_numbers(connection, sql, [], dict.fromkeys(("customer", "night", "place"), "int8"))
    ids, at = np.unique(rows["customer"], return_inverse=True)
    found = np.full((len(ids), len(night_ids)), -1, dtype=np.int8)
    found[at, rows["night"]] = rows["place"]
    return ids, found


def read_levels(night_id, customer_ids):
    """Level codes of a night, aligned with the ascending ids; "" where there is none."""
    levels = ["", *pyramid.CODES]
    sql = f"SELECT customer_id, {code('level', levels, 0)} FROM customers_standing WHERE night_id = %s"
    rows = copying.read_numbers(connection, sql, [night_id], {"customer": "int8", "level": "int8"})
    found = np.zeros(len(customer_ids), dtype=np.int64)
    at = np.searchsorted(customer_ids, rows["customer"])
    known = np.flatnonzero(at < len(customer_ids))
    known = known[customer_ids[at[known]] == rows["customer"][known]]
    found[at[known]] = rows["level"][known]
    return np.array(levels, dtype=object)[found]


def read_vectors(night_id, name, width):
    """One vector of every standing of a night by ascending customer id: (ids, array (customers, width)), NaN = missing.

    `name`: raw, z or points. A standing without its vector, or with one of another width, is all missing.
    """
    if name not in VECTORS:
        raise ValueError(f"no vector {name}")
    sql = f"""SELECT customer_id, CASE WHEN length({name}) = %s THEN {name} ELSE %s END
        FROM customers_standing WHERE night_id = %s ORDER BY customer_id"""
    blank = np.full(width, np.nan, dtype="<f8").tobytes()
    rows = copying.read_numbers(connection, sql, [len(blank), blank, night_id], {"customer": "int8", name: width})
    return rows["customer"], rows[name]


def read_code_ranks(customer_ids):
    """The place of each customer's code in the order of all codes, aligned with the ascending ids."""
    place = integer(f"row_number() OVER (ORDER BY {by_bytes('code')})")
    sql = f"SELECT id, {place} FROM customers_customer ORDER BY id"
    rows = copying.read_numbers(connection, sql, [], {"id": "int8", "place": "int8"})
    found = np.full(len(customer_ids), np.iinfo(np.int64).max)
    at = np.searchsorted(rows["id"], customer_ids)
    known = np.flatnonzero(at < len(rows["id"]))
    known = known[rows["id"][at[known]] == customer_ids[known]]
    found[known] = rows["place"][at[known]]
    return found
