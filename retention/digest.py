"""The daily digest: who is due for one, and what it says; the outbox sends it."""

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from customers.models import FirmProfile, User
from customers.numerics.working_days import is_working_day
from customers.selectors.calendar import working_calendar
from retention import outbox, selectors
from retention.models import OutboxMail

KIND = "digest"
FEW = 15  # tasks named in a mail; the rest is counted


def run(now):
    """Queue the digests that are due at this moment and send what waits in the outbox; repeated without harm."""
    return outbox.send_waiting(now, outbox.Told(queued=queue(now)))


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


def prepare(mail, now):
    """Write a digest at this moment, for what its reader may see now; why it need not go out, or None."""
    why = _needless(mail, now)
    if why is not None:
        return why
    mail.language = mail.user.language or settings.LANGUAGE_CODE
    with translation.override(mail.language), timezone.override(mail.user.zone):
        written = write(mail.user, now.astimezone(mail.user.zone).date())
    if written is None:
        return "nothing waits"
    mail.subject, mail.body = written
    return None


def _needless(mail, now):
    """Why a mail need not go out any more; None if it should."""
    person = mail.user
    if not (person.is_active and person.email) or person.digest_hour is None:
        return "no reader"
    return "too late" if now.astimezone(person.zone).date().isoformat() != mail.key else None


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


outbox.KINDS[KIND] = outbox.Kind(prepare)
