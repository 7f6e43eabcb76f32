"""Imports as jobs: one effect for two messages, a crash is taken up, a broker that is away only delays."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from kombu.exceptions import OperationalError

from customers import tasks
from customers.imports.mapping import check
from customers.models import Customer, ImportJob, InputChange, Transaction
from customers.services import imports

pytestmark = [pytest.mark.django_db, pytest.mark.both]
NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)
MAPPING = {"columns": {"customer_code": "customer", "date": "date", "amount": "amount"}, "create_customers": True}


def clock():
    return NOW


def queued(by=None, text="customer,date,amount\nC1,2024-01-05,5\n", step=imports.IMPORT):
    job = imports.upload(kind="TRANSACTIONS", upload=SimpleUploadedFile("a.csv", text.encode()), by=by)
    imports.set_mapping(job=job, mapping=check(MAPPING, "TRANSACTIONS"), by=by)
    job.status = "CHECKED"
    job.save()
    assert imports.queue(job=job, step=step, at=NOW)
    return job


def take_up(job):
    return imports.take_up(job.pk, today=NOW.date(), clock=clock)


def test_two_messages_have_one_effect(admin):
    job = queued(admin)
    assert take_up(job).created == 1
    assert take_up(job) is None
    assert Transaction.objects.count() == 1
    assert InputChange.objects.filter(what="import").count() == 1


def test_a_job_is_queued_once(admin):
    job = queued(admin)
    assert not imports.queue(job=job, step=imports.IMPORT, at=NOW)


def test_a_lost_message_is_sent_again(admin, monkeypatch):
    job, sent = queued(admin), []
    monkeypatch.setattr(tasks.run_import, "delay", sent.append)
    for minutes in (0, 2, 2):
        tasks.sweep_imports(NOW + timedelta(minutes=minutes))
    assert sent == [job.pk]


def test_a_dead_worker_is_replaced_and_gives_up_in_the_end(admin):
    job, sent = queued(admin), []
    for _attempt in range(imports.MOST_ATTEMPTS):
        assert ImportJob.objects.filter(pk=job.pk, status="QUEUED").update(
            status="RUNNING", attempts=_attempt + 1, heartbeat=NOW
        )
        assert imports.sweep(NOW + timedelta(minutes=5)) == []
        sent += imports.sweep(NOW + timedelta(minutes=11))
    job.refresh_from_db()
    assert (job.status, job.error["code"], len(sent)) == ("FAILED", "crashed", imports.MOST_ATTEMPTS - 1)
    assert not Transaction.objects.exists()


def test_the_slow_worker_that_was_replaced_writes_nothing(admin, monkeypatch):
    job = queued(admin)
    resolve = imports.import_lines

    def overtaken(*args, **kwargs):
        ImportJob.objects.filter(pk=job.pk).update(attempts=2)
        return resolve(*args, **kwargs)

    monkeypatch.setattr(imports, "import_lines", overtaken)
    assert take_up(job) is None
    assert not Transaction.objects.exists()
    assert ImportJob.objects.get(pk=job.pk).status == "RUNNING"


def test_a_fault_in_the_middle_writes_nothing_and_says_so(admin, monkeypatch):
    job = queued(admin)

    def broken(ids):
        raise RuntimeError("power")

    monkeypatch.setattr("customers.imports.running.refresh_days", broken)
    with pytest.raises(RuntimeError):
        take_up(job)
    job.refresh_from_db()
    assert (job.status, job.error["code"]) == ("FAILED", "internal")
    assert not Transaction.objects.exists() and not Customer.objects.exists()


def test_a_file_that_vanished_fails_in_words(admin):
    job = queued(admin)
    job.file.storage.delete(job.file.name)
    take_up(job)
    job.refresh_from_db()
    assert (job.status, job.error["code"]) == ("FAILED", "nothing_left")


def test_a_broker_that_is_away_only_delays(admin, monkeypatch):
    def away(job_id):
        raise OperationalError

    job = queued(admin)
    monkeypatch.setattr(tasks.run_import, "delay", away)
    tasks.send_import(job.pk)
    job.refresh_from_db()
    assert job.status == "QUEUED"


def test_the_task_carries_a_job_to_its_end(admin, eager):
    job = queued(admin)
    tasks.send_import(job.pk)
    job.refresh_from_db()
    assert (job.status, job.created) == ("DONE", 1)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_imports_at_once_with_the_same_new_customer(admin):
    jobs = [queued(admin, f"customer,date,amount\nC1,2024-01-0{n},5\n") for n in (1, 2)]
    barrier, faults = threading.Barrier(2), []

    def work(job):
        try:
            barrier.wait(10)
            take_up(job)
        except Exception as fault:
            faults.append(fault)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=[job]) for job in jobs]
    [thread.start() for thread in threads]
    [thread.join(30) for thread in threads]
    assert not faults
    assert (Customer.objects.count(), Transaction.objects.count()) == (1, 2)
    assert list(ImportJob.objects.values_list("status", flat=True)) == ["DONE", "DONE"]


def test_files_are_forgotten_after_a_month_and_counts_stay(admin):
    job = queued(admin, "customer,date,amount\nC1,2024-01-05,5\nC1,never,5\n")
    take_up(job)
    job.refresh_from_db()
    names = [job.file.name, job.errors_file.name]
    assert imports.forget_files(job.created_at + timedelta(days=29)) == 0
    assert imports.forget_files(job.created_at + timedelta(days=31)) == 2
    assert not any(job.file.storage.exists(name) for name in names)
    job.refresh_from_db()
    assert (job.created, job.rejected, bool(job.file)) == (1, 1, False)
