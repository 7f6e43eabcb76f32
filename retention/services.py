"""Writes about retention tasks: each one step of a life, atomic, with its event; a closed task stays closed."""

from django.db import IntegrityError, transaction
from django.utils import timezone

from customers.changes import note_change
from customers.models import Customer, Interaction
from customers.numerics.working_days import add_working_days
from customers.selectors.calendar import working_calendar
from customers.vocabulary import InteractionKind, NightOrigin, TaskOutcome, TaskState
from retention.models import RetentionTask, StepDone, TaskEvent, TemplateStep
from retention.models.tasks import LIVE
from retention.selectors import may_look_after

OVER = [TaskState.DONE.value, TaskState.DISMISSED.value, TaskState.CLOSED.value]
BATCH = 500


class TaskProblem(Exception):
    """A step that cannot be taken; `code` says why.

    closed, live, past, outcome, forbidden, exited, twice, inactive, step (of another template), used (has tasks).
    """

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
def complete(*, task, outcome, by, at, note="", contact=""):
    """Done, with what came of it. Raises TaskProblem: "closed" when somebody was faster, "outcome" if unknown.

    contact: how the customer was met (an InteractionKind), if so: it goes on record, as care of its phase where the
    work is care of a purchase, and sets the clock of visits back.
    """
    if outcome not in set(TaskOutcome) or contact not in {"", *InteractionKind}:
        raise TaskProblem("outcome")
    found = _locked(task)
    _close(found, TaskState.DONE.value, by, at)
    found.outcome, found.note = TaskOutcome(outcome).value, note.strip()
    found.save()
    if contact and found.outcome != TaskOutcome.NOT_REACHED:
        summary = (found.note or found.template.local_title)[:500]
        phase = found.template.care_phase.value
        Interaction.objects.create(
            customer_id=found.customer_id, kind=contact, care_phase=phase, at=at, summary=summary, by=by
        )
    note_change("retention.retentiontask", found.pk)  # rests and follow-ups depend on it
    return _note(found, "done", by, at, outcome=found.outcome, note=found.note)


@transaction.atomic
def dismiss(*, task, reason, by, at):
    """Not to be done, for a reason; it does not come back within the template's rest, nor for the same evidence."""
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
    if found.owner is not None and not may_look_after(found.owner, found.customer):
        keeper = found.customer.owner
        found.owner = keeper if keeper is not None and keeper.is_active else None
    found.state, found.closed_reason, found.outcome = TaskState.OPEN.value, "", ""
    found.closed_on = found.closed_by = found.snoozed_until = found.lapsed_on = None
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
        due=due or add_working_days(today, template.due_days, working_calendar()),
        priority=99 - min(99, template.weight),  # a person asked for it: before everything that is not urgent
        note=note.strip(),
    )
    try:
        with transaction.atomic():
            task.save()
    except IntegrityError:
        raise TaskProblem("twice") from None
    return _note(task, "added", by, at, note=task.note)


@transaction.atomic
def save_playbook(*, template, steps, by):
    """A template with its steps as given: [(pk or None, offset, text, text_zh)]; steps left out are removed."""
    template._history_user = by
    template.save()
    kept = {pk for pk, *_rest in steps if pk}
    template.steps.exclude(pk__in=kept).delete()
    for place, (pk, offset, text, text_zh) in enumerate(steps, 1):
        TemplateStep.objects.update_or_create(
            pk=pk,
            template=template,
            defaults={"position": place, "offset": offset, "text": text, "text_zh": text_zh},
        )
    return template


@transaction.atomic
def delete_playbook(*, template, by):
    """A template nobody ever worked from. Raises TaskProblem("used") where tasks were raised from it."""
    if template.tasks.exists() or template.assignments.exists():
        raise TaskProblem("used")
    template._history_user = by
    template.delete()


@transaction.atomic
def tick(*, task, step, done, by, at):
    """A step of the playbook ticked, or taken back. Raises TaskProblem("closed") on a closed task."""
    found = _locked(task)
    if step.template_id != found.template_id:
        raise TaskProblem("step")
    if done:
        _, changed = StepDone.objects.get_or_create(task=found, step=step, defaults={"at": at, "by": by})
    else:
        changed, _ = StepDone.objects.filter(task=found, step=step).delete()
    if changed:
        _note(found, "step", by, at, step=step.text, step_zh=step.text_zh, done=done)
    return found


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
