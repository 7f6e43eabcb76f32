"""Which parts the switching cost of one customer has: for the words beside the index."""

from django.db.models import Exists, OuterRef

from customers.models import Contract, Customer
from customers.vocabulary import NightOrigin, TaskOutcome
from retention.models import RetentionTask

STRUCTURAL = 3  # bond level


def parts_of(customer, standing, as_of):
    """Codes of what contributed on the evening of the night: products, bonds, contract (numerics.selling)."""
    tied = RetentionTask.objects.filter(
        customer=OuterRef("pk"), template__bond_level=STRUCTURAL, outcome=TaskOutcome.SUCCESS.value
    )
    tied = tied.filter(closed_on__lte=as_of).exclude(origin=NightOrigin.REPLAY.value)
    runs = Contract.objects.filter(customer=OuterRef("pk"), start__lte=as_of, end__gt=as_of)
    bonds, contract = Customer.objects.filter(pk=customer.pk).values_list(Exists(tied), Exists(runs)).get()
    held = {"products": bool(standing.products), "bonds": bonds, "contract": contract}
    return [code for code, holds in held.items() if holds]
