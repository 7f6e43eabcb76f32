"""Reads for the lifecycle pages: where relationships stand, who moved, and one customer's way."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, F, Q, Sum

from customers.selectors.listing import rows_of, scoped
from customers.selectors.movement import moves
from customers.vocabulary import Pattern, Stage
from customers.vocabulary_stages import BuyingStep
from lifecycle.models import StageChange

BOARD = [Stage.EXPLORATION, Stage.FORMATION, Stage.STABLE, Stage.DECLINE, Stage.TERMINATED]
EXITS = [Pattern.I, Pattern.II, Pattern.III, Pattern.IV]
FEW = 5


@dataclass(frozen=True)
class Column:
    """One stage of the board."""

    stage: str
    count: int
    share: float
    clv: float
    amount: object
    warned: int
    entered: int  # since the night before
    customers: list  # the most valuable few, with their standings


@dataclass(frozen=True)
class Board:
    """The lifecycle of the customers a user may see."""

    columns: list
    total: int
    prospects: int
    ended: int
    steps: list  # (step towards the first purchase or "", prospects)
    patterns: list  # (code, count, share) of those that left or lapsed
    moves: list  # (from, to, count) since the night before
    before: object


def board(user, night, before):
    """The whole board, in a constant number of queries."""
    rows, ended = _totals(user, night)
    shown = sum(rows[stage]["n"] for stage in BOARD if stage in rows)
    moved = moves(user, night, before, "stage") if before else []
    columns = [_column(user, night, stage.value, rows.get(stage.value), shown, moved) for stage in BOARD]
    prospects = rows.get(Stage.PROSPECT.value, {}).get("n", 0)
    return Board(
        columns=columns,
        total=shown,
        prospects=prospects,
        ended=rows.get(Stage.TERMINATED.value, {}).get("n", 0),
        steps=_steps(user, night) if prospects else [],
        patterns=_patterns(ended),
        moves=moved,
        before=before,
    )


def _totals(user, night):
    """Sums by stage and counts by pattern, of one pass over the customers."""
    cells = scoped(user, night).filter(standing__stage__isnull=False).order_by()
    cells = cells.values(stage=F("standing__stage"), pattern=F("standing__pattern")).annotate(
        n=Count("pk"),
        clv=Sum("standing__clv"),
        amount=Sum("standing__amount_12m"),
        warned=Count("pk", filter=Q(standing__warned=True)),
    )
    stages, patterns = {}, {}
    for cell in cells:
        row = stages.setdefault(cell["stage"], {"n": 0, "clv": 0, "amount": 0, "warned": 0})
        for name in row:
            row[name] += cell[name] or 0
        patterns[cell["pattern"]] = patterns.get(cell["pattern"], 0) + cell["n"]
    return stages, patterns


def _column(user, night, stage, row, total, moved):
    row = row or {"n": 0, "clv": None, "amount": None, "warned": 0}
    best = scoped(user, night).filter(standing__stage=stage).order_by(F("standing__clv").desc(nulls_last=True), "pk")
    return Column(
        stage=stage,
        count=row["n"],
        share=row["n"] / total if total else 0.0,
        clv=row["clv"] or 0.0,
        amount=row["amount"] or 0,
        warned=row["warned"],
        entered=sum(count for _was, now, count in moved if now == stage),
        customers=rows_of(list(best.values_list("pk", flat=True)[:FEW]), night) if row["n"] else [],
    )


def _steps(user, night):
    """How far the prospects have come towards a first purchase, in the order of the steps; last: nobody has said."""
    rows = scoped(user, night).filter(standing__stage=Stage.PROSPECT.value).order_by()
    counts = dict(rows.values_list("buying_step").annotate(n=Count("pk")))
    return [(code, counts.get(code, 0)) for code in [*(step.value for step in BuyingStep), ""]]


def _patterns(found):
    total = sum(found.get(pattern.value, 0) for pattern in EXITS) or 1
    return [(pattern.value, found.get(pattern.value, 0), found.get(pattern.value, 0) / total) for pattern in EXITS]


@dataclass(frozen=True)
class Step:
    """One stretch of a customer's way: a stage from one day to the next."""

    stage: str
    rule: str
    since: date
    until: date
    days: int
    last: bool
    evidence: dict  # the measures that decided
    decided_on: date | None


def way(customer, until):
    """The stages a customer went through up to a day, oldest first; empty before the first purchase."""
    changes = list(StageChange.objects.filter(customer=customer, as_of__lte=until, withdrawn_on=None).order_by("as_of"))
    if not changes:
        return []
    ends = [change.as_of for change in changes[1:]] + [until]
    return [
        Step(
            change.after,
            change.rule,
            change.as_of,
            end,
            (end - change.as_of).days,
            change is changes[-1],
            change.evidence,
            change.decided_on,
        )
        for change, end in zip(changes, ends, strict=True)
    ]
