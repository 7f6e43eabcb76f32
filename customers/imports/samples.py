"""Empty files to fill in: the columns of an import with titles in the reader's language."""

import io

import xlsxwriter

from customers.imports.fields import FIELDS
from customers.sheets import csv_lines
from customers.vocabulary import ImportKind

LEFT_OUT = {"gross_profit", "unit_price", "unit_cost", "discount"}  # other ways to say amount and cost


def titles(kind):
    """(title, field) of every column; what must be filled in carries a star."""
    return [
        (f"{spec.label}*" if spec.required else str(spec.label), spec)
        for name, spec in FIELDS[ImportKind(kind)].items()
        if name not in LEFT_OUT
    ]


def csv_template(kind):
    """The header as a CSV file."""
    return b"".join(csv_lines([title for title, _spec in titles(kind)], []))


def xlsx_template(kind):
    """The header as a workbook: codes are text, so that no digit is lost; an example stands in a note."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True, "strings_to_formulas": False}) as book:
        sheet = book.add_worksheet()
        head, text = book.add_format({"bold": True, "bottom": 1}), book.add_format({"num_format": "@"})
        days, money = book.add_format({"num_format": "yyyy-mm-dd"}), book.add_format({"num_format": "#,##0.00##"})
        for column, (title, spec) in enumerate(titles(kind)):
            look = {"date": days, "money": money, "share": None, "count": None}.get(spec.kind, text)
            sheet.set_column(column, column, max(12, 2 * len(title)), look)
            sheet.write_string(0, column, title, head)
            if spec.example:
                sheet.write_comment(0, column, spec.example)
        sheet.freeze_panes(1, 0)
    return target.getvalue()
