"""Doors of the worker for this wing: reminders to experts who have not finished."""

import logging

from celery import shared_task
from django.utils import timezone

from segmentation.services.studies import remind_due

log = logging.getLogger("guanxi.studies")


@shared_task
def remind_experts():
    """Every morning: mail those who are asked to judge and have not finished; repeating it sends nothing twice."""
    sent = remind_due(today=timezone.localdate(), at=timezone.now())
    if sent:
        log.info("%s experts reminded", sent)
