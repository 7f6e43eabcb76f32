"""The score sheet: what a person may score, customer by customer, and how much of it is scored at all."""

from dataclasses import dataclass

import numpy as np
from django.db.models import Count, Q

from customers.models import Customer
from segmentation.models import ExpertScore, Indicator, ManualValue

CHUNK = 500


@dataclass(frozen=True)
class Coverage:
    """How many of the customers a person sees have a word of somebody on one indicator."""

    indicator: Indicator
    scored: int
    total: int


def columns():
    """The active indicators that people fill: expert scores first, then values by hand."""
    found = Indicator.objects.filter(Q(expert=True) | Q(source="MANUAL"), active=True)
    return sorted(found, key=lambda row: (row.source == "MANUAL", row.position, row.pk))


def coverage(user):
    """Coverage of every column among the customers the user sees."""
    total = Customer.objects.visible_to(user).count()
    of = lambda model: dict(  # noqa: E731
        model.objects.visible_to(user).values_list("indicator").annotate(n=Count("customer", distinct=True)).order_by()
    )
    scored = of(ExpertScore) | of(ManualValue)
    return [Coverage(row, scored.get(row.pk, 0), total) for row in columns()]


def titles(indicators):
    """(title, kind) of every column of the sheet: code, name, then own value and what counts now per indicator."""
    found = [("code", "text"), ("name", "text")]
    for row in indicators:
        found += [(f"{row.label} [{row.code}]", "number"), (f"{row.label}: =", "number")]
    return found


def rows(user, indicators, night):
    """Rows of the sheet for every customer the user sees: code, name, own latest value and what the night counts."""
    place = {code: at for at, code in enumerate((night.weights or {}).get("indicators", []))} if night else {}
    customers = Customer.objects.visible_to(user).order_by("code")
    if night:
        customers = customers.with_standing(night.pk)
    own = own_values(user)
    for customer in customers.iterator(chunk_size=CHUNK):
        standing = getattr(customer, "standing", None)
        raw = standing.raw if standing is not None else None
        row = [customer.code, customer.name]
        for indicator in indicators:
            at = place.get(indicator.code)
            now = None if raw is None or at is None or np.isnan(raw[at]) else float(raw[at])
            row += [own.get((customer.pk, indicator.pk)), now]
        yield row


def own_values(user):
    """(customer, indicator) -> the user's latest own score, or the latest value entered by hand."""
    found = {}
    scores = ExpertScore.objects.visible_to(user).filter(scorer=user).order_by("date", "id")
    for customer, indicator, score in scores.values_list("customer_id", "indicator_id", "score"):
        found[customer, indicator] = float(score)
    by_hand = ManualValue.objects.visible_to(user).order_by("date", "id")
    for customer, indicator, value in by_hand.values_list("customer_id", "indicator_id", "value"):
        found[customer, indicator] = float(value)
    return found
