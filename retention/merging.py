"""What becomes of this wing's records when two customers become one: tasks join, nothing is lost."""

from django.db.models import Exists, OuterRef
from django.utils import timezone

from customers.merging import DERIVED, EVERY, MOVE, Rule, apart, declare
from customers.vocabulary import TaskState
from customers.vocabulary_care import ExitState, WinBackState
from retention.losses.services import withdraw_loss
from retention.models import (
    DeclineDecision,
    ExitDecision,
    Loss,
    Offer,
    ProofAssignment,
    RetentionTask,
    StepDone,
    SurveyLink,
    TaskEvent,
    WinBack,
)
from retention.models.exits import WAITING
from retention.models.tasks import LIVE
from retention.publish import rehome

UNTOUCHED = ("followed", "snoozed", "step")  # as in frames.HANDS_OFF
MERGED = "MERGED"  # why a task was closed; the words are in labels.py


def declare_all():
    """The rules in the order in which they are carried out."""
    declare(RetentionTask, Rule(_tasks, by_night=_untouched))
    declare(Loss, Rule(_losses))
    declare(DeclineDecision, MOVE)
    declare(ExitDecision, Rule(_exits, by_night=lambda rows: rows.filter(proposed_by=None, decided_by=None)))
    declare(SurveyLink, MOVE)
    declare(Offer, DERIVED)
    declare(
        ProofAssignment, apart("template", by_night=EVERY)
    )  # one customer counts once: the survivor's own arm stands


def _untouched(rows):
    """Tasks that a night raised and nobody laid a hand on."""
    steps = TaskEvent.objects.filter(task=OuterRef("pk"), by__isnull=False)
    return rows.filter(~Exists(steps), night_id__isnull=False, closed_by=None)


def _tasks(merge, rows, name):
    """Tasks move with their events; two live ones of one template become one. Owners who may not see it lose them."""
    own = RetentionTask.objects.select_for_update().filter(customer=merge.survivor, state__in=LIVE)
    by_template = {task.template_id: task for task in own}
    for task in rows.select_for_update().filter(state__in=LIVE):
        if task.template_id in by_template:
            _join(merge, by_template[task.template_id], task)
    moved = rows.update(customer=merge.survivor.pk)
    rehome(merge.at)
    return moved


def _join(merge, kept, other):
    """The survivor's task goes on with the evidence, the ticks and the earlier day of both; the other is closed."""
    before = kept.evidence
    kept.evidence = {**other.evidence, **kept.evidence}
    if other.state == TaskState.OPEN:
        kept.state, kept.snoozed_until = TaskState.OPEN.value, None
    kept.due = min(kept.due, other.due) if kept.state == TaskState.OPEN else max(kept.due, other.due)
    kept.priority = min(kept.priority, other.priority)
    kept.note = "\n".join(text for text in (kept.note, other.note) if text)
    kept.save()
    # An event by a person takes the task out of the night's hands: so it is where the other one was in somebody's.
    in_hand = other.night_id is None or other.events.exclude(by=None).exclude(what__in=UNTOUCHED).exists()
    _note(kept, merge, "joined", merge.by if in_hand else None, evidence=kept.evidence, before=before, task=other.pk)
    done = set(kept.ticks.values_list("step", flat=True))
    StepDone.objects.filter(task=other).exclude(step__in=done).update(task=kept)
    other.state, other.snoozed_until, other.closed_reason = TaskState.CLOSED.value, None, MERGED
    other.closed_on, other.closed_by = timezone.localdate(merge.at), merge.by
    other.save()
    _note(other, merge, "closed", merge.by, reason=MERGED, task=kept.pk)


def _note(of, merge, what, by, **detail):
    TaskEvent.objects.create(task=of, at=merge.at, by=by, what=what, detail=detail)


def _losses(merge, rows, name):
    """Losses move; where both are recorded as lost, the survivor's record goes on and the other was no second loss."""
    open_loss = Loss.objects.filter(customer=merge.survivor, ended_on=None).first()
    other = rows.filter(ended_on=None).first()
    if open_loss is not None and other is not None:
        running = {"state": WinBackState.RUNNING.value}
        if not open_loss.win_backs.filter(**running).exists():
            WinBack.objects.filter(loss=other, **running).update(loss=open_loss)
        withdraw_loss(loss=other, by=merge.by, at=merge.at)
    return rows.update(customer=merge.survivor.pk)


def _exits(merge, rows, name):
    """Proposals to part move; of two that wait a person's stands. An approved one moves only with what it changed."""
    survivor = merge.survivor
    mine = ExitDecision.objects.filter(customer=survivor, state__in=WAITING).first()
    other = rows.filter(state__in=WAITING).first()
    if mine is not None and other is not None:
        late = mine if mine.state == ExitState.SUGGESTED and other.state == ExitState.PROPOSED else other
        late.state, late.decided_at = ExitState.WITHDRAWN.value, merge.at
        late.save()
    staying = rows.none()
    if survivor.exited_on is None and not survivor.restricted:
        staying = rows.filter(state=ExitState.APPROVED.value)
    kept = list(staying)
    merge.leave(kept)
    return rows.exclude(pk__in=[row.pk for row in kept]).update(customer=survivor.pk)
