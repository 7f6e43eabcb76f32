"""The Pareto picture of causes: a bar per cause, and the running share as a line over them."""

from dataclasses import dataclass

ROW, LABEL, RIGHT, WIDTH, TOP = 34, 176, 52, 640, 24


@dataclass(frozen=True)
class Row:
    """One cause: its bar from x by width, and the point of the running share."""

    bar: object
    y: float
    middle: float
    x: float
    width: float
    at: float  # x of the running share


@dataclass(frozen=True)
class ParetoChart:
    """Coordinates of the picture; `path` runs through the running shares, `vital` is the x of 80 %."""

    width: float
    height: float
    rows: tuple
    path: str
    vital: float


def pareto_chart(bars):
    """The picture of rows with `count` and `running`; None where there is nothing to draw."""
    if not bars:
        return None
    x0, x1 = LABEL, WIDTH - RIGHT
    top = max(bar.count for bar in bars)
    rows = tuple(
        Row(bar, y, y + 13, x0, (x1 - x0) * bar.count / top, x0 + (x1 - x0) * bar.running)
        for y, bar in ((TOP + place * ROW, bar) for place, bar in enumerate(bars))
    )
    path = "M" + "L".join(f"{row.at:.1f} {row.middle:.1f}" for row in rows)
    return ParetoChart(WIDTH, TOP + ROW * len(rows) + 8, rows, path, x0 + (x1 - x0) * 0.8)
