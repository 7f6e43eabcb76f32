"""Files as other programs write them: titles further down or none, columns apart by blanks, prices for amounts."""

from decimal import Decimal

import pytest

from customers.imports import layout
from customers.imports.detect import Shape
from customers.imports.mapping import as_dict, check, guess
from customers.imports.problems import FileProblem, row_message
from customers.imports.running import import_lines
from customers.imports.source import opened
from customers.models import Customer, ImportJob, Transaction
from tests.importing import AT, TODAY, bring_in, counts, reasons

pytestmark = pytest.mark.django_db
SOLD = "Customer,Date,Order,Qty,Price,Discount\nC1,2024-01-05,O1,3,2.55,0\nC2,2024-01-06,O2,-2,10,15%\n"


def laid_out(text, **how):
    """(titles, delimiter, lines before the first row, line of the titles)."""
    shape = Shape()
    layout.lay_out(shape, text, **how)
    return shape.headers, shape.delimiter, shape.skip, shape.header_row


def brought(tmp_path, text, columns, **more):
    """Import with a mapping of columns as a user writes it; the Outcome."""
    path = tmp_path / "file.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    mapping = check({"columns": columns, "create_customers": True, **more}, "TRANSACTIONS")
    job = ImportJob.objects.create(kind="TRANSACTIONS", original_name="f", status="RUNNING", attempts=1)
    with opened(path, **mapping.reading) as source:
        return import_lines(
            source, mapping, today=TODAY, at=AT, currency="CNY", errors_path=tmp_path / "rejected.csv", job_id=job.pk
        )


def amounts():
    """order number -> amount."""
    return dict(Transaction.objects.values_list("order_no", "amount"))


class TestWhereTheTableBegins:
    def test_titles_in_the_first_line(self):
        assert laid_out("a,b\n1,2\n") == (["a", "b"], ",", 1, 1)

    def test_the_name_of_a_report_above_the_titles(self):
        text = "出库明细表,,,\n期间：1月,,,单位：元\n\n客户,日期,数量,金额\nC1,2024-01-05,1,2\nC2,2024-01-06,1,3\n"
        assert laid_out(text) == (["客户", "日期", "数量", "金额"], ",", 4, 4)

    def test_a_name_without_delimiters_and_decimal_commas_in_the_rows(self):
        rows = "".join(f"K{i};0{i}.01.2024;{i},50;1,25\n" for i in range(1, 9))
        text = f"Umsatz, 2024\nErstellt am 05.01.2025\n\nKunde;Datum;Umsatz;Gewinn\n{rows}Summe;;40,00;\n"
        assert laid_out(text) == (["Kunde", "Datum", "Umsatz", "Gewinn"], ";", 4, 4)

    def test_no_titles_and_columns_apart_by_blanks(self):
        text = " 00001 19970101  1   11.77\n 00002 19970112 10   12.00\n 00002 19970112  5   77.00\n"
        assert laid_out(text) == (["1", "2", "3", "4"], " ", 0, 0)

    def test_no_titles_between_commas(self):
        assert laid_out("C1,2024-01-05,20\nC2,2024-01-06,30\n") == (["1", "2", "3"], ",", 0, 0)

    def test_no_titles_and_blank_cells_in_the_first_rows(self):
        titles = ["1", "2", "3", "4"]
        assert laid_out("C1,2024-01-05,20,\nC2,2024-01-06,30,x\n") == (titles, ",", 0, 0)
        assert laid_out("C1,2024-01-05,20,x\nC2,2024-01-06,,x\n") == (titles, ",", 0, 0)
        assert laid_out("C1,2024-01-05,20,x\n\n\nC2,2024-01-06,30,x\n") == (titles, ",", 0, 0)

    @pytest.mark.parametrize("day", ["5 Jan 2024", "Jan 5, 2024", "05-JAN-24", "2024年1月5日", "05.01.2024 10:00"])
    @pytest.mark.parametrize("amount", ["(20.00)", "20.00-", "¥ 20", "20 元", "20 €", "-20", "15%"])
    def test_no_titles_above_days_and_amounts_however_they_are_written(self, day, amount):
        assert laid_out(f"C1;{day};{amount}\nC2;{day};{amount}\n") == (["1", "2", "3"], ";", 0, 0)

    def test_days_among_the_titles_do_not_make_them_a_row(self):
        text = "customer,2024-01-31,2024-02-29,2024\nC1,5,6,11\nC2,7,8,15\n"
        assert laid_out(text) == (["customer", "2024-01-31", "2024-02-29", "2024"], ",", 1, 1)

    def test_a_line_that_is_named_is_believed(self):
        text = "x,y,z\nC1,2024-01-05,20\n\nclient,day,sum\nC2,2024-01-06,30\n"
        assert laid_out(text, header_row=4) == (["client", "day", "sum"], ",", 4, 4)
        assert laid_out(text, header_row=0) == (["1", "2", "3"], ",", 0, 0)

    def test_one_wide_row_does_not_make_itself_the_titles(self):
        text = "a,b\n" + "C1,x\n" * 9 + ",".join("z" * 50) + "\n"
        assert laid_out(text)[0] == ["a", "b"]

    def test_a_title_in_words_is_no_row_of_blanks(self):
        assert laid_out("customer name\nJohn A Smith\nMary B Jones\n") == (["customer name"], ",", 1, 1)


def test_a_list_without_titles_is_imported_by_the_numbers_of_its_columns(tmp_path):
    text = " 00001 19970101  1   11.77\n 00002 19970112  1   12.00\n 00002 19970112 15  277.00\n"
    columns = {"customer_code": "1", "date": "2", "quantity": "3", "amount": "4"}
    assert counts(brought(tmp_path, text, columns)) == (3, 0, 0, 0)
    found = Transaction.objects.values_list("quantity", "amount")
    assert sorted(found) == [(1, Decimal("11.77")), (1, 12), (15, 277)]
    assert set(Customer.objects.values_list("code", flat=True)) == {"00001", "00002"}
    assert counts(brought(tmp_path, text, columns)) == (0, 0, 3, 0)


def test_total_lines_blank_lines_and_delimiters_at_the_end(tmp_path):
    text = (
        '报表,,,,\n客户编码,单据日期,单据编号,金额,\nC1,2024年3月5日,A,"￥１，２３４．５０",\n,,,,\n\n'
        "C2,2024年3月6日,B,(¥10.00),\n合计,,,1224.50,\n"
    )
    columns = {"customer_code": "客户编码", "date": "单据日期", "order_no": "单据编号", "amount": "金额"}
    outcome = brought(tmp_path, text.encode("gb18030"), columns)
    assert counts(outcome) == (2, 0, 0, 1)
    assert [(row["line"], row["code"], row["field"]) for row in outcome.first] == [(7, "total", "customer_code")]
    assert amounts() == {"A": Decimal("1234.5"), "B": Decimal("-10")}


class TestPricesInsteadOfAmounts:
    COLUMNS = {
        "customer_code": "Customer",
        "date": "Date",
        "order_no": "Order",
        "quantity": "Qty",
        "unit_price": "Price",
    }

    def test_the_amount_is_quantity_times_price_less_the_discount(self, tmp_path):
        outcome = brought(tmp_path, SOLD, {**self.COLUMNS, "discount": "Discount"})
        assert counts(outcome) == (2, 0, 0, 0)
        assert amounts() == {"O1": Decimal("7.65"), "O2": Decimal("-17")}

    def test_a_changed_price_updates_the_amount(self, tmp_path):
        brought(tmp_path, SOLD, self.COLUMNS)
        assert counts(brought(tmp_path, SOLD.replace("2.55", "2.5"), self.COLUMNS)) == (0, 1, 1, 0)
        assert amounts() == {"O1": Decimal("7.5"), "O2": Decimal("-20")}

    def test_halves_are_rounded_away_from_zero_in_both_directions(self, tmp_path):
        text = "Customer,Date,Order,Qty,Price\nC1,2024-01-05,A,0.0005,0.1\nC1,2024-01-05,B,-0.0005,0.1\n"
        brought(tmp_path, text, self.COLUMNS)
        assert amounts() == {"A": Decimal("0.0001"), "B": Decimal("-0.0001")}

    def test_a_product_beyond_the_limit_costs_its_row(self, tmp_path):
        text = "Customer,Date,Order,Qty,Price\nC1,2024-01-05,A,1000000000000,1000000000000\nC1,2024-01-05,B,1,2\n"
        outcome = brought(tmp_path, text, self.COLUMNS)
        assert (counts(outcome), reasons(outcome)) == ((1, 0, 0, 1), ["number_large"])

    def test_a_product_beyond_the_limit_is_not_brought_below_it_by_the_tax(self, tmp_path):
        text = (
            "Customer,Date,Order,Qty,Price,Each\nC1,2024-01-05,A,1000000,1000001,1\nC1,2024-01-05,B,1000000,1,1000001\n"
        )
        outcome = brought(tmp_path, text, {**self.COLUMNS, "unit_cost": "Each"}, amounts_include_tax=0.13)
        assert (counts(outcome), reasons(outcome)) == ((0, 0, 0, 2), ["number_large", "number_large"])

    def test_a_discount_is_a_share(self, tmp_path):
        outcome = brought(tmp_path, SOLD.replace("15%", "15"), {**self.COLUMNS, "discount": "Discount"})
        assert (counts(outcome), reasons(outcome)) == ((1, 0, 0, 1), ["number_share"])

    def test_the_cost_of_a_piece_and_tax(self, tmp_path):
        text = "Customer,Date,Order,Qty,Price,Each\nC1,2024-01-05,A,4,11.3,5.65\nC1,2024-01-05,B,1,1.13,\n"
        columns = {**self.COLUMNS, "unit_cost": "Each"}
        brought(tmp_path, text, columns, amounts_include_tax=0.13)
        found = Transaction.objects.order_by("order_no").values_list("amount", "cost")
        assert list(found) == [(Decimal("40"), Decimal("20")), (Decimal("1"), None)]

    @pytest.mark.parametrize(
        ("more", "code"),
        [
            ({"amount": "Sum"}, "mapping_either"),
            ({"cost": "Cost", "unit_cost": "Each"}, "mapping_either"),
            ({"unit_cost": "Each", "gross_profit": "Profit"}, "mapping_either"),
        ],
    )
    def test_two_ways_to_say_one_thing_are_refused(self, more, code):
        with pytest.raises(FileProblem) as refused:
            check({"columns": {**self.COLUMNS, **more}}, "TRANSACTIONS")
        assert refused.value.code == code

    def test_a_discount_needs_a_price(self):
        columns = {"customer_code": "Customer", "date": "Date", "amount": "Sum", "discount": "Discount"}
        with pytest.raises(FileProblem) as refused:
            check({"columns": columns}, "TRANSACTIONS")
        assert refused.value.code == "mapping_needs"


@pytest.mark.parametrize("word", ["NULL", "nan", "NaN", r"\N", "#N/A", "NA", "None"])
def test_the_word_for_nothing_is_nobodys_code(tmp_path, word):
    outcome = bring_in(tmp_path, f"customer,date,order,amount\n{word},2024-01-05,O1,1\nC2,2024-01-05,{word},2\n")
    assert (counts(outcome), reasons(outcome)) == ((1, 0, 0, 1), ["nothing"])
    assert row_message("nothing", outcome.first[0]["values"], "Customer code").startswith("Customer code “")
    assert Transaction.objects.get().order_no == ""


def test_names_keep_words_that_may_be_names(tmp_path):
    bring_in(tmp_path, "customer,name,region,date,amount\nC1,NULL,NA,2024-01-05,1\n")
    assert Customer.objects.values_list("name", "region").get() == ("C1", "NA")


GUESSES = [
    (
        "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country",
        {"order_no": "InvoiceNo", "product_code": "StockCode", "product_name": "Description", "quantity": "Quantity",
         "date": "InvoiceDate", "unit_price": "UnitPrice", "customer_code": "CustomerID", "region": "Country"},
    ),
    (
        "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country",
        {"order_no": "Invoice", "product_code": "StockCode", "product_name": "Description", "quantity": "Quantity",
         "date": "InvoiceDate", "unit_price": "Price", "customer_code": "Customer ID", "region": "Country"},
    ),
    (
        "order_id,customer_id,customer_unique_id,order_status,order_purchase_timestamp,product_id,price,freight_value",
        {"order_no": "order_id", "customer_code": "customer_unique_id", "date": "order_purchase_timestamp",
         "product_code": "product_id", "amount": "price"},
    ),
    (
        "ORDERNUMBER,QUANTITYORDERED,PRICEEACH,ORDERLINENUMBER,SALES,ORDERDATE,STATUS,PRODUCTLINE,MSRP,PRODUCTCODE,"
        "CUSTOMERNAME,PHONE,CITY,STATE,COUNTRY,TERRITORY,DEALSIZE",
        {"order_no": "ORDERNUMBER", "quantity": "QUANTITYORDERED", "line_no": "ORDERLINENUMBER", "amount": "SALES",
         "date": "ORDERDATE", "category": "PRODUCTLINE", "product_code": "PRODUCTCODE", "customer_name": "CUSTOMERNAME",
         "customer_code": "CUSTOMERNAME", "region": "TERRITORY"},
    ),
    (
        "OrderID,CustomerID,EmployeeID,OrderDate,RequiredDate,ShippedDate,ProductID,UnitPrice,Quantity,Discount",
        {"order_no": "OrderID", "customer_code": "CustomerID", "date": "OrderDate", "product_code": "ProductID",
         "unit_price": "UnitPrice", "quantity": "Quantity", "discount": "Discount"},
    ),
    (
        "SalesOrderID,SalesOrderDetailID,OrderDate,CustomerID,ProductID,OrderQty,UnitPrice,UnitPriceDiscount,LineTotal",
        {"order_no": "SalesOrderID", "line_no": "SalesOrderDetailID", "date": "OrderDate",
         "customer_code": "CustomerID", "product_code": "ProductID", "quantity": "OrderQty", "amount": "LineTotal"},
    ),
    (
        "household_id,store_id,basket_id,product_id,quantity,sales_value,retail_disc,week,transaction_timestamp",
        {"customer_code": "household_id", "order_no": "basket_id", "product_code": "product_id", "quantity": "quantity",
         "amount": "sales_value", "date": "transaction_timestamp"},
    ),
    (
        "Row ID,Order ID,Order Date,Ship Date,Customer ID,Customer Name,Segment,Country,State,Region,Product ID,"
        "Category,Sub-Category,Product Name,Sales,Quantity,Discount,Profit",
        {"line_no": "Row ID", "order_no": "Order ID", "date": "Order Date", "customer_code": "Customer ID",
         "customer_name": "Customer Name", "industry": "Segment", "region": "Region", "product_code": "Product ID",
         "category": "Category", "product_name": "Product Name", "amount": "Sales", "quantity": "Quantity",
         "gross_profit": "Profit"},
    ),
    (
        "客户编码,客户名称,单据日期,单据编号,存货编码,存货名称,数量,含税单价,无税金额,税额,价税合计",
        {"customer_code": "客户编码", "customer_name": "客户名称", "date": "单据日期", "order_no": "单据编号",
         "product_code": "存货编码", "product_name": "存货名称", "quantity": "数量", "amount": "无税金额"},
    ),
    (
        "会员编号,付款时间,订单编号,商品名称,购买数量,单价",
        {"customer_code": "会员编号", "date": "付款时间", "order_no": "订单编号", "product_name": "商品名称",
         "quantity": "购买数量", "unit_price": "单价"},
    ),
    (  # the amount of the order stands in each of its lines; 折扣 may be what is left to pay
        "会员编号,付款时间,订单编号,购买数量,单价,折扣,订单金额",
        {"customer_code": "会员编号", "date": "付款时间", "order_no": "订单编号", "quantity": "购买数量",
         "unit_price": "单价"},
    ),
    (
        "会员编号,付款时间,订单编号,订单金额",
        {"customer_code": "会员编号", "date": "付款时间", "order_no": "订单编号", "amount": "订单金额"},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("titles", "expected"), GUESSES)
def test_the_titles_of_well_known_files_are_guessed(titles, expected):
    found = guess(titles.split(","), "TRANSACTIONS")
    assert found == expected
    check({"columns": found}, "TRANSACTIONS")  # what is guessed goes together


def test_the_mapping_keeps_how_the_file_is_read():
    data = {"columns": {"customer_code": "1", "date": "2"}, "header_row": 0, "delimiter": "space"}
    mapping = check(data, "TRANSACTIONS")
    assert mapping.reading == {"encoding": "", "delimiter": " ", "sheet": "", "header_row": 0}
    assert check(as_dict(mapping), "TRANSACTIONS") == mapping
    for wrong in (-1, "2", True, 2.5):
        with pytest.raises(FileProblem) as refused:
            check({**data, "header_row": wrong}, "TRANSACTIONS")
        assert refused.value.code == "mapping_value"


def test_western_letters_before_plain_ones_are_not_taken_for_chinese(tmp_path):
    rows = "".join(f"K{i};0{i}.01.2024;Tür für Müller;{i},50 €\n" for i in range(1, 9))
    text = ("Kunde;Datum;Artikel;Umsatz €\n" + rows).encode("cp1252")
    columns = {"customer_code": "Kunde", "date": "Datum", "customer_name": "Artikel", "amount": "Umsatz €"}
    path = tmp_path / "file.csv"
    path.write_bytes(text)
    mapping = check(
        {"columns": columns, "decimal": ",", "date_format": "DMY", "create_customers": True}, "TRANSACTIONS"
    )
    with opened(path, **mapping.reading) as source:
        assert (source.shape.encoding, source.shape.headers[3]) == ("cp1252", "Umsatz €")
        outcome = import_lines(
            source, mapping, today=TODAY, at=AT, currency="EUR", errors_path=tmp_path / "rejected.csv"
        )
    assert counts(outcome) == (8, 0, 0, 0)


def test_delimiters_of_blank_columns_at_the_end_may_be_missing(tmp_path):
    text = "customer,date,order,amount,note,remark\nC1,2024-01-05,A,1,x,y\nC2,2024-01-05,B,2\nC3,2024-01-05,C\n"
    columns = {"customer_code": "customer", "date": "date", "order_no": "order", "amount": "amount"}
    outcome = brought(tmp_path, text, columns)
    assert (counts(outcome), reasons(outcome)) == ((2, 0, 0, 1), ["columns"])
    assert amounts() == {"A": 1, "B": 2}


def test_a_cell_that_is_missing_between_blanks_costs_its_row(tmp_path):
    text = "c d q a n\nC1 2024-01-05 1 10 5\nC2 2024-01-05 7 9\n"
    columns = {"customer_code": "c", "date": "d", "quantity": "q", "amount": "a"}
    outcome = brought(tmp_path, text, columns, delimiter="space")
    assert (counts(outcome), reasons(outcome)) == ((1, 0, 0, 1), ["columns"])


def test_rejected_rows_stand_in_the_order_of_the_file(tmp_path):
    rows = "C1,never,A,1\nC2,2024-01-05,B\nC3,2024-01-05,C,x\n"
    outcome = bring_in(tmp_path, "customer,date,order,amount\n" + rows)
    assert [row["line"] for row in outcome.first] == [2, 3, 4]
