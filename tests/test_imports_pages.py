"""The import pages: from upload to result and back, who may, and what goes wrong."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from customers.models import Customer, ImportJob, MappingPreset, PurchaseDay, Transaction
from customers.services import imports
from customers.vocabulary import ImportStatus

pytestmark = pytest.mark.django_db
CSV = (
    "客户编号,客户名称,订单号,订单日期,产品编号,数量,金额\n"
    "C1,华东电力,S1,2024-01-05,P1,2,100.5\nC2,Beta,S2,2024-02-05,P2,1,50\nC2,Beta,S3,2024-13-05,P2,1,50\n"
)
ADDRESSES = ["detail", "mapping", "confirm", "progress", "rejected", "undo", "discard"]


def send(client, text=CSV, name="orders.csv", kind="TRANSACTIONS"):
    data = text if isinstance(text, bytes) else text.encode()
    return client.post(reverse("imports:upload"), {"kind": kind, "file": SimpleUploadedFile(name, data)})


def mapped(client, job, **more):
    """Post what the mapping page proposes."""
    page = client.get(reverse("imports:mapping", args=[job.pk]))
    values = {name: value for name, value in page.context["form"].initial.items() if value is not None}
    values = {name: "on" if value is True else value for name, value in values.items() if value is not False}
    return client.post(reverse("imports:mapping", args=[job.pk]), {**values, **more})


@pytest.fixture
def boss(client_for, admin):
    return client_for(admin)


@pytest.fixture
def checked(boss):
    """An upload that was mapped as guessed and checked."""
    send(boss)
    job = ImportJob.objects.get()
    mapped(boss, job)
    job.refresh_from_db()
    return job


@pytest.fixture
def imported(boss, checked):
    """The same, imported."""
    boss.post(reverse("imports:confirm", args=[checked.pk]))
    run_queued(checked)
    checked.refresh_from_db()
    return checked


def run_queued(job):
    from django.utils import timezone

    imports.take_up(job.pk, today=timezone.localdate(), clock=timezone.now)


def test_the_list_invites_where_nothing_came_in(boss):
    page = boss.get("/imports/")
    assert page.status_code == 200
    assert "No import yet" in page.content.decode()


def test_an_upload_is_guessed_in_chinese(boss):
    answer = send(boss)
    job = ImportJob.objects.get()
    assert answer["Location"] == reverse("imports:mapping", args=[job.pk])
    initial = boss.get(answer["Location"]).context["form"].initial
    assert initial["field_customer_code"] == "客户编号"
    assert initial["field_customer_name"] == "客户名称"
    assert initial["field_date"] == "订单日期"
    assert initial["field_amount"] == "金额"
    assert initial["field_order_no"] == "订单号"


def test_the_check_counts_and_writes_nothing(checked, boss):
    assert checked.status == ImportStatus.CHECKED
    assert {k: checked.dry_run[k] for k in ("rows", "created", "rejected")} == {"rows": 3, "created": 2, "rejected": 1}
    assert not Transaction.objects.exists() and not Customer.objects.exists()
    page = boss.get(reverse("imports:detail", args=[checked.pk])).content.decode()
    assert "2024-13-05" in page and "Import now" in page


def test_a_yes_imports_once(boss, checked, django_capture_on_commit_callbacks, monkeypatch):
    sent = []
    monkeypatch.setattr("customers.views.imports.send_import", sent.append)
    with django_capture_on_commit_callbacks(execute=True):
        boss.post(reverse("imports:confirm", args=[checked.pk]))
        boss.post(reverse("imports:confirm", args=[checked.pk]))
    assert sent == [checked.pk]
    run_queued(checked)
    run_queued(checked)
    checked.refresh_from_db()
    assert checked.status == ImportStatus.DONE
    assert (checked.created, checked.rejected, Transaction.objects.count()) == (2, 1, 2)


def test_progress_stops_polling_with_the_result(boss, checked):
    boss.post(reverse("imports:confirm", args=[checked.pk]))
    url = reverse("imports:progress", args=[checked.pk])
    waiting = boss.get(url)
    assert waiting.status_code == 200 and "hx-get" in waiting.content.decode()
    run_queued(checked)
    done = boss.get(url)
    assert done.status_code == 286 and done["HX-Refresh"] == "true"
    assert "hx-get" not in done.content.decode()


def test_the_result_offers_the_rejected_rows(boss, imported):
    page = boss.get(reverse("imports:detail", args=[imported.pk])).content.decode()
    assert reverse("imports:rejected", args=[imported.pk]) in page
    answer = boss.get(reverse("imports:rejected", args=[imported.pk]))
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    answer.close()
    assert "attachment" in answer["Content-Disposition"]
    assert "2024-13-05" in text and text.splitlines()[0].startswith("Line,Reason,客户编号")


def test_the_reason_is_in_the_language_of_the_uploader(boss, admin, checked):
    admin.language = "zh-hans"
    admin.save()
    boss.post(reverse("imports:confirm", args=[checked.pk]))
    run_queued(checked)
    checked.refresh_from_db()
    with checked.errors_file.open("rb") as file:
        text = file.read().decode("utf-8-sig")
    assert text.startswith("行,原因") or "日期" in text
    assert "is not a date" not in text


def test_undo_takes_everything_back(boss, imported):
    url = reverse("imports:undo", args=[imported.pk])
    assert "Undo the import" in boss.get(url).content.decode()
    boss.post(url)
    imported.refresh_from_db()
    assert imported.status == ImportStatus.UNDONE
    assert not Transaction.objects.exists() and not Customer.objects.exists() and not PurchaseDay.objects.exists()
    assert "taken back" in boss.get(reverse("imports:detail", args=[imported.pk])).content.decode()


def test_an_edited_line_prevents_the_undo(boss, imported):
    line = Transaction.objects.first()
    line.amount = 1
    line.save()
    answer = boss.post(reverse("imports:undo", args=[imported.pk]), follow=True)
    assert "1 lines of this import were changed" in answer.content.decode()
    assert Transaction.objects.count() == 2


def test_the_same_file_again_is_told(boss, imported):
    send(boss)
    job = ImportJob.objects.latest("id")
    assert "already imported" in boss.get(reverse("imports:mapping", args=[job.pk])).content.decode()
    mapped(boss, job)
    job.refresh_from_db()
    assert (job.dry_run["created"], job.dry_run["unchanged"]) == (0, 2)


def test_a_preset_is_saved_and_applied(boss, checked):
    mapped(boss, checked, preset="ERP")
    preset = MappingPreset.objects.get()
    send(boss)
    job = ImportJob.objects.latest("id")
    page = boss.get(reverse("imports:mapping", args=[job.pk]), {"preset": preset.pk})
    assert page.context["form"].initial["field_amount"] == "金额"
    assert page.context["form"].initial["create_customers"] is True


def test_a_mapping_without_a_date_is_refused_in_words(boss):
    send(boss)
    job = ImportJob.objects.get()
    answer = mapped(boss, job, field_date="")
    assert answer.status_code == 422
    assert "“Date”" in answer.content.decode()


def test_a_date_order_that_is_open_goes_back_to_the_mapping(boss):
    send(boss, "customer,date,amount\nC1,01/02/2024,5\nC2,03/04/2024,6\n")
    job = ImportJob.objects.get()
    mapped(boss, job)
    page = boss.get(reverse("imports:detail", args=[job.pk])).content.decode()
    assert "day first or month first" in page and "Change the mapping" in page
    mapped(boss, job, date_format="%d/%m/%Y")
    job.refresh_from_db()
    assert (job.status, job.dry_run["created"]) == ("CHECKED", 2)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\x89PNG\r\n\x1a\n0000", "PNG"),
        (b"", "empty"),
        (b"a,b\n", "header and no rows"),
        (b"a,a\n1,2\n", "more than once"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1xxxx", ".xls"),
        (b"PK\x03\x04broken", "damaged"),
    ],
)
def test_no_table_is_refused_in_one_sentence_and_not_kept(boss, content, words):
    answer = send(boss, content)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not ImportJob.objects.exists()


def test_a_file_over_the_cap_is_413_and_not_read(boss, settings):
    settings.UPLOAD_CAP_BYTES = 1000
    answer = send(boss, CSV + "C9,x,S9,2024-01-01,P1,1,1\n" * 100)
    assert answer.status_code == 413
    assert not ImportJob.objects.exists()


def test_without_a_token_nothing_is_taken_in(admin):
    from django.test import Client

    strict = Client(enforce_csrf_checks=True)
    strict.force_login(admin, backend="customers.backends.DemoAwareBackend")
    assert send(strict).status_code == 403
    assert not ImportJob.objects.exists()


def test_a_file_name_is_shown_escaped_and_never_used(boss):
    send(boss, name="<img onerror=x>.csv")
    job = ImportJob.objects.get()
    assert "onerror" not in job.file.name
    assert "<img onerror" not in boss.get("/imports/").content.decode()


def test_an_upload_can_be_discarded_with_its_file(boss, django_capture_on_commit_callbacks):
    send(boss)
    job = ImportJob.objects.get()
    with django_capture_on_commit_callbacks(execute=True):
        boss.post(reverse("imports:discard", args=[job.pk]))
    assert not ImportJob.objects.exists()
    assert not job.file.storage.exists(job.file.name)


@pytest.mark.parametrize("kind", ["customers", "transactions"])
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_templates_come_back_in_recognised(client_for, admin, kind, language):
    from django.utils import translation

    from customers.imports.fields import FIELDS
    from customers.imports.mapping import guess
    from customers.imports.samples import LEFT_OUT
    from customers.vocabulary import ImportKind

    answer = client_for(admin, language).get(reverse("imports:template", args=[kind, "csv"]))
    titles = answer.content.decode("utf-8-sig").strip().split(",")
    with translation.override(language):
        found = guess(titles, kind.upper())
    assert set(found) == set(FIELDS[ImportKind(kind.upper())]) - LEFT_OUT
    book = client_for(admin, language).get(reverse("imports:template", args=[kind, "xlsx"]))
    assert book.content.startswith(b"PK")


@pytest.mark.parametrize("address", ADDRESSES)
def test_who_may_not(client_for, cast, make_user, imported, address):
    url = reverse(f"imports:{address}", args=[imported.pk])
    for method in ("get", "post"):
        assert getattr(client_for(None), method)(url).status_code == 302
        for user in (cast.owner, cast.lead, cast.stranger):
            assert getattr(client_for(user), method)(url).status_code == 403
    assert Transaction.objects.count() == 2


def test_the_imports_of_others_are_not_there(make_user, imported):
    from customers.selectors.imports import jobs_for

    assert not jobs_for(make_user("other")).exists()
    assert jobs_for(imported.created_by).count() == 1


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_import_that_does_not_exist_is_404(boss, address):
    method = boss.post if address in ("confirm", "discard") else boss.get
    assert method(reverse(f"imports:{address}", args=[4711])).status_code == 404


@pytest.mark.parametrize(
    ("address", "method"), [("upload", "get"), ("confirm", "get"), ("discard", "get"), ("index", "post")]
)
def test_wrong_method(boss, checked, address, method):
    url = reverse(f"imports:{address}", args=[] if address in ("upload", "index") else [checked.pk])
    assert getattr(boss, method)(url).status_code == 405
