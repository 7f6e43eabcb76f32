"""What a strategy becomes in daily work: the task templates of a quadrant, with how many of their tasks wait."""

from django import template
from django.db.models import Count

from retention import selectors
from retention.models import TaskTemplate
from retention.models.tasks import LIVE

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


def asked(trigger):
    """The quadrants that a trigger asks for by name; conditions under a "not" ask for nothing."""
    if not isinstance(trigger, dict):
        return set()
    if trigger.get("field") == "quadrant" and trigger.get("op") in ("eq", "in"):
        value = trigger.get("value")
        return {str(one) for one in (value if isinstance(value, list) else [value])}
    parts = [part for name in ("all", "any") for part in trigger.get(name) or ()]
    return set().union(*(asked(part) for part in parts))
