"""Tags of value for the customer page: what a customer brings us, and what we bring the customer."""

from django import template
from django.utils import timezone

from lifecycle.value import charts, equity, exchange, stack
from lifecycle.value.inputs import policy_now

register = template.Library()


@register.inclusion_tag("lifecycle/parts/value_exchange.html", takes_context=True)
def value_exchange(context, customer, night):
    """The two directions of customer value side by side (text 001, L18)."""
    standing, policy = getattr(customer, "standing", None), policy_now()
    found = stack.stack(customer, standing, night, policy)
    told = [(part.code, part.amount) for part in found.parts if part.amount]
    clv = standing.clv if standing and standing.clv is not None else 0.0
    ups, downs = sum(max(amount, 0.0) for _code, amount in told), sum(min(amount, 0.0) for _code, amount in told)
    scale = {"top": max(ups, clv, 1.0), "bottom": min(downs, clv, 0.0)}
    points = equity.trend_of(customer, night) if night else []
    service = getattr(standing, "service_cost", None)
    profit = getattr(standing, "gross_profit", None)
    return {
        "currency": context.get("currency"),
        "customer": customer,
        "standing": standing,
        "night": night,
        "policy": policy,
        "stack": found,
        "slices": charts.stacked(told, **scale),
        "clv_slice": charts.stacked([("clv", clv)], **scale)[0] if clv else None,
        "points": points,
        "mixed": equity.mixed(points),
        "line": charts.line_over([(point.as_of, point.value) for point in points], zero=True),
        "zero": charts.stacked([("zero", 0.0)], **scale)[0].x,
        "history": None if profit is None else profit - (service or 0),
        "delivered": exchange.exchange(customer, night.as_of if night else timezone.localdate()),
    }
