"""Losing and parting on other pages: the card of the customer page, and words for the steps of a loss."""

from django import template
from django.utils.translation import gettext_lazy

from customers.vocabulary import Stage
from customers.vocabulary_care import ExitState
from retention.losses import selectors
from retention.models import ExitDecision
from retention.models.exits import WAITING

register = template.Library()
STEPS = {
    "lost": gettext_lazy("recorded as lost"),
    "corrected": gettext_lazy("cause corrected"),
    "no_loss": gettext_lazy("taken back: no loss"),
    "won_back": gettext_lazy("won back"),
}


@register.filter
def loss_step(reason):
    """What happened in one row of a loss's history."""
    return STEPS.get(reason or "", gettext_lazy("edited"))


@register.simple_tag
def open_loss(customer):
    """The open loss of a customer with `.running`, the attempt to win it back; or None."""
    return selectors.open_loss_of(customer)


@register.inclusion_tag("retention/exits/customer.html", takes_context=True)
def parting(context, customer, standing):
    """The card of the customer page: lost, in decline, or a proposal to part; nothing for all others."""
    states = [*WAITING, ExitState.APPROVED.value]
    decision = ExitDecision.objects.filter(customer=customer, state__in=states).order_by("-id").first()
    declining = bool(standing and standing.stage == Stage.DECLINE and not customer.exited_on)
    decided = selectors.decisions_of([customer.pk]).get(customer.pk) if declining else None
    if decided and standing.stage_since and decided.decided_on < standing.stage_since:
        decided = None
    return {
        "customer": customer,
        "standing": standing,
        "loss": selectors.open_loss_of(customer),
        "decision": decision,
        "decline": declining,
        "decided": decided,
        "csrf_token": context.get("csrf_token"),
    }
