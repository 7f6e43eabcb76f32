"""A full year of nights, one after the other: how long it takes, and what must never happen, counted."""

import time
from datetime import timedelta

from django.utils import timezone

from crm_site import replay
from crm_site.benchmark import data
from crm_site.benchmark.reporting import table
from crm_site.demo import firm
from customers.vocabulary import ReplayStep

TITLE = "A year of nights replayed"
NEEDS_DATABASE = True
MOST = 2_000  # customers: 365 nights of more would measure patience
DAYS, SEED = 365, 3


def measure(size, say):
    """Makes the demo firm, where every kind of reason for a task occurs, and replays its last year; plain data."""
    customers = min(size, MOST)
    lines = firm.make(customers, SEED, data.END, say)["transactions"]
    job = replay.plan(first=data.END - timedelta(days=DAYS - 1), last=data.END, every=ReplayStep.DAY.value)
    begin = time.perf_counter()

    def progress(number, total, day):
        if number % 30 == 0:
            say(f"{number} of {total} nights, {day}")

    job = replay.carry_on(job.pk, now=timezone.now, progress=progress)
    seconds = time.perf_counter() - begin
    say(f"{job.done} nights in {seconds:.0f} s")
    told = {"nights": job.done, "tasks_created": job.tasks_created, **replay.record()}
    return {"customers": customers, "lines": lines, "seconds": seconds, **told}


def report(measured):
    """Lines of Markdown, and the verdict in one line."""
    counts = ("nights", "tasks_created", "duplicates", "resurrected", "closed_without_reason")
    text = [
        f"The demo firm ({measured['customers']:,} customers, {measured['lines']:,} order lines), a year of nights.",
        "",
        *table(("what", "number"), [(name.replace("_", " "), measured[name]) for name in counts]),
        "",
        *table(
            ("time", "seconds"),
            [("all nights", measured["seconds"]), ("a night", measured["seconds"] / measured["nights"])],
        ),
    ]
    clean = not any(measured[name] for name in counts[2:])
    return text, f"{measured['seconds']:.0f} s for {measured['nights']} nights ({'clean' if clean else 'NOT CLEAN'})"
