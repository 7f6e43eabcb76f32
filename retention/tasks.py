"""Doors of retention that read the clock: overdue cases, mails, accounts that change."""

import logging

from celery import shared_task
from django.utils import timezone

from customers.selectors.nights import published_night
from retention import digest, outbox, publish
from retention.care import services
from retention.kpis import periods, selectors

log = logging.getLogger("guanxi.retention")


@shared_task
def escalate_cases():
    """Every few minutes: cases whose answer is overdue go to the lead of the owner's team."""
    raised = services.escalate(at=timezone.now())
    if raised:
        log.info("%s overdue cases went to their leads", raised)


@shared_task
def send_mail(mail_id):
    """Send one mail of the outbox at once; where it fails, or this message is lost, the outbox goes on trying."""
    told = outbox.Told()
    outbox.deliver(mail_id, timezone.now(), told)
    if told.errors:
        log.warning("mail %s was not sent: %s", mail_id, told.errors[0])


@shared_task
def send_digests():
    """Every few minutes: digests whose hour has come, and mails that wait for another attempt."""
    told = digest.run(timezone.now())
    if told.errors:
        log.warning("%s mails were not sent: %s", len(told.errors), told.errors[0])


@shared_task
def measure_kpis():
    """Every few minutes: after a new night the KPIs are worked out before somebody waits for them."""
    night = published_night()
    if night and night.checksum:
        for period in periods.NAMES:
            selectors.kept(night, period)


def follow_person(sender, instance, raw=False, created=False, **kwargs):
    """Somebody left, or changed role or team: tasks that they may not do any more find another desk (signal)."""
    if not (raw or created):
        publish.rehome(timezone.now(), instance.pk)
