"""Shadows: drafts that the night scores beside the published weights, and what they said."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from segmentation import publish
from segmentation.models import Indicator, Shadow
from segmentation.numerics import pyramid, quadrant, verdict
from segmentation.selectors import policies

OVER = ("PUBLISHED", "SUPERSEDED")  # nothing left to try out
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
    table = pd.crosstab(pd.Categorical(before, codes), pd.Categorical(after, codes), dropna=False)
    table = table.reindex(index=codes, columns=codes, fill_value=0)
    return {
        "codes": codes,
        "matrix": table.to_numpy().tolist(),
        "before": [int((before == code).sum()) for code in codes],
        "after": [int((after == code).sum()) for code in codes],
        "profit_before": [float(money[before == code].sum()) for code in codes],
        "profit_after": [float(money[after == code].sum()) for code in codes],
    }
