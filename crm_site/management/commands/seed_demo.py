"""manage.py seed_demo: a demo firm with customers, three years of orders, accounts, nights and tasks."""

import json
from datetime import date, datetime, time, timedelta
from time import monotonic

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from crm_site.demo import firm, partings, people, plans, story
from customers.models import Customer, PublishedNight, PurchaseDay, Transaction, User

SMALLEST, LARGEST = 1, 5_000_000


class Command(BaseCommand):
    help = "Fill an empty database with a believable firm; does nothing where the demo is already there."

    def add_arguments(self, parser):
        parser.add_argument("--customers", type=int, default=2000, help="how many customers (default 2000)")
        parser.add_argument("--seed", type=int, default=3, help="same seed, same firm (default 3)")
        parser.add_argument("--as-of", type=date.fromisoformat, help="last day of the demo (default yesterday)")
        parser.add_argument("--json", action="store_true", help="print the counts as one JSON document")
        parser.add_argument("--no-nights", action="store_true", help="only the data, no night and no tasks")

    def handle(self, *args, **options):
        self.started = monotonic()
        if not settings.DEMO:
            raise CommandError(
                "Demo accounts have a public password: seed_demo runs in demo mode only (GUANXI_DEMO=1)."
            )
        if not SMALLEST <= options["customers"] <= LARGEST:
            raise CommandError(f"--customers must lie between {SMALLEST} and {LARGEST}.")
        if options["seed"] < 0:
            raise CommandError("--seed must not be negative.")
        as_of = options["as_of"] or timezone.localdate() - timedelta(days=1)
        fresh = self._is_fresh()
        counts = (
            firm.make(options["customers"], options["seed"], as_of, self._tell)
            if fresh
            else {"customers": Customer.objects.count(), "transactions": Transaction.objects.count()}
        )
        if not options["no_nights"] and not PublishedNight.objects.filter(night__isnull=False).exists():
            self._nights(as_of if fresh else _last_day() or as_of)
        if not fresh:
            self._tell("the demo data are already there: nothing changed")
        self._answer({"seeded": fresh, "as_of": as_of.isoformat(), **counts}, options["json"])

    def _is_fresh(self):
        """Whether to seed; refuses a database that belongs to somebody."""
        if User.objects.filter(is_demo=True).exists():
            return False
        if Customer.objects.exists():
            raise CommandError("This database has customers that are not of the demo: it is left alone.")
        if names := people.taken():
            raise CommandError(f"The demo needs these usernames, which somebody has: {', '.join(names)}.")
        return True

    def _nights(self, as_of):
        zone = timezone.get_default_timezone()

        def at(day, turn):  # the morning after that night, ten minutes a task
            return datetime.combine(day + timedelta(days=1), time(9 + turn % 8, 10), zone)

        work = story.work_through(people.MANAGERS, at)
        last = as_of - timedelta(days=story.NIGHTS_BEFORE[-2])  # after the last night but one

        def meanwhile(day):
            work(day)
            if day == last:
                partings.play(day, at)
                plans.play(day)

        story.run(as_of, self._tell, meanwhile)

    def _tell(self, words):
        self.stderr.write(f"[{monotonic() - self.started:5.1f} s] {words}", self.style.NOTICE)

    def _answer(self, counts, as_json):
        if as_json:
            self.stdout.write(json.dumps(counts, ensure_ascii=False))
            return
        for name, count in counts.items():
            self.stdout.write(f"{name}: {count}")


def _last_day():
    """The last day of orders: what as_of was when the data were drawn, near enough to compute its nights."""
    return PurchaseDay.objects.order_by("-date").values_list("date", flat=True).first()
