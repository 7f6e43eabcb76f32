"""Current value against potential value: four quadrants by the mean, their density, and who moved."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from customers.vocabulary import Quadrant

CODES = tuple(q.value for q in Quadrant)
_BY_SIDES = np.array(
    [Quadrant.LL.value, Quadrant.LH.value, Quadrant.HL.value, Quadrant.HH.value, Quadrant.UNSCORED.value], dtype=object
)


@dataclass(frozen=True)
class Cuts:
    """Where HIGH begins on each axis; NaN when nobody is scored there."""

    current: float
    potential: float


@dataclass(frozen=True, eq=False)
class Density:
    """How many customers per cell: `counts[row, col]`, rows by potential, columns by current, lowest first.

    A cell holds edge <= value < next edge. The outer cells are open: they also hold everything beyond their edge, and
    `beyond` says how many customers that are.
    """

    counts: np.ndarray
    current_edges: np.ndarray
    potential_edges: np.ndarray
    beyond: int


@dataclass(frozen=True, eq=False)
class Movement:
    """Who stood where: `matrix` (rows before, columns after) for customers in both, `entered` and `left` by code."""

    matrix: pd.DataFrame
    entered: pd.Series
    left: pd.Series


def mean_cuts(current, potential):
    """Return the Cuts: the mean of each score over the customers who have it (0 for z-scored dimensions)."""
    return Cuts(_mean(_numbers(current)), _mean(_numbers(potential)))


def assign(current, potential, cuts=None, tolerance=1e-9):
    """Return quadrant codes HH, HL, LH, LL or UNSCORED, the current score's side first (text 003, A20).

    `current`, `potential`: arrays or Series, NaN = not scored; either missing gives UNSCORED. HIGH when score >= cut.
    `cuts`: None for the means of this population (read them with `mean_cuts`), else Cuts or a pair (current,
    potential). `tolerance` forgives rounding, relative to cuts larger than 1. Returns an object array of str, or a
    Series like `current`.
    """
    x, y = _numbers(current), _numbers(potential)
    at = mean_cuts(x, y) if cuts is None else cuts
    cut_x, cut_y = (at.current, at.potential) if isinstance(at, Cuts) else at
    side = 2 * _high(x, cut_x, tolerance) + _high(y, cut_y, tolerance)
    codes = _BY_SIDES[np.where(np.isnan(x) | np.isnan(y), 4, side)]
    return pd.Series(codes, index=current.index, name="quadrant", dtype=object) if _series(current) else codes


def density(current, potential, bins=64):
    """Return the Density of the customers scored on both axes.

    `bins`: a number for equal cells between the extremes, or a pair of rising edge arrays (current, potential), then
    values beyond them fall into the outer cells. Empty input gives zero counts. Raises ValueError for bad bins.
    """
    x, y = _numbers(current), _numbers(potential)
    both = ~(np.isnan(x) | np.isnan(y))
    x, y = x[both], y[both]
    x_edges, y_edges = (_edges(x, bins), _edges(y, bins)) if np.isscalar(bins) else map(_rising, bins)
    columns, x_beyond = _cells(x, x_edges)
    rows, y_beyond = _cells(y, y_edges)
    shape = (y_edges.size - 1, x_edges.size - 1)
    counts = np.bincount(rows * shape[1] + columns, minlength=shape[0] * shape[1]).reshape(shape)
    return Density(counts, x_edges, y_edges, int((x_beyond | y_beyond).sum()))


def movement(before, after, codes=CODES):
    """Return the Movement from one night's codes to another's, matched by the index of the two Series.

    `codes`: the order of rows and columns (pass the level codes to follow the pyramid). Raises ValueError for a code
    that is not among them or an index that names a customer twice.
    """
    if not (before.index.is_unique and after.index.is_unique):
        raise ValueError("a customer appears twice")
    size, names = len(codes), list(codes)
    old, new = _positions(before, names), _positions(after, names)
    match = new.index.get_indexer(old.index)
    stayed = match >= 0
    pairs = old.to_numpy()[stayed] * size + new.to_numpy()[match[stayed]]
    matrix = pd.DataFrame(np.bincount(pairs, minlength=size * size).reshape(size, size), index=names, columns=names)
    arrived = np.ones(len(new), dtype=bool)
    arrived[match[stayed]] = False
    entered = np.bincount(new.to_numpy()[arrived], minlength=size)
    left = np.bincount(old.to_numpy()[~stayed], minlength=size)
    return Movement(matrix, pd.Series(entered, index=names), pd.Series(left, index=names))


def _high(values, cut, tolerance):
    with np.errstate(invalid="ignore"):
        return (values >= cut - tolerance * max(1.0, abs(cut))).astype(np.int64)


def _mean(values):
    scored = values[~np.isnan(values)]
    return float(scored.mean()) if scored.size else float("nan")


def _numbers(values):
    return values.to_numpy(dtype=np.float64, na_value=np.nan) if _series(values) else np.asarray(values, np.float64)


def _series(values):
    return isinstance(values, pd.Series)


def _edges(values, bins):
    if int(bins) != bins or bins < 1:
        raise ValueError("bins are a positive whole number or two arrays of edges")
    low, high = (float(values.min()), float(values.max())) if values.size else (0.0, 1.0)
    if high <= low:
        low, high = low - 0.5 * max(1.0, abs(low)), low + 0.5 * max(1.0, abs(low))
    return np.linspace(low, high, int(bins) + 1)


def _rising(edges):
    e = np.asarray(edges, dtype=np.float64)
    if e.ndim != 1 or e.size < 2 or not np.isfinite(e).all() or (np.diff(e) <= 0).any():
        raise ValueError("edges are at least two rising numbers")
    return e


def _cells(values, edges):
    """Return each value's cell and whether it lies beyond the outer edges (the highest edge itself counts inside)."""
    cell = np.searchsorted(edges, values, side="right") - 1
    return np.clip(cell, 0, edges.size - 2), (values < edges[0]) | (values > edges[-1])


def _positions(series, names):
    where = pd.Index(names).get_indexer(series.astype(object))
    if (where < 0).any():
        raise ValueError(f"unknown code {series.iloc[int((where < 0).argmax())]!r}")
    return pd.Series(where, index=series.index)
