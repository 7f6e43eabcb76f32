"""Doors of the worker: each takes primitives, calls one function, and may be lost or repeated without harm."""

import logging
from datetime import datetime, time, timedelta

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from crm_site import housekeeping, nightly, replay
from crm_site.locks import NightBusy
from customers.models import Night
from customers.services.imports import forget_files
from customers.tasks import sweep_imports
from customers.vocabulary import NightOrigin, NightStatus

log = logging.getLogger("guanxi.night")
RETRY = timedelta(minutes=15)  # after a failure the schedule tries again, no sooner
FAILURES = 4  # in one day, then a person has to look


@shared_task
def tick():
    """Every minute: what should be running and is not? Plans tonight, takes up what a crash left, sweeps imports."""
    now = timezone.localtime()
    sweep_imports(now)
    for replay_id in replay.waiting(now):
        run_replay.delay(replay_id)
    night_id = due_night(now)
    if night_id:
        compute_night.delay(night_id)


@shared_task
def compute_night(night_id, publish=False):
    """Carry one night to its end; another process at it, or a failure on record, is no error here."""
    try:
        nightly.run_planned(night_id, publish=publish)
    except NightBusy:
        log.info("night %s waits: another is being computed", night_id)
    except nightly.NightFailed as failure:
        log.error("night %s failed: %s", night_id, failure)


@shared_task
def run_replay(replay_id):
    """Carry a replay on from where it stands; another night in between only makes it wait."""
    try:
        replay.carry_on(replay_id, now=timezone.now)
    except NightBusy:
        log.info("replay %s waits: a night is being computed", replay_id)
    except nightly.NightFailed as failure:
        log.error("replay %s failed: %s", replay_id, failure)


@shared_task
def tidy():
    """Drop generations nobody reads any more, and files of imports that are over."""
    housekeeping.drop_old_generations(timezone.localdate())
    forget_files(timezone.now())


def due_night(now):
    """The id of the night that should be computed now, planned if need be; None where all is done."""
    own = Night.objects.exclude(origin=NightOrigin.REPLAY.value)  # replays are carried on by their own job
    unfinished = own.filter(status__in=[NightStatus.PLANNED.value, NightStatus.RUNNING.value]).first()
    if unfinished:
        return unfinished.pk
    opening = timezone.make_aware(datetime.combine(now.date(), time(settings.NIGHT_HOUR)))
    as_of = now.date() - timedelta(days=1)
    if now < opening:
        return None
    tonight = own.filter(as_of=as_of, created_at__gte=opening)
    failed = tonight.filter(status=NightStatus.FAILED.value)
    if tonight.exclude(status=NightStatus.FAILED.value).exists() or failed.count() >= FAILURES:
        return None
    if failed.filter(finished_at__gt=now - RETRY).exists():
        return None
    night = nightly.plan(as_of=as_of, origin=NightOrigin.SCHEDULE.value)
    return night.pk if night.status not in nightly.COMPLETE else None
