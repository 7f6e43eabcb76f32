"""Reads about proof: who is in which arm, what came of it, the effect of each playbook; within somebody's scope."""

from dataclasses import dataclass, field
from datetime import timedelta
from math import ceil

import numpy as np
import pandas as pd
from django.db.models import Case, Count, Exists, F, IntegerField, OuterRef, Q, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce

from customers.fields import UnitsField
from customers.labels import label_of
from customers.models import PurchaseDay
from customers.vocabulary import Level, Quadrant, Tier
from customers.vocabulary_care import ProofOutcome
from retention import selectors
from retention.models import Loss, ProofAssignment, TaskTemplate
from retention.models.proof import proof_policy
from retention.numerics import effect
from retention.proof.rules import by_rule

RECENT = 90  # days from which the pace of assignments is told
MONTH = 30.4375
FEW = 20  # measured customers before a spread is told
NOBODY = dict.fromkeys(("live", "overdue", "raised", "done", "handled", "ended"), 0) | {
    "acted": None, "idle": False, "retire": False, "kept": None,
}  # fmt: skip
WINDOW = {"customer_id": OuterRef("customer_id"), "date__gt": OuterRef("assigned_on"), "date__lte": OuterRef("ends_on")}
LOST = {"lost_on__gt": OuterRef("assigned_on"), "lost_on__lte": OuterRef("ends_on")}


def assignments(user):
    """Assignments of visible customers under what their playbook promises to measure now; others are another trial."""
    promised = {"outcome": F("template__proof_outcome"), "days": F("template__proof_days")}
    return ProofAssignment.objects.visible_to(user).filter(**promised)


def _outcome(kind):
    """What is measured in the window, as an expression over assignments: 0 or 1, or units of money."""
    if kind == ProofOutcome.PROFIT.value:
        profit = PurchaseDay.objects.filter(**WINDOW).order_by().values("customer_id")
        total = profit.annotate(sum=Sum("gross_profit")).values("sum")
        return Coalesce(Subquery(total, output_field=UnitsField()), Value(0, output_field=UnitsField()))
    if kind == ProofOutcome.BOUGHT.value:
        return _flag(Exists(PurchaseDay.objects.filter(**WINDOW, bought=True)), 1)
    no_loss = Q(ended_on__isnull=False, won_back=False)  # it turned out that it was none
    lost = Loss.objects.filter(customer_id=OuterRef("customer_id"), **LOST).exclude(no_loss)
    left = Q(customer__exited_on__gt=F("assigned_on"), customer__exited_on__lte=F("ends_on"))
    return _flag(Exists(lost) | left, 0)


def _flag(condition, value):
    """This value (0 or 1) where the condition holds, else the other one."""
    return Case(When(condition, then=Value(value)), default=Value(1 - value), output_field=IntegerField())


def measured(user, templates=None):
    """Every assignment with what came of it, one query for each kind of outcome; the first one of each customer counts.

    Columns: template, customer, held, stratum (with the share held out), assigned_on, ends_on (dates), value (0 or 1,
    or money).
    """
    frames = [pd.DataFrame(columns=COLUMNS)]
    rows = assignments(user) if templates is None else assignments(user).filter(template__in=templates)
    for kind in sorted(set(rows.order_by().values_list("outcome", flat=True).distinct())):
        found = rows.filter(outcome=kind).annotate(value=_outcome(kind)).order_by("assigned_on", "id")
        frames.append(pd.DataFrame.from_records(list(found.values_list(*FIELDS)), columns=COLUMNS))
    whole = pd.concat([frame for frame in frames if len(frame)] or frames[:1], ignore_index=True)
    whole["stratum"] = whole["share"].astype(str) + " " + whole["stratum"].astype(str)
    whole["value"] = whole["value"].astype("f8")
    return whole.drop_duplicates(["template", "customer"])


FIELDS = ("template_id", "customer_id", "held", "share", "stratum", "assigned_on", "ends_on", "value")
COLUMNS = ["template", "customer", "held", "share", "stratum", "assigned_on", "ends_on", "value"]


@dataclass(frozen=True)
class Arm:
    """One side of a trial: customers assigned, those of them whose window has passed, and new ones a day."""

    assigned: int = 0
    ripe: int = 0
    per_day: float = 0.0
    pending: list = field(default_factory=list)  # days until the windows of the others end


@dataclass(frozen=True)
class Proof:
    """What is known of one playbook. effect: None while there is no proof; wait: months until there may be (None: at
    this pace never); detectable: the true difference that is found four times out of five, with the arms there are or,
    while there is no proof, with the fewest customers for one (None: nothing measured yet)."""

    template: TaskTemplate
    rule: dict
    treated: Arm
    held: Arm
    minimum: int
    effect: effect.Effect | None
    wait: int | None
    detectable: float | None

    @property
    def assigned(self):
        return self.treated.assigned + self.held.assigned

    @property
    def tried(self):
        """Whether anybody is, or may be, held out."""
        return bool(self.assigned or self.template.holdout_share)

    @property
    def smaller(self):
        """Customers of the arm that has fewer, with their window passed."""
        return min(self.treated.ripe, self.held.ripe)

    @property
    def missing(self):
        return max(0, self.minimum - self.smaller)

    @property
    def money(self):
        return self.template.proof_outcome == ProofOutcome.PROFIT.value


def proofs(user, as_of, today, templates=None):
    """Every playbook with what became of its tasks and what is proved of it, as of the published night."""
    policy, rules = proof_policy(), by_rule(user, today)
    listed = list(TaskTemplate.objects.all()) if templates is None else list(templates)
    whole = measured(user, [template.pk for template in listed])
    groups = dict(list(whole.groupby("template"))) if len(whole) else {}
    return [
        _proof(template, rules.get(template.pk, NOBODY | {"days": policy.acted_days}), groups.get(template.pk), as_of,
               policy)
        for template in listed
    ]  # fmt: skip


def _proof(template, rule, rows, as_of, policy):
    if rows is None or as_of is None:
        wait = None
        return Proof(template, rule, Arm(), Arm(), policy.min_arm, None, wait, None)
    ripe = rows[[day <= as_of for day in rows["ends_on"]]]
    treated, held = (_arm(rows[rows["held"] == side], as_of) for side in (False, True))
    found = _effect(template, ripe, policy) if min(treated.ripe, held.ripe) >= policy.min_arm else None
    if found is not None and min(found.treated, found.held) < policy.min_arm:
        found = None
    waits = [
        effect.wait_days(policy.min_arm - arm.ripe, arm.pending, arm.per_day if template.active else 0.0,
                         template.proof_days)
        for arm in (treated, held)
    ]  # fmt: skip
    wait = None if None in waits else max(1, ceil(max(waits) / MONTH))
    return Proof(template, rule, treated, held, policy.min_arm, found, wait, _detectable(template, ripe, found, policy))


def _arm(rows, as_of):
    ends = [(day - as_of).days for day in rows["ends_on"]]
    recent = sum(day > as_of - timedelta(days=RECENT) for day in rows["assigned_on"])
    span = min(RECENT, max(1, (as_of - min(rows["assigned_on"])).days + 1)) if len(rows) else RECENT
    ripe = sum(days <= 0 for days in ends)
    return Arm(len(rows), ripe, recent / span, [days for days in ends if days > 0])


def _effect(template, ripe, policy):
    judge = effect.amounts if template.proof_outcome == ProofOutcome.PROFIT.value else effect.shares
    rng = np.random.default_rng([policy.seed, template.pk])  # looked at twice, the same is seen
    held = ripe["held"].to_numpy(bool)
    return judge(held, ripe["stratum"].to_numpy(str), ripe["value"].to_numpy("f8"), policy.confidence / 100, rng)


def _detectable(template, ripe, found, policy):
    values = ripe["value"].to_numpy("f8")
    if (found is None and not template.holdout_share) or len(values) < FEW:
        return None
    share = template.holdout_share
    held = found.held if found else policy.min_arm
    treated = found.treated if found else round(held * (100 - share) / share)
    return effect.detectable(float(np.var(values, ddof=1)), treated, held, policy.confidence / 100)


def customers_of(user, template, held, until=None):
    """The assignments of one arm, the first of each customer, newest first; until: only windows over by this day."""
    found = assignments(user).filter(template=template)
    earlier = found.filter(customer=OuterRef("customer"), assigned_on__lt=OuterRef("assigned_on"))
    found = found.filter(held=held, **({"ends_on__lte": until} if until else {}))
    return found.exclude(Exists(earlier)).select_related("customer__owner")


def crossed(user, template):
    """Customers held out who got the task all the same, because a person gave it to them in the window."""
    by_hand = selectors.visible(user).filter(
        template=template, customer=OuterRef("customer"), night_id=None, raised_on__gt=OuterRef("assigned_on"),
        raised_on__lte=OuterRef("ends_on"),
    )  # fmt: skip
    return customers_of(user, template, True).filter(Exists(by_hand))


def held_now(user, template, today):
    """The assignments of customers who are held out today."""
    found = ProofAssignment.objects.visible_to(user).filter(template=template, held=True, released_on=None)
    return found.filter(ends_on__gt=today).select_related("customer__owner")


def balance(user, template):
    """How chance filled the strata: [(words, with the task, held out)], the largest first."""
    rows = assignments(user).filter(template=template).order_by().values("stratum")
    rows = rows.annotate(held_out=Count("id", filter=Q(held=True)), given=Count("id", filter=Q(held=False)))
    found = [(stratum_words(row["stratum"]), row["given"], row["held_out"]) for row in rows]
    return sorted(found, key=lambda row: (-row[1] - row[2], row[0]))


def stratum_words(stratum):
    """A stratum in words: its codes are of one axis each."""
    return " · ".join(_word(code) for code in stratum.split("/"))


def _word(code):
    axis = next((axis for axis in (Quadrant, Level, Tier) if code in set(axis)), None)
    return str(label_of(axis, code)) if axis else "—"
