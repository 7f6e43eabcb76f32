"""One row per customer with every verdict: `manage.py export_standings --format csv|json --output PATH`."""

import sys

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from crm_site import standings_export
from customers.models import Night
from customers.selectors.nights import published_night


class Command(BaseCommand):
    help = "Write the published night (or --night ID), one row per customer."

    def add_arguments(self, parser):
        parser.add_argument("--format", choices=["csv", "json"], default="csv")
        parser.add_argument("--output", default="-", help="a file, or - for standard output")
        parser.add_argument("--night", type=int, help="another complete night than the published one")

    def handle(self, *args, **options):
        chosen = options["night"]
        night = Night.objects.filter(pk=chosen, rows__gt=0).first() if chosen else published_night()
        if night is None:
            raise CommandError(_("No night has been computed yet: run `manage.py run_nightly` first."))
        write = {"csv": standings_export.write_csv, "json": standings_export.write_json}[options["format"]]
        if options["output"] == "-":
            return write(night, sys.stdout)
        try:
            with open(options["output"], "w", encoding="utf-8", newline="") as out:
                rows = write(night, out)
        except OSError as failure:
            raise CommandError(str(failure)) from None
        said = _("%(rows)s customers of the night of %(date)s written to %(path)s.")
        self.stderr.write(said % {"rows": rows, "date": night.as_of, "path": options["output"]})
