"""Ends: whose end is proposed and what is still open with them, reasons of the exit patterns, stages set by hand."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Q

from customers.models import Case, Customer, Receivable
from customers.models.querysets import scope
from customers.selectors.listing import rows_of, scoped
from customers.vocabulary import Pattern, Stage
from customers.vocabulary_stages import ExitReason
from lifecycle.course.forms import REASONS
from lifecycle.models import PatternReason, StageOverride


def proposed(user, night):
    """Ids of the customers whose end is proposed, the most valuable of the past first."""
    rows = scoped(user, night).filter(standing__end_proposed=True, exited_on=None)
    return rows.order_by(F("standing__amount").desc(nulls_last=True), "pk").values_list("pk", flat=True)


@dataclass(frozen=True)
class Open:
    """A customer with what would still have to be settled before the relationship can end (text 001, L01)."""

    customer: Any
    cases: int
    receivables: int
    amount: Any
    silent: int


def with_open_matters(ids, night):
    """These customers with their open cases and unpaid receivables."""
    cases = _counts(Case.objects.filter(customer__in=ids, answered_at=None))
    unpaid = Receivable.objects.filter(customer__in=ids, paid_on=None)
    money = _counts(unpaid)
    return [
        Open(
            customer,
            cases.get(customer.pk, 0),
            money.get(customer.pk, 0),
            customer.standing.amount,
            (night.as_of - customer.standing.last_order).days,
        )
        for customer in rows_of(ids, night)
    ]


def _counts(rows):
    return dict(rows.order_by().values_list("customer").annotate(n=Count("pk")))


def overrides(user, day, limit=100):
    """Stages set by hand that hold on a day, among the customers a user may see, soonest to expire first."""
    rows = StageOverride.objects.filter(scope(user, "customer__"), begin__lte=day, until__gte=day)
    rows = rows.filter(Q(ended_on=None) | Q(ended_on__gt=day)).select_related("customer", "by")
    return rows.order_by("until", "pk")[:limit]


def pattern_of(standing):
    """The pattern reasons are asked for: that of the end, or IV while it runs; None where neither is so."""
    if standing is None:
        return None
    if standing.pattern != Pattern.OPEN.value:
        return standing.pattern
    return Pattern.IV.value if standing.stage == Stage.STABLE.value and standing.long_term else None


@dataclass(frozen=True)
class Reasons:
    """An exit pattern: how many ended so, and the reasons people gave for it."""

    pattern: str
    count: int
    share: float
    running: int  # stable for long, still there (pattern IV only)
    codes: list  # (code, count)


def reasons(user, night):
    """The four patterns with the reasons given, among the customers a user may see."""
    rows = scoped(user, night).order_by().values_list("standing__pattern").annotate(n=Count("pk"))
    counts = {pattern: n for pattern, n in rows if pattern}
    running = scoped(user, night).filter(standing__long_term=True, standing__pattern=Pattern.OPEN.value).count()
    mine = Customer.objects.visible_to(user).order_by().values("pk")
    given = PatternReason.objects.filter(customer__in=mine).order_by().values_list("code").annotate(n=Count("pk"))
    given, total = dict(given), sum(counts.get(code, 0) for code in REASONS) or 1
    return [
        Reasons(
            code, counts.get(code, 0), counts.get(code, 0) / total, running if code == Pattern.IV.value else 0,
            [(ExitReason(reason), given.get(reason, 0)) for reason in codes],
        )
        for code, codes in REASONS.items()
    ]  # fmt: skip
