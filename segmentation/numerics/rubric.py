"""From raw facts to the five-level scores of the expert indicators (1 = worst, 5 = best)."""

from types import MappingProxyType

import numpy as np
import pandas as pd

LEVELS = 5

# The proposed rubric of systems.md section 7: a default to be edited, not theory. A value at a threshold counts up.
THRESHOLDS = MappingProxyType(
    {
        "cross_buying": (2, 3, 4, 5),  # product lines bought: 1 / 2 / 3 / 4 / 5 and more
        "contract_length": (1, 2, 3, 5),  # years guaranteed: below 1 / 1-2 / 2-3 / 3-5 / 5 and more
        "referral": (1, 2, 3, 4),  # customers referred: 0 / 1 / 2 / 3 / 4 and more
    }
)
SCALES = MappingProxyType(
    {
        "business_scale": MappingProxyType({"MICRO": 1, "SMALL": 2, "MEDIUM": 3, "LARGE": 4, "GROUP": 5}),
        "profitability": MappingProxyType({"LOSS": 1, "BREAK_EVEN": 2, "LOW": 3, "MEDIUM": 4, "HIGH": 5}),
        "bank_credit": MappingProxyType({"NONE": 1, "D": 1, "C": 2, "B": 3, "A": 4, "AA": 5}),
    }
)
OVERDUE_DAYS = (0, 30, 60, 90)  # the worst delay: none / up to 30 / up to 60 / up to 90 / beyond
OVERDUE_TIMES = 3  # so many late payments are as bad as the worst delay


class RubricError(ValueError):
    """A rubric that does not make five levels; `code` is stable."""

    code = "bad_rubric"


def by_thresholds(values, thresholds):
    """Return levels 1..5 as floats: 1 + the number of `thresholds` that a value reaches; NaN stays NaN.

    `values`: array or Series of counts or years. `thresholds`: four rising numbers. A Series keeps its index. Raises
    RubricError.
    """
    cuts = _rising(thresholds)
    x = _numbers(values)
    return _like(values, np.where(np.isnan(x), np.nan, 1.0 + np.searchsorted(cuts, x, side="right")))


def by_codes(codes, scale):
    """Return levels as floats by the mapping `scale` (code -> 1..5); empty and unknown codes give NaN.

    `codes`: array or Series of text. Raises RubricError for a level outside 1..5.
    """
    if not all(1 <= level <= LEVELS for level in scale.values()):
        raise RubricError(f"levels run from 1 to {LEVELS}")
    series = pd.Series(codes) if not isinstance(codes, pd.Series) else codes
    levels = series.astype(object).map(dict(scale)).astype(np.float64)
    return _like(codes, levels.to_numpy())


def overdue(days, times, thresholds=OVERDUE_DAYS, most_times=OVERDUE_TIMES):
    """Return payment levels: 5 = never late; one less for each threshold that the worst delay exceeds; never below 1.

    `days`: worst delay in days (0 = none), `times`: number of late payments; `most_times` of them or more give 1
    whatever the delay. NaN in `days` = not known, stays NaN; NaN in `times` = not counted. Raises RubricError.
    """
    cuts = _rising(thresholds)
    late, often = _numbers(days), _numbers(times)
    level = LEVELS - np.searchsorted(cuts, late, side="left").astype(np.float64)
    level = np.where(np.nan_to_num(often) >= most_times, 1.0, level)
    return _like(days, np.where(np.isnan(late), np.nan, level))


def preferred(expert, derived):
    """Return the expert's score where there is one, else the derived level (arrays or Series of equal length)."""
    given = _numbers(expert)
    return _like(derived, np.where(np.isnan(given), _numbers(derived), given))


def _rising(thresholds):
    cuts = np.asarray(thresholds, dtype=np.float64)
    if cuts.shape != (LEVELS - 1,) or not np.isfinite(cuts).all() or (np.diff(cuts) <= 0).any():
        raise RubricError(f"a rubric of {LEVELS} levels needs {LEVELS - 1} rising thresholds")
    return cuts


def _numbers(values):
    if isinstance(values, pd.Series):
        return values.to_numpy(dtype=np.float64, na_value=np.nan)
    return np.asarray(values, dtype=np.float64)


def _like(template, array):
    return pd.Series(array, index=template.index, name=template.name) if isinstance(template, pd.Series) else array
