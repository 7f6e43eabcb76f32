"""Whatever people and nights do to tasks, in any order: nothing doubled, lost or risen again, no silent end."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from customers.models import Customer, Team, User
from customers.services.merge import FORMER, SURVIVOR, merge_customers
from customers.services.ownership import reassign as hand_over
from retention import assess, services
from retention.models import RetentionTask, TaskTemplate
from retention.models.tasks import LIVE
from retention.services import TaskProblem
from tests.retention_world import book_of, make_night

FIRST = date(2027, 11, 1)  # the year after has a 29 February
EITHER = {
    "any": [{"field": "last_contact_days", "op": "ge", "value": 30}, {"field": "cases_open", "op": "ge", "value": 1}]
}
people = st.sampled_from(["owner", "mate", "lead", "admin", "nobody"])
customers = st.integers(0, 2)
picked = st.integers(0, 50)


class Desk(RuleBasedStateMachine):
    """Three customers of two managers, their lead and an administrator; two templates, one of them of parting."""

    def __init__(self):
        super().__init__()
        self.point = transaction.atomic()
        self.point.__enter__()
        RetentionTask.objects.all().delete()
        TaskTemplate.objects.all().delete()
        self.day, self.nights = FIRST, 0
        team = Team.objects.create(name="machine")
        self.people = {"nobody": None}
        for name, role in (("owner", "MANAGER"), ("mate", "MANAGER"), ("lead", "LEAD"), ("admin", "ADMIN")):
            self.people[name] = User.objects.create(username=f"m-{name}", role=role, team=team)
        self.care = TaskTemplate.objects.create(
            code="CARE", category="CARE", title="Care", title_zh="关怀", trigger=EITHER, due_days=3, rest_days=20
        )
        self.part = TaskTemplate.objects.create(
            code="PART", category="EXIT", title="Part", title_zh="终止", due_days=3, rest_days=20,
            trigger={"field": "overdue_days", "op": "ge", "value": 90},
        )  # fmt: skip
        owners = ("owner", "owner", "mate")
        self.customers = [
            Customer.objects.create(code=f"M{n}", name="x", owner=self.people[who]) for n, who in enumerate(owners)
        ]
        self.facts = [{"last_contact_days": 5.0, "cases_open": 0.0, "overdue_days": 0.0} for _owner in owners]
        self.most = 0

    def teardown(self):
        transaction.set_rollback(True)
        self.point.__exit__(None, None, None)

    # What the world does

    @rule(
        who=customers, silence=st.sampled_from([1.0, 40.0]), cases=st.integers(0, 2), late=st.sampled_from([0.0, 120.0])
    )
    def facts_change(self, who, silence, cases, late):
        self.facts[who] = {"last_contact_days": silence, "cases_open": float(cases), "overdue_days": late}

    @rule(days=st.integers(1, 25))
    def night(self, days):
        """Days pass, and one night is computed."""
        self.day += timedelta(days=days)
        self.nights += 1
        known = list(Customer.objects.filter(code__startswith="M", merged_into=None).order_by("pk"))
        rows = []
        for customer in known:
            exited = customer.exited_on is not None and customer.exited_on <= self.day
            rows.append({**self.facts[[c.pk for c in self.customers].index(customer.pk)], "exited": exited})
        book = book_of(rows, [c.pk for c in known], [c.owner_id or np.nan for c in known], as_of=self.day)
        night = make_night(self.day, mark=f"m{self.nights}")
        before = self._blocked()
        with transaction.atomic():
            act = assess.assess(book).on_publish[0]
            act(night)
            again = act(night)
        assert (again["raised"], again["closed"], again["reopened"]) == (0, 0, 0), "the same night twice"
        for task in RetentionTask.objects.filter(night_id=night.pk):
            assert (task.customer_id, task.template_id) not in before, "risen before its time"
        for task in RetentionTask.objects.filter(state__in=LIVE).select_related("customer", "template"):
            assert task.customer.exited_on is None or task.template.category == "EXIT", "work for who has left"

    def _blocked(self):
        """Pairs that must not rise tonight: at rest, snoozed to a day that has not come, dismissed for the same."""
        found = set()
        for task in RetentionTask.objects.exclude(state__in=LIVE).select_related("template", "customer"):
            pair = (task.customer_id, task.template_id)
            if task.state in ("DONE", "DISMISSED") and (self.day - task.closed_on).days < task.template.rest_days:
                found.add(pair)
            if task.snoozed_until and task.snoozed_until > self.day:
                found.add(pair)
            if task.state == "DISMISSED" and task.night_id and task.lapsed_on is None and self._same(task):
                found.add(pair)
        return found

    def _same(self, task):
        """Whether tonight's facts say no more than what a task was dismissed for (a slow second reading)."""
        known = self.facts[[c.pk for c in self.customers].index(task.customer_id)]
        if task.template_id == self.part.pk:
            return known["overdue_days"] >= 90
        said = set()
        said |= {"last_contact_days"} if known["last_contact_days"] >= 30 else set()
        said |= {"cases_open"} if known["cases_open"] >= 1 else set()
        more = "cases_open" in said and known["cases_open"] > task.evidence.get("cases_open", 99)
        return bool(said) and said <= set(task.evidence) and not more

    # What people do

    def _some(self, number, live=True):
        tasks = RetentionTask.objects.filter(state__in=LIVE) if live else RetentionTask.objects.exclude(state__in=LIVE)
        tasks = list(tasks.order_by("pk"))
        return tasks[number % len(tasks)] if tasks else None

    @property
    def now(self):
        return datetime(self.day.year, self.day.month, self.day.day, 23, 30, tzinfo=ZoneInfo("Asia/Shanghai"))

    def _stands(self, who):
        """A customer as it is now: the one it was merged into, if it was."""
        row = Customer.objects.select_related("merged_into", "owner").get(pk=self.customers[who].pk)
        return row.merged_into or row

    def _step(self, step, task, **given):
        if task is None:
            return
        try:
            step(task=task, by=self.people["admin"], at=self.now, **given)
        except TaskProblem as problem:
            assert problem.code in ("closed", "live", "forbidden", "exited"), problem.code

    @rule(number=picked, days=st.integers(1, 40))
    def snooze(self, number, days):
        self._step(services.snooze, self._some(number), until=self.day + timedelta(days=days), reason="x")

    @rule(number=picked)
    def dismiss(self, number):
        self._step(services.dismiss, self._some(number), reason="not needed")

    @rule(number=picked, outcome=st.sampled_from(["SUCCESS", "NOT_REACHED"]), contact=st.sampled_from(["", "VISIT"]))
    def done(self, number, outcome, contact):
        self._step(services.complete, self._some(number), outcome=outcome, contact=contact)

    @rule(number=picked, to=people)
    def reassign(self, number, to):
        person = User.objects.get(pk=self.people[to].pk) if self.people[to] else None
        self._step(services.reassign, self._some(number), to=person)

    @rule(number=picked)
    def reopen(self, number):
        self._step(services.reopen, self._some(number, live=False))

    @rule(who=customers)
    def added_by_hand(self, who):
        try:
            services.add_task(customer=self._stands(who), template=self.care, by=self.people["lead"], at=self.now)
        except TaskProblem as problem:
            assert problem.code in ("twice", "exited", "inactive"), problem.code

    @rule(name=st.sampled_from(["owner", "mate", "lead"]), hand_to=people)
    def somebody_leaves(self, name, hand_to):
        """Deactivated; the customers go to somebody else, or to the queue."""
        person = User.objects.get(pk=self.people[name].pk)
        if not person.is_active:
            return
        person.is_active = False
        person.save()
        to = self.people[hand_to] if hand_to not in (name, "nobody") else None
        to = User.objects.get(pk=to.pk) if to else None
        if to is None or to.is_active:
            hand_over(customers=Customer.objects.filter(owner=person), to=to, by=self.people["admin"], at=self.now)

    @rule(name=st.sampled_from(["owner", "mate", "lead"]))
    def somebody_returns(self, name):
        person = User.objects.get(pk=self.people[name].pk)
        person.is_active = True
        person.save()

    @rule(who=customers, to=people)
    def customer_changes_hands(self, who, to):
        person = User.objects.get(pk=self.people[to].pk) if self.people[to] else None
        if person is None or person.is_active:
            mine = Customer.objects.filter(pk=self._stands(who).pk)
            hand_over(customers=mine, to=person, by=self.people["admin"], at=self.now)

    @rule(who=customers)
    def customer_exits(self, who):
        Customer.objects.filter(pk=self._stands(who).pk).update(exited_on=self.day)

    @rule(who=customers, into=customers, owner=st.sampled_from([SURVIVOR, FORMER]))
    def customer_merged(self, who, into, owner):
        """Two records become one; what is known about both is known about the one that stays."""
        former, survivor = self._stands(who), self._stands(into)
        if former == survivor:
            return
        tasks, live = RetentionTask.objects.count(), RetentionTask.objects.filter(state__in=LIVE)
        pairs = set(live.filter(customer__in=[former, survivor]).values_list("template", flat=True))
        merge_customers(
            survivor=survivor, former=former, chosen={"owner": owner}, reason="one firm", by=self.people["admin"],
            at=self.now,
        )  # fmt: skip
        assert RetentionTask.objects.count() == tasks
        assert set(live.filter(customer=survivor).values_list("template", flat=True)) == pairs
        places = {customer.pk: place for place, customer in enumerate(self.customers)}
        mine, theirs = (self.facts[places[row.pk]] for row in (survivor, former))
        self.facts[places[survivor.pk]] = {name: max(mine[name], theirs[name]) for name in mine}

    @rule()
    def template_switched(self):
        self.care.active = not self.care.active
        self.care.save()

    # What must always hold

    @invariant()
    def one_live_task_of_a_pair(self):
        pairs = list(RetentionTask.objects.filter(state__in=LIVE).values_list("customer_id", "template_id"))
        assert len(pairs) == len(set(pairs))

    @invariant()
    def nothing_hangs_on_who_was_merged(self):
        assert not RetentionTask.objects.filter(customer__merged_into__isnull=False).exists()

    @invariant()
    def nothing_is_lost(self):
        count = RetentionTask.objects.count()
        assert count >= self.most
        self.most = count

    @invariant()
    def every_end_has_a_reason_and_every_step_an_event(self):
        for task in RetentionTask.objects.all():
            what = list(task.events.order_by("pk").values_list("what", flat=True))
            assert what[0] in ("raised", "added")
            if task.state == "CLOSED":
                assert task.closed_reason and task.closed_on and "closed" in what
            if task.state == "DISMISSED":
                assert task.closed_reason and task.closed_on and "dismissed" in what
            if task.state == "DONE":
                assert task.outcome and task.closed_on and "done" in what
            if task.state == "SNOOZED":
                assert task.snoozed_until and "snoozed" in what
            if task.state in LIVE:
                assert task.closed_on is None and not task.closed_reason and not task.outcome

    @invariant()
    def nobody_without_rights_has_work(self):
        for task in RetentionTask.objects.filter(state__in=LIVE).exclude(owner=None).select_related("owner"):
            assert task.owner.is_active
            assert RetentionTask.objects.visible_to(task.owner).filter(pk=task.pk).exists()


@pytest.mark.django_db
def test_any_order_of_nights_and_people():
    run_state_machine_as_test(
        Desk,
        settings=settings(
            max_examples=6,
            stateful_step_count=15,
            deadline=None,
            phases=[Phase.generate],  # a failure is told as it was found: shrinking over a database takes minutes
            suppress_health_check=list(HealthCheck),
        ),
    )
