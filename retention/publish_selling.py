"""The door through which the night writes offers: all of them anew, inside the publishing transaction."""

from django.db import OperationalError, connection, transaction

from customers import copying
from customers.dialect import postgres
from retention.models import SellingReport

TABLE = "retention_offer"


def write_offers(night, columns, report):
    """Replace every offer and the report; answers the count."""
    _clear()
    count = len(columns["customer_id"][1])
    if count:
        copying.write_rows(connection, TABLE, columns)
    SellingReport.objects.update_or_create(pk=1, defaults={"as_of": night.as_of, "content": report})
    return {"offers": count}


def _clear():
    """No offer is left. A table that nobody reads just now is emptied at once: deleted rows would stay in it, and every
    new one be held against them. Whoever comes meanwhile waits for the end of the transaction, of which this is the
    last step; a reader who was first is not waited for."""
    if postgres():
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(f"LOCK TABLE {TABLE} IN ACCESS EXCLUSIVE MODE NOWAIT")
                cursor.execute(f"TRUNCATE {TABLE}")
            return
        except OperationalError:
            pass  # somebody is reading
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {TABLE}")
