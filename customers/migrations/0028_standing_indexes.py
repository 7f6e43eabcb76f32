"""Indexes of a night's partition leave the night out on PostgreSQL: it is the same for every row of it.

They are smaller, and sorted by their own first column at once. SQLite has one table: its indexes begin with the night.
"""

from django.db import migrations

COLUMNS = {
    "standing_total": "total_score DESC, customer_id",
    "standing_clv": "clv DESC, customer_id",
    "standing_quadrant": "quadrant, total_score DESC",
    "standing_stage": "stage, total_score DESC",
}


def without_night(apps, schema_editor):
    _built(schema_editor, "")


def with_night(apps, schema_editor):
    _built(schema_editor, "night_id, ")


def _built(schema_editor, first):
    if schema_editor.connection.vendor == "postgresql":
        for name, columns in COLUMNS.items():
            schema_editor.execute(f"DROP INDEX {name}")
            schema_editor.execute(f"CREATE INDEX {name} ON customers_standing ({first}{columns})")


class Migration(migrations.Migration):
    dependencies = [("customers", "0027_clv_by_rule")]

    operations = [migrations.RunPython(without_night, with_night)]
