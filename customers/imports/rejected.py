"""The file of rejected rows: the original cells, the line and the reason, safe to open in a spreadsheet."""

import csv
import re

from django.utils.translation import gettext as _

from customers.imports.fields import field_label
from customers.imports.problems import row_message, shorten
from customers.sheets import safe

FIRST = 20  # reasons that the page shows
NUMBER = re.compile(r"[+-]?[\d.,]+", re.ASCII)


def inert(text):
    """A cell that no spreadsheet takes for a formula; plain numbers stay numbers, so that the file can come back."""
    text = str(text).replace("\0", "␀")
    return text if NUMBER.fullmatch(text) else safe(text)


class RejectedRows:
    """Writes rejected rows as they come, keeps the first reasons and counts by reason. Opened at the first row only."""

    def __init__(self, path, headers, kind):
        self.path, self.headers, self.kind = path, headers, kind
        self.count, self.first, self.reasons = 0, [], {}
        self.file = self.writer = None

    def add(self, line, cells, name, code, found):
        """One row: where it stands, its cells, the field at fault ("" = the row), the reason and its values."""
        if self.writer is None:
            self.file = open(self.path, "w", encoding="utf-8-sig", newline="", errors="replace")  # noqa: SIM115
            self.writer = csv.writer(self.file)
            self.writer.writerow([_("Line"), _("Reason"), *map(inert, self.headers)])
        message = row_message(code, found, field_label(self.kind, name))
        self.writer.writerow([line, inert(message), *map(inert, cells)])
        self.count += 1
        self.reasons[f"{code}:{name}"] = self.reasons.get(f"{code}:{name}", 0) + 1
        if len(self.first) < FIRST:
            plain = {key: shorten(value) for key, value in found.items()}
            self.first.append({"line": line, "field": name, "code": code, "values": plain})

    def close(self):
        """The path of the file, or "" where no row was rejected."""
        if self.file:
            self.file.close()
        return str(self.path) if self.count else ""
