"""What happened before today: a replayed year, three nights, and what the demo's people did between them."""

from datetime import date, timedelta

from django.utils import timezone

from crm_site.demo import trial
from customers.vocabulary import NightOrigin, ReplayStep, TaskOutcome, TaskState

NIGHTS_BEFORE = (30, 7, 0)  # days before as_of
MONTHS_BEFORE = 12  # month ends before the first of those nights, replayed
OUTCOMES = [
    (TaskOutcome.SUCCESS, "已上门拜访，确认新需求。"),
    (TaskOutcome.PARTIAL, "客户同意下月安排演示。"),
    (TaskOutcome.NOT_REACHED, "未联系上，改日再试。"),
    (TaskOutcome.SUCCESS, "已电话沟通，客户认可。"),
    (TaskOutcome.NO_EFFECT, "客户暂无预算。"),
]
LEFT_LYING, SNOOZED = 3, 9  # every third task stays open, every ninth is put off


def past(as_of, tell):
    """Replays the month ends of the year before the nights, and measures the record as it stood then."""
    from crm_site import replay
    from lifecycle import backtest

    first_night = as_of - timedelta(days=NIGHTS_BEFORE[0])
    last = first_night.replace(day=1) - timedelta(days=1)
    first = replay.month_end(date(last.year - 1 + last.month // MONTHS_BEFORE, last.month % MONTHS_BEFORE + 1, 1))
    job = replay.plan(first=first, last=last, every=ReplayStep.MONTH.value)
    tell(f"replaying {job.total} month ends from {first}")
    replay.carry_on(job.pk, now=timezone.now)
    tell(f"record of the year up to {first_night}")
    backtest.run(backtest.planned(as_of=first_night).pk, now=timezone.now)


def run(as_of, tell, work):
    """Computes the past and the nights in turn; after each but the last, `work(its as_of)` lets people work."""
    from crm_site.nightly import run_night

    past(as_of, tell)
    tell(f"a trial of {trial.play()} customers")
    nights = []
    for before in NIGHTS_BEFORE:
        day = as_of - timedelta(days=before)
        tell(f"night of {day}")
        nights.append(run_night(as_of=day, origin=NightOrigin.COMMAND, by=None))
        if before:
            work(day)
    return nights


def work_through(manager_names, at):
    """A function for `run`: managers complete most tasks that a night raised, snooze some and leave the rest lying."""
    from customers.models import User
    from retention import services
    from retention.models import RetentionTask

    def work(day):
        for manager in User.objects.filter(username__in=manager_names).order_by("username"):
            raised = RetentionTask.objects.filter(owner=manager, raised_on=day, state=TaskState.OPEN.value)
            for turn, task in enumerate(raised.select_related("template").order_by("customer__code", "template__code")):
                if turn % LEFT_LYING == 1:
                    continue
                if turn % SNOOZED == 2:
                    until = day + timedelta(days=21)
                    services.snooze(task=task, by=manager, at=at(day, turn), until=until, reason="客户出差")
                else:
                    outcome, note = OUTCOMES[turn % len(OUTCOMES)]
                    contact = "CALL" if task.template.care_phase else ""
                    services.complete(
                        task=task, by=manager, at=at(day, turn), outcome=outcome, note=note, contact=contact
                    )

    return work
