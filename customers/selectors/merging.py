"""What a merge of two customers would do, before anybody says yes; and what merges have done."""

from django.db.models import Max, Min, Q, Sum
from django.utils.text import capfirst

from customers import merging
from customers.models import CustomerMerge, PurchaseDay


def moving(former):
    """What the survivor takes over: [(words, rows)], the largest first, of every relation that moves."""
    found = []
    for relation in merging.relations():
        rule = merging.RULES.get(relation.key)
        count = relation.rows(former).count() if rule and rule.told else 0
        if count:
            found.append((capfirst(relation.label), count))
    return sorted(found, key=lambda row: -row[1])


def bought(customer):
    """Orders and amount of a customer, and its first and last purchase day."""
    return PurchaseDay.objects.filter(customer=customer).aggregate(
        orders=Sum("orders", default=0), amount=Sum("amount", default=0), first=Min("date"), last=Max("date")
    )


def likelier_survivor(one, other):
    """(survivor, former): the one with more orders stays, else the one on record longer."""
    weights = {row.pk: (bought(row)["orders"], -row.pk) for row in (one, other)}
    return (one, other) if weights[one.pk] >= weights[other.pk] else (other, one)


def merges_of(customer, user):
    """The merges that made a customer what it is, newest first, with words for what moved."""
    rows = CustomerMerge.objects.filter(Q(survivor=customer) | Q(survivor__merged_into=customer))
    labels = {relation.model._meta.label: capfirst(relation.label) for relation in merging.relations()}
    found = list(rows.select_related("former", "survivor", "by"))
    for row in found:
        row.told = [(labels.get(label, label), count) for label, count in row.moved.items()]
        row.kept = [(labels.get(one["what"], one["what"]), one["text"]) for one in row.stayed]
    return found
