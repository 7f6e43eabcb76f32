"""The import pages in a browser: a file goes in with a real progress bar, with and without JavaScript, accessible."""

import os

import pytest
from django.urls import reverse

from customers.models import ImportJob, Transaction
from tests.conftest import wait_for

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SHOTS = os.environ.get("SHOTS")
ROWS = "".join(f"C{i % 50},华东电力{i % 50},S{i},2024-01-{i % 28 + 1:02d},P{i % 9},{i % 7},{i}.5\n" for i in range(400))
CSV = (
    "客户编号,客户名称,订单号,订单日期,产品编号,数量,金额\n"
    + ROWS
    + "C1,x,S1,2024-13-05,P1,1,1\nC1,x,S1,never,P1,1,abc\n"
)


def shot(page, name):
    """A picture for people, where SHOTS names a folder."""
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


@pytest.fixture
def orders(tmp_path):
    path = tmp_path / "订单 2024.csv"
    path.write_text(CSV, encoding="gb18030")
    return path


@pytest.fixture
def worker_is_slow(monkeypatch):
    """The worker is played by the test, so that every state of the page is seen."""
    sent = []
    monkeypatch.setattr("customers.views.imports.send_import", sent.append)
    return sent


def finish(job_id):
    from django.utils import timezone

    from customers.services import imports

    imports.take_up(job_id, today=timezone.localdate(), clock=timezone.now)


@pytest.mark.parametrize(
    ("language", "dark", "width"), [("en", False, 1440), ("zh-hans", True, 1440), ("zh-hans", False, 390)]
)
def test_a_file_goes_in(browse, admin, orders, worker_is_slow, accessible, language, dark, width):
    admin.language = language
    admin.save()
    name = f"{language}-{'dark' if dark else 'light'}-{width}"
    page = browse(admin, language=language, dark=dark, width=width)
    page.goto("/imports/")
    shot(page, f"1-empty-{name}")
    accessible(page)
    page.set_input_files("input[name=file]", str(orders))
    page.click("form.form button.primary")
    page.wait_for_url("**/mapping/")
    assert page.input_value("select[name=field_customer_code]") == "客户编号"
    shot(page, f"2-mapping-{name}")
    accessible(page)
    page.fill("input[name=preset]", "ERP")
    page.click("form.form button.primary")
    page.wait_for_url("**/imports/*/")
    shot(page, f"3-checked-{name}")
    accessible(page)
    page.click(".page-head button.primary")
    page.wait_for_selector("#progress")
    job = ImportJob.objects.get()
    shot(page, f"4-queued-{name}")
    ImportJob.objects.filter(pk=job.pk).update(status="RUNNING", rows=130, rows_expected=402, started_at=job.created_at)
    page.wait_for_selector("#progress progress[value]")
    shot(page, f"5-running-{name}")
    accessible(page)
    ImportJob.objects.filter(pk=job.pk).update(status="QUEUED")
    finish(job.pk)
    page.wait_for_selector(f"a[href='{reverse('imports:undo', args=[job.pk])}']")
    shot(page, f"6-done-{name}")
    accessible(page)
    assert Transaction.objects.count() == 400
    page.goto("/imports/")
    shot(page, f"7-list-{name}")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth + 1")
    page.goto(reverse("imports:undo", args=[job.pk]))
    shot(page, f"8-undo-{name}")
    page.click("button.danger")
    wait_for(lambda: not Transaction.objects.exists())
    page.wait_for_url(f"**/imports/{job.pk}/")
    shot(page, f"9-undone-{name}")


def test_it_works_without_javascript(browse, admin, orders, worker_is_slow):
    page = browse(admin, javascript=False)
    page.goto("/imports/")
    page.set_input_files("input[name=file]", str(orders))
    page.click("form.form button.primary")
    page.click("form.form button.primary")
    page.click(".page-head button.primary")
    job = ImportJob.objects.get()
    finish(job.pk)
    page.goto(reverse("imports:detail", args=[job.pk]))
    assert "400" in page.inner_text(".kpis")
