"""The health checks of the containers: well, not well, nobody there."""

import http.server
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from django.conf import settings

PROBE = Path(__file__).resolve().parents[1] / "crm_site" / "setup" / "probe.py"


def probe(*words, **environment):
    command = [sys.executable, str(PROBE), *words]
    return subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True, check=False)


@pytest.fixture
def server():
    """A web server that answers with the status its address asks for and remembers the hosts."""

    class Handler(http.server.BaseHTTPRequestHandler):
        status, hosts = 200, []

        def do_GET(self):
            self.hosts.append(self.headers["Host"])
            self.send_response(self.status)
            self.end_headers()

        def log_message(self, *args):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield running, Handler
        running.shutdown()


def test_web_is_asked_under_its_own_name(server):
    running, handler = server
    answer = probe("web", PORT=str(running.server_port), ALLOWED_HOSTS="*,.crm.example.com")
    assert answer.returncode == 0, answer.stderr
    assert handler.hosts == ["crm.example.com"]


def test_web_with_a_dead_database_or_none_at_all_is_not_well(server):
    running, handler = server
    handler.status = 503
    assert probe("web", PORT=str(running.server_port)).returncode == 1
    running.shutdown()
    running.server_close()
    assert "refused" in probe("web", PORT=str(running.server_port)).stderr


def test_beat_is_well_while_it_writes_its_schedule(tmp_path):
    assert probe("beat", GUANXI_VAR=str(tmp_path)).returncode == 1
    (tmp_path / "beat.db").touch()
    assert probe("beat", GUANXI_VAR=str(tmp_path)).returncode == 0
    os.utime(tmp_path / "beat.db", (1, 1))
    assert probe("beat", GUANXI_VAR=str(tmp_path)).returncode == 1


@pytest.mark.redis
def test_a_worker_answers_by_its_name(worker):
    broker = {"CELERY_BROKER_URL": settings.CELERY_BROKER_URL}
    assert probe("worker", f"test{os.getpid()}", **broker).returncode == 0
    assert probe("worker", "nobody", **broker).returncode == 1
