"""The door through which the night suggests to part from customers: never more than a suggestion."""

from datetime import timedelta

from customers.vocabulary import NightOrigin
from customers.vocabulary_care import ExitState
from retention.models import ExitDecision
from retention.models.exits import WAITING


def sync_exits(night, found, rest_days):
    """Bring the night's own suggestions in line with tonight's grounds; what people took up is left alone.

    found: customer id -> (reason, evidence). New ones where nothing waits and nothing was turned down within rest_days;
    vanished ones are withdrawn. A replay changes nothing. Runs inside the publishing transaction.
    """
    if night.origin == NightOrigin.REPLAY.value:
        return {}
    waiting = dict(ExitDecision.objects.filter(state__in=WAITING).values_list("customer_id", "state"))
    own = ExitDecision.objects.filter(state=ExitState.SUGGESTED.value)
    gone = [pk for pk, customer in own.values_list("pk", "customer_id") if customer not in found]
    at = night.published_at or night.finished_at
    withdrawn = own.filter(pk__in=gone).update(state=ExitState.WITHDRAWN.value, decided_at=at)
    since = night.as_of - timedelta(days=rest_days)
    resting = set(
        ExitDecision.objects.filter(
            state__in=[ExitState.REJECTED.value, ExitState.REVERSED.value], decided_at__date__gt=since
        ).values_list("customer_id", flat=True)
    )
    approved = set(ExitDecision.objects.filter(state=ExitState.APPROVED.value).values_list("customer_id", flat=True))
    fresh = [
        ExitDecision(
            customer_id=customer,
            reason=reason,
            measure="RESTRICT" if reason == "DISCREDITED" else "TERMINATE",
            state=ExitState.SUGGESTED.value,
            evidence=evidence,
            suggested_on=night.as_of,
        )
        for customer, (reason, evidence) in found.items()
        if customer not in waiting and customer not in resting and customer not in approved
    ]
    ExitDecision.objects.bulk_create(fresh, batch_size=1000, ignore_conflicts=True)  # a person may be faster
    return {"exits_suggested": len(fresh), "exits_withdrawn": withdrawn}
