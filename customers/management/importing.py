"""What the two import commands share: arguments, one JSON document on stdout, sentences on stderr."""

import json
import sys
from pathlib import Path

from django.core.management.base import BaseCommand
from django.utils import timezone

from customers.imports import mapping
from customers.imports.problems import FileProblem
from customers.services.imports import import_from_command


class ImportCommand(BaseCommand):
    """`PATH --mapping FILE.json [--dry-run] [--json]`; exit 0 also with rejected rows, 1 where the file is refused."""

    kind = None
    requires_migrations_checks = True

    def add_arguments(self, parser):
        parser.add_argument("path", help="CSV or XLSX file")
        parser.add_argument("--mapping", required=True, help="JSON file: which column feeds which field")
        parser.add_argument("--dry-run", action="store_true", help="count only, write nothing")
        parser.add_argument("--json", action="store_true", help="one JSON document on standard output")

    def handle(self, *, path, dry_run, **options):
        """Import in the foreground; no broker is needed."""
        progress = self._show if sys.stderr.isatty() else None
        try:
            found = mapping.load(self._text(options["mapping"]), self.kind)
            outcome, job = import_from_command(
                path=path, kind=self.kind.value, mapping=found, dry_run=dry_run, today=timezone.localdate(),
                clock=timezone.now, progress=progress,
            )  # fmt: skip
        except FileProblem as problem:
            if options["json"]:
                self.stdout.write(json.dumps({"error": str(problem), "code": problem.code}, ensure_ascii=False))
            self.stderr.write(str(problem))
            sys.exit(1)
        answer = {
            **outcome.counts(), "errors_file": outcome.errors_file or None, "warnings": outcome.warnings,
            "dry_run": dry_run, "import": job.pk if job else None,
        }  # fmt: skip
        if options["json"]:
            self.stdout.write(json.dumps(answer, ensure_ascii=False))
        else:
            self._tell(answer)

    def _text(self, path):
        try:
            return Path(path).read_text(encoding="utf-8-sig")
        except OSError:
            raise FileProblem("not_found", value=path) from None
        except UnicodeDecodeError as error:
            raise FileProblem("mapping_json", value=str(error)) from None

    def _show(self, rows, expected):
        self.stderr.write(f"\r{rows:,} / {expected:,}", ending="")
        self.stderr.flush()

    def _tell(self, answer):
        names = ("rows", "created", "updated", "unchanged", "rejected")
        self.stdout.write("  ".join(f"{name} {answer[name]:,}" for name in names))
        if answer["errors_file"]:
            self.stdout.write(f"rejected rows with their reasons: {answer['errors_file']}")
        for warning in answer["warnings"]:
            self.stdout.write("note: " + json.dumps(warning, ensure_ascii=False))
