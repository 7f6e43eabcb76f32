"""Who stands elsewhere than the night before: matrices of counts, and the customers who went farthest."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from customers.models import Customer
from segmentation.charts.bars import movement_rows
from segmentation.selectors.population import LEVELS, NOWHERE, QUADRANTS, SUBLEVELS

PLACES = {"level": LEVELS, "quadrant": QUADRANTS[:-1]}  # UNSCORED is no place
FEW = 6


@dataclass(frozen=True)
class Moves:
    """Where customers went on an axis. rows: tuples of charts.bars.Move, before by after. entered, left: those who
    came from, or went to, no place on the axis (new customers, no order, exits). before: the night compared with."""

    before: Any
    rows: tuple
    up: int
    down: int
    across: int
    entered: int
    left: int

    @property
    def moved(self):
        return self.up + self.down + self.across


def moves(people, before, axis):
    """The Moves of the customers of a population; None without a night to compare with."""
    if before is None:
        return None
    codes = PLACES[axis]
    then, now = (_on_axis(people[name], len(codes)) for name in (f"{axis}_before", axis))
    both = (then != NOWHERE) & (now != NOWHERE)
    counts = np.bincount(then[both] * len(codes) + now[both], minlength=len(codes) ** 2)
    rows = movement_rows(pd.DataFrame(counts.reshape(len(codes), -1), index=codes, columns=codes))
    totals = {kind: sum(m.count for row in rows for m in row if m.change == kind) for kind in ("UP", "DOWN", "ACROSS")}
    return Moves(
        before=before,
        rows=rows,
        up=totals["UP"],
        down=totals["DOWN"],
        across=totals["ACROSS"],
        entered=int(((then == NOWHERE) & (now != NOWHERE)).sum()),
        left=int(((then != NOWHERE) & (now == NOWHERE)).sum()),
    )


def _on_axis(places, size):
    """Places as an array, NOWHERE for those that the matrix does not show."""
    places = places.to_numpy()
    return np.where(places < size, places, NOWHERE)


@dataclass(frozen=True)
class Mover:
    """A customer who stands elsewhere. was, now: (code, second code); ranks, or changes of both scores (None where the
    other axis is shown)."""

    code: str
    name: str
    was: tuple
    now: tuple
    rank_before: int | None = None
    rank: int | None = None
    current: float | None = None
    potential: float | None = None


def level_movers(people, before, limit=FEW):
    """Those whose level changed, most ranks gained or lost first."""
    if before is None:
        return []
    rows = _farthest(people, "level", (people["rank"] - people["rank_before"]).abs(), limit)
    return [
        Mover(
            *row.named,
            was=(LEVELS[row.level_before], _sublevel(row.sublevel_before)),
            now=(LEVELS[row.level], _sublevel(row.sublevel)),
            rank_before=int(row.rank_before),
            rank=int(row.rank),
        )
        for row in rows
    ]


def quadrant_movers(people, before, limit=FEW):
    """Those whose quadrant changed, the farthest way first."""
    if before is None:
        return []
    current = people["current_score"] - people["current_score_before"]
    potential = people["potential_score"] - people["potential_score_before"]
    people = people.assign(current=current, potential=potential)
    rows = _farthest(people, "quadrant", np.hypot(current, potential), limit)
    return [
        Mover(
            *row.named,
            was=(QUADRANTS[row.quadrant_before], ""),
            now=(QUADRANTS[row.quadrant], ""),
            current=row.current,
            potential=row.potential,
        )
        for row in rows
    ]


def _sublevel(place):
    return SUBLEVELS[place] if place != NOWHERE else ""


def _farthest(people, axis, distance, limit):
    """Rows of those who moved, by distance, each with `named` (code and name); ties by customer id."""
    then, now = (_on_axis(people[name], len(PLACES[axis])) for name in (f"{axis}_before", axis))
    moved = (then != now) & (then != NOWHERE) & (now != NOWHERE)
    far = people[moved].assign(far=distance[moved]).sort_values(["far", "customer"], ascending=[False, True])[:limit]
    found = Customer.objects.filter(pk__in=far["customer"].tolist()).values_list("pk", "code", "name")
    named = {pk: (code, name) for pk, code, name in found}
    far["named"] = [named[pk] for pk in far["customer"]]
    return list(far.itertuples())
