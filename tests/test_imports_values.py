"""Cells: amounts, days and codes, strictly; the sweep over a column says the same as reading cell by cell."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers.imports import days, values
from customers.imports.days import read_day
from customers.imports.problems import Refused
from customers.imports.values import NONE, AmountReader, Bad, read_amount, read_code


def amount(cell, **how):
    """The amount as a Decimal, or the code of the refusal."""
    try:
        units = read_amount(cell, **{"currency": "CNY", **how})
    except Refused as refused:
        return refused.code
    return None if units == NONE else Decimal(units) / 10_000


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("1234.5", "1234.5"), ("-5", "-5"), ("-0", "0"), (" 12 ", "12"), ("+3.25", "3.25"), (".5", "0.5"), ("7.", "7"),
        ("1,234.56", "1234.56"), ("12,345,678", "12345678"), ("-1,234.5", "-1234.5"), ("(1,234.50)", "-1234.5"),
        ("￥1200", "1200"), ("¥1,200.00", "1200"), ("1200元", "1200"),
        ("CNY 1200", "1200"), ("-¥5", "-5"), ("１２３", "123"),
        ("−4", "-4"), ("0.001", "0.001"), ("12.3456", "12.3456"), ("0.30000000000000004", "0.3"),
        ("1 234", "1234"), ("1 234.5", "1234.5"), ("1'234.50", "1234.50"), ("1,23,456", "123456"),
        ("12,34,567.5", "1234567.5"),
        ("5.00-", "-5"), ("(¥1,200.00)", "-1200"),
        ("2.7755575615628914e-17", "0"), ("1000000000000", "1000000000000"), ("22.368", "22.368"),
    ],
)  # fmt: skip
def test_amounts_that_are_plain(cell, expected):
    assert amount(cell) == Decimal(expected)


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("NaN", "number"), ("sNaN", "number"), ("Infinity", "number"), ("-Infinity", "number"), ("1e400", "number"),
        ("1e3", "number"), ("1000000000000.0001", "number_large"),
        ("1000000000000000000", "number_large"),
        ("1.234,56", "number_ambiguous"), ("12,5", "number_ambiguous"),
        ("1,234", "number_ambiguous"), ("1_000", "number"),
        ("0x10", "number"), ("٣", "number"), ("12.34567", "decimals"), ("0.00001", "decimals"), ("1.2.3", "number"),
        ("1,2,345", "number"), ("1 23", "number"), ("(-5)", "number"), ("-5-", "number"),
        ("$5", "currency_sign"), ("€5", "currency_sign"), ("5%", "number"), ("abc", "number"),
        ("--5", "number"), ("-", "number"), ("=1+1", "number"),
    ],
)  # fmt: skip
def test_amounts_that_are_refused(cell, code):
    assert amount(cell) == code


def test_the_decimal_sign_settles_what_is_open():
    assert amount("1,234", decimal=".") == 1234
    assert amount("1,234", decimal=",") == Decimal("1.234")
    assert amount("1.234,56", decimal=",") == Decimal("1234.56")
    assert amount("1 234,56", decimal=",") == Decimal("1234.56")
    assert amount("1,234.56", decimal=",") == "number"
    assert amount("") is None


plain = st.one_of(
    st.decimals(min_value=-(10**13), max_value=10**13, places=4).map(str),
    st.decimals(min_value=-1000, max_value=1000, places=2).map(str),
    st.floats(min_value=-1e6, max_value=1e6, allow_nan=False).map(repr),
    st.text(alphabet="0123456789.,-+ e", max_size=8),
)


@given(st.lists(plain, min_size=1, max_size=20))
def test_the_sweep_reads_like_cell_by_cell(cells):
    column, bad = AmountReader("CNY", ".").column(cells)
    for index, cell in enumerate(cells):
        try:
            expected = read_amount(cell, "CNY", ".")
        except Refused as refused:
            assert bad[index].code == refused.code
        else:
            assert index not in bad
            assert column[index] == expected


@given(st.text(max_size=30))
def test_no_cell_breaks_the_readers(cell):
    for read in (
        values.text_reader(20).__getitem__,
        values.code_reader(20).__getitem__,
        days.date_reader(date(2026, 1, 1)).__getitem__,
        AmountReader("CNY").cells.__getitem__,
    ):
        found = read(cell)
        assert isinstance(found, str | int | Bad)
        if isinstance(found, str):
            assert not set(found) & set("\t\n\r\0")


@given(
    st.lists(st.text(alphabet=st.characters(min_codepoint=0, max_codepoint=300), max_size=12), min_size=1, max_size=8)
)
def test_a_tidy_column_is_what_reading_it_gives(cells):
    if values.tidy(cells, 10):
        read = values.text_reader(10, required=True)
        code = values.code_reader(10, required=True)
        assert [read[cell] for cell in cells] == cells
        assert [code[cell] for cell in cells] == cells


def day(text, date_format="", serials=False):
    """The day as ISO text, or the code of the refusal."""
    found = days.date_reader(date(2026, 11, 22), date_format, serials)[text]
    return found.code if isinstance(found, Bad) else found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2014-01-03", "2014-01-03"), ("2014/1/3", "2014-01-03"),
        ("2014.01.03", "2014-01-03"), ("20140103", "2014-01-03"),
        ("2026年1月2日", "2026-01-02"), ("2026年01月02日 10:30", "2026-01-02"), ("2014-01-03 08:26", "2014-01-03"),
        ("2014-01-03T08:26:59.5", "2014-01-03"), ("２０１４-01-03", "2014-01-03"),
        ("1997-01-01", "1997-01-01"), ("", ""),
        ("31/02/2026", "date_ambiguous"), ("02/03/2026", "date_ambiguous"), ("45000", "date"), ("0000-00-00", "date"),
        ("9999-12-31", "date_future"), ("10000-01-01", "date"), ("26-1-2", "date"), ("2026-13-01", "date"),
        ("2026-02-29", "date"), ("2026-01-02T00:00:00+08:00", "date_zone"), ("2999-01-01", "date_future"),
        ("1899-12-31", "date_old"), ("2026-11-23", "date_future"), ("2026-11-22", "2026-11-22"), ("yesterday", "date"),
        ("2024-01-02 10:22:11 +0800", "date_zone"), ("2024-01-02T10:22:11.5Z", "date_zone"),
        ("5-Jan-24", "2024-01-05"), ("Jan 5, 2024", "2024-01-05"), ("5 January 2024", "2024-01-05"),
        ("01DEC2009", "2009-12-01"), ("Sept 3, 2020", "2020-09-03"), ("Thu, 05 Jan 2023 10:00", "2023-01-05"),
        ("31-Feb-24", "date"), ("3 Mayo 2020", "date"),
    ],
)  # fmt: skip
def test_days(text, expected):
    assert day(text) == expected


@pytest.mark.parametrize(
    ("text", "date_format", "expected"),
    [
        ("12/1/2010 8:26", "%m/%d/%Y", "2010-12-01"), ("12/1/2010 8:26", "%d/%m/%Y", "2010-01-12"),
        ("31/02/2020", "%d/%m/%Y", "date"), ("13/01/2020", "%m/%d/%Y", "date"), ("05.03.20", "%d/%m/%Y", "2020-03-05"),
        ("2020-03-05", "%d/%m/%Y", "2020-03-05"), ("5 Mar 2020", "%d %b %Y", "2020-03-05"), ("x", "%d/%m/%Y", "date"),
        ("2020-03-05T10:00:00Z", "%Y-%m-%dT%H:%M:%SZ", "2020-03-05"),
        ("2020-03-05 10:00 +0800", "%d/%m/%Y", "date_zone"),
        ("2020-03-05 10:00 +0800", "%Y-%m-%d %H:%M %z", "2020-03-05"),
        ("2020-03-05T23:30:00+08:00", days.ZONED, "2020-03-05"), ("2020-03-05 23:30 -0500", days.ZONED, "2020-03-05"),
        ("2020-03-05T23:30:00.5Z", days.ZONED, "2020-03-05"), ("2020-03-05", days.ZONED, "2020-03-05"),
        ("5 Mar 2020 10:00 UTC", days.ZONED, "2020-03-05"), ("03/05/2020 10:00 +0100", days.ZONED, "date_ambiguous"),
    ],
)  # fmt: skip
def test_days_in_a_chosen_format(text, date_format, expected):
    assert day(text, date_format) == expected


@pytest.mark.parametrize(
    ("cells", "order"),
    [
        (["5/13/2024", "5/6/2024"], "%m/%d/%Y"),
        (["13.5.2024", "6.5.2024"], "%d/%m/%Y"),
        (["5/6/2024"], ""),
        (["13/5/2024", "5/13/2024"], ""),
        (["24/1/5", "24/1/18", "25/11/30"], ""),  # 2024-01-05 as Chinese offices write it, or the 24th of January 2005
        (["5/1/24", "18/1/24", "30/11/24"], "%d/%m/%Y"),
        (["24/1/98"], "%d/%m/%Y"),
        (["1/18/24"], "%m/%d/%Y"),
        (["2024-03-05T09:30+08:00", "2024-03-05"], days.ZONED),
    ],
)
def test_the_order_that_cells_can_be_read_in_only(cells, order):
    assert days.order_of(cells) == order


def test_serial_numbers_are_days_only_in_workbooks():
    assert day("41642", serials=True) == "2014-01-03"
    assert day("41642") == "date"


def test_codes_keep_their_letters():
    assert read_code("  ＡＢ-００１ ", 64) == "AB-001"
    assert read_code('="00123"', 64) == "00123"
    assert read_code("客户/7%", 64) == "客户/7%"
    with pytest.raises(Refused):
        read_code("a\tb", 64)


def test_a_day_is_read_without_a_clock():
    assert read_day("2024-02-29") == date(2024, 2, 29)


@pytest.mark.parametrize("word", ["Total", "TOTAL:", "grand total:", "Subtotal", "合计：", "小 计"])
@pytest.mark.parametrize("others", [["C1", "C2"], ["C1", "华东"]])
def test_a_line_of_sums_is_no_customer_whatever_stands_beside_it(word, others):
    _read, bad = values.code_reader(20, required=True).column([*others, word])
    assert {index: found.code for index, found in bad.items()} == {2: "total"}
