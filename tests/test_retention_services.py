"""The steps of a task's life: each once, each with its event; constraints of the tables; who may have a task."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils import timezone

from customers.numerics.working_days import add_working_days
from customers.selectors.calendar import working_calendar
from customers.vocabulary import TaskOutcome
from retention import selectors, services
from retention.models import RetentionTask, TaskEvent, TaskTemplate
from retention.services import TaskProblem

pytestmark = [pytest.mark.django_db, pytest.mark.both]
NOW = timezone.make_aware(timezone.datetime(2026, 3, 5, 9))
TODAY = date(2026, 3, 5)


@pytest.fixture
def template(db):
    return TaskTemplate.objects.get(code="B2-VISIT")


@pytest.fixture
def customer(make_customer, cast):
    return make_customer("华宇", owner=cast.owner)


@pytest.fixture
def task(customer, template, cast):
    return services.add_task(customer=customer, template=template, by=cast.owner, at=NOW)


def last(task):
    event = task.events.last()
    return event.what, event.by, event.detail


def refused(code, step, **given):
    with pytest.raises(TaskProblem) as caught:
        step(**given)
    assert caught.value.code == code


def test_added_by_hand_goes_to_the_owner_on_the_template_s_day(task, cast, template):
    assert (task.owner, task.state, task.raised_on, task.night_id) == (cast.owner, "OPEN", TODAY, None)
    assert task.due == add_working_days(TODAY, template.due_days, working_calendar())
    assert last(task) == ("added", cast.owner, {"note": ""})


def test_a_second_live_task_of_the_template_is_refused(task, customer, template, cast):
    refused("twice", services.add_task, customer=customer, template=template, by=cast.owner, at=NOW)
    assert RetentionTask.objects.count() == 1 and TaskEvent.objects.count() == 1


def test_no_tasks_for_who_left_or_from_a_template_switched_off(customer, template, cast):
    template.active = False
    refused("inactive", services.add_task, customer=customer, template=template, by=cast.owner, at=NOW)
    template.active = True
    customer.exited_on = TODAY
    refused("exited", services.add_task, customer=customer, template=template, by=cast.owner, at=NOW)


def test_the_customer_of_who_left_the_firm_gets_an_unassigned_task(make_customer, template, cast):
    task = services.add_task(
        customer=make_customer("B", owner=cast.deactivated), template=template, by=cast.lead, at=NOW
    )
    assert task.owner is None


def test_done_once(task, cast):
    services.complete(task=task, outcome=TaskOutcome.PARTIAL, note=" fein ", by=cast.owner, at=NOW)
    refused("closed", services.complete, task=task, outcome=TaskOutcome.SUCCESS, by=cast.lead, at=NOW)
    task.refresh_from_db()
    assert (task.state, task.outcome, task.note, task.closed_on, task.closed_by) == (
        "DONE", "PARTIAL", "fein", TODAY, cast.owner,
    )  # fmt: skip
    assert last(task) == ("done", cast.owner, {"outcome": "PARTIAL", "note": "fein"})
    assert task.events.count() == 2


def test_closed_stays_closed_for_every_step(task, cast):
    services.dismiss(task=task, reason="kein Bedarf", by=cast.owner, at=NOW)
    tomorrow = TODAY + timedelta(days=1)
    by = {"task": task, "by": cast.owner, "at": NOW}
    refused("closed", services.complete, outcome="SUCCESS", **by)
    refused("closed", services.snooze, until=tomorrow, **by)
    refused("closed", services.dismiss, reason="x", **by)
    refused("closed", services.reassign, to=cast.lead, **by)
    task.refresh_from_db()
    assert (task.state, task.closed_reason) == ("DISMISSED", "kein Bedarf")


def test_an_unknown_outcome_and_a_past_day_are_refused(task, cast):
    refused("outcome", services.complete, task=task, outcome="GREAT", by=cast.owner, at=NOW)
    refused("past", services.snooze, task=task, until=TODAY, by=cast.owner, at=NOW)


def test_snoozed_sleeps_until_its_day_and_is_due_then(task, cast):
    until = TODAY + timedelta(days=40)
    services.snooze(task=task, until=until, reason="客户出差", by=cast.owner, at=NOW)
    services.snooze(task=task, until=until, by=cast.owner, at=NOW)  # a double click
    task.refresh_from_db()
    assert (task.state, task.snoozed_until, task.due) == ("SNOOZED", until, until)
    assert last(task) == ("snoozed", cast.owner, {"until": until.isoformat(), "reason": "客户出差"})
    assert task.events.count() == 2
    for day, seen in ((until - timedelta(days=1), 0), (until, 1)):
        assert selectors.queue(cast.owner, day).count() == seen


def test_reassigned_only_to_people_who_see_the_customer(task, cast):
    refused("forbidden", services.reassign, task=task, to=cast.teammate, by=cast.owner, at=NOW)
    refused("forbidden", services.reassign, task=task, to=cast.other_lead, by=cast.owner, at=NOW)
    refused("forbidden", services.reassign, task=task, to=cast.deactivated, by=cast.owner, at=NOW)
    services.reassign(task=task, to=cast.lead, by=cast.owner, at=NOW)
    services.reassign(task=task, to=cast.lead, by=cast.owner, at=NOW)
    assert last(task) == ("reassigned", cast.owner, {"before": cast.owner.pk, "to": cast.lead.pk, "reason": ""})
    assert task.events.count() == 2


def test_keepers_are_exactly_those_who_see_the_customer(make_customer, cast):
    for owner in (cast.owner, cast.stranger, cast.deactivated, cast.lead, None):
        customer = make_customer(f"K{owner}", owner=owner)
        offered = set(selectors.keepers([customer])[customer.pk])
        everybody = [*cast.insiders(), *cast.outsiders(), cast.deactivated]
        assert offered == {person for person in everybody if selectors.may_look_after(person, customer)}


def test_reopened_unless_another_is_live_or_the_customer_left(task, customer, template, cast):
    refused("live", services.reopen, task=task, by=cast.owner, at=NOW)
    services.complete(task=task, outcome="SUCCESS", by=cast.owner, at=NOW)
    services.reopen(task=task, by=cast.owner, at=NOW)
    task.refresh_from_db()
    assert (task.state, task.closed_on, task.outcome, task.closed_by) == ("OPEN", None, "", None)
    services.complete(task=task, outcome="SUCCESS", by=cast.owner, at=NOW)
    other = services.add_task(customer=customer, template=template, by=cast.owner, at=NOW)
    refused("live", services.reopen, task=task, by=cast.owner, at=NOW)
    services.complete(task=other, outcome="SUCCESS", by=cast.owner, at=NOW)
    customer.exited_on = TODAY
    customer.save()
    refused("exited", services.reopen, task=task, by=cast.owner, at=NOW)


def test_a_replayed_task_is_nobody_s(task, cast):
    RetentionTask.objects.update(origin="REPLAY", state="CLOSED", closed_on=TODAY)
    refused("live", services.reopen, task=task, by=cast.owner, at=NOW)
    assert not selectors.visible(cast.admin).exists()


def test_a_template_with_tasks_cannot_be_deleted(task, template):
    with pytest.raises(ProtectedError):
        template.delete()


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("one_live_task_per_customer_and_template", {}),
        ("closed_task_has_a_day", {"state": "CLOSED"}),
        ("snoozed_task_has_a_day", {"state": "SNOOZED"}),
        ("done_task_has_an_outcome", {"state": "DONE", "closed_on": TODAY}),
    ],
)
def test_constraints_of_tasks(task, customer, template, name, fields):
    if fields.get("state") == "SNOOZED":
        task.delete()
    given = {"customer": customer, "template": template, "raised_on": TODAY, "due": TODAY, **fields}
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        RetentionTask.objects.create(**given)
    assert name in str(caught.value) or "customer_id" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "fields"),
    [("template_category_known", {"category": "PARTY"}), ("template_bond_level", {"bond_level": 4})],
)
def test_constraints_of_templates(name, fields):
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        TaskTemplate.objects.create(**{"code": "Z", "category": "CARE", "title": "z", "title_zh": "乙", **fields})


def make(customer, template, **fields):
    return RetentionTask.objects.create(
        **{
            "customer": customer,
            "template": template,
            "owner": customer.owner,
            "raised_on": TODAY,
            "due": TODAY,
            **fields,
        }
    )


def test_queue_counts_and_stakes(make_customer, cast):
    templates = list(TaskTemplate.objects.order_by("code")[:4])
    first, second = make_customer("A", owner=cast.owner), make_customer("B", owner=cast.owner)
    monday = date(2026, 3, 2)  # TODAY is a Thursday
    make(first, templates[0], due=monday, value=10)
    make(first, templates[1], due=TODAY, value=30)
    make(second, templates[0], due=date(2026, 3, 8), value=5)
    make(second, templates[1], due=date(2026, 3, 9))
    make(second, templates[2], state="SNOOZED", snoozed_until=date(2026, 3, 6), due=date(2026, 3, 6))
    make(second, templates[3], state="DISMISSED", closed_on=TODAY, value=99)
    make(make_customer("C"), templates[0], owner=None)
    summary = selectors.summarise(selectors.visible(cast.owner), TODAY)
    assert (summary.overdue, summary.today, summary.week, summary.later, summary.snoozed) == (1, 1, 2, 1, 1)
    assert (summary.awake, summary.at_stake, summary.customers) == (4, 35, 2)
    counts = selectors.by_category(selectors.visible(cast.owner), TODAY)
    assert counts[""] == 4 and sum(counts.values()) == 8
    assert [task.due for task in selectors.queue(cast.owner, TODAY)] == [
        monday, TODAY, date(2026, 3, 8), date(2026, 3, 9),
    ]  # fmt: skip
    assert selectors.queue(cast.lead, TODAY).count() == 1  # nobody's
    assert selectors.queue(cast.admin, TODAY).count() == 0
    assert [selectors.due_count(user, TODAY) for user in (cast.owner, cast.lead, cast.admin)] == [2, 3, 0]
    chosen = selectors.next_tasks([first.pk, second.pk], cast.owner, TODAY)
    assert {pk: task.due for pk, task in chosen.items()} == {first.pk: monday, second.pk: date(2026, 3, 8)}
    assert selectors.next_tasks([first.pk], cast.stranger, TODAY) == {}


def test_load_of_the_team(make_customer, cast, template):
    done = make_customer("A", owner=cast.owner)
    make(done, template, state="DONE", outcome="SUCCESS", closed_on=TODAY)
    make(done, TaskTemplate.objects.get(code="B2-CLUB"), state="CLOSED", closed_on=TODAY, closed_reason="VANISHED")
    make(make_customer("B", owner=cast.owner), template, due=date(2026, 3, 1))
    make(make_customer("C"), template, owner=None)
    make(make_customer("D", owner=cast.stranger), template)
    rows = {str(row["user"]): row for row in selectors.load(cast.lead, TODAY)}
    assert list(rows) == ["None", "Olga Owner", "lead", "teammate"]
    mine = rows["Olga Owner"]
    assert (mine["overdue"], mine["total"], mine["done_30"], mine["acted"]) == (1, 1, 1, 0.5)
    assert rows["lead"]["acted"] is None and rows["None"]["week"] == 1
    assert "stranger" in {str(row["user"]) for row in selectors.load(cast.admin, TODAY)}
