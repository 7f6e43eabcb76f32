"""Measure how right the warnings and values have been: `manage.py backtest [--as-of DATE] [--json]`."""

import json
import sys
from datetime import date, timedelta

from django.core.management.base import BaseCommand
from django.utils import timezone
from django.utils.translation import gettext as _

from customers.selectors.nights import published_night
from lifecycle import backtest


class Command(BaseCommand):
    help = (
        "Fit on the past, predict the held-out period, compare with two simple rules; a model that is worse steps back."
    )

    def add_arguments(self, parser):
        parser.add_argument("--as-of", type=date.fromisoformat, help="use nothing later (default: the published night)")
        parser.add_argument("--json", action="store_true", help="print one JSON document")

    def handle(self, *args, as_of=None, **options):
        night = published_night()
        as_of = as_of or (night.as_of if night else timezone.localdate() - timedelta(days=1))
        job = backtest.planned(as_of=as_of)
        job = backtest.run(job.pk, now=timezone.now, progress=self._progress)
        if options["json"]:
            head = {"backtest": job.pk, "as_of": as_of.isoformat(), "rule": job.rule, "value_kept": job.value_kept}
            self.stdout.write(json.dumps(head | job.summary))
        else:
            self._tell(job)

    def _tell(self, job):
        found = job.summary["warning"]
        if not found:
            self.stdout.write(_("There is too little history to measure anything."))
            return
        for rule, figures in found["rules"].items():
            said = _("%(rule)s: AUC %(auc)s, average precision %(ap)s, %(warned)s warnings, %(hits)s lost.")
            auc, ap = (f"{figures[name] or 0:.3f}" for name in ("auc", "average_precision"))
            values = {"rule": rule, "auc": auc, "ap": ap, "warned": figures["warned"], "hits": figures["hits"]}
            self.stdout.write(said % values)
        self.stdout.write(_("Warnings are ranked by: %(rule)s.") % {"rule": job.rule})

    def _progress(self, done, total):
        sys.stderr.write(f"[{done}/{total}]\n")
        sys.stderr.flush()
