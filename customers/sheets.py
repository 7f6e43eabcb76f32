"""Tables that leave the product: CSV and XLSX, row by row, that open rightly and run nothing in a spreadsheet."""

import csv
import io
import tempfile
import unicodedata
from datetime import date
from decimal import Decimal

import xlsxwriter

FORMULA = frozenset("=+-@")
MOST_ROWS = 1_048_575  # of an XLSX sheet, below its header
FORMATS = {
    "money": "#,##0.00##",
    "number": "#,##0.0000",
    "share": "0.0%",
    "whole": "#,##0",
    "date": "yyyy-mm-dd",
    "ratio": "# ?/?",
}


def _visible(text):
    """The text from its first character that a spreadsheet would look at, full-width forms as plain ones."""
    for letter in text:
        if not letter.isspace() and unicodedata.category(letter) not in ("Cc", "Cf", "Zs", "Zl", "Zp"):
            return unicodedata.normalize("NFKC", letter)
    return ""


def safe(text):
    """Text that no spreadsheet takes for a formula: where it could, an apostrophe goes before it (also +86…)."""
    return f"'{text}" if _visible(text)[:1] in FORMULA or text[:1] in ("\t", "\r", "\n") else text


def _cell(value):
    if value is None:
        return ""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, str):
        return safe(value)
    if isinstance(value, date):
        return value.isoformat()
    return f"{value:f}" if isinstance(value, Decimal) else value


def csv_lines(titles, rows):
    """The lines of a CSV file as bytes: UTF-8 with a mark for Excel, CRLF, formulas made harmless."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    buffer.write("\ufeff")
    writer.writerow([safe(str(title)) for title in titles])
    for count, row in enumerate(rows, 1):
        writer.writerow([_cell(value) for value in row])
        if count % 500 == 0:
            yield _taken(buffer)
    yield _taken(buffer)


def _taken(buffer):
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode()


def xlsx_file(titles, kinds, rows, *, sheet):
    """An XLSX workbook in an open temporary file: real numbers and dates, frozen header, filters; flat in memory.

    kinds: one of FORMATS or anything else (text) per column. Text is written as text whatever it looks like.
    """
    out = tempfile.TemporaryFile()  # noqa: SIM115 - the caller streams it and closes it
    book = xlsxwriter.Workbook(out, {"constant_memory": True, "strings_to_urls": False, "strings_to_formulas": False})
    page = book.add_worksheet(sheet[:31])
    head = book.add_format({"bold": True, "bottom": 1})
    formats = [book.add_format({"num_format": FORMATS[kind]}) if kind in FORMATS else None for kind in kinds]
    for at, (title, kind) in enumerate(zip(titles, kinds, strict=True)):
        page.set_column(at, at, 14 if kind in FORMATS else 22, formats[at])
        page.write_string(0, at, str(title), head)
    page.freeze_panes(1, 1)
    last = 0
    for last, row in enumerate(rows, 1):
        _write_row(page, last, row, formats)
    page.autofilter(0, 0, last, len(titles) - 1)
    book.close()
    out.seek(0)
    return out


def _write_row(page, at, row, formats):
    for column, value in enumerate(row):
        if value is None or value == "":
            continue
        if isinstance(value, str):
            page.write_string(at, column, value)
        elif isinstance(value, bool):
            page.write_boolean(at, column, value)
        elif isinstance(value, date):
            page.write_datetime(at, column, value, formats[column])
        else:
            page.write_number(at, column, float(value), formats[column])
