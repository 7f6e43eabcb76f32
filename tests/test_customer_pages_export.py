"""Exports of the list: exactly the filtered set, readable by spreadsheets, and harmless in them."""

import csv
import io
import zipfile
from datetime import date
from decimal import Decimal

import pytest
from python_calamine import CalamineWorkbook

from customers import sheets
from customers.models import Customer
from customers.selectors.columns import COLUMNS
from tests.standings import make_night, stand

pytestmark = pytest.mark.django_db
VECTORS = [
    "=1+1", "+1+1", "-1+1", "@SUM(A1)", " =1+1", "\t=1+1", "\r=1+1", "\n=1+1", "\u00a0=1+1", "\u200b=1+1", "\ufeff=1+1",
    "＝1+1", "＋1+1", "－1+1", "＠SUM(A1)", "\x01=1+1",
]  # fmt: skip
HARMLESS = ["A=B", "C-001", "上海=电力", "1-2", "a+b", "x@y"]


@pytest.fixture
def night(db):
    return make_night()


@pytest.fixture
def book(cast, make_customer, night):
    for i in range(30):
        customer = make_customer(
            f"C{i:02}", name=f"名称 {i}", owner=cast.owner if i % 3 else cast.stranger, industry="Power"
        )
        stand(
            night, customer, total_score=float(i), stage="STABLE" if i % 2 else "DECLINE", amount=Decimal("1234.5678")
        )


def rows_of(response):
    text = b"".join(response.streaming_content)
    assert text.startswith(b"\xef\xbb\xbf") and text.split(b"\n")[0].endswith(b"\r") and text.endswith(b"\r\n")
    return list(csv.reader(io.StringIO(text.decode("utf-8-sig"), newline="")))


def sheet_of(response):
    return (
        CalamineWorkbook.from_filelike(io.BytesIO(b"".join(response.streaming_content)))
        .get_sheet_by_index(0)
        .to_python()
    )


@pytest.mark.parametrize("query", ["", "stage=STABLE", "stage=STABLE&score_min=9", "q=C1", "tier=PARTNER"])
def test_is_exactly_the_filtered_set_in_the_order_of_the_list(cast, client_for, book, query):
    for user in (cast.owner, cast.stranger, cast.lead, cast.admin):
        client = client_for(user)
        shown = [row.code for row in client.get(f"/customers/?{query}&size=200", follow=True).context["rows"]]
        assert [row[0] for row in rows_of(client.get(f"/customers/export/csv/?{query}"))[1:]] == shown
        assert [row[0] for row in sheet_of(client.get(f"/customers/export/xlsx/?{query}"))[1:]] == shown


def test_titles_and_words_are_in_the_readers_language(cast, client_for, book):
    head, first, *_rest = rows_of(client_for(cast.owner, "zh-hans").get("/customers/export/csv/?stage=STABLE"))
    assert len(head) == len(COLUMNS) and len(set(head)) == len(head)
    assert "稳定期" in first
    head, first, *_rest = rows_of(client_for(cast.owner).get("/customers/export/csv/?stage=STABLE"))
    assert head[:2] == ["Code", "Name"] and "Stability" in first and "Olga Owner" in first


def test_numbers_and_dates_are_real_and_text_stays_text(cast, client_for, make_customer, night):
    stand(night, make_customer("000123", owner=cast.owner), amount=Decimal("1234.5678"), total_score=-0.125)
    response = client_for(cast.owner).get("/customers/export/xlsx/")
    body = b"".join(response.streaming_content)
    head, row = CalamineWorkbook.from_filelike(io.BytesIO(body)).get_sheet_by_index(0).to_python()
    found = dict(zip(head, row, strict=False))
    assert found["Code"] == "000123"
    assert (found["Amount"], found["Total score"], found["Last order"]) == (1234.5678, -0.125, date(2026, 2, 1))
    xml = zipfile.ZipFile(io.BytesIO(body)).read("xl/worksheets/sheet1.xml").decode()
    assert 'state="frozen"' in xml and "<autoFilter" in xml and "<f>" not in xml


def test_money_keeps_its_decimals_in_csv(cast, client_for, book):
    head, first, *_rest = rows_of(client_for(cast.owner).get("/customers/export/csv/"))
    assert dict(zip(head, first, strict=True))["Amount"] == "1234.5678"


@pytest.mark.parametrize("vector", VECTORS)
def test_a_formula_is_made_harmless(vector):
    assert sheets.safe(vector) == f"'{vector}"


@pytest.mark.parametrize("text", [*HARMLESS, "", " ", "plain"])
def test_harmless_text_is_untouched(text):
    assert sheets.safe(text) == text


def test_no_text_column_lets_a_formula_through(cast, client_for, make_customer, night):
    for i, vector in enumerate(vector for vector in VECTORS if "\x01" not in vector):
        customer = make_customer(
            f"{vector}{i}", name=vector, owner=cast.owner, industry=vector[:80], region=vector[:80]
        )
        stand(night, customer)
    rows = rows_of(client_for(cast.owner).get("/customers/export/csv/"))[1:]
    assert len(rows) == len(VECTORS) - 1
    numeric = {at for at, column in enumerate(COLUMNS) if column.numeric}
    for row in rows:
        for at, value in enumerate(row):
            assert at in numeric or sheets.safe(value) == value, (COLUMNS[at].key, value)
    body = b"".join(client_for(cast.owner).get("/customers/export/xlsx/").streaming_content)
    assert "<f>" not in zipfile.ZipFile(io.BytesIO(body)).read("xl/worksheets/sheet1.xml").decode()


def test_before_the_first_night(cast, client_for, make_customer):
    make_customer("A1", owner=cast.owner)
    head, row = rows_of(client_for(cast.owner).get("/customers/export/csv/"))
    assert row[0] == "A1" and "CLV" not in head


def test_nothing_matches_gives_a_head(cast, client_for, book):
    assert len(rows_of(client_for(cast.owner).get("/customers/export/csv/?q=zzz"))) == 1
    assert len(sheet_of(client_for(cast.owner).get("/customers/export/xlsx/?q=zzz"))) == 1


def test_who_and_how(cast, client_for, book):
    assert client_for(None).get("/customers/export/csv/").status_code == 302
    assert client_for(cast.owner).post("/customers/export/csv/").status_code == 405
    assert client_for(cast.owner).get("/customers/export/pdf/").status_code == 404
    response = client_for(cast.owner).get("/customers/export/csv/")
    assert response.streaming and "attachment" in response["Content-Disposition"]
    b"".join(response.streaming_content)


def test_bad_input_is_ignored(cast, client_for, book):
    query = "score_min=x&sort=password&q=%00&stage=NOPE"
    assert len(rows_of(client_for(cast.owner).get(f"/customers/export/csv/?{query}"))) == 21


def test_csv_is_written_in_pieces():
    pieces = list(sheets.csv_lines(["A"], ([str(i)] for i in range(1200))))
    assert len(pieces) == 3 and Customer.objects.count() == 0
