"""Reads about retention tasks: the queue, what is due, counts, the load of a team, the next task of a customer."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.db.models import Count, F, Max, Q, Sum

from customers.models import Customer, Standing, User
from customers.vocabulary import NightOrigin, TaskCategory, TaskState
from retention.models import RetentionTask, WorkPolicy
from retention.models.tasks import LIVE

REPLAY = NightOrigin.REPLAY.value
ORDER = ("due", "priority", F("value").desc(nulls_last=True), "id")


def awake(today):
    """The condition on tasks that ask for work: open, or snoozed until a day that has come."""
    return Q(state=TaskState.OPEN.value) | Q(state=TaskState.SNOOZED.value, snoozed_until__lte=today)


def week_end(today):
    """The Sunday of this week: weeks begin on Monday."""
    return today + timedelta(days=6 - today.weekday())


def when_q(when, today):
    """The condition of one part of the queue."""
    soon = week_end(today)
    return {
        "overdue": awake(today) & Q(due__lt=today),
        "today": awake(today) & Q(due=today),
        "week": awake(today) & Q(due__gte=today, due__lte=soon),
        "later": awake(today) & Q(due__gt=soon),
        "snoozed": Q(state=TaskState.SNOOZED.value, snoozed_until__gt=today),
        "closed": ~Q(state__in=LIVE),
    }.get(when, awake(today))


def visible(user):
    """Every task this user may see, without the replays."""
    return RetentionTask.objects.visible_to(user).exclude(origin=REPLAY)


def detailed(tasks):
    """With what a row of the list shows."""
    return tasks.select_related("customer__owner", "template", "owner", "closed_by")


def queue(user, today):
    """A person's own work, first things first; a lead's includes what nobody has."""
    mine = Q(owner=user) | (Q(owner=None) if user.is_lead else Q())
    tasks = visible(user).filter(awake(today))
    return detailed(tasks.filter(mine) if not user.is_admin else tasks.filter(owner=user)).order_by(*ORDER)


def with_standings(tasks, night):
    """Gives each task of a page its customer's standing of the night as `.standing`: one query."""
    tasks = list(tasks)
    found = {}
    if night:
        light = Standing.objects.filter(night_id=night.pk, customer_id__in={task.customer_id for task in tasks})
        found = {row.customer_id: row for row in light.defer("raw", "z", "points")}
    for task in tasks:
        task.standing = found.get(task.customer_id)
    return tasks


def part_of(task, today):
    """In which part of the queue a task stands."""
    if task.state not in LIVE:
        return "closed"
    if task.state == TaskState.SNOOZED and task.snoozed_until > today:
        return "snoozed"
    if task.due < today:
        return "overdue"
    return "today" if task.due == today else "week" if task.due <= week_end(today) else "later"


def with_parts(tasks, today):
    """Gives the first task of each part of an ordered page the part's name as `.begins`."""
    before = None
    for task in tasks:
        part = part_of(task, today)
        task.begins, before = part if part != before else None, part
    return tasks


@dataclass(frozen=True)
class Summary:
    """How much of what is waiting; `at_stake` counts each customer once, with its largest task."""

    overdue: int
    today: int
    week: int
    later: int
    snoozed: int
    at_stake: float | None
    customers: int

    @property
    def awake(self):
        """Everything that asks for work."""
        return self.overdue + self.week + self.later


def summarise(tasks, today):
    """The summary of a queryset of tasks of any state."""
    counts = tasks.order_by().aggregate(
        **{name: Count("id", filter=when_q(name, today)) for name in ("overdue", "today", "week", "later", "snoozed")}
    )
    stakes = tasks.filter(awake(today)).order_by().values("customer_id").annotate(top=Max("value"))
    total = stakes.aggregate(sum=Sum("top"), customers=Count("customer_id"))
    return Summary(**counts, at_stake=total["sum"], customers=total["customers"])


def by_category(tasks, today):
    """Waiting tasks by category code, zero included, and their sum under ""."""
    rows = tasks.filter(awake(today)).order_by().values("template__category").annotate(n=Count("id"))
    found = {row["template__category"]: row["n"] for row in rows}
    return {"": sum(found.values())} | {category.value: found.get(category.value, 0) for category in TaskCategory}


def next_tasks(customer_ids, user, today):
    """The first waiting task of each customer the user may see, by customer id."""
    tasks = detailed(visible(user).filter(awake(today), customer_id__in=customer_ids)).order_by("priority", "due", "id")
    first = {}
    for task in tasks:
        first.setdefault(task.customer_id, task)
    return first


def due_count(user, today):
    """Overdue and due today: the number beside the navigation entry (a lead's team, anybody else's own)."""
    tasks = visible(user).filter(awake(today), due__lte=today)
    return (tasks if user.is_lead else tasks.filter(owner=user)).order_by().count()


def load(user, today):
    """The team's load: one entry per owner of visible waiting tasks or of visible customers, most overdue first.

    Each is a dict with user (None = nobody), overdue, week, later, snoozed, total, done_30 and acted (share of the
    tasks closed in 30 days that somebody did or dismissed; None where none was closed).
    """
    since = today - timedelta(days=30)
    ended = Q(closed_on__gt=since)
    rows = (
        visible(user)
        .order_by()
        .values("owner")
        .annotate(
            **{name: Count("id", filter=when_q(name, today)) for name in ("overdue", "week", "later", "snoozed")},
            done_30=Count("id", filter=ended & Q(state=TaskState.DONE.value)),
            handled=Count("id", filter=ended & Q(state__in=[TaskState.DONE.value, TaskState.DISMISSED.value])),
            ended=Count("id", filter=ended),
        )
    )
    found = {row["owner"]: row for row in rows}
    people = {person.pk: person for person in User.objects.filter(pk__in=[pk for pk in found if pk]) | team_of(user)}
    blank = dict.fromkeys(("overdue", "week", "later", "snoozed", "done_30", "handled", "ended"), 0)
    entries = []
    for pk in {*people, *found}:
        row = {**blank, **found.get(pk, {}), "user": people.get(pk)}
        row["total"] = row["overdue"] + row["week"] + row["later"]
        row["acted"] = row["handled"] / row["ended"] if row["ended"] else None
        if row["user"] is not None or row["total"]:
            entries.append(row)
    return sorted(entries, key=lambda row: (row["user"] is not None, -row["overdue"], -row["total"], str(row["user"])))


def team_of(user):
    """Active people whose customers this user sees."""
    people = User.objects.filter(is_active=True)
    if user.is_admin:
        owners = Customer.objects.exclude(owner=None).values("owner")
        return people.filter(Q(pk=user.pk) | Q(pk__in=owners))
    if user.is_lead and user.team_id:
        return people.filter(team_id=user.team_id)
    return people.filter(pk=user.pk)


def may_look_after(person, customer):
    """Whether a task of this customer may be given to a person: only to somebody who sees the customer."""
    return person.is_active and Customer.objects.visible_to(person).filter(pk=customer.pk).exists()


def keepers(customers):
    """For each customer the active people who may have its tasks, in one query: {customer id: [users]}.

    The same rule as `customers.models.querysets.scope`, read from the other side.
    """
    people = list(User.objects.filter(is_active=True).order_by("last_name", "first_name", "username"))
    return {customer.pk: [person for person in people if _sees(person, customer)] for customer in customers}


def _sees(person, customer):
    if person.is_admin or person.pk == customer.owner_id:
        return True
    if not person.is_lead:
        return False
    return customer.owner_id is None or (person.team_id is not None and customer.owner.team_id == person.team_id)


def events_of(task):
    """The steps of a task, latest first, each with the people a handing over names."""
    events = list(task.events.select_related("by").order_by("-at", "-id"))
    ends = [[event.detail.get(end) for end in ("before", "to")] for event in events]
    # Other events keep something else under the same name: what the evidence was before.
    ends = [[pk if isinstance(pk, int) else None for pk in pair] for pair in ends]
    people = User.objects.in_bulk({pk for pair in ends for pk in pair if pk is not None})
    for event, pair in zip(events, ends, strict=True):
        event.giver, event.taker = (people.get(pk) for pk in pair)
    return events


def month_before(day):
    """First and last day of the month before."""
    last = day.replace(day=1) - timedelta(days=1)
    return last.replace(day=1), last


def cost_done(first, last):
    """Planned cost of the tasks done in these days."""
    done = RetentionTask.objects.filter(state=TaskState.DONE.value, closed_on__gte=first, closed_on__lte=last)
    return done.exclude(origin=REPLAY).aggregate(sum=Sum("template__cost"))["sum"] or Decimal(0)


def budget_of(policy, today):
    """What this month's work may cost: the policy's amount, or what the month before cost (text 004, P14).

    None where nothing is set and the month before cost nothing: there is nothing to compare with.
    """
    return policy.budget if policy.budget is not None else cost_done(*month_before(today)) or None


@dataclass(frozen=True)
class Budget:
    """This month's planned cost against its bound. given: whether somebody set it (else the month before is it)."""

    bound: Decimal | None
    done: Decimal
    open: Decimal
    given: bool
    holds: bool

    @property
    def planned(self):
        return self.done + self.open

    @property
    def over(self):
        """How far beyond the bound; 0 within it, or where there is nothing to compare with."""
        return max(Decimal(0), self.planned - self.bound) if self.bound is not None else Decimal(0)


def budget(today):
    """The budget of this month over the whole firm (text 004, P14)."""
    policy = WorkPolicy.objects.filter(pk=1).first() or WorkPolicy(pk=1)
    waiting = RetentionTask.objects.live().aggregate(sum=Sum("template__cost"))["sum"] or Decimal(0)
    return Budget(
        bound=budget_of(policy, today),
        done=cost_done(today.replace(day=1), today),
        open=waiting,
        given=policy.budget is not None,
        holds=policy.budget_holds,
    )
