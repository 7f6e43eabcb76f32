"""manage.py send_digests: queue the daily digests that are due and send what waits in the outbox."""

import json
from dataclasses import asdict
from datetime import datetime

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from retention import digest


def moment(text):
    """A moment in ISO form; without an offset it is one of the site's time zone."""
    found = datetime.fromisoformat(text)
    return found if timezone.is_aware(found) else timezone.make_aware(found)


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser):
        parser.add_argument("--at", help="as if it were this moment, e.g. 2026-03-05T08:00 (for trying it out)")
        parser.add_argument("--json", action="store_true", help="print one JSON document")

    def handle(self, *args, at=None, **options):
        try:
            now = moment(at) if at else timezone.now()
        except ValueError:
            raise CommandError(_("“%(text)s” is no moment: write 2026-03-05T08:00.") % {"text": at}) from None
        told = asdict(digest.run(now))
        if options["json"]:
            self.stdout.write(json.dumps(told))
            return
        words = _(
            "%(queued)s queued, %(sent)s sent, %(dropped)s not needed, "
            "%(waiting)s to be tried again, %(failed)s failed."
        )
        self.stdout.write(words % told)
