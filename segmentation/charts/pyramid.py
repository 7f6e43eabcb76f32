"""The picture of the customer pyramid, its shares of customers and profit, and the Pareto curve."""

from dataclasses import dataclass
from math import sqrt

import numpy as np

from customers.vocabulary import Level, Sublevel
from segmentation.charts.plane import WIDE, Axis, Frame, axis, px
from segmentation.numerics.pyramid import CODES, EXPECTED_SHARE, REFERENCE_SHARE

PYRAMID_WIDE = Frame(720, 460, left=8, right=8, top=8, bottom=8)
PYRAMID_NARROW = Frame(360, 460, left=8, right=8, top=8, bottom=8)
STACKED_BELOW = 520  # px: narrower pictures put the bars under the pyramid


@dataclass(frozen=True)
class Slice:
    """A piece of the pyramid: `points` for an SVG polygon, `sublevel` empty for the rest of a level.

    A text fits at (`x`, `y`), the middle, when it needs less than `room` px.
    """

    level: str
    sublevel: str
    count: int
    points: str
    x: float
    y: float
    room: float


@dataclass(frozen=True)
class Bar:
    """A horizontal bar; `share` may be None (unknown: draw nothing) or negative (it then runs left of zero)."""

    share: float | None
    x: float
    y: float
    width: float
    height: float
    end: float


@dataclass(frozen=True)
class PyramidRow:
    """One level: its slices and its two bars; `top` to `bottom` is the band that belongs to its text."""

    level: str
    count: int
    profit: float
    slices: tuple[Slice, ...]
    count_bar: Bar
    profit_bar: Bar
    top: float
    bottom: float


@dataclass(frozen=True)
class PyramidChart:
    """Three levels; in a picture narrower than 520 px the bars stand below the pyramid (`stacked`)."""

    frame: Frame
    rows: tuple[PyramidRow, ...]
    zero: float
    stacked: bool
    total: int


@dataclass(frozen=True)
class Line:
    """A reference share of profit, and whether the top 20 % of customers reach it."""

    share: float
    y: float
    met: bool


@dataclass(frozen=True)
class ParetoChart:
    """Share of customers across, share of profit up; the mark at the top 20 % (None without profit)."""

    frame: Frame
    x_axis: Axis
    y_axis: Axis
    path: str
    area: str
    mark_x: float | None
    mark_y: float | None
    share: float | None
    lines: tuple[Line, ...]


def pyramid_chart(counts, profits, sublevels=None, frame=PYRAMID_WIDE):
    """Return the PyramidChart; `counts` and `profits` by level code, `sublevels` counts by sub-level code.

    The area of a level is its share of customers (never thinner than a line of text); KEY is the tip of HIGH,
    DISCREDITED and POOR the right-hand end of LOW. Bars share one scale, widened when a level loses money.
    """
    number, money = [int(counts.get(c, 0)) for c in CODES], [float(profits.get(c, 0)) for c in CODES]
    total, profit = sum(number), sum(money)
    count_shares = [n / total if total else None for n in number]
    profit_shares = [m / profit if profit > 0 else None for m in money]
    body, bands, bars = _layout(frame)
    scale = axis(*_extent([0.0, 1.0, *profit_shares]), *bars)
    depth = _depths(number, total, body.height)
    rows = []
    for k, level in enumerate(CODES):
        middle = (bands[k] + bands[k + 1]) / 2
        rows.append(
            PyramidRow(
                level=level,
                count=number[k],
                profit=money[k],
                slices=_slices(level, number[k], sublevels or {}, body, depth[k], depth[k + 1]),
                count_bar=_bar(count_shares[k], scale, middle + 2),
                profit_bar=_bar(profit_shares[k], scale, middle + 16),
                top=px(bands[k]),
                bottom=px(bands[k + 1]),
            )
        )
    return PyramidChart(frame, tuple(rows), px(scale.at(0.0)), frame.width < STACKED_BELOW, total)


def pareto_chart(curve, references=(EXPECTED_SHARE, REFERENCE_SHARE), frame=WIDE):
    """Return the ParetoChart of a pyramid.Pareto; the vertical axis grows when losses push the curve past 1."""
    x_axis, y_axis = axis(0.0, 1.0, frame.x0, frame.x1), axis(*_extent([0.0, 1.0, *curve.profit]), frame.y1, frame.y0)
    steps = [f"{a:.1f} {b:.1f}" for a, b in zip(x_axis.at(curve.customers), y_axis.at(curve.profit), strict=True)]
    path, ground, known = "M" + "L".join(steps), px(y_axis.at(0.0)), curve.top_share is not None
    # The integer rule may take a little more than a fifth of a small population: the mark stands on the true share.
    top = curve.top_count / max(1, curve.count)
    return ParetoChart(
        frame=frame,
        x_axis=x_axis,
        y_axis=y_axis,
        path=path,
        area=f"{path}L{frame.x1:.1f} {ground}L{frame.x0:.1f} {ground}Z",
        mark_x=px(x_axis.at(top)) if known else None,
        mark_y=px(y_axis.at(curve.top_share)) if known else None,
        share=curve.top_share,
        lines=tuple(Line(r, px(y_axis.at(r)), known and curve.top_share >= r) for r in references),
    )


@dataclass(frozen=True)
class _Body:
    """The triangle itself: apex at (`middle`, `top`), base `base` wide, `height` below it."""

    middle: float
    top: float
    base: float
    height: float

    def at(self, depth, across):
        """Return the px of a place `depth` (0 apex, 1 base) down and `across` (0 left edge, 1 right edge)."""
        return self.middle + (across - 0.5) * depth * self.base, self.top + depth * self.height


def _layout(frame):
    """Return the triangle, the four borders of the three text bands, and where the bars begin and end."""
    width, height = frame.x1 - frame.x0, frame.y1 - frame.y0
    if frame.width < STACKED_BELOW:
        body = _Body(frame.x0 + width / 2, frame.y0, width, 0.52 * height)
        return body, np.linspace(frame.y0 + body.height + 12, frame.y1, 4), (frame.x0, frame.x1 - 56)
    body = _Body(frame.x0 + 0.23 * width, frame.y0, 0.46 * width, height)
    return body, np.linspace(frame.y0, frame.y1, 4), (frame.x0 + body.base + 28, frame.x1 - 56)


def _slices(level, count, sublevels, body, above, below):
    """Return the Slices of one level, which lies between the depths `above` and `below`."""
    slices = []
    for sublevel, some, (start, end, left, right) in _parts(level, count, sublevels, above, below):
        corners = [body.at(start, left), body.at(start, right), body.at(end, right), body.at(end, left)]
        x, y = np.mean(corners, axis=0)
        points = " ".join(f"{a:.1f},{b:.1f}" for a, b in corners)
        room = (right - left) * (start + end) / 2 * body.base
        slices.append(Slice(level, sublevel, some, points, px(x), px(y), px(room)))
    return tuple(slices)


def _depths(number, total, height):
    """Return where the levels begin and end from apex (0) to base (1), so that areas are shares of customers."""
    if not total:
        return [0.0, 1 / 3, 2 / 3, 1.0]
    ends = np.sqrt(np.cumsum(number) / total)
    thick = np.diff(ends, prepend=0.0)
    thick = np.where(np.asarray(number) > 0, np.maximum(thick, 26 / height), 0.0)
    return [0.0, *(np.cumsum(thick) / thick.sum()).tolist()]


def _parts(level, count, sublevels, above, below):
    """Return (sublevel, count, (above, below, left, right)) for each piece of a level, in fractions of the pyramid."""
    if not count:
        return []
    if level == Level.HIGH.value and (key := sublevels.get(Sublevel.KEY.value, 0)):
        edge = sqrt(above**2 + key / count * (below**2 - above**2))
        main = [(Sublevel.MAIN.value, count - key, (edge, below, 0.0, 1.0))] if count > key else []
        return [(Sublevel.KEY.value, key, (above, edge, 0.0, 1.0)), *main]
    parts, right = [], 1.0
    if level == Level.LOW.value:
        for code in (Sublevel.DISCREDITED.value, Sublevel.POOR.value):
            if some := sublevels.get(code, 0):
                left = max(0.0, right - max(some / count, 0.015))
                parts.append((code, some, (above, below, left, right)))
                right = left
    rest = count - sum(part[1] for part in parts)
    return [(Sublevel.NONE.value, rest, (above, below, 0.0, right)), *parts] if rest else parts


def _extent(values):
    known = [float(v) for v in values if v is not None]
    return min(known), max(known)


def _bar(share, scale, y, height=10):
    zero = scale.at(0.0)
    end = zero if share is None else scale.at(share)
    return Bar(share, px(min(zero, end)), px(y), px(abs(end - zero)), height, px(max(zero, end)))
