"""`manage.py up`: the whole product in one terminal: web server, worker and beat as supervised children."""

import contextlib
import importlib.util
import os
import socket
import sys
import time
import urllib.error
import urllib.request

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from crm_site.supervisor import Child, Supervisor
from customers.backends import DEMO_PASSWORD

START_LIMIT_SECONDS = 300  # a busy small machine; a crash is noticed at once
HINTS = {
    "manager": "an account manager: own customers, today's tasks",
    "lead": "a sales lead: the team's customers and portfolio",
    "admin": "an administrator: everything, and the knobs",
}


def web_command(host, port, access_log):
    """gunicorn with threads; Django's own server where gunicorn cannot run (Windows)."""
    if os.name == "nt" or importlib.util.find_spec("gunicorn") is None:
        return [sys.executable, "manage.py", "runserver", "--noreload", f"{host}:{port}"]
    workers = [] if "WEB_CONCURRENCY" in os.environ else ["--workers", "2"]
    return [
        *(sys.executable, "-m", "gunicorn", "crm_site.wsgi:application", "--bind", f"{host}:{port}"),
        *("--worker-class", "gthread", "--threads", "4", *workers, "--timeout", "120", "--graceful-timeout", "5"),
        *("--no-control-socket", "--access-logfile", str(access_log)),
    ]


def worker_command():
    """One process with threads on both queues: the tick never waits long behind a night or an import."""
    celery = [sys.executable, "-m", "celery", "-A", "crm_site", "worker"]
    return [*celery, "-P", "threads", "-c", "4", "-Q", "celery,control", "-n", "guanxi@%h", "-l", "INFO"]


def beat_command():
    """A process of its own: a beat inside the worker would live on as an orphan when the worker is killed."""
    return [sys.executable, "-m", "celery", "-A", "crm_site", "beat", "-l", "INFO", "--pidfile="]


class Command(BaseCommand):
    """Runs the product."""

    help = "Run the web server, the worker and the beat until Ctrl-C."
    requires_migrations_checks = True

    def add_arguments(self, parser):
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
        parser.add_argument("--port", type=int, default=8000, help="port to listen on (default 8000)")
        parser.add_argument("--no-worker", action="store_true", help="only the web server")

    def handle(self, *, host, port, no_worker, **options):
        self._refuse_busy(host, port)
        logs = settings.VAR_DIR / "log"
        children = [Child("web", web_command(host, port, logs / "access.log"), logs / "web.log")]
        with contextlib.ExitStack() as stack:
            if not no_worker:
                stack.enter_context(self._only_one())
                children += [
                    Child("worker", worker_command(), logs / "worker.log"),
                    Child("beat", beat_command(), logs / "beat.log"),
                ]
            hints = self._hints()
            connection.close()
            os.chdir(settings.BASE_DIR)
            settings.STATIC_ROOT.mkdir(exist_ok=True)  # WhiteNoise warns where nothing was collected
            supervisor = Supervisor(children, self._say)
            supervisor.run(lambda: self._greet(supervisor, host, port, hints, logs))
        self._say("Stopped.")

    def _say(self, line):
        self.stdout.write(line)
        self.stdout.flush()

    def _refuse_busy(self, host, port):
        """A port that somebody else answers on is said now, not found in a log later."""
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as problem:
                raise CommandError(
                    f"Cannot listen on {host}:{port} ({problem.strerror})."
                    f" Choose another port: make demo PORT={port + 1}"
                ) from None

    @contextlib.contextmanager
    def _only_one(self):
        """One worker and one beat for one data folder; a second start says who runs already."""
        settings.VAR_DIR.mkdir(parents=True, exist_ok=True)
        with (settings.VAR_DIR / "up.lock").open("a+", encoding="utf-8") as lock:
            if not _take(lock):
                lock.seek(0)
                raise CommandError(
                    f"Guanxi already runs on this data (process {lock.read().strip() or 'unknown'})."
                    " Stop it first, or start a second web server beside it with --no-worker."
                )
            lock.truncate(0)
            lock.write(str(os.getpid()))
            lock.flush()
            yield

    def _greet(self, supervisor, host, port, hints, logs):
        """Waits for the first answer, then says where to go; what is wrong instead when none comes."""
        shown = "127.0.0.1" if host in ("0.0.0.0", "::", "") else host  # noqa: S104
        shown = f"[{shown}]" if ":" in shown else shown
        web, limit = supervisor.children[0], time.monotonic() + START_LIMIT_SECONDS
        while not supervisor.stopping and not _answers(f"http://{shown}:{port}/healthz"):
            if web.process.poll() is not None or time.monotonic() > limit:
                raise CommandError(f"The web server did not start. Its last lines:\n{web.tail()}")
            time.sleep(0.25)
        if supervisor.stopping:
            return
        names = ", ".join(child.name for child in supervisor.children)
        self._say(f"\nGuanxi is running at {self.style.SUCCESS(f'http://{shown}:{port}/')} ({names})")
        for line in hints:
            self._say(line)
        self._say(f"Logs: {logs}/   Stop: Ctrl-C\n")

    def _hints(self):
        """How to sign in, in demo mode only."""
        if not settings.DEMO:
            return []
        names = set(get_user_model().objects.filter(is_demo=True, is_active=True).values_list("username", flat=True))
        lines = [f"  {name:8} {DEMO_PASSWORD}   {what}" for name, what in HINTS.items() if name in names]
        return ["Sign in (user, password):", *lines] if lines else []


def _answers(address):
    """Whether anything speaks HTTP there; an unhappy status is an answer too."""
    try:
        urllib.request.urlopen(address, timeout=5).close()  # noqa: S310
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def _take(lock):
    """An exclusive lock that ends with the process; True where the system has no such locks."""
    try:
        import fcntl
    except ImportError:
        return True
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
