"""What the firm gives a customer: delivered value by survey (text 001, L19), own and at the competitor (R13)."""

from dataclasses import dataclass
from datetime import date
from math import isfinite

from django.db.models import Q

from customers.models import SurveyResponse
from customers.models.facts import COST_ITEMS, RIVAL_ITEMS, VALUE_ITEMS
from lifecycle.numerics import clv

ITEMS = (*VALUE_ITEMS, *COST_ITEMS)
SHOWN = 12  # answers in the history


@dataclass(frozen=True)
class Delivered:
    """Total value, total cost, their difference and ratio; None where too little was answered."""

    value: float | None
    cost: float | None
    absolute: float | None
    relative: float | None


@dataclass(frozen=True)
class Item:
    """One of the eight components: the answer about us and about the competitor, 1 to 10."""

    code: str
    is_cost: bool
    own: int | None
    rival: int | None


@dataclass(frozen=True)
class Exchange:
    """The latest answers, what they add up to, and the totals of earlier ones, oldest first."""

    day: date
    items: list
    own: Delivered
    rival: Delivered | None
    competitor: str
    history: list  # (day, Delivered)
    factors: list  # codes of ValueFactor: what the latest answers are taken to be moved by

    @property
    def lead(self):
        """How much more than the competitor we deliver, as exact as it is written; None where either is not known."""
        if self.rival is None or self.own.absolute is None or self.rival.absolute is None:
            return None
        return round(self.own.absolute - self.rival.absolute, 2)


def delivered(answers, prefix=""):
    """The totals of one answer sheet, of us or (prefix `rival_`) of the competitor; energy is mind and body."""

    def given(name):
        found = getattr(answers, prefix + name)
        return float("nan") if found is None else float(found)

    energy = [value for value in (given("mental_cost"), given("physical_cost")) if isfinite(value)]
    told = clv.delivered_value(
        *(given(name) for name in VALUE_ITEMS),
        given("monetary_cost"),
        given("time_cost"),
        sum(energy) / len(energy) if energy else float("nan"),
    )
    return Delivered(*(_known(part) for part in (told.value, told.cost, told.absolute, told.relative)))


def _known(number):
    return float(number) if isfinite(number) else None


def exchange(customer, until):
    """What surveys up to a day say about the value we deliver; None without any such answer."""
    asked = Q()
    for name in ITEMS:
        asked |= Q(**{f"{name}__isnull": False})
    rows = SurveyResponse.objects.filter(asked, customer=customer, date__lte=until).order_by("-date", "-id")
    sheets = list(rows[:SHOWN])
    if not sheets:
        return None
    last = sheets[0]
    compared = next((s for s in sheets if any(getattr(s, name) is not None for name in RIVAL_ITEMS)), None)
    items = [
        Item(name, name in COST_ITEMS, getattr(last, name), getattr(compared, f"rival_{name}") if compared else None)
        for name in ITEMS
    ]
    rival = delivered(compared, "rival_") if compared else None
    history = [(sheet.date, delivered(sheet)) for sheet in reversed(sheets)]
    competitor = compared.competitor if compared else ""
    return Exchange(last.date, items, delivered(last), rival, competitor, history, last.factors)
