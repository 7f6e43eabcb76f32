"""The key of a standing is by customer, then night, on PostgreSQL: one index less to write every night.

Within a night's partition that is the order of customers, and across nights what `standing_customer` was for. SQLite
has one table, whose key must begin with the night: it keeps the index beside it.
"""

from django.db import migrations

BY_CUSTOMER = [
    "ALTER TABLE customers_standing DROP CONSTRAINT customers_standing_pkey",
    "DROP INDEX standing_customer",
    "ALTER TABLE customers_standing ADD CONSTRAINT standing_customer PRIMARY KEY (customer_id, night_id)",
]
BY_NIGHT = [
    "ALTER TABLE customers_standing DROP CONSTRAINT standing_customer",
    "CREATE INDEX standing_customer ON customers_standing (customer_id, night_id)",
    "ALTER TABLE customers_standing ADD CONSTRAINT customers_standing_pkey PRIMARY KEY (night_id, customer_id)",
]


def by_customer(apps, schema_editor):
    _run(schema_editor, BY_CUSTOMER)


def by_night(apps, schema_editor):
    _run(schema_editor, BY_NIGHT)


def _run(schema_editor, statements):
    for statement in statements if schema_editor.connection.vendor == "postgresql" else ():
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("customers", "0024_packed_vectors")]

    operations = [migrations.RunPython(by_customer, by_night)]
