"""The claims of the texts beside the same figures of the customers somebody may see, kept by the published night."""

from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.db.models import Count, Sum

from customers.models import Customer, Referral, ServiceCost
from customers.selectors.listing import scoped
from lifecycle.benchmarks import frames
from lifecycle.models import Claim, LifecyclePolicy
from lifecycle.numerics import claims

KEPT_SECONDS = 24 * 3600
SATISFIED, DISSATISFIED = 4, 2
STEP = 0.05


@dataclass(frozen=True)
class Row:
    """One claim: as quoted, the own figure, how it is written (share, ratio or none) and why it is missing."""

    claim: Claim
    figure: float | None
    kind: str
    extra: Any = None
    why_not: str = ""

    @property
    def known(self):
        return self.figure is not None or bool(self.extra)


@dataclass(frozen=True)
class Measured:
    """Everything the page shows of one scope and night."""

    customers: int
    inputs: claims.Inputs
    before: claims.Inputs
    change: tuple
    sales: float
    sales_before: float
    margin: float  # gross profit over sales of the last year; 0 where no cost is known
    figures: dict[str, Any]


def measured(user, night):
    """The figures of the customers this user may see; worked out once per night and scope."""
    scope = f"team-{user.team_id}" if user.is_lead and user.team_id else f"user-{user.pk}"
    key = f"claims/{night.pk}/{user.role}/{scope}/{user.is_admin}"
    found = cache.get(key)
    if found is None:
        found = _measure(user, night)
        cache.set(key, found, KEPT_SECONDS)
    return found


def _measure(user, night):
    visible = Customer.objects.visible_to(user)
    years = frames.read_years(visible, night.as_of)
    now = claims.inputs(years)
    # The year before as (users, usage, price): its own identity without asking who came back then.
    users_then, days_then = float((years["bought_prev"] > 0).sum()), float(years["bought_prev"].sum())
    sales_then = float(years["amount_prev"].sum())
    then = claims.Inputs(
        users_then,
        0.0,
        0.0,
        days_then / users_then if users_then else 0.0,
        sales_then / days_then if days_then else 0.0,
    )
    change = claims.split((then.users, then.usage, then.price), (now.users, now.usage, now.price))
    policy = LifecyclePolicy.objects.filter(pk=1).first() or LifecyclePolicy(pk=1)
    figures = _figures(years, now, policy) | _facts(user, night, visible)
    sales, profit = float(years["amount"].sum()), float(years["profit"].sum())
    margin = min(max(profit / sales, 0.0), 1.0) if sales > 0 else 0.0
    return Measured(len(years), now, then, change, sales, sales_then, margin, figures)


def _figures(years, now, policy):
    profit = years["profit"].to_numpy("f8")
    return {
        "RETENTION": claims.retention_effect(now.retention, STEP, policy.discount_rate) if now.existing else None,
        "RETURNING": claims.returning_share(years),
        "TOP": claims.top_share(profit[years["bought"].to_numpy("f8") > 0]),
        "curve": claims.concentration(profit[years["bought"].to_numpy("f8") > 0]),
        "PRODUCTS": claims.churn_by_products(years),
        "CHURN": 1.0 - now.retention if now.existing else None,
        "left": claims.projection(1.0 - now.retention) if now.existing else [],
        "TEN": claims.loss_equivalent(years),
        "LOYAL": claims.loyal_ratio(years),
    }


def _facts(user, night, visible):
    """What rests on recommendations, answers and service cost."""
    service = frames.read_service(visible, night.as_of)
    each = [(year, cost / customers) for year, cost, customers in service if customers]
    made = Referral.objects.visible_to(user).filter(date__lte=night.as_of)
    told = made.aggregate(n=Count("pk"), converted=Count("referred"), who=Count("customer", distinct=True))
    scope = scoped(user, night)
    satisfied = scope.filter(surveys__satisfaction__gte=SATISFIED, surveys__date__lte=night.as_of).distinct().count()
    return {
        "KEEPING": each if any(cost for _, cost in each) else [],
        "referrals": told,
        "satisfied": satisfied,
        "costs_kept": ServiceCost.objects.visible_to(user).aggregate(total=Sum("amount"))["total"] or 0,
    }


def rows(found):
    """The claims in their order, each with the own figure or why it cannot be had."""
    return [_row(claim, found) for claim in Claim.objects.all()]


def _row(claim, found):
    build = BUILDERS.get(claim.code)
    return build(claim, found) if build else Row(claim, None, "none", why_not="UNKNOWN")


def _number(value):
    return None if value is None or value != value else float(value)


def _share(name, why_not, extra=None):
    def build(claim, found):
        figure = _number(found.figures[name])
        return Row(
            claim, figure, "share", found.figures.get(extra) if extra else None, "" if figure is not None else why_not
        )

    return build


def _ratio(name, why_not):
    def build(claim, found):
        figure = _number(found.figures[name])
        return Row(claim, figure, "ratio", why_not="" if figure is not None else why_not)

    return build


def _products(claim, found):
    parts = found.figures["PRODUCTS"]
    return Row(claim, None, "products", parts, "" if parts else "NO_CATEGORIES")


def _keeping(claim, found):
    years = found.figures["KEEPING"]
    return Row(claim, None, "years", years if len(years) > 1 else None, "" if len(years) > 1 else "NO_SERVICE_COST")


def _eight(claim, found):
    told, satisfied = found.figures["referrals"], found.figures["satisfied"]
    if not told["n"] or not satisfied:
        return Row(claim, None, "none", why_not="NO_REFERRALS")
    return Row(claim, told["n"] / satisfied, "ratio", {"converted": told["converted"], "all": told["n"]})


def _never(why):
    return lambda claim, found: Row(claim, None, "none", why_not=why)


BUILDERS = {
    "RETENTION": _share("RETENTION", "NO_YEAR_BEFORE"),
    "RETURNING": _share("RETURNING", "NO_PROFIT"),
    "TOP80": _share("TOP", "NO_PROFIT", "curve"),
    "TOP70": _share("TOP", "NO_PROFIT"),
    "PRODUCTS": _products,
    "CHURN": _share("CHURN", "NO_YEAR_BEFORE", "left"),
    "COST5": _never("NO_ACQUISITION_COST"),
    "TEN": _ratio("TEN", "NO_LOST_OR_NEW"),
    "LOYAL": _ratio("LOYAL", "NO_TENURE"),
    "KEEPING": _keeping,
    "EIGHT": _eight,
    "TWENTYFIVE": _never("NOT_RECORDED"),
}
