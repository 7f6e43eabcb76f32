"""The lifecycle curve of one customer: amount and profit by month or quarter, coloured by stage, with what happened."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Sum
from django.db.models.functions import TruncMonth, TruncQuarter
from django.utils import timezone

from customers import models as m
from customers.charts import Tick, pieces, scale_of
from lifecycle.models import StageOverride

WIDE, NARROW, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 1100, 420, 300, 64, 8, 44, 30
LONGEST = {"month": 60, "quarter": 48}  # periods drawn
APART = 11.0  # of two events on the curve


@dataclass(frozen=True)
class Event:
    """Something that happened: kind is complaint, contract, contract_end, stage, owner or hand."""

    day: date
    kind: str
    what: Any


@dataclass(frozen=True)
class Stretch:
    """A month or quarter."""

    first: date
    amount: float
    profit: float | None
    stage: str


@dataclass(frozen=True)
class Bar:
    """A stretch as a bar."""

    what: Stretch
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Pin:
    """An event over the curve."""

    event: Event
    x: float
    y: float
    colour: str


@dataclass(frozen=True)
class Curve:
    """The whole picture."""

    bars: list
    profit: list
    ticks: list
    years: list
    zero: float
    pins: list
    by: str
    width: int
    height: int = HEIGHT


def following(first, by):
    """The first day of the next month or quarter."""
    step = 1 if by == "month" else 3
    index = first.year * 12 + first.month - 1 + step
    return date(index // 12, index % 12 + 1, 1)


def beginning(day, by):
    """The first day of the month or quarter of a day."""
    return day.replace(day=1, month=day.month if by == "month" else day.month - (day.month - 1) % 3)


def stretches(customer, steps, until, by):
    """Every month (quarter) since the first order, the latest sixty (forty-eight): sums and the stage at its end."""
    if not steps:
        return []
    cut = TruncMonth("date") if by == "month" else TruncQuarter("date")
    rows = (
        m.PurchaseDay.objects.filter(customer=customer, date__lte=until)
        .annotate(begin=cut)
        .order_by()
        .values("begin")
        .annotate(total=Sum("amount"), won=Sum("gross_profit"), known=Sum("costed_amount"))
    )
    sums = {row["begin"]: row for row in rows}
    found, first = [], beginning(steps[0].since, by)
    while first <= until:
        after = following(first, by)
        row = sums.get(first)
        profit = float(row["won"]) if row and (row["known"] or row["won"]) else None
        found.append(Stretch(first, float(row["total"]) if row else 0.0, profit, _stage_on(steps, after, until)))
        first = after
    return found[-LONGEST[by] :]


def _stage_on(steps, after, until):
    """The stage that held on the last day before `after`, or today."""
    day = min(after - timedelta(days=1), until)
    holding = [step.stage for step in steps if step.since <= day]
    return holding[-1] if holding else steps[0].stage


def events(customer, steps, since, until):
    """What happened between two days, oldest first."""
    begin, end = (timezone.make_aware(datetime.combine(day, time())) for day in (since, until + timedelta(days=1)))
    found = [Event(step.since, "stage", step) for step in steps[1:]]
    cases = m.Case.objects.filter(customer=customer, kind="COMPLAINT", opened_at__gte=begin, opened_at__lt=end)
    found += [Event(timezone.localtime(case.opened_at).date(), "complaint", case) for case in cases]
    for contract in m.Contract.objects.filter(customer=customer):
        found += [Event(contract.start, "contract", contract), Event(contract.end, "contract_end", contract)]
    found += [Event(row.begin, "hand", row) for row in StageOverride.objects.filter(customer=customer)]
    found += owners(customer)
    return sorted((event for event in found if since <= event.day <= until), key=lambda event: event.day)


def owners(customer):
    """Days on which the customer went to somebody else, from its record of changes."""
    rows = customer.history.order_by("history_date", "history_id").select_related("owner")
    found, before = [], None
    for number, row in enumerate(rows):
        if number and row.owner_id != before:
            found.append(Event(timezone.localtime(row.history_date).date(), "owner", row.owner))
        before = row.owner_id
    return found


COLOUR = {
    "complaint": "c-bad",
    "contract": "c-good",
    "contract_end": "c-quiet",
    "owner": "c-info",
    "hand": "c-warn",
}


def drawn(parts, happened, by, width=WIDE):
    """Bars, the line of profit and the pins; None where there is nothing to draw."""
    if not parts:
        return None
    known = [part.profit for part in parts if part.profit is not None]
    low, high, ticks = scale_of(min([part.amount for part in parts] + known), max([p.amount for p in parts] + known))

    def y(value):
        return TOP + (high - value) / (high - low) * (HEIGHT - TOP - BOTTOM)

    slot = (width - LEFT - RIGHT) / len(parts)
    bars = [
        Bar(part, LEFT + slot * i + slot * 0.1, min(y(part.amount), y(0)), slot * 0.8, abs(y(part.amount) - y(0)))
        for i, part in enumerate(parts)
    ]
    points = [(LEFT + slot * (i + 0.5), None if p.profit is None else y(p.profit)) for i, p in enumerate(parts)]
    years = [(LEFT + slot * i, p.first.year) for i, p in enumerate(parts) if p.first.month == 1 or i == 0]
    if len(years) > 1 and years[1][0] - years[0][0] < 44:
        years = years[1:]
    return Curve(
        bars, pieces(points), [Tick(value, y(value)) for value in ticks], years, y(0),
        _pins(parts, happened, slot, by), by, width,
    )  # fmt: skip


def _pins(parts, happened, slot, by):
    """Events over their day; two that would touch stand above each other."""
    begin, end = parts[0].first, following(parts[-1].first, by)
    span, levels, pins = (end - begin).days, [-99.0] * 3, []
    for event in happened:
        x = LEFT + (event.day - begin).days / span * slot * len(parts)
        free = [level for level, last in enumerate(levels) if x - last >= APART]
        level = free[0] if free else min(range(3), key=lambda one: levels[one])
        levels[level] = x
        colour = f"c-stage-{event.what.stage}" if event.kind == "stage" else COLOUR[event.kind]
        pins.append(Pin(event, x, 32.0 - level * 12.0, colour))
    return pins
