"""The mapping page and how a file is read: what it finds out by itself, and what a person may say instead."""

import io

import pytest
import xlsxwriter
from django.urls import reverse
from django.utils import timezone

from customers.imports.mapping import check
from customers.models import Customer, ImportJob, MappingPreset, Transaction
from customers.selectors.imports import reason_counts
from customers.services.imports import CHECK, look_again, queue, set_mapping
from tests.test_imports_pages import mapped, run_queued, send

pytestmark = pytest.mark.django_db
HEAD = "InvoiceNo,StockCode,Quantity,InvoiceDate,UnitPrice,CustomerID\n"


@pytest.fixture
def boss(client_for, admin):
    return client_for(admin)


def proposed(client):
    """The newest upload and what its mapping page starts with."""
    job = ImportJob.objects.latest("id")
    return job, client.get(reverse("imports:mapping", args=[job.pk])).context["form"].initial


def book(**sheets):
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True}) as made:
        for name, rows in sheets.items():
            sheet = made.add_worksheet(name)
            for y, row in enumerate(rows):
                sheet.write_row(y, 0, row)
    return target.getvalue()


def test_a_later_row_tells_how_days_are_written(boss):
    first = "".join(f"5363{i},P{i},6,12/1/2010 8:26,2.55,17850\n" for i in range(2_000))
    send(boss, HEAD + first + "536999,P,6,12/13/2010 8:26,2.55,17850\n" * 400)
    _job, initial = proposed(boss)
    assert initial["date_format"] == "%m/%d/%Y"
    assert initial["field_unit_price"] == "UnitPrice"
    assert "field_amount" not in initial


def test_days_that_nothing_settles_are_left_to_the_person(boss):
    send(boss, HEAD + "536365,P,6,12/1/2010 8:26,2.55,17850\n" * 30)
    job, initial = proposed(boss)
    assert "date_format" not in initial
    mapped(boss, job)
    job.refresh_from_db()
    assert job.error["code"] == "date_order"
    mapped(boss, job, date_format="%m/%d/%Y")
    job.refresh_from_db()
    assert job.dry_run["created"] == 30


def test_signs_are_proposed_also_where_no_title_was_understood(boss):
    rows = "".join(f"K{i};{i:02}.01.2024;{i};{i},50\n" for i in range(1, 29))
    send(boss, f"Kunde;Datum;Menge;Betrag\n{rows}")
    job, initial = proposed(boss)
    assert (initial["decimal"], initial["date_format"]) == (",", "%d/%m/%Y")
    fields = {"field_customer_code": "Kunde", "field_date": "Datum", "field_amount": "Betrag"}
    mapped(boss, job, **fields)
    job.refresh_from_db()
    assert job.dry_run["created"] == 28


def test_a_page_left_open_changes_nothing_about_a_job_on_its_way(boss, admin):
    send(boss, "Client,Day,Sum\nC1,2024-03-05,5\n")
    job, _ = proposed(boss)
    mapped(boss, job, field_amount="Sum")
    stale = ImportJob.objects.get(pk=job.pk)
    ImportJob.objects.filter(pk=job.pk).update(status="RUNNING")
    assert set_mapping(job=stale, mapping=check(stale.mapping, "TRANSACTIONS"), preset="late", by=admin) is False
    job.refresh_from_db()
    assert (job.status, job.mapping, MappingPreset.objects.count()) == ("RUNNING", stale.mapping, 0)


def test_times_with_a_zone_propose_that_the_day_is_taken_as_written(boss):
    send(boss, "Client,Created at,Sum\nC1,2024-03-05 23:30:00 -0500,5\nC2,2024-03-06T00:10Z,7\n")
    job, initial = proposed(boss)
    assert initial["date_format"] == "%Y-%m-%dT%H:%M:%S%z"
    mapped(boss, job, field_date="Created at")
    boss.post(reverse("imports:confirm", args=[job.pk]))
    run_queued(job)
    assert [str(day) for day in Transaction.objects.order_by("date").values_list("date", flat=True)] == [
        "2024-03-05", "2024-03-06",
    ]  # fmt: skip


def test_a_title_that_says_tax_is_included_proposes_the_usual_rate(boss):
    send(boss, "客户编码,单据日期,数量,价税合计\nC1,2024-03-05,1,113\n")
    job, initial = proposed(boss)
    assert initial["amounts_include_tax"] == 13
    mapped(boss, job)
    boss.post(reverse("imports:confirm", args=[job.pk]))
    run_queued(job)
    assert Transaction.objects.get().amount == 100
    send(boss, "客户编码,单据日期,数量,不含税金额\nC1,2024-03-05,1,113\n")
    assert "amounts_include_tax" not in proposed(boss)[1]


def test_another_sheet_brings_its_own_columns(boss):
    notes, sold = [["Note"], ["made by"], ["us"]], [["Client", "Day", "Sum"], ["C1", "2024-03-05", 5]]
    send(boss, book(Notes=notes, Sales=sold), "report.xlsx")
    job, initial = proposed(boss)
    assert (initial["sheet"], job.detected["sheets"]) == ("Notes", ["Notes", "Sales"])
    page = mapped(boss, job, sheet="Sales")
    assert page.status_code == 200
    assert page.context["form"].initial["field_customer_code"] == "Client"
    assert "The file was read anew" in page.content.decode()
    job.refresh_from_db()
    assert job.detected["headers"] == ["Client", "Day", "Sum"]
    mapped(boss, job, field_amount="Sum")
    boss.post(reverse("imports:confirm", args=[job.pk]))
    run_queued(job)
    assert Transaction.objects.get().amount == 5


def test_the_line_of_the_titles_can_be_said(boss):
    send(boss, "a,b,c\nx,y,z\nClient,Day,Sum\nC1,2024-03-05,5\n")
    job, initial = proposed(boss)
    assert initial["header_row"] == 1
    page = mapped(boss, job, header_row=3)
    assert page.context["form"].initial["field_date"] == "Day"
    job.refresh_from_db()
    mapped(boss, job, field_amount="Sum")
    job.refresh_from_db()
    assert (job.mapping["header_row"], job.dry_run["created"]) == (3, 1)


def test_a_list_without_titles_offers_numbered_columns(boss):
    send(boss, " 00001 19970101  1   11.77\n 00002 19970112  1   12.00\n 00002 19970112 15  277.00\n", "cdnow.txt")
    job, initial = proposed(boss)
    assert (initial["delimiter"], initial["header_row"], job.detected["headers"]) == (" ", 0, ["1", "2", "3", "4"])
    chosen = {"field_customer_code": "1", "field_date": "2", "field_quantity": "3", "field_amount": "4"}
    mapped(boss, job, **chosen)
    boss.post(reverse("imports:confirm", args=[job.pk]))
    run_queued(job)
    assert (Transaction.objects.count(), Customer.objects.count()) == (3, 2)


def test_a_wish_that_cannot_be_fulfilled_says_why_and_keeps_the_rest(boss):
    send(boss, "Client,Day,Sum\nC1,2024-03-05,5\n")
    job, _initial = proposed(boss)
    page = mapped(boss, job, header_row=9)
    assert page.status_code == 422
    assert "The file is empty." in page.content.decode()
    job.refresh_from_db()
    assert job.detected["headers"] == ["Client", "Day", "Sum"]


def test_a_preset_reads_the_file_as_it_did_the_last_time(boss, admin):
    mapping = {"columns": {"customer_code": "Client", "date": "Day"}, "header_row": 3, "create_customers": True}
    preset = MappingPreset.objects.create(kind="TRANSACTIONS", name="erp", mapping=mapping, created_by=admin)
    send(boss, "a,b,c\nx,y,z\nClient,Day,Sum\nC1,2024-03-05,5\n")
    job = ImportJob.objects.get()
    page = boss.get(reverse("imports:mapping", args=[job.pk]), {"preset": preset.pk})
    assert page.context["form"].initial["field_customer_code"] == "Client"
    assert page.context["form"].initial["header_row"] == 3


def test_many_rejected_rows_are_counted_by_reason(boss):
    rows = "".join(f"{'' if i < 30 else 'C1'},2024-13-05,{i}\n" for i in range(50))
    send(boss, f"Client,Day,Sum\n{rows}")
    job, _initial = proposed(boss)
    mapped(boss, job, field_amount="Sum")
    job.refresh_from_db()
    assert reason_counts(job, job.dry_run) == [
        (30, "Customer code is empty."), (20, "Date “…” is not a date in a format that was expected."),
    ]  # fmt: skip
    assert "Date “…” is not a date" in boss.get(reverse("imports:detail", args=[job.pk])).content.decode()


def test_the_line_that_was_said_is_kept_where_another_delimiter_is(boss):
    send(boss, "a,b,c\nx,y,z\nClient,Day,Sum;1\nC1,2024-03-05,5;2\n")
    job, _initial = proposed(boss)
    mapped(boss, job, header_row=3)
    mapped(boss, job, header_row=3, delimiter=";")
    job.refresh_from_db()
    assert (job.detected["header_row"], job.detected["headers"]) == (3, ["Client,Day,Sum", "1"])


def test_a_job_that_was_queued_while_its_file_is_read_anew_keeps_its_step(boss):
    send(boss, "a,b,c\nx,y,z\nClient,Day,Sum\nC1,2024-03-05,5\n")
    job, _initial = proposed(boss)
    assert queue(job=job, step=CHECK, at=timezone.now())
    look_again(job, {"header_row": 3})  # a page that was opened before
    job.refresh_from_db()
    assert (job.status, job.detected["step"], job.detected["header_row"]) == ("QUEUED", CHECK, 1)
