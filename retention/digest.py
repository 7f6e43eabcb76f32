"""The daily digest: who is due for one, what it says, and the outbox that sends it, tries again and gives up aloud."""

from dataclasses import dataclass, field
from datetime import timedelta
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from customers.models import FirmProfile, User
from customers.numerics.working_days import is_working_day
from customers.selectors.calendar import working_calendar
from customers.vocabulary import MailState
from retention import selectors
from retention.models import OutboxMail

KIND = "digest"
FEW = 15  # tasks named in a mail; the rest is counted
ATTEMPTS = 5
WAIT = timedelta(minutes=5)  # doubled after every failure


@dataclass
class Told:
    """What a run did."""

    queued: int = 0
    sent: int = 0
    dropped: int = 0
    waiting: int = 0
    failed: int = 0
    errors: list = field(default_factory=list)


def run(now):
    """Queue the digests that are due at this moment and send what waits in the outbox; repeated without harm."""
    told = Told(queued=queue(now))
    waiting = OutboxMail.objects.filter(state=MailState.QUEUED.value, due_at__lte=now)
    for pk in list(waiting.order_by("due_at", "id").values_list("pk", flat=True)):
        _deliver(pk, now, told)
    return told


def queue(now):
    """A mail in the outbox for everybody whose hour has come on their own day; answers how many are new.

    Each person and day once: a clock that is set back, or a run repeated, finds the mail there.
    """
    calendar = working_calendar()
    people = User.objects.filter(is_active=True).exclude(digest_hour=None).exclude(email="").order_by("pk")
    fresh = []
    for person in people:
        local = now.astimezone(person.zone)
        if local.hour >= person.digest_hour and is_working_day(local.date(), calendar):
            fresh.append(OutboxMail(user=person, kind=KIND, key=local.date().isoformat(), queued_at=now, due_at=now))
    known = set(
        OutboxMail.objects.filter(kind=KIND, key__in={mail.key for mail in fresh}).values_list("user_id", "key")
    )
    fresh = [mail for mail in fresh if (mail.user_id, mail.key) not in known]
    OutboxMail.objects.bulk_create(fresh, ignore_conflicts=True)
    return len(fresh)


@transaction.atomic
def _deliver(pk, now, told):
    """One mail: written at this moment, for what its reader may see now; sent, put off, given up or not needed."""
    mail = OutboxMail.objects.select_for_update(of=("self",)).select_related("user").get(pk=pk)
    if mail.state != MailState.QUEUED:
        return
    why = _needless(mail, now)
    if why is None:
        mail.language = mail.user.language or settings.LANGUAGE_CODE
        with translation.override(mail.language), timezone.override(mail.user.zone):
            written = write(mail.user, now.astimezone(mail.user.zone).date())
        why = "nothing waits" if written is None else None
    if why is not None:
        mail.state, mail.error = MailState.DROPPED.value, why
        told.dropped += 1
    else:
        mail.subject, mail.body = written
        _send(mail, now, told)
    mail.save()


def _needless(mail, now):
    """Why a mail need not go out any more; None if it should."""
    person = mail.user
    if not (person.is_active and person.email) or person.digest_hour is None:
        return "no reader"
    return "too late" if now.astimezone(person.zone).date().isoformat() != mail.key else None


def _send(mail, now, told):
    mail.attempts += 1
    try:
        send_mail(mail.subject, mail.body, settings.DEFAULT_FROM_EMAIL, [mail.user.email])
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


def write(person, today):
    """Subject and text of what waits on a person's desk today, in the active language; None if nothing does."""
    tasks = selectors.queue(person, today).filter(due__lte=selectors.week_end(today))
    summary = selectors.summarise(tasks, today)
    if not summary.awake:
        return None
    due = summary.overdue + summary.today
    subject = (
        ngettext("%(n)s task for today", "%(n)s tasks for today", due) % {"n": due}
        if due
        else ngettext("%(n)s task for this week", "%(n)s tasks for this week", summary.week) % {"n": summary.week}
    )
    firm = FirmProfile.objects.filter(pk=1).first()
    rows = selectors.with_parts(list(tasks[:FEW]), today)
    text = render_to_string(
        "retention/digest.txt",
        {
            "person": person, "today": today, "rows": rows, "summary": summary, "more": summary.awake - len(rows),
            "site": settings.SITE_URL.rstrip("/"), "currency": firm.currency if firm else "CNY",
        },
    )  # fmt: skip
    return _("Guanxi: %(what)s") % {"what": subject}, text


def again(mails, now):
    """Put failed mails of today back into the outbox; answers how many."""
    return mails.filter(state=MailState.FAILED.value).update(
        state=MailState.QUEUED.value, due_at=now, attempts=0, error=""
    )
