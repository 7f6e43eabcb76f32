"""How customers come, buy and go: archetypes of lifecycles, and the order days they lead to."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

DAYS = 1095  # three years; day 0 is the first, day DAYS is as_of
BINS = 72
JITTER = 0.55  # of a gap: customers are neither clocks nor dice


@dataclass(frozen=True)
class Archetype:
    """A kind of lifecycle: share of customers; start in days before as_of; life in days (None: until now).

    rate = orders in 30 days; count = fixed range of orders instead; shape = how the rate moves over the life.
    """

    share: float
    start: tuple = (30, DAYS)
    life: tuple | None = None
    rate: float = 1.2
    count: tuple | None = None
    shape: str = "level"


ARCHETYPES = {
    "prospect": Archetype(4, count=(0, 0)),
    "one_time": Archetype(8, (30, 1050), count=(1, 1)),
    "abortion": Archetype(7, (300, 1000), (15, 60), count=(2, 3)),  # pattern I
    "midway": Archetype(7, (430, 1000), (150, 225), rate=1.25, shape="rise"),  # pattern II
    "early_exit": Archetype(6, (640, 1060), (300, 370), rate=1.2),  # pattern III
    "long_ended": Archetype(6, (960, 1094), (680, 780), rate=1.2),  # pattern IV
    "stable": Archetype(22, (620, 1094), rate=1.25),
    "growing": Archetype(10, (420, 900), rate=1.9, shape="grow"),
    "new": Archetype(10, (4, 95), rate=1.3),
    "formation": Archetype(9, (115, 235), rate=1.3, shape="rise"),
    "declining": Archetype(8, (700, 1080), rate=1.6, shape="fall"),
    "reactivated": Archetype(3, (760, 1080), rate=1.5, shape="pause"),
    "seasonal": Archetype(4, (730, 1094), rate=1.1, shape="budget"),
}
LEFT = {"abortion", "midway", "early_exit", "long_ended"}  # customers whose history has ended


def draw(rng, companies, as_of):
    """Order days: frame with customer (position), day (0 to DAYS), age (0 to 1 within the customer's life).

    Sorted by customer and day. The first order of everybody who buys is at the start of the life.
    """
    life = _lives(rng, companies)
    shape = _shapes(rng, life, as_of)
    counts = _counts(rng, companies, life, shape)
    owner = np.repeat(np.arange(len(companies)), counts)
    order = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)
    share = (order + rng.uniform(-JITTER, JITTER, len(owner))) / np.maximum(counts[owner] - 0.5, 1)
    share = np.where(order == 0, 0, np.clip(share, 0.001, 0.999))
    age = _inverse(shape, owner, share)
    start, length = life.start.to_numpy()[owner], life.length.to_numpy()[owner]
    day = _weekdays(np.floor(start + age * length).astype(int), as_of)
    frame = pd.DataFrame({"customer": owner, "day": day, "age": age})
    return frame.sort_values(["customer", "day"], kind="stable", ignore_index=True)


def _lives(rng, companies):
    kinds = companies.archetype.map(ARCHETYPES)
    bounds = np.array([kind.start for kind in kinds])
    before = rng.uniform(bounds[:, 0], bounds[:, 1])
    lengths = np.array([kind.life or (np.nan, np.nan) for kind in kinds])
    drawn = rng.uniform(np.nan_to_num(lengths[:, 0]), np.nan_to_num(lengths[:, 1]) + 1e-9)
    length = np.where(np.isnan(lengths[:, 0]), before, np.minimum(drawn, before))
    return pd.DataFrame(
        {
            "start": DAYS - before,
            "length": length,
            "rate": [kind.rate for kind in kinds] * np.exp(rng.normal(0, 0.28, len(kinds)) + 0.08 * companies.quality),
            "shape": [kind.shape for kind in kinds],
        }
    )


def _shapes(rng, life, as_of):
    """The relative rate of buying in BINS equal slices of each life: array (customers, BINS)."""
    middle = (np.arange(BINS) + 0.5) / BINS
    left = life.length.to_numpy()[:, None] * (1 - middle)  # days before the end of the life
    kind = life["shape"].to_numpy()[:, None]
    shape = np.ones((len(life), BINS))
    shape = np.where(kind == "rise", 0.6 + 0.8 * middle, shape)
    shape = np.where(kind == "grow", 0.42 + 1.05 * (left < 115) + 0.1 * middle, shape)
    shape = np.where(kind == "fall", np.where(left < 130, 0.16, 1.0), shape)
    away = rng.uniform(330, 420, len(life))[:, None]
    shape = np.where((kind == "pause") & (left < away) & (left > 95), 0, shape)
    month = _months(life.start.to_numpy()[:, None] + life.length.to_numpy()[:, None] * middle, as_of)
    shape = shape * np.where(month == 2, 0.75, 1)  # Spring Festival
    budget = np.select([np.isin(month, (11, 12)), np.isin(month, (5, 6))], [3.2, 1.7], 0.35)
    return np.where(kind == "budget", budget, shape)


def _months(day, as_of):
    ends = np.datetime64(as_of, "D") - np.timedelta64(DAYS, "D")
    dates = ends + day.astype(int).astype("timedelta64[D]")
    return dates.astype("datetime64[M]").astype(int) % 12 + 1


def _counts(rng, companies, life, shape):
    mean = life.rate.to_numpy() * life.length.to_numpy() / 30 * shape.mean(axis=1)
    counts = np.maximum(1, np.rint(mean + rng.normal(0, 0.5, len(mean)))).astype(int)
    fixed = companies.archetype.map(lambda kind: ARCHETYPES[kind].count)
    known = fixed.notna().to_numpy()
    bounds = np.array([pair or (0, 0) for pair in fixed.where(known, None)])
    return np.where(known, rng.integers(bounds[:, 0], bounds[:, 1] + 1), counts)


def _inverse(shape, owner, share):
    """The age at which a share of a life's orders has been placed: inverse of the cumulated shape, row by row."""
    cumulated = np.concatenate([np.zeros((len(shape), 1)), np.cumsum(shape, axis=1)], axis=1)
    cumulated /= cumulated[:, -1:]
    flat = (cumulated + np.arange(len(shape))[:, None]).ravel()
    target = owner + share
    right = np.clip(np.searchsorted(flat, target, side="right"), owner * (BINS + 1) + 1, owner * (BINS + 1) + BINS)
    low, high = flat[right - 1], flat[right]
    inside = np.divide(target - low, high - low, out=np.zeros(len(target)), where=high > low)
    return np.clip((right - 1 - owner * (BINS + 1) + inside) / BINS, 0, 1)


def _weekdays(day, as_of):
    """Saturdays and Sundays move to the Friday before; nothing before day 0."""
    weekday = (as_of.weekday() - (DAYS - day)) % 7
    return np.clip(day - np.maximum(weekday - 4, 0), 0, DAYS)
