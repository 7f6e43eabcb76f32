"""Time a night against its floor on PostgreSQL, in one run: `manage.py bench --size 10k|100k|1m`."""

import json
import platform
import statistics
import sys
import time
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.utils import timezone

from crm_site import nightly
from crm_site.benchmark import data, floor
from customers.vocabulary import NightOrigin

ROUNDS = 3
BAR = 2.5  # of the floor: what the project promises


class Command(BaseCommand):
    help = "Make a firm of the given size in a database of its own, and time nights against their floor."

    def add_arguments(self, parser):
        parser.add_argument("--size", choices=sorted(data.SIZES), default="10k")
        parser.add_argument("--json", action="store_true", help="print one JSON document, write no file")

    def handle(self, *args, size="10k", **options):
        if connection.vendor != "postgresql":
            raise CommandError("The benchmark needs PostgreSQL: set DATABASE_URL, or use `make bench`.")
        database = connection.settings_dict["NAME"]
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        try:
            call_command("migrate", verbosity=0)
            measured = self._measure(size)
        finally:
            connection.creation.destroy_test_db(database, verbosity=0)
        if options["json"]:
            self.stdout.write(json.dumps(measured))
        else:
            self._report(measured)

    def _say(self, text):
        sys.stderr.write(f"[{time.perf_counter() - self.began:7.1f} s] {text}\n")

    def _measure(self, size):
        self.began = time.perf_counter()
        lines = data.make(data.SIZES[size], self._say)
        first = self._night(data.END - timedelta(days=ROUNDS), "first night (everything is new)")
        rounds = []
        for nth in range(ROUNDS):
            as_of = data.END - timedelta(days=ROUNDS - 1 - nth)
            grouped, copied = floor.measure(as_of)
            self._say(f"floor {grouped + copied:.2f} s ({grouped:.2f} group and out, {copied:.2f} in)")
            night = self._night(as_of, "night")
            rounds.append({"floor": grouped + copied, "group": grouped, "copy_in": copied, **night})
        return {"size": size, "customers": data.SIZES[size], "lines": lines, "first": first, "rounds": rounds}

    def _night(self, as_of, name):
        begin, cpu = time.perf_counter(), time.process_time()
        night = nightly.run_night(as_of=as_of, origin=NightOrigin.COMMAND.value)
        seconds = time.perf_counter() - begin
        self._say(f"{name} {seconds:.2f} s")
        steps = {step["name"]: step["seconds"] for step in night.steps}
        return {"night": seconds, "client_cpu": time.process_time() - cpu, "steps": steps}

    def _report(self, measured):
        """Print the table and keep it under docs/bench."""
        middle = {
            key: statistics.median(r[key] for r in measured["rounds"]) for key in ("floor", "night", "client_cpu")
        }
        ratio = statistics.median(r["night"] / r["floor"] for r in measured["rounds"])
        with connection.cursor() as cursor:
            cursor.execute("SHOW server_version")
            server = cursor.fetchone()[0].split()[0]
        rows = [
            ("floor: GROUP BY + COPY out + COPY in", middle["floor"], 1.0),
            ("night, all steps to publication", middle["night"], ratio),
            (
                "first night (every stage change and task is new)",
                measured["first"]["night"],
                measured["first"]["night"] / middle["floor"],
            ),
        ]
        steps = {
            name: statistics.median(r["steps"].get(name, 0) for r in measured["rounds"])
            for name in measured["rounds"][0]["steps"]
        }
        text = [
            f"# A night against its floor, {measured['size']}",
            "",
            f"{measured['customers']:,} customers, {measured['lines']:,} order lines, PostgreSQL {server},"
            f" Python {platform.python_version()}, {timezone.localdate()}."
            f" Medians of {ROUNDS} rounds, floor and night in turn,"
            f" one run of `make bench SIZE={measured['size']}`. The promise is a ratio of at most {BAR}.",
            "",
            "| what | seconds | ratio |",
            "|---|---:|---:|",
            *[f"| {name} | {seconds:.2f} | {share:.2f} |" for name, seconds, share in rows],
            "",
            "| step of the night | seconds |",
            "|---|---:|",
            *[f"| {name} | {seconds:.2f} |" for name, seconds in steps.items()],
            f"| client CPU in all | {middle['client_cpu']:.2f} |",
        ]
        target = Path(settings.BASE_DIR) / "docs" / "bench" / f"night-{measured['size']}.md"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text("\n".join(text) + "\n", encoding="utf-8")
        self.stdout.write("\n".join(text))
        verdict = "within" if ratio <= BAR else "OVER"
        self.stdout.write(f"\nnight / floor = {ratio:.2f} ({verdict} {BAR})")
