"""Geometry of the pictures of value: bars with their range, a line over nights, a stack of parts, two histograms."""

from dataclasses import dataclass
from typing import Any

WIDTH, ROW, BAR = 1120, 34, 16
LEFT, RIGHT = 220, 990  # of the bars; words before, figures behind
MOST = 12  # bars in a picture; the table has all


@dataclass(frozen=True)
class Bar:
    """One group as a bar from `zero`, with its range as a whisker."""

    group: Any
    css: str
    y: float
    x: float
    width: float
    low: float
    high: float

    @property
    def middle(self):
        """Of the row."""
        return self.y + BAR / 2


@dataclass(frozen=True)
class Bars:
    """All bars on one scale."""

    width: int
    height: float
    zero: float
    bars: list


def ranged_bars(groups, css):
    """Bars of Groups on a common scale that holds every range; css(group) gives the class of its colour."""
    shown = groups[:MOST]
    ends = [0.0, *(group.high for group in shown), *(group.low for group in shown), *(g.value for g in shown)]
    low, high = min(ends), max(ends)
    scale = (RIGHT - LEFT) / (high - low) if high > low else 0.0

    def at(value):
        return round(LEFT + (value - low) * scale, 1)

    zero = at(0.0) if scale else LEFT
    bars = [
        Bar(
            group, css(group), 6 + place * ROW, min(at(group.value), zero), abs(round(at(group.value) - zero, 1)),
            at(group.low), at(group.high),
        )
        for place, group in enumerate(shown)
    ]  # fmt: skip
    return Bars(WIDTH, 6 + len(bars) * ROW, zero, bars)


@dataclass(frozen=True)
class Line:
    """A line over time: path, places of the points, and the values at the axis' ends."""

    path: str
    band: str
    points: list  # (x, y, what)
    low: float
    high: float
    y_low: float
    y_high: float


def line_over(values, *, width=640, height=180, left=8, top=18, foot=24, zero=False, errors=None):
    """A line through evenly spaced values [(what, value)], with a band of +- errors where given."""
    if not values:
        return None
    errors = errors or [0.0] * len(values)
    numbers = [value for _what, value in values]
    low = min(value - error for value, error in zip(numbers, errors, strict=True))
    high = max(value + error for value, error in zip(numbers, errors, strict=True))
    low = min(low, 0.0) if zero else low
    room = (high - low) or abs(high) or 1.0
    bottom, inner = height - foot, height - foot - top
    step = (width - 2 * left) / max(len(values) - 1, 1)

    def x(place):
        return round(left + (place * step if len(values) > 1 else (width - 2 * left) / 2), 1)

    def y(value):
        return round(bottom - (value - low) / room * inner, 1)

    points = [(x(k), y(value), what, value) for k, (what, value) in enumerate(values)]
    path = "M" + " L".join(f"{px} {py}" for px, py, *_rest in points)
    above = [f"{x(k)} {y(v + e)}" for k, (v, e) in enumerate(zip(numbers, errors, strict=True))]
    below = [f"{x(k)} {y(v - e)}" for k, (v, e) in enumerate(zip(numbers, errors, strict=True))]
    band = "M" + " L".join(above + below[::-1]) + " Z" if any(errors) else ""
    return Line(path, band, points, low, high, y(low), y(high))


@dataclass(frozen=True)
class Slice:
    """One part of a stacked bar; negative parts hang to the left of zero."""

    code: str
    amount: float
    x: float
    width: float


def stacked(parts, *, top, bottom=0.0, left=8, width=704):
    """Slices of [(code, amount)] one after the other, on a scale from `bottom` to `top`."""
    span = (top - bottom) or 1.0
    up = down = 0.0
    slices = []
    for code, amount in parts:
        start, end = (up, up + amount) if amount >= 0 else (down + amount, down)
        up, down = (end, down) if amount >= 0 else (up, start)
        x = left + (start - bottom) / span * width
        slices.append(Slice(code, amount, round(x, 1), round((end - start) / span * width, 1)))
    return slices


@dataclass(frozen=True)
class Pair:
    """Expected and actual customers of one bin of the calibration histogram."""

    label: str
    x: float
    expected: float
    actual: float
    expected_height: float
    actual_height: float


def paired(expected, actual, *, width=640, height=150, left=8):
    """Two bars a bin on one scale; heights are measured from the foot."""
    top = max([1.0, *expected, *actual])
    step = (width - 2 * left) / max(len(actual), 1)
    last = len(actual) - 1
    return [
        Pair(
            f"{k}+" if k == last else str(k), round(left + k * step, 1), told, found,
            round(told / top * height, 1), round(found / top * height, 1),
        )
        for k, (told, found) in enumerate(zip(expected, actual, strict=True))
    ]  # fmt: skip
