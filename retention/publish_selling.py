"""The door through which the night writes offers: all of them anew, inside the publishing transaction."""

from django.db import connection

from customers import copying
from retention.models import SellingReport

TABLE = "retention_offer"


def write_offers(night, columns, report):
    """Replace every offer and the report; answers the count."""
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {TABLE}")
    count = len(columns["customer_id"][1])
    if count:
        copying.write_rows(connection, TABLE, columns)
    SellingReport.objects.update_or_create(pk=1, defaults={"as_of": night.as_of, "content": report})
    return {"offers": count}
