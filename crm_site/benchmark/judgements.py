"""Judgement matrices evaluated and diagnosed, against the library `ahpy` on the same matrices in the same run."""

import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np

from crm_site.benchmark import reporting
from segmentation.numerics import ahp

TITLE = "Judgement matrices against ahpy"
NEEDS_DATABASE = False
ORDERS, MATRICES, ROUNDS, SEED = (4, 8, 15), 12, 5, 11
BAR = 5.0  # milliseconds for evaluation and diagnosis of a 15 x 15 matrix
WHEEL = "ahpy==2.1"  # measured against only: never installed with the product


def measure(size, say):
    """Milliseconds per matrix by order, medians over rounds in turn; ahpy's are None where it cannot be had."""
    with tempfile.TemporaryDirectory(prefix="guanxi-bench-") as folder:
        ahpy, reason = _library(folder)
        say(f"ahpy {'found' if ahpy else 'ABSENT: ' + reason}")
        rows = [_order(n, ahpy, say) for n in ORDERS]
    return {"rows": rows, "absent": reason}


def _order(n, ahpy, say):
    rng = np.random.default_rng(SEED + n)
    matrices = [_matrix(rng, n) for _ in range(MATRICES)]
    answers = [_comparisons(matrix) for matrix in matrices]
    took = {"evaluate": [], "diagnose": [], "ahpy": []}
    worst = 0.0
    for _ in range(ROUNDS):
        took["evaluate"].append(_per_matrix(ahp.evaluate, matrices))
        took["diagnose"].append(_per_matrix(lambda one: (ahp.evaluate(one), ahp.diagnose(one)), matrices))
        if ahpy:
            took["ahpy"].append(_per_matrix(lambda one: _theirs(ahpy, one), answers))
    if ahpy:
        worst = max(_deviation(ahpy, *pair) for pair in zip(matrices, answers, strict=True))
    found = {"n": n, **{name: statistics.median(values) if values else None for name, values in took.items()}}
    say(f"{n} x {n}: " + ", ".join(f"{k} {v:.2f} ms" for k, v in found.items() if k != "n" and v is not None))
    return found | {"deviation": worst if ahpy else None}


def _per_matrix(act, many):
    begin = time.perf_counter()
    for one in many:
        act(one)
    return (time.perf_counter() - begin) / len(many) * 1e3


def _matrix(rng, n):
    """A reciprocal matrix as an expert would fill it: ratios of hidden weights on the scale, some a step off."""
    hidden = rng.lognormal(0, 0.7, n)
    ratio = hidden[:, None] / hidden[None, :] * rng.lognormal(0, 0.3, (n, n))
    steps = ahp.SCALE[np.abs(np.log(ratio)[..., None] - np.log(ahp.SCALE)).argmin(-1)]
    matrix = np.triu(steps, 1)
    return matrix + np.triu(1 / steps, 1).T + np.eye(n)


def _comparisons(matrix):
    n = len(matrix)
    return {(f"c{i}", f"c{j}"): float(matrix[i, j]) for i in range(n) for j in range(i + 1, n)}


def _theirs(ahpy, comparisons):
    return ahpy.Compare("x", comparisons, precision=6, random_index="saaty")


def _deviation(ahpy, matrix, comparisons):
    theirs = _theirs(ahpy, comparisons).local_weights
    ours = ahp.evaluate(matrix).weights
    return max(abs(theirs[f"c{i}"] - weight) for i, weight in enumerate(ours))


def _library(folder):
    """(ahpy, "") from a throw-away folder beside the numpy that is here, or (None, why not)."""
    try:
        import ahpy

        return ahpy, ""
    except ImportError:
        pass
    tool = [shutil.which("uv"), "pip"] if shutil.which("uv") else [sys.executable, "-m", "pip"]
    command = [*tool, "install", "--quiet", "--no-deps", "--target", folder, WHEEL]
    if tool[0] != sys.executable:
        command += ["--python", sys.executable]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)  # noqa: S603 - constants
    if done.returncode:
        return None, (done.stderr.strip().splitlines() or ["it could not be installed"])[-1][:200]
    sys.path.insert(0, folder)
    try:
        import ahpy

        return ahpy, ""
    except ImportError as error:
        return None, str(error)
    finally:
        sys.path.remove(folder)


def report(measured):
    """Lines of Markdown, and the verdict on the two promises."""
    rows = [
        (
            f"{row['n']} x {row['n']}",
            row["evaluate"],
            row["diagnose"],
            row["ahpy"] if row["ahpy"] is not None else "absent",
            row["ahpy"] / row["evaluate"] if row["ahpy"] is not None else "",
            row["ahpy"] / row["diagnose"] if row["ahpy"] is not None else "",
            f"{row['deviation']:.0e}" if row["deviation"] is not None else "",
        )
        for row in measured["rows"]
    ]
    head = ("matrix", "evaluate, ms", "evaluate + diagnose, ms", "ahpy, ms", "ratio", "with diagnosis", "differ by")
    lines = [
        f"Medians of {ROUNDS} rounds over {MATRICES} matrices each, in turn in one process. ahpy evaluates and has no",
        "diagnosis: the ratio is its time over our evaluation, then over our evaluation and diagnosis together.",
        "",
        *reporting.table(head, rows),
    ]
    return lines, _verdict(measured)


def _verdict(measured):
    largest = measured["rows"][-1]
    held = "within" if largest["diagnose"] < BAR else "OVER"
    told = f"15 x 15: {largest['diagnose']:.2f} ms ({held} {BAR:g} ms)"
    if measured["absent"]:
        return f"{told}; ahpy is ABSENT ({measured['absent']}), so nothing is said about it"
    ratio, whole = largest["ahpy"] / largest["evaluate"], largest["ahpy"] / largest["diagnose"]
    faster = "faster" if ratio > 1 else "SLOWER"
    return f"{told}; {faster} than ahpy: it takes {ratio:.1f} times our evaluation, {whole:.2f} times both together"
