"""A customer's score over the kept nights, as a line whose points are doors."""

from dataclasses import dataclass
from typing import Any

from segmentation.charts.plane import Axis, Frame, axis, px

FRAME = Frame(720, 140, left=48, right=16, top=12, bottom=24)
SMALL = Frame(360, 140, left=40, right=10, top=12, bottom=24)
FRAMES = (FRAME, SMALL)
APART = 84  # px between two dates under the line


@dataclass(frozen=True)
class Point:
    """A night: where it lies, what it is, whether it is the one compared with, whether its date is written."""

    x: float
    y: float
    what: Any
    chosen: bool
    dated: bool


@dataclass(frozen=True)
class Course:
    """The line through the nights that have a score (path data) and its points; `zero`: where 0 lies, or None."""

    frame: Frame
    axis: Axis
    points: tuple[Point, ...]
    path: str
    zero: float | None


def course(nights, chosen=None, frame=FRAME):
    """The Course of objects with as_of and score (None: left out), oldest first; None with fewer than two scores."""
    scored = [one for one in nights if one.score is not None]
    if len(scored) < 2:
        return None
    scores = [one.score for one in scored]
    spread = (max(scores) - min(scores)) or max(0.02, abs(scores[0]) * 0.1)
    scale = axis(min(scores) - 0.15 * spread, max(scores) + 0.15 * spread, frame.y1, frame.y0)
    first, last = scored[0].as_of.toordinal(), scored[-1].as_of.toordinal()
    days = max(1, last - first)
    xs = [frame.x0 + (one.as_of.toordinal() - first) / days * (frame.x1 - frame.x0) for one in scored]
    dated = _dated(xs)
    points = tuple(
        Point(px(x), px(scale.at(one.score)), one, one == chosen, k in dated)
        for k, (x, one) in enumerate(zip(xs, scored, strict=True))
    )
    path = "M" + "L".join(f"{point.x} {point.y}" for point in points)
    return Course(frame, scale, points, path, px(scale.at(0.0)) if scale.low <= 0 <= scale.high else None)


def _dated(xs):
    """Places whose dates do not run into each other; the last always, then from the left."""
    kept = [len(xs) - 1]
    at = -APART
    for k, x in enumerate(xs[:-1]):
        if x - at >= APART and xs[-1] - x >= APART:
            kept.append(k)
            at = x
    return set(kept)
