"""Geometry of the benchmarks: the own figure on the scale of the claim, curves, columns, and bars of the simulator."""

from dataclasses import dataclass

WIDTH, HEIGHT = 260, 44


@dataclass(frozen=True)
class Scale:
    """A line from 0 to top with the claim's range as a band and the own figure as a point."""

    width: int
    band_x: float
    band_width: float
    dot: float | None
    top: float


def scale(low, high, figure):
    """The claim's range and the own figure on one line; an open range ends at the line's end."""
    known = [value for value in (low, high, figure) if value is not None]
    top = max([*known, 1e-9]) * 1.15
    if all(value <= 1.0 for value in known):
        top = max(1.0, top) if max(known, default=0) > 0.6 else top
    inner = WIDTH - 16

    def x(value):
        return round(8 + max(min(value / top, 1.0), 0.0) * inner, 1)

    begin = x(low if low is not None else 0.0)
    end = x(high) if high is not None else float(WIDTH - 8)
    return Scale(WIDTH, begin, max(round(end - begin, 1), 3.0), x(figure) if figure is not None else None, top)


def curve(points, width=260, height=120):
    """A path through (share, share) points in a box, and the place of the fifth of the customers."""
    if not points:
        return None
    place = [(round(8 + x * (width - 16), 1), round(height - 8 - y * (height - 16), 1)) for x, y in points]
    return {
        "path": "M" + " L".join(f"{x} {y}" for x, y in place),
        "width": width,
        "height": height,
        "fifth": round(8 + 0.2 * (width - 16), 1),
        "floor": height - 8,
    }


def columns(values, width=260, height=96):
    """Columns for (label, value): x, y, width, height each; a value of None has no column."""
    top = max([value for _, value in values if value is not None] + [1e-9])
    step = (width - 8) / max(len(values), 1)
    return [
        {
            "label": label,
            "value": value,
            "x": round(4 + number * step + step * 0.15, 1),
            "middle": round(4 + (number + 0.5) * step, 1),
            "width": round(step * 0.7, 1),
            "height": round((value or 0.0) / top * (height - 38), 1),
            "y": round(height - 18 - (value or 0.0) / top * (height - 38), 1),
        }
        for number, (label, value) in enumerate(values)
    ]


def bars(values, width=420):
    """Horizontal bars for (code, value) around zero: x, width and sign each."""
    low = min([value for _, value in values] + [0.0])
    high = max([value for _, value in values] + [0.0])
    span = (high - low) or 1.0
    zero = -low / span * width
    return [
        {
            "code": code,
            "value": value,
            "x": round(zero + min(value, 0.0) / span * width, 1),
            "width": round(abs(value) / span * width, 1),
            "negative": value < 0,
            "y": number * 30 + 4,
        }
        for number, (code, value) in enumerate(values)
    ]
