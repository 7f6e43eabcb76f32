"""Purchase models and lifetime value against the `lifetimes` package, on the same simulated customers in one run."""

import importlib.util
import json
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

import numpy as np
from django.conf import settings

from crm_site.benchmark.reporting import table

TITLE = "Lifetime value against lifetimes"
NEEDS_DATABASE = False
FIT_BAR, VALUE_BAR, DIGITS_BAR, MEMORY_BAR = 20.0, 50.0, 1e-4, 1024.0  # times, times, relative, megabytes
PER_MEGABYTE = 1024 if sys.platform.startswith("linux") else 1024 * 1024
TRUTH = {"r": 0.5, "alpha": 6.0, "a": 0.9, "b": 1.6, "p": 6.25, "q": 3.74, "v": 15.44}


def measure(size, say):
    """Simulates `size` customers and runs both in processes of their own; plain data."""
    with tempfile.TemporaryDirectory() as folder:
        given = Path(folder) / "customers.npz"
        say(f"simulating {size} customers")
        np.savez(given, **customers(size, np.random.default_rng(11)))
        ours = _run([sys.executable, "-m", "crm_site.benchmark.value_here"], given, folder, "ours")
        say(f"ours: {ours['seconds']}")
        python, missing = _python_with_lifetimes(say)
        theirs = None
        if python:
            script = Path(__file__).with_name("lifetimes_here.py")
            theirs = _run([python, str(script)], given, folder, "theirs")
            say(f"lifetimes: {theirs['seconds']}")
        found = {"customers": size, "ours": ours, "lifetimes": theirs, "missing": missing}
        if theirs:
            one, other = (np.load(Path(folder) / f"{name}.npy") for name in ("ours", "theirs"))
            found["furthest"] = float(np.max(np.abs(one - other) / np.maximum(np.abs(other), 1e-9)))
        return found


def customers(size, rng):
    """Columns of the summary of customers drawn from BG/NBD and Gamma-Gamma; whole days, whole cents."""
    truth = TRUTH
    age = rng.integers(26 * 7, 78 * 7, size).astype(float)
    rate = rng.gamma(truth["r"], 1 / (7 * truth["alpha"]), size)
    dropout = rng.beta(truth["a"], truth["b"], size)
    now, last, count = np.zeros(size), np.zeros(size), np.zeros(size)
    who = np.arange(size)
    while who.size:
        now[who] += np.maximum(np.ceil(rng.exponential(1 / np.maximum(rate[who], 1e-9))), 1.0)
        who = who[now[who] <= age[who]]
        count[who] += 1
        last[who] = now[who]
        who = who[rng.random(who.size) > dropout[who]]
    scale = rng.gamma(truth["q"], 1 / truth["v"], size)
    spent = rng.gamma(truth["p"] * np.maximum(count, 1.0), 1 / scale) / np.maximum(count, 1.0)
    monetary = np.where(count > 0, np.maximum(np.round(spent, 2), 0.01), 0.0)
    return {"frequency": count, "recency": last / 7, "age": age / 7, "monetary": monetary}


def _run(command, given, folder, name):
    figures, values = Path(folder) / f"{name}.json", Path(folder) / f"{name}.npy"
    subprocess.run(  # noqa: S603 - our own two programs
        [*command, str(given), str(figures), str(values)], cwd=settings.BASE_DIR, check=True, stdout=sys.stderr
    )
    return json.loads(figures.read_text(encoding="utf-8"))


def _python_with_lifetimes(say):
    """A Python that can import lifetimes, and why there is none; made in a throw-away environment where needed."""
    if importlib.util.find_spec("lifetimes"):
        return sys.executable, ""
    home = settings.VAR_DIR / "bench" / "lifetimes"
    python = home / "bin" / "python"
    if python.exists() and _imports(python):
        return str(python), ""
    say("installing lifetimes into an environment of its own")
    try:
        venv.create(home, with_pip=True, clear=True)
        install = [str(python), "-m", "pip", "install", "--quiet", "lifetimes"]
        subprocess.run(install, check=True, stdout=sys.stderr)  # noqa: S603 - a named package, nowhere near ours
    except (subprocess.CalledProcessError, OSError) as failure:
        return None, f"{type(failure).__name__}: {failure}"
    return (str(python), "") if _imports(python) else (None, "lifetimes does not import")


def _imports(python):
    code = [str(python), "-c", "import lifetimes"]
    return subprocess.run(code, check=False, capture_output=True).returncode == 0  # noqa: S603


def ratios(measured):
    """Name -> lifetimes' CPU seconds over ours."""
    ours, theirs = measured["ours"]["seconds"], measured["lifetimes"]["seconds"]
    return {name: theirs[name] / ours[name] for name in ours}


def parameters_differ_by(measured):
    """The largest relative difference of any parameter."""
    ours, theirs = measured["ours"]["params"], measured["lifetimes"]["params"]
    return max(abs(ours[m][k] - theirs[m][k]) / abs(theirs[m][k]) for m in ours for k in ours[m])


def report(measured):
    """Lines of Markdown, and the verdict in one line."""
    ours, theirs = measured["ours"], measured["lifetimes"]
    megabytes = ours["peak"] / PER_MEGABYTE
    if theirs is None:
        rows = [(name, 1000 * seconds) for name, seconds in ours["seconds"].items()]
        lines = [f"{measured['customers']:,} customers.", "", *table(("what", "CPU milliseconds"), rows)]
        return lines, f"lifetimes could not be run here ({measured['missing']}); our peak memory {megabytes:.0f} MB"
    times, differ = ratios(measured), parameters_differ_by(measured)
    rows = [
        (name, 1000 * theirs["seconds"][name], 1000 * seconds, times[name]) for name, seconds in ours["seconds"].items()
    ]
    lines = [
        f"{measured['customers']:,} customers drawn from BG/NBD and Gamma-Gamma (r {TRUTH['r']}, alpha"
        f" {TRUTH['alpha']}, a {TRUTH['a']}, b {TRUTH['b']}); CPU milliseconds, ours the median of three; CLV over 12"
        " months at 1 % a month, order values included.",
        "",
        *table(("what", "lifetimes", "ours", "times"), rows),
        "",
        *table(
            ("memory, MB", "lifetimes", "ours"),
            [
                ("with the customers loaded", theirs["loaded"] / PER_MEGABYTE, ours["loaded"] / PER_MEGABYTE),
                ("at most", theirs["peak"] / PER_MEGABYTE, megabytes),
            ],
        ),
        "",
        f"Parameters differ by at most {differ:.1e} (relative), lifetime values by at most {measured['furthest']:.1e};"
        f" their sums are {theirs['sum']:,.2f} and {ours['sum']:,.2f}.",
    ]
    holds = {
        f"fit {times['BG/NBD']:.1f} x (bar {FIT_BAR:.0f})": times["BG/NBD"] >= FIT_BAR,
        f"CLV {times['CLV']:.1f} x (bar {VALUE_BAR:.0f})": times["CLV"] >= VALUE_BAR,
        "same parameters to four digits": differ < DIGITS_BAR,
        f"memory {megabytes:.0f} MB (bar {MEMORY_BAR:.0f})": megabytes < MEMORY_BAR,
    }
    return lines, "; ".join(f"{text}: {'holds' if ok else 'MISSED'}" for text, ok in holds.items())
