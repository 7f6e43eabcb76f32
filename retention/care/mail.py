"""The e-mail that carries a survey link, in the customer's language: written once, sent by the outbox."""

from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from customers.models import FirmProfile
from customers.vocabulary_care import MailState, SendState
from retention import outbox
from retention.models import OutboxMail, SurveyLink

KIND = "survey"
# What stands with the invitation while its mail is so.
STATES = {
    MailState.QUEUED.value: SendState.QUEUED,
    MailState.SENT.value: SendState.SENT,
    MailState.FAILED.value: SendState.FAILED,
    MailState.DROPPED.value: SendState.NONE,
}


def write(link, address):
    """Subject and text of an invitation; address: of the customer's page, as the outside world sees it."""
    firm = FirmProfile.objects.filter(pk=1).first() or FirmProfile(pk=1)
    with translation.override(link.language):
        name = firm.name or _("Guanxi")
        subject = _("%(firm)s asks: how are we doing?") % {"firm": name}
        text = render_to_string("retention/surveys/mail.txt", {"link": link, "address": address, "firm": name})
    return subject, text


def enqueue(link, address, now):
    """Put the invitation into the outbox, or back into it where it did not get through; answers the mail."""
    subject, body = write(link, address)
    values = {
        "address": link.email, "reply_to": link.sent_by.email if link.sent_by else "", "subject": subject, "body": body,
        "language": link.language, "state": MailState.QUEUED.value, "attempts": 0, "error": "", "due_at": now,
        "queued_at": now,
    }  # fmt: skip
    mail, _made = OutboxMail.objects.update_or_create(user=None, kind=KIND, key=str(link.pk), defaults=values)
    return mail


def prepare(mail, now):
    """Why an invitation need not go out any more; None if it should: its text stands since it was made."""
    link = SurveyLink.objects.filter(pk=int(mail.key)).first()
    if link is None or link.state_on(timezone.localdate(now)) != "SENT":
        return "no answer is waited for"
    return None


def told(mail):
    """What became of the mail stands with the invitation."""
    state = STATES[mail.state]
    error = "" if state == SendState.NONE else mail.error
    SurveyLink.objects.filter(pk=int(mail.key)).update(
        delivery=state.value, delivery_error=error, delivered_at=mail.sent_at
    )


outbox.KINDS[KIND] = outbox.Kind(prepare, told)
