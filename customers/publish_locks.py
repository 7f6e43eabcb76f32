"""Keeps apart what rearranges customers and the nights that read them, on every engine."""

from contextlib import contextmanager

from django.conf import settings
from django.db import connection, transaction

from customers.dialect import postgres

APART = 4_202_103  # PostgreSQL advisory lock: nights hold it alone, merges share it
FILE = "merge.lock"  # the same beside SQLite


class NightRunning(Exception):
    """A night is being computed: it has read customers that must not disappear before it has written."""


@contextmanager
def apart_from_nights():
    """A transaction in which no night is computed; NightRunning where one is. A night that wants to begin waits."""
    if postgres():
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_try_advisory_xact_lock_shared(%s)", [APART])
                if not cursor.fetchone()[0]:
                    raise NightRunning
            yield
    else:
        with _file_lock(shared=True), transaction.atomic():
            yield


@contextmanager
def night_alone():
    """Around a night: waits for the merges under way (a moment), and lets none begin."""
    if postgres():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [APART])
        try:
            yield
        finally:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [APART])
    else:
        with _file_lock(shared=False):
            yield


@contextmanager
def _file_lock(shared):
    with open(settings.VAR_DIR / FILE, "w") as handle:
        try:
            import fcntl
        except ImportError:  # Windows: the night's own checks alone tell there
            yield
            return
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB if shared else fcntl.LOCK_EX)
        except BlockingIOError:
            raise NightRunning from None
        yield
