"""Group equal customers once, compute once, hand the answer back to each: the trick that makes a million cheap."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

DENSE = 4_000_000  # up to this many possible keys a table of flags beats hashing


@dataclass(frozen=True)
class Column:
    """A column as codes into its distinct values (`values[codes]` is the column)."""

    codes: np.ndarray
    values: np.ndarray


def distinct(column: np.ndarray) -> Column:
    """Codes and distinct values of a float or integer column without NaN; values in order of first sight."""
    codes, values = pd.factorize(column)
    return Column(codes, np.asarray(values))


@dataclass(frozen=True)
class Pairs:
    """Distinct pairs of two columns: `first` and `second` hold one row per pair, `back` maps every customer to one."""

    first: np.ndarray
    second: np.ndarray
    back: np.ndarray


def pairs(one: np.ndarray, two: np.ndarray) -> Pairs:
    """Distinct pairs of two columns, sorted by the first one's code."""
    left, right = distinct(one), distinct(two)
    width = max(right.values.size, 1)
    key = left.codes.astype(np.int64) * width + right.codes
    found, back = _unique(key, left.values.size * width)
    return Pairs(left.values[found // width], right.values[found % width], back)


def whole_pairs(one: np.ndarray, two: np.ndarray) -> Pairs:
    """Distinct pairs of two columns of counts, sorted: small numbers are their own codes."""
    width = int(two.max(initial=0)) + 1
    found, back = _unique(one.astype(np.int64) * width + two.astype(np.int64), (int(one.max(initial=0)) + 1) * width)
    first, second = np.divmod(found, width)
    return Pairs(first, second, back)


def _unique(key: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    if size > DENSE:
        found, back = np.unique(key, return_inverse=True)
        return found, back.reshape(-1)
    seen = np.zeros(size, dtype=bool)
    seen[key] = True
    found = np.flatnonzero(seen)
    number = np.zeros(size, dtype=np.int32)
    number[found] = np.arange(found.size, dtype=np.int32)
    return found, number[key]


@dataclass(frozen=True)
class Histories:
    """Distinct purchase histories: codes of each into the distinct frequencies, recencies and ages, with counts."""

    frequency: Column
    recency: Column
    age: Column
    count: np.ndarray


def histories(frequency: np.ndarray, recency: np.ndarray, age: np.ndarray) -> Histories:
    """Collapse customers with the same (frequency, recency, age); exact, nothing is rounded."""
    x, tx, t = distinct(frequency), distinct(recency), distinct(age)
    key = (x.codes.astype(np.int64) * t.values.size + t.codes) * tx.values.size + tx.codes
    found, count = np.unique(key, return_counts=True)
    rest, tx_code = np.divmod(found, tx.values.size)
    x_code, t_code = np.divmod(rest, t.values.size)
    return Histories(
        Column(x_code, x.values), Column(tx_code, tx.values), Column(t_code, t.values), count.astype(float)
    )
