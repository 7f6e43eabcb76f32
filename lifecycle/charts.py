"""Geometry of the lifecycle pictures: the curve with its four stages, and one customer's way."""

from dataclasses import dataclass
from itertools import pairwise

WIDTH, HEIGHT = 1120, 250
BASE, TOP = 206, 56
# The ideal lifecycle after text 001 (L15): slow start, fast growth, a long plateau, a fall. Shares of the width.
KNOTS = [(0.0, 0.06), (0.16, 0.12), (0.34, 0.66), (0.5, 0.94), (0.68, 0.97), (0.8, 0.86), (0.9, 0.42), (1.0, 0.1)]
BANDS = [("EXPLORATION", 0.0, 0.19), ("FORMATION", 0.19, 0.43), ("STABLE", 0.43, 0.77), ("DECLINE", 0.77, 1.0)]
LEFT, RIGHT = 8, 1112
WAY_WIDTH = 1100
NAMED = 130.0  # from this width a stretch has room for its name, also where the drawing is squeezed to half
NARROWEST = 3.0  # of a stretch of the way, so that a short stage stays visible


@dataclass(frozen=True)
class Band:
    """One stage under the curve: its area, the place of its words, and a bar as long as its share."""

    stage: str
    path: str
    middle: float
    x: float
    width: float


@dataclass(frozen=True)
class Curve:
    """The whole picture."""

    width: int
    height: int
    base: float
    line: str
    bands: list


def _height(share):
    """The curve's height at a share of the width: straight between the knots, smoothed by their number."""
    for (x0, y0), (x1, y1) in pairwise(KNOTS):
        if share <= x1:
            part = (share - x0) / (x1 - x0)
            ease = part * part * (3 - 2 * part)
            return y0 + (y1 - y0) * ease
    return KNOTS[-1][1]


def _point(share):
    return round(LEFT + share * (RIGHT - LEFT), 1), round(BASE - _height(share) * (BASE - TOP), 1)


def _line(start, end, steps=24):
    shares = [start + (end - start) * i / steps for i in range(steps + 1)]
    return [_point(share) for share in shares]


def lifecycle_curve():
    """The ideal curve in four coloured bands."""
    bands = []
    for stage, start, end in BANDS:
        points = _line(start, end)
        outline = [(points[0][0], BASE), *points, (points[-1][0], BASE)]
        path = "M" + " L".join(f"{x} {y}" for x, y in outline) + " Z"
        middle = (points[0][0] + points[-1][0]) / 2
        bands.append(Band(stage, path, round(middle, 1), points[0][0], round(points[-1][0] - points[0][0], 1)))
    line = "M" + " L".join(f"{x} {y}" for x, y in _line(0.0, 1.0, 96))
    return Curve(WIDTH, HEIGHT, BASE, line, bands)


@dataclass(frozen=True)
class Stretch:
    """One stage of a customer's way as a rectangle."""

    step: object
    x: float
    width: float

    @property
    def named(self):
        """Whether the longest stage name fits below it without reaching the next one."""
        return self.width >= NAMED


def way_chart(steps):
    """The stretches of a customer's way, as long as they lasted."""
    if not steps:
        return []
    total = max((steps[-1].until - steps[0].since).days, 1)
    widths = [max(step.days / total * WAY_WIDTH, NARROWEST) for step in steps]
    scale = WAY_WIDTH / sum(widths)
    stretches, x = [], 0.0
    for step, width in zip(steps, widths, strict=True):
        stretches.append(Stretch(step, round(x, 1), round(width * scale, 1)))
        x += width * scale
    return stretches
