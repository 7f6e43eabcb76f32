"""What every picture stands on: a frame in px, linear axes with readable ticks, shades of a count."""

from dataclasses import dataclass
from math import log

import numpy as np

from segmentation.numerics import axes

SHADES = 7
HEATS = 5  # steps of the heat tables (h-0 to h-5 in the style sheet)
ACROSS, UP = 70, 48  # px that one tick needs on a horizontal and on a vertical axis


@dataclass(frozen=True)
class Frame:
    """A picture's size and margins in px; the plot lies between `x0` and `x1`, `y0` (top) and `y1` (bottom)."""

    width: float
    height: float
    left: float = 48
    right: float = 16
    top: float = 16
    bottom: float = 44

    @property
    def x0(self):
        return self.left

    @property
    def x1(self):
        return self.width - self.right

    @property
    def y0(self):
        return self.top

    @property
    def y1(self):
        return self.height - self.bottom


WIDE = Frame(720, 480)
NARROW = Frame(360, 340, left=36, right=10, top=12, bottom=40)


@dataclass(frozen=True)
class Tick:
    """A grid line: the number to print and where."""

    value: float
    at: float


@dataclass(frozen=True)
class Axis:
    """A linear axis from `low` at px `start` to `high` at px `end`; print tick values with `decimals` places."""

    low: float
    high: float
    start: float
    end: float
    ticks: tuple[Tick, ...]
    decimals: int

    def at(self, values):
        """Return px positions (a number or an array), held within the axis."""
        share = (np.clip(values, self.low, self.high) - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)


def axis(low, high, start, end):
    room = int(abs(end - start) / (ACROSS if end > start else UP))
    found = axes.ticks(low, high, max(3, room))
    span = high - low
    ticks = tuple(Tick(v, px(start + (v - low) / span * (end - start))) for v in found.values)
    return Axis(float(low), float(high), start, end, ticks, found.decimals)


def shade(count, most):
    """Return 1 to 7 on a logarithmic scale (0 for nobody), because densities span several powers of ten."""
    if count <= 0:
        return 0
    return SHADES if most <= 1 or count >= most else 1 + int(SHADES * log(count) / log(most) * 0.999)


def heat(shade):
    """Return 0 to 5 for a shade of 0 to 7."""
    return -(-shade * HEATS // SHADES)


def px(value):
    return round(float(value), 1)
