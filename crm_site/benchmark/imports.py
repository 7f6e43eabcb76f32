"""An order file through the command-line door, in a process of its own: rows a second, and its memory."""

import csv
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection

from crm_site.benchmark.reporting import table

TITLE = "An order file going in"
NEEDS_DATABASE = True
BAR = 20_000  # rows a second: what the project promises
ROWS_EACH = 10  # rows of the file for each customer
COLUMNS = ["customer_code", "order_no", "date", "product_code", "category", "quantity", "amount", "cost"]
FLOOR = "CREATE UNLOGGED TABLE import_floor ({columns})"


def measure(size, say):
    """A quarter of the file, then the whole file (three quarters are new), then the same file again; plain data."""
    with tempfile.TemporaryDirectory() as folder:
        whole, quarter = Path(folder) / "orders.csv", Path(folder) / "quarter.csv"
        rows = size * ROWS_EACH
        say(f"making a file of {rows} rows")
        _write(quarter, size, rows // 4)
        _write(whole, size, rows)
        floor = _floor(whole)
        say(f"floor: COPY of the file into a bare table {floor:.2f} s")
        mapping = Path(folder) / "mapping.json"
        mapping.write_text(json.dumps({"columns": {name: name for name in COLUMNS}, "create_customers": True}))
        passes = {}
        for name, path in (("quarter", quarter), ("whole", whole), ("again", whole)):
            passes[name] = _import(path, mapping)
            say(f"{name}: {passes[name]['seconds']:.2f} s, {passes[name]['megabytes']:.0f} MB at most")
        return {"rows": rows, "bytes": whole.stat().st_size, "floor": floor, "passes": passes}


def _write(path, customers, rows):
    """Order lines that a seed decides: the first rows of a longer file are those of a shorter one."""
    draw, first = random.Random(7), date(2023, 1, 1)  # noqa: S311 - a benchmark's data, not a secret
    with path.open("w", newline="", encoding="utf-8") as out:
        lines = csv.writer(out)
        lines.writerow(COLUMNS)
        for nth in range(rows):
            amount = round(5 + 500 * draw.random() ** 3, 2)
            day = first + timedelta(days=draw.randrange(1000))
            product = draw.randrange(400)
            lines.writerow(
                [
                    *(f"B{draw.randrange(customers):07}", f"O{nth // 2}", day, f"P{product:03}", f"line {product % 8}"),
                    *(1 + nth % 9, amount, round(amount * 0.72, 4)),
                ]
            )


def _floor(path):
    """Seconds of the least that has to happen: the server reads the file into a table without keys."""
    with connection.cursor() as cursor, path.open("rb") as lines:
        cursor.execute(FLOOR.format(columns=", ".join(f"{name} text" for name in COLUMNS)))
        begin = time.perf_counter()
        cursor.copy_expert("COPY import_floor FROM STDIN WITH (FORMAT csv, HEADER)", lines)
        seconds = time.perf_counter() - begin
        cursor.execute("DROP TABLE import_floor")
    return seconds


def _import(path, mapping):
    """One run of the command: seconds and largest memory of the process, and its own counts."""
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "import_transactions", str(path), "--mapping"]
    url = os.environ["DATABASE_URL"].rpartition("/")[0] + "/" + connection.settings_dict["NAME"]
    begin = time.perf_counter()
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(  # noqa: S603 - our own command on our own file
            [*command, str(mapping), "--json"], env={**os.environ, "DATABASE_URL": url}, stdout=out
        )
        _pid, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - begin
        if process.returncode:
            raise RuntimeError(f"import_transactions ended with {process.returncode}")
        out.seek(0)
        counts = json.loads(out.read())
    return {"seconds": seconds, "megabytes": usage.ru_maxrss / _PER_MEGABYTE, **counts}


_PER_MEGABYTE = 1024 if sys.platform.startswith("linux") else 1024 * 1024


def report(measured):
    """Lines of Markdown, and the verdict in one line."""
    rows, passes = measured["rows"], measured["passes"]
    shown = [("floor: COPY of the same file into a bare table", rows, 0, measured["floor"], "")]
    for name, words in (
        ("quarter", "a quarter of the file, into an empty database"),
        ("whole", "the whole file, a quarter of it known"),
        ("again", "the same file again: nothing changes"),
    ):
        found = passes[name]
        shown.append((words, found["rows"], found["created"], found["seconds"], f"{found['megabytes']:.0f}"))
    speed = passes["whole"]["rows"] / passes["whole"]["seconds"]
    grown = passes["whole"]["megabytes"] / passes["quarter"]["megabytes"]
    text = [
        f"{rows:,} order lines, {measured['bytes'] / 1e6:,.0f} MB, start of the process included. The promise is at"
        f" least {BAR:,} rows a second into PostgreSQL, and memory that does not grow with the file.",
        "",
        *table(("what", "rows", "created", "seconds", "peak MB"), shown),
    ]
    verdict = "within" if speed >= BAR else "UNDER"
    return text, f"{speed:,.0f} rows a second ({verdict} {BAR:,}), memory x {grown:.2f} for four times the rows"
