"""The pyramid of the customers somebody sees: count, profit and share by level, and how concentrated profit is."""

from dataclasses import dataclass

from customers.vocabulary import Level, Sublevel
from segmentation.numerics import pyramid
from segmentation.selectors.population import LEVELS, NOWHERE, SUBLEVELS

PARTS = {
    Level.HIGH: (Sublevel.KEY, Sublevel.MAIN),
    Level.ORDINARY: (),
    Level.LOW: (Sublevel.NONE, Sublevel.DISCREDITED, Sublevel.POOR),
}


@dataclass(frozen=True)
class Part:
    """A level, a sub-level of it, or the customers without a level (level empty). Shares are of ranked customers.

    rest: what a level holds beside its named sub-levels; the customer list cannot be asked for these alone.
    """

    level: str
    sublevel: str
    count: int
    share: float | None
    profit: float
    profit_share: float | None
    clv: float | None  # mean
    warned: int
    parts: tuple = ()
    rest: bool = False

    @property
    def door(self):
        """Whether the customer list can be asked for exactly these customers."""
        return bool(self.level and not self.rest)


@dataclass(frozen=True)
class Table:
    """rows: the three levels. unranked: Part of those without a level. measure: gross_profit, or amount where no cost
    is known at all. profit: of ranked customers. unknown: ranked customers whose cost is not known."""

    rows: tuple
    unranked: Part
    measure: str
    ranked: int
    profit: float
    unknown: int

    @property
    def customers(self):
        return self.ranked + self.unranked.count

    @property
    def high(self):
        return self.rows[0]

    @property
    def clv(self):
        """Mean lifetime value of the ranked."""
        return sum((row.clv or 0) * row.count for row in self.rows) / self.ranked if self.ranked else None


def level_table(people):
    """The Table of the customers in `population.by_level`."""
    ranked = people[people["level"] != NOWHERE]
    known = ranked["gross_profit"].notna()
    measure = "gross_profit" if known.any() else "amount"
    whole = (len(ranked), float(ranked[measure].sum()))
    groups = dict(list(ranked.groupby(["level", "sublevel"], sort=False)))
    return Table(
        rows=tuple(_level(level, groups, ranked, measure, whole) for level in Level),
        unranked=_part("", "", people[people["level"] == NOWHERE], measure, (0, 0.0)),
        measure=measure,
        ranked=whole[0],
        profit=whole[1],
        unknown=int((~known).sum()) if measure == "gross_profit" else 0,
    )


def _level(level, groups, ranked, measure, whole):
    place = LEVELS.index(level.value)
    own = {code: groups.get((place, _place(code))) for code in PARTS[level]}
    parts = tuple(
        _part(level.value, code.value, rows, measure, whole, rest=not code.value)
        for code, rows in own.items()
        if rows is not None
    )
    named = any(part.sublevel for part in parts)
    return _part(level.value, "", ranked[ranked["level"] == place], measure, whole, parts if named else ())


def _place(sublevel):
    return SUBLEVELS.index(sublevel.value) if sublevel.value else NOWHERE


def _part(level, sublevel, rows, measure, whole, parts=(), rest=False):
    everyone, profit = whole
    money = float(rows[measure].sum())
    return Part(
        level=level,
        sublevel=sublevel,
        count=len(rows),
        share=len(rows) / everyone if everyone else None,
        profit=money,
        profit_share=money / profit if profit > 0 else None,
        clv=float(rows["clv"].sum()) / len(rows) if len(rows) else None,
        warned=int(rows["warned"].sum()),
        parts=parts,
        rest=rest,
    )


def pareto(people, measure):
    """The Pareto curve of the ranked customers by gross profit, or by amount."""
    return pyramid.pareto(people.loc[people["level"] != NOWHERE, measure])


@dataclass(frozen=True)
class Check:
    """A rule about concentration, and the share that it is held against."""

    rule: float
    share: float | None

    @property
    def met(self):
        return self.share is not None and self.share >= self.rule


def checks(table, curve):
    """The 70 % of text 004 and the 80 % of text 003: triples of the rule, its Check by level and by profit itself."""
    rules = (pyramid.EXPECTED_SHARE, pyramid.REFERENCE_SHARE)
    return [(rule, Check(rule, table.high.profit_share), Check(rule, curve.top_share)) for rule in rules]
