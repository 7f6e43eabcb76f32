"""What segments become in daily work: the task templates of a quadrant and what waits, the cost of work by level."""

from datetime import timedelta

from django import template
from django.db.models import Count, Q, Sum

from customers.vocabulary import TaskState
from retention import selectors
from retention.models import TaskTemplate
from retention.models.tasks import LIVE

DAYS = 365  # as for contacts

register = template.Library()


@register.inclusion_tag("retention/parts/quadrant_work.html", takes_context=True)
def quadrant_work(context, quadrant):
    """The active templates whose trigger asks for a quadrant: ``{% quadrant_work "HH" %}``; read once a request."""
    request = context["request"]
    if not hasattr(request, "quadrant_work"):
        request.quadrant_work = _work(request.user, request.night or None)
    return {"rows": request.quadrant_work.get(quadrant, []), "quadrant": quadrant}


def _work(user, night):
    """Quadrant code -> list of (template, how many of its tasks wait at visible customers of the quadrant)."""
    waiting = selectors.visible(user).filter(state__in=LIVE, customer__standings__night=night and night.pk)
    rows = waiting.order_by().values_list("customer__standings__quadrant", "template").annotate(n=Count("pk"))
    counts, found = {(quadrant, template): n for quadrant, template, n in rows}, {}
    for row in TaskTemplate.objects.filter(active=True).order_by("-weight", "code"):
        for code in sorted(asked(row.trigger)):
            found.setdefault(code, []).append((row, counts.get((code, row.pk), 0)))
    return found


@register.simple_tag(takes_context=True)
def work_by_level(context):
    """Level code -> (share, planned cost) of tasks done in twelve months and tasks that wait; {} where all is free.

    Of the customers that the page is narrowed to: ``{% work_by_level as work %}``.
    """
    night, found = context.get("night"), context.get("narrowed")
    if not night or found is None:
        return {}
    done = Q(state=TaskState.DONE.value, closed_on__gt=night.as_of - timedelta(days=DAYS), closed_on__lte=night.as_of)
    tasks = selectors.visible(context["request"].user).filter(done | Q(state__in=LIVE))
    if not found.whole:
        tasks = tasks.filter(customer__in=found.customers.order_by().values("pk"))
    rows = tasks.filter(customer__standings__night=night.pk).order_by().values_list("customer__standings__level")
    costs = {level: float(cost or 0) for level, cost in rows.annotate(cost=Sum("template__cost")) if level}
    total = sum(costs.values())
    return {level: (cost / total, cost) for level, cost in costs.items()} if total > 0 else {}


@register.filter
def of_level(work, level):
    """The (share, cost) of a level; nothing spent where it has none."""
    return work.get(level, (0.0, 0.0))


def asked(trigger):
    """The quadrants that a trigger asks for by name; conditions under a "not" ask for nothing."""
    if not isinstance(trigger, dict):
        return set()
    if trigger.get("field") == "quadrant" and trigger.get("op") in ("eq", "in"):
        value = trigger.get("value")
        return {str(one) for one in (value if isinstance(value, list) else [value])}
    parts = [part for name in ("all", "any") for part in trigger.get(name) or ()]
    return set().union(*(asked(part) for part in parts))
