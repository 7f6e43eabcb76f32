"""Files as they come: encodings, delimiters, damaged rows, wrong types. A bad row never stops the good ones."""

import pytest

from customers.imports.mapping import check, guess, load
from customers.imports.problems import FileProblem
from customers.models import Customer, Transaction
from tests.importing import bring_in, counts, reasons

pytestmark = pytest.mark.django_db
HEAD = "customer,name,date,amount\n"
TEN = [f"C{i},华东电力{i},2024-01-{i + 1:02d},{i}.5\n" for i in range(10)]
TEXT = HEAD + "".join(TEN)


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode(),
        b"\xef\xbb\xbf" + TEXT.encode(),
        TEXT.encode("gbk"),
        TEXT.replace("华东", "㐀𠀀华东").encode("gb18030"),
        b"\xff\xfe" + TEXT.encode("utf-16-le"),
        b"\xfe\xff" + TEXT.encode("utf-16-be"),
        TEXT.replace("\n", "\r\n").encode(),
        TEXT.replace("\n", "\r").encode(),
        TEXT.replace("0.5\n", "0.5\r\n").encode(),
        TEXT.replace(",", ";").encode(),
        TEXT.replace(",", "\t").encode(),
        TEXT.replace(",", "|").encode(),
        b"sep=;\r\n" + TEXT.replace(",", ";").encode(),
        ("\n\n" + TEXT.replace("2024-01-04", "2024-01-04").replace("\nC5", "\n\n,,,\nC5")).encode(),
        TEXT.replace("\n", ",,\n").encode(),
        TEXT.rstrip("\n").encode(),
        TEXT.replace("customer,", " customer ,").encode(),
    ],
    ids=["utf8", "bom", "gbk", "gb18030", "utf16le", "utf16be", "crlf", "cr", "mixed", "semicolon", "tab", "bar", "sep",
         "blank", "trailing", "noend", "spaces"],
)  # fmt: skip
def test_ways_to_write_the_same_ten_rows(tmp_path, data):
    assert counts(bring_in(tmp_path, data)) == (10, 0, 0, 0)
    assert Customer.objects.get(code="C3").name.endswith("华东电力3")


def test_a_chosen_encoding_and_delimiter_win(tmp_path):
    text = "customer,name;x,date\nC1,Müller;1,2024-01-05\n".encode("cp1252")
    bring_in(tmp_path, text.replace(b"name;x", b"name"), encoding="latin-1", delimiter=",")
    assert Customer.objects.get().name == "Müller;1"


def test_western_text_without_a_mark_is_not_read_as_chinese(tmp_path):
    text = HEAD + "".join(f"C{i},Café Müller №,2024-01-05,1\n" for i in range(5)).replace("№", "é")
    assert counts(bring_in(tmp_path, text.encode("cp1252"))) == (5, 0, 0, 0)
    assert Customer.objects.get(code="C1").name == "Café Müller é"


def test_one_line_in_another_encoding_costs_only_itself(tmp_path):
    odd = "CX,Café Zoë,2024-01-05,1\n".encode("latin-1")
    outcome = bring_in(tmp_path, HEAD.encode() + "".join(TEN[:5]).encode() + odd + "".join(TEN[5:]).encode())
    assert counts(outcome) == (10, 0, 0, 1)
    assert reasons(outcome) == ["encoding"]
    assert outcome.first[0]["line"] == 7


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("C\x00X,n,2024-01-05,1", "control"),
        ("C\u200bX,n,2024-01-05,1", "control"),
        ("CX,a\u202eb,2024-01-05,1", "control"),
        ("CX,n,2024-01-05,1,9", "columns"),
        ("CX,n,2024-01-05", "columns"),
        ('CX,"n,2024-01-05,1', "quote"),
        ("CX," + "n" * 201 + ",2024-01-05,1", "too_long"),
        ("C" * 65 + ",n,2024-01-05,1", "too_long"),
        ("CX," + "n" * 150_000 + ",2024-01-05,1", "field_size"),
        (",n,2024-01-05,1", "empty"),
        ("CX,n,,1", "empty"),
        ("合计:,,,10", "total"),
        ("TOTAL,,2024-01-05,10", "total"),
        ("CX,n,2024-01-05,", "empty"),
        ("1.2346E+17,n,2024-01-05,1", "digits_lost"),
        (",".join(["x"] * 100_000), "columns"),
        ("customer,name,date,amount", "date"),
    ],
)
def test_a_bad_row_costs_only_itself(tmp_path, row, code):
    outcome = bring_in(tmp_path, HEAD + "".join(TEN[:4]) + row + "\n" + "".join(TEN[4:]))
    assert counts(outcome) == (10, 0, 0, 1)
    assert reasons(outcome) == [code]
    assert outcome.first[0]["line"] == 6


def test_an_open_quote_early_in_a_long_file_costs_one_row(tmp_path):
    rows = [f'C{i},"n ""{i}""",2024-01-05,1\n' for i in range(10_000)]
    rows[1] = 'C1,"open,2024-01-05,1\n'
    outcome = bring_in(tmp_path, HEAD + "".join(rows), dry_run=True)
    assert counts(outcome) == (9_999, 0, 0, 1)
    assert reasons(outcome) == ["quote"]


def test_cells_may_hold_delimiters_quotes_and_line_breaks(tmp_path):
    bring_in(tmp_path, HEAD + 'C1,"A, ""B""\nand C",2024-01-05,1\nC2,5" pipe,2024-01-05,1\n')
    assert list(Customer.objects.order_by("code").values_list("name", flat=True)) == ['A, "B" and C', '5" pipe']


def test_the_rejected_file_repeats_the_cells_and_runs_nothing(tmp_path):
    formulas = ["=1+1", " =2+2", "\t=3", "@sum(1)", "+cmd|' /C'", "-2+3", "＝1", "+8613800000000x"]
    rows = "".join(f'CX,"{cell}",not a day,-1.5\n' for cell in formulas)
    outcome = bring_in(tmp_path, HEAD + rows)
    assert counts(outcome) == (0, 0, 0, 8)
    lines = (tmp_path / "rejected.csv").read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) == 9
    import csv

    for cells in list(csv.reader(lines))[1:]:
        assert cells[3].startswith("'")
        assert cells[5] == "-1.5"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"customer,date\n", "header_only"),
        (b"customer,date\n\n\n,,\n", "header_only"),
        (b"customer,date,customer\nC1,2024-01-05,C1\n", "header_twice"),
        (b"\x89PNG\r\n\x1a\n....", "not_a_table"),
        (b"%PDF-1.7 ...", "not_a_table"),
        (b'[\n  {"customer": "C1"}\n]', "not_a_table"),
        (b'{"customer": "C1"}\n{"customer": "C2"}\n', "not_a_table"),
        (b"  <!DOCTYPE html><table><tr><td>customer</td></tr></table>", "not_a_table"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1....", "old_excel"),
        (TEXT.encode("utf-16-le"), "utf16_without_bom"),
        (bytes(range(32)) * 100, "not_text"),
        (b"other,columns\n1,2\n", "mapping_missing"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_one_sentence(tmp_path, data, code):
    with pytest.raises(FileProblem) as refused:
        bring_in(tmp_path, data)
    assert refused.value.code == code
    assert str(refused.value).endswith((".", "！", "。"))
    assert not Transaction.objects.exists()


def test_a_header_of_a_hundred_thousand_columns_is_refused(tmp_path):
    with pytest.raises(FileProblem) as refused:
        bring_in(tmp_path, (",".join(f"c{i}" for i in range(20_000)) + "\n1\n"))
    assert refused.value.code == "header_long"


def test_another_currency_refuses_the_file_an_unknown_one_the_row(tmp_path):
    head = "customer,date,amount,currency\n"
    outcome = bring_in(
        tmp_path, head + "C1,2024-01-05,1,cny\nC1,2024-01-05,2,RMB\nC1,2024-01-05,3,XYZ\nC1,2024-01-05,4,\n"
    )
    assert counts(outcome) == (2, 0, 0, 2)
    assert reasons(outcome) == ["currency_unknown", "empty"]
    with pytest.raises(FileProblem) as refused:
        bring_in(tmp_path, head + "C2,2024-01-05,1,CNY\nC2,2024-01-05,1,USD\n")
    assert refused.value.code == "currency_other"
    assert Transaction.objects.count() == 2


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ("{", "mapping_json"),
        ("[]", "mapping_shape"),
        ('{"columns": []}', "mapping_shape"),
        ('{"columns": {"customer_code": "a", "date": "b"}, "colour": 1}', "mapping_key"),
        ('{"columns": {"customer_code": "a", "date": "b", "colour": "c"}}', "mapping_field"),
        ('{"columns": {"customer_code": "a", "date": "b", "date": "c"}}', "mapping_twice"),
        ('{"columns": {"customer_code": "a", "date": "b"}, "constants": {"date": "2024-01-01"}}', "mapping_twice"),
        ('{"columns": {"customer_code": "a"}}', "mapping_missing"),
        ('{"columns": {"customer_code": "a", "date": ["b", "c"]}}', "mapping_value"),
        ('{"columns": {"customer_code": "a", "date": "b", "line_no": "c"}}', "mapping_needs"),
        ('{"columns": {"customer_code": "a", "date": "b", "gross_profit": "c"}}', "mapping_needs"),
        (
            '{"columns": {"customer_code": "a", "date": "b", "amount": "c", "gross_profit": "d", "cost": "e"}}',
            "mapping_either",
        ),
        ('{"columns": {"customer_code": "a", "date": "b"}, "date_format": "day"}', "mapping_format"),
        ('{"columns": {"customer_code": "a", "date": "b"}, "create_customers": "yes"}', "mapping_value"),
        ('{"columns": {"customer_code": "a", "date": "b"}, "amounts_include_tax": 13}', "mapping_value"),
        ('{"columns": {"customer_code": "a", "date": "b"}, "decimal": ";"}', "mapping_value"),
    ],
)
def test_a_wrong_mapping_is_refused_by_name(data, code):
    with pytest.raises(FileProblem) as refused:
        load(data, "TRANSACTIONS")
    assert refused.value.code == code
    assert str(refused.value)


def test_a_column_that_the_file_lacks_is_named_with_those_it_has(tmp_path):
    mapping = check({"columns": {"customer_code": "customer", "date": "Datum"}}, "TRANSACTIONS")
    with pytest.raises(FileProblem, match=r"“Datum”.*customer, day"):
        mapping.indexes(["customer", "day"])


def test_one_column_may_feed_two_fields_and_constants_feed_the_rest(tmp_path):
    mapping = check(
        {"columns": {"customer_code": "who", "customer_name": "who", "date": "Day "}, "constants": {"amount": 12.5}},
        "TRANSACTIONS",
    )
    assert mapping.indexes(["who", "day"]) == {"customer_code": 0, "customer_name": 0, "date": 1}


def test_a_bad_constant_refuses_the_mapping(tmp_path):
    with pytest.raises(FileProblem) as refused:
        bring_in(tmp_path, "customer,date\nC1,2024-01-05\n", constants={"amount": "much"})
    assert refused.value.code == "mapping_constant"
    bring_in(tmp_path, "customer,date\nC1,2024-01-05\n", constants={"amount": "12.50", "region": "East"})
    assert Transaction.objects.get().amount == 12.5
    assert Customer.objects.get().region == "East"


def test_titles_in_both_languages_are_guessed():
    assert guess(["客户编号", "订单日期", "金额", "数量", "成本"], "TRANSACTIONS") == {
        "customer_code": "客户编号", "date": "订单日期", "amount": "金额", "quantity": "数量", "cost": "成本",
    }  # fmt: skip
    found = guess(
        ["InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "CustomerID", "Country"], "TRANSACTIONS"
    )
    assert found["customer_code"] == "CustomerID"
    assert found["date"] == "InvoiceDate"
    assert found["quantity"] == "Quantity"
