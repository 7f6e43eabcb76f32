"""Who looks after a customer: handing customers over, one or many. Tasks follow by signal, history stays."""

from django.db import transaction
from django.db.models import F

from customers.changes import note_change
from customers.models import Customer
from customers.publish_history import begin_history, listed, note_history
from customers.signals import customer_reassigned

BATCH = 1000


@transaction.atomic
def reassign(*, customers, to, by, at, reason=""):
    """Gives every customer of the queryset to `to` (None: nobody); answers how many changed hands.

    Customers who are with `to` already are left alone. Each change is one row of the customer's history.
    """
    same = {"owner": None} if to is None else {"owner": to}
    ids = sorted(customers.exclude(**same).order_by().values_list("pk", flat=True))
    for start in range(0, len(ids), BATCH):
        _hand_over(ids[start : start + BATCH], to=to, by=by, at=at, reason=reason)
    if ids:
        note_change("customers.owner", f"{len(ids)}")
        customer_reassigned.send(sender=Customer, customer_ids=ids, to=to, by=by, at=at)
    return len(ids)


def _hand_over(ids, *, to, by, at, reason):
    which = listed(ids)
    begin_history(*which)
    Customer.objects.filter(pk__in=ids).update(owner=to, version=F("version") + 1)
    note_history(*which, at=at, by_id=by.pk if by else None, reason=reason)
