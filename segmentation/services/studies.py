"""Rounds of judgement: begin one, invite, answer, finish, remind, close, and make a draft of weights from it."""

import logging
import secrets
from datetime import datetime, time, timedelta
from decimal import Decimal
from smtplib import SMTPException

from django.conf import settings
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from segmentation.models import Invitation, Judgement, Question, Study, TreeNode
from segmentation.models.studies import STRONGEST
from segmentation.numerics.judgement import LARGEST
from segmentation.selectors.studies import live_items

log = logging.getLogger("guanxi.studies")

SALT = "segmentation.judge"
LINK_DAYS = 30
REMINDERS = (3, 0)  # days before the deadline: at most two


@transaction.atomic
def begin_study(*, study, nodes, by):
    """Save a study with one question for each of these nodes; ValidationError where there is nothing to compare."""
    study.created_by, study._history_user = by, by
    study.save()
    made = 0
    for node in nodes:
        items = [
            {"node": child.pk, "name": _named(child, "name"), "name_zh": _named(child, "name_zh")}
            for child in node.children.select_related("indicator").order_by("position", "id")
        ]
        if len(items) > LARGEST:
            text = _("“%(name)s” has more than %(n)s parts: group them under criteria first.")
            raise ValidationError(text, params={"name": node.label, "n": LARGEST})
        if len(items) > 1:
            Question.objects.create(
                study=study, node=node, name=_named(node, "name"), name_zh=_named(node, "name_zh"), items=items,
                position=made,
            )  # fmt: skip
            made += 1
    if not made:
        raise ValidationError(_("There is nothing to compare: choose a node with at least two parts."))
    return study


def _named(node, field):
    other = "name" if field == "name_zh" else "name_zh"
    return (
        getattr(node, field)
        or (getattr(node.indicator, field) if node.indicator_id else "")
        or getattr(node, other)
        or (getattr(node.indicator, other) if node.indicator_id else "")
    )


@transaction.atomic
def invite(*, study, by, at, user=None, name="", email="", language="", weight=1):
    """Invite an account or an outsider; returns the Invitation. ValidationError where they are invited already."""
    _must_be_open(study)
    email = email or getattr(user, "email", "")
    twice = study.invitations.filter(user=user) if user else study.invitations.filter(email__iexact=email or "-")
    if twice.exists():
        raise ValidationError(_("%(name)s is invited already."), params={"name": name or user})
    until = at + timedelta(days=LINK_DAYS)
    if study.deadline:
        end = timezone.make_aware(datetime.combine(study.deadline + timedelta(days=8), time()))
        until = max(until, end)
    made = Invitation(
        study=study, user=user, name=name or str(user), email=email, weight=weight, expires_at=until,
        language=language or getattr(user, "language", ""), nonce=secrets.token_hex(16),
    )  # fmt: skip
    made._history_user = by
    made.save()
    return made


def token_of(invitation):
    """The signed end of an expert's link."""
    return signing.dumps([invitation.pk, invitation.nonce], salt=SALT)


def invitation_of(token):
    """The Invitation of a link, or None where the signature is wrong or the link was replaced."""
    try:
        pk, nonce = signing.loads(token, salt=SALT)
    except (signing.BadSignature, TypeError, ValueError):
        return None
    return Invitation.objects.select_related("study__tree", "user").filter(pk=pk, nonce=nonce).first()


@transaction.atomic
def renew_link(*, invitation, by, at):
    """A new link for an expert; the old one is void from now on."""
    invitation.nonce, invitation.expires_at = secrets.token_hex(16), at + timedelta(days=LINK_DAYS)
    invitation._history_user = by
    invitation.save(update_fields=["nonce", "expires_at"])
    return invitation


@transaction.atomic
def judge(*, invitation, question, first, second, step):
    """Keep one answer (None takes it back). ValidationError where the study is closed or a part is gone."""
    study = Study.objects.select_for_update().get(pk=invitation.study_id)
    _must_be_open(study)
    if step is not None and not -STRONGEST <= step <= STRONGEST:
        raise ValidationError(_("The scale goes from 1/9 to 9."))
    order = [item["node"] for item in live_items(question)]
    for node in (first, second):
        if node not in order:
            raise ValidationError(
                _("What you compared was removed from the tree meanwhile: this pair no longer counts.")
            )
    if first == second:
        raise ValidationError(_("Nothing is compared with itself."))
    if order.index(first) > order.index(second):
        first, second, step = second, first, None if step is None else -step
    place = {"invitation": invitation, "question": question, "first": first, "second": second}
    if step is None:
        Judgement.objects.filter(**place).delete()
    else:
        Judgement.objects.update_or_create(**place, defaults={"step": step})


@transaction.atomic
def judge_all(*, invitation, question, steps):
    """Keep a whole matrix of answers {(i, j): step} by place among the live items: all or nothing."""
    order = [item["node"] for item in live_items(question)]
    for (i, j), step in steps.items():
        judge(invitation=invitation, question=question, first=order[i], second=order[j], step=step)


@transaction.atomic
def finish(*, invitation, at):
    """The expert says that this is it; answers may still be changed while the study is open."""
    _must_be_open(invitation.study)
    invitation.finished_at = at
    invitation.save(update_fields=["finished_at"])


@transaction.atomic
def set_open(*, study, opened, by):
    """Close a study (answers stay, nobody can change them) or open it again."""
    study.status, study._history_user = ("OPEN" if opened else "CLOSED"), by
    study.save()
    return study


@transaction.atomic
def weigh_expert(*, invitation, weight, counted, accepted, why, by):
    """How much an expert counts, and whether although inconsistent; a reason is asked for where it is not the rule."""
    if accepted and not why:
        raise ValidationError({"why": _("Say why this expert counts although inconsistent.")})
    invitation.weight, invitation.counted = Decimal(weight), counted
    invitation.accepted, invitation.why, invitation._history_user = accepted, why, by
    invitation.save(update_fields=["weight", "counted", "accepted", "why"])
    return invitation


def send_link(*, invitation, reminder=False):
    """Mail an expert their link, in their language; False where no address is known."""
    if not invitation.email:
        return False
    study = invitation.study
    with translation.override(invitation.language or settings.LANGUAGE_CODE):
        link = f"{study.site.rstrip('/')}/segmentation/judge/{token_of(invitation)}/"
        told = {"invitation": invitation, "study": study, "link": link, "reminder": reminder}
        subject = _("Reminder: your judgement on “%(study)s”") if reminder else _("Your judgement on “%(study)s”")
        text = render_to_string("segmentation/invitation_mail.txt", told)
        try:
            send_mail(subject % {"study": study.name}, text, None, [invitation.email])
        except (OSError, SMTPException):  # one refused address must not keep the others waiting
            log.warning("no mail to expert %s of study %s", invitation.pk, study.pk, exc_info=True)
            return False
    return True


def remind(*, study, at):
    """Mail everybody who has not finished; returns how many."""
    sent = 0
    for invitation in study.invitations.select_related("study").filter(finished_at=None, expires_at__gt=at):
        if send_link(invitation=invitation, reminder=True):
            Invitation.objects.filter(pk=invitation.pk).update(reminded=invitation.reminded + 1, reminded_at=at)
            sent += 1
    return sent


def remind_due(*, today, at):
    """Remind in every open study three days before its deadline and on the day itself, nobody more than twice.

    Safe to call as often as one likes: each of the two is sent once.
    """
    sent = 0
    for study in Study.objects.filter(status="OPEN", deadline__gte=today):
        days = (study.deadline - today).days
        due = sum(days <= before for before in REMINDERS)
        late = study.invitations.select_related("study").filter(finished_at=None, expires_at__gt=at, reminded__lt=due)
        for invitation in late:
            if send_link(invitation=invitation, reminder=True):
                Invitation.objects.filter(pk=invitation.pk).update(reminded=due, reminded_at=at)
                sent += 1
    return sent


def nodes_at(node, below):
    """The node, and with `below` every branch under it that has something to compare, from the top."""
    found, reached = [], [node]
    while reached:
        node = reached.pop(0)
        found.append(node)
        if below:
            reached += list(TreeNode.objects.filter(parent=node, indicator=None).order_by("position", "id"))
    return found


def _must_be_open(study):
    if not study.is_open:
        raise ValidationError(_("This study is closed: answers can't be changed any more."))
