"""Axes that people can read: limits one outlier cannot spoil, ticks in steps of 1, 2 or 5, cells that respect a cut."""

from dataclasses import dataclass

import numpy as np

STEPS = (1, 2, 5)
FEW = 60
BERTH = 0.15


@dataclass(frozen=True)
class Ticks:
    """Rising tick `values` at multiples of `step`; `decimals` is how many places they need, none to spare."""

    values: tuple[float, ...]
    step: float
    decimals: int


def ticks(low, high, most=6):
    """Return Ticks within [low, high]: at most `most` of them, at multiples of 1, 2 or 5 times a power of ten.

    Raises ValueError unless both ends are finite, low < high and most >= 2.
    """
    if not (np.isfinite(low) and np.isfinite(high) and low < high and most >= 2):
        raise ValueError("an axis needs two finite ends, the lower first, and room for two ticks")
    power = int(np.floor(np.log10((high - low) / most))) - 1
    while True:
        for step in STEPS:
            first, last = (int(f) for f in _multiples(low, high, step, power))
            if last - first + 1 <= most:
                values = tuple(_times(k * step, power) for k in range(first, last + 1))
                return Ticks(values, _times(step, power), max(0, -power))
        power += 1


def limits(values, include=(), pad=0.04):
    """Return (low, high) for an axis: all values if they are close together, else fences that leave outliers outside.

    Fences: 5 % and 95 % quantiles widened by 1.5 times their distance (below 60 values: quartiles widened by 3 times
    theirs, because two outliers would move the outer quantiles). `include`: values that must lie inside, such as
    a cut, with 15 % of the axis on either side. `pad`: fraction added on both sides. NaN are ignored; without any
    value the axis is (-1, 1).
    """
    v = np.asarray(values, dtype=np.float64)
    v = v[np.isfinite(v)]
    within = [float(x) for x in include if np.isfinite(x)]
    kept = list(within)
    if v.size:
        inside = v[(v >= (fence := _fences(v))[0]) & (v <= fence[1])]
        kept += [float(inside.min()), float(inside.max())]
    low, high = (min(kept), max(kept)) if kept else (-1.0, 1.0)
    if high - low <= 1e-12 * max(1.0, abs(low), abs(high)):
        low, high = low - max(1.0, abs(low)), high + max(1.0, abs(high))
    margin, berth = pad * (high - low), BERTH * (high - low)
    return min([low - margin, *(x - berth for x in within)]), max([high + margin, *(x + berth for x in within)])


def aligned_edges(low, high, cut, cells):
    """Return about `cells` equal cells that cover [low, high] and have an edge exactly at `cut`.

    So no cell lies in two quadrants. Their width has two digits: an edge can be read and typed. Raises
    ValueError unless low <= cut <= high and low < high.
    """
    if not low <= cut <= high or not low < high:
        raise ValueError("the cut lies within the axis")
    width = _two_digits((high - low) / cells)
    below, above = int(np.ceil((cut - low) / width - 1e-9)), int(np.ceil((high - cut) / width - 1e-9))
    return cut + width * np.arange(-below, above + 1)


def _two_digits(width):
    """Return `width` rounded up to two digits."""
    power = int(np.floor(np.log10(width))) - 1
    return _times(int(np.ceil(_times(1, -power) * width - 1e-9)), power)


def _fences(v):
    outer, reach = ((0.25, 0.75), 3.0) if v.size < FEW else ((0.05, 0.95), 1.5)
    low, high = np.quantile(v, outer)
    if high <= low:
        return v.min(), v.max()
    return low - reach * (high - low), high + reach * (high - low)


def _multiples(low, high, step, power):
    """Return the first and last multiple of step * 10 ** power within [low, high], forgiving rounding at the ends."""
    unit = _times(step, power)
    slack = 1e-9 * (high - low) / unit
    return np.ceil(low / unit - slack), np.floor(high / unit + slack)


def _times(whole, power):
    """Return whole * 10 ** power as the nearest double (dividing, because 0.1 is not a double)."""
    return float(whole * 10**power) if power >= 0 else whole / 10**-power
