"""The command-line door, and the three real files through it where they are at hand."""

import json
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db.models import Sum

from customers.models import Customer, ImportJob, PurchaseDay, Transaction
from tests.needs import shared

pytestmark = [pytest.mark.django_db, pytest.mark.both]
MAPPINGS = Path(__file__).resolve().parents[1] / "docs" / "mappings"
KEYS = {"rows", "created", "updated", "unchanged", "rejected", "errors_file"}


@pytest.fixture
def mapping(tmp_path):
    path = tmp_path / "mapping.json"
    path.write_text('{"columns": {"customer_code": "who", "date": "day"}, "create_customers": true}')
    return str(path)


def run(command, *args):
    """The JSON answer of a command."""
    out, err = StringIO(), StringIO()
    call_command(command, *map(str, args), "--json", stdout=out, stderr=err)
    return json.loads(out.getvalue())


@pytest.mark.parametrize(
    ("name", "text", "amount"),
    [
        (
            "online_retail.json",
            "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
            "536365,85123A,WHITE HEART,6,12/1/2010 8:26,2.55,17850,United Kingdom\n"
            "C536379,D,Discount,-1,12/1/2010 9:41,27.5,17850,United Kingdom\n",
            Decimal("-12.2"),
        ),
        ("cdnow_master.json", " 00001 19970101  1   11.77\n 00002 19970112 10   12.00\n", Decimal("23.77")),
    ],
)
def test_the_mappings_that_are_ready(tmp_path, name, text, amount):
    (tmp_path / "file.txt").write_text(text)
    answer = run("import_transactions", tmp_path / "file.txt", "--mapping", MAPPINGS / name)
    assert (answer["rows"], answer["created"]) == (2, 2)
    assert Transaction.objects.aggregate(total=Sum("amount"))["total"] == amount


def test_the_answer_is_one_json_document(tmp_path, mapping):
    (tmp_path / "a.csv").write_text("who,day\nC1,2024-01-05\nC2,soon\n")
    answer = run("import_transactions", tmp_path / "a.csv", "--mapping", mapping)
    assert set(answer) >= KEYS
    assert (answer["rows"], answer["created"], answer["rejected"]) == (2, 1, 1)
    assert "soon" in Path(answer["errors_file"]).read_text(encoding="utf-8-sig")
    job = ImportJob.objects.get()
    assert (job.status, job.original_name, job.pk) == ("DONE", "a.csv", answer["import"])


def test_a_dry_run_leaves_no_job(tmp_path, mapping):
    (tmp_path / "a.csv").write_text("who,day\nC1,2024-01-05\n")
    answer = run("import_transactions", tmp_path / "a.csv", "--mapping", mapping, "--dry-run")
    assert (answer["created"], answer["errors_file"]) == (1, None)
    assert answer["warnings"] == [{"code": "customers_new", "count": 1}]
    assert not ImportJob.objects.exists() and not Transaction.objects.exists()


def test_customers_from_the_command_line(tmp_path):
    (tmp_path / "c.csv").write_text("code,name\nC1,A\n")
    (tmp_path / "m.json").write_text('{"columns": {"code": "code", "name": "name"}}')
    assert run("import_customers", tmp_path / "c.csv", "--mapping", tmp_path / "m.json")["created"] == 1
    assert run("import_customers", tmp_path / "c.csv", "--mapping", tmp_path / "m.json")["unchanged"] == 1


@pytest.mark.parametrize("content", ["", "who,day\n", "a,b\n1,2\n", "who,who,day\n1,1,2024-01-01\n"])
def test_a_refused_file_exits_with_one_sentence(tmp_path, mapping, content):
    (tmp_path / "a.csv").write_text(content)
    out, err = StringIO(), StringIO()
    with pytest.raises(SystemExit) as end:
        call_command(
            "import_transactions", str(tmp_path / "a.csv"), "--mapping", mapping, "--json", stdout=out, stderr=err
        )
    assert end.value.code == 1
    assert json.loads(out.getvalue())["error"] == err.getvalue().strip()


def test_a_missing_file_or_mapping_is_told(tmp_path, mapping):
    for path, how in ((tmp_path / "none.csv", mapping), (mapping, tmp_path / "none.json")):
        err = StringIO()
        with pytest.raises(SystemExit):
            call_command("import_transactions", str(path), "--mapping", str(how), stdout=StringIO(), stderr=err)
        assert "none" in err.getvalue()


@pytest.mark.parametrize(
    ("name", "file", "rows", "customers"),
    [
        ("superstore", "superstore_orders.csv", 9_994, 793),
        ("cdnow", "cdnow_sample_transactions.csv", 6_919, 2_357),
        ("grocery", "grocery_elog.csv", 10_483, 1_525),
    ],
)
def test_a_real_file_goes_in_whole_and_once(name, file, rows, customers):
    path = shared("data", file)
    first = run("import_transactions", path, "--mapping", MAPPINGS / f"{name}.json")
    assert (first["created"], first["rejected"]) == (rows, 0)
    second = run("import_transactions", path, "--mapping", MAPPINGS / f"{name}.json")
    assert (second["created"], second["updated"], second["unchanged"]) == (0, 0, rows)
    assert Customer.objects.count() == customers
    totals = Transaction.objects.aggregate(Sum("amount"), Sum("quantity"), Sum("cost"))
    days = PurchaseDay.objects.aggregate(Sum("amount"), Sum("quantity"))
    assert round(totals["amount__sum"], 4) == round(days["amount__sum"], 4)
    if name == "superstore":
        assert round(totals["amount__sum"], 4) == Decimal("2297200.8603")
        assert round(totals["amount__sum"] - totals["cost__sum"], 4) == Decimal("286397.0217")
        assert totals["quantity__sum"] == 37_873
