"""The figures of a group of customers cut from what was measured, each against the previous equal period."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from retention.kpis.selectors import CODES
from retention.numerics import kpis


@dataclass(frozen=True)
class Figure:
    """A number of this period and of the one before; None = cannot be told."""

    now: float | None
    before: float | None

    @property
    def change(self):
        return None if self.now is None or self.before is None else self.now - self.before


@dataclass(frozen=True)
class KpiFigure:
    """One of the eight of a group: mean score and mean raw value over who has it, and how many have."""

    code: str
    weight: float  # share of all weights
    score: Figure
    raw: Figure
    known: int
    of: int

    @property
    def coverage(self):
        return self.known / self.of if self.of else None

    @property
    def missing(self):
        return self.of - self.known

    @property
    def key(self):
        """The set of who has it."""
        return self.code.lower()

    @property
    def no_key(self):
        """The set of who lacks it."""
        return f"no-{self.key}"

    @property
    def heat(self):
        """A shade from 0 to 5 by score."""
        return "" if self.score.now is None else f"h-{min(5, int(self.score.now // 17))}"


@dataclass(frozen=True)
class Group:
    """Everything the page tells of one group of customers."""

    customers: int
    customers_before: int
    composite: Figure
    coverage: Figure
    kpis: tuple
    retention: Figure
    active_before: int
    kept: int
    share: Figure
    shared: int
    assets: Figure
    invested: int
    flow: dict  # opening, new, back, lost, closing: Figure of customers
    bands: tuple  # customers by composite: below 20, below 40 …

    @property
    def gone(self):
        return self.active_before - self.kept

    @property
    def size(self):
        return Figure(self.customers, self.customers_before)


def group(measured, at, weights):
    """The figures of the customers at these positions. weights: percent by KPI, in their order."""
    now, before = (_side(side, at, weights) for side in (measured.now, measured.before))
    total = sum(weights)
    rows = tuple(
        KpiFigure(
            code,
            weights[k] / total if total else 0.0,
            Figure(_number(now["scores"][k]), _number(before["scores"][k])),
            Figure(_number(now["raw"][k]), _number(before["raw"][k])),
            int(now["known"][k]),
            now["customers"],
        )
        for k, code in enumerate(CODES)
    )
    own = kpis.composite(measured.now.scores[:, at[measured.now.base[at]]], weights) if now["customers"] else []
    return Group(
        now["customers"],
        before["customers"],
        _pair(now, before, "composite"),
        _pair(now, before, "coverage"),
        rows,
        Figure(now["retention"].share, before["retention"].share),
        int(now["retention"].base),
        int(now["retention"].part),
        Figure(now["share"].share, before["share"].share),
        now["shared"],
        Figure(now["assets"].share, before["assets"].share),
        now["invested"],
        {name: Figure(now["flow"][name], before["flow"][name]) for name in now["flow"]},
        tuple(int(count) for count in np.histogram(own, bins=EDGES)[0]),
    )


EDGES = (0, 20, 40, 60, 80, 100)


def _pair(now, before, name):
    return Figure(_number(now[name]), _number(before[name]))


def _number(value):
    return None if value is None or np.isnan(value) else float(value)


def _side(side, at, weights):
    base = at[side.base[at]]
    scores, known = kpis.means(side.scores[:, base])
    raw, _count = kpis.means(side.raw[:, base])
    equity, profit = side.equity[base], side.profit[base]
    return {
        "customers": len(base),
        "scores": scores,
        "raw": raw,
        "known": known,
        "composite": float(kpis.composite(scores, weights)),
        "coverage": kpis.coverage(known, len(base), weights),
        "retention": kpis.retention(side.active_before[at], side.kept[at]),
        "share": kpis.share_of_customer(side.amount[base], side.demand[base]),
        "shared": int((side.demand[base] > 0).sum()),
        "assets": kpis.return_on_assets(profit, equity, side.days),
        "invested": int((~np.isnan(profit) & ~np.isnan(equity)).sum()),
        "flow": side.flow.counts(at),
    }


def sets(measured, weights):
    """Every set that a mark of the page stands for: name -> mask over all customers of the night."""
    now = measured.now
    known = ~np.isnan(now.scores) & now.base
    found = {
        "customers": now.base,
        "active": now.active_before,
        "kept": now.active_before & now.kept,
        "gone": now.active_before & ~now.kept,
        "share": now.base & (now.demand > 0),
        "assets": now.base & ~np.isnan(now.profit) & ~np.isnan(now.equity),
    }
    found |= vars(now.flow)
    for row, code in enumerate(CODES):
        found[code.lower()] = known[row]
        found[f"no-{code.lower()}"] = now.base & ~known[row]
    own = kpis.composite(now.scores, weights)
    for place, (low, high) in enumerate(pairwise(EDGES)):
        upper = own <= high if high == EDGES[-1] else own < high
        found[f"band-{place}"] = now.base & (own >= low) & upper
    found["unscored"] = now.base & np.isnan(own)
    for _after, until, flow in measured.months:
        found |= {f"{name}.{until:%Y-%m}": mask for name, mask in vars(flow).items()}
    return found
