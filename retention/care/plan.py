"""The care plan: how far customers are cared for before, during and after their purchases, and who waits."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Exists, F, OuterRef, Q

from customers.models import Interaction
from customers.selectors.listing import rows_of, scoped
from customers.vocabulary import CarePhase
from retention.models import RetentionTask
from retention.models.tasks import LIVE
from retention.models.templates import CARE_PHASES

RECENT = 90  # days in which an order deserves care after it
YEAR = 365
TEMPLATES = {phase: code for code, phase in CARE_PHASES.items()}


@dataclass(frozen=True)
class Phase:
    """One phase of the purchase: of `customers` who came into question, `cared` had a care contact of the phase."""

    code: str
    customers: int
    cared: int
    tasks: int

    @property
    def coverage(self):
        return self.cared / self.customers if self.customers else None


def _contacts(phase, since):
    rows = Interaction.objects.filter(customer=OuterRef("pk"), care_phase=phase.value)
    return Exists(rows.filter(at__date__gte=since))


def _buyers(user, night, days):
    since = night.as_of - timedelta(days=days)
    return scoped(user, night).filter(standing__last_order__gt=since, exited_on=None)


def after_last_order():
    """Whether a care contact after purchase followed the last order."""
    return _contacts(CarePhase.POST, OuterRef("standing__last_order"))


def phases(user, night, owners):
    """Coverage of the three phases: customers who bought in a year, for the last those who bought in 90 days.

    owners: of `coverage_by_owner`, which counts the last phase already.
    """
    year = night.as_of - timedelta(days=YEAR)
    asked = {
        CarePhase.PRE: (_buyers(user, night, YEAR), _contacts(CarePhase.PRE, year)),
        CarePhase.DURING: (
            _buyers(user, night, YEAR).filter(
                pk__in=scoped(user).filter(contracts__start__lte=night.as_of, contracts__end__gte=night.as_of)
            ),
            _contacts(CarePhase.DURING, year),
        ),
    }
    live = RetentionTask.objects.live().visible_to(user).filter(template__code__in=TEMPLATES.values())
    waiting = dict(live.order_by().values_list("template__code").annotate(n=Count("pk")))
    found = []
    for phase, (customers, cared) in asked.items():
        counts = (
            customers.annotate(cared=cared).order_by().aggregate(n=Count("pk"), good=Count("pk", filter=Q(cared=True)))
        )
        found.append(Phase(phase.value, counts["n"], counts["good"], waiting.get(TEMPLATES[phase], 0)))
    bought, cared = (sum(row[name] for row in owners) for name in ("n", "good"))
    return [*found, Phase(CarePhase.POST.value, bought, cared, waiting.get(TEMPLATES[CarePhase.POST], 0))]


def uncared(user, night):
    """Ids of customers who bought in 90 days and had no care contact since, the most valuable first."""
    rows = _buyers(user, night, RECENT).annotate(cared=after_last_order()).filter(cared=False)
    return rows.order_by(F("standing__clv").desc(nulls_last=True), "pk").values_list("pk", flat=True)


def with_tasks(ids, night):
    """These customers with standing and `.care_task`: the live task of care after purchase, if there is one."""
    rows = rows_of(list(ids), night)
    live = RetentionTask.objects.filter(customer__in=[row.pk for row in rows], template__code="C-POST", state__in=LIVE)
    tasks = {task.customer_id: task for task in live}
    for row in rows:
        row.care_task = tasks.get(row.pk)
    return rows


def coverage_by_owner(user, night):
    """Care after the last order by owner, the lowest coverage first: dicts with owner id, name parts, n and good."""
    rows = _buyers(user, night, RECENT).annotate(cared=after_last_order()).order_by()
    names = ("owner", "owner__last_name", "owner__first_name", "owner__username")
    counted = rows.values(*names).annotate(n=Count("pk"), good=Count("pk", filter=Q(cared=True)))
    found = [{**row, "coverage": row["good"] / row["n"]} for row in counted]
    return sorted(found, key=lambda row: (row["coverage"], -row["n"]))
