"""A slow second reading of the order lines: plain Python over model objects, decimals throughout."""

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal

from customers.models import Transaction

ZERO = Decimal(0)


def by_customer(as_of):
    """Per customer id the measures the night must come to, from every line up to as_of."""
    lines = defaultdict(list)
    for line in Transaction.objects.filter(date__lte=as_of).select_related("product"):
        lines[line.customer_id].append(line)
    return {pk: _measures(found, as_of) for pk, found in lines.items()}


def _measures(lines, as_of):
    recent = [line for line in lines if line.date > as_of - timedelta(days=365)]
    costed = [line for line in lines if line.cost is not None]
    bought = sorted({line.date for line in lines if line.amount > 0 or (line.amount == 0 and line.quantity > 0)})
    categories = {
        line.category_id or (line.product and line.product.category_id)
        for line in lines
        if line.amount > 0 or (line.amount == 0 and line.quantity > 0)
    }
    return {
        "orders": len({line.order_no or line.date for line in lines}),
        "purchase_days": len(bought),
        "quantity": sum((line.quantity for line in lines), ZERO),
        "amount": sum((line.amount for line in lines), ZERO),
        "amount_12m": sum((line.amount for line in recent), ZERO),
        "gross_profit": sum((line.amount - line.cost for line in costed), ZERO) if costed else None,
        "service_cost": sum((line.service_cost for line in lines), ZERO),
        "categories": len(categories - {None}),
        "first_order": min(line.date for line in lines),
        "last_order": max(line.date for line in lines),
    }
