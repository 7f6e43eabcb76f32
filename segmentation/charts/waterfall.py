"""The picture of a change: from one score to another, one bar for each cause, each beginning where the last ended."""

from dataclasses import dataclass

from segmentation.charts.plane import Axis, Frame, axis, px

ROW, BAR, ROOM = 38, 18, 0.08  # px of a row and of its bar; the axis goes so far beyond the extremes
THIN = (1.6, 5)  # px that a bar has at least; the same for the scores at both ends
WIDE_LEFT, NARROW_TOP = 200, 18  # px for words: beside the bars, or above them


@dataclass(frozen=True)
class Step:
    """A row: `code` is before, after or a cause; the bar runs from `x` over `width` and ends at `end`; `link` leads on
    to the next row. kind: total, up, down or none."""

    code: str
    value: float
    kind: str
    x: float
    width: float
    end: float
    words: float
    y: float
    link: str


@dataclass(frozen=True)
class Waterfall:
    """Rows from top to bottom over one axis; `zero` is where 0 lies, None where it lies outside."""

    frame: Frame
    axis: Axis
    steps: tuple[Step, ...]
    zero: float | None
    bar: int
    narrow: bool


def waterfall(before, steps, after, narrow=False):
    """The Waterfall from `before` over (code, effect) pairs to `after`; the axis shows only the reach of the change."""
    levels = [before]
    for _code, effect in steps:
        levels.append(levels[-1] + effect)
    low, high = min([*levels, after]), max([*levels, after])
    spread = (high - low) or max(1e-6, abs(after) * 0.1, 0.01)
    frame = _frame(len(steps) + 2, narrow)
    scale = axis(low - ROOM * spread, high + ROOM * spread, frame.x0, frame.x1)
    bars = [("before", before, before, before), *_bars(steps, levels), ("after", after, after, after)]
    rows = tuple(_step(k, *bar, scale, frame, last=k == len(bars) - 1) for k, bar in enumerate(bars))
    zero = px(scale.at(0.0)) if scale.low <= 0 <= scale.high else None
    return Waterfall(frame, scale, rows, zero, BAR, narrow)


def _frame(rows, narrow):
    height = rows * (ROW + (10 if narrow else 0))
    if narrow:
        return Frame(360, height + 34, left=8, right=52, top=6, bottom=28)
    return Frame(720, height + 34, left=WIDE_LEFT, right=70, top=6, bottom=28)


def _bars(steps, levels):
    return [(code, effect, levels[k], levels[k + 1]) for k, (code, effect) in enumerate(steps)]


def _step(place, code, value, start, end, scale, frame, *, last):
    height = ROW + (10 if frame.width < 400 else 0)
    y = frame.y0 + place * height + (NARROW_TOP if frame.width < 400 else (ROW - BAR) / 2)
    first, second = (px(scale.at(edge)) for edge in (start, end))
    kind = "total" if code in ("before", "after") else "up" if value > 0 else "down" if value < 0 else "none"
    link = "" if last else f"M{second} {px(y + BAR / 2)}V{px(y + height + BAR / 2)}"
    x, right = min(first, second), max(first, second)
    least = THIN[kind == "total"]
    if right - x < least:
        x, right = px((x + right - least) / 2), px((x + right + least) / 2)
    return Step(code, value, kind, x, px(right - x), second, px(right + 8), px(y), link)
