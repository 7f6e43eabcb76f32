"""The floor of a night: one GROUP BY over the lines, its result out by COPY, 25 columns in by COPY. Nothing else."""

import io
import time

from django.db import connection

GROUP = """SELECT customer_id, min(date), max(date), count(DISTINCT order_no), sum(quantity), sum(amount),
    sum(amount - cost), sum(service_cost), count(DISTINCT category_id)
    FROM customers_transaction WHERE date <= %s GROUP BY customer_id"""
COLUMNS = 25


def measure(as_of):
    """Seconds of the floor, as (group and copy out, copy in)."""
    out = io.BytesIO()
    with connection.cursor() as cursor:
        begin = time.perf_counter()
        query = cursor.mogrify(GROUP, [as_of]).decode()
        cursor.copy_expert(f"COPY ({query}) TO STDOUT", out)
        grouped = time.perf_counter() - begin
        rows = _results(out.getvalue())
        cursor.execute("DROP TABLE IF EXISTS floor_results")
        names = ", ".join(f"c{i} float8" for i in range(COLUMNS - 1))
        cursor.execute(f"CREATE UNLOGGED TABLE floor_results (customer_id bigint, {names})")
        begin = time.perf_counter()
        cursor.copy_expert("COPY floor_results FROM STDIN", rows)
        copied = time.perf_counter() - begin
        cursor.execute("DROP TABLE floor_results")
    return grouped, copied


def _results(text):
    """As many rows as customers came out, 25 columns each: what a night must at least write."""
    tail = b"\t" + b"\t".join(b"%d.123456" % i for i in range(COLUMNS - 1))
    return io.BytesIO(b"\n".join(line.split(b"\t", 1)[0] + tail for line in text.splitlines()) + b"\n")
