"""How many customers stand where, and what moved since the night before: for home and for the leads of pages."""

from dataclasses import dataclass

from django.db.models import Count, F, Q, Sum

from customers.selectors.listing import scoped

AXES = ("tier", "stage", "quadrant", "level", "role", "pattern")


@dataclass(frozen=True)
class Overview:
    """The scope of a user in one row of numbers."""

    customers: int
    warned: int
    proposals: int
    clv: float
    at_risk: float
    amount_12m: object
    profit_12m: object


def overview(user, night):
    """Totals of the customers a user may see: count, warnings, proposals that wait, and money."""
    waiting = Count("pk", filter=~Q(proposed_tier=""))
    if not night:
        found = scoped(user).aggregate(n=Count("pk"), waiting=waiting)
        return Overview(found["n"], 0, found["waiting"], 0.0, 0.0, 0, None)
    found = scoped(user, night).aggregate(
        n=Count("pk"),
        waiting=waiting,
        warned=Count("pk", filter=Q(standing__warned=True)),
        clv=Sum("standing__clv"),
        risk=Sum("standing__value_at_risk", filter=Q(standing__warned=True)),
        amount=Sum("standing__amount_12m"),
        profit=Sum("standing__profit_12m"),
    )
    return Overview(
        found["n"], found["warned"], found["waiting"], found["clv"] or 0.0, found["risk"] or 0.0,
        found["amount"] or 0, found["profit"],
    )  # fmt: skip


def counts(user, night, axis):
    """How many customers of the user stand at each code of an axis: dict code -> count."""
    if axis not in AXES:
        raise ValueError(axis)
    path = "tier" if axis == "tier" else f"standing__{axis}"
    if not night and axis != "tier":
        return {}
    rows = scoped(user, night).order_by().values_list(path).annotate(n=Count("pk"))
    return {code: n for code, n in rows if code not in (None, "")}


def moves(user, night, before, axis):
    """What moved on an axis between two nights: list of (from, to, count), the largest first."""
    if axis not in AXES:
        raise ValueError(axis)
    if not night or not before:
        return []
    now, then = f"standing__{axis}", f"before__{axis}"
    changed = Q(**{f"{now}__lt": F(then)}) | Q(**{f"{now}__gt": F(then)})
    rows = scoped(user, night, before).filter(changed).order_by().values_list(then, now).annotate(n=Count("pk"))
    return sorted(rows, key=lambda row: (-row[2], row[0], row[1]))


def arrivals(user, night, before, axis, code):
    """How many customers stand at `code` tonight and did not the night before."""
    return sum(n for _then, now, n in moves(user, night, before, axis) if now == code)
