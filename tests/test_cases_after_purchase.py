"""Care after the purchase: one task follows each order, whatever nights come in between."""

from datetime import UTC, datetime, time, timedelta

import pytest
from django.db import transaction

from customers.vocabulary import TaskOutcome
from retention import assess, services
from retention.models import RetentionTask, TaskTemplate
from tests.retention_world import AS_OF, book_of, make_night

pytestmark = pytest.mark.django_db


def night(customer, day, last_order):
    """The tasks raised by the night `day` days after the first order."""
    as_of = AS_OF + timedelta(days=day)
    row = {"days_since_order": float(day - last_order), "level": "HIGH", "stage": "STABLE"}
    book = book_of([row], [customer.pk], [customer.owner_id], as_of=as_of)
    with transaction.atomic():
        return assess.assess(book).on_publish[0](make_night(as_of))["raised"]


def test_one_task_follows_each_order(make_customer, cast):
    """Orders on days 0 and 9; each task is done the day after it was raised, and no care contact is logged."""
    TaskTemplate.objects.exclude(code="C-POST").update(active=False)
    customer, raised = make_customer("C1", owner=cast.owner), []
    for day in (0, 1, 2, 8, 9, 14, 15, 16, 17, 22, 23, 24, 31, 40):
        if night(customer, day, 9 if day >= 9 else 0):
            raised.append(day)
            at = datetime.combine(AS_OF + timedelta(days=day + 1), time(10), UTC)
            services.complete(
                task=RetentionTask.objects.latest("id"), outcome=TaskOutcome.SUCCESS, by=cast.owner, at=at
            )
    assert raised == [0, 16]
