"""Geometry of the record's pictures: what became of the warnings, calibration, and the ranking over the origins."""

from dataclasses import dataclass

WIDTH, HEIGHT = 640, 320
LEFT, RIGHT, TOP, BOTTOM = 52, 14, 14, 40
ROW = 62


@dataclass(frozen=True)
class Part:
    """One stretch of a bar."""

    code: str
    count: int
    x: float
    width: float

    @property
    def middle(self):
        return round(self.x + self.width / 2, 1)

    @property
    def roomy(self):
        return self.width > 40


@dataclass(frozen=True)
class Row:
    """One bar of parts that belong together."""

    code: str
    total: int
    y: float
    parts: list


def outcome_bars(warned, hits, missed, width=WIDTH):
    """Two bars on one scale: the warnings (lost, stayed) and the losses (warned, missed)."""
    top = max(warned, hits + missed, 1)
    wanted = [("WARNED", [("LOST", hits), ("STAYED", warned - hits)]), ("LOSSES", [("LOST", hits), ("MISSED", missed)])]
    rows = []
    for number, (code, parts) in enumerate(wanted):
        x, placed = 0.0, []
        for name, count in parts:
            long = count / top * width
            placed.append(Part(name, count, round(x, 1), round(long, 1)))
            x += long
        rows.append(Row(code, sum(count for _, count in parts), number * ROW + 22.0, placed))
    return rows


@dataclass(frozen=True)
class Dot:
    """One group of the calibration: where it lies, its size, and its numbers."""

    x: float
    y: float
    r: float
    bin: dict


@dataclass(frozen=True)
class Plane:
    """A square of expected against actual shares."""

    width: int
    height: int
    left: float
    right: float
    top: float
    bottom: float
    dots: list
    ticks: list  # (value, x, y)


def calibration_plane(bins):
    """Groups of customers by expected share (across) and actual share (up), on one scale that fits both."""
    highest = max([0.1, *(max(found["expected"], found["actual"]) for found in bins)])
    top = next((step for step in (0.1, 0.2, 0.4, 0.6, 0.8) if highest <= step), 1.0)
    left, right, floor = float(LEFT), float(WIDTH - RIGHT), float(HEIGHT - BOTTOM)

    def x(share):
        return round(left + share / top * (right - left), 1)

    def y(share):
        return round(floor - share / top * (floor - TOP), 1)

    most = max((found["customers"] for found in bins), default=1)
    dots = [
        Dot(x(found["expected"]), y(found["actual"]), round(4 + 5 * (found["customers"] / most) ** 0.5, 1), found)
        for found in bins
    ]
    ticks = [(top * part / 4, x(top * part / 4), y(top * part / 4)) for part in range(5)]
    return Plane(WIDTH, HEIGHT, left, right, float(TOP), floor, dots, ticks)


@dataclass(frozen=True)
class Pair:
    """One tenth of the customers: two bars, expected and actual."""

    x: float
    width: float
    expected_y: float
    actual_y: float
    floor: float
    bin: dict

    @property
    def actual_x(self):
        return round(self.x + self.width, 1)

    @property
    def expected_height(self):
        return round(self.floor - self.expected_y, 1)

    @property
    def actual_height(self):
        return round(self.floor - self.actual_y, 1)


@dataclass(frozen=True)
class Pairs:
    """Expected and actual by tenth."""

    width: int
    height: int
    floor: float
    left: float
    pairs: list
    ticks: list  # (value, y)


def paired_bars(bins):
    """Means per tenth of the customers, lowest expectation first; negative means are cut at the floor."""
    top = max([1e-9, *(max(found["expected"], found["actual"]) for found in bins)])
    floor, left = float(HEIGHT - BOTTOM), 76.0
    step = (WIDTH - left - RIGHT) / max(len(bins), 1)

    def y(value):
        return round(floor - max(value, 0.0) / top * (floor - TOP), 1)

    pairs = [
        Pair(round(left + (number + 0.14) * step, 1), round(step * 0.36, 1), y(b["expected"]), y(b["actual"]), floor, b)
        for number, b in enumerate(bins)
    ]
    return Pairs(WIDTH, HEIGHT, floor, left, pairs, [(top * part / 2, y(top * part / 2)) for part in range(3)])


@dataclass(frozen=True)
class Series:
    """One rule over the origins."""

    code: str
    path: str
    dots: list  # (x, y, value, date)


@dataclass(frozen=True)
class Lines:
    """AUC of every rule over the origins; one half is chance."""

    width: int
    height: int
    left: float
    right: float
    series: list
    ticks: list  # (value, y)
    dates: list  # (date, x)


def auc_lines(origins, height=240):
    """origins: (date, [(rule, measures)]), oldest first."""
    left, right, floor = 44.0, float(WIDTH - RIGHT), float(height - 34)
    values = [m["auc"] for _, rules in origins for _, m in rules if m["auc"] is not None]
    low, high = min([0.5, *values]), max([0.9, *values])

    def x(number):
        return round(left + 24 + (right - left - 48) * (number / max(len(origins) - 1, 1)), 1)

    def y(value):
        return round(floor - (value - low) / (high - low) * (floor - TOP), 1)

    series = []
    for code in [code for code, _ in origins[0][1]] if origins else []:
        dots = [
            (x(number), y(measures["auc"]), measures["auc"], day)
            for number, (day, rules) in enumerate(origins)
            for name, measures in rules
            if name == code and measures["auc"] is not None
        ]
        path = "M" + " L".join(f"{dot[0]} {dot[1]}" for dot in dots) if dots else ""
        series.append(Series(code, path, dots))
    ticks = [(value, y(value)) for value in (0.5, 0.6, 0.7, 0.8, 0.9, 1.0) if low <= value <= high + 1e-9]
    dates = [(day, x(number)) for number, (day, _) in enumerate(origins)]
    return Lines(WIDTH, height, left, right, series, ticks, dates[:: max(1, -(-len(dates) // 5))])
