"""Current against potential value of the customers somebody sees: counts, picture, who is not scored and why."""

from dataclasses import dataclass

import numpy as np

from customers.book import FIRM_SHARE
from customers.models import Customer
from customers.vocabulary import Quadrant
from segmentation.charts.plane import NARROW, WIDE
from segmentation.charts.quadrant import MARKS_BELOW, quadrant_chart
from segmentation.models import Indicator, QuadrantStrategy
from segmentation.selectors.population import NOWHERE, QUADRANTS

CODES = QUADRANTS[:-1]  # without UNSCORED
MEANS = (0.0, 0.0)  # both scores have a mean of 0 over the whole firm: the night checks it
VIEWS = {"points": False, "density": True}


@dataclass(frozen=True)
class Corner:
    """The customers of one quadrant. share: of the scored. strategy: QuadrantStrategy or None."""

    code: str
    count: int
    share: float | None
    clv: float
    profit: float | None
    warned: int
    near: int  # the line
    strategy: QuadrantStrategy | None


@dataclass(frozen=True)
class Quadrants:
    """corners: HH, HL, LH, LL. unscored: reason -> count (see `reasons`)."""

    corners: tuple
    scored: int
    unscored: dict

    @property
    def customers(self):
        return self.scored + sum(self.unscored.values())

    @property
    def near(self):
        return sum(corner.near for corner in self.corners)

    def corner(self, code):
        return next(corner for corner in self.corners if corner.code == code)


def quadrants(people, customers, night):
    """The Quadrants of `population.by_quadrant`; `customers`: the queryset they were read from."""
    strategies = {row.quadrant: row for row in QuadrantStrategy.objects.all()}
    place = people["quadrant"].to_numpy()
    scored = int(((place != NOWHERE) & (place < len(CODES))).sum())
    corners = tuple(_corner(code, people[place == k], scored, strategies.get(code)) for k, code in enumerate(CODES))
    return Quadrants(corners, scored, reasons(people, customers, night))


def _corner(code, rows, scored, strategy):
    known = rows["gross_profit"].notna().any()
    return Corner(
        code=code,
        count=len(rows),
        share=len(rows) / scored if scored else None,
        clv=float(rows["clv"].sum()),
        profit=float(rows["gross_profit"].sum()) if known else None,
        warned=int(rows["warned"].sum()),
        near=int((rows["quadrant_stability"] < FIRM_SHARE).sum()),
        strategy=strategy,
    )


def silent(night):
    """Names of the active indicators that had no data for anybody in this night, by dimension."""
    missing = {told.get("indicator") for told in night.warnings or () if told.get("code") == "indicator_missing"}
    found = {}
    for row in Indicator.objects.filter(code__in=missing):
        found.setdefault(row.dimension, []).append(row.label)
    return found


def flat(night):
    """The dimensions whose score is the same for everybody in this night: their line parts nobody."""
    return [told["dimension"] for told in night.warnings or () if told.get("code") == "score_flat"]


def reasons(people, customers, night):
    """How many customers are not scored, by reason: NEW since the night, EXITED, NO_ORDER, or without any indicator of
    CURRENT or POTENTIAL value."""
    new = people["quadrant"] == NOWHERE
    unscored = people["quadrant"] == QUADRANTS.index(Quadrant.UNSCORED.value)
    if not (new | unscored).any():
        return {}
    left = customers.filter(exited_on__lte=night.as_of).values_list("pk", flat=True)
    exited = people["customer"].isin(list(left))
    bought = people["orders"] > 0
    rest = unscored & ~exited & bought
    found = {
        "NEW": new,
        "EXITED": unscored & exited,
        "NO_ORDER": unscored & ~exited & ~bought,
        "CURRENT": rest & people["current_score"].isna(),
        "POTENTIAL": rest & people["current_score"].notna(),
    }
    return {reason: int(members.sum()) for reason, members in found.items() if members.any()}


@dataclass(frozen=True)
class Lines:
    """Where HIGH began in a night: `line` MEAN, MEDIAN or FIXED, `cuts` (current, potential), `version` of the rule."""

    line: str
    cuts: tuple
    version: int | None


def lines(night):
    """The Lines of a night."""
    told = (night.weights or {}).get("quadrant") or {}
    cuts = (night.summary or {}).get("cuts") or MEANS
    return Lines(told.get("line", "MEAN"), tuple(0.0 if at is None else at for at in cuts), told.get("version"))


def pictures(people, cuts, view="", frames=(WIDE, NARROW)):
    """The QuadrantCharts of the scored customers, one for each frame; the key of a mark is (code, name, near the line).

    `view`: points or density, else points while they can be told apart.
    """
    density = VIEWS.get(view)
    placed = people[people["quadrant"].isin(range(len(CODES)))]
    ids, place = placed["customer"].to_numpy(), placed["quadrant"].to_numpy()
    x, y = placed["current_score"].to_numpy(), placed["potential_score"].to_numpy()
    codes = np.array(CODES, dtype=object)[place]
    keys = ids
    if len(placed) < MARKS_BELOW and not density:
        found = Customer.objects.filter(pk__in=ids.tolist()).values_list("pk", "code", "name")
        named = {pk: (code, name) for pk, code, name in found}
        near = (placed["quadrant_stability"] < FIRM_SHARE).tolist()
        keys = [(*named[pk], close) for pk, close in zip(ids.tolist(), near, strict=True)]
    return [quadrant_chart(keys, x, y, codes, cuts, frame, density) for frame in frames]
