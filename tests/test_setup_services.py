"""The servers and tools that the suite brings up, tried with the smallest real question each."""

import psycopg2
import pytest
import redis
from django.conf import settings
from django.db import connection


@pytest.mark.both
def test_the_database_is_the_one_this_run_is_for(db):
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 + 1")
        assert cursor.fetchone() == (2,)
    assert connection.vendor in settings.DATABASES["default"]["ENGINE"]


@pytest.mark.postgres
def test_postgresql_is_new_enough(db):
    assert connection.pg_version >= 150000
    assert isinstance(connection.connection, psycopg2.extensions.connection)


@pytest.mark.redis
def test_redis_answers():
    with redis.Redis.from_url(settings.CELERY_BROKER_URL) as client:
        assert client.ping()
