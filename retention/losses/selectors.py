"""Reads about losing, winning back and declining: lists, the Pareto of causes, figures; within somebody's scope."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Exists, F, OuterRef, Q, Subquery, Sum

from customers.models import Contact, PurchaseDay
from customers.selectors.listing import rows_of, scoped
from customers.vocabulary import Stage
from customers.vocabulary_care import UNRECOVERABLE, WinBackState
from retention.models import CauseMeasure, DeclineDecision, Loss, WinBack

YEAR = 365
VITAL = 0.8  # the causes that together bring so much of the losses are the vital few (Pareto)
BUYER_DAYS = 90


def declining(user, night):
    """Customers in decline who are not recorded as lost, each with `.decided` if somebody chose since it began."""
    since = DeclineDecision.objects.filter(
        customer=OuterRef("pk"), decided_on__gte=OuterRef("standing__stage_since")
    ).order_by("-decided_on", "-id")
    rows = scoped(user, night).filter(standing__stage=Stage.DECLINE.value, exited_on=None)
    rows = rows.exclude(Exists(Loss.objects.filter(customer=OuterRef("pk"), ended_on=None)))
    return rows.annotate(decided=Subquery(since.values("choice")[:1]))


def undecided(user, night):
    """Declining customers nobody has decided about, dearest first."""
    return declining(user, night).filter(decided=None).order_by(F("standing__clv").desc(nulls_last=True), "pk")


def silent(user, night):
    """Customers silent by the lost rule whose cause nobody has recorded, dearest first."""
    known = Loss.objects.filter(customer=OuterRef("pk"), ended_on=None)
    rows = scoped(user, night).filter(standing__lost=True, exited_on=None).exclude(Exists(known))
    return rows.order_by(F("standing__amount").desc(nulls_last=True), "pk")


def losses(user):
    """Every loss this user may see, with its customer and attempts."""
    return Loss.objects.visible_to(user).select_related("customer__owner", "recorded_by").prefetch_related("win_backs")


def part_q(part):
    """The condition of one part of the losses."""
    running = Exists(WinBack.objects.filter(loss=OuterRef("pk"), state=WinBackState.RUNNING.value))
    return {
        "running": Q(ended_on=None) & Q(running),
        "won": Q(won_back=True),
        "all": Q(),
    }.get(part, Q(ended_on=None))


def page_of(queryset, night):
    """The customers of a page with standing, in the order of the queryset; `.decided` where it was annotated."""
    ids = list(queryset.values_list("pk", flat=True))
    return rows_of(ids, night)


def decisions_of(customer_ids):
    """The latest decision about each customer, by id."""
    found = {}
    rows = DeclineDecision.objects.filter(customer__in=customer_ids).select_related("decided_by")
    for row in rows.order_by("decided_on", "id"):
        found[row.customer_id] = row
    return found


def with_revenue(rows):
    """Gives each loss `.attempt`, the latest, and `.revenue_after`: what came in since it was won back."""
    rows = list(rows)
    won = {}  # customer: the losses it came back from, the latest first; a purchase counts for the latest before it
    for row in sorted((row for row in rows if row.won_back), key=lambda row: row.ended_on, reverse=True):
        won.setdefault(row.customer_id, []).append(row)
    sums = {}
    if won:
        first = min(found[-1].ended_on for found in won.values())
        days = PurchaseDay.objects.filter(customer__in=won, date__gte=first)
        for customer, day, amount in days.values_list("customer_id", "date", "amount"):
            back = next((row.pk for row in won[customer] if row.ended_on <= day), None)
            sums[back] = sums.get(back, 0) + amount
    for row in rows:
        attempts = sorted(row.win_backs.all(), key=lambda one: (one.started_on, one.pk))
        row.attempt = attempts[-1] if attempts else None
        row.revenue_after = sums.get(row.pk, 0) if row.won_back else None
    return rows


@dataclass(frozen=True)
class Bar:
    """One cause in the Pareto: how often, its running share, the value lost, and what can be done about it."""

    cause: str
    count: int
    share: float
    running: float
    vital: bool
    clv: float
    details: list
    measures: list
    recoverable: bool


def pareto(user, today):
    """The causes of the losses of two years, the most frequent first."""
    scope = Loss.objects.visible_to(user).filter(lost_on__gt=today - timedelta(days=2 * YEAR))
    scope = scope.exclude(won_back=False, ended_on__isnull=False).order_by()
    rows = list(scope.values_list("cause").annotate(n=Count("pk"), clv=Sum("clv")).order_by("-n", "cause"))
    total = sum(count for _cause, count, _clv in rows)
    details = {}
    for cause, sub, count in scope.exclude(sub_cause="").values_list("cause", "sub_cause").annotate(n=Count("pk")):
        details.setdefault(cause, []).append((sub, count))
    measures = {}
    for measure in CauseMeasure.objects.filter(template__active=True).select_related("template"):
        measures.setdefault(measure.cause, []).append(measure.template)
    bars, running = [], 0
    for cause, count, clv in rows:
        vital = running < VITAL * total
        running += count
        bars.append(
            Bar(
                cause,
                count,
                count / total,
                running / total,
                vital,
                clv or 0.0,
                sorted(details.get(cause, []), key=lambda pair: -pair[1]),
                measures.get(cause, []),
                cause not in UNRECOVERABLE,
            )
        )
    return bars


@dataclass(frozen=True)
class LossFigures:
    """The figures above the lists. won_rate: of the attempts that ended in a year; known: silent ones with a cause."""

    undecided: int
    silent: int
    open: int
    running: int
    won: int
    ended: int
    won_rate: float | None
    revenue_after: float
    known: float | None
    buyers: int


def figures(user, night, today):
    """Everything above the lists."""
    since = today - timedelta(days=YEAR)
    scope = Loss.objects.visible_to(user).order_by()
    counts = scope.aggregate(
        open=Count("pk", filter=Q(ended_on=None)),
        running=Count("pk", filter=part_q("running")),
    )
    ended = WinBack.objects.visible_to(user).filter(ended_on__gt=since)
    tries = ended.aggregate(ended=Count("pk"), won=Count("pk", filter=Q(state=WinBackState.WON.value)))
    won = with_revenue(losses(user).filter(won_back=True, ended_on__gt=since))
    quiet = silent(user, night).order_by().count() if night else 0
    told = counts["open"] + quiet
    buyers = Contact.objects.visible_to(user).filter(is_buyer=True, left_on__gt=today - timedelta(days=BUYER_DAYS))
    return LossFigures(
        undecided=undecided(user, night).order_by().count() if night else 0,
        silent=quiet,
        **counts,
        won=tries["won"],
        ended=tries["ended"],
        won_rate=tries["won"] / tries["ended"] if tries["ended"] else None,
        revenue_after=sum(row.revenue_after for row in won),
        known=counts["open"] / told if told else None,
        buyers=buyers.filter(left_on__lte=today).values("customer").distinct().count(),
    )


def open_loss_of(customer):
    """The customer's open loss with `.running`, the attempt to win it back, or None; read once for a page, since the
    headline, the gates and the card ask alike."""
    if not hasattr(customer, "_open_loss"):
        loss = Loss.objects.filter(customer=customer, ended_on=None).first()
        if loss is not None:
            loss.running = loss.win_backs.filter(state=WinBackState.RUNNING.value).first()
        customer._open_loss = loss
    return customer._open_loss
