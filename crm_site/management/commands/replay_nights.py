"""Compute past nights from what was known by then: `manage.py replay_nights --from DATE --to DATE --every month`."""

import json
import sys
from datetime import date, timedelta

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Count
from django.utils.translation import gettext as _

from crm_site import nightly
from crm_site.locks import NightBusy
from customers.vocabulary import NightOrigin, TaskState
from retention.models import RetentionTask


def month_end(day):
    """The last day of the month of `day`."""
    following = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    return following - timedelta(days=1)


def dates(first, last, every):
    """The dates to replay. Months from a month's end stay at month ends; else the day is kept, clamped to the month."""
    if every != "month":
        step, day = timedelta(days=7 if every == "week" else 1), first
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


class Command(BaseCommand):
    help = "Compute past generations as they would have been; what readers see does not move."

    def add_arguments(self, parser):
        parser.add_argument("--from", dest="first", type=date.fromisoformat, required=True)
        parser.add_argument("--to", dest="last", type=date.fromisoformat, required=True)
        parser.add_argument("--every", choices=["month", "week", "day"], default="month")
        parser.add_argument("--json", action="store_true", help="print one JSON document")

    def handle(self, *args, first, last, every, **options):
        if last < first:
            raise CommandError(_("The last date is before the first."))
        planned, before = list(dates(first, last, every)), RetentionTask.objects.count()
        for done, day in enumerate(planned):
            sys.stderr.write(f"[{done + 1}/{len(planned)}] {day}\n")
            try:
                nightly.run_night(as_of=day, origin=NightOrigin.REPLAY.value, reason="replay")
            except NightBusy:
                raise CommandError(_("Another night is being computed right now.")) from None
            except nightly.NightFailed as failure:
                raise CommandError(str(failure)) from None
        told = {"nights": len(planned), "tasks_created": RetentionTask.objects.count() - before} | self._record()
        if options["json"]:
            self.stdout.write(json.dumps(told))
        else:
            said = _("%(nights)s nights replayed, %(tasks_created)s tasks on record.")
            self.stdout.write(said % told)

    @staticmethod
    def _record():
        """What must never happen, counted: one reason twice, a replayed task alive, an ending without a reason."""
        replayed = RetentionTask.objects.filter(origin=NightOrigin.REPLAY.value)
        twice = replayed.values("customer", "template", "raised_on").annotate(n=Count("id")).filter(n__gt=1)
        return {
            "duplicates": twice.count(),
            "resurrected": replayed.filter(state__in=[TaskState.OPEN.value, TaskState.SNOOZED.value]).count(),
            "closed_without_reason": RetentionTask.objects.filter(
                state=TaskState.CLOSED.value, closed_reason=""
            ).count(),
        }
