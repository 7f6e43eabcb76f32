"""Customers drawn from the (modified) beta-geometric story itself, to see whether the fit finds the numbers again."""

import numpy as np
import pandas as pd


def purchases(size, rng, *, r=0.6, alpha=5.0, a=0.8, b=2.4, modified=False, ages=(26, 104)):
    """Summary frame of `size` customers with ages drawn between the two bounds, in weeks; times are continuous."""
    age = rng.uniform(*ages, size)
    rate, dropout = rng.gamma(r, 1 / alpha, size), rng.beta(a, b, size)
    now, last, count = np.zeros(size), np.zeros(size), np.zeros(size)
    live = rng.random(size) > dropout if modified else np.ones(size, dtype=bool)
    while live.any():
        who = np.flatnonzero(live)
        now[who] += rng.exponential(1 / np.maximum(rate[who], 1e-12))
        inside = now[who] <= age[who]
        live[who[~inside]] = False
        who = who[inside]
        count[who] += 1
        last[who] = now[who]
        live[who] = rng.random(who.size) > dropout[who]
    return pd.DataFrame({"frequency": count, "recency": last, "age": age})


def values(frequency, rng, *, p=6.25, q=3.74, v=15.44):
    """Mean values of customers with that many purchases, from the Gamma-Gamma story."""
    count = np.maximum(np.asarray(frequency, dtype=float), 1)
    scale = rng.gamma(q, 1 / v, count.size)
    return np.where(np.asarray(frequency) > 0, rng.gamma(p * count, 1 / scale) / count, 0.0)
