"""Time the product against floors measured in the same run: `manage.py bench --size 10k|100k|1m [--only PART]`."""

import json
import sys
import time
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.utils import timezone

from crm_site.benchmark import data, reporting
from crm_site.benchmark.parts import PARTS


class Command(BaseCommand):
    help = "Measure ratios on data made for it, in a database of its own; the tables are kept under docs/bench."

    def add_arguments(self, parser):
        parser.add_argument("--size", choices=sorted(data.SIZES), default="10k")
        parser.add_argument("--only", choices=sorted(PARTS), action="append", help="this part; may be repeated")
        parser.add_argument("--json", action="store_true", help="print one JSON document, write no file")

    def handle(self, *args, size="10k", only=None, **options):
        self.began, found = time.perf_counter(), {}
        for name in only or PARTS:
            self._say(f"{PARTS[name].TITLE} ({name}), {size}")
            found[name] = self._measured(PARTS[name], data.SIZES[size])
            if not options["json"]:
                self._report(name, size, found[name])
        if options["json"]:
            self.stdout.write(json.dumps({"size": size, **found}))

    def _say(self, text):
        sys.stderr.write(f"[{time.perf_counter() - self.began:7.1f} s] {text}\n")

    def _measured(self, part, size):
        if not part.NEEDS_DATABASE:
            return part.measure(size, self._say)
        if connection.vendor != "postgresql":
            raise CommandError("This part needs PostgreSQL: use `make bench`, or set DATABASE_URL.")
        database = connection.settings_dict["NAME"]
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        try:
            call_command("migrate", verbosity=0)
            return {**part.measure(size, self._say), "postgres": reporting.server()}
        finally:
            connection.creation.destroy_test_db(database, verbosity=0)

    def _report(self, name, size, measured):
        """Print the table and keep it under docs/bench."""
        lines, verdict = PARTS[name].report(measured)
        taken = reporting.machine(name, size, timezone.localdate(), measured.get("postgres", ""))
        text = "\n".join([f"# {PARTS[name].TITLE}, {size}", "", taken, "", *lines, "", verdict]) + "\n"
        target = Path(settings.BASE_DIR) / "docs" / "bench" / f"{name}-{size}.md"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        self.stdout.write(text)
