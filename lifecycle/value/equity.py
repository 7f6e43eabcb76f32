"""Customer equity: the sum of lifetime values of the customers somebody may see, by any of the ways to cut them."""

from dataclasses import dataclass
from datetime import date
from math import sqrt
from typing import Any
from urllib.parse import urlencode

import numpy as np
from django.db.models import Avg, Count, F, Q, Sum
from django.utils.translation import gettext_lazy as _

from customers.frames import read_floats
from customers.models import Night, Standing, Team, User
from customers.selectors.listing import rows_of, scoped
from customers.vocabulary import ClvGap, Level, NightStatus, Quadrant, Stage, Tier

TAIL = 1.2815515655446004  # deviations of a normal sum that leave a tenth on either side
CUTS = {  # code: words, path from Customer, filter of the list, enum in the order of the field
    "tier": (_("Tier"), "tier", "tier", Tier),
    "stage": (_("Stage"), "standing__stage", "stage", Stage),
    "quadrant": (_("Quadrant"), "standing__quadrant", "quadrant", Quadrant),
    "level": (_("Level"), "standing__level", "level", Level),
    "industry": (_("Industry"), "industry", "industry", None),
    "owner": (_("Owner"), "owner", "owner", None),
    "team": (_("Team"), "owner__team", "team", None),
}
SHARES = (0.01, 0.05, 0.2, 0.5)
POINTS = 30  # nights in the trend
FEW = 5
LOSS = -1  # a lifetime value that is negative by less than one unit of the currency is no loss to act on


@dataclass(frozen=True)
class Group:
    """One part of the equity. key: code, text, or primary key; name: words where no enum has them."""

    key: Any
    name: str
    count: int
    told: int
    value: float
    low: float
    high: float
    months: float | None
    share: float | None
    href: str

    @property
    def mean(self):
        """Lifetime value of one customer."""
        return self.value / self.told if self.told else None


@dataclass(frozen=True)
class Equity:
    """The whole: groups by one cut (largest first where the cut has no order), and what has no lifetime value."""

    by: str
    groups: list
    total: Group
    gaps: list  # (ClvGap code, customers)
    losing: int  # customers with a lifetime value of LOSS or less
    ranged: bool  # whether ranges can be told: a simple rule knows none


def cuts_for(user):
    """The ways to cut that make sense for somebody: owners for leads, teams for administrators."""
    hidden = set() if user.is_admin else {"team"} if user.is_lead else {"team", "owner"}
    return {code: words for code, (words, *_rest) in CUTS.items() if code not in hidden}


def equity(user, night, by):
    """Customer equity by a cut, in a constant number of queries."""
    _words, path, parameter, enum = CUTS[by]
    rows = list(
        scoped(user, night)
        .order_by()
        .values(key=F(path))
        .annotate(
            n=Count("pk"),
            told=Count("standing__clv"),
            value=Sum("standing__clv"),
            squares=Sum(F("standing__clv_deviation") * F("standing__clv_deviation")),
            months=Avg("standing__life_months"),
            losing=Count("pk", filter=Q(standing__clv__lte=LOSS)),
        )
    )
    error, names = _relative_error(night), _names(by, rows)
    whole = _total(rows, error)
    groups = [_group(row, names, parameter, whole.value, error) for row in rows if row["told"]]
    order = {member.value: place for place, member in enumerate(enum)} if enum else {}
    groups.sort(key=lambda group: (order.get(group.key, len(order)), -group.value, group.name))
    losing, ranged = sum(row["losing"] for row in rows), not night.summary.get("clv_rule")
    return Equity(by, groups, whole, _gaps(user, night), losing, ranged)


def _relative_error(night):
    """What the parameters' uncertainty adds to any large sum, relative to it."""
    total = night.summary.get("clv")
    return abs(night.summary.get("clv_parameter_error", 0.0) / total) if total else 0.0


def _range(value, squares, error):
    """The interval of a sum: chances of customers are independent, the parameters' error is common to all."""
    spread = TAIL * sqrt((squares or 0.0) + (value * error) ** 2)
    return value - spread, value + spread


def _total(rows, error):
    value, squares = (sum(row[name] or 0.0 for row in rows) for name in ("value", "squares"))
    told, count = (sum(row[name] for row in rows) for name in ("told", "n"))
    known = [(row["months"], row["told"]) for row in rows if row["months"] is not None and row["told"]]
    months = sum(m * n for m, n in known) / sum(n for _m, n in known) if known else None
    return Group(None, "", count, told, value, *_range(value, squares, error), months, 1.0, "/customers/")


def _group(row, names, parameter, total, error):
    key, value = row["key"], row["value"] or 0.0
    low, high = _range(value, row["squares"], error)
    wanted = "null" if key is None and parameter == "owner" else key
    href = f"/customers/?{urlencode({parameter: wanted})}" if wanted not in (None, "") else ""
    share = value / total if total > 0 else None
    name = names.get(key, "") if key not in (None, "") else ""
    return Group(key, name, row["n"], row["told"], value, low, high, row["months"], share, href)


def _names(by, rows):
    """Words of keys that are no codes."""
    keys = [row["key"] for row in rows if row["key"] is not None]
    if by == "owner":
        return {user.pk: user.display_name for user in User.objects.filter(pk__in=keys)}
    if by == "team":
        return dict(Team.objects.filter(pk__in=keys).values_list("pk", "name"))
    return {key: str(key) for key in keys}


def _gaps(user, night):
    """Customers without a lifetime value, by reason, the largest first."""
    rows = (
        scoped(user, night)
        .filter(standing__clv_gap__gt=ClvGap.NONE.value)  # the empty code; an exclusion would read the night twice
        .order_by()
        .values_list("standing__clv_gap")
        .annotate(n=Count("pk"))
    )
    return sorted(rows, key=lambda row: -row[1])


def concentration(user, night, count, total):
    """(share of customers, how many, share of the equity) from the most valuable downwards, and the best few."""
    if total <= 0 or not count:
        return [], []
    best = scoped(user, night).filter(standing__clv__gt=0).order_by(F("standing__clv").desc(), "pk")
    firsts = [max(-(-count * int(share * 100) // 100), 1) for share in SHARES]
    sums = np.cumsum(np.sort(read_floats(best, value=F("standing__clv"))["value"])[::-1])
    found = [
        (share, first, float(sums[min(first, len(sums)) - 1]) / total if len(sums) else 0.0)
        for share, first in zip(SHARES, firsts, strict=True)
    ]
    return found, rows_of(list(best.values_list("pk", flat=True)[:FEW]), night)


@dataclass(frozen=True)
class Point:
    """The equity of one kept night; rule: the simple rule by which that night told values, "" by the model."""

    as_of: date
    value: float
    rule: str = ""


def mixed(points):
    """Whether some of these nights told values by another rule than others."""
    return len({point.rule for point in points}) > 1


def trend(user, night):
    """The equity of the same customers over the kept nights, oldest first, the last of every month once they are many.

    An administrator sees what the nights noted of the whole firm; others the sum of the customers they see today.
    """
    nights = _kept(night)
    if user.is_admin:
        return [_point(row, row.summary["clv"]) for row in nights if row.summary.get("clv") is not None]
    return _points(nights, scoped(user).order_by().values("pk"))


def trend_of(customer, night):
    """The lifetime value of one customer over the kept nights, as in `trend`."""
    return _points(_kept(night), [customer.pk])


def _kept(night):
    """The kept nights up to one, oldest first, the last of every month once they are many."""
    kept = [NightStatus.PUBLISHED.value, NightStatus.SUPERSEDED.value, NightStatus.COMPUTED.value]
    rows = Night.objects.filter(status__in=kept, rows__gt=0, as_of__lte=night.as_of).order_by("as_of", "id")
    nights = {row.as_of: row for row in rows.only("as_of", "summary", "status")}
    nights[night.as_of] = night
    nights = list(nights.values())
    if len(nights) > POINTS:
        months = {(row.as_of.year, row.as_of.month): row for row in nights}
        nights = list(months.values())[-POINTS:]
    return nights


def _points(nights, customers):
    """Sums of lifetime values of these customers by night; nights without any are left out."""
    found = Standing.objects.filter(night__in=[row.pk for row in nights], customer__in=customers)
    values = dict(found.order_by().values_list("night").annotate(v=Sum("clv")))
    return [_point(row, values[row.pk]) for row in nights if values.get(row.pk) is not None]


def _point(night, value):
    return Point(night.as_of, value, night.summary.get("clv_rule", ""))
