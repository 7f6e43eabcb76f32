"""Records of customers that change in bulk: what single edits write one by one, written set by set."""

import json

from django.db import connection

from customers.dialect import postgres
from customers.models import Customer
from customers.publish_staging import run

OF_ONE_IMPORT = "SELECT object_id FROM customers_importundo WHERE job_id = %s AND model = 'customer'"
RECORD = "history_type, history_date, history_user_id, history_change_reason"


def import_reason(job_id, undone=False):
    """The reason that stands with changes of an import; `selectors.history` says it in words."""
    return f"import {job_id}{' undone' if undone else ''}"


def listed(ids):
    """(set, parameters) of given ids, for the functions below."""
    if postgres():
        return "SELECT unnest(%s::bigint[])", [list(ids)]
    return "SELECT value FROM json_each(%s)", [json.dumps(list(ids))]


def begin_history(which, params=()):
    """A first record of customers that came in bulk: without it their first change would show no difference.

    which: a SELECT of ids, run before anything changes.
    """
    _write(
        """'+', c.created_at, NULL, CASE WHEN c.created_by_import_id IS NULL THEN NULL
            ELSE 'import ' || c.created_by_import_id END""",
        f"{which}) AND NOT EXISTS (SELECT 1 FROM {_records()._meta.db_table} h WHERE h.id = c.id",
        params,
    )


def note_history(which, params=(), *, at, by_id, reason):
    """A record of each of these customers as it is now, after a change."""
    moment = connection.ops.adapt_datetimefield_value(at)
    _write("'~', %s, %s, %s", which, [moment, by_id, reason[:100], *params])


def _records():
    return Customer.history.model


def _write(record, which, params):
    columns = [field.column for field in _records().tracked_fields]
    run(
        f"""INSERT INTO {_records()._meta.db_table} ({", ".join(columns)}, {RECORD})
        SELECT {", ".join(f"c.{column}" for column in columns)}, {record}
        FROM customers_customer c WHERE c.id IN ({which})""",
        params,
    )
