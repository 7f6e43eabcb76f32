"""The night's sync of tasks: raised once, refreshed, closed with a reason, at rest, awake again; on both engines."""

from datetime import timedelta
from functools import partial

import numpy as np
import pandas as pd
import pytest
from django.db import transaction
from django.utils import timezone

from customers.models import Customer
from customers.vocabulary import NightOrigin, TaskOutcome
from retention import assess, publish, services
from retention.models import RetentionTask, TaskEvent, TaskTemplate, WorkPolicy
from retention.numerics.planning import Rule
from tests.retention_world import AS_OF, book_of, make_night

pytestmark = [pytest.mark.django_db, pytest.mark.both]
SILENT = {"field": "last_contact_days", "op": "ge", "value": 30}


@pytest.fixture
def template(db):
    """The only template: silence of thirty days."""
    TaskTemplate.objects.all().delete()
    return TaskTemplate.objects.create(
        code="T1", category="CARE", title="Call", title_zh="回访", trigger=SILENT, due_days=7, rest_days=60, weight=50
    )


@pytest.fixture
def customers(make_customer, cast):
    """Three customers: of the owner, of a colleague who left the firm, of nobody."""
    return [
        make_customer("A", owner=cast.owner),
        make_customer("B", owner=cast.deactivated),
        make_customer("C"),
    ]


def sync(customers, silence, *, day=AS_OF, origin=NightOrigin.COMMAND, mark="a", **row):
    """One night: each customer has been silent for so many days (None: never in touch)."""
    rows = [{"last_contact_days": np.nan if days is None else float(days), **row} for days in silence]
    book = book_of(rows, [c.pk for c in customers], [c.owner_id or np.nan for c in customers], as_of=day)
    night = make_night(day, origin, mark)
    with transaction.atomic():
        act, *_others = assess.assess(book).on_publish
        return act(night), partial(act, night)


def test_a_new_reason_raises_one_task_for_the_owner(template, customers, cast):
    counts, _ = sync(customers, [40, 31, 3], clv=100.0)
    assert counts == {"raised": 2, "closed": 0, "reopened": 0, "refreshed": 0, "held": 0, "rehomed": 0, "held_out": 0}
    mine = RetentionTask.objects.get(customer=customers[0])
    assert (mine.owner, mine.state, mine.template) == (cast.owner, "OPEN", template)
    assert (mine.raised_on, mine.due, mine.origin) == (AS_OF, AS_OF + timedelta(days=11), "COMMAND")
    assert mine.evidence == {"last_contact_days": 40} and mine.value == 100 and mine.night_id
    assert (mine.closed_on, mine.closed_reason, mine.outcome, mine.note) == (None, "", "", "")
    assert RetentionTask.objects.get(customer=customers[1]).owner is None  # who left the firm gets no work
    event = mine.events.get()
    assert (event.what, event.by, event.detail) == ("raised", None, {"night": mine.night_id})
    assert event.at.date() == AS_OF


def test_the_same_night_again_changes_nothing(template, customers):
    _, again = sync(customers, [40, 31, 3], clv=100.0)
    before = (list(RetentionTask.objects.values()), list(TaskEvent.objects.values()))
    with transaction.atomic():
        assert again() == {
            "raised": 0,
            "closed": 0,
            "reopened": 0,
            "refreshed": 0,
            "held": 2,
            "rehomed": 0,
            "held_out": 0,
        }
    assert (list(RetentionTask.objects.values()), list(TaskEvent.objects.values())) == before


def test_a_second_night_with_the_same_facts_raises_nothing(template, customers):
    sync(customers, [40, 31, 3])
    counts, _ = sync(customers, [40, 31, 3], day=AS_OF + timedelta(days=1))
    assert counts == {"raised": 0, "closed": 0, "reopened": 0, "refreshed": 0, "held": 2, "rehomed": 0, "held_out": 0}


def test_changed_facts_refresh_the_live_task_without_an_event(template, customers):
    sync(customers, [40, 3, 3], clv=100.0)
    counts, _ = sync(customers, [41, 3, 3], day=AS_OF + timedelta(days=1), clv=90.5, quadrant="HH")
    assert counts["refreshed"] == 1 and counts["raised"] == 0
    task = RetentionTask.objects.get()
    assert task.evidence == {"last_contact_days": 41} and task.value == 90.5 and task.priority == 100
    assert task.raised_on == AS_OF and task.events.count() == 1
    counts, _ = sync(customers, [41, 3, 3], day=AS_OF + timedelta(days=2), quadrant="HH")
    task.refresh_from_db()
    assert counts["refreshed"] == 1 and task.value is None


def test_a_vanished_reason_closes_the_task_and_may_come_back(template, customers):
    sync(customers, [40, 3, 3])
    counts, _ = sync(customers, [1, 3, 3], day=AS_OF + timedelta(days=1))
    assert counts["closed"] == 1
    task = RetentionTask.objects.get()
    assert (task.state, task.closed_reason, task.closed_on) == ("CLOSED", "VANISHED", AS_OF + timedelta(days=1))
    assert task.closed_by is None and task.events.last().detail == {"reason": "VANISHED"}
    counts, _ = sync(customers, [35, 3, 3], day=AS_OF + timedelta(days=40))
    assert counts["raised"] == 1 and RetentionTask.objects.live().count() == 1


def at(day):
    return timezone.make_aware(timezone.datetime(day.year, day.month, day.day, 9))


def test_done_rests_and_then_rises_again(template, customers, cast):
    sync(customers, [40, 3, 3])
    task = RetentionTask.objects.get()
    services.complete(task=task, outcome=TaskOutcome.SUCCESS, by=cast.owner, at=at(AS_OF + timedelta(days=1)))
    for days in (1, 2, 60):
        assert sync(customers, [40, 3, 3], day=AS_OF + timedelta(days=days))[0]["raised"] == 0
    assert sync(customers, [40, 3, 3], day=AS_OF + timedelta(days=61))[0]["raised"] == 1


def test_dismissed_does_not_rise_again_for_the_same_evidence(template, customers, cast):
    sync(customers, [40, 3, 3])
    task = RetentionTask.objects.get()
    services.dismiss(task=task, reason="nicht nötig", by=cast.owner, at=at(AS_OF))
    for days in (1, 59, 60, 61, 400):  # as long as the silence lasts, beyond any rest
        assert sync(customers, [40 + days, 3, 3], day=AS_OF + timedelta(days=days))[0]["raised"] == 0
    task.refresh_from_db()
    assert task.lapsed_on is None
    assert sync(customers, [2, 3, 3], day=AS_OF + timedelta(days=401))[0]["raised"] == 0
    task.refresh_from_db()
    assert task.lapsed_on == AS_OF + timedelta(days=401)
    assert sync(customers, [31, 3, 3], day=AS_OF + timedelta(days=431))[0]["raised"] == 1  # a new silence


def test_dismissed_rests_even_when_the_evidence_comes_and_goes(template, customers, cast):
    sync(customers, [40, 3, 3])
    services.dismiss(task=RetentionTask.objects.get(), reason="x", by=cast.owner, at=at(AS_OF))
    sync(customers, [1, 3, 3], day=AS_OF + timedelta(days=1))
    assert sync(customers, [31, 3, 3], day=AS_OF + timedelta(days=59))[0]["raised"] == 0
    assert sync(customers, [32, 3, 3], day=AS_OF + timedelta(days=60))[0]["raised"] == 1


EITHER = {"any": [SILENT, {"field": "cases_open", "op": "ge", "value": 1}]}


def test_dismissed_rises_again_for_other_evidence_after_its_rest(template, customers, cast):
    TaskTemplate.objects.update(trigger=EITHER)
    sync(customers, [40, 3, 3])
    services.dismiss(task=RetentionTask.objects.get(), reason="x", by=cast.owner, at=at(AS_OF))
    assert sync(customers, [99, 3, 3], day=AS_OF + timedelta(days=59), cases_open=1.0)[0]["raised"] == 2
    assert sync(customers, [100, 3, 3], day=AS_OF + timedelta(days=60), cases_open=1.0)[0]["raised"] == 1
    assert RetentionTask.objects.live().filter(customer=customers[0]).count() == 1


def test_a_second_trigger_adds_its_evidence_to_the_first_task(template, customers):
    TaskTemplate.objects.update(trigger=EITHER)
    sync(customers, [40, 3, 3])
    for day, silence, cases in ((1, 41, 1.0), (2, 42, 1.0), (3, 43, 2.0), (4, 44, 1.0)):
        sync(customers, [silence, 3, 3], day=AS_OF + timedelta(days=day), cases_open=cases)
    task = RetentionTask.objects.get(customer=customers[0])
    assert task.evidence == {"last_contact_days": 44, "cases_open": 1}
    told = [event.detail["evidence"] for event in task.events.filter(what="evidence")]
    assert told == [{"last_contact_days": 41, "cases_open": 1}, {"last_contact_days": 43, "cases_open": 2}]


def test_a_snooze_holds_until_its_day_even_when_the_reason_goes_and_comes(template, customers, cast):
    sync(customers, [40, 3, 3])
    until = AS_OF + timedelta(days=40)
    services.snooze(task=RetentionTask.objects.get(), until=until, by=cast.owner, at=at(AS_OF), reason="Urlaub")
    sync(customers, [1, 3, 3], day=AS_OF + timedelta(days=1))
    task = RetentionTask.objects.get()
    assert (task.state, task.closed_reason, task.snoozed_until) == ("CLOSED", "VANISHED", until)
    assert sync(customers, [38, 3, 3], day=until - timedelta(days=1))[0]["raised"] == 0
    assert sync(customers, [39, 3, 3], day=until)[0]["raised"] == 1


@pytest.mark.parametrize(
    "rule, named, wanted",
    [
        ("OWNER", None, "owner"), ("LEAD", None, "lead"), ("QUEUE", None, None), ("PERSON", "admin", "admin"),
        ("PERSON", "lead", "lead"), ("PERSON", "other_lead", "owner"), ("PERSON", "teammate", "owner"),
        ("PERSON", "deactivated", "owner"), ("PERSON", None, "owner"),
    ],
)  # fmt: skip
def test_the_owner_rule_names_the_desk_and_never_somebody_without_rights(
    template, customers, cast, rule, named, wanted
):
    TaskTemplate.objects.update(owner_rule=rule, owner_person=getattr(cast, named) if named else None)
    sync(customers, [40, 3, 3])
    assert RetentionTask.objects.get().owner == (getattr(cast, wanted) if wanted else None)


def test_tasks_of_who_left_or_lost_sight_find_another_desk(template, customers, cast):
    sync(customers, [40, 40, 3])
    task = RetentionTask.objects.get(customer=customers[0])
    services.reassign(task=task, to=cast.lead, by=cast.owner, at=at(AS_OF))
    cast.lead.team = None
    cast.lead.save()  # leads another team now: the owner has it back at once
    task.refresh_from_db()
    assert task.owner == cast.owner
    assert (task.events.last().what, task.events.last().detail) == (
        "followed", {"before": cast.lead.pk, "to": cast.owner.pk},
    )  # fmt: skip
    type(cast.owner).objects.filter(pk=cast.owner.pk).update(is_active=False)  # past every signal
    assert sync(customers, [40, 40, 3], day=AS_OF + timedelta(days=1))[0]["rehomed"] == 1
    task.refresh_from_db()
    assert (task.owner, task.state) == (None, "OPEN")


def test_due_days_are_working_days(template, customers):
    friday = AS_OF + timedelta(days=1)
    TaskTemplate.objects.update(due_days=1)
    sync(customers, [40, 3, 3], day=friday)
    assert RetentionTask.objects.get().due == friday + timedelta(days=3)


def test_the_budget_holds_back_what_is_not_urgent(template, customers, cast):
    TaskTemplate.objects.update(cost=60)
    WorkPolicy.objects.update_or_create(pk=1, defaults={"budget": 100, "budget_holds": True})
    assert sync(customers, [40, 40, 40])[0]["raised"] == 1
    assert sync(customers, [40, 40, 40], day=AS_OF + timedelta(days=1))[0]["raised"] == 0
    task = RetentionTask.objects.get()
    services.complete(task=task, outcome=TaskOutcome.SUCCESS, by=cast.admin, at=at(AS_OF + timedelta(days=1)))
    assert sync(customers, [40, 40, 40], day=AS_OF + timedelta(days=2))[0]["raised"] == 0  # this month is spent
    assert sync(customers, [40, 40, 40], day=AS_OF.replace(month=4, day=1))[0]["raised"] == 1
    TaskTemplate.objects.update(weight=80)
    assert sync(customers, [40, 40, 40], day=AS_OF.replace(month=4, day=2))[0]["raised"] == 1  # urgent work never waits


def test_snoozed_sleeps_wakes_on_its_day_and_closes_when_the_reason_is_gone(template, customers, cast):
    sync(customers, [40, 40, 3])
    for task in RetentionTask.objects.all():
        services.snooze(task=task, until=AS_OF + timedelta(days=10), by=cast.admin, at=at(AS_OF))
    counts, _ = sync(customers, [49, 2, 3], day=AS_OF + timedelta(days=9))
    assert (counts["reopened"], counts["closed"]) == (0, 1)
    counts, again = sync(customers, [50, 2, 3], day=AS_OF + timedelta(days=10))
    assert counts["reopened"] == 1
    task = RetentionTask.objects.get(customer=customers[0])
    assert (task.state, task.snoozed_until, task.due) == ("OPEN", None, AS_OF + timedelta(days=11))
    assert task.events.last().what == "reopened"
    with transaction.atomic():
        assert again()["reopened"] == 0


def test_what_a_person_took_in_hand_is_not_closed_for_a_vanished_reason(template, customers, cast):
    sync(customers, [40, 3, 3])
    services.reassign(task=RetentionTask.objects.get(), to=cast.lead, by=cast.owner, at=at(AS_OF))
    assert sync(customers, [1, 3, 3], day=AS_OF + timedelta(days=1))[0]["closed"] == 0
    assert RetentionTask.objects.live().get().owner == cast.lead


def test_what_a_person_added_is_not_closed_and_not_doubled(template, customers, cast):
    services.add_task(customer=customers[0], template=template, by=cast.owner, at=at(AS_OF))
    counts, _ = sync(customers, [40, 3, 3])
    assert (counts["raised"], counts["refreshed"]) == (0, 0)
    assert sync(customers, [1, 3, 3], day=AS_OF + timedelta(days=1))[0]["closed"] == 0


def test_who_left_loses_all_but_exit_tasks(template, customers, cast):
    parting = TaskTemplate.objects.create(code="X1", category="EXIT", title="End", title_zh="终止", trigger={})
    by_hand = TaskTemplate.objects.create(code="H1", category="CARE", title="Hand", title_zh="手工", trigger={})
    sync(customers, [40, 3, 3])
    for kind in (parting, by_hand):  # an exit by hand stays: parting is what remains to be done
        services.add_task(customer=customers[0], template=kind, by=cast.owner, at=at(AS_OF))
    Customer.objects.filter(pk=customers[0].pk).update(exited_on=AS_OF + timedelta(days=1))
    counts, _ = sync(customers, [40, 3, 3], day=AS_OF + timedelta(days=1), exited=True)
    assert counts["closed"] == 2
    assert [task.template for task in RetentionTask.objects.live()] == [parting]
    assert set(RetentionTask.objects.filter(state="CLOSED").values_list("closed_reason", flat=True)) == {"EXITED"}


def test_restricted_customers_get_exit_tasks_only(template, customers):
    sync(customers, [40, 40, 3])
    counts, _ = sync(customers, [40, 40, 3], day=AS_OF + timedelta(days=1), restricted=True)
    assert counts == {"raised": 0, "closed": 2, "reopened": 0, "refreshed": 0, "held": 0, "rehomed": 0, "held_out": 0}


def test_a_template_switched_off_closes_its_tasks_and_an_unreadable_one_keeps_them(template, customers):
    sync(customers, [40, 3, 3])
    TaskTemplate.objects.update(trigger={"field": "nonsense", "op": "ge"})
    verdict = assess.assess(book_of([{}], [customers[0].pk]))
    assert [warning["code"] for warning in verdict.warnings] == ["trigger_unreadable"]
    assert sync(customers, [1, 3, 3], day=AS_OF + timedelta(days=1))[0]["closed"] == 0
    TaskTemplate.objects.update(active=False)
    assert sync(customers, [1, 3, 3], day=AS_OF + timedelta(days=2))[0]["closed"] == 1
    assert RetentionTask.objects.get().closed_reason == "TEMPLATE_OFF"


def test_a_replay_leaves_closed_tasks_only_and_no_duplicates(template, customers):
    sync(customers, [40, 3, 3])
    counts, again = sync(customers, [40, 40, 3], origin=NightOrigin.REPLAY, mark="r")
    assert (counts["raised"], counts["closed"]) == (2, 2)
    replayed = RetentionTask.objects.filter(origin="REPLAY")
    assert set(replayed.values_list("state", "closed_reason")) == {("CLOSED", "REPLAY")}
    assert RetentionTask.objects.live().count() == 1
    with transaction.atomic():
        assert again()["raised"] == 0
    assert sync(customers, [40, 40, 3], day=AS_OF + timedelta(days=59), origin=NightOrigin.REPLAY)[0]["raised"] == 0
    assert sync(customers, [40, 40, 3], day=AS_OF + timedelta(days=60), origin=NightOrigin.REPLAY)[0]["raised"] == 2
    assert sync(customers, [40, 40, 3], day=AS_OF + timedelta(days=61))[0]["raised"] == 1  # a replay gives no rest


def test_a_customer_the_book_does_not_know_keeps_its_task(template, customers):
    sync(customers, [40, 40, 3])
    counts, _ = sync(customers[1:], [40, 3], day=AS_OF + timedelta(days=1))
    assert (counts["closed"], counts["held"]) == (0, 1)


def test_no_customers_no_templates(template, customers):
    assert sync([], [])[0]["raised"] == 0
    sync(customers, [40, 3, 3], day=AS_OF + timedelta(days=1))
    TaskTemplate.objects.update(active=False)
    assert sync([], [], day=AS_OF + timedelta(days=2))[0]["closed"] == 1


def test_customers_who_change_hands_take_their_tasks_along(template, customers, cast):
    from customers.services.ownership import reassign

    sync(customers, [40, 40, 40])
    changed = reassign(
        customers=Customer.objects.all(), to=cast.stranger, by=cast.admin, at=at(AS_OF + timedelta(days=1))
    )
    assert changed == 3
    assert set(RetentionTask.objects.values_list("owner", flat=True)) == {cast.stranger.pk}
    event = RetentionTask.objects.get(customer=customers[0]).events.last()
    assert (event.what, event.by, event.detail) == (
        "followed", cast.admin, {"before": cast.owner.pk, "to": cast.stranger.pk},
    )  # fmt: skip
    reassign(customers=Customer.objects.all(), to=None, by=cast.admin, at=at(AS_OF))
    assert set(RetentionTask.objects.values_list("owner", flat=True)) == {None}
    assert sync(customers, [1, 40, 40], day=AS_OF + timedelta(days=1))[0]["closed"] == 1  # still the night's own


def test_care_days_come_from_the_interactions(customers):
    from customers.models import Interaction
    from retention.frames import care_days

    for days, phase in ((3, "POST"), (1, "PRE"), (9, "POST")):
        Interaction.objects.create(
            customer=customers[1], at=at(AS_OF - timedelta(days=days)), summary="x", care_phase=phase
        )
    found = care_days(AS_OF, np.array([c.pk for c in customers]))
    assert np.isnan(found[[0, 2]]).all() and found[1] == 3


@pytest.mark.parametrize(
    "zone, met, as_of, days",
    [
        ("Asia/Shanghai", (2026, 3, 5, 23, 30), (2026, 3, 5), 0),  # late in the evening is still that day
        ("Asia/Shanghai", (2026, 3, 5, 23, 30), (2026, 3, 6), 1),
        ("Asia/Shanghai", (2028, 2, 28, 23, 30), (2028, 2, 29), 1),
        ("Asia/Shanghai", (2028, 2, 29, 0, 30), (2028, 3, 30), 30),
        ("Europe/Berlin", (2026, 10, 24, 0, 30), (2026, 10, 25), 1),  # a day of 25 hours
        ("Europe/Berlin", (2026, 3, 28, 23, 30), (2026, 3, 29), 1),  # and one of 23
        ("America/New_York", (2026, 10, 3, 0, 30), (2026, 11, 2), 30),
    ],
)
def test_the_clock_of_visits_runs_by_the_calendar(customers, settings, zone, met, as_of, days):
    from datetime import date, datetime
    from zoneinfo import ZoneInfo

    from customers.frames import read_book
    from customers.models import Interaction

    settings.TIME_ZONE = zone
    Interaction.objects.create(
        customer=customers[1], at=datetime(*met, tzinfo=ZoneInfo(zone)), summary="x", kind="VISIT"
    )
    type(customers[1]).objects.filter(pk=customers[1].pk).update(tier="FRIEND")
    book = read_book(date(*as_of))
    cadence = {"field": "contact_overdue", "op": "ge", "value": 0}
    either = {"any": [cadence, {"field": "last_visit_days", "op": "ge", "value": 0}]}
    rule = Rule(1, "P-HI-VISIT", "CARE", 50, 5, 14, None, either)
    known = assess.facts_of([rule], book.joined(pd.DataFrame({"level": ["HIGH"] * 3})))
    row = known[known.customer_id == customers[1].pk].iloc[0]
    assert (row.last_contact_days, row.last_visit_days, row.contact_overdue) == (days, days, days - 30)


def test_facts_beyond_the_book_are_read_where_a_rule_asks(template, customers, cast):
    from customers.frames import read_book
    from customers.models import Category, CategoryFirst, Contact
    from retention.models import Loss

    first, second, third = customers
    Contact.objects.create(customer=first, name="甲")
    Contact.objects.create(customer=first, name="乙", left_on=AS_OF)
    line = Category.objects.create(name="line")
    CategoryFirst.objects.create(
        customer=second, category=line, first=AS_OF - timedelta(days=9), last=AS_OF - timedelta(days=2)
    )
    Loss.objects.create(customer=third, lost_on=AS_OF - timedelta(days=5), cause="QUALITY", recorded_at=at(AS_OF))
    Loss.objects.create(
        customer=first, lost_on=AS_OF - timedelta(days=5), cause="SERVICE", recorded_at=at(AS_OF), ended_on=AS_OF
    )
    done = services.add_task(customer=second, template=template, by=cast.admin, at=at(AS_OF - timedelta(days=3)))
    services.complete(task=done, outcome=TaskOutcome.SUCCESS, by=cast.admin, at=at(AS_OF - timedelta(days=2)))
    asked = [
        {"field": "contacts", "op": "lt", "value": 1}, {"field": "newest_category_days", "op": "le", "value": 45},
        {"field": "loss_cause", "op": "in", "value": ["QUALITY"]},
        {"field": "done_before", "op": "in", "value": ["T1", "NONE"]},
    ]  # fmt: skip
    rules = [Rule(n, f"R{n}", "CARE", 50, 5, 14, None, trigger) for n, trigger in enumerate(asked)]
    found = assess.candidates_of(rules, read_book(AS_OF))
    pairs = sorted(zip(found.rule.tolist(), [found.ids[p] for p in found.position], strict=True))
    assert pairs == [(0, second.pk), (0, third.pk), (1, second.pk), (2, third.pk), (3, second.pk)]
    entry = int(np.flatnonzero(found.rule == 3)[0])
    assert found.evidence(np.array([entry])) == [{"done_before": "T1, NONE"}]


def test_sync_of_many_is_set_based(template, customers, django_assert_max_num_queries):
    sync(customers, [40, 40, 3])
    Customer.objects.bulk_create(Customer(code=f"M{n}", name=f"M{n}") for n in range(300))
    everyone = list(Customer.objects.order_by("pk"))
    with django_assert_max_num_queries(40):
        counts, _ = sync(everyone, [1, 1] + [40] * 301, day=AS_OF + timedelta(days=1))
    assert counts["closed"] == 2 and counts["raised"] == 42  # three owners' worth of care for the queue of nobody
    assert publish.VANISHED in RetentionTask.objects.values_list("closed_reason", flat=True)
