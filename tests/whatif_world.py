"""A small firm with orders for the pages that try, shadow and publish weights."""

import random
from datetime import date, timedelta
from decimal import Decimal

from crm_site import nightly
from customers import publish
from customers.models import Category, Customer, Transaction

DAY = date(2025, 6, 30)


def make_firm(owners, size=30, seed=3):
    """`size` customers with orders in three categories, owned in turn; two more without any order."""
    draw = random.Random(seed)
    categories = [Category.objects.get_or_create(name=name)[0] for name in ("cables", "cameras", "service")]
    customers = [
        Customer.objects.create(
            code=f"K{i:02}",
            name=f"Firm {i:02}",
            scale=draw.choice(["", "SMALL", "LARGE"]),
            owner=owners[i % len(owners)],
        )
        for i in range(size + 2)
    ]
    lines = []
    for customer in customers[:size]:
        for n in range(draw.randrange(1, 9)):
            amount = Decimal(draw.randrange(1, 900))
            lines.append(Transaction(
                customer=customer, order_no=f"{customer.code}-{n}", date=DAY - timedelta(days=draw.randrange(700)),
                quantity=draw.randrange(1, 5), amount=amount, cost=amount * Decimal("0.7"),
                service_cost=Decimal(draw.randrange(0, 60)), category=draw.choice(categories),
            ))  # fmt: skip
    for line in lines:
        line.save()
    publish.refresh_days()
    return customers


def run(as_of=DAY):
    """A night whose self-check holds."""
    night = nightly.run_night(as_of=as_of)
    assert [check for check in night.checks if not check["ok"]] == []
    return night
