"""How a benchmark is written down: a table of figures under a line that says where they were taken."""

import platform

from django.db import connection


def table(head, rows):
    """Markdown lines: words left, numbers right with two decimals."""
    yield "| " + " | ".join(head) + " |"
    yield "|---" + "|---:" * (len(head) - 1) + "|"
    for row in rows:
        yield "| " + " | ".join(_cell(cell) for cell in row) + " |"


def _cell(cell):
    if isinstance(cell, float):
        return f"{cell:,.2f}"
    return f"{cell:,}" if isinstance(cell, int) else str(cell)


def server():
    """The version of the PostgreSQL at hand."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        return cursor.fetchone()[0].split()[0]


def machine(part, size, today, postgres=""):
    """One sentence about the run."""
    database = f"PostgreSQL {postgres}, " if postgres else ""
    return f"{database}Python {platform.python_version()}, {today}, one run of `make bench SIZE={size} ONLY={part}`."
