"""What imports change about customers is on record like every other change: who, when, before and after."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers.imports.account_run import import_accounts
from customers.models import Customer, ImportJob
from customers.selectors import history
from customers.services.import_undo import undo_import
from customers.services.ownership import reassign
from customers.services.records import update_customer
from tests.importing import AT, bring_in

pytestmark = [pytest.mark.django_db, pytest.mark.both]
BARE = "customer,date,amount\nC1,2024-01-05,1\nC2,2024-01-05,1\n"
NAMED = "customer,name,industry,date,amount\nC1,Huadong Power,Power,2024-02-05,2\nC2,,,2024-02-05,2\n"


def bring_customers(tmp_path, text):
    """Import a file of customers; those it makes were made the day before."""
    outcome = bring_in(tmp_path, text, kind="CUSTOMERS")
    Customer.objects.filter(created_at__gt=AT).update(created_at=AT - timedelta(days=1))
    return outcome.job


def changed(code):
    """(field, before, after, by, reason) of each change on record, the newest first."""
    found = history.changes(Customer.objects.get(code=code))
    return [(c.field, c.before, c.after, c.by, c.reason) for c in found if c.kind == "changed"]


def test_blanks_that_a_file_of_lines_fills(tmp_path):
    bring_in(tmp_path, BARE)
    job = bring_in(tmp_path, NAMED).job
    reason = f"Import {job.pk}"
    assert sorted(changed("C1")) == [
        ("industry", "", "Power", None, reason), ("name", "C1", "Huadong Power", None, reason),
    ]  # fmt: skip
    assert changed("C2") == []
    assert Customer.objects.get(code="C1").version == 2
    assert list(Customer.objects.get(code="C1").history.values_list("history_type", "version")) == [("~", 2), ("+", 1)]


def test_a_file_of_customers_and_its_undo(tmp_path, admin, owner):
    bring_customers(tmp_path, "code,name,owner\nC1,Old,\nC2,Same,\n")
    job = bring_customers(tmp_path, f"code,name,owner\nC1,New,{owner.username}\nC2,Same,\n")
    reason = f"Import {job.pk}"
    assert sorted(changed("C1"), key=str) == [
        ("name", "Old", "New", None, reason),
        ("owner", None, str(owner), None, reason),
    ]
    assert changed("C2") == []
    undo_import(job=job, by=admin, at=AT)
    undone = changed("C1")[:2]
    assert sorted(undone, key=str) == [
        ("name", "New", "Old", admin, f"Undone import {job.pk}"),
        ("owner", str(owner), None, admin, f"Undone import {job.pk}"),
    ]
    assert changed("C2") == []


def test_who_brought_the_file_stands_beside_the_change(tmp_path, admin, monkeypatch):
    bring_customers(tmp_path, "code,name\nC1,Old\n")
    monkeypatch.setattr("tests.importing.import_accounts", lambda *args, **named: _as(admin, *args, **named))
    bring_customers(tmp_path, "code,name\nC1,New\n")
    assert [by for _field, _before, _after, by, _reason in changed("C1")] == [admin]


def _as(user, *args, **named):
    ImportJob.objects.filter(pk=named["job_id"]).update(created_by=user)
    return import_accounts(*args, **named)


def test_a_customer_that_a_file_made_says_so(tmp_path, client_for, admin, eager):
    job = bring_in(tmp_path, BARE).job
    made = history.changes(Customer.objects.get(code="C1"))
    assert [(change.kind, change.of, change.reason) for change in made] == [("created", "C1", f"Import {job.pk}")]
    for language, words in (("en", ": created<"), ("zh-hans", "：新建<")):
        page = client_for(admin, language).get("/customers/C1/?tab=history").content.decode()
        assert words in page


def test_later_edits_and_hand_overs_show_what_was_before(tmp_path, admin, owner, lead):
    bring_in(tmp_path, BARE)
    customer = Customer.objects.get(code="C1")
    customer.name = "Renamed"
    update_customer(customer=customer, expected=1, by=admin, at=AT)
    assert changed("C1") == [("name", "C1", "Renamed", admin, "")]
    reassign(customers=Customer.objects.filter(code="C2"), to=owner, by=lead, at=AT, reason="Move")
    assert changed("C2") == [("owner", None, str(owner), lead, "Move")]
    assert [change.kind for change in history.changes(Customer.objects.get(code="C2"))] == ["changed", "created"]


def test_the_records_of_ten_cost_as_many_statements_as_of_one(tmp_path):
    bring_customers(tmp_path, "code,name\n" + "".join(f"C{i},Old\n" for i in range(10)))
    spent = []
    for numbers in (range(1), range(1, 10)):
        rows = "".join(f"C{i},New\n" for i in numbers)
        with CaptureQueriesContext(connection) as queries:
            bring_customers(tmp_path, "code,name\n" + rows)
        spent.append(sum("customers_historicalcustomer" in query["sql"] for query in queries))
    assert spent == [2, 2]
    assert Customer.history.filter(history_type="~").count() == 10
