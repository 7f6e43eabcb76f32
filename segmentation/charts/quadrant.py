"""The picture of current against potential value: points while they can be told apart, density beyond."""

from dataclasses import dataclass
from math import isfinite

import numpy as np

from customers.vocabulary import Quadrant
from segmentation.charts.plane import SHADES, WIDE, Axis, Frame, axis, px, shade
from segmentation.numerics import axes, quadrant

MARKS_BELOW = 400  # up to here every point is an element of its own, with a link
PATHS_UP_TO = 3_000  # up to here one path per quadrant; beyond, cells
PATHS_AT_MOST = 10_000  # up to here points on request
CELL = 12  # px, about
FEW_VALUES = 12  # up to so many different scores on an axis, points would hide each other on lines
SPREAD = 14  # px to either side, at most
GOLDEN = 0.6180339887498949  # multiples of it fill an interval evenly, in any number
HEADROOM = 0.09  # of the vertical range, kept free for the names of the quadrants
HH, HL, LH, LL = Quadrant.HH.value, Quadrant.HL.value, Quadrant.LH.value, Quadrant.LL.value


@dataclass(frozen=True)
class Mark:
    """One customer: `key` is whatever the caller gave; `clamped` when it lies beyond the axis and sits on its edge."""

    key: object
    quadrant: str
    x: float
    y: float
    current: float
    potential: float
    clamped: bool


@dataclass(frozen=True)
class Group:
    """The points of one quadrant: `marks` when few, else one `path` of dots (draw with a round stroke)."""

    quadrant: str
    count: int
    path: str
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class Cell:
    """One cell of the density: value ranges for its link (from <= value < to; None = open at the edge)."""

    quadrant: str
    count: int
    shade: int
    x: float
    y: float
    width: float
    height: float
    current_from: float | None
    current_to: float | None
    potential_from: float | None
    potential_to: float | None

    @property
    def opacity(self):
        """How dense the fill is drawn."""
        return opacity(self.shade)


@dataclass(frozen=True)
class Shade:
    """A legend entry: shade 1 (faint) to 7 and the counts it stands for."""

    shade: int
    low: int
    high: int

    @property
    def opacity(self):
        """How dense the fill is drawn."""
        return opacity(self.shade)


@dataclass(frozen=True)
class Corner:
    """Where a quadrant's name and count stand, in the plot's corner; `anchor` is SVG's text-anchor."""

    quadrant: str
    count: int
    x: float
    y: float
    anchor: str


@dataclass(frozen=True)
class QuadrantChart:
    """Current value across, potential value up. `mode`: MARKS, PATHS, CELLS or EMPTY. `clamped`: beyond the axes.

    `spread`: points that share a score are drawn a few px apart (an axis with few different values).
    """

    frame: Frame
    mode: str
    x_axis: Axis
    y_axis: Axis
    cut_x: float
    cut_y: float
    corners: tuple[Corner, ...]
    groups: tuple[Group, ...]
    cells: tuple[Cell, ...]
    legend: tuple[Shade, ...]
    scored: int
    unscored: int
    clamped: int
    spread: bool = False


def opacity(shade):
    """Return the fill opacity of a shade: even the faintest can be told from the ground."""
    return round(0.18 + 0.82 * (shade - 1) / (SHADES - 1), 2)


def quadrant_chart(keys, current, potential, codes, cuts, frame=WIDE, density=None):
    """Return the QuadrantChart of parallel sequences: customer `keys`, scores (NaN = not scored), quadrant `codes`.

    `cuts`: quadrant.Cuts or a pair. Outliers do not stretch the axes (`axes.limits`): they stand on the edge and are
    counted. Points while they can be told apart, cells with value ranges beyond 3,000 customers. `density`: True for
    cells in any case, False for points as long as there are no more than 10,000.
    """
    x, y = np.asarray(current, dtype=np.float64), np.asarray(potential, dtype=np.float64)
    keep = np.flatnonzero(~(np.isnan(x) | np.isnan(y)))
    unscored, cut = int(x.size - keep.size), _finite(cuts)
    x, y, code = x[keep], y[keep], np.asarray(codes, dtype=object)[keep]
    across, up = axes.limits(x, [cut[0]]), axes.limits(y, [cut[1]], HEADROOM)
    counts = {q: int((code == q).sum()) for q in (LL, HL, LH, HH)}
    if keep.size and _as_cells(keep.size, density):
        bins = (
            axes.aligned_edges(*across, cut[0], round((frame.x1 - frame.x0) / CELL)),
            axes.aligned_edges(*up, cut[1], round((frame.y1 - frame.y0) / CELL)),
        )
        return density_chart(quadrant.density(x, y, bins), cut, counts, unscored, frame)
    x_axis, y_axis = axis(*across, frame.x0, frame.x1), axis(*up, frame.y1, frame.y0)
    beyond = (x < across[0]) | (x > across[1]) | (y < up[0]) | (y > up[1])
    singly = keep.size < MARKS_BELOW
    at_x, x_spread = _apart(x, x_axis, x_axis.at(cut[0]))
    at_y, y_spread = _apart(y, y_axis, y_axis.at(cut[1]))
    places = list(zip(keep, at_x, at_y, x, y, beyond, strict=True))
    groups = tuple(
        _marks(q, [p for p, c in zip(places, code, strict=True) if c == q], keys)
        if singly
        else _path(q, [p for p, c in zip(places, code, strict=True) if c == q])
        for q in counts
    )
    return QuadrantChart(
        frame=frame,
        mode=("MARKS" if singly else "PATHS") if keep.size else "EMPTY",
        x_axis=x_axis,
        y_axis=y_axis,
        cut_x=px(x_axis.at(cut[0])),
        cut_y=px(y_axis.at(cut[1])),
        corners=_corners(counts, frame),
        groups=groups,
        cells=(),
        legend=(),
        scored=int(keep.size),
        unscored=unscored,
        clamped=int(beyond.sum()),
        spread=x_spread or y_spread,
    )


def _apart(values, axis, cut):
    """Return the px of `values` on an axis, and whether equal ones were drawn apart; none crosses the px of the cut."""
    at = axis.at(values)
    lines, counts = np.unique(at, return_counts=True)
    if not lines.size or lines.size > FEW_VALUES or counts.max() < 3:
        return at, False
    gaps = np.diff(lines).min(initial=4 * SPREAD)
    room = np.minimum(min(SPREAD, 0.4 * gaps), np.maximum(0.0, np.abs(at - cut) - 3))
    low, high = sorted((axis.start, axis.end))
    steps = (np.arange(at.size) * GOLDEN) % 1.0 * 2 - 1
    return np.clip(at + steps * room, low, high), True


def _as_cells(size, density):
    if density is None:
        return size > PATHS_UP_TO
    return density or size > PATHS_AT_MOST


def density_chart(density, cuts, counts, unscored=0, frame=WIDE):
    """Return the QuadrantChart in CELLS mode from a quadrant.Density, such as one stored with the night.

    `counts`: customers per quadrant code. A cell takes the quadrant of its lower left corner; edges made with
    `axes.aligned_edges` fall on the cuts, so that this is true of the whole cell.
    """
    cut = _finite(cuts)
    xs, ys = density.current_edges, density.potential_edges
    x_axis, y_axis = axis(xs[0], xs[-1], frame.x0, frame.x1), axis(ys[0], ys[-1], frame.y1, frame.y0)
    cells = _cells(density, x_axis.at(xs), y_axis.at(ys), cut)
    return QuadrantChart(
        frame=frame,
        mode="CELLS" if cells else "EMPTY",
        x_axis=x_axis,
        y_axis=y_axis,
        cut_x=px(x_axis.at(cut[0])),
        cut_y=px(y_axis.at(cut[1])),
        corners=_corners(counts, frame),
        groups=(),
        cells=cells,
        legend=_legend(cells),
        scored=int(density.counts.sum()),
        unscored=int(unscored),
        clamped=density.beyond,
    )


def _marks(code, places, keys):
    marks = tuple(
        Mark(keys[k], code, px(at_x), px(at_y), float(x), float(y), bool(far)) for k, at_x, at_y, x, y, far in places
    )
    return Group(code, len(marks), "", marks)


def _path(code, places):
    return Group(code, len(places), "".join(f"M{at_x:.1f} {at_y:.1f}h0" for _, at_x, at_y, *_ in places), ())


def _cells(density, at_x, at_y, cut):
    """Return the cells that hold anybody; `at_x`, `at_y` are the px of the edges."""
    xs, ys = density.current_edges, density.potential_edges
    codes = quadrant.assign(*np.meshgrid(xs[:-1], ys[:-1]), cut)
    most = int(density.counts.max(initial=0))
    return tuple(
        Cell(
            quadrant=codes[row, col],
            count=int(density.counts[row, col]),
            shade=shade(int(density.counts[row, col]), most),
            x=px(at_x[col]),
            y=px(at_y[row + 1]),
            width=px(at_x[col + 1] - at_x[col]),
            height=px(at_y[row] - at_y[row + 1]),
            current_from=float(xs[col]) if col else None,
            current_to=float(xs[col + 1]) if col + 2 < xs.size else None,
            potential_from=float(ys[row]) if row else None,
            potential_to=float(ys[row + 1]) if row + 2 < ys.size else None,
        )
        for row, col in zip(*np.nonzero(density.counts), strict=True)
    )


def _legend(cells):
    by_shade = {s: [c.count for c in cells if c.shade == s] for s in range(1, SHADES + 1)}
    return tuple(Shade(s, min(found), max(found)) for s, found in by_shade.items() if found)


def _corners(counts, frame):
    left, right, top, bottom = frame.x0 + 10, frame.x1 - 10, frame.y0 + 20, frame.y1 - 12
    places = {
        LH: (left, top, "start"),
        HH: (right, top, "end"),
        LL: (left, bottom, "start"),
        HL: (right, bottom, "end"),
    }
    return tuple(Corner(q, counts.get(q, 0), *place) for q, place in places.items())


def _finite(cuts):
    pair = (cuts.current, cuts.potential) if isinstance(cuts, quadrant.Cuts) else cuts
    return tuple(float(c) if isfinite(c) else 0.0 for c in pair)
