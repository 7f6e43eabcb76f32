"""Runs the suite in two lanes side by side: what needs no browser on SQLite; what touches database, broker and night on
PostgreSQL and Redis, then the browser tests on SQLite."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time

from tests import services

NOTHING_COLLECTED = 5
EMBEDDED = "not browser and not postgres and not redis"
BROWSER = "browser and not postgres and not redis"
SERVERS = "(both or postgres or redis) and not sqlite"


class Run:
    """One pytest run of a selection, its output going to a file that can be followed from when it has begun."""

    def __init__(self, title, selection, arguments, **environment):
        color = ["--color=yes"] if sys.stdout.isatty() else []
        self.title, self.process, self.begun = title, None, threading.Event()
        self.env = {name: value for name, value in {**os.environ, **environment}.items() if value is not None}
        self.command = [sys.executable, "-m", "pytest", *color, "-m", selection, *arguments]
        self.out = tempfile.NamedTemporaryFile(prefix="guanxi-suite-")  # noqa: SIM115 - it lives as long as the run

    def begin(self):
        self.process = subprocess.Popen(self.command, env=self.env, stdout=self.out, stderr=subprocess.STDOUT)
        self.begun.set()

    def follow(self):
        """Passes the output on as it comes until the run ends; returns the exit code."""
        self.begun.wait()
        with open(self.out.name, "rb") as lines:
            while True:
                ended = self.process.poll() is not None
                if chunk := lines.read():
                    sys.stdout.buffer.write(chunk)
                    sys.stdout.buffer.flush()
                elif ended:
                    return self.process.returncode
                else:
                    time.sleep(0.2)

    def closing_line(self):
        """pytest's last word."""
        with open(self.out.name, encoding="utf-8", errors="replace") as lines:
            return ([line.rstrip() for line in lines if line.strip()] or [""])[-1]


class Lane:
    """Runs one after the other, beside the other lanes; `end` stops the one that is going, and none begins after it."""

    def __init__(self, *runs):
        self.runs, self.lock, self.ended = runs, threading.Lock(), False
        threading.Thread(target=self._work, daemon=True).start()

    def _work(self):
        for run in self.runs:
            with self.lock:
                if self.ended:
                    return
                run.begin()
            run.process.wait()

    def end(self):
        """pytest takes it as Ctrl-C (SIGINT is deaf in a background job)."""
        with self.lock:
            self.ended = True
        for process in [run.process for run in self.runs if run.process]:
            if process.poll() is None:
                process.terminate()
                process.wait()


def main(arguments):
    """All runs, one after the other on the screen. Exit code 0 only when all end well and one of them ran a test."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with contextlib.ExitStack() as stack:
        found = stack.enter_context(services.running())
        plain = {"DATABASE_URL": None, "REDIS_URL": None, "CELERY_BROKER_URL": None}
        broker = {"REDIS_URL": found.redis_url, "CELERY_BROKER_URL": found.redis_url}
        embedded = Run("The rest of the suite, on SQLite", EMBEDDED, arguments, **plain)
        title = f"Database, broker and night. {found.origin}"
        real = Run(title, SERVERS, arguments, DATABASE_URL=found.database_url, **broker)
        browser = Run("In the browser, on SQLite", BROWSER, arguments, **plain)
        for lane in ((embedded,), (real, browser)):
            stack.callback(Lane(*lane).end)
        runs, codes = (real, browser, embedded), []  # the one with the most tests has the last word
        for place, run in enumerate(runs, 1):
            print(f"[{place}/{len(runs)}] {run.title}", flush=True)
            codes.append(run.follow())
    return _told(runs, codes)


def _told(runs, codes):
    """The exit code of all, behind pytest's own closing line: of the last run that failed, else of the last that ran
    a test."""
    failed = [place for place, code in enumerate(codes) if code not in (0, NOTHING_COLLECTED)]
    ran = failed or [place for place, code in enumerate(codes) if code == 0] or [len(runs) - 1]
    if ran[-1] != len(runs) - 1:
        print(runs[ran[-1]].closing_line(), flush=True)
    return codes[ran[0]]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
