"""XLSX: looked at from outside first, then read by a child process with limits of its own into a plain text table."""

import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import zipfile
import zlib
from contextlib import contextmanager

from customers.imports.problems import FileProblem

TOTAL_MB, PART_MB, RATIO, PARTS = 800, 256, 200, 2_000  # a sheet of half a million orders has 170 MB
SECONDS = 180
DOCTYPE = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
LOOKED_AT = 64 << 10


@contextmanager
def converted(path, sheet=""):
    """(path of a UTF-8 CSV with one line per row, names of the sheets with data, sha256 of the workbook)."""
    inspect(path)
    with tempfile.TemporaryDirectory(prefix="guanxi-xlsx-") as folder:
        table = os.path.join(folder, "sheet.csv")
        yield table, _convert(path, table, sheet), _digest(path)


def _digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def inspect(path):
    """Refuse from the zip directory, before anything is unpacked, what no honest workbook contains."""
    try:
        with zipfile.ZipFile(path) as archive:
            _look(archive)
    except FileProblem:
        raise
    except (
        zipfile.BadZipFile,
        zlib.error,
        OSError,
        ValueError,
        RuntimeError,
        NotImplementedError,  # zipfile's word for a compression that it does not know
        EOFError,
        IndexError,
        KeyError,
    ):
        raise FileProblem("zip_damaged") from None


def _look(archive):
    parts = archive.infolist()
    names = {part.filename for part in parts}
    if not any(name.startswith("xl/") for name in names):
        raise FileProblem("not_a_table", value="ZIP")
    if len(parts) > PARTS:
        raise FileProblem("zip_parts")
    if sum(part.file_size for part in parts) > TOTAL_MB << 20 or any(part.file_size > PART_MB << 20 for part in parts):
        raise FileProblem("zip_large", value=TOTAL_MB)
    if any(part.file_size > 1 << 20 and part.file_size > RATIO * max(part.compress_size, 1) for part in parts):
        raise FileProblem("zip_bomb")
    if any(part.flag_bits & 1 for part in parts):
        raise FileProblem("old_excel")
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise FileProblem("zip_macros")
    if any(name.startswith("xl/externalLinks/") for name in names):
        raise FileProblem("zip_links")
    for part in parts:
        if part.filename.endswith((".xml", ".rels")):
            with archive.open(part) as stream:
                if DOCTYPE.search(stream.read(LOOKED_AT).replace(b"\0", b"")):
                    raise FileProblem("zip_doctype")


def _convert(path, table, sheet):
    command = [sys.executable, "-I", os.path.join(os.path.dirname(__file__), "workbook_child.py"), path, table, sheet]
    try:
        done = subprocess.run(command, capture_output=True, timeout=SECONDS, check=False)  # noqa: S603 - our own file
    except subprocess.TimeoutExpired:
        raise FileProblem("sheet_slow") from None
    try:
        answer = json.loads(done.stdout or b"{}")
    except ValueError:
        answer = {}
    if done.returncode < 0 or answer.get("code") == "memory":
        raise FileProblem("sheet_slow")
    if "sheets" not in answer:
        names = answer.get("names", [])
        found = {"value": sheet, "other": ", ".join(names), "names": tuple(names)}
        raise FileProblem(answer.get("code", "zip_damaged"), **found)
    return tuple(answer["sheets"])
