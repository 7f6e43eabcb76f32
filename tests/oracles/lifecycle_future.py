"""Past and future of customers drawn from the models' own story, and the moments of the future by brute force."""

import numpy as np
import pandas as pd


def lives(
    size, rng, *, r=0.6, alpha=5.0, a=0.8, b=2.4, p=6.25, q=3.74, v=15.44, ages=(26, 104), weeks=156.5, delta=0.0
):
    """Summary of the past of `size` customers and the discounted value each of them really bought afterwards."""
    age, rate, dropout = rng.uniform(*ages, size), rng.gamma(r, 1 / alpha, size), rng.beta(a, b, size)
    scale = rng.gamma(q, 1 / v, size)
    now, last, count, total, later = (np.zeros(size) for _ in range(5))
    live = rng.random(size) > dropout
    while live.any():
        who = np.flatnonzero(live)
        now[who] += rng.exponential(1 / np.maximum(rate[who], 1e-12))
        inside = now[who] <= age[who] + weeks
        live[who[~inside]] = False
        who = who[inside]
        value = rng.gamma(p, 1 / scale[who])
        past = now[who] <= age[who]
        before, after = who[past], who[~past]
        count[before] += 1
        last[before] = now[before]
        total[before] += value[past]
        later[after] += value[~past] * np.exp(-delta * (now[after] - age[after]))
        live[who] = rng.random(who.size) > dropout[who]
    mean = np.divide(total, count, out=np.zeros(size), where=count > 0)
    return pd.DataFrame({"frequency": count, "recency": last, "age": age, "monetary": mean}), later


def moments(size, rng, *, shape, scale, a, b, delta, weeks):
    """Mean, second moment, sum of squared discounts and weeks alive of living customers, by simulation."""
    rate, dropout = rng.gamma(shape, 1 / scale, size), rng.beta(a, b, size)
    now, worth, squares, life = (np.zeros(size) for _ in range(4))
    live = np.ones(size, dtype=bool)
    while live.any():
        who = np.flatnonzero(live)
        now[who] += rng.exponential(1 / rate[who])
        inside = now[who] <= weeks
        live[who[~inside]] = False
        life[who[~inside]] = weeks
        who = who[inside]
        worth[who] += np.exp(-delta * now[who])
        squares[who] += np.exp(-2 * delta * now[who])
        gone = rng.random(who.size) < dropout[who]
        life[who[gone]] = now[who[gone]]
        live[who[gone]] = False
    return worth.mean(), np.square(worth).mean(), squares.mean(), life.mean()
