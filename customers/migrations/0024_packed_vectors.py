"""Vectors of a standing become packed bytes on PostgreSQL too: one format on both engines, and no cost per number."""

from django.db import migrations
from django.db.migrations.exceptions import IrreversibleError

TABLE = "customers_standing"
VECTORS = ("raw", "z", "points")
# As numpy's "<f8", the form SQLite has: the bytes of every number in reverse order of what PostgreSQL sends.
REVERSED = " || ".join(f"substring(sent FROM {place} FOR 1)" for place in range(8, 0, -1))
PACK = f"""CREATE FUNCTION pg_temp.packed(numbers float8[]) RETURNS bytea LANGUAGE plpgsql IMMUTABLE STRICT AS $$
    DECLARE
        bytes bytea := '';
        sent bytea;
        number float8;
    BEGIN
        FOREACH number IN ARRAY numbers LOOP
            sent := float8send(coalesce(number, 'NaN'));
            bytes := bytes || {REVERSED};
        END LOOP;
        RETURN bytes;
    END $$"""


def pack(apps, schema_editor):
    """Rewrite the rows of every night, in one pass; a database made since has the bytes from its first migration."""
    connection = schema_editor.connection
    if connection.vendor != "postgresql" or not _arrays(connection):
        return
    schema_editor.execute(PACK)
    changes = ", ".join(f"ALTER {name} TYPE bytea USING pg_temp.packed({name})" for name in VECTORS)
    schema_editor.execute(f"ALTER TABLE {TABLE} {changes}")
    schema_editor.execute("DROP FUNCTION pg_temp.packed(float8[])")


def _arrays(connection):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT atttypid = 'float8[]'::regtype FROM pg_attribute WHERE attrelid = %s::regclass AND attname = %s",
            [TABLE, VECTORS[0]],
        )
        return cursor.fetchone()[0]


def keep(apps, schema_editor):
    """Bytes are what SQLite always had; PostgreSQL has no way back to arrays."""
    if schema_editor.connection.vendor == "postgresql":
        raise IrreversibleError("Vectors of standings stay packed: restore the dump made before the update.")


class Migration(migrations.Migration):
    dependencies = [("customers", "0023_discount_asked")]

    operations = [migrations.RunPython(pack, keep)]
