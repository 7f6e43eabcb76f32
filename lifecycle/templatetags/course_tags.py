"""Tags about the course of a relationship for the customer page: its curve, its decisions, the other vocabularies."""

from django import template
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers import labels
from customers.vocabulary_stages import BuyingStep, SignalKind
from lifecycle import selectors
from lifecycle.course import cohorts, curve, displays, economics, endings
from lifecycle.models import (
    ExplorationCheck,
    PatternReason,
    RelationshipSignal,
    StageBudget,
    StageChange,
    StageOverride,
)
from lifecycle.value.inputs import policy_now

register = template.Library()
BY = ("month", "quarter")
BEGINNING = ("PROSPECT", "EXPLORATION", "FORMATION")  # stages in which both sides still test each other
NARROW = 18  # months or quarters on a small screen
# Measures of the evidence in the order of reading, with their words and how they are written.
MEASURES = [
    ("n", _("Purchase days"), "whole"),
    ("tenure", _("Days as a customer"), "whole"),
    ("recency", _("Silent for, days"), "whole"),
    ("gap", _("Own rhythm, days"), "whole"),
    ("recent", _("Sales a period, the last two"), "money"),
    ("before", _("Sales a period, up to four before"), "money"),
    ("p", _("Exact test of the number of purchases"), "share3"),
    ("p0", _("Chance of no purchase in the next two periods"), "share"),
]
HELD = [
    ("unsatisfied", _("not satisfied")),
    ("committed", _("contract or commitment")),
    ("red", _("not paid back")),
    (SignalKind.COMPETITOR.value, _("asks a competitor")),
    (SignalKind.INTENT.value, _("says it wants to leave")),
    (SignalKind.COMPLAINT.value, _("complaint past its due day")),
    (SignalKind.BUYER.value, _("the buyer left")),
]


@register.inclusion_tag("lifecycle/parts/course.html", takes_context=True)
def course(context, customer, night):
    """The stage tab beyond the way itself: everything is read for one customer, in a constant number of queries."""
    request, today = context["request"], timezone.localdate()
    standing = getattr(customer, "standing", None)
    if not night or standing is None:
        return {"standing": None}
    by = request.GET.get("by") if request.GET.get("by") in BY else "month"
    steps, policy = selectors.way(customer, night.as_of), policy_now()
    parts = curve.stretches(customer, steps, night.as_of, by)
    happened = curve.events(customer, steps, parts[0].first, night.as_of) if parts else []
    recent = [event for event in happened if event.day >= parts[-NARROW:][0].first] if parts else []
    offered = displays.models()
    check = ExplorationCheck.objects.filter(customer=customer).select_related("by").first()
    return {
        "customer": customer,
        "standing": standing,
        "night": night,
        "currency": context.get("currency", ""),
        "request": request,
        "by": by,
        "steps": steps,
        "wide": curve.drawn(parts, happened, by),
        "narrow": curve.drawn(parts[-NARROW:], recent, by, curve.NARROW),
        "stages": list(dict.fromkeys(part.stage for part in parts)),
        "parts": parts,
        "kinds": {event.kind for event in happened},
        "events": happened,
        "peers": cohorts.peers(standing, night),
        "check": check,
        "beginning": check is not None or standing.stage in BEGINNING,
        "steps_to_buy": labels.choices(BuyingStep),
        "depth": economics.depth_of(standing, night),
        "ideality": economics.ideality_of(standing),
        "budget": StageBudget.objects.filter(stage=standing.stage).values_list("amount", flat=True).first(),
        "override": _override(customer, today),
        "past_overrides": StageOverride.objects.filter(customer=customer).select_related("by", "ended_by")[:20],
        "signals": RelationshipSignal.objects.filter(customer=customer).select_related("by")[:20],
        "pattern": endings.pattern_of(standing),
        "reasons": PatternReason.objects.filter(customer=customer).select_related("by"),
        "withdrawn": StageChange.objects.filter(customer=customer).exclude(withdrawn_on=None).count(),
        "readings": [(model, displays.standpoint(model, standing)) for model in offered],
        "model": displays.chosen(request.user, offered),
        "lines": displays.own_lines(customer, night, policy),
        "policy": policy,
    }


def _override(customer, today):
    """The stage set by hand that holds today, or None."""
    rows = StageOverride.objects.filter(customer=customer, begin__lte=today, until__gte=today, ended_on=None)
    return rows.select_related("by").first()


@register.simple_tag
def measures_of(evidence):
    """The measures of a change in the order of reading: (words, value, kind) of those that are known."""
    return [(words, evidence[name], kind) for name, words, kind in MEASURES if evidence.get(name) is not None]


@register.simple_tag
def marks_held(evidence):
    """The words of the marks that held on the day of a change."""
    return [words for name, words in HELD if evidence.get(name)]


@register.simple_tag
def by_hand(customer, night):
    """The stage set by hand behind tonight's verdict, with its reason and last day; None where the rules speak."""
    rows = StageOverride.objects.filter(customer=customer, begin__lte=night.as_of, until__gte=night.as_of)
    return rows.select_related("by").order_by("-begin", "-pk").first()
