"""Where everybody would stand tonight under the weights and rules of an earlier night: what moved by itself."""

from functools import lru_cache

import numpy as np
import pandas as pd

from customers.models import Night
from segmentation import frames
from segmentation.numerics import verdict
from segmentation.selectors.policies import rules_of
from segmentation.selectors.population import LEVELS, NOWHERE, QUADRANTS

KEPT = 6
DECIDES = ("indicators", "dimension", "direction", "weights", "current_share", "pyramid", "quadrant")


def judged_alike(past, night):
    """Whether both nights weigh and cut alike, so that only customers can have moved."""
    return all((past.weights or {}).get(name) == (night.weights or {}).get(name) for name in DECIDES)


def places(past, night):
    """DataFrame by customer id: `quadrant` and `level` (places as in selectors.population) that the later night would
    have given with the weights, lines and cuts of the earlier one. Empty where it keeps no explanations.

    Only indicators that the later night read can count; the others are missing for everybody.
    """
    return _places(past.pk, past.fingerprint, night.pk, night.checksum)


@lru_cache(maxsize=KEPT)
def _places(past_id, _fingerprint, night_id, _checksum):
    """Complete nights never change, so the answer is kept; fingerprint and checksum tell equal ids apart."""
    past, night = Night.objects.get(pk=past_id), Night.objects.get(pk=night_id)
    told, codes = past.weights, night.weights.get("indicators") or []
    if not codes or not told.get("indicators"):
        return pd.DataFrame({"quadrant": [], "level": []}, dtype="int64")
    rows = frames.read_explained(night_id, len(codes), "raw", "gross_profit", "rank", "contribution")
    raw = pd.DataFrame(rows["raw"], columns=codes)
    common = [code for code in told["indicators"] if code in codes]
    weighting = verdict.Weighting(
        {code: told["dimension"][code] for code in common},
        {code: told["direction"][code] for code in common},
        {code: float(told["weights"][code]) for code in common},
        float(told["current_share"]),
    )
    found = verdict.judge(raw[common], weighting, rules_of(past), _facts(rows, night))
    return pd.DataFrame(
        {"quadrant": _placed(found.quadrant, QUADRANTS), "level": _placed(found.level, LEVELS)}, index=rows["customer"]
    )


def _facts(rows, night):
    """What else decides, as the later night knew it; ties fall as they fell there."""
    nobody = np.zeros(len(rows["customer"]), dtype=bool)
    against = (night.weights.get("pyramid") or {}).get("held_against")
    known = ~np.isnan(rows["contribution"])
    return verdict.Facts(
        gross_profit=rows["gross_profit"],
        code_rank=np.nan_to_num(rows["rank"], nan=0).astype("i8"),
        discredited=nobody,
        poor=nobody,
        contribution=rows["contribution"] if known.any() else None,
        before=frames.read_levels(against, rows["customer"]) if against else None,
    )


def _placed(codes, order):
    return pd.Categorical(codes, categories=order).codes.astype("int64") if len(codes) else np.full(0, NOWHERE)
