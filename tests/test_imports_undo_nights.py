"""Undoing an import after a night: what only nights wrote goes along, what people did keeps a customer."""

from datetime import date

import pytest
from django.utils import timezone

from crm_site.nightly import run_night
from customers.models import Customer, DistinctPair, Standing
from customers.publish_locks import night_alone
from customers.services.distinct import tell_apart
from customers.services.import_undo import CannotUndo, undo_import
from lifecycle.models import StageChange
from retention import services
from retention.models import RetentionTask, TaskTemplate
from tests.importing import AT, bring_in

pytestmark = [pytest.mark.django_db, pytest.mark.both]
HEAD = "customer,order,date,quantity,amount,cost\n"
ROWS = "".join(f"C{i},S{i}-{n},2025-{n:02d}-05,1,{100 + i},60\n" for i in range(4) for n in range(1, 13))
AS_OF = date(2026, 1, 31)


@pytest.fixture
def counted(tmp_path, make_customer):
    """An import of four customers that a night has counted, beside one that was there before."""
    make_customer("OLD")
    outcome = bring_in(tmp_path, HEAD + ROWS)
    TaskTemplate.objects.filter(code="C-PRE").update(trigger={"field": "orders", "op": "ge", "value": 1})
    run_night(as_of=AS_OF)
    assert Standing.objects.count() == 5 and StageChange.objects.exists() and RetentionTask.objects.exists()
    return outcome.job


def test_customers_only_nights_know_go(counted, cast):
    done = undo_import(job=counted, by=cast.admin, at=AT)
    assert (done["customers"], done["kept"], done["lines"]) == (4, 0, 48)
    assert list(Customer.objects.values_list("code", flat=True)) == ["OLD"]
    assert Standing.objects.count() == 1 and not StageChange.objects.exists()
    assert not RetentionTask.objects.exclude(customer__code="OLD").exists()
    assert run_night(as_of=AS_OF).rows == 1


def test_that_two_are_not_the_same_goes_with_either(counted, cast):
    tell_apart(customers=Customer.objects.filter(code__in=["OLD", "C1"]), by=cast.admin, at=AT)
    done = undo_import(job=counted, by=cast.admin, at=AT)
    assert (done["customers"], done["kept"]) == (4, 0) and not DistinctPair.objects.exists()


def test_a_customer_somebody_worked_with_stays(counted, cast):
    task = RetentionTask.objects.order_by("pk").first()
    services.complete(task=task, outcome="SUCCESS", by=cast.admin, at=timezone.now())
    done = undo_import(job=counted, by=cast.admin, at=AT)
    assert (done["customers"], done["kept"]) == (3, 1)
    assert set(Customer.objects.values_list("code", flat=True)) == {"OLD", task.customer.code}
    assert RetentionTask.objects.filter(pk=task.pk, state="DONE").exists()
    assert run_night(as_of=AS_OF).rows == 2


@pytest.mark.sqlite
def test_a_running_night_is_waited_for(counted, cast):
    with night_alone(), pytest.raises(CannotUndo) as refused:
        undo_import(job=counted, by=cast.admin, at=AT)
    assert refused.value.code == "night" and Customer.objects.count() == 5
