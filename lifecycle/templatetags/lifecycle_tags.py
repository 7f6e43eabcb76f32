"""Tags of the lifecycle wing for the customer page: the way through the stages, lifetime value, churn warning."""

from django import template

from lifecycle import charts, selectors
from lifecycle.models import LifecyclePolicy

register = template.Library()


def _policy():
    return LifecyclePolicy.objects.filter(pk=1).first() or LifecyclePolicy(pk=1)


@register.simple_tag
def at(columns, stage):
    """The column of a stage: `{% at columns "STABLE" as column %}`."""
    return columns.get(stage)


@register.inclusion_tag("lifecycle/parts/stage_path.html")
def stage_path(customer, night):
    """A customer's way through the stages, the rule that holds, and the measures that decided."""
    standing = getattr(customer, "standing", None)
    steps = selectors.way(customer, night.as_of) if night else []
    return {
        "customer": customer,
        "standing": standing,
        "night": night,
        "steps": steps,
        "stretches": charts.way_chart(steps),
        "policy": _policy(),
    }


@register.inclusion_tag("lifecycle/parts/lifetime_value.html", takes_context=True)
def lifetime_value(context, customer, night):
    """Lifetime value with its range, the method behind it and what it rests on."""
    standing = getattr(customer, "standing", None)
    return {"standing": standing, "night": night, "policy": _policy(), "currency": context.get("currency")}


@register.inclusion_tag("lifecycle/parts/churn_warning.html")
def churn_warning(customer, night):
    """Whether the customer is warned, with the measures."""
    standing = getattr(customer, "standing", None)
    horizon = standing.period_days * 2 if standing and standing.period_days else None
    silent = (night.as_of - standing.last_order).days if night and standing and standing.last_order else None
    return {"standing": standing, "night": night, "policy": _policy(), "horizon": horizon, "silent": silent}
