"""A whole judgement matrix, pasted or as a file: read, looked at, kept; and out again as CSV and XLSX."""

import csv
import io
from itertools import combinations

import html5lib
import openpyxl
import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import given, settings
from hypothesis import strategies as st

from customers import sheets
from segmentation.forms.matrix import Named, matrix_steps
from segmentation.models import Judgement
from segmentation.numerics.reading import value_of
from segmentation.scale import ratio
from tests.judging import a_study, answer, invited

AB = [Named("Long name", ("long_name", "甲")), Named("C", ("c_c",)), Named("D")]
FULL = {(0, 1): 2, (0, 2): 4, (1, 2): 2}


class TestReader:
    @pytest.mark.parametrize(
        "text",
        [
            "1 3 5\n1/3 1 3\n1/5 1/3 1",
            "1, 3, 5\n1/3, 1, 3\n1/5, 1/3, 1\n",
            "1;3;5\n0,33;1;3\n0,2;0,333;1",
            "1 3 5\n0,33 1 3\n0,2 0,333 1",
            ",Long name,C,D\nLong name,1,3,5\nC,,1,3\nD,,,1\n",
            ";Long name;C;D\nLong name;;;\nC;0,33;;\nD;0,2;0,33;\n",
            "\tD\t甲\tc_c\nLONG  NAME\t5\t1\t3\nd\t1\t\t\nC\t3\t\t1",
            "sep=;\nx;'Long name;C;D\nLong name;1;3;5\nC;;1;3\nD;;;1",
            "Long name\tC\tD\n1\t3\t5\n\t1\t3\n\t\t1",
            '"Long name",1,3,5\nC,,1,3\nD,,,1',
            "１，３，５\n１／３，1，3\n0.2，0.33，1",
            "\ufeff1\t3\t5\r\n1/3\t1\t3\r\n0.2\t0.333\t1\r\n",
        ],
    )
    def test_separators_decimals_titles_and_triangles(self, text):
        assert matrix_steps(text, AB) == FULL

    def test_a_pair_empty_on_both_sides_is_left_out(self):
        assert matrix_steps(",Long name,C,D\nLong name,1,3,\nC,,1,3\nD,,,1", AB) == {(0, 1): 2, (1, 2): 2}
        assert matrix_steps("1, 3\n1/3; 1", AB[:2]) == {(0, 1): 2}

    @pytest.mark.parametrize(
        ("text", "told"),
        [
            ("1,3,5\n1/2,1,3\n1/5,1/3,1", "contradict each other"),
            ("1,0,5\n,1,3\n,,1", "zero or negative"),
            ("1,,5\n0,1,3\n,,1", "zero or negative"),
            ("1,-3,5\n,1,3\n,,1", "zero or negative"),
            ("1,12,5\n,1,3\n,,1", "off the scale"),
            ("1,0.3,5\n,1,3\n,,1", "off the scale"),
            ("1,NaN,5\n,1,3\n,,1", "is no number"),
            ("1,inf,5\n,1,3\n,,1", "is no number"),
            ("1,1/0,5\n,1,3\n,,1", "is no number"),
            ("1,1e999,5\n,1,3\n,,1", "is no number"),
            ("1,2026-01-03,5\n,1,3\n,,1", "is a date"),
            ("1,3-Jan,5\n,1,3\n,,1", "is a date"),
            ("1,1月3日,5\n,1,3\n,,1", "is a date"),
            (",Long name,X,D\nLong name,1,3,5\nC,,1,3\nD,,,1", "“X” is none of"),
            (",Long name,C,D\nLong name,1,3,5\nC,,1,3\nC,,,1", "“C” stands in the titles twice"),
            (",Long name,C\nLong name,1,3\nC,,1", "3 rows and 3 columns"),
            ("1,1,1,1\n1,1,1,1\n1,1,1,1\n1,1,1,1", "3 rows and 3 columns"),
            ("1,3,5\n,1,3", "3 rows and 3 columns"),
            (",,\n,,\n,,", "no judgement"),
            ("1,,\n,1,\n,,1", "no judgement"),
            ("", "3 rows and 3 columns"),
            ("9" * 30_000, "3 rows and 3 columns"),
        ],
    )
    def test_what_is_wrong_is_told_in_words(self, text, told):
        with pytest.raises(ValidationError, match=told):
            matrix_steps(text, AB)

    @given(st.data())
    @settings(max_examples=40, deadline=None)
    def test_every_matrix_comes_back_in_every_form(self, data):
        n = data.draw(st.integers(2, 8))
        pairs = list(combinations(range(n), 2))
        steps = dict(
            zip(pairs, data.draw(st.lists(st.integers(-8, 8), min_size=len(pairs), max_size=len(pairs))), strict=True)
        )
        items = [Named(f"Item {at}", (f"i_{at}",)) for at in range(n)]
        order = data.draw(st.permutations(range(n)))
        decimals = data.draw(st.sampled_from([None, 2, 3, 6]))
        separator, comma = data.draw(st.sampled_from([(",", "."), (";", ","), ("\t", ","), ("\t", ".")]))
        half = data.draw(st.booleans())

        def cell(i, j):
            if i == j:
                return "1"
            if half and i > j:
                return ""
            step = steps[i, j] if i < j else -steps[j, i]
            return ratio(step) if decimals is None else f"{value_of(step):.{decimals}f}".replace(".", comma)

        lines = [separator.join(["", *(f"i_{j}" for j in order)])]
        lines += [separator.join([f"Item {i}", *(cell(i, j) for j in order)]) for i in reversed(range(n))]
        assert matrix_steps("\n".join(lines), items) == steps


@pytest.mark.django_db
class TestPage:
    @pytest.fixture
    def study(self, admin):
        return a_study(admin)

    @pytest.fixture
    def li(self, study, admin):
        return invited(study, admin)

    @pytest.fixture
    def url(self, study, li):
        return f"/admin/segmentation/study/{study.pk}/matrix/{li.pk}/"

    @pytest.fixture
    def question(self, study):
        return study.questions.all()[1]

    @pytest.fixture
    def client(self, client_for, cast):
        return client_for(cast.admin)

    def file(self, url, question, what, kind):
        return f"{url}{question.pk}/{what}.{kind}"

    def send(self, client, url, question, name, content):
        return client.post(url, {"question": question.pk, "file": SimpleUploadedFile(name, content)})

    def test_it_is_looked_at_before_it_is_kept(self, client, url, question, li):
        answer(li, question, {(0, 1): 1})
        told = client.post(url, {"question": question.pk, "matrix": "1\t3\t\r\n1/3\t1\t3\r\n\t0.333\t1\r\n"})
        assert told.status_code == 200 and Judgement.objects.count() == 1
        look = told.context["look"]
        assert (look["changed"], look["left"], look["after"].steps) == (2, 1, {(0, 1): 2, (1, 2): 2})
        page = html5lib.parse(told.content.decode(), namespaceHTMLElements=False)
        assert ["".join(cell.itertext()).strip() for cell in page.iterfind(".//td[@class='changes']")] == [
            "2 3", "1/2 1/3", "– 3", "– 1/3"
        ]  # fmt: skip
        kept = client.post(url, {"question": question.pk, "matrix": look["text"], "take": "1"})
        assert kept.status_code == 302
        assert set(Judgement.objects.values_list("step", flat=True)) == {2}

    def test_a_bad_one_is_told_and_nothing_is_kept(self, client, url, question):
        for more in ({}, {"take": "1"}):
            told = client.post(url, {"question": question.pk, "matrix": "1 12 3\n1/12 1 2\n1/3 1/2 1"} | more)
            assert told.status_code == 422 and "off the scale" in told.context["error"]
        assert not Judgement.objects.exists()
        assert client.post(url, {"question": "x", "matrix": "1"}).status_code == 404

    @pytest.mark.parametrize("kind", ["csv", "xlsx"])
    @pytest.mark.parametrize("language", ["en", "zh-hans"])
    def test_out_and_in_again(self, client_for, cast, url, question, li, kind, language):
        client, steps = client_for(cast.admin, language), {(0, 1): -6, (0, 2): 2, (1, 2): 8}
        answer(li, question, steps)
        sent = client.get(self.file(url, question, "answers", kind))
        content = sent.getvalue()
        assert "attachment" in sent["Content-Disposition"]
        Judgement.objects.all().delete()
        told = self.send(client, url, question, f"m.{kind}", content)
        assert told.status_code == 200 and told.context["look"]["after"].steps == steps
        client.post(url, {"question": question.pk, "matrix": told.context["look"]["text"], "take": "1"})
        assert (
            dict(zip([(0, 1), (0, 2), (1, 2)], Judgement.objects.values_list("step", flat=True), strict=True)) == steps
        )

    def test_the_template_names_what_is_compared_and_has_no_answers(self, client, url, question, li):
        answer(li, question, {(0, 1): -6})
        text = client.get(self.file(url, question, "template", "csv")).getvalue().decode("utf-8-sig")
        rows = list(csv.reader(io.StringIO(text)))
        names = [item["name"] for item in question.items]
        assert (
            [title.partition(" [")[0] for title in rows[0][1:]] == names == [r[0].partition(" [")[0] for r in rows[1:]]
        )
        assert [cell for row in rows[1:] for cell in row[1:] if cell] == ["1", "1", "1"]
        book = client.get(self.file(url, question, "template", "xlsx")).getvalue()
        sheet = openpyxl.load_workbook(io.BytesIO(book)).active
        assert sheet.cell(2, 2).value == 1 and sheet.cell(2, 3).value is None
        assert sheet.column_dimensions["C"].number_format == "# ?/?"  # what is typed as 1/3 is no date

    def test_files_that_are_none(self, client, url, question):
        with sheets.xlsx_file(["a"], ["text"], [["b"]], sheet="x") as file:
            book = file.read()
        cases = [
            ("m.csv", b"\x89PNG\r\n\x1a\n" + b"\0" * 200, "PNG"),
            ("m.pdf", b"1,1\n1,1", "XLSX or CSV"),
            ("m.xlsx", b"PK\x03\x04 broken", "damaged"),
            ("m.csv", b"", "empty"),
            ("m.csv", b",A,A,B\nA,1,1,1\nA,1,1,1\nB,1,1,1", "twice"),
            ("m.csv", b"1,1\n1,1\n" * 100_000, "at most 512"),
            ("m.xlsx", book, "3 rows and 3 columns"),
        ]
        for name, content, words in cases:
            told = self.send(client, url, question, name, content)
            assert told.status_code == 422 and words in told.context["error"], (name, told.context["error"])
        assert not Judgement.objects.exists()

    def test_chinese_files_of_spreadsheets(self, client_for, cast, url, question):
        names = [item["name_zh"] for item in question.items]
        text = "\t".join(["", *names]) + "\n" + "\n".join(f"{n}\t1\t1\t1" for n in names)
        for encoding in ("utf-8", "gb18030", "utf-16"):
            told = self.send(client_for(cast.admin, "zh-hans"), url, question, "m.csv", text.encode(encoding))
            assert told.status_code == 200 and told.context["look"]["changed"] == 3, encoding

    def test_administrators_only_and_only_what_is_there(self, client_for, cast, client, url, question, study, admin):
        here = self.file(url, question, "answers", "csv")
        assert client_for(cast.lead).get(here).status_code == 302 == client_for(None).get(here).status_code
        assert client.post(here).status_code == 405
        other = a_study(admin).questions.first()
        assert client.get(self.file(url, other, "answers", "csv")).status_code == 404
        assert client.get(url + f"{question.pk}/answers.pdf").status_code in (301, 302, 404)

    def test_a_closed_study_takes_nothing(self, client, url, question, study, admin):
        study.status = "CLOSED"
        study.save()
        told = client.post(url, {"question": question.pk, "matrix": "1 1 1\n1 1 1\n1 1 1", "take": "1"})
        assert told.status_code == 422 and "closed" in told.context["error"] and not Judgement.objects.exists()


@pytest.mark.browser
@pytest.mark.django_db
class TestBrowser:
    def test_a_file_is_looked_at_and_taken_without_javascript_of_its_own(self, browse, cast, admin, accessible):
        study = a_study(admin)
        one, question = invited(study, admin), study.questions.all()[1]
        page = browse(cast.admin)
        page.goto(f"/admin/segmentation/study/{study.pk}/matrix/{one.pk}/")
        here = page.locator(f"#q{question.pk} details")
        here.locator("summary").click()
        file = {"name": "m.csv", "mimeType": "text/csv", "buffer": b"1,3,0.2\n,1,3\n,,1"}
        here.locator("input[type=file]").set_input_files(file)
        here.get_by_role("button", name="Look at it first").click()
        look = page.locator(".look")
        look.get_by_text("What disturbs most").wait_for()
        accessible(page)
        look.get_by_role("button", name="Take it over").click()
        page.locator(f"#figures-{question.pk}").get_by_text("All 3 pairs answered").wait_for()
        assert sorted(Judgement.objects.values_list("step", flat=True)) == [-4, 2, 2]

    def test_it_fits_a_phone(self, browse, cast, admin, accessible):
        study = a_study(admin, code="a_company")
        page = browse(cast.admin, width=390, dark=True)
        page.goto(f"/admin/segmentation/study/{study.pk}/matrix/{invited(study, admin).pk}/")
        for fold in page.locator("details.whole > summary").all():
            fold.click()
        accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
