"""Writes about complaints, requests, suggestions and survey links: atomic, each step by somebody at a moment."""

from contextlib import suppress
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from customers.models import Case, Suggestion, SurveyResponse, User
from customers.vocabulary import CaseState, TaskOutcome, UserRole
from customers.vocabulary_care import SendState
from retention import services as work
from retention.care import mail
from retention.models import RetentionTask, SurveyLink

BATCH = 500


class CareProblem(Exception):
    """A step that cannot be taken; `code` says why: answered, open, forbidden, used, expired, withdrawn."""

    def __init__(self, code):
        super().__init__(code)
        self.code = code


def _locked(row):
    return type(row).objects.select_for_update().get(pk=row.pk)


def _signed(row, by, reason):
    """The step is told in the row's history."""
    row._history_user, row._change_reason = by, reason
    row.save()
    return row


@transaction.atomic
def answer_case(*, case, answer, cause, sub_cause, closed, by, at):
    """The answer that was given; with the last open case the work of answering is done.

    Raises CareProblem("answered") when somebody was faster.
    """
    found = _locked(case)
    if found.state != CaseState.OPEN:
        raise CareProblem("answered")
    found.answer, found.cause, found.sub_cause = answer.strip(), cause, sub_cause
    found.answered_at = max(at, found.opened_at)
    found.state = (CaseState.CLOSED if closed else CaseState.ANSWERED).value
    _signed(found, by, "answered")
    if not Case.objects.filter(customer=found.customer_id, state=CaseState.OPEN.value).exists():
        for task in RetentionTask.objects.live().filter(customer=found.customer_id):
            if set(task.evidence) == {"cases_open"}:  # other reasons stay: they are the night's to judge
                with suppress(work.TaskProblem):  # somebody closed it in between
                    work.complete(task=task, outcome=TaskOutcome.SUCCESS, by=by, at=at, note=found.answer)
    return found


@transaction.atomic
def close_case(*, case, by, at):
    """The customer is content with the answer."""
    found = _locked(case)
    if found.state != CaseState.ANSWERED:
        raise CareProblem("open" if found.state == CaseState.OPEN else "answered")
    found.state = CaseState.CLOSED.value
    return _signed(found, by, "closed")


@transaction.atomic
def reopen_case(*, case, due, by, at):
    """The answer did not settle it: the old answer stays in the history, a new date counts."""
    found = _locked(case)
    if found.state == CaseState.OPEN:
        raise CareProblem("open")
    found.state, found.answered_at, found.escalated_at = CaseState.OPEN.value, None, None
    found.answer_due = max(due, found.opened_at)
    return _signed(found, by, "reopened")


@transaction.atomic
def hand_over_case(*, case, to, by, at):
    """Into the hands of somebody who may see the customer."""
    found = _locked(case)
    if not type(case).objects.visible_to(to).filter(pk=case.pk).exists():
        raise CareProblem("forbidden")
    found.handler = to
    return _signed(found, by, "handed_over")


@transaction.atomic
def escalate(*, at):
    """Open cases past their date go to the lead of the owner's team; answers how many. Safe to repeat."""
    late = Case.objects.select_for_update(of=("self",)).filter(
        state=CaseState.OPEN.value, answer_due__lt=at, escalated_at=None
    )
    late = list(late.select_related("customer__owner", "handler").order_by("answer_due")[:BATCH])
    teams = {case.customer.owner.team_id for case in late if case.customer.owner_id}
    leads = {}
    people = User.objects.filter(role=UserRole.LEAD.value, is_active=True, team__in=teams - {None})
    for person in people.order_by("-pk"):
        leads[person.team_id] = person
    for case in late:
        case.escalated_at = at
        case.handler = leads.get(case.customer.owner.team_id if case.customer.owner_id else None, case.handler)
        _signed(case, None, "escalated")
    return len(late)


@transaction.atomic
def give_feedback(*, suggestion, feedback, by, at):
    """What became of a suggestion. Raises CareProblem("answered") when somebody was faster."""
    found = Suggestion.objects.select_for_update().get(pk=suggestion.pk)
    if found.feedback_on is not None:
        raise CareProblem("answered")
    found.feedback, found.feedback_on = feedback.strip(), max(timezone.localdate(at), found.made_on)
    found.save()
    return found


@transaction.atomic
def invite(*, customer, contact, kind, language, email, valid_days, by, at, address_of=None):
    """An invitation to a survey; one with an e-mail address goes into the outbox. Answers (link, mail or None).

    address_of(link): the address of the customer's page, as the outside world sees it.
    """
    link = SurveyLink.objects.create(
        customer=customer,
        contact=contact,
        kind=kind,
        language=language,
        email=email,
        delivery=SendState.QUEUED.value if email else "",
        sent_at=at,
        sent_by=by,
        expires_on=timezone.localdate(at) + timedelta(days=valid_days),
    )
    return link, mail.enqueue(link, address_of(link), at) if email else None


@transaction.atomic
def withdraw(*, link, by, at):
    """The link takes no answer any more."""
    found = SurveyLink.objects.select_for_update().get(pk=link.pk)
    if found.answered_at:
        raise CareProblem("used")
    if found.withdrawn_at is None:
        found.withdrawn_at = at
        found.delivery = "" if found.delivery == SendState.QUEUED else found.delivery
        found.save()
    return found


@transaction.atomic
def take_answer(*, link, answers, at):
    """The one answer of a link. Raises CareProblem: used, expired, withdrawn."""
    found = SurveyLink.objects.select_for_update().get(pk=link.pk)
    today = timezone.localdate(at)
    state = found.state_on(today)
    if state != "SENT":
        raise CareProblem({"ANSWERED": "used", "EXPIRED": "expired", "WITHDRAWN": "withdrawn"}[state])
    found.response = SurveyResponse.objects.create(
        customer=found.customer, contact=found.contact, date=today, **answers
    )
    found.answered_at = at
    found.save()
    return found


@transaction.atomic
def send_again(*, link, address, at):
    """A mail that failed or was forgotten goes into the outbox again; answers it."""
    SurveyLink.objects.filter(pk=link.pk).update(delivery=SendState.QUEUED.value, delivery_error="")
    return mail.enqueue(link, address, at)
