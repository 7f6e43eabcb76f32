"""Geometry of the pictures on the customer pages: data in, coordinates out; templates draw them."""

from dataclasses import dataclass
from math import floor, log10

WIDTH, HEIGHT = 720, 240
LEFT, RIGHT, TOP, BOTTOM = 64, 8, 14, 26  # room for words around the plot


@dataclass(frozen=True)
class Tick:
    """A grid line with its value."""

    value: float
    at: float


@dataclass(frozen=True)
class Bar:
    """One month: the box of its amount, and what it stands for."""

    x: float
    y: float
    width: float
    height: float
    negative: bool
    what: object


@dataclass(frozen=True)
class MonthlyChart:
    """Bars of amount, line of profit (pieces, where months without known cost break it), ticks and year marks."""

    bars: list
    profit: list
    ticks: list
    years: list
    zero: float
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def floor(self):
        return self.height - BOTTOM


def nice_step(span, wanted=4):
    """A round step (1, 2, 2.5 or 5 times a power of ten) that cuts the span into about `wanted` parts."""
    if span <= 0:
        return 1.0
    rough = span / wanted
    power = 10.0 ** floor(log10(rough))
    return next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= rough * 0.999)


def scale_of(low, high):
    """Round bounds around low and high that include zero, and the ticks between."""
    low, high = min(0.0, low), max(0.0, high)
    if low == high:
        high = 1.0
    step = nice_step(high - low)
    first, last = floor(low / step), -floor(-high / step)
    return first * step, last * step, [index * step for index in range(first, last + 1)]


def monthly_chart(months):
    """Months (with .first, .amount, .profit) as bars and a line. At least one month."""
    amounts = [float(month.amount) for month in months]
    profits = [None if month.profit is None else float(month.profit) for month in months]
    known = [value for value in profits if value is not None]
    low, high, ticks = scale_of(min(amounts + known), max(amounts + known))

    def y(value):
        return TOP + (high - value) / (high - low) * (HEIGHT - TOP - BOTTOM)

    slot = (WIDTH - LEFT - RIGHT) / len(months)
    bars = [
        Bar(LEFT + slot * i + slot * 0.15, min(y(value), y(0)), slot * 0.7, abs(y(value) - y(0)), value < 0, month)
        for i, (value, month) in enumerate(zip(amounts, months, strict=True))
    ]
    years = [(LEFT + slot * i, month.first.year) for i, month in enumerate(months) if month.first.month == 1 or i == 0]
    if len(years) > 1 and years[1][0] - years[0][0] < 44:  # two years would be written over each other
        years = years[1:]
    points = [(LEFT + slot * (i + 0.5), None if value is None else y(value)) for i, value in enumerate(profits)]
    return MonthlyChart(bars, pieces(points), [Tick(value, y(value)) for value in ticks], years, y(0))


def pieces(points):
    """Unbroken runs of points (x, y or None) as SVG path data; a lone point is a short dash."""
    runs, run = [], []
    for x, y in [*points, (0, None)]:
        if y is None:
            if run:
                runs.append(run)
            run = []
        else:
            run.append((x, y))
    return [_path(run if len(run) > 1 else [(run[0][0] - 2, run[0][1]), (run[0][0] + 2, run[0][1])]) for run in runs]


def _path(run):
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in run)


@dataclass(frozen=True)
class MixBar:
    """One tier of the mix: the filled share, the target band, and the row behind it (on a drawing 560 wide)."""

    row: object
    y: float
    width: float
    band_x: float
    band_width: float
    outside: bool


MIX_WIDTH, MIX_STEP = 560, 56  # name and percentages stand above each bar: on a phone, too, nothing runs under it


def mix_chart(rows):
    """The share of each tier beside the band that the target names."""
    found = []
    for index, row in enumerate(rows):
        low, high = row.low or 0.0, 1.0 if row.high is None else row.high
        found.append(
            MixBar(
                row,
                index * MIX_STEP,
                MIX_WIDTH * row.share,
                MIX_WIDTH * low,
                MIX_WIDTH * (high - low),
                bool(row.gap),
            )
        )
    return found
