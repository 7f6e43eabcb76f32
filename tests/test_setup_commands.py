"""What stands behind `make demo` and `make test`: packages kept in step, steps shown, translations compiled."""

import contextlib
import io
import os
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import polib
import pytest
from django.core.management import call_command

from tests import needs

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def setup_modules(monkeypatch):
    """The set-up modules as their script sees them: by plain name, because no package is installed yet then."""
    monkeypatch.syspath_prepend(str(ROOT / "crm_site" / "setup"))
    import packages
    import progress

    return packages, progress


@pytest.fixture
def steps(setup_modules, tmp_path):
    return setup_modules[1].Steps(3, tmp_path / "log" / "setup.log", io.StringIO())


@pytest.fixture
def venv(setup_modules, tmp_path, monkeypatch):
    """A pretended environment: the real interpreter, locks and stamp in a folder of the test."""
    packages, _ = setup_modules
    (tmp_path / "bin").mkdir()
    monkeypatch.setattr(packages, "BIN", tmp_path / "bin")
    monkeypatch.setattr(packages, "PYTHON", Path(sys.executable))
    monkeypatch.setattr(packages, "STAMP", tmp_path / "stamp.json")
    locks = {kind: tmp_path / f"{kind}.lock" for kind in ("runtime", "dev")}
    for kind, path in locks.items():
        path.write_text(kind)
    monkeypatch.setattr(packages, "LOCKS", locks)
    synced = []
    monkeypatch.setattr(packages, "_sync", lambda steps, name, lock: synced.append(lock.name))
    return packages, synced


def test_packages_are_installed_once_and_again_when_the_lock_changes(venv, steps):
    packages, synced = venv
    packages.ensure(steps, "runtime")
    packages.ensure(steps, "runtime")
    assert synced == ["runtime.lock"]
    packages.LOCKS["runtime"].write_text("changed")
    packages.ensure(steps, "runtime")
    assert synced == ["runtime.lock"] * 2


def test_demo_after_test_keeps_the_test_tools(venv, steps):
    packages, synced = venv
    packages.ensure(steps, "dev")
    (packages.BIN / "pytest").touch()
    packages.ensure(steps, "runtime")
    packages.ensure(steps, "dev")
    assert synced == ["dev.lock"]


def test_pip_installs_where_uv_does_not_get_through(setup_modules, steps, tmp_path, monkeypatch):
    packages, _ = setup_modules
    record = tmp_path / "calls"
    for name, code in (("uv", 2), ("python", 0)):
        program = tmp_path / name
        program.write_text(f'#!/bin/sh\necho {name} "$@" >> {record}\n[ "$1" = --version ] && exit 0\nexit {code}\n')
        program.chmod(0o755)
    monkeypatch.setattr(packages, "BIN", tmp_path)
    monkeypatch.setattr(packages, "PYTHON", tmp_path / "python")
    packages._sync(steps, "Install packages", tmp_path / "x.lock")
    calls = record.read_text()
    assert "uv pip sync" in calls
    assert f"--require-hashes -r {tmp_path / 'x.lock'}" in calls
    assert "did not work, trying another way" in steps.out.getvalue()


def test_what_pip_is_configured_with_reaches_uv(setup_modules, monkeypatch):
    packages, _ = setup_modules
    monkeypatch.setattr(packages, "PYTHON", Path(sys.executable))
    for name in ("UV_DEFAULT_INDEX", "UV_INDEX", "PIP_FIND_LINKS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_INDEX_URL", "file:///mirror/simple")
    monkeypatch.setenv("UV_FIND_LINKS", "chosen")
    env = packages.uv_environment()
    assert env["UV_DEFAULT_INDEX"] == "file:///mirror/simple"
    assert env["UV_FIND_LINKS"] == "chosen"


def test_a_failed_step_shows_the_end_of_its_output_and_the_hint(setup_modules, steps):
    _, progress = setup_modules
    script = "print('\\n'.join(f'line {n}' for n in range(100))); raise SystemExit(4)"
    with pytest.raises(progress.StepFailed) as failure:
        steps.run("Break", sys.executable, "-c", script, hint="Try the other door.")
    text = str(failure.value)
    assert "line 99" in text
    assert "line 10\n" not in text
    assert "Try the other door." in text
    assert "line 10\n" in steps.log.read_text()
    assert "[1/3] Break: FAILED" in steps.out.getvalue()


def test_steps_are_numbered_lines_where_there_is_no_terminal(steps):
    steps.run("Count", sys.executable, "-c", "print(1)")
    steps.done("Rest", "up to date")
    lines = steps.out.getvalue().splitlines()
    assert lines[0] == "[1/3] Count ..."
    assert lines[1].startswith("[1/3] Count: ")
    assert lines[-1] == "[2/3] Rest: up to date"
    assert "\x1b" not in steps.out.getvalue()


def test_set_up_starts_without_any_package(tmp_path):
    """-I -S: no site-packages at all, as on a fresh machine."""
    command = [sys.executable, "-I", "-S", str(ROOT / "crm_site" / "setup"), "nonsense"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert answer.returncode == 1
    assert "Which one? demo, test" in answer.stderr


def test_an_old_python_is_told_which_one_is_needed(setup_modules, monkeypatch):
    import importlib.util

    spec = importlib.util.spec_from_file_location("setup_door", ROOT / "crm_site" / "setup" / "__main__.py")
    door = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(door)
    monkeypatch.setattr(door, "OLDEST", (99, 0))
    monkeypatch.setenv(door.REEXECUTED, "1")
    with pytest.raises(SystemExit, match=r"needs Python 99\.0 or newer"):
        door.with_a_python_new_enough()


def test_translations_are_compiled_when_newer_and_only_then(settings, tmp_path):
    folder = tmp_path / "zh_Hans" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    catalogue = polib.POFile()
    catalogue.metadata = {"Content-Type": "text/plain; charset=utf-8"}
    catalogue.append(polib.POEntry(msgid="customer", msgstr="客户"))
    catalogue.save(str(folder / "django.po"))
    settings.LOCALE_PATHS = [tmp_path]

    def compiled():
        out = io.StringIO()
        call_command("compile_locale", stdout=out)
        return out.getvalue()

    assert compiled() == "1 of 1 catalogues compiled.\n"
    assert polib.mofile(str(folder / "django.mo"))[0].msgstr == "客户"
    assert compiled() == "0 of 1 catalogues compiled.\n"
    later = time.time() + 5
    os.utime(folder / "django.po", (later, later))
    assert compiled() == "1 of 1 catalogues compiled.\n"


@pytest.mark.parametrize("marker", ["postgres", "sqlite", "redis", "browser", "gettext"])
def test_a_missing_need_skips_at_home_and_fails_in_ci(marker, monkeypatch):
    class Item:
        @staticmethod
        def get_closest_marker(name):
            return name == marker

    monkeypatch.setattr(needs, "missing", lambda name: "not here")
    monkeypatch.setattr(needs, "STRICT", False)
    with pytest.raises(pytest.skip.Exception, match="not here"):
        needs.require(Item)
    monkeypatch.setattr(needs, "STRICT", True)
    with pytest.raises(pytest.fail.Exception, match="nothing may be skipped"):
        needs.require(Item)


@pytest.fixture
def demo(setup_modules, tmp_path, monkeypatch):
    """An embedded database as `make demo` leaves it, as far as set-up looks at it."""
    import ready

    from customers.models import PublishedNight, User

    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("GUANXI_VAR", str(tmp_path))
    with contextlib.closing(sqlite3.connect(tmp_path / "guanxi.sqlite3")) as database:
        database.execute("CREATE TABLE django_migrations (app text, name text)")
        database.executemany("INSERT INTO django_migrations VALUES (?, ?)", ready._on_disk())
        database.execute(f"CREATE TABLE {User._meta.db_table} (is_demo bool)")
        database.execute(f"INSERT INTO {User._meta.db_table} VALUES (1)")
        night = PublishedNight._meta.get_field("night").column
        database.execute(f"CREATE TABLE {PublishedNight._meta.db_table} ({night} integer)")
        database.execute(f"INSERT INTO {PublishedNight._meta.db_table} VALUES (7)")
        database.commit()
        ready.remember("packages")
        yield ready, database


@pytest.mark.sqlite
def test_a_finished_demo_is_left_alone(demo, monkeypatch):
    ready, _ = demo
    assert ready.is_ready("packages")
    assert not ready.is_ready("newer packages")
    monkeypatch.setenv("DATABASE_URL", "postgres://elsewhere/guanxi")
    assert not ready.is_ready("packages")


@pytest.mark.sqlite
@pytest.mark.parametrize(
    "lost",
    [
        "DELETE FROM django_migrations WHERE app = 'customers'",
        "UPDATE customers_user SET is_demo = 0",
        "UPDATE customers_publishednight SET night_id = NULL",
        "DROP TABLE django_migrations",
    ],
)
def test_an_unfinished_demo_is_taken_up_again(demo, lost):
    ready, database = demo
    database.execute(lost)
    database.commit()
    assert not ready.is_ready("packages")
