"""Runs the suite twice: all of it on SQLite, then what touches database, broker and night on PostgreSQL and Redis."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time

from tests import services

NOTHING_COLLECTED = 5
EMBEDDED = "not postgres and not redis"
SERVERS = "(both or postgres or redis) and not sqlite"


class Run:
    """One pytest run of a selection, its output going to a file that can be followed."""

    def __init__(self, selection, arguments, **environment):
        color = ["--color=yes"] if sys.stdout.isatty() else []
        env = {name: value for name, value in {**os.environ, **environment}.items() if value is not None}
        self.out = tempfile.NamedTemporaryFile(prefix="guanxi-suite-")  # noqa: SIM115 - it lives as long as the run
        command = [sys.executable, "-m", "pytest", *color, "-m", selection, *arguments]
        self.process = subprocess.Popen(command, env=env, stdout=self.out, stderr=subprocess.STDOUT)

    def follow(self):
        """Passes the output on as it comes until the run ends; returns the exit code."""
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

    def end(self):
        """Stops a run that is still going; pytest takes it as Ctrl-C (SIGINT is deaf in a background job)."""
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait()


def main(arguments):
    """Both runs at the same time, one after the other on the screen.

    Exit code 0 only when both end well and at least one of them ran a test.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with contextlib.ExitStack() as stack:
        found = stack.enter_context(services.running())
        embedded = Run(EMBEDDED, arguments, DATABASE_URL=None, REDIS_URL=None, CELERY_BROKER_URL=None)
        stack.callback(embedded.end)
        broker = {"REDIS_URL": found.redis_url, "CELERY_BROKER_URL": found.redis_url}
        real = Run(SERVERS, arguments, DATABASE_URL=found.database_url, **broker)
        stack.callback(real.end)
        print("[1/2] The whole suite on SQLite", flush=True)
        first = embedded.follow()
        print(f"[2/2] Database, broker and night again. {found.origin}", flush=True)
        second = real.follow()
    # pytest's own closing line stands last: the second run's, unless only the first failed or ran anything.
    if second == NOTHING_COLLECTED or (second == 0 and first not in (0, NOTHING_COLLECTED)):
        print(embedded.closing_line(), flush=True)
    failed = [code for code in (first, second) if code not in (0, NOTHING_COLLECTED)]
    return failed[0] if failed else min(first, second)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
