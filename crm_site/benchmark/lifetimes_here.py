"""Run by a Python that has `lifetimes`: fits and values the customers of a file, and writes figures as JSON.

usage: python lifetimes_here.py CUSTOMERS.npz FIGURES.json VALUES.npy. Imports nothing of the product.
"""

import json
import resource
import sys
import time
import warnings

import numpy as np
import pandas as pd


def most_memory():
    """Largest resident memory of this program so far, in kilobytes (its parent's does not count)."""
    try:
        with open("/proc/self/status", encoding="ascii") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def timed(act):
    """CPU seconds of this process, and what came of it."""
    begin = time.process_time()
    found = act()
    return time.process_time() - begin, found


def main(customers, figures, values):
    """Everything in one go."""
    warnings.simplefilter("ignore")
    from lifetimes import BetaGeoFitter, GammaGammaFitter, ModifiedBetaGeoFitter

    given = np.load(customers)
    frame = pd.DataFrame({name: given[name] for name in given.files})
    rows = frame["frequency"], frame["recency"], frame["age"]
    again = frame[frame["frequency"] > 0]
    loaded = most_memory()
    seconds, params = {}, {}
    seconds["BG/NBD"], bg = timed(lambda: BetaGeoFitter(penalizer_coef=0.0).fit(*rows))
    seconds["MBG/NBD"], mbg = timed(lambda: ModifiedBetaGeoFitter(penalizer_coef=0.0).fit(*rows))
    seconds["Gamma-Gamma"], gg = timed(
        lambda: GammaGammaFitter(penalizer_coef=0.0).fit(again["frequency"], again["monetary"])
    )
    seconds["CLV"], worth = timed(
        lambda: gg.customer_lifetime_value(bg, *rows, frame["monetary"], time=12, discount_rate=0.01, freq="W")
    )
    for name, model in (("BG/NBD", bg), ("MBG/NBD", mbg), ("Gamma-Gamma", gg)):
        params[name] = {key: float(value) for key, value in model.params_.items()}
    np.save(values, worth.to_numpy())
    told = {"seconds": seconds, "params": params, "loaded": loaded, "peak": most_memory(), "sum": float(worth.sum())}
    with open(figures, "w", encoding="utf-8") as out:
        json.dump(told, out)


if __name__ == "__main__":
    main(*sys.argv[1:])
