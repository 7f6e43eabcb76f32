"""Compute past nights from what was known by then: `manage.py replay_nights --from DATE --to DATE --every month`."""

import json
import sys
from datetime import date

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from crm_site import nightly, replay
from crm_site.locks import NightBusy
from customers.vocabulary import ReplayStep


class Command(BaseCommand):
    help = "Compute past generations as they would have been; what readers see does not move."

    def add_arguments(self, parser):
        parser.add_argument("--from", dest="first", type=date.fromisoformat, required=True)
        parser.add_argument("--to", dest="last", type=date.fromisoformat, required=True)
        parser.add_argument("--every", choices=[step.value.lower() for step in ReplayStep], default="month")
        parser.add_argument("--json", action="store_true", help="print one JSON document")

    def handle(self, *args, first, last, every, **options):
        if last < first:
            raise CommandError(_("The last date is before the first."))
        job = replay.plan(first=first, last=last, every=every.upper())
        try:
            job = replay.carry_on(job.pk, now=timezone.now, progress=self._progress)
        except NightBusy:
            raise CommandError(_("Another night is being computed right now.")) from None
        except nightly.NightFailed as failure:
            raise CommandError(str(failure)) from None
        told = {"nights": job.done, "tasks_created": job.tasks_created, **replay.record()}
        if options["json"]:
            self.stdout.write(json.dumps(told))
        else:
            said = _("%(nights)s nights replayed, %(tasks_created)s tasks on record.")
            self.stdout.write(said % told)

    def _progress(self, number, total, day):
        sys.stderr.write(f"[{number}/{total}] {day}\n")
        sys.stderr.flush()
