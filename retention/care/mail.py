"""The e-mail that carries a survey link, in the customer's language."""

import logging
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from customers.models import FirmProfile

log = logging.getLogger("guanxi.retention")


def send_invitation(link, address):
    """Send it; answers "" or why it could not be sent."""
    firm = FirmProfile.objects.filter(pk=1).first() or FirmProfile(pk=1)
    with translation.override(link.language):
        name = firm.name or _("Guanxi")
        subject = _("%(firm)s asks: how are we doing?") % {"firm": name}
        text = render_to_string("retention/surveys/mail.txt", {"link": link, "address": address, "firm": name})
    by = link.sent_by
    reply = [by.email] if by and by.email else None
    try:
        EmailMessage(subject, text, settings.DEFAULT_FROM_EMAIL, [link.email], reply_to=reply).send()
    except (OSError, SMTPException) as error:
        log.warning("survey invitation %s was not sent: %s", link.pk, error)
        return f"{type(error).__name__}: {error}"
    return ""
