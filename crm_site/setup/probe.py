"""Health check of one container: `probe.py web|worker NAME|beat`; exit code 0 when it is well. Starts no Django."""

import os
import socket
import sys
import time
import urllib.request
from pathlib import Path

BEAT_SILENCE_SECONDS = 600  # beat writes its schedule file at least every three minutes


def web():
    """The server on this machine answers /healthz with 200 (that is: the database answers too)."""
    hosts = [name.strip().removeprefix(".") for name in os.environ.get("ALLOWED_HOSTS", "").split(",")]
    host = next((name for name in hosts if name not in ("", "*")), "localhost")
    address = f"http://127.0.0.1:{os.environ.get('PORT') or 8000}/healthz"
    with urllib.request.urlopen(urllib.request.Request(address, headers={"Host": host}), timeout=15) as answer:
        return answer.status == 200


def worker(node):
    """The worker of that name on this machine answers a ping through the broker."""
    from celery import Celery

    app = Celery(broker=os.environ["CELERY_BROKER_URL"])
    return bool(app.control.inspect(destination=[f"{node}@{socket.gethostname()}"], timeout=10).ping())


def beat():
    """The beat wrote its schedule file lately."""
    written = [
        path.stat().st_mtime for path in Path(os.environ.get("GUANXI_VAR", "var")).glob("beat*") if path.is_file()
    ]
    return bool(written) and time.time() - max(written) < BEAT_SILENCE_SECONDS


if __name__ == "__main__":
    checks = {"web": web, "worker": worker, "beat": beat}
    try:
        well = checks[sys.argv[1]](*sys.argv[2:])
    except OSError as problem:
        sys.exit(str(problem))
    sys.exit(0 if well else f"{sys.argv[1]} does not answer")
