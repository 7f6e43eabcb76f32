"""How many customers stand where, and what moved since the night before: for home and for the leads of pages."""

from dataclasses import dataclass

from django.db.models import Count, F, Q, Sum

from customers.selectors.listing import scoped

AXES = ("tier", "stage", "quadrant", "level", "role", "pattern")


PLACES = ("stage", "quadrant", "level")


@dataclass(frozen=True)
class Overview:
    """The scope of a user in one row of numbers, and `places`: how many stand at each code, by axis of PLACES."""

    customers: int
    warned: int
    proposals: int
    clv: float
    at_risk: float
    amount_12m: object
    profit_12m: object
    places: dict


def overview(user, night):
    """Totals of the customers a user may see: count, warnings, proposals that wait, and money."""
    waiting = Count("pk", filter=~Q(proposed_tier=""))
    if not night:
        found = scoped(user).aggregate(n=Count("pk"), waiting=waiting)
        return Overview(found["n"], 0, found["waiting"], 0.0, 0.0, 0, None, {})
    cells = _cells(user, night, waiting)
    places = {axis: {} for axis in PLACES}
    for cell in cells:
        for axis, counted in places.items():
            counted[cell[axis]] = counted.get(cell[axis], 0) + cell["n"]
    total = {
        name: sum(cell[name] or 0 for cell in cells) for name in ("n", "warned", "waiting", "clv", "risk", "amount")
    }
    known = [cell["profit"] for cell in cells if cell["profit"] is not None]
    return Overview(
        total["n"], total["warned"], total["waiting"], float(total["clv"]), float(total["risk"]), total["amount"],
        sum(known) if known else None, places,
    )  # fmt: skip


def _cells(user, night, waiting):
    """The same numbers by place on all axes at once: one pass over the customers answers for every axis."""
    rows = scoped(user, night).order_by().values(**{axis: F(f"standing__{axis}") for axis in PLACES})
    found = rows.annotate(
        n=Count("pk"),
        waiting=waiting,
        warned=Count("pk", filter=Q(standing__warned=True)),
        clv=Sum("standing__clv"),
        risk=Sum("standing__value_at_risk", filter=Q(standing__warned=True)),
        amount=Sum("standing__amount_12m"),
        profit=Sum("standing__profit_12m"),
    )
    return list(found)


def changed(axis):
    """The condition that the code of an axis differs between both nights (both known).

    Not as an exclusion: Django turns that into a subquery that reads both nights once more.
    """
    now, then = f"standing__{axis}", F(f"before__{axis}")
    return Q(**{f"{now}__lt": then}) | Q(**{f"{now}__gt": then})


def moves(user, night, before, axis):
    """What moved on an axis between two nights: list of (from, to, count), the largest first."""
    if axis not in AXES:
        raise ValueError(axis)
    if not night or not before:
        return []
    rows = scoped(user, night, before).filter(changed(axis)).order_by()
    rows = rows.values_list(f"before__{axis}", f"standing__{axis}").annotate(n=Count("pk"))
    return sorted(rows, key=lambda row: (-row[2], row[0], row[1]))
