"""Entry cohorts: of the customers who came in the same year or quarter, how many had left by which age."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from django.db.models import Count, F
from django.db.models.functions import TruncMonth

from customers.models import Standing
from customers.selectors.listing import scoped
from lifecycle.numerics.survival import Survival, kaplan_meier

MOST = 12  # cohorts drawn
FEWEST = 20  # customers of a cohort before a sentence is said about it
WIDE, NARROW, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 1100, 400, 320, 48, 70, 14, 38


@dataclass(frozen=True)
class Cohort:
    """Customers whose first order lies in the same year or quarter."""

    begin: date
    end: date
    by: str
    size: int
    ended: int
    survival: Survival

    @property
    def quarter(self):
        return (self.begin.month + 2) // 3 if self.by == "quarter" else None

    @property
    def left_after(self):
        """The share that had left after 6, 12, 24 and 36 months; None where nobody is that old."""
        last = self.survival.age[-1]
        return [self.survival.left_by(month) if month <= last else None for month in (6, 12, 24, 36)]


def bounds(day, by):
    """First and last day of the year or quarter of a day."""
    if by == "year":
        return date(day.year, 1, 1), date(day.year, 12, 31)
    begin = date(day.year, day.month - (day.month - 1) % 3, 1)
    after = date(begin.year + (begin.month == 10), (begin.month + 2) % 12 + 1, 1)
    return begin, after - timedelta(days=1)


def months(begin, end):
    """Whole months from one month to another, by calendar."""
    return (end.year - begin.year) * 12 + end.month - begin.month


def counted(rows, as_of):
    """Rows of (month of the first order, month of leaving or None, count) as the arrays of kaplan_meier, by month."""
    found = {}
    for first, left, n in rows:
        if first is None:
            continue
        ended = left is not None
        age = max(months(first, left if ended else as_of), 0)
        found.setdefault(first, []).append((age, ended, n))
    return found


def survival_of(some):
    """The survival of (age, ended, count) triples."""
    age, ended, count = (np.array(column) for column in zip(*some, strict=True)) if some else ([], [], [])
    return kaplan_meier(np.asarray(age, dtype=int), np.asarray(ended, dtype=bool), np.asarray(count, dtype=int))


def by_month(standings):
    """Counts by month of the first order and month of leaving."""
    rows = standings.annotate(came=TruncMonth("first_order"), went=TruncMonth("left_on")).order_by()
    return rows.values_list("came", "went").annotate(n=Count("customer"))


def cohorts(user, night, by="year"):
    """The latest cohorts of the customers a user may see, newest first."""
    rows = scoped(user, night).filter(standing__first_order__isnull=False)
    rows = rows.annotate(came=TruncMonth(F("standing__first_order")), went=TruncMonth(F("standing__left_on")))
    rows = rows.order_by().values_list("came", "went").annotate(n=Count("pk"))
    groups = {}
    for first, some in counted(rows, night.as_of).items():
        groups.setdefault(bounds(first, by), []).extend(some)
    found = []
    for (begin, end), some in sorted(groups.items(), reverse=True)[:MOST]:
        size, ended = sum(n for _a, _e, n in some), sum(n for _a, e, n in some if e)
        found.append(Cohort(begin, end, by, size, ended, survival_of(some)))
    return found


@dataclass(frozen=True)
class Peers:
    """How those did who came when a customer came."""

    begin: date
    end: date
    size: int
    age: int
    left: float


def peers(standing, night):
    """Of all customers who came in the same quarter (or year, where those are few): the share that had left by the
    age this customer has; None where too few came."""
    first = standing.first_order
    if first is None:
        return None
    for by in ("quarter", "year"):
        begin, end = bounds(first, by)
        rows = by_month(Standing.objects.filter(night=night.pk, first_order__range=(begin, end)))
        some = [row for group in counted(rows, night.as_of).values() for row in group]
        size, age = sum(n for _a, _e, n in some), months(first, standing.left_on or night.as_of)
        if size >= FEWEST:
            return Peers(begin, end, size, age, survival_of(some).left_by(age))
    return None


@dataclass(frozen=True)
class Drawn:
    """One cohort as a line of steps; its name stands at the end, moved apart from the others."""

    cohort: Cohort
    path: str
    x: float
    y: float
    words_y: float
    colour: str


COLOURS = ["c-stage-STABLE", "c-stage-FORMATION", "c-stage-EXPLORATION", "c-stage-DECLINE", "c-info", "c-warn"]


@dataclass(frozen=True)
class Picture:
    """The survival curves of the largest cohorts."""

    width: int
    right: int  # where the drawing ends and the names begin
    height: int
    lines: list
    shares: list  # (share, y)
    ages: list  # (months, x)


def picture(found, width=WIDE):
    """Curves of at most six cohorts: the share that is still there, by age in months."""
    some = [cohort for cohort in found if cohort.size >= FEWEST][: len(COLOURS)]
    longest = max((int(cohort.survival.age[-1]) for cohort in some), default=12) or 1
    span = width - LEFT - RIGHT

    def x(age):
        return LEFT + age / longest * span

    def y(share):
        return TOP + (1.0 - share) * (HEIGHT - TOP - BOTTOM)

    lines = []
    for cohort, colour in zip(some, COLOURS, strict=False):
        points, level = [f"M{x(0):.1f} {y(1):.1f}"], 1.0
        for age, left in zip(cohort.survival.age.tolist(), cohort.survival.left.tolist(), strict=True):
            if 1.0 - left != level:
                points.append(f"H{x(age):.1f}V{y(1.0 - left):.1f}")
                level = 1.0 - left
        end = float(cohort.survival.age[-1])
        points.append(f"H{x(end):.1f}")
        lines.append((cohort, "".join(points), x(end), y(level), colour))
    placed, low = [], -99.0
    for cohort, path, end, level, colour in sorted(lines, key=lambda line: line[3]):
        low = max(level, low + 15.0)
        placed.append(Drawn(cohort, path, end, level, low, colour))
    step = 12 if longest > 18 else 3
    ages = [(age, x(age)) for age in range(0, longest + 1, step)]
    return Picture(
        width, width - RIGHT, HEIGHT, placed, [(share, y(share)) for share in (1.0, 0.75, 0.5, 0.25, 0.0)], ages
    )
