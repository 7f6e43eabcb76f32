"""Runs a command with PostgreSQL and Redis at hand: `python -m tests.with_services COMMAND [ARGUMENT ...]`."""

import os
import signal
import subprocess
import sys

from tests import services


def main(command):
    """The command's exit code; servers that had to be started end with it."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with services.running() as found:
        print(found.origin, file=sys.stderr, flush=True)
        broker = {"REDIS_URL": found.redis_url, "CELERY_BROKER_URL": found.redis_url}
        return subprocess.call(command, env={**os.environ, "DATABASE_URL": found.database_url, **broker})


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
