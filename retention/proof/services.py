"""Writes about proof: a rule switched off or kept for a reason, and customers no longer held out."""

from django.db import transaction
from django.utils import timezone

from customers.changes import note_change
from retention.models import ProofAssignment, RuleKept


@transaction.atomic
def retire(*, template, by):
    """Switch a rule off: its untouched tasks close with the next night."""
    template.active, template._history_user = False, by
    template.save()
    return template


@transaction.atomic
def keep(*, template, reason, until, by, at):
    """Keep a rule that nobody acts on: it is not asked to go until that day has passed."""
    return RuleKept.objects.create(template=template, reason=reason.strip(), until=until, by=by, at=at)


@transaction.atomic
def release(*, template, at):
    """Nobody is held out from this playbook any more; everybody stays in the arm that chance gave. Answers how many."""
    today = timezone.localdate(at)
    held = ProofAssignment.objects.filter(template=template, held=True, released_on=None, ends_on__gt=today)
    count = held.update(released_on=today)
    if count:
        note_change("retention.proofassignment", template.code)
    return count
