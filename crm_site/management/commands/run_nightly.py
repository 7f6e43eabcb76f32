"""Compute one night in the foreground: `manage.py run_nightly --as-of DATE [--publish] [--json]`."""

import json
import sys
from datetime import date, timedelta

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from crm_site import nightly
from crm_site.locks import NightBusy
from customers.vocabulary import NightOrigin


def day(text):
    """An ISO date from the command line."""
    return date.fromisoformat(text)


class Command(BaseCommand):
    help = "Compute every verdict for one date and publish it."

    def add_arguments(self, parser):
        parser.add_argument("--as-of", type=day, help="the date of the night (default: yesterday)")
        parser.add_argument("--publish", action="store_true", help="show it even where a later date is published")
        parser.add_argument("--json", action="store_true", help="print one JSON document")

    def handle(self, *args, as_of=None, publish=False, **options):
        as_of = as_of or timezone.localdate() - timedelta(days=1)
        try:
            night = nightly.run_night(
                as_of=as_of, origin=NightOrigin.COMMAND.value, publish=publish, progress=self._progress
            )
        except NightBusy:
            raise CommandError(_("Another night is being computed right now.")) from None
        except nightly.NightFailed as failure:
            if options["json"]:
                self.stdout.write(json.dumps(nightly.as_json(failure.night)))
            raise CommandError(str(failure)) from None
        if options["json"]:
            self.stdout.write(json.dumps(nightly.as_json(night), ensure_ascii=False))
        else:
            said = _("Night of %(date)s: %(status)s, %(rows)s customers in %(seconds).1f s.")
            self.stdout.write(
                said % {"date": night.as_of, "status": night.status, "rows": night.rows, "seconds": night.seconds}
            )

    def _progress(self, step, done, total):
        end = "\r" if sys.stderr.isatty() else "\n"
        sys.stderr.write(f"[{done}/{total}] {step:<14}{end}")
        sys.stderr.flush()
