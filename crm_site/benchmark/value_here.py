"""Run as a process of its own: fits and values the customers of a file with the product, figures as JSON.

usage: python -m crm_site.benchmark.value_here CUSTOMERS.npz FIGURES.json VALUES.npy. The twin of `lifetimes_here`.
"""

import json
import resource
import statistics
import sys
import time

import numpy as np
import pandas as pd

from lifecycle.numerics import bgnbd, clv, gamma_gamma, mbgnbd

ROUNDS = 3


def most_memory():
    """Largest resident memory of this program so far, in kilobytes (its parent's does not count)."""
    try:
        with open("/proc/self/status", encoding="ascii") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def timed(act):
    """CPU seconds of this process (median of ROUNDS), and what came of it."""
    taken = []
    for _ in range(ROUNDS):
        begin = time.process_time()
        found = act()
        taken.append(time.process_time() - begin)
    return statistics.median(taken), found


def main(customers, figures, values):
    """Everything in one go."""
    given = np.load(customers)
    frame = pd.DataFrame({name: given[name] for name in given.files})
    loaded = most_memory()
    seconds = {}
    seconds["BG/NBD"], bg = timed(lambda: bgnbd.fit(frame))
    seconds["MBG/NBD"], mbg = timed(lambda: mbgnbd.fit(frame))
    seconds["Gamma-Gamma"], gg = timed(lambda: gamma_gamma.fit(frame))
    seconds["CLV"], worth = timed(
        lambda: clv.discounted(
            bg, frame, value=gg.expected_value(frame), months=12, discount=0.01,
            weeks_per_month=clv.WEEKS_PER_MONTH_LIFETIMES,
        )
    )  # fmt: skip
    models = (("BG/NBD", bg), ("MBG/NBD", mbg), ("Gamma-Gamma", gg))
    params = {name: {key: float(value) for key, value in vars(model.params).items()} for name, model in models}
    np.save(values, np.asarray(worth))
    told = {"seconds": seconds, "params": params, "loaded": loaded, "peak": most_memory(), "sum": float(np.sum(worth))}
    with open(figures, "w", encoding="utf-8") as out:
        json.dump(told, out)


if __name__ == "__main__":
    main(*sys.argv[1:])
