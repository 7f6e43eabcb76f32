"""The virtual environment and its packages: made once, kept in step with the hashed lock files."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from progress import StepFailed

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
STAMP = VENV / "guanxi-packages.json"
INSTALLER_LOCK = Path(__file__).with_name("installer.lock")
LOCKS = {"runtime": ROOT / "requirements.lock", "dev": ROOT / "requirements-dev.lock"}
VENV_HINT = (
    "This Python cannot make virtual environments.\n"
    "On Debian and Ubuntu install the package python3-venv (apt-get install python3-venv) and run the command again."
)
INSTALL_HINT = "The packages could not be installed: is a Python package index reachable from here with pip?"
# Where Python must not keep what it compiled, every process would compile Django, pandas and scipy again.
COMPILED = ["--compile-bytecode"] if sys.dont_write_bytecode else []
# What uv calls the things that pip may have been told: a private mirror configured for pip serves uv as well.
PIP_TO_UV = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "cert": "SSL_CERT_FILE",
    "trusted-host": "UV_INSECURE_HOST",
}


def ensure(steps, wanted):
    """Takes the two steps 'Python environment' and 'packages'.

    wanted: 'runtime' or 'dev'. An environment that already has the development packages keeps them, so that
    `make demo` and `make test` do not undo each other. Returns the mark by which the product's packages are known.
    """
    _environment(steps)
    kind = "dev" if wanted == "dev" or _has_dev() else "runtime"
    name = "Install packages" if kind == "runtime" else "Install packages, test tools included"
    if _fresh(kind):
        steps.done(name, "up to date")
    else:
        STAMP.unlink(missing_ok=True)
        _sync(steps, name, LOCKS[kind])
        STAMP.write_text(json.dumps({"kind": kind, "mark": _mark(kind)}), encoding="utf-8")
    return _mark("runtime")


def _environment(steps):
    """Makes .venv, again where it is broken (a Python that has been removed or upgraded under it)."""
    name = "Python environment"
    if _works(PYTHON):
        steps.done(name, "up to date")
        return
    if find_spec("venv") is None or find_spec("ensurepip") is None:
        raise StepFailed(VENV_HINT)
    if VENV.exists():
        shutil.rmtree(VENV)
    steps.run(name, sys.executable, "-m", "venv", VENV, hint=VENV_HINT)


def _sync(steps, name, lock):
    """Brings the environment to exactly the lock: by uv where it gets through, else by pip."""
    uv = BIN / ("uv.exe" if os.name == "nt" else "uv")
    pip = [PYTHON, "-m", "pip", "--disable-pip-version-check", "install", "--require-hashes", "-r"]
    has_uv = _works(uv) or _quietly([*pip, INSTALLER_LOCK])
    command = [uv, "pip", "sync", "--python", PYTHON, "--require-hashes", *COMPILED, lock]
    if has_uv and steps.run(name, *command, env=uv_environment(), soft=True):
        return
    steps.run(f"{name} (with pip)", *pip, lock, hint=INSTALL_HINT)


def uv_environment():
    """The environment for uv: what pip is configured with, unless uv was told something itself."""
    env = dict(os.environ)
    env.pop("VIRTUAL_ENV", None)
    for option, values in pip_configuration().items():
        name = PIP_TO_UV.get(option)
        if name and name not in env:
            env[name] = " ".join(values)
    if "UV_INDEX" in env:
        env.setdefault("UV_INDEX_STRATEGY", "unsafe-best-match")  # the hashes decide, not the first index that answers
    return env


def pip_configuration():
    """pip's own settings, as {option: values}; the environment's word counts more than a file's."""
    listing = subprocess.run([PYTHON, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False)
    found = {}
    for line in sorted(listing.stdout.splitlines(), key=lambda text: text.startswith(":env:")):
        key, separator, value = line.partition("=")
        if separator:
            found[key.rpartition(".")[2]] = [word for word in value.strip("'\"").replace("\\n", " ").split() if word]
    return found


def _has_dev():
    return any((BIN / name).exists() for name in ("pytest", "pytest.exe"))


def _fresh(kind):
    try:
        return json.loads(STAMP.read_text(encoding="utf-8")) == {"kind": kind, "mark": _mark(kind)}
    except (OSError, ValueError):
        return False


def _mark(kind):
    """Changes when the lock or the Python changes."""
    version = subprocess.run([PYTHON, "-V"], capture_output=True, check=True).stdout
    return hashlib.sha256(LOCKS[kind].read_bytes() + version).hexdigest()


def _works(program):
    return program.exists() and _quietly([program, "--version"])


def _quietly(command):
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False
