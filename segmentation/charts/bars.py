"""Bars that explain a score, and the table of who moved between quadrants or levels."""

from dataclasses import dataclass
from math import floor, isfinite

import numpy as np

from customers.vocabulary import Level, Quadrant, Stage
from segmentation.charts.plane import heat, px, shade

WORTH = {
    Quadrant.HH.value: 2,
    Quadrant.HL.value: 1,
    Quadrant.LH.value: 1,
    Quadrant.LL.value: 0,
    Level.HIGH.value: 2,
    Level.ORDINARY.value: 1,
    Level.LOW.value: 0,
    Stage.STABLE.value: 4,
    Stage.FORMATION.value: 3,
    Stage.EXPLORATION.value: 2,
    Stage.PROSPECT.value: 1,
    Stage.DECLINE.value: 1,
    Stage.TERMINATED.value: 0,
}


@dataclass(frozen=True)
class ContributionBar:
    """One indicator's points as a bar from `zero`, on a scale of 0 to 100; points None = missing, no bar."""

    code: str
    points: float | None
    x: float
    width: float
    zero: float


def contribution_bars(points):
    """Return ContributionBars of `points` (indicator code -> number, NaN or None where missing) on one scale.

    Largest effect first, missing indicators last.
    """
    given = {c: float(p) for c, p in points.items() if p is not None and isfinite(p)}
    order = sorted(given, key=lambda c: (-abs(given[c]), c))
    low, high = min([0.0, *given.values()]), max([0.0, *given.values()])
    scale = 100 / (high - low) if high > low else 0.0
    zero = px(-low * scale) if scale else 50.0
    bars = [
        ContributionBar(c, given[c], px((min(given[c], 0.0) - low) * scale), px(abs(given[c]) * scale), zero)
        for c in order
    ]
    return tuple(bars) + tuple(ContributionBar(c, None, zero, 0.0, zero) for c in points if c not in given)


def adding_up(values, decimals=3):
    """`values` (code -> number) rounded so that the printed ones sum to their printed sum (largest remainders)."""
    if not values:
        return {}
    scaled = {code: value * 10**decimals for code, value in values.items()}
    whole = {code: floor(value) for code, value in scaled.items()}
    short = round(sum(scaled.values())) - sum(whole.values())
    for code in sorted(scaled, key=lambda c: (whole[c] - scaled[c], c))[:short]:
        whole[code] += 1
    return {code: value / 10**decimals for code, value in whole.items()}


@dataclass(frozen=True)
class Move:
    """Customers who went from `before` to `after`; `change`: SAME, UP, DOWN or ACROSS; shade 0 (none) to 7."""

    before: str
    after: str
    count: int
    change: str
    shade: int

    @property
    def heat(self):
        """The shade on the five steps of heat tables."""
        return heat(self.shade)


def movement_rows(matrix):
    """Return the rows of a movement matrix (frame of counts, before x after) as tuples of Move.

    Only movers make the shades, so that the many who stay do not hide them. UP means more HIGH sides or a higher level.
    """
    counts = matrix.to_numpy()
    most = int((counts - np.diag(np.diag(counts))).max(initial=0))
    return tuple(
        tuple(
            Move(b, a, int(counts[i, j]), _change(b, a), shade(int(counts[i, j]), most) if a != b else 0)
            for j, a in enumerate(matrix.columns)
        )
        for i, b in enumerate(matrix.index)
    )


def _change(before, after):
    if before == after:
        return "SAME"
    gain = WORTH.get(after, 0) - WORTH.get(before, 0) if before in WORTH and after in WORTH else 0
    return "UP" if gain > 0 else "DOWN" if gain < 0 else "ACROSS"
