"""Stage economics of the customers a user may see: durations, profit, price, investment against the stage's budget."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Avg, Count, F, Q, Sum

from customers.models import Referral
from customers.selectors.listing import scoped
from customers.vocabulary import Stage
from lifecycle.models import StageBudget
from lifecycle.numerics.economics import MONTH

STAGES = [Stage.EXPLORATION, Stage.FORMATION, Stage.STABLE, Stage.DECLINE]


@dataclass(frozen=True)
class Row:
    """One stage. Money is per customer and year."""

    stage: str
    count: int
    days: float | None  # spent in the stage, on average over all who have been there
    amount: float | None
    profit: float | None
    slope: float | None
    price: float | None
    investment: float | None
    budget: float | None
    paid_back: int
    referrals: int  # recommendations of all its customers in a year: the indirect benefit (text 001, L13)
    won: int  # of which became customers

    @property
    def used(self):
        """Share of the budget that was used; None without a budget."""
        return self.investment / self.budget if self.budget and self.investment is not None else None

    @property
    def over(self):
        """Whether more was invested than the budget allows."""
        return self.used is not None and self.used > 1


@dataclass(frozen=True)
class Economics:
    """All stages, and how near the ideal the courses are."""

    rows: list
    ideality: float | None  # stable time by time as a customer
    long_term: int
    by_hand: int
    end_proposed: int
    known: int  # customers whose balance is known
    paid_back: int


def economics(user, night):
    """Everything in four queries."""
    of = "standing__"
    standings = scoped(user, night).filter(**{f"{of}stage__isnull": False}).order_by()
    rows = {row["stage"]: row for row in _by_stage(standings, of)}
    lived = [f"{stage.value.lower()}_days" for stage in STAGES]
    whole = standings.aggregate(
        **{f"sum_{name}": Sum(f"{of}{name}") for name in lived},
        **{f"mean_{name}": Avg(f"{of}{name}", filter=Q(**{f"{of}{name}__gt": 0})) for name in lived},
        long_term=Count("pk", filter=Q(**{f"{of}long_term": True})),
        by_hand=Count("pk", filter=Q(**{f"{of}stage_rule": "OVERRIDE"})),
        end_proposed=Count("pk", filter=Q(**{f"{of}end_proposed": True})),
        known=Count("pk", filter=Q(**{f"{of}balance__isnull": False, f"{of}orders__gt": 0})),
        paid_back=Count("pk", filter=Q(**{f"{of}break_even_on__isnull": False})),
    )
    made = _referrals(user, night)
    budgets = dict(StageBudget.objects.values_list("stage", "amount"))
    total = sum(whole[f"sum_{name}"] or 0 for name in lived)
    return Economics(
        [_row(stage.value, rows.get(stage.value), whole, budgets.get(stage.value), made) for stage in STAGES],
        (whole["sum_stable_days"] or 0) / total if total else None,
        *(whole[name] for name in ("long_term", "by_hand", "end_proposed", "known", "paid_back")),
    )


def _by_stage(standings, of):
    return standings.values(stage=F(f"{of}stage")).annotate(
        n=Count("pk"),
        amount=Avg(f"{of}amount_12m"),
        profit=Avg(f"{of}profit_12m"),
        slope=Avg(f"{of}profit_slope"),
        price=Avg(f"{of}price_index"),
        investment=Avg(f"{of}investment"),
        paid=Count("pk", filter=Q(**{f"{of}break_even_on__isnull": False})),
    )


def _referrals(user, night):
    """Stage -> (recommendations of twelve months, those that became customers)."""
    year = {"date__gt": night.as_of - timedelta(days=365), "date__lte": night.as_of}
    rows = Referral.objects.visible_to(user).filter(**year, customer__standings__night=night.pk).order_by()
    rows = rows.values_list("customer__standings__stage").annotate(n=Count("pk"), won=Count("referred"))
    return {stage: (n, won) for stage, n, won in rows}


def _row(stage, row, whole, budget, made):
    row = row or {}
    referrals, won = made.get(stage, (0, 0))
    numbers = {name: row.get(name) for name in ("amount", "profit", "slope", "price", "investment")}
    numbers = {name: None if value is None else float(value) for name, value in numbers.items()}
    return Row(
        stage=stage,
        count=row.get("n", 0),
        days=whole[f"mean_{stage.lower()}_days"],
        budget=None if budget is None else float(budget),
        paid_back=row.get("paid", 0),
        referrals=referrals,
        won=won,
        **numbers,
    )


def ideality_of(standing):
    """Stable time by time as a customer so far; None before the first order."""
    lived = [getattr(standing, f"{stage.value.lower()}_days") for stage in STAGES]
    total = sum(days or 0 for days in lived)
    return (standing.stable_days or 0) / total if total else None


def depth_of(standing, night):
    """Purchase days a month since the first order (text 001, L08); None before it."""
    if standing.first_order is None:
        return None
    return standing.purchase_days / max((night.as_of - standing.first_order).days / MONTH, 1.0)
