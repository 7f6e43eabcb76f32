"""Shadows: drafts that the night scores beside the published weights, and what they said."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from django.db.models import F, OuterRef, Subquery

from customers.models import Standing
from customers.models.querysets import scope
from customers.vocabulary import NightOrigin
from segmentation import publish
from segmentation.charts.bars import movement_rows
from segmentation.models import Indicator, Shadow, ShadowNight, ShadowScore
from segmentation.numerics import pyramid, quadrant, verdict
from segmentation.selectors import policies

OVER = ("PUBLISHED", "SUPERSEDED")  # nothing left to try out
SUMS = ("before", "after", "profit_before", "profit_after")
QUADRANTS = [code for code in quadrant.CODES if code != "UNSCORED"]


@dataclass(frozen=True)
class Shaded:
    """An open Shadow with the Indicators and weights (by code) of its set."""

    shadow: Shadow
    indicators: list
    weights: dict


def open_shadows():
    """The Shaded that tonight scores beside the published set."""
    found = []
    for shadow in Shadow.objects.filter(left__gt=0).exclude(weight_set__status__in=OVER).select_related("weight_set"):
        rows = shadow.weight_set.weights.select_related("indicator").filter(indicator__active=True)
        weights = {row.indicator.code: row.value for row in rows}
        indicators = list(Indicator.objects.filter(code__in=weights).order_by("position", "id"))
        found.append(Shaded(shadow, indicators, weights))
    return found


def on_publish(shadows, raw, rules, facts, judged, known):
    """What the publishing transaction does for the shadows: one function a shadow, nothing where there is none."""
    ids = known["customer_id"].to_numpy()
    return tuple(_writer(shaded, raw, rules, facts, judged, ids) for shaded in shadows)


def _writer(shaded, raw, rules, facts, judged, ids):
    weighting = policies.weighting(shaded.indicators, shaded.weights, shaded.shadow.weight_set.current_share)
    other = verdict.judge(raw, weighting, rules, facts)
    told = compared(judged, other, facts.gross_profit)

    def write(night):
        if night.origin == NightOrigin.REPLAY.value:
            return {}  # a shadow runs beside the nights to come
        return {f"shadow {shaded.shadow.pk}": publish.write_shadow(shaded.shadow, night, told, ids, other)}

    return write


def compared(old, new, profit):
    """Two verdict.Judged of the same customers, in sum: counts, matrices and gross profit by level and quadrant."""
    money = np.nan_to_num(profit)
    return {
        "levels": _axis(old.level, new.level, list(pyramid.CODES), money),
        "quadrants": _axis(old.quadrant, new.quadrant, QUADRANTS, money),
        "ranked": int((new.rank > 0).sum()),
        "rank_moved": _rank_moved(old.rank, new.rank),
    }


def _rank_moved(old, new):
    """By how many ranks a customer moved, in the mean."""
    both = (old > 0) & (new > 0)
    return float(np.abs(new - old)[both].mean()) if both.any() else 0.0


def _axis(before, after, codes, money):
    table = verdict.transitions(verdict.places(before, codes), verdict.places(after, codes), codes)
    return {
        "codes": codes,
        "matrix": table.to_numpy().tolist(),
        "before": [int((before == code).sum()) for code in codes],
        "after": [int((after == code).sum()) for code in codes],
        "profit_before": [float(money[before == code].sum()) for code in codes],
        "profit_after": [float(money[after == code].sum()) for code in codes],
    }


def open_of(weight_set):
    """The open Shadow of a version, or None."""
    return Shadow.objects.filter(weight_set=weight_set, left__gt=0).first()


def told(weight_set, limit=60):
    """The ShadowNights of a version, the latest first."""
    rows = ShadowNight.objects.filter(shadow__weight_set=weight_set).select_related("night", "shadow")
    return list(rows.order_by("-as_of", "-id")[:limit])


def matrices(row):
    """Triples of the axis, rows of charts.bars.Move, and for each code a dict of SUMS."""
    found = []
    for axis, name in (("quadrant", "quadrants"), ("level", "levels")):
        summed = row.summary[name]
        codes = summed["codes"]
        moves = movement_rows(pd.DataFrame(summed["matrix"], index=codes, columns=codes))
        sums = [{"code": code} | {key: summed[key][k] for key in SUMS} for k, code in enumerate(codes)]
        found.append((axis, moves, sums))
    return found


@dataclass(frozen=True)
class Differing:
    """How many customers a shadow put elsewhere in one night."""

    row: ShadowNight
    quadrants: int
    levels: int
    ranked: int
    rank_moved: float

    @property
    def share(self):
        return self.quadrants / self.ranked if self.ranked else None


def trend(rows):
    """The Differing of every ShadowNight, in their order."""
    return [
        Differing(
            row,
            _off_diagonal(row.summary["quadrants"]["matrix"]),
            _off_diagonal(row.summary["levels"]["matrix"]),
            row.summary["ranked"],
            row.summary["rank_moved"],
        )
        for row in rows
    ]


def _off_diagonal(matrix):
    return sum(count for i, line in enumerate(matrix) for j, count in enumerate(line) if i != j)


def differing(row, axis, user, before="", after=""):
    """The customers a reader may see whom the shadow put elsewhere on an axis in one night, the best ranks first.

    `before`, `after`: only from one code to another (empty: any).

    ShadowScores with `customer`, and with `was_rank`, `was_level` and `was_quadrant` as published that night.
    """
    field = "level" if axis == "level" else "quadrant"
    published = Standing.objects.filter(night=row.night_id, customer=OuterRef("customer_id"))
    scores = ShadowScore.objects.filter(told=row).filter(scope(user, "customer__"))
    was = {f"was_{name}": Subquery(published.values(name)[:1]) for name in ("rank", "level", "quadrant")}
    scores = scores.annotate(**was)
    scores = scores.filter(**{f"was_{field}": before}) if before else scores
    scores = scores.filter(**{field: after}) if after else scores
    return scores.exclude(**{f"was_{field}": F(field)}).select_related("customer").order_by("rank", "customer_id")
