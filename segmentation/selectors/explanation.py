"""Why a customer has its score: every indicator from its raw value to its points, and the way to the next level."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from django.utils.translation import get_language

from customers.vocabulary import Dimension, Level, Quadrant, Sublevel
from segmentation.charts.bars import adding_up, contribution_bars
from segmentation.models import Indicator
from segmentation.selectors import sources

# What each level has above it, and the threshold of the night that says how to get there.
ABOVE = {
    (Level.LOW.value, None): (Level.ORDINARY.value, ""),
    (Level.ORDINARY.value, None): (Level.HIGH.value, ""),
    (Level.HIGH.value, Sublevel.MAIN.value): (Level.HIGH.value, Sublevel.KEY.value),
}


@dataclass(frozen=True)
class Line:
    """One indicator of one customer. z is oriented: large is good. weight: as published; share: renormalised over the
    indicators this customer has. product = share x z; points = product + shift; the shift centres all customers. shown:
    points as printed, so that the printed ones add up. said: by experts. href: where the rows behind the value are."""

    code: str
    label: str
    unit: str
    measure: str
    expert: bool
    window: str
    direction: int
    raw: float | None
    word: str
    ends: tuple
    mean: float | None
    sd: float | None
    z: float | None
    weight: float
    share: float | None
    points: float | None
    bar: Any = None
    allocated: bool = False
    said: bool = False
    href: str = ""
    provenance: str = ""
    judgements: tuple = ()
    shown: float | None = None

    @property
    def product(self):
        return None if self.z is None else self.share * self.z

    @property
    def shift(self):
        return None if self.z is None else self.points - self.product


@dataclass(frozen=True)
class Part:
    """One dimension: its score, its share of the total, lines with points (largest effect first), missing lines."""

    code: str
    score: float | None
    share: float
    lines: tuple
    missing: tuple

    @property
    def contribution(self):
        """What it adds to the total score."""
        return None if self.score is None else self.share * self.score

    @property
    def indicators(self):
        return len(self.lines) + len(self.missing)

    @property
    def shares(self):
        """What the scaled weights sum to: 1."""
        return sum(line.share for line in self.lines)


@dataclass(frozen=True)
class Gap:
    """The way up: the next level, the metric's value there and what is missing. profit: the additional gross profit
    that would bring these points, all else equal (None where gross profit has no weight)."""

    level: str
    sublevel: str
    metric: str
    needed: float
    gap: float
    profit: float | None


@dataclass(frozen=True)
class Explanation:
    """reason: why there is no total score (empty where there is one), else one of NO_NIGHT, NEW, EXITED, NO_ORDER,
    NO_DATA, NO_VECTORS (the night kept no explanation)."""

    reason: str
    parts: tuple = ()
    total: float | None = None
    rank: int | None = None
    ranked: int | None = None
    level: str = ""
    sublevel: str = ""
    quadrant: str = Quadrant.UNSCORED.value
    gap: Gap | None = None
    indicators: int = 0
    name: str = ""
    version: Any = None
    origin: Any = None

    @property
    def missing(self):
        return [line for part in self.parts for line in part.missing]

    @property
    def best(self):
        """The line that adds most, weighed by its dimension's share; None where nothing adds."""
        return max(self._weighed(), default=(0, None), key=lambda pair: pair[0])[1]

    @property
    def worst(self):
        return min(self._weighed(), default=(0, None), key=lambda pair: pair[0])[1]

    def _weighed(self):
        return [(line.points * part.share, line) for part in self.parts for line in part.lines]


def explain(customer, night):
    """The Explanation of a customer that carries `standing` (with vectors) of this night."""
    standing = getattr(customer, "standing", None)
    if not night or standing is None:
        return Explanation("NEW" if night else "NO_NIGHT")
    reason = _reason(customer, standing, night)
    told = night.weights or {}
    if reason in ("EXITED", "NO_ORDER") or standing.points is None or not told.get("indicators"):
        return Explanation(reason or "NO_VECTORS", total=standing.total_score, rank=standing.rank)
    origin = sources.origin(told.get("version"))
    lines = _with_doors(_lines(standing, told), customer, night, origin)
    parts = tuple(_part(dimension, standing, told, lines) for dimension in Dimension)
    levels = (night.summary or {}).get("levels") or {}
    return Explanation(
        reason=reason,
        parts=_renormalised(parts),
        total=standing.total_score,
        rank=standing.rank,
        ranked=sum(levels.values()) or None,
        level=standing.level,
        sublevel=standing.sublevel,
        quadrant=standing.quadrant,
        gap=level_gap(standing, night, lines),
        indicators=len(told["indicators"]),
        name=told.get("name", ""),
        version=told.get("version"),
        origin=origin,
    )


def _with_doors(lines, customer, night, origin):
    """Each Line with what the experts said, where its rows are, and where its weight came from."""
    said = sources.said_by_experts(customer, night)
    found = []
    for line in lines:
        line = replace(line, said=line.code in said, provenance=origin.provenance.get(line.code, ""))
        line = replace(line, judgements=sources.judgements(origin, line.code))
        found.append(replace(line, href=sources.address(customer, line, night)))
    return found


def _reason(customer, standing, night):
    if standing.total_score is not None:
        return ""
    if customer.exited_on and customer.exited_on <= night.as_of:
        return "EXITED"
    return "NO_DATA" if standing.orders else "NO_ORDER"


def _lines(standing, told):
    """The Lines of a standing in the order of the night's indicators."""
    codes, chinese = told["indicators"], (get_language() or "").startswith("zh")
    known = {row.code: row for row in Indicator.objects.filter(code__in=codes)}
    raw, z, points = (np.asarray(vector, "f8") for vector in (standing.raw, standing.z, standing.points))
    present = {}
    for k, code in enumerate(codes):
        if not np.isnan(points[k]):
            dimension = told["dimension"][code]
            present[dimension] = present.get(dimension, 0.0) + float(told["weights"][code])
    lines = []
    for k, code in enumerate(codes):
        row, weight, here = known.get(code), float(told["weights"][code]), not np.isnan(points[k])
        lines.append(
            Line(
                code=code,
                label=row.label if row else code,
                unit=row.unit if row else "",
                measure=row.measure if row else "",
                expert=bool(row and row.expert),
                window=row.window if row else "",
                direction=told["direction"][code],
                raw=_plain(raw[k]),
                word=_word(row, raw[k], chinese),
                ends=_ends(row, chinese),
                mean=told["mean"].get(code),
                sd=told["sd"].get(code),
                z=_plain(z[k]),
                weight=weight,
                share=weight / present[told["dimension"][code]] if here else None,
                points=_plain(points[k]),
                allocated=code in told.get("allocated", ()),
            )
        )
    return lines


def _plain(value):
    return None if np.isnan(value) else float(value)


def _word(row, raw, chinese):
    """The word of the rubric for a whole level; empty between two levels or without a rubric."""
    if row is None or np.isnan(raw) or raw != round(raw):
        return ""
    return next((step["zh" if chinese else "en"] for step in row.rubric if step["level"] == int(raw)), "")


def _ends(row, chinese):
    """The words of the lowest and the highest level: "Medium" may be level 4 where the scale begins with a loss."""
    steps = sorted(row.rubric, key=lambda step: step["level"]) if row else []
    return tuple(step["zh" if chinese else "en"] for step in (steps[0], steps[-1])) if steps else ()


def _part(dimension, standing, told, lines):
    own = [line for line in lines if told["dimension"][line.code] == dimension.value]
    bars = {bar.code: bar for bar in contribution_bars({line.code: line.points for line in own})}
    shown = adding_up({line.code: line.points for line in own if line.points is not None})
    placed = {line.code: replace(line, bar=bars[line.code], shown=shown.get(line.code)) for line in own}
    current = float(told["current_share"])
    is_current = dimension is Dimension.CURRENT
    return Part(
        code=dimension.value,
        score=standing.current_score if is_current else standing.potential_score,
        share=current if is_current else 1 - current,
        lines=tuple(placed[code] for code in bars if placed[code].points is not None),
        missing=tuple(line for line in own if line.points is None),
    )


def _renormalised(parts):
    """A customer with one dimension only is ranked by that one: its share is then the whole."""
    scored = [part for part in parts if part.score is not None]
    if len(scored) != 1:
        return parts
    return tuple(Part(**{**vars(part), "share": 1.0 if part.score is not None else 0.0}) for part in parts)


def level_gap(standing, night, lines=()):
    """The Gap to the next level; None at the top, without a level, or where the night kept no thresholds."""
    sublevel = standing.sublevel if standing.level == Level.HIGH.value else None
    above = ABOVE.get((standing.level, sublevel))
    thresholds = (night.summary or {}).get("thresholds") or {}
    needed = thresholds.get(above[1] or above[0]) if above else None
    if needed is None:
        return None
    metric = (night.weights.get("pyramid") or {}).get("metric", "total_score")
    ranked_by = {"gross_profit": standing.gross_profit, "contribution": standing.contribution}
    own = ranked_by.get(metric, standing.total_score)
    if own is None:
        return None
    gap = max(0.0, needed - float(own))
    profit = gap if metric == "gross_profit" else _profit_for(gap, standing, night, lines)
    profit = None if metric == "contribution" else profit
    return Gap(above[0], above[1], metric, needed, gap, profit)


def _profit_for(gap, standing, night, lines):
    """The gross profit that adds `gap` to the total score: gap x sd / (share of current value x own weight)."""
    line = next((line for line in lines if line.measure == "gross_profit" and line.share), None)
    if line is None or not line.sd:
        return None
    alone = standing.potential_score is None
    share = 1.0 if alone else float(night.weights["current_share"])
    return gap * line.sd / (share * line.share) if share and line.share else None
