"""Relationship tiers are decided by people: accept or reject what the night proposes, or set a tier with a reason."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from customers.models import Customer, TierChange


def _locked(customer):
    return Customer.objects.select_for_update().get(pk=customer.pk)


def _waiting(customer, expected):
    """The customer, locked, if the proposal that the person saw still stands; a ValidationError otherwise."""
    row = _locked(customer)
    if not row.proposed_tier or (expected and row.proposed_tier != expected):
        raise ValidationError(_("This proposal no longer stands. Look at the customer again."), code="stale")
    return row


def _record(row, *, after, accepted, reason, evidence, by, at):
    return TierChange.objects.create(
        customer=row, before=row.tier, after=after, accepted=accepted, reason=reason, evidence=evidence, by=by, at=at
    )


def _save(row, *, tier=None):
    """Clears the proposal, and moves the tier where one is given."""
    row.proposed_tier, row.proposal_reason = "", {}
    fields = ["proposed_tier", "proposal_reason"]
    if tier is not None:
        row.tier, row.version = tier, row.version + 1
        fields += ["tier", "version"]
    row.save(update_fields=fields)


@transaction.atomic
def accept_proposal(*, customer, by, at, expected="", evidence=None):
    """Moves the customer to the proposed tier; answers the TierChange. ValidationError where it no longer stands.

    evidence: what the person saw (selectors.tiers.evidence_of), kept with the decision; so in reject_proposal.
    """
    row = _waiting(customer, expected)
    evidence, proposed = evidence or row.proposal_reason, row.proposed_tier
    change = _record(row, after=proposed, accepted=True, reason="", evidence=evidence, by=by, at=at)
    _save(row, tier=proposed)
    return change


@transaction.atomic
def reject_proposal(*, customer, by, at, reason, expected="", evidence=None):
    """Turns the proposal down with a reason; the night lets the same proposal rest (publish.sync_tiers)."""
    reason = reason.strip()
    if not reason:
        raise ValidationError(_("Say why the proposal is turned down."), code="reason")
    row = _waiting(customer, expected)
    evidence = evidence or row.proposal_reason
    change = _record(row, after=row.proposed_tier, accepted=False, reason=reason[:300], evidence=evidence, by=by, at=at)
    _save(row)
    return change


@transaction.atomic
def set_tier(*, customer, tier, by, at, reason):
    """Sets a tier by hand; a reason is needed. Answers the TierChange, or None where the tier is the same already."""
    row = _locked(customer)
    if row.tier == tier:
        return None
    reason = reason.strip()
    if not reason:
        raise ValidationError(_("Say why the tier changes."), code="reason")
    change = _record(row, after=tier, accepted=True, reason=reason[:300], evidence={}, by=by, at=at)
    _save(row, tier=tier)
    return change


@transaction.atomic
def save_targets(*, targets, by):
    """The target mix, with who changed it."""
    for target in targets:
        target._history_user = by
        target.save()
