"""What the first page shows: today's work, what moved since the night before, and the portfolio at a glance."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Exists, F, OuterRef

from customers.models import Customer, ImportJob, User
from customers.selectors import movement
from customers.selectors.listing import rows_of, scoped
from customers.selectors.nights import night_before
from customers.vocabulary import Level, Quadrant, Stage
from retention import selectors as work
from retention.models import Loss, OutboxMail

FEW = 6
STAGES = [stage.value for stage in Stage if stage is not Stage.PROSPECT]


@dataclass(frozen=True)
class Home:
    """Everything the page needs, already scoped to the user."""

    overview: movement.Overview
    work: work.Summary
    tasks: list
    warned: list
    held_back: int  # warnings beyond the alert budget
    moved: list
    before: object
    strips: list
    load: list
    care: list  # what an administrator should look at


def home(user, night, today):
    """The first page of one user."""
    before = night_before(night) if night else None
    overview = movement.overview(user, night)
    whole = user.is_lead or user.is_admin  # they look at everybody's work, an account manager at the own
    tasks = work.detailed(work.visible(user).filter(work.awake(today))) if whole else work.queue(user, today)
    return Home(
        overview=overview,
        work=work.summarise(tasks, today),
        tasks=work.with_standings(tasks.order_by(*work.ORDER)[:FEW], night),
        warned=warned(user, night),
        held_back=scoped(user, night).filter(standing__over_budget=True).count() if night else 0,
        moved=moved(user, night, before),
        before=before,
        strips=strips(overview.places, overview.customers),
        load=work.load(user, today)[: FEW + 2] if user.is_lead or user.is_admin else [],
        care=care(user, today) if user.is_admin else [],
    )


def warned(user, night):
    """The warned customers with the most value at risk; who is recorded as lost need not be feared for any more."""
    if not night:
        return []
    lost = Exists(Loss.objects.filter(customer=OuterRef("pk"), ended_on=None))
    found = scoped(user, night).filter(standing__warned=True).exclude(lost)
    found = found.order_by(F("standing__value_at_risk").desc(nulls_last=True))
    return rows_of(list(found.values_list("pk", flat=True)[:FEW]), night)


def moved(user, night, before):
    """Customers whose stage changed since the night before, the most valuable first, each with `.was`."""
    if not night or not before:
        return []
    changed = scoped(user, night, before).filter(movement.changed("stage"))
    best = changed.order_by(F("standing__clv").desc(nulls_last=True)).values_list("pk", "before__stage")[:FEW]
    was = dict(best)
    rows = rows_of(list(was), night)
    for row in rows:
        row.was = was[row.pk]
    return rows


def strips(places, customers):
    """The portfolio in three strips: stage, quadrant and level, each a list of parts with code, count and share.

    places: of movement.Overview; empty without a night. unknown: those of all customers that came after the night;
    left_out: the others that stand at none of the places.
    """
    if not places:
        return []
    told = []
    codes = {
        "stage": STAGES,
        "quadrant": [quadrant.value for quadrant in Quadrant],
        "level": [level.value for level in Level],
    }
    unknown = places["stage"].get(None, 0)
    for axis, order in codes.items():
        counts = places[axis]
        total = sum(counts.get(code, 0) for code in order)
        shares = {code: counts.get(code, 0) / (total or 1) for code in order}
        parts = [{"code": code, "count": counts.get(code, 0), "share": shares[code]} for code in order]
        parts = [part for part in parts if part["count"]]
        left_out = customers - total - unknown
        told.append({"axis": axis, "parts": parts, "total": total, "left_out": left_out, "unknown": unknown})
    return told


def care(user, today):
    """Counts an administrator should bring to zero: (code, number)."""
    week = today - timedelta(days=7)
    found = {
        "unowned": Customer.objects.filter(owner=None, merged_into=None).count(),
        "without_team": User.objects.filter(is_active=True, team=None).exclude(role="ADMIN").count(),
        "failed_mails": OutboxMail.objects.filter(state="FAILED", queued_at__date__gte=week).count(),
        "failed_imports": ImportJob.objects.filter(status="FAILED", created_at__date__gte=week).count(),
    }
    return [(code, number) for code, number in found.items() if number]
