"""Doors of the worker on the ground floor: each takes primitives, calls one function, and may be lost or repeated."""

import logging

from celery import shared_task
from django.utils import timezone
from kombu.exceptions import OperationalError

from customers.services import imports

log = logging.getLogger("guanxi.imports")


@shared_task
def run_import(job_id):
    """Carry one queued import (its check or its publication) to its end."""
    imports.take_up(job_id, today=timezone.localdate(), clock=timezone.now)


def send_import(job_id):
    """Ask the worker to take up a job; without a broker it stays queued and the next tick finds it."""
    try:
        run_import.delay(job_id)
    except OperationalError:
        log.warning("import %s waits: the broker does not answer", job_id)


def sweep_imports(now):
    """Send what a crash or a lost message left to the worker again (every tick)."""
    for job_id in imports.sweep(now):
        send_import(job_id)
