"""Writes about losing, winning back, declining and parting: atomic, by somebody, at a moment, with history."""

from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import Max, Sum
from django.utils import timezone

from customers.models import Customer, PurchaseDay, Standing
from customers.vocabulary import TaskState
from customers.vocabulary_care import DeclineChoice, ExitMeasure, ExitState, Lever, WinBackState
from retention import services as tasks
from retention.models import DeclineDecision, ExitDecision, Loss, TaskTemplate, WinBack
from retention.models.exits import WAITING

RECOVERY = {DeclineChoice.RECOVER: "S-DEC-RECOVER", DeclineChoice.RELEASE: "S-DEC-RELEASE"}
DIAGNOSIS = "S-DEC-DIAG"


class LossProblem(Exception):
    """A step that cannot be taken; `code` says why (the words are in views)."""

    def __init__(self, code):
        super().__init__(code)
        self.code = code


def _signed(row, by, reason):
    row._history_user, row._change_reason = by, reason
    row.save()
    return row


def _raise_task(customer, code, by, at, note=""):
    """A task of a template, unless one lives or the template is off; answers it or None."""
    template = TaskTemplate.objects.filter(code=code, active=True).first()
    if template is None:
        return None
    try:
        return tasks.add_task(customer=customer, template=template, by=by, at=at, note=note)
    except tasks.TaskProblem:
        return None


@transaction.atomic
def mark_lost(*, customer, cause, sub_cause, note, lost_on, by, at, night=None):
    """The customer is lost, for a cause. Raises LossProblem: lost (already), exited."""
    row = Customer.objects.select_for_update().get(pk=customer.pk)
    if row.exited_on is not None:
        raise LossProblem("exited")
    bought = PurchaseDay.objects.filter(customer=row, date__lte=lost_on, bought=True)
    last = bought.aggregate(last=Max("date"))["last"]
    year = bought.filter(date__gt=last - timedelta(days=365)) if last else None
    standing = Standing.objects.filter(night=night.pk, customer=row).only("clv").first() if night else None
    loss = Loss(
        customer=row,
        lost_on=lost_on,
        cause=cause,
        sub_cause=sub_cause,
        note=note.strip(),
        last_order=last,
        yearly_amount=year.aggregate(sum=Sum("amount"))["sum"] if year is not None else None,
        clv=standing.clv if standing else None,
        recorded_at=at,
        recorded_by=by,
    )
    try:
        with transaction.atomic():
            return _signed(loss, by, "lost")
    except IntegrityError:
        raise LossProblem("lost") from None


def _open_loss(loss):
    found = Loss.objects.select_for_update().select_related("customer").get(pk=loss.pk)
    if found.ended_on is not None:
        raise LossProblem("ended")
    return found


@transaction.atomic
def correct_loss(*, loss, cause, sub_cause, note, by, at):
    """Another cause than was thought."""
    found = _open_loss(loss)
    found.cause, found.sub_cause, found.note = cause, sub_cause, note.strip()
    return _signed(found, by, "corrected")


@transaction.atomic
def withdraw_loss(*, loss, by, at):
    """It was no loss: the customer is still with us. A running attempt to win back ends with it."""
    found = _open_loss(loss)
    for attempt in found.win_backs.select_for_update().filter(state=WinBackState.RUNNING.value):
        _end(attempt, WinBackState.FAILED, "", by, at)
    found.ended_on, found.won_back = timezone.localdate(at), False
    return _signed(found, by, "no_loss")


@transaction.atomic
def start_win_back(*, loss, lever, owner, by, at):
    """An attempt with a lever, and its task. Raises LossProblem: ended, unrecoverable, running."""
    found = _open_loss(loss)
    if not found.recoverable:
        raise LossProblem("unrecoverable")
    attempt = WinBack(
        loss=found, lever=Lever(lever).value, owner=owner, started_on=timezone.localdate(at), started_by=by
    )
    try:
        with transaction.atomic():
            _signed(attempt, by, "started")
    except IntegrityError:
        raise LossProblem("running") from None
    _raise_task(found.customer, f"R-WB-{attempt.lever}", by, at, found.note[:500])
    return attempt


def _end(attempt, state, note, by, at):
    attempt.state, attempt.note = state.value, note.strip()
    attempt.ended_on, attempt.ended_by = timezone.localdate(at), by
    return _signed(attempt, by, state.value.lower())


@transaction.atomic
def end_win_back(*, attempt, won, note, by, at):
    """Won back, or not: a won customer's loss is over. Raises LossProblem("over") when somebody was faster."""
    loss = Loss.objects.select_for_update().get(pk=attempt.loss_id)
    found = WinBack.objects.select_for_update().get(pk=attempt.pk)
    if found.state != WinBackState.RUNNING:
        raise LossProblem("over")
    _end(found, WinBackState.WON if won else WinBackState.FAILED, note, by, at)
    if won and loss.ended_on is None:
        loss.ended_on, loss.won_back = found.ended_on, True
        _signed(loss, by, "won_back")
    return found


@transaction.atomic
def decide_decline(*, customer, choice, note, by, at, standing=None):
    """Recover or release, with what was suggested; the diagnosis is done and the fitting task is raised."""
    choice = DeclineChoice(choice)
    Customer.objects.select_for_update().get(pk=customer.pk)  # two people deciding at once: one after the other
    decision = DeclineDecision.objects.create(
        customer=customer,
        choice=choice.value,
        advice=standing.advice if standing else "",
        advice_reason=standing.advice_reason if standing else "",
        note=note.strip()[:300],
        decided_on=timezone.localdate(at),
        decided_by=by,
    )
    for task in customer.tasks.filter(template__code=DIAGNOSIS, state__in=[TaskState.OPEN, TaskState.SNOOZED]):
        tasks.complete(task=task, outcome="SUCCESS", by=by, at=at, note=note)
    _raise_task(customer, RECOVERY[choice], by, at, note)
    return decision


# Parting


@transaction.atomic
def propose_exit(*, customer, by, at, **fields):
    """A person proposes to part, with evidence. Raises LossProblem: waiting, exited."""
    row = Customer.objects.select_for_update().get(pk=customer.pk)
    if row.exited_on is not None:
        raise LossProblem("exited")
    waiting = ExitDecision.objects.select_for_update().filter(customer=row, state__in=WAITING).first()
    if waiting is not None and waiting.state != ExitState.SUGGESTED:
        raise LossProblem("waiting")
    decision = waiting or ExitDecision(customer=row)
    for name, value in fields.items():
        setattr(decision, name, value)
    decision.state, decision.proposed_at, decision.proposed_by = ExitState.PROPOSED.value, at, by
    return _signed(decision, by, "proposed")


def _waiting_exit(decision, state):
    """The proposal and its customer, both locked, if it still stands so; customers first, always in this order."""
    Customer.objects.select_for_update().get(pk=decision.customer_id)
    found = ExitDecision.objects.select_for_update().get(pk=decision.pk)
    if found.state != state:
        raise LossProblem("over")
    return found


@transaction.atomic
def approve_exit(*, decision, note, by, at):
    """A second person approves; only now something happens to the customer. Raises LossProblem: over, second, role."""
    found = _waiting_exit(decision, ExitState.PROPOSED)
    _second(found, by)
    customer = Customer.objects.get(pk=found.customer_id)
    found.before = {
        "exited_on": customer.exited_on.isoformat() if customer.exited_on else None,
        "restricted": customer.restricted,
        "restriction_reason": customer.restriction_reason,
    }
    if found.no_credit or found.prepayment or found.measure == ExitMeasure.RESTRICT:
        customer.restricted = True
        customer.restriction_reason = customer.restriction_reason or found.get_reason_display()
    if found.measure == ExitMeasure.TERMINATE:
        customer.exited_on = timezone.localdate(at)
    customer.version += 1
    _signed(customer, by, "exit approved")
    return _decide(found, ExitState.APPROVED, note, by, at)


def _second(found, by):
    """Whoever proposed cannot decide, and an account manager never does."""
    if not (by.is_lead or by.is_admin):
        raise LossProblem("role")
    if found.proposed_by_id is None or found.proposed_by_id == by.pk:
        raise LossProblem("second")


def _decide(found, state, note, by, at):
    found.state, found.decision_note, found.decided_at, found.decided_by = state.value, note.strip(), at, by
    return _signed(found, by, state.value.lower())


@transaction.atomic
def reject_exit(*, decision, note, by, at):
    """A second person says no, with a reason: nothing happens, and the night rests."""
    found = _waiting_exit(decision, ExitState.PROPOSED)
    if not (by.is_lead or by.is_admin):
        raise LossProblem("role")
    if found.proposed_by_id == by.pk:
        raise LossProblem("second")
    if not note.strip():
        raise LossProblem("reason")
    return _decide(found, ExitState.REJECTED, note, by, at)


@transaction.atomic
def withdraw_exit(*, decision, note, by, at):
    """Who proposed takes it back; a suggestion of the night may be turned down by anybody who sees the customer."""
    state = ExitState.SUGGESTED if decision.state == ExitState.SUGGESTED else ExitState.PROPOSED
    found = _waiting_exit(decision, state)
    if state == ExitState.PROPOSED and found.proposed_by_id != by.pk:
        raise LossProblem("own")
    if not note.strip():
        raise LossProblem("reason")
    end = ExitState.REJECTED if state == ExitState.SUGGESTED else ExitState.WITHDRAWN
    found.state, found.decision_note, found.decided_at = end.value, note.strip(), at
    if state == ExitState.SUGGESTED:
        found.decided_by = by
    return _signed(found, by, end.value.lower())


@transaction.atomic
def reverse_exit(*, decision, note, by, at):
    """The parting is taken back: the customer is what it was before. Leads and administrators, with a reason."""
    if not (by.is_lead or by.is_admin):
        raise LossProblem("role")
    if not note.strip():
        raise LossProblem("reason")
    found = _waiting_exit(decision, ExitState.APPROVED)
    customer = Customer.objects.get(pk=found.customer_id)
    before = found.before
    if found.measure == ExitMeasure.TERMINATE:
        customer.exited_on = before.get("exited_on") or None
    others = ExitDecision.objects.filter(customer=customer, state=ExitState.APPROVED.value).exclude(pk=found.pk)
    if not others.exists():  # what another decision restricts stays restricted
        customer.restricted, customer.restriction_reason = before["restricted"], before["restriction_reason"]
    customer.version += 1
    _signed(customer, by, "exit reversed")
    found.reversed_at, found.reversed_by, found.reversal_note = at, by, note.strip()
    found.state = ExitState.REVERSED.value
    return _signed(found, by, "reversed")
