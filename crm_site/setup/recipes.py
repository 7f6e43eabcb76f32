"""The recipes behind the Makefile: what `make demo`, `make test` and `make lock` do, step by step."""

import os
import shlex
import signal
import sys

import packages
import ready
from packages import PYTHON, ROOT
from progress import StepFailed, Steps

LOG = ROOT / "var" / "log" / "setup.log"
MANAGE = ROOT / "manage.py"
CATALOGUES = ROOT / "crm_site" / "setup" / "catalogues.py"


def demo():
    """A database full of demo data with its first night computed, then the running product (unless SERVE=0)."""
    serve = os.environ.get("SERVE", "1") not in ("0", "no", "")
    steps = Steps(5, LOG)
    mark = packages.ensure(steps, "runtime")
    steps.run("Compile translations", PYTHON, CATALOGUES, ROOT / "locale")
    if ready.is_ready(mark):
        steps.done("Create or update the database", "up to date")
        steps.done("Demo data and the first night", "already there")
    else:
        _fill(steps)
        ready.remember(mark)
    print(f"Ready after {steps.summary():.0f} s.", flush=True)
    if not serve:
        print("Start it with: make demo, or .venv/bin/python manage.py up")
        return 0
    return _become(PYTHON, MANAGE, "up", "--port", os.environ.get("PORT") or "8000")


def _fill(steps):
    """Migrates and seeds; both leave alone what is there."""
    steps.run("Create or update the database", PYTHON, MANAGE, "migrate", "--noinput")
    customers = os.environ.get("CUSTOMERS") or "2000"
    steps.run("Demo data and the first night", PYTHON, MANAGE, "seed_demo", "--customers", customers)


def test():
    """The environment with the test tools, then the suite; ARGS goes to pytest."""
    steps = Steps(3, LOG)
    packages.ensure(steps, "dev")
    steps.run("Compile translations", PYTHON, CATALOGUES, ROOT / "locale")
    return _become(PYTHON, "-m", "tests", *shlex.split(os.environ.get("ARGS", "")))


def install():
    """Only the environment with the packages the product needs to run."""
    packages.ensure(Steps(2, LOG), "runtime")
    return 0


def dev():
    """Only the environment, test tools included."""
    packages.ensure(Steps(2, LOG), "dev")
    return 0


def lock():
    """Writes the hashed lock files from the requirements; no index address gets into them."""
    jobs = {
        "requirements.lock": ROOT / "requirements.txt",
        "requirements-dev.lock": ROOT / "requirements-dev.txt",
        "crm_site/setup/installer.lock": ROOT / "crm_site" / "setup" / "installer.txt",
    }
    steps = Steps(2 + len(jobs), LOG)
    packages.ensure(steps, "runtime")
    flags = ("--universal", "--generate-hashes", "--no-header", "--python-version", "3.11")
    for target, source in jobs.items():
        command = (packages.BIN / "uv", "pip", "compile", *flags, source.relative_to(ROOT), "-o", target)
        steps.run(f"Lock {target}", *command, env=packages.uv_environment())
    return 0


RECIPES = {recipe.__name__: recipe for recipe in (demo, test, install, dev, lock)}


def _become(*command):
    """Hands the terminal over to the command, so that Ctrl-C and kill reach it directly."""
    words = [str(word) for word in command]
    if os.name == "nt":  # no exec there
        import subprocess

        return subprocess.call(words)
    os.execv(words[0], words)


def main(arguments):
    """Runs one recipe from the project's root; returns its exit code."""
    if len(arguments) != 1 or arguments[0] not in RECIPES:
        sys.exit(f"Which one? {', '.join(RECIPES)}")
    os.chdir(ROOT)
    os.environ["PYTHONUNBUFFERED"] = "1"
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that a step's child is ended with us
    try:
        return RECIPES[arguments[0]]()
    except StepFailed as failure:
        print(failure, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130
