"""Past nights as a job: which dates, one after the other, resumed where it stopped; what readers see does not move."""

from datetime import date, timedelta

from crm_site import nightly
from crm_site.locks import NightBusy
from customers.models import Night, NightReplay
from customers.vocabulary import JobState, NightOrigin, NightStatus, ReplayStep, TaskState
from retention.models import RetentionTask

STALE = timedelta(minutes=5)  # a running job that gave no sign for so long is taken up again
LONGEST = 1_000  # nights of one job
LIVE = [JobState.PLANNED.value, JobState.RUNNING.value]


def month_end(day):
    """The last day of the month of `day`."""
    following = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    return following - timedelta(days=1)


def dates(first, last, every):
    """The dates to replay. Months from a month's end stay at month ends; else the day is kept, clamped to the month."""
    if every != ReplayStep.MONTH.value:
        step, day = timedelta(days=7 if every == ReplayStep.WEEK.value else 1), first
        while day <= last:
            yield day
            day += step
        return
    at_end, year, month = first == month_end(first), first.year, first.month
    while True:
        end = month_end(date(year, month, 1))
        day = end if at_end else date(year, month, min(first.day, end.day))
        if day > last:
            return
        yield day
        year, month = year + month // 12, month % 12 + 1


def plan(*, first, last, every, by=None):
    """A job that waits to be run."""
    total = sum(1 for _ in dates(first, last, every))
    return NightReplay.objects.create(first=first, last=last, every=every, requested_by=by, total=total)


def carry_on(replay_id, *, now, progress=None):
    """Compute what is left of a job; raises NightBusy or NightFailed as the night does. Returns the job.

    Interrupted by another night it stays running and the next tick takes it up; a failed night ends it with the reason.
    """
    job = NightReplay.objects.get(pk=replay_id)
    if job.state not in LIVE:
        return job
    planned = list(dates(job.first, job.last, job.every))
    _note(job, state=JobState.RUNNING.value, started_at=job.started_at or now(), heartbeat=now(), total=len(planned))
    for number, day in enumerate(planned[job.done :], start=job.done):
        _note(job, at=day, heartbeat=now())
        if progress:
            progress(number + 1, len(planned), day)
        if _somebody_waits():
            raise NightBusy
        before = RetentionTask.objects.filter(origin=NightOrigin.REPLAY.value).count()
        try:
            nightly.run_night(as_of=day, origin=NightOrigin.REPLAY.value, by=job.requested_by, reason="replay")
        except nightly.NightFailed as failure:
            _note(job, state=JobState.FAILED.value, error=f"{day}: {failure}"[:4000], finished_at=now())
            raise
        after = RetentionTask.objects.filter(origin=NightOrigin.REPLAY.value).count()
        _note(job, done=number + 1, tasks_created=job.tasks_created + after - before, heartbeat=now())
    _note(job, state=JobState.DONE.value, at=None, finished_at=now())
    return job


def _somebody_waits():
    """Whether a night that people will read is planned: the past can wait."""
    return Night.objects.filter(status=NightStatus.PLANNED.value).exclude(origin=NightOrigin.REPLAY.value).exists()


def _note(job, **fields):
    for name, value in fields.items():
        setattr(job, name, value)
    job.save(update_fields=list(fields))


def waiting(now):
    """Ids of jobs that should be running and give no sign."""
    stale = NightReplay.objects.filter(state=JobState.RUNNING.value, heartbeat__lt=now - STALE)
    planned = NightReplay.objects.filter(state=JobState.PLANNED.value)
    return [*stale.values_list("pk", flat=True), *planned.values_list("pk", flat=True)]


def _too_soon(tasks):
    """How many tasks came again for a customer and template before the template's rest had passed."""
    rows = tasks.order_by("customer_id", "template_id", "raised_on", "id")
    count, before = 0, None
    for customer, template, rest, day in rows.values_list(
        "customer_id", "template_id", "template__rest_days", "raised_on"
    ):
        if before and before[:2] == (customer, template) and (day - before[2]).days < max(rest, 1):
            count += 1
        before = customer, template, day
    return count


def record():
    """What must never happen, counted: one reason twice in its rest, a replayed task alive, an end without a reason."""
    replayed = RetentionTask.objects.filter(origin=NightOrigin.REPLAY.value)
    alive = replayed.filter(state__in=[TaskState.OPEN.value, TaskState.SNOOZED.value])
    silent = RetentionTask.objects.filter(state=TaskState.CLOSED.value, closed_reason="")
    return {"duplicates": _too_soon(replayed), "resurrected": alive.count(), "closed_without_reason": silent.count()}
