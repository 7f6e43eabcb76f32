"""The value stack of one customer (text 001, L22-L24): purchase, word of mouth, information, knowledge, transaction."""

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Avg, F, FloatField

from customers.models import Referral, Standing, SurveyResponse
from lifecycle.models import ValueEstimate
from lifecycle.models.estimates import ESTIMATES
from lifecycle.numerics import clv

SATISFIED, DISSATISFIED = 4, 2  # of 5, from and up to


@dataclass(frozen=True)
class Part:
    """One value a year. amount None = missing; `source` says where it is from, `why` holds the factors.

    source: MEASURED, ENTERED, BENCHMARK, ESTIMATED or MISSING.
    """

    code: str
    amount: float | None
    source: str
    why: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Stack:
    """All five parts, and the sum of those that are known."""

    parts: list
    total: float
    missing: int
    estimate: Any


def stack(customer, standing, night, policy):
    """The stack of a customer with its standing of the night (None before the first)."""
    estimate = ValueEstimate.objects.filter(customer=customer).first()
    parts = [_purchase(customer, standing), _praise(customer, night, policy)]
    parts += [_estimated(name, estimate) for name in ESTIMATES]
    known = [part.amount for part in parts if part.amount is not None]
    return Stack(parts, sum(known), len(parts) - len(known), estimate)


def _purchase(customer, standing):
    """CPV = capacity x share x unit margin; without a capacity its product with the share is last year's sales."""
    if standing is None or standing.margin_rate is None:
        return Part("purchase", None, "MISSING", {"reason": "NO_PURCHASE"})
    sold, margin = float(standing.amount_12m), standing.margin_rate
    if not customer.spending_capacity:
        return Part("purchase", sold * margin, "MEASURED", {"sold": sold, "margin": margin})
    capacity = float(customer.spending_capacity)
    share = min(max(sold / capacity, 0.0), 1.0)
    why = {"capacity": capacity, "share": share, "margin": margin, "over": sold > capacity, "sold": sold}
    return Part("purchase", clv.cpv(capacity, share, margin), "MEASURED", why)


def _praise(customer, night, policy):
    """PPV = influence x range x mean purchase value of the influenced."""
    if night is None:
        return Part("praise", None, "MISSING", {"reason": "NO_NIGHT"})
    rows = list(Referral.objects.filter(customer=customer, date__lte=night.as_of).values_list("referred_id", flat=True))
    converted = [pk for pk in rows if pk is not None]
    value, of_whom = _influenced_value(converted, night)
    influence, reach, source = _influence(customer, night, policy, len(rows), len(converted))
    why = {"influence": influence, "reach": reach, "value": value, "of": of_whom, "referrals": len(rows)}
    why["converted"] = len(converted)
    if influence is None or value is None:
        return Part("praise", None, "MISSING", why | {"reason": "NO_INFLUENCE" if influence is None else "NO_VALUE"})
    return Part("praise", clv.ppv(influence, reach, value), source, why)


def _influence(customer, night, policy, referrals, converted):
    """Influence, range and where they are from: entered, counted, or the benchmark of text 001 by satisfaction."""
    entered = customer.influence is not None and customer.reach is not None
    if entered:
        return customer.influence, customer.reach, "ENTERED"
    if referrals:
        return converted / referrals, referrals, "MEASURED"
    answers = SurveyResponse.objects.filter(customer=customer, date__lte=night.as_of, satisfaction__isnull=False)
    satisfaction = answers.order_by("-date", "-id").values_list("satisfaction", flat=True).first()
    if satisfaction is None or DISSATISFIED < satisfaction < SATISFIED:
        return None, None, "MISSING"
    reach = policy.praise_reach if satisfaction >= SATISFIED else -policy.blame_reach
    return policy.praise_influence, reach, "BENCHMARK"


def _influenced_value(converted, night):
    """Mean margin a year of those who were won, else of the firm's buyers; and which of both."""
    if converted:
        rows = Standing.objects.filter(night=night, customer__in=converted, margin_rate__isnull=False)
        won = rows.aggregate(v=Avg(F("amount_12m") * F("margin_rate"), output_field=FloatField()))["v"]
        if won is not None:
            return float(won), "won"
    value = (night.summary.get("clv_factors") or {}).get("purchase_value")
    return value, "firm"


def _estimated(name, estimate):
    amount = getattr(estimate, name, None)
    if amount is None:
        return Part(name, None, "MISSING", {"reason": "NO_ESTIMATE"})
    return Part(name, float(amount), "ESTIMATED", {"note": estimate.note})
