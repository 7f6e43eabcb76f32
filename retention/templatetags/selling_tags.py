"""The cross-selling card of the customer page."""

from django import template

from retention.selling import selectors

register = template.Library()
WORDS = "retention/selling/customer.html"


@register.inclusion_tag(WORDS, takes_context=True)
def next_offer(context, customer, standing):
    """What to offer next, with its evidence, the white space and what leaving would cost the customer."""
    return {
        "customer": customer,
        "standing": standing,
        "offer": selectors.offer_of(customer),
        "template": "T-ACQ-SIM" if customer.tier in ("STRANGER", "ACQUAINTANCE") else "T-FRI-DIV",
    }
