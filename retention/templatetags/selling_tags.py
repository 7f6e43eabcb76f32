"""The cross-selling card of the customer page."""

from django import template
from django.utils.translation import gettext_lazy

from retention.selling import bonds, selectors

register = template.Library()
WORDS = "retention/selling/customer.html"


PARTS = {
    "products": gettext_lazy("products held"),
    "bonds": gettext_lazy("structural bonds"),
    "contract": gettext_lazy("the running contract"),
}


def cost_parts(customer, standing, night):
    """What the switching cost is made of, in words."""
    if not (night and standing and standing.switching_cost):
        return ""
    return " · ".join(str(PARTS[code]) for code in bonds.parts_of(customer, standing, night.as_of))


@register.inclusion_tag(WORDS, takes_context=True)
def next_offer(context, customer, standing):
    """What to offer next, with its evidence, the white space and what leaving would cost the customer."""
    return {
        "customer": customer,
        "standing": standing,
        "offer": selectors.offer_of(customer),
        "parts": cost_parts(customer, standing, context.get("night")),
        "template": "T-ACQ-SIM" if customer.tier in ("STRANGER", "ACQUAINTANCE") else "T-FRI-DIV",
    }
