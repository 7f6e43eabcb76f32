"""Writes about retention tasks: each one step of a life, atomic, with its event; a closed task stays closed."""

from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from customers.models import Customer
from customers.vocabulary import NightOrigin, TaskOutcome, TaskState
from retention.models import RetentionTask, TaskEvent
from retention.models.tasks import LIVE
from retention.selectors import may_look_after

OVER = [TaskState.DONE.value, TaskState.DISMISSED.value, TaskState.CLOSED.value]
BATCH = 500


class TaskProblem(Exception):
    """A step that cannot be taken; `code` says why: closed, live, past, outcome, forbidden, exited, twice, inactive."""

    def __init__(self, code):
        super().__init__(code)
        self.code = code


def _locked(task, states=LIVE):
    """The row itself, locked; a TaskProblem where it is not in one of these states any more."""
    found = RetentionTask.objects.select_for_update().get(pk=task.pk)
    if found.origin == NightOrigin.REPLAY.value or found.state not in states:
        raise TaskProblem("closed" if states is LIVE else "live")
    return found


def _note(task, what, by, at, **detail):
    TaskEvent.objects.create(task=task, at=at, by=by, what=what, detail=detail)
    return task


def _close(found, state, by, at):
    found.state, found.closed_on, found.closed_by = state, timezone.localdate(at), by
    found.snoozed_until = None


@transaction.atomic
def complete(*, task, outcome, by, at, note=""):
    """Done, with what came of it. Raises TaskProblem: "closed" when somebody was faster, "outcome" if unknown."""
    if outcome not in set(TaskOutcome):
        raise TaskProblem("outcome")
    found = _locked(task)
    _close(found, TaskState.DONE.value, by, at)
    found.outcome, found.note = TaskOutcome(outcome).value, note.strip()
    found.save()
    return _note(found, "done", by, at, outcome=found.outcome, note=found.note)


@transaction.atomic
def dismiss(*, task, reason, by, at):
    """Not to be done, for a reason; it does not come back within the template's rest."""
    found = _locked(task)
    _close(found, TaskState.DISMISSED.value, by, at)
    found.closed_reason = reason.strip()[:300]
    found.save()
    return _note(found, "dismissed", by, at, reason=found.closed_reason)


@transaction.atomic
def snooze(*, task, until, by, at, reason=""):
    """Out of sight until a later day, which becomes the day it is due if that was earlier."""
    if until <= timezone.localdate(at):
        raise TaskProblem("past")
    found = _locked(task)
    if found.state == TaskState.SNOOZED.value and found.snoozed_until == until:
        return found
    found.state, found.snoozed_until, found.due = TaskState.SNOOZED.value, until, max(found.due, until)
    found.save()
    return _note(found, "snoozed", by, at, until=until.isoformat(), reason=reason.strip()[:300])


@transaction.atomic
def reassign(*, task, to, by, at, reason=""):
    """Into other hands: somebody who may see the customer, or nobody (None: the queue without an owner)."""
    if to is not None and not may_look_after(to, task.customer):
        raise TaskProblem("forbidden")
    found = _locked(task)
    before = found.owner_id
    if before == (to.pk if to else None):
        return found
    found.owner = to
    found.save()
    return _note(found, "reassigned", by, at, before=before, to=to.pk if to else None, reason=reason.strip()[:300])


@transaction.atomic
def reopen(*, task, by, at):
    """Back on the desk. Raises TaskProblem("live") where it is open, or another of the template is."""
    found = _locked(task, OVER)
    if Customer.objects.filter(pk=found.customer_id, exited_on__isnull=False).exists():
        raise TaskProblem("exited")
    before = found.state
    found.state, found.closed_on, found.closed_by, found.closed_reason, found.outcome = (
        TaskState.OPEN.value,
        None,
        None,
        "",
        "",
    )
    try:
        with transaction.atomic():
            found.save()
    except IntegrityError:
        raise TaskProblem("live") from None
    return _note(found, "reopened", by, at, before=before)


@transaction.atomic
def add_task(*, customer, template, by, at, due=None, note="", owner=None):
    """A task by hand, for the customer's owner unless another is named. Raises TaskProblem("twice") if one lives."""
    if customer.exited_on is not None and template.category != "EXIT":
        raise TaskProblem("exited")
    if not template.active:
        raise TaskProblem("inactive")
    to = owner or (customer.owner if customer.owner_id and customer.owner.is_active else None)
    if to is not None and not may_look_after(to, customer):
        raise TaskProblem("forbidden")
    today = timezone.localdate(at)
    task = RetentionTask(
        customer=customer,
        template=template,
        owner=to,
        origin=NightOrigin.BUTTON.value,
        raised_on=today,
        due=due or today + timedelta(days=template.due_days),
        priority=99 - min(99, template.weight),
        note=note.strip(),
    )
    try:
        with transaction.atomic():
            task.save()
    except IntegrityError:
        raise TaskProblem("twice") from None
    return _note(task, "added", by, at, note=task.note)


def each(tasks, step):
    """One step for many tasks: answers how many took it and how many could not any more."""
    taken = 0
    for task in tasks:
        try:
            step(task)
        except TaskProblem:
            continue
        taken += 1
    return taken, len(tasks) - taken


def follow_customers(sender, customer_ids, to, by, at, **kwargs):
    """Live tasks go with their customers to another owner: set-based, each with its event (signal receiver)."""
    keeper = to if to is not None and to.is_active else None
    for start in range(0, len(customer_ids), BATCH):
        moved = RetentionTask.objects.live().filter(customer_id__in=customer_ids[start : start + BATCH])
        moved = moved.exclude(owner=keeper) if keeper else moved.exclude(owner=None)
        before = dict(moved.select_for_update().order_by("pk").values_list("pk", "owner_id"))
        RetentionTask.objects.filter(pk__in=before).update(owner=keeper)
        TaskEvent.objects.bulk_create(
            TaskEvent(
                task_id=pk, at=at, by=by, what="followed", detail={"before": old, "to": keeper.pk if keeper else None}
            )
            for pk, old in before.items()
        )
