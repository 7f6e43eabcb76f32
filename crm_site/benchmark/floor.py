"""The floor of a night: one GROUP BY over the lines, its result out by COPY, the results of a night in by COPY.

The results are the rows that the latest night published, all columns of Standing, into a bare unlogged table. The 25
plain columns of earlier tables are measured beside them: they were what a night published when the promise was made.
"""

import io
import time

from django.db import connection

from customers.models import Night, Standing

GROUP = """SELECT customer_id, min(date), max(date), count(DISTINCT order_no), sum(quantity), sum(amount),
    sum(amount - cost), sum(service_cost), count(DISTINCT category_id)
    FROM customers_transaction WHERE date <= %s GROUP BY customer_id"""
PLAIN = 25


def measure(as_of):
    """Seconds of the parts of the floor: group (and COPY out), copy_in (the results), plain_in (25 columns)."""
    out = io.BytesIO()
    with connection.cursor() as cursor:
        query = cursor.mogrify(GROUP, [as_of]).decode()
        begin = time.perf_counter()
        cursor.copy_expert(f"COPY ({query}) TO STDOUT", out)
        grouped = time.perf_counter() - begin
        return {
            "group": grouped,
            "copy_in": _copied(cursor, f"LIKE {Standing._meta.db_table}", _published(cursor), "(FORMAT binary)"),
            "plain_in": _copied(cursor, _plain_columns(), _plain_rows(out.getvalue())),
        }


def columns():
    """How many columns the results have."""
    return len([field for field in Standing._meta.concrete_fields if field.column])


def _copied(cursor, definition, rows, form=""):
    """Seconds of COPY into a fresh unlogged table."""
    cursor.execute("DROP TABLE IF EXISTS floor_results")
    cursor.execute(f"CREATE UNLOGGED TABLE floor_results ({definition})")
    begin = time.perf_counter()
    cursor.copy_expert(f"COPY floor_results FROM STDIN {form}", rows, 1 << 20)
    seconds = time.perf_counter() - begin
    cursor.execute("DROP TABLE floor_results")
    return seconds


def _published(cursor):
    """What the latest complete night published, as the client would send it."""
    night, out = Night.objects.filter(rows__gt=0).order_by("-as_of", "-id").first(), io.BytesIO()
    cursor.copy_expert(f"COPY {Standing._meta.db_table}_n{night.pk} TO STDOUT (FORMAT binary)", out)
    out.seek(0)
    return out


def _plain_columns():
    return "customer_id bigint, " + ", ".join(f"c{i} float8" for i in range(PLAIN - 1))


def _plain_rows(text):
    """As many rows as customers came out, 25 columns each."""
    tail = b"\t" + b"\t".join(b"%d.123456" % i for i in range(PLAIN - 1))
    return io.BytesIO(b"\n".join(line.split(b"\t", 1)[0] + tail for line in text.splitlines()) + b"\n")
