"""The supervisor and `manage.py up`: crashes are restarted, a stop leaves nothing behind, a busy port is said."""

import os
import signal
import socket
import subprocess
import sys
import urllib.request

import pytest
from django.core.management import CommandError, call_command

from crm_site.management.commands import up
from crm_site.supervisor import Child, Supervisor
from tests.conftest import wait_for

SLEEPER = [sys.executable, "-c", "import time; print('awake', flush=True); time.sleep(600)"]
# A child with a child of its own, as a web server has workers.
FAMILY = [
    sys.executable,
    "-c",
    "import subprocess, sys; p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']);"
    " print('grandchild', p.pid, flush=True); p.wait()",
]


def gone(pid):
    """Whether no such process runs; one that only waits to be reaped counts as gone."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    status = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return status.stdout.strip().startswith("Z") or not status.stdout.strip()


def children(tmp_path, **commands):
    return [Child(name, command, tmp_path / f"{name}.log") for name, command in commands.items()]


def grandchild_of(child):
    words = wait_for(lambda: child.log.exists() and child.log.read_text().split())
    return int(words[-1])


def test_a_crashed_child_is_started_again_after_a_pause_that_grows(tmp_path):
    [child] = children(tmp_path, web=[sys.executable, "-c", "import sys; print('why'); sys.exit(3)"])
    heard = []
    supervisor = Supervisor([child], heard.append)

    def say(line):
        heard.append(line)
        supervisor.stopping = sum("exit code 3" in entry for entry in heard) == 2

    supervisor.say = say
    supervisor.run()
    pauses = [line for line in heard if "exit code 3" in line]
    assert "in 1 s" in pauses[0]
    assert "in 2 s" in pauses[1]
    assert any("web | why" in line for line in heard)


def test_a_stop_ends_the_children_and_what_they_started(tmp_path):
    [sleeper, family] = children(tmp_path, sleeper=SLEEPER, family=FAMILY)
    supervisor = Supervisor([sleeper, family], print)
    pids = []

    def stop_when_started():
        pids.extend([sleeper.process.pid, family.process.pid, grandchild_of(family)])
        os.kill(os.getpid(), signal.SIGTERM)

    supervisor.run(stop_when_started)
    assert len(pids) == 3
    wait_for(lambda: all(gone(pid) for pid in pids))


def test_what_a_killed_child_left_behind_is_ended_before_it_starts_again(tmp_path):
    [family] = children(tmp_path, family=FAMILY)
    left = []
    supervisor = Supervisor([family], print)

    def say(line):
        supervisor.stopping = supervisor.stopping or "ended unexpectedly" in line

    def kill_the_leader():
        left.append(grandchild_of(family))
        os.kill(family.process.pid, signal.SIGKILL)

    supervisor.say = say
    supervisor.run(kill_the_leader)
    wait_for(lambda: gone(left[0]))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parent")
def test_children_do_not_outlive_a_killed_supervisor(tmp_path):
    log = tmp_path / "child.log"
    script = (
        "import pathlib, sys; from crm_site.supervisor import Child, Supervisor;"
        f"c = Child('c', {SLEEPER!r}, pathlib.Path({str(log)!r}));"
        "Supervisor([c], print).run(lambda: print(c.process.pid, flush=True))"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as parent:
        pid = int(parent.stdout.readline())
        parent.kill()
    wait_for(lambda: gone(pid))


def test_a_log_that_grew_large_is_set_aside(tmp_path, monkeypatch):
    monkeypatch.setattr("crm_site.supervisor.LOG_CAP_BYTES", 10)
    [child] = children(tmp_path, web=[sys.executable, "-c", "print('new')"])
    child.log.write_text("much older text")
    child.start(0.0)
    child.process.wait()
    assert child.log.read_text() == "new\n"
    assert child.log.with_suffix(".log.1").read_text() == "much older text"


def test_a_busy_port_is_refused_with_a_way_out(db):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CommandError, match=f"make demo PORT={port + 1}"):
            call_command("up", port=port, skip_checks=True)


def test_only_one_worker_and_beat_serve_the_same_data(settings, tmp_path):
    settings.VAR_DIR = tmp_path
    first, second = up.Command(), up.Command()
    with first._only_one(), pytest.raises(CommandError, match=f"process {os.getpid()}"), second._only_one():
        pytest.fail("two at once")
    with second._only_one():
        assert (tmp_path / "up.lock").read_text() == str(os.getpid())


def test_sign_in_hints_only_in_demo_mode(settings, make_user):
    make_user("manager", is_demo=True)
    settings.DEMO = True
    assert any(line.split()[:2] == ["manager", "guanxi-demo"] for line in up.Command()._hints())
    assert not any("lead" in line for line in up.Command()._hints())
    settings.DEMO = False
    assert up.Command()._hints() == []


def test_beat_is_never_part_of_the_worker():
    assert "-B" not in up.worker_command()
    assert "--beat" not in up.worker_command()
    assert up.beat_command()[:6] == [sys.executable, "-m", "celery", "-A", "crm_site", "beat"]
    assert "celery,control" in up.worker_command()


@pytest.mark.both
def test_the_product_starts_answers_and_stops(transactional_db, tmp_path):
    from tests.conftest import test_database_url

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "crm_site.settings", "GUANXI_VAR": str(tmp_path)}
    log = tmp_path / "up.out"
    with log.open("wb") as out:
        product = subprocess.Popen(
            [sys.executable, "manage.py", "up", "--port", str(port)],
            env={**env, "DATABASE_URL": test_database_url(), "PYTHONUNBUFFERED": "1"},
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_for(lambda: "is running at" in log.read_text() or product.poll() is not None, seconds=240)
        assert "(web, worker, beat)" in log.read_text()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz") as answer:
            assert answer.status == 200
        listing = subprocess.run(["ps", "-o", "pid=", "--ppid", str(product.pid)], capture_output=True, check=True)
        pids = [int(word) for word in listing.stdout.split()]
        assert len(pids) == 3
    finally:
        product.terminate()
        product.wait(timeout=90)
    assert "Stopped." in log.read_text()
    wait_for(lambda: all(gone(pid) for pid in pids))
