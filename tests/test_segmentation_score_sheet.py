"""The score sheet: out with what is known, in with what is new, and every bad row named."""

import io
from datetime import timedelta
from decimal import Decimal

import html5lib
import openpyxl
import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from customers.changes import watermark
from segmentation.models import ExpertScore, Indicator, ManualValue
from segmentation.selectors.score_sheet import columns

pytestmark = [pytest.mark.django_db, pytest.mark.both]
URL = "/segmentation/scores/"
FILE = "/segmentation/scores/sheet.xlsx"


@pytest.fixture
def firm(cast, make_customer):
    return [make_customer(f"C{i}", owner=cast.owner) for i in range(3)] + [make_customer("S1", owner=cast.stranger)]


def sheet(rows, titles=("code", "name", "Profitability [profitability]", "Bank credit [bank_credit]")):
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    page = book.add_worksheet()
    for at, row in enumerate([titles, *rows]):
        page.write_row(at, 0, row)
    book.close()
    return SimpleUploadedFile("scores.xlsx", out.getvalue())


def upload(client, file, **more):
    return client.post(URL, {"sheet": file, "date": timezone.localdate().isoformat()} | more)


def told(answer):
    return [(row, column) for row, column, _words in answer.context["outcome"].errors]


class TestOut:
    def test_the_sheet_has_every_visible_customer_and_the_own_words(self, client_for, cast, firm):
        credit = Indicator.objects.get(code="bank_credit")
        today = timezone.localdate()
        for day, level, who in ((today, 4, cast.owner), (today - timedelta(9), 2, cast.owner), (today, 1, cast.lead)):
            ExpertScore.objects.create(customer=firm[0], indicator=credit, scorer=who, score=level, date=day)
        answer = client_for(cast.owner).get(FILE)
        page = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active
        rows = list(page.values)
        assert rows[0][0] == "code" and [row[0] for row in rows[1:]] == ["C0", "C1", "C2"]
        at = next(at for at, title in enumerate(rows[0]) if title == "Bank credit [bank_credit]")
        assert [row[at] for row in rows[1:]] == [4, None, None]
        assert sum(title.endswith("]") for title in rows[0]) == len(columns())

    def test_who_may(self, client_for, cast, firm):
        for user in (cast.owner, cast.lead, cast.admin):
            book = client_for(user).get(FILE)
            assert client_for(user).get(URL).status_code == book.status_code == 200
            assert b"".join(book.streaming_content)[:2] == b"PK"  # read to its end, it closes itself
        assert client_for(None).get(URL).status_code == client_for(None).get(FILE).status_code == 302
        assert client_for(cast.owner).post(FILE).status_code == client_for(cast.owner).delete(URL).status_code == 405


class TestIn:
    def test_new_words_are_kept_with_date_author_and_history(self, client_for, cast, firm):
        before = watermark()
        answer = upload(client_for(cast.owner), sheet([("C0", "x", 5, ""), ("C1", "x", 4.5, 2), ("", "", "", "")]))
        assert answer.status_code == 200 and answer.context["outcome"].saved == 3
        rows = ExpertScore.objects.order_by("customer__code", "indicator__code").values_list(
            "customer__code", "indicator__code", "score", "scorer__username", "date"
        )
        day = timezone.localdate()
        assert list(rows) == [
            ("C0", "profitability", Decimal(5), "owner", day),
            ("C1", "bank_credit", Decimal(2), "owner", day),
            ("C1", "profitability", Decimal("4.5"), "owner", day),
        ]
        assert ExpertScore.history.count() == 3 and watermark()["count"] == before["count"] + 1

    def test_the_same_sheet_again_changes_nothing_and_a_correction_does(self, client_for, cast, firm):
        client = client_for(cast.owner)
        upload(client, sheet([("C0", "x", 5, 1)]))
        before = watermark()
        again = upload(client, sheet([("C0", "x", 5, 1)])).context["outcome"]
        assert (again.saved, again.unchanged) == (0, 2) and watermark() == before
        fixed = upload(client, sheet([("C0", "x", 5, 3)])).context["outcome"]
        assert (fixed.saved, fixed.unchanged) == (1, 1) and ExpertScore.objects.count() == 2

    def test_bad_rows_are_left_out_whole_and_named(self, client_for, cast, firm):
        bad = [
            ("C0", "", 6, 3), ("C1", "", "good", ""), ("S1", "", 3, 3), ("nobody", "", 3, 3), ("C2", "", 4, 4),
            ("C2", "", 5, 5), ("C0", "", 0, ""), ("C0", "", "nan", ""), ("C0", "", "1e99", ""),
        ]  # fmt: skip
        answer = upload(client_for(cast.owner), sheet(bad))
        assert answer.status_code == 422 and answer.context["outcome"].saved == 2
        expected = [(2, "Profitability"), (3, "Profitability"), (4, "code"), (5, "code"), (7, "code")]
        assert told(answer) == [*expected, (8, "Profitability"), (9, "Profitability"), (10, "Profitability")]
        assert set(ExpertScore.objects.values_list("customer__code", flat=True)) == {"C2"}
        html5lib.HTMLParser(strict=True).parse(answer.content.decode())

    @pytest.mark.parametrize(
        "titles", [("name", "code"), ("code", "name"), ("code", "x [no_such]"), ("code", "Gross profit [gross_profit]")]
    )
    def test_what_is_no_score_sheet_is_refused(self, client_for, cast, firm, titles):
        answer = upload(client_for(cast.owner), sheet([("C0", 3)], titles=titles))
        assert answer.status_code == 422 and "no score sheet" in answer.content.decode()

    def test_bad_files_and_dates(self, client_for, cast, firm):
        client, future = client_for(cast.owner), (timezone.localdate() + timedelta(1)).isoformat()
        for file in (SimpleUploadedFile("a.xlsx", b"no zip"), SimpleUploadedFile("a.txt", b"code"),
                     SimpleUploadedFile("a.csv", b"\xff\xfe\x00"), SimpleUploadedFile("a.csv", b"")):  # fmt: skip
            assert upload(client, file).status_code == 422
        empty = upload(client, SimpleUploadedFile("a.xlsx", b"no zip")).content.decode()
        assert "not_a_workbook" not in empty and "(%(code)s)" not in empty
        assert upload(client, sheet([]), date=future).status_code == 422
        assert client.post(URL, {}).status_code == 422 and not ExpertScore.objects.exists()

    def test_a_csv_and_values_by_hand(self, client_for, cast, firm):
        staff = Indicator.objects.create(
            code="staff", name="Staff", name_zh="员工数", dimension="POTENTIAL", source="MANUAL"
        )
        file = SimpleUploadedFile("a.csv", "code,员工数 [staff]\nC0,120\nC1,x\n".encode())
        answer = upload(client_for(cast.owner), file)
        assert told(answer) == [(3, "Staff")]
        row = ManualValue.objects.get()
        assert (row.customer, row.indicator, row.value, row.by) == (firm[0], staff, 120, cast.owner)

    def test_as_many_queries_for_many_rows_as_for_few(self, client_for, cast, make_customer):
        client, found = client_for(cast.owner), []
        for number in (1, 30):
            codes = [make_customer(f"Q{number}-{i}", owner=cast.owner).code for i in range(number)]
            with CaptureQueriesContext(connection) as queries:
                upload(client, sheet([(code, "", 3, 4) for code in codes]))
            found.append(len(queries))
        assert found[0] == found[1]
