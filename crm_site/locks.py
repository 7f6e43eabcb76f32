"""One night at a time, on every engine: advisory locks on PostgreSQL, a file lock beside SQLite."""

from contextlib import contextmanager

from django.conf import settings
from django.db import connection

from customers.dialect import postgres
from customers.publish_locks import night_alone

PLANNING, RUNNING = 4_202_101, 4_202_102  # any two numbers nobody else uses


class NightBusy(Exception):
    """Another process is computing a night right now."""


def planning():
    """Hold off other planners until this transaction ends (SQLite's IMMEDIATE transaction does it already)."""
    if postgres():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [PLANNING])


@contextmanager
def one_night_at_a_time():
    """Raises NightBusy while another process computes; released even when this one is killed."""
    if postgres():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [RUNNING])
            if not cursor.fetchone()[0]:
                raise NightBusy
        try:
            with night_alone():
                yield
        finally:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [RUNNING])
    else:
        with _file_lock(), night_alone():
            yield


@contextmanager
def _file_lock():
    with open(settings.VAR_DIR / "night.lock", "w") as handle:
        try:
            import fcntl
        except ImportError:  # Windows: the run table alone keeps nights apart there
            yield
            return
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise NightBusy from None
        yield
