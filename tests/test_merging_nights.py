"""Nights and merges: the next night computes one customer, past ones stay, and neither disturbs the other."""

import threading
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection

from crm_site.nightly import run_night
from customers.models import Customer, CustomerMerge, Night, Standing, TierChange, Transaction
from customers.publish import refresh_days
from customers.publish_locks import night_alone
from customers.services.merge import MergeProblem, merge_customers
from customers.vocabulary import NightOrigin

AT = datetime(2026, 3, 5, 12, tzinfo=UTC)
AS_OF = date(2026, 3, 4)


@pytest.fixture
def firm(cast, make_customer):
    """Six customers with a year of orders."""
    found = [make_customer(f"C{i}", owner=cast.owner) for i in range(6)]
    for place, customer in enumerate(found):
        for month in range(12):
            day = AS_OF - timedelta(days=30 * month + place)
            Transaction.objects.create(
                customer=customer, order_no=f"O{place}-{month}", date=day, amount=100 + place, cost=60
            )
    refresh_days()
    return found


def merged(cast, firm):
    return merge_customers(survivor=firm[0], former=firm[1], chosen={}, reason="x", by=cast.lead, at=AT)


@pytest.mark.both
@pytest.mark.django_db
def test_the_next_night_computes_one_customer(cast, firm):
    before = run_night(as_of=AS_OF)
    kept = list(Standing.objects.filter(night=before.pk).order_by("customer_id").values_list("customer", "amount"))
    merged(cast, firm)
    after = run_night(as_of=AS_OF)
    assert after.pk != before.pk and (before.rows, after.rows) == (6, 5)
    assert after.summary["amount"] == before.summary["amount"]
    assert (
        list(Standing.objects.filter(night=before.pk).order_by("customer_id").values_list("customer", "amount")) == kept
    )
    one = Standing.objects.get(night=after.pk, customer=firm[0])
    assert (one.orders, one.amount) == (24, 12 * 100 + 12 * 101)
    assert not Standing.objects.filter(night=after.pk, customer=firm[1]).exists()
    assert run_night(as_of=AS_OF).pk == after.pk  # nothing new since


@pytest.mark.both
@pytest.mark.django_db
def test_a_replay_takes_the_survivors_own_way_of_tiers(cast, firm):
    for customer, before, months in ((firm[0], "ACQUAINTANCE", 6), (firm[1], "STRANGER", 2)):
        TierChange.objects.create(customer=customer, before=before, after="FRIEND", at=AT - timedelta(days=30 * months))
        Customer.objects.filter(pk=customer.pk).update(tier="FRIEND")
    firm[:] = Customer.objects.order_by("code")
    merged(cast, firm)
    night = run_night(as_of=AS_OF - timedelta(days=90), origin=NightOrigin.REPLAY)
    assert Standing.objects.get(night=night.pk, customer=firm[0]).tier == "FRIEND"


@pytest.mark.both
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_a_merge_asks_to_wait_while_a_night_is_computed(cast, firm):
    begun, over = threading.Event(), threading.Event()

    def night():
        try:
            with night_alone():
                begun.set()
                over.wait(60)
        finally:
            connection.close()

    other = threading.Thread(target=night)
    other.start()
    assert begun.wait(60)
    try:
        with pytest.raises(MergeProblem, match="night"):
            merged(cast, firm)
    finally:
        over.set()
        other.join()
    assert not CustomerMerge.objects.exists() and not Night.objects.exists()
    merged(cast, firm)
    assert CustomerMerge.objects.count() == 1
