"""What a merge of two customers would do, before anybody says yes; and what merges have done."""

from django.db.models import Max, Min, Q, Sum
from django.utils.text import capfirst

from customers import merging
from customers.models import Customer, CustomerMerge, PurchaseDay, Standing
from customers.vocabulary import NightStatus


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


def survivors_of_code(code):
    """Ids of the customers into which one with this code was merged (case does not matter)."""
    former = Customer.objects.filter(merged_into__isnull=False, code__iexact=code.strip())
    return list(former.values_list("merged_into", flat=True))


def merges_of(customer):
    """The merges that made a customer what it is, newest first, with words for what moved, and where the former one
    stood last."""
    rows = CustomerMerge.objects.filter(Q(survivor=customer) | Q(survivor__merged_into=customer))
    labels = {relation.model._meta.label: capfirst(relation.label) for relation in merging.relations()}
    found = list(rows.select_related("former", "survivor", "by"))
    for row in found:
        row.last = _last_standing(row.former)
        row.told = [(labels.get(label, label), count) for label, count in row.moved.items()]
        row.kept = [(labels.get(one["what"], one["what"]), one["text"]) for one in row.stayed]
    return found


def _last_standing(former):
    """What the latest published night that knew a former customer said about it; None where none did."""
    seen = [NightStatus.PUBLISHED.value, NightStatus.SUPERSEDED.value]
    rows = Standing.objects.filter(customer=former, night__status__in=seen).select_related("night")
    return rows.defer("raw", "z", "points").order_by("-night__as_of", "-night").first()
