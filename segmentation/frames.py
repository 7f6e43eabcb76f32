"""The door to the database in bulk: experts' scores for the night, columns of numbers for the pictures."""

import numpy as np
import pandas as pd
from django.core.exceptions import EmptyResultSet
from django.db import connection

from customers import copying


def read_expert_scores(as_of, customer_ids):
    """Mean over scorers of their latest scores up to as_of: a column per indicator code, aligned with the ids."""
    cast = "({})::float8" if connection.vendor == "postgresql" else "CAST({} AS REAL)"
    sql = f"""SELECT s.customer_id, s.indicator_id, {cast.format("avg(s.score)")}
        FROM segmentation_expertscore s WHERE s.date <= %s AND NOT EXISTS (
            SELECT 1 FROM segmentation_expertscore n WHERE n.customer_id = s.customer_id
            AND n.indicator_id = s.indicator_id AND n.date <= %s AND n.date > s.date
            AND (n.scorer_id = s.scorer_id OR (n.scorer_id IS NULL AND s.scorer_id IS NULL)))
        GROUP BY s.customer_id, s.indicator_id"""
    kinds = {"customer": "int8", "indicator": "int8", "score": "float8"}
    rows = pd.DataFrame(copying.read_numbers(connection, sql, [as_of, as_of], kinds))
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, code FROM segmentation_indicator")
        codes = dict(cursor.fetchall())
    wide = rows.pivot(index="customer", columns="indicator", values="score").reindex(customer_ids)
    return wide.rename(columns=codes)


def read_floats(queryset, **columns):
    """Columns of float expressions as arrays, without building a row in Python on PostgreSQL.

    columns: name -> expression whose output is a FloatField and never NULL in the rows of the queryset.
    """
    try:
        sql, params = queryset.order_by().values_list(*columns.values()).query.sql_with_params()
    except EmptyResultSet:
        return {name: np.zeros(0) for name in columns}
    return copying.read_numbers(connection, sql, params, dict.fromkeys(columns, "float8"))
