"""Writing of value: the estimates of people."""

from django.db import transaction

from lifecycle.models import ValueEstimate


@transaction.atomic
def save_estimate(*, estimate, by):
    """Saves the estimates of a customer, whoever entered them first."""
    current = ValueEstimate.objects.select_for_update().filter(customer=estimate.customer_id).first()
    if current is not None:
        estimate.pk = current.pk
    estimate._history_user = by
    estimate.save()
    return estimate
