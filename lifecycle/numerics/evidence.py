"""The measures that decided a change of stage, for any pairs of customer and day at once."""

import numpy as np
import pandas as pd

from lifecycle.numerics.marks import DAY_BITS, Marks
from lifecycle.numerics.stage_measures import BEFORE, RECENT, History, Silence, StageSettings, shrunk_gap
from lifecycle.numerics.stage_rules import fall_p, rise_p, silence


class _UpTo:
    """Sums of a history up to a day (inclusive), for pairs of customer and day."""

    def __init__(self, data: History):
        self.key = data.position.astype(np.int64) << DAY_BITS | data.day.astype(np.int64)
        self.bought = np.concatenate([[0.0], np.cumsum(data.bought)])
        self.amount = np.concatenate([[0.0], np.cumsum(data.amount)])
        rows = np.flatnonzero(data.bought)
        self.bought_key, self.bought_day = self.key[rows], data.day[rows]

    def sums(self, position: np.ndarray, day: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Purchase days and amounts from the customer's first row to the day."""
        low = np.searchsorted(self.key, position << DAY_BITS)
        high = np.searchsorted(self.key, position << DAY_BITS | np.maximum(day, 0), side="right")
        return self.bought[high] - self.bought[low], self.amount[high] - self.amount[low]

    def last(self, position: np.ndarray, day: np.ndarray) -> np.ndarray:
        """The last purchase day up to the day (there must be one)."""
        return self.bought_day[np.searchsorted(self.bought_key, position << DAY_BITS | day, side="right") - 1]


def measured(
    data: History,
    table: pd.DataFrame,
    position: np.ndarray,
    day: np.ndarray,
    p0: Silence,
    settings: StageSettings,
    marks: Marks,
) -> pd.DataFrame:
    """One row per pair: n, tenure, recency, gap, period, recent, before, recent_count, before_count, p (the exact test,
    the smaller side), p0, and which marks held. Pairs before a first purchase have no row values (NaN)."""
    position, day = np.asarray(position, dtype=np.int64), np.asarray(day, dtype=np.int64)
    first = data.first[position].astype(np.int64)
    rows = np.flatnonzero(first <= day)
    who, when, first = position[rows], day[rows], first[rows]
    p, gap = (table[name].to_numpy(dtype=float)[who] for name in ("period_days", "segment_gap"))
    sums = _UpTo(data)
    n, total = sums.sums(who, when)
    last = sums.last(who, when).astype(np.int64) if rows.size else first
    n_mid, mid = sums.sums(who, np.floor(when - RECENT * p).astype(np.int64))
    far = np.maximum(np.floor(when - (RECENT + BEFORE) * p).astype(np.int64), first)
    n_old, old = sums.sums(who, far)
    exposure = np.clip((when - first) / p - RECENT, 0.0, BEFORE)
    counts = n - n_mid, np.where(exposure > 0, np.maximum(n_mid - n_old, 0), 0)
    test = np.fmin(fall_p(*counts, exposure), rise_p(*counts, exposure))
    columns = {
        "n": n,
        "tenure": when - first,
        "recency": when - last,
        "gap": shrunk_gap(n, last - first, gap, settings.gap_weight),
        "period": p,
        "recent": (total - mid) / RECENT,
        "before": np.divide(mid - old, exposure, out=np.zeros(rows.size), where=exposure > 0),
        "recent_count": counts[0],
        "before_count": counts[1],
        "p": test,
        "p0": silence(p0, who, n, last - first, when - first, p) if rows.size else np.zeros(0),
    }
    frame = pd.DataFrame({name: np.asarray(values, dtype=float) for name, values in columns.items()}, index=rows)
    frame = frame.reindex(np.arange(position.size))
    for name, spans in (("unsatisfied", marks.unsatisfied), ("committed", marks.committed), ("red", marks.red)):
        frame[name] = spans.onset(position, day) > 0
    for kind, spans in marks.kinds.items():
        frame[kind] = spans.onset(position, day) > 0
    return frame


def as_json(frame: pd.DataFrame) -> list[str]:
    """Each row as a JSON object; what is not known is null."""
    if frame.empty:
        return []
    rounded = frame.copy()
    for name in rounded.select_dtypes("float"):
        rounded[name] = rounded[name].round(4)
    return rounded.to_json(orient="records", lines=True).strip().split("\n")
