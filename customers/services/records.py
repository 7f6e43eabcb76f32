"""Writes of single customers and of what is known about them; the night's inputs and the rollups follow."""

from django.db import transaction

from customers.models import Customer, Transaction
from customers.publish import refresh_days
from customers.publish_history import begin_history, listed
from customers.signals import customer_reassigned
from customers.vocabulary import CaseState, UserRole


class Conflict(Exception):
    """Somebody else saved the customer meanwhile; `.current` is what is stored now."""

    def __init__(self, current):
        super().__init__(current.pk)
        self.current = current


def _as(record, by):
    """Names the author for the row's history."""
    record._history_user = by
    return record


@transaction.atomic
def create_customer(*, customer, by, at):
    """Saves a new customer; a manager's own where no owner is given."""
    if customer.owner_id is None and not by.is_admin and by.role == UserRole.MANAGER:
        customer.owner = by
    _as(customer, by).save(force_insert=True)
    if customer.owner_id:
        _tell_owner(customer, by, at)
    return customer


@transaction.atomic
def update_customer(*, customer, expected, by, at):
    """Saves an edited customer if its version is still the expected one (None: whatever it is); Conflict otherwise."""
    current = Customer.objects.select_for_update(of=("self",)).select_related("owner", "parent").get(pk=customer.pk)
    if expected is not None and current.version != expected:
        raise Conflict(current)
    customer.version = current.version + 1
    # What people decide elsewhere must not be put back by a form that was open meanwhile.
    for name in ("tier", "proposed_tier", "proposal_reason"):
        setattr(customer, name, getattr(current, name))
    begin_history(*listed([current.pk]))
    _as(customer, by).save()
    if customer.owner_id != current.owner_id:
        _tell_owner(customer, by, at)
    return customer


def _tell_owner(customer, by, at):
    customer_reassigned.send(sender=Customer, customer_ids=[customer.pk], to=customer.owner, by=by, at=at)


@transaction.atomic
def save_record(*, record, by, at):
    """Saves a fact about a customer: what belongs to it by kind comes along."""
    _to_survivor(record)
    if isinstance(record, Transaction):
        return _save_line(record)
    if hasattr(record, "answered_at") and record.state != CaseState.OPEN and record.answered_at is None:
        record.answered_at = max(at, record.opened_at)
    if hasattr(record, "inbound") and record.pk is None:
        record.by = by
    _as(record, by).save()
    return record


def _to_survivor(record):
    """Waits for a merge under way: what somebody was writing about the former customer is about the survivor then."""
    row = Customer.objects.select_for_update(no_key=True).filter(pk=record.customer_id)
    record.customer_id = row.values_list("merged_into", flat=True).first() or record.customer_id


@transaction.atomic
def delete_record(*, record, by):
    """Deletes a fact about a customer; answers nothing."""
    customer_id, is_line = record.customer_id, isinstance(record, Transaction)
    _as(record, by).delete()
    if is_line:
        refresh_days([customer_id])


def _save_line(line):
    before = Transaction.objects.filter(pk=line.pk).values_list("customer_id", flat=True).first()
    line.save()
    refresh_days({line.customer_id, before or line.customer_id})
    return line
