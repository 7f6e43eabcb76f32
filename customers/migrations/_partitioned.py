"""A table that PostgreSQL partitions by night (LIST) and every other database keeps plain."""

from django.db import migrations


class CreatePartitionedModel(migrations.CreateModel):
    """CreateModel, with PARTITION BY LIST (night_id) on PostgreSQL."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.sql_create_table = schema_editor.sql_create_table + " PARTITION BY LIST (night_id)"
            try:
                super().database_forwards(app_label, schema_editor, from_state, to_state)
            finally:
                del schema_editor.sql_create_table
        else:
            super().database_forwards(app_label, schema_editor, from_state, to_state)
