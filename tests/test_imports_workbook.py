"""XLSX: read whole, by magic bytes, in a child process; dangerous packages are refused before they are unpacked."""

import io
import zipfile
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customers.imports import workbook
from customers.imports.problems import FileProblem
from customers.models import Customer, Transaction
from tests.importing import bring_in, counts, reasons

pytestmark = pytest.mark.django_db
HEAD = ["customer", "name", "date", "quantity", "amount"]
ROWS = [[f"00{i}", "华东电力", date(2024, 1, i), i, i + 0.1 + 0.2] for i in range(1, 8)]


def book(*sheets, hidden=()):
    """Bytes of a workbook; a sheet is a list of rows."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True, "default_date_format": "yyyy-mm-dd"}) as made:
        for number, rows in enumerate(sheets):
            sheet = made.add_worksheet(f"S{number}")
            for y, row in enumerate(rows):
                for x, cell in enumerate(row):
                    sheet.write(y, x, cell)
            if number in hidden:
                sheet.hide()
        for number, sheet in enumerate(made.worksheets()):
            if number not in hidden:
                sheet.activate()
                break
    return target.getvalue()


def repacked(data, change):
    """The workbook with its parts changed: change(name, content) -> content."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return target.getvalue()


def test_a_workbook_goes_in_like_a_text_file(tmp_path):
    assert counts(bring_in(tmp_path, book([HEAD, *ROWS]), name="orders.csv")) == (7, 0, 0, 0)
    line = Transaction.objects.get(customer__code="003")
    assert (str(line.date), line.quantity, str(line.amount)) == ("2024-01-03", 3, "3.3000")
    assert counts(bring_in(tmp_path, book([HEAD, *ROWS]))) == (0, 0, 7, 0)


def test_dates_as_numbers_times_and_text(tmp_path):
    rows = [["C1", "", 45000, 1, 1], ["C2", "", datetime(2024, 5, 6, 7, 8), 1, 1], ["C3", "", "2024-07-08", 1, 1]]
    assert counts(bring_in(tmp_path, book([HEAD, *rows]))) == (3, 0, 0, 0)
    days = Transaction.objects.order_by("customer__code").values_list("date", flat=True)
    assert [str(day) for day in days] == ["2023-03-15", "2024-05-06", "2024-07-08"]


def test_row_numbers_are_those_of_the_sheet(tmp_path):
    rows = [[], HEAD, ROWS[0], [], ["C9", "two\nlines", "never", 1, 1], ROWS[1]]
    outcome = bring_in(tmp_path, book(rows))
    assert counts(outcome) == (2, 0, 0, 1)
    assert outcome.first[0]["line"] == 5


def test_lost_digits_and_missing_values_are_rejected(tmp_path):
    rows = [[123456789012345678.0, "", date(2024, 1, 1), 1, 1], ["C1", "", date(2024, 1, 1), 1, None]]
    assert reasons(bring_in(tmp_path, book([HEAD, *rows]))) == ["digits_lost", "empty"]


def test_a_lying_dimension_loses_nothing(tmp_path):
    made = io.BytesIO()
    openpyxl.Workbook().save(made)
    data = book([HEAD, *[["C1", "", date(2024, 1, 1), 1, i] for i in range(500)]])
    lying = repacked(
        data, lambda name, body: body.replace(b'ref="A1:E501"', b'ref="A1:E11"') if "sheet1" in name else body
    )
    assert lying != data
    assert counts(bring_in(tmp_path, lying))[0] == 500


def test_a_hidden_sheet_is_not_read_and_two_visible_ones_ask(tmp_path):
    hidden = book([["secret"], ["x"]], [HEAD, *ROWS], hidden={0})
    assert counts(bring_in(tmp_path, hidden))[0] == 7
    two = book([HEAD, *ROWS], [HEAD, ["C9", "", date(2024, 1, 1), 1, 1]])
    with pytest.raises(FileProblem, match="S0, S1"):
        bring_in(tmp_path, two)
    bring_in(tmp_path, two, sheet="S1")
    assert Customer.objects.filter(code="C9").exists()
    with pytest.raises(FileProblem, match="no sheet “S7”"):
        bring_in(tmp_path, two, sheet="S7")


@pytest.mark.parametrize(
    ("name", "body", "code"),
    [
        ("xl/vbaProject.bin", b"x", "zip_macros"),
        ("xl/externalLinks/externalLink1.xml", b"<x/>", "zip_links"),
        ("xl/extra.xml", b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a/>', "zip_doctype"),
        ("xl/big.xml", b"0" * (60 << 20), "zip_bomb"),
    ],
)
def test_dangerous_parts_are_refused_by_name(tmp_path, name, body, code):
    data = io.BytesIO(book([HEAD, *ROWS]))
    with zipfile.ZipFile(data, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, body)
    with pytest.raises(FileProblem) as refused:
        bring_in(tmp_path, data.getvalue())
    assert refused.value.code == code


def test_too_many_parts_and_plain_zips_are_refused(tmp_path):
    for names, code in ((["a.txt"], "not_a_table"), ([f"xl/{i}.bin" for i in range(2_100)], "zip_parts")):
        data = io.BytesIO()
        with zipfile.ZipFile(data, "w") as archive:
            for name in names:
                archive.writestr(name, b"x")
        with pytest.raises(FileProblem) as refused:
            bring_in(tmp_path, data.getvalue())
        assert refused.value.code == code


def test_an_empty_workbook_is_told(tmp_path):
    with pytest.raises(FileProblem) as refused:
        bring_in(tmp_path, book([]))
    assert refused.value.code == "empty"
    with pytest.raises(FileProblem) as refused:
        bring_in(tmp_path, book([HEAD]))
    assert refused.value.code == "header_only"


GOOD = book([HEAD, *ROWS])


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, len(GOOD) - 1), st.binary(min_size=1, max_size=40))
def test_a_damaged_workbook_never_escapes(tmp_path, at, noise):
    path = tmp_path / "damaged.xlsx"
    path.write_bytes(GOOD[:at] + noise + GOOD[at + len(noise) :])
    try:
        if not path.read_bytes().startswith(b"PK\x03\x04"):
            return
        with workbook.converted(str(path)) as (table, sheets, _digest):
            assert sheets and Path(table).exists()
    except FileProblem as problem:
        assert str(problem)
