"""Care work that is done goes on record as care of its phase, one by one and many at once; knobs of care."""

from datetime import date

import pytest
from django.urls import reverse
from django.utils import timezone

from customers.models import Interaction
from retention.models import CarePolicy, RetentionTask, TaskTemplate

pytestmark = pytest.mark.django_db


@pytest.fixture
def make_task(make_customer, cast):
    def make(code, template):
        today, customer = timezone.localdate(), make_customer(code, owner=cast.owner)
        return RetentionTask.objects.create(
            customer=customer, template=TaskTemplate.objects.get(code=template), owner=cast.owner, raised_on=today,
            due=today, night_id=1,
        )  # fmt: skip

    return make


def contacts():
    return sorted(Interaction.objects.values_list("customer__code", "kind", "care_phase"))


@pytest.mark.parametrize(("template", "phase"), [("C-PRE", "PRE"), ("C-DUR", "DURING"), ("C-POST", "POST")])
def test_care_done_is_a_care_contact(client_for, cast, make_task, template, phase):
    task, client = make_task("A", template), client_for(cast.owner)
    form = client.get(reverse("retention:detail", args=[task.pk])).context["forms"]["complete"]
    assert form["contact"].initial == "CALL"
    data = {"outcome": "SUCCESS", "note": "all well", "contact": "VISIT"}
    client.post(reverse("retention:complete", args=[task.pk]), data)
    assert contacts() == [("A", "VISIT", phase)]


def test_other_work_offers_a_contact_and_presses_none(client_for, cast, make_task):
    task, client = make_task("A", "Q-HH"), client_for(cast.owner)
    form = client.get(reverse("retention:detail", args=[task.pk])).context["forms"]["complete"]
    assert not form["contact"].initial
    client.post(reverse("retention:complete", args=[task.pk]), {"outcome": "SUCCESS", "contact": "CALL"})
    assert contacts() == [("A", "CALL", "")]


def test_care_without_a_contact_or_that_reached_nobody_is_no_contact(client_for, cast, make_task):
    client = client_for(cast.owner)
    given = {"A": {"outcome": "SUCCESS", "contact": ""}, "B": {"outcome": "NOT_REACHED", "contact": "CALL"}}
    for code, data in given.items():
        client.post(reverse("retention:complete", args=[make_task(code, "C-POST").pk]), data)
    assert contacts() == []
    assert not RetentionTask.objects.exclude(state="DONE").exists()


def test_many_at_once_are_on_record_as_well(client_for, cast, make_task):
    ids = [make_task("A", "C-POST").pk, make_task("B", "Q-HH").pk]
    client_for(cast.owner).post(reverse("retention:bulk"), {"ids": ids, "action": "complete", "outcome": "SUCCESS"})
    assert contacts() == [("A", "CALL", "POST")]


def test_many_are_dismissed_for_a_reason(client_for, cast, make_task):
    ids, client = [make_task(code, "Q-HH").pk for code in "AB"], client_for(cast.owner)
    client.post(reverse("retention:bulk"), {"ids": ids, "action": "dismiss", "reason": " "})
    assert set(RetentionTask.objects.values_list("state", flat=True)) == {"OPEN"}
    client.post(reverse("retention:bulk"), {"ids": ids, "action": "dismiss", "reason": "Doubled"})
    assert set(RetentionTask.objects.values_list("state", "closed_reason")) == {("DISMISSED", "Doubled")}


def test_the_policy_says_how_long_a_link_is_valid(client_for, cast, make_customer):
    customer = make_customer("A", owner=cast.owner)
    client, page = client_for(cast.owner), f"/retention/cases/surveys/new/?customer={customer.code}"
    assert client.get(page).context["form"]["valid_days"].value() == 30
    CarePolicy.objects.update_or_create(pk=1, defaults={"survey_days": 12})
    assert client.get(page).context["form"]["valid_days"].value() == 12


def test_the_tab_of_contracts_counts_contracts(client_for, cast, make_customer):
    customer, day = make_customer("A", owner=cast.owner), date(2026, 1, 1)
    customer.contracts.create(number="K", start=day, end=day)
    for number in "XY":
        customer.receivables.create(number=number, issued=day, due=day, amount=1)
    tabs = {code: count for code, _words, count in client_for(cast.owner).get("/customers/A/").context["tabs"]}
    assert tabs["contracts"] == 1


def test_a_page_beyond_the_role_does_not_say_one_may_look(client_for, cast):
    page = client_for(cast.owner).get("/people/")
    assert page.status_code == 403 and "does not include this page or this step" in page.content.decode()
