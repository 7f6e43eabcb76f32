"""Over which days an indicator looks: the window of its measure with its dates on a night, and what else there is."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Min

from customers.models import Standing
from segmentation.models import Indicator
from segmentation.models.measures import ALL, LABELS, NOW, WINDOWS, windows_of


@dataclass(frozen=True)
class Window:
    """`since` is None where nothing begins it (the state of an evening); both are None before the first night.

    others: the windows that the book offers for the same figure, as (code, label).
    """

    code: str
    label: str
    since: date | None = None
    until: date | None = None
    others: tuple = ()


def first_day(night):
    """The day of the first order that a night knows, or None."""
    return Standing.objects.filter(night=night.pk).aggregate(first=Min("first_order"))["first"] if night else None


def window(measure, night, first=None):
    """The Window of a measure; None where it is none of the book's. first: as first_day says."""
    if measure not in LABELS:
        return None
    code = LABELS[measure][2]
    label, days = WINDOWS[code]
    until = night.as_of if night else None
    others = tuple((other, WINDOWS[other][0]) for other, _measure in windows_of(measure) if other != code)
    from_orders = code == ALL and others  # what has a twin over a year is counted from order lines
    since = until - timedelta(days=days - 1) if until and days else first if from_orders else None
    return Window(code, label, since, until, others)


def of_indicators(indicators, night):
    """Indicator id -> its Window, for those that are computed."""
    first = first_day(night)
    found = {row.pk: window(row.measure, night, first) for row in indicators}
    return {pk: one for pk, one in found.items() if one is not None}


def by_window(night):
    """(Window, names of the night's indicators that look over it), widest first; [] before the first night."""
    if not night or not (night.weights or {}).get("indicators"):
        return []
    rows = Indicator.objects.filter(code__in=night.weights["indicators"]).order_by("position", "id")
    first, names = first_day(night), {}
    for row in rows:
        code = LABELS[row.measure][2] if row.measure in LABELS else NOW
        names.setdefault(code, []).append(row.label)
    found = []
    for code in (code for code in WINDOWS if code in names):
        sample = next(key for key, (_label, _unit, own) in LABELS.items() if own == code)
        found.append((window(sample, night, first), names[code]))
    return found
