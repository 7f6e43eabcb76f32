"""The pictures of the KPI page: customers by composite, and the funnel by month with its net."""

from dataclasses import dataclass

WIDTH, HEIGHT = 720, 268
LEFT, RIGHT, TOP, BOTTOM = 40, 8, 16, 46


@dataclass(frozen=True)
class Box:
    """A part of a bar: which set it stands for, how many, and where."""

    name: str
    count: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Month:
    """One month (or the part of it within the period) with its boxes and the point of its net."""

    first: object
    until: object
    whole: bool
    counts: dict
    middle: float
    net_y: float
    boxes: tuple
    top: float  # of what came in
    bottom: float  # of what was lost

    @property
    def came(self):
        return self.counts["new"] + self.counts["back"]


@dataclass(frozen=True)
class FunnelChart:
    """Months and grid lines (value, y); `zero` is the line between coming and going."""

    months: tuple
    ticks: tuple
    zero: float
    path: str
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT

    @property
    def cut(self):
        """Whether the period holds a part of a month only, drawn paler."""
        return any(not month.whole and month.boxes for month in self.months)


def funnel_chart(months):
    """months: [(first day, last day, whole, {new, back, lost, opening, closing})]. None where nothing moved."""
    high = max([counts["new"] + counts["back"] for *_days, counts in months], default=0)
    low = max([counts["lost"] for *_days, counts in months], default=0)
    if not high and not low:
        return None
    step = _whole_step(high + low)
    up, down = -(-high // step) * step, -(-low // step) * step
    unit = (HEIGHT - TOP - BOTTOM) / (up + down)
    zero = TOP + up * unit
    slot = (WIDTH - LEFT - RIGHT) / len(months)
    bars = tuple(_month(place, month, slot, zero, unit) for place, month in enumerate(months))
    ticks = tuple((k * step, zero - k * step * unit) for k in range(round(-down / step), round(up / step) + 1))
    path = "M" + "L".join(f"{month.middle:.1f} {month.net_y:.1f}" for month in bars)
    return FunnelChart(bars, ticks, zero, path)


def _whole_step(span, wanted=7):
    """A step of 1, 2 or 5 times a power of ten that cuts the span into at most `wanted` parts: customers are whole."""
    power = 1
    while True:
        for step in (power, 2 * power, 5 * power):
            if step * wanted >= span:
                return step
        power *= 10


def _month(place, month, slot, zero, unit):
    first, until, whole, counts = month
    x, width = LEFT + place * slot + slot * 0.16, slot * 0.68
    boxes, top = [], zero
    for name in ("new", "back"):
        height = counts[name] * unit
        top -= height
        boxes.append(Box(name, counts[name], x, top, width, height))
    boxes.append(Box("lost", counts["lost"], x, zero, width, counts["lost"] * unit))
    net = counts["new"] + counts["back"] - counts["lost"]
    return Month(
        first,
        until,
        whole,
        counts,
        x + width / 2,
        zero - net * unit,
        tuple(b for b in boxes if b.count),
        top,
        zero + counts["lost"] * unit,
    )


@dataclass(frozen=True)
class Band:
    """The customers whose own composite lies from low to high, as a column."""

    name: str
    low: int
    high: int
    count: int
    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self):
        return self.x + self.width / 2


BAND_WIDTH, BAND_FLOOR, BAND_TOP = 400, 86, 16


def bands(edges, counts):
    """Columns for the counts between the edges."""
    top, slot = max([*counts, 1]), BAND_WIDTH / len(counts)
    found = []
    for place, count in enumerate(counts):
        height = (BAND_FLOOR - BAND_TOP) * count / top
        x, y = place * slot + slot * 0.1, BAND_FLOOR - height
        found.append(Band(f"band-{place}", edges[place], edges[place + 1], count, x, y, slot * 0.8, height))
    return found
