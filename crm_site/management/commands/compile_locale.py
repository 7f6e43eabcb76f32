"""`manage.py compile_locale`: turns every .po of the project into the .mo that Django reads, without GNU gettext."""

from django.conf import settings
from django.core.management.base import BaseCommand

from crm_site.setup.catalogues import compile_all


class Command(BaseCommand):
    """Compiles translations."""

    help = "Compile locale/*/LC_MESSAGES/*.po into .mo files where they are newer (needs no gettext)."
    requires_system_checks = ()

    def handle(self, *args, **options):
        self.stdout.write(compile_all(settings.LOCALE_PATHS))
