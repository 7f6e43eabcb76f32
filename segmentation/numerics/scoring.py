"""Customer scores: standardised indicators times weights, explained indicator by indicator."""

from dataclasses import dataclass

import numpy as np
import pandas as pd


class ScoringError(ValueError):
    """Weights, directions or raw values that cannot be scored; `code` is stable."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, eq=False)
class Scores:
    """What `score` returns; every frame and series has the index of the raw values.

    `z`: oriented z-scores, NaN where missing. `points`: contributions, NaN where missing; each column sums to 0 and
    each row sums to `score`. `score`: NaN where no weighted indicator is present. `missing`: number of absent
    indicators. `moments`: per indicator `count`, `mean`, `sd` (of the raw values in their own units, after
    winsorising), `weight` (as given) and `direction`.
    """

    z: pd.DataFrame
    points: pd.DataFrame
    score: pd.Series
    missing: pd.Series
    moments: pd.DataFrame


def score(raw, weights, directions, winsorise=None, known=None):
    """Score one dimension of customer value (text 003: A18, A19).

    `raw`: customers x indicator codes, any units, NaN = missing. `weights`: code -> non-negative number; they need
    not sum to 1, because the weights present are renormalised for each customer. `directions`: code -> +1 or -1.
    `winsorise`: None or (low, high) quantiles, e.g. (.01, .99), applied to the raw values before the moments. `known`:
    Scores of the same raw values, directions and winsorising under other weights: where they scored the same customers
    their z-scores are taken over, which is most of the work and changes no bit.

    z = direction * (x - mean) / sd with the sample deviation (ddof = 1, as SPSS). **The direction enters z**: a large
    z is always good, also for a cost. A constant column (spread below 1e-12 of its size), or one with a single value,
    gives z = 0. points = w' z minus the mean of that product over the customers who have the indicator, w' being the
    customer's renormalised weight; so a missing value is never a zero, every column of points sums to 0, score is the
    row sum and its mean is 0. Fewer than two customers with any indicator: no scores at all.

    Raises ScoringError: `missing_column`, `no_weights`, `bad_weight`, `bad_direction`, `not_finite`, `bad_quantiles`.
    """
    codes, w, sign = _policy(raw, weights, directions)
    winsorise = _quantiles(winsorise)
    x = np.array(raw[codes].to_numpy(dtype=np.float64, na_value=np.nan).T, order="C")
    if np.isinf(x).any():
        raise ScoringError("not_finite", "raw values may be missing but not infinite")
    present = ~np.isnan(x)
    total = _present_weight(w, present)
    scored = total > 0
    if np.count_nonzero(scored) < 2:
        scored = np.zeros_like(scored)
    taken = _taken(known, codes, scored)
    moments = np.full((len(codes), 3), np.nan) if taken is None else taken[1]
    z, points = np.full_like(x, np.nan), np.full_like(x, np.nan)
    result = np.where(scored, 0.0, np.nan)
    for k in range(len(codes)):
        here = _where(present[k] & scored)
        if taken is None:
            z_here, moments[k] = _standardised(_clipped(x[k, here], winsorise), sign[k])
        else:
            z_here = taken[0][k, here]
        product = _centred(z_here * (w[k] / total[here]))
        z[k, here] = z_here
        points[k, here] = product
        result[here] += product
    return Scores(
        z=pd.DataFrame(z.T, index=raw.index, columns=codes, copy=False),
        points=pd.DataFrame(points.T, index=raw.index, columns=codes, copy=False),
        score=pd.Series(result, index=raw.index, name="score"),
        missing=pd.Series((~present).sum(axis=0), index=raw.index, name="missing"),
        moments=pd.DataFrame(moments, index=codes, columns=["count", "mean", "sd"]).assign(weight=w, direction=sign),
    )


def _taken(known, codes, scored):
    """z (codes x customers) and moments of earlier Scores, or None where they can't be taken over."""
    if known is None or list(known.z.columns) != codes or not np.array_equal(~np.isnan(known.score.to_numpy()), scored):
        return None
    return known.z.to_numpy().T, known.moments[["count", "mean", "sd"]].to_numpy(dtype=np.float64)


def unscored(raw, weights, directions):
    """Return the Scores of a dimension that nothing weighs: nobody has a score, nothing has points.

    Columns as for `score`; `weights` may be empty or all zero.
    """
    codes = list(weights)
    nothing = pd.DataFrame(np.nan, index=raw.index, columns=codes)
    moments = pd.DataFrame({"count": 0, "mean": np.nan, "sd": np.nan}, index=codes)
    return Scores(
        z=nothing,
        points=nothing.copy(),
        score=pd.Series(np.nan, index=raw.index, name="score"),
        missing=raw[codes].isna().sum(axis=1).rename("missing"),
        moments=moments.assign(weight=[float(weights[c]) for c in codes], direction=[directions[c] for c in codes]),
    )


def total(current, potential, criteria):
    """Return the total score: `criteria` (current, potential) weights, normalised, times the two scores (A14).

    Series or arrays in and out; NaN where either dimension is not scored. Raises ScoringError `bad_weight`.
    """
    c = np.asarray(criteria, dtype=np.float64)
    if c.shape != (2,) or not np.isfinite(c).all() or (c < 0).any() or c.sum() <= 0:
        raise ScoringError("bad_weight", "criteria are two non-negative weights, not both zero")
    share = c / c.sum()
    return share[0] * current + share[1] * potential


def _policy(raw, weights, directions):
    """Return codes, weights and signs in one order after checking them."""
    codes = list(weights.keys())
    if not codes:
        raise ScoringError("no_weights", "no indicator has a weight")
    if absent := [c for c in codes if c not in raw.columns]:
        raise ScoringError("missing_column", f"no column for {', '.join(map(str, absent))}")
    w = np.array([float(weights[c]) for c in codes])
    if not np.isfinite(w).all() or (w < 0).any() or w.sum() <= 0:
        raise ScoringError("bad_weight", "weights are non-negative numbers, not all zero")
    sign = np.array([directions.get(c, 0) for c in codes], dtype=np.float64)
    if not np.isin(sign, (-1.0, 1.0)).all():
        raise ScoringError("bad_direction", "every indicator needs a direction of +1 or -1")
    return codes, w, sign


def _present_weight(w, present):
    """Return each customer's sum of the weights of the indicators present, one column at a time to save memory."""
    total = np.zeros(present.shape[1])
    for weight, here in zip(w, present, strict=True):
        total += weight * here
    return total


def _where(mask):
    """Return the positions where `mask` holds: a slice when it holds everywhere, which is several times faster."""
    return slice(None) if mask.all() else np.flatnonzero(mask)


def _quantiles(winsorise):
    if winsorise is None:
        return None
    low, high = (float(q) for q in winsorise)
    if not 0.0 <= low < high <= 1.0:
        raise ScoringError("bad_quantiles", "winsorising needs 0 <= low < high <= 1")
    return low, high


def _clipped(values, quantiles):
    if quantiles is None or not values.size:
        return values
    return np.clip(values, *np.quantile(values, quantiles))


def _standardised(values, sign):
    """Return oriented z-scores and (count, mean, sd) of the present `values` of one indicator."""
    if not values.size:
        return np.zeros(0), (0, np.nan, np.nan)
    low, high = values.min(), values.max()
    spread = high - low
    if values.size < 2 or spread <= 1e-12 * max(abs(low), abs(high)):
        return np.zeros(values.size), (values.size, low + 0.5 * spread, 0.0 if values.size > 1 else np.nan)
    unit = (values - low) / spread  # by the spread first, so that squares neither overflow nor vanish
    middle = unit.mean()
    unit = _centred(unit)
    deviation = np.sqrt(np.square(unit).sum() / (values.size - 1))  # a sum that no number of threads changes
    unit *= sign / deviation
    return unit, (values.size, low + middle * spread, deviation * spread)


def _centred(values):
    """Return `values` minus their mean, in place; a second pass takes out what rounding left of it."""
    if values.size:
        values -= values.mean()
        values -= values.mean()
    return values
