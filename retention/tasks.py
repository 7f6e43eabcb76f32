"""Doors of retention that read the clock: overdue cases, survey invitations, accounts that change."""

import logging

from celery import shared_task
from django.utils import timezone

from retention import digest, publish
from retention.care import mail, services
from retention.models import SurveyLink

log = logging.getLogger("guanxi.retention")


@shared_task
def escalate_cases():
    """Every few minutes: cases whose answer is overdue go to the lead of the owner's team."""
    raised = services.escalate(at=timezone.now())
    if raised:
        log.info("%s overdue cases went to their leads", raised)


@shared_task
def send_survey(link_id, address):
    """Send one invitation; what became of it stands with the invitation."""
    link = SurveyLink.objects.select_related("customer", "contact", "sent_by").filter(pk=link_id).first()
    if link is None or link.delivery != "QUEUED":
        return
    error = mail.send_invitation(link, address)
    services.delivered(link=link, at=timezone.now(), error=error)


@shared_task
def send_digests():
    """Every few minutes: digests whose hour has come, and mails that wait for another attempt."""
    told = digest.run(timezone.now())
    if told.errors:
        log.warning("%s digests were not sent: %s", len(told.errors), told.errors[0])


def follow_person(sender, instance, raw=False, created=False, **kwargs):
    """Somebody left, or changed role or team: tasks that they may not do any more find another desk (signal)."""
    if not (raw or created):
        publish.rehome(timezone.now(), instance.pk)
