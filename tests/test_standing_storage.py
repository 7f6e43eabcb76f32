"""How the rows of a night lie in the database: packed vectors, their indexes, and databases of before."""

from importlib import import_module

import numpy as np
import pytest
from django.db import IntegrityError, connection, transaction
from django.db.migrations.exceptions import IrreversibleError

from customers import publish
from customers.models import Standing
from segmentation import frames
from tests.standings import make_night, stand

pytestmark = [pytest.mark.both, pytest.mark.django_db]
VECTOR = [1.5, float("nan"), -0.0, 1e-300, -1e300, float("inf"), 0.1]


@pytest.fixture
def night(make_customer):
    """A night with four standings: complete, without vectors, with another width, with nothing in its vectors."""
    night = make_night()
    for code, vector in {"A": VECTOR, "B": None, "C": VECTOR[:2], "D": []}.items():
        stand(night, make_customer(code), raw=vector, z=vector, points=vector and vector[::-1], clv=None)
    return night


def told(night):
    """Bytes of all vectors by code: NaN compares as what it is."""
    rows = Standing.objects.filter(night=night).order_by("customer__code")
    return [
        [code, *(None if vector is None else vector.tobytes() for vector in vectors)]
        for code, *vectors in rows.values_list("customer__code", "raw", "z", "points")
    ]


def test_vectors_come_back_bit_for_bit(night):
    whole, turned = np.array(VECTOR).tobytes(), np.array(VECTOR[::-1]).tobytes()
    short = [np.array(vector).tobytes() for vector in (VECTOR[:2], VECTOR[1::-1])]
    assert told(night) == [
        ["A", whole, whole, turned],
        ["B", None, None, None],
        ["C", short[0], short[0], short[1]],
        ["D", b"", b"", b""],
    ]


def test_vectors_of_another_width_are_missing(night):
    ids = list(Standing.objects.filter(night=night).order_by("customer").values_list("customer", flat=True))
    read, raw = frames.read_vectors(night.pk, "raw", len(VECTOR))
    assert read.tolist() == ids and np.isnan(raw[1:]).all()
    assert raw[0].tobytes() == np.array(VECTOR).tobytes()
    assert frames.read_vectors(night.pk, "z", 0)[1].shape == (4, 0)
    assert frames.read_vectors(night.pk + 1, "z", 3)[1].shape == (0, 3)
    explained = frames.read_explained(night.pk, len(VECTOR), "points", "z", "clv")
    assert explained["customer"].tolist() == ids[:1] and np.isnan(explained["clv"]).all()
    assert explained["points"].tobytes() == np.array(VECTOR[::-1]).tobytes()
    assert frames.read_explained(night.pk, 2, "z")["z"].tobytes() == np.array(VECTOR[:2]).tobytes()


@pytest.mark.postgres
def test_arrays_of_older_databases_become_the_same_bytes(night, django_assert_num_queries):
    migration = import_module("customers.migrations.0024_packed_vectors")
    packed = told(night)
    Standing.objects.filter(night=night).update(raw=None, z=None, points=None)
    with connection.cursor() as cursor:
        columns = ", ".join(f"ALTER {name} TYPE float8[] USING NULL" for name in migration.VECTORS)
        cursor.execute(f"ALTER TABLE customers_standing {columns}")
        for code, vector in {"A": VECTOR, "C": [1.5, "NULL"], "D": []}.items():  # NULL inside: missing as well
            here, turned = (f"{{{','.join(map(str, numbers))}}}" for numbers in (vector, vector[::-1]))
            cursor.execute(
                "UPDATE customers_standing s SET raw = %s::float8[], z = %s::float8[], points = %s::float8[]"
                " FROM customers_customer c WHERE c.id = s.customer_id AND c.code = %s",
                [here, here, turned, code],
            )
    with connection.schema_editor() as editor:
        migration.pack(None, editor)
    assert told(night) == packed
    with connection.schema_editor() as editor, django_assert_num_queries(1):
        migration.pack(None, editor)  # asks, and has nothing to do
    with connection.schema_editor() as editor, pytest.raises(IrreversibleError):
        migration.keep(None, editor)


def indexes(table):
    """Columns of the indexes of a table on PostgreSQL, the key first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT regexp_replace(pg_get_indexdef(indexrelid), '.* USING btree ', '') FROM pg_index"
            " WHERE indrelid = %s::regclass ORDER BY indisprimary DESC, 1",
            [table],
        )
        return [columns for (columns,) in cursor.fetchall()]


@pytest.mark.postgres
def test_a_night_is_attached_unread_and_with_its_indexes(night, make_customer):
    parent = publish.TABLE
    expected = [
        "(customer_id, night_id)",
        "(clv DESC, customer_id)",
        "(quadrant, total_score DESC)",
        "(stage, total_score DESC)",
        "(total_score DESC, customer_id)",
    ]
    assert indexes(parent) == indexes(f"{parent}_n{night.pk}") == expected
    names = [field.column for field in Standing._meta.concrete_fields if field.column]
    kept = ", ".join(name for name in names if name != "night_id")
    later = night.pk + 1
    generation = publish.Generation(later)
    with connection.cursor() as cursor:
        generation._create()
        cursor.execute(f"INSERT INTO {generation.partition} (night_id, {kept}) SELECT {later}, {kept} FROM {parent}")
        with pytest.raises(IntegrityError), transaction.atomic():
            cursor.execute(f"INSERT INTO {generation.partition} SELECT * FROM {parent}")  # rows of another night
        cursor.execute("SET LOCAL client_min_messages = debug1")
        generation.attach()
        cursor.execute("SET LOCAL client_min_messages = notice")
        assert any("is implied by existing constraints" in said for said in connection.connection.notices)
        cursor.execute(f"SELECT count(*) FROM {parent} WHERE night_id = %s", [later])
        assert cursor.fetchone() == (4,)
        cursor.execute("SELECT count(*) FROM pg_inherits WHERE inhparent = %s::regclass", ["standing_customer"])
        assert cursor.fetchone() == (2,)  # both nights' keys are the parent's: none was built under its lock
    assert indexes(generation.partition) == expected


@pytest.mark.postgres
def test_the_key_of_older_databases_is_turned_and_turned_back(night):
    migration = import_module("customers.migrations.0025_standing_key")
    table, turned = f"customers_standing_n{night.pk}", indexes("customers_standing")
    with connection.schema_editor() as editor:
        migration.by_night(None, editor)
    by_night = [columns for columns in indexes(table) if "night_id" in columns]
    assert by_night == ["(night_id, customer_id)", "(customer_id, night_id)"]
    with connection.schema_editor() as editor:
        migration.by_customer(None, editor)
    assert indexes(table) == indexes("customers_standing") == turned


@pytest.mark.postgres
def test_indexes_of_older_databases_lose_the_night_and_get_it_back(night):
    migration = import_module("customers.migrations.0028_standing_indexes")
    table, without = f"customers_standing_n{night.pk}", indexes("customers_standing")
    with connection.schema_editor() as editor:
        migration.with_night(None, editor)
    assert indexes(table)[1:] == [f"(night_id, {columns[1:]}" for columns in without[1:]]
    with connection.schema_editor() as editor:
        migration.without_night(None, editor)
    assert indexes(table) == indexes("customers_standing") == without


@pytest.mark.sqlite
def test_a_customers_nights_are_found_by_an_index(night):
    rows = Standing.objects.filter(customer=1).order_by("-night")
    assert "standing_customer" in rows.only("clv").explain()
