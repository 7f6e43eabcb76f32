"""The outbox: every mail waits here, is sent, tried again, given up aloud; what it says is its kind's business."""

from dataclasses import dataclass, field
from datetime import timedelta
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction

from customers.vocabulary_care import MailState
from retention.models import OutboxMail

ATTEMPTS = 5
WAIT = timedelta(minutes=5)  # doubled after every failure
KINDS = {}  # kind -> Kind


@dataclass(frozen=True)
class Kind:
    """prepare(mail, now): fills in what is sent and answers None, or why it need not go out; told(mail): what became
    of it (sent, waiting, failed or dropped)."""

    prepare: object
    told: object = lambda mail: None


@dataclass
class Told:
    """What a run did."""

    queued: int = 0
    sent: int = 0
    dropped: int = 0
    waiting: int = 0
    failed: int = 0
    errors: list = field(default_factory=list)


def send_waiting(now, told=None):
    """Send what waits, the oldest first; repeated without harm."""
    told = told or Told()
    waiting = OutboxMail.objects.filter(state=MailState.QUEUED.value, due_at__lte=now)
    for pk in list(waiting.order_by("due_at", "id").values_list("pk", flat=True)):
        deliver(pk, now, told)
    return told


@transaction.atomic
def deliver(pk, now, told):
    """One mail: written at this moment, sent, put off, given up or not needed."""
    mail = OutboxMail.objects.select_for_update(of=("self",)).select_related("user").get(pk=pk)
    if mail.state != MailState.QUEUED:
        return
    kind = KINDS[mail.kind]
    why = kind.prepare(mail, now)
    if why is not None:
        mail.state, mail.error = MailState.DROPPED.value, why
        told.dropped += 1
    else:
        _send(mail, now, told)
    mail.save()
    kind.told(mail)


def _send(mail, now, told):
    mail.attempts += 1
    reply = [mail.reply_to] if mail.reply_to else None
    try:
        EmailMessage(mail.subject, mail.body, settings.DEFAULT_FROM_EMAIL, [mail.reader], reply_to=reply).send()
    except (OSError, SMTPException) as error:
        mail.error = f"{type(error).__name__}: {error}"[:300]
        told.errors.append(mail.error)
        if mail.attempts >= ATTEMPTS:
            mail.state = MailState.FAILED.value
            told.failed += 1
        else:
            mail.due_at = now + WAIT * 2 ** (mail.attempts - 1)
            told.waiting += 1
    else:
        mail.state, mail.sent_at, mail.error = MailState.SENT.value, now, ""
        told.sent += 1


def again(mails, now):
    """Put failed mails back into the outbox; answers how many."""
    return mails.filter(state=MailState.FAILED.value).update(
        state=MailState.QUEUED.value, due_at=now, attempts=0, error=""
    )
