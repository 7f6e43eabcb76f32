"""What other weights would make of the published night: ranks, levels, quadrants, and the value that moves with them.

A process keeps the raw values of the latest nights by their checksum, so that a moved weight costs one numpy pass.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import pandas as pd

from customers.models import Customer, Night
from customers.vocabulary import Level, Quadrant
from segmentation import frames
from segmentation.charts.bars import movement_rows
from segmentation.numerics import verdict
from segmentation.selectors import policies
from segmentation.selectors.population import LEVELS, NOWHERE, QUADRANTS, read_night

AXES = {"level": [level.value for level in Level], "quadrant": QUADRANTS[:-1]}
KEPT = 2  # nights a process keeps
FEW = 8
NEVER = Quadrant.UNSCORED.value


@dataclass(frozen=True, eq=False)
class Portfolio:
    """A night as arrays, ascending by customer id: raw values, what decides beside them, what was published, and the
    night's own weights judged anew (equal to what was published, bit for bit)."""

    ids: np.ndarray
    raw: pd.DataFrame
    facts: verdict.Facts
    clv: np.ndarray
    profit: np.ndarray
    total: np.ndarray
    rank: np.ndarray
    level: np.ndarray
    quadrant: np.ndarray
    judged: verdict.Judged


def portfolio(night):
    """The Portfolio of a night, kept in memory while its checksum stands for it."""
    return _kept(night.pk, night.checksum) if night.checksum else _read(night)


@lru_cache(maxsize=KEPT)
def _kept(night_id, checksum):
    return _read(Night.objects.get(pk=night_id, checksum=checksum))


def _read(night):
    codes = (night.weights or {}).get("indicators") or []
    ids, raw = frames.read_vectors(night.pk, "raw", len(codes))
    rows = read_night(night.pk, ["gross_profit", "clv", "total_score", "rank", "level", "quadrant", "contribution"])
    rows = rows.reindex(ids)
    nobody = np.zeros(len(ids), dtype=bool)
    told = (night.weights or {}).get("pyramid") or {}
    against = told.get("held_against")
    profit = rows["gross_profit"].to_numpy()
    facts = verdict.Facts(
        gross_profit=profit,
        code_rank=frames.read_code_ranks(ids),
        discredited=nobody,
        poor=nobody,
        contribution=rows["contribution"].to_numpy() if told.get("metric") == verdict.CONTRIBUTION else None,
        before=frames.read_levels(against, ids) if against else None,
    )
    frame = pd.DataFrame(raw, columns=codes)
    return Portfolio(
        ids=ids,
        raw=frame,
        facts=facts,
        clv=rows["clv"].to_numpy(),
        profit=profit,
        total=rows["total_score"].to_numpy(),
        rank=np.nan_to_num(rows["rank"].to_numpy()).astype("i8"),
        level=_codes(rows["level"], LEVELS, ""),
        quadrant=_codes(rows["quadrant"], QUADRANTS, NEVER),
        judged=verdict.judge(frame, _weighting(frame, night.weights or {}), policies.rules_of(night), facts),
    )


def _weighting(raw, told):
    """The verdict.Weighting that the night kept."""
    weights = {code: float(told["weights"][code]) for code in raw}
    return verdict.Weighting(
        told.get("dimension", {}), told.get("direction", {}), weights, float(told.get("current_share", 0.5))
    )


def _codes(places, codes, missing):
    names = np.array([*codes, missing], dtype=object)
    return names[places.fillna(NOWHERE).astype("i8").to_numpy()]


@dataclass(frozen=True, eq=False)
class WhatIf:
    """What some weights would change. `unknown`: codes of weights the night has no values for; `sums`: of the weights
    by dimension. Counts and money are of the customers in `seen` (bool array), ranks of the whole firm."""

    old: Portfolio
    new: verdict.Judged
    seen: np.ndarray
    unknown: tuple
    sums: dict

    @cached_property
    def ranked(self):
        return self.seen & (self.new.rank > 0) & (self.old.rank > 0)

    @property
    def customers(self):
        return int(self.ranked.sum())

    @cached_property
    def rank_gain(self):
        """Ranks won (positive) or lost by every customer."""
        return np.where(self.ranked, self.old.rank - self.new.rank, 0)

    @property
    def moved(self):
        """How many ranks a customer moves, in the mean."""
        return float(np.abs(self.rank_gain[self.ranked]).mean()) if self.customers else 0.0

    def of(self, axis):
        """Places before and after among AXES[axis], as arrays; -1: none."""
        return self._levels if axis == "level" else self._quadrants

    @cached_property
    def _levels(self):
        return tuple(verdict.places(codes, AXES["level"]) for codes in (self.old.level, self.new.level))

    @cached_property
    def _quadrants(self):
        return tuple(verdict.places(codes, AXES["quadrant"]) for codes in (self.old.quadrant, self.new.quadrant))

    def crossed(self, axis):
        """Whose place on an axis changes, among those seen that have one before and after."""
        before, after = self.of(axis)
        return self.seen & (before != after) & (before >= 0) & (after >= 0)

    def count(self, axis):
        return int(self.crossed(axis).sum())

    @property
    def levels_crossed(self):
        return self.count("level")

    @property
    def quadrants_crossed(self):
        return self.count("quadrant")

    @property
    def moving(self):
        """Lifetime value and gross profit of everybody who crosses a quadrant line."""
        who = self.crossed("quadrant")
        return float(np.nansum(self.old.clv[who])), float(np.nansum(self.old.profit[who]))


def what_if(weights, current_share, night, ids=None):
    """The WhatIf of local `weights` (indicator code -> non-negative number) and the share of current value in a night.

    Weights need not sum to 1: those present are scaled for each customer, as in the night. `ids`: customers the reader
    may see (None: all). The rules of the night hold: its metric, levels, lines, and the levels it was held against.
    """
    old, told = portfolio(night), night.weights or {}
    unknown = tuple(code for code in weights if code not in old.raw)
    given = {code: float(weights[code]) for code in old.raw if code in weights}
    weighting = verdict.Weighting(told.get("dimension", {}), told.get("direction", {}), given, float(current_share))
    new = verdict.judge(old.raw, weighting, policies.rules_of(night), old.facts, old.judged)
    seen = np.ones(len(old.ids), dtype=bool) if ids is None else np.isin(old.ids, ids)
    sums = {}
    for code, weight in given.items():
        sums[weighting.dimension[code]] = sums.get(weighting.dimension[code], 0.0) + weight
    return WhatIf(old, new, seen, unknown, sums)


@dataclass(frozen=True)
class Flow:
    """One place on an axis before and after: customers, gross profit and lifetime value."""

    code: str
    before: int
    after: int
    profit_before: float
    profit_after: float
    clv_before: float
    clv_after: float


def flows(found, axis):
    """The Flows of an axis, in the order of its codes."""
    codes = AXES[axis]
    seen, sums = found.seen, []
    for values in (None, np.nan_to_num(found.old.profit), np.nan_to_num(found.old.clv)):
        for at in found.of(axis):
            weight = None if values is None else values[seen]
            sums.append(np.bincount(at[seen] + 1, weight, len(codes) + 1)[1:].tolist())
    return [Flow(code, *(total[k] for total in sums)) for k, code in enumerate(codes)]


def matrix(found, axis):
    """Who goes where on an axis: rows of charts.bars.Move, before by after."""
    before, after = (at[found.seen] for at in found.of(axis))
    return movement_rows(verdict.transitions(before, after, AXES[axis]))


@dataclass(frozen=True)
class Named:
    """A customer by name, before and after."""

    code: str
    name: str
    owner: str
    gain: int
    rank_before: int
    rank: int
    level_before: str
    level: str
    quadrant_before: str
    quadrant: str
    total_before: float
    total: float
    clv: float | None


def winners(found, limit=FEW):
    """Those who win most ranks, the most valuable first where equal."""
    return named(found, _best(found, found.rank_gain, limit))


def losers(found, limit=FEW):
    return named(found, _best(found, -found.rank_gain, limit))


def _best(found, gain, limit):
    who = np.flatnonzero(gain > 0)
    return who[np.lexsort((found.old.rank[who], -gain[who]))][:limit]


def asked(query):
    """(axis, before, after) of an address; what is no axis or no code of it is left out."""
    axis = query.get("axis", "")
    axis = axis if axis in AXES else "quadrant"
    before, after = (code if (code := query.get(name, "")) in AXES[axis] else "" for name in ("before", "after"))
    return axis, before, after


def crossing(found, axis, before, after):
    """Positions of those who go from one code to another on an axis (empty text: any), the best ranks first."""
    was, now = found.of(axis)
    ends = [AXES[axis].index(end) if end else None for end in (before, after)]
    who = found.seen & (was == now) if before and before == after else found.crossed(axis)
    for at, end in zip((was, now), ends, strict=True):
        who = who if end is None else who & (at == end)
    at = np.flatnonzero(who)
    return at[np.argsort(np.where(found.new.rank[at] > 0, found.new.rank[at], np.iinfo(np.int64).max), kind="stable")]


def named(found, positions):
    """The Named customers at these positions, in this order."""
    ids = found.old.ids[positions].tolist()
    rows = {row.pk: row for row in Customer.objects.filter(pk__in=ids).select_related("owner")}
    old, new = found.old, found.new
    return [
        Named(
            code=rows[pk].code,
            name=rows[pk].name,
            owner=str(rows[pk].owner or ""),
            gain=int(found.rank_gain[at]),
            rank_before=int(old.rank[at]),
            rank=int(new.rank[at]),
            level_before=old.level[at],
            level=new.level[at],
            quadrant_before=old.quadrant[at],
            quadrant=new.quadrant[at],
            total_before=float(old.total[at]),
            total=float(new.total[at]),
            clv=None if np.isnan(old.clv[at]) else float(old.clv[at]),
        )
        for pk, at in zip(ids, positions, strict=True)
        if pk in rows
    ]
