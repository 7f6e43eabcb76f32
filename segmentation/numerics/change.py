"""Why scores changed between two nights: data, population, weights and missing data, exact for every customer.

A sequential (Laspeyres-like) decomposition in the manner of Das Gupta 1993 and of the price-volume-mix split, with its
order stated. A score is read as the sum over indicators of

    C * (w / W * z - h),   z = direction * (x - mean) / sd

x is the customer's raw value; mean and sd those of the night's population; w the version's weight; W the sum of the
weights this customer has in the dimension; h the centring (the mean of w / W * z over the customers who have the
indicator); C the dimension's share of the total, 1 where the other dimension has no score. From the earlier night to
the later one, one thing moves at a time:

1. what the later night no longer knows is left out (`missing`); the other weights are scaled up (`rescaled`);
2. the customer's own values become those of the later night (`data`), judged by the earlier night's mean and sd;
3. mean, sd and centring become those of the later night (`population`);
4. weights, directions, dimensions, shares and the set of indicators become those of the later version (`weights`);
5. what only the later night knows comes in (`missing`); the other weights are scaled down (`rescaled`).

An indicator that the later version does not have keeps its earlier value until step 4; one that only the later version
has appears in step 4. Whatever happens, the five causes of a customer sum to later score - earlier score.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np

CAUSES = ("data", "population", "weights", "missing", "rescaled")
CURRENT, POTENTIAL, TOTAL = "CURRENT", "POTENTIAL", "total"


@dataclass(frozen=True, eq=False)
class Side:
    """One night of n customers: `codes` (k); per code `dimension` (CURRENT or POTENTIAL), `direction`, `weight`, `mean`
    and `sd` (NaN: none); `share` of current value in the total; `raw`, `z`, `points`: (n, k), NaN = missing."""

    codes: tuple
    dimension: np.ndarray
    direction: np.ndarray
    weight: np.ndarray
    mean: np.ndarray
    sd: np.ndarray
    share: float
    raw: np.ndarray
    z: np.ndarray
    points: np.ndarray

    def rows(self, part):
        """The Side of some of its customers."""
        return replace(self, raw=self.raw[part], z=self.z[part], points=self.points[part])


@dataclass(frozen=True, eq=False)
class Split:
    """effects: (causes, n, codes), in the order of CAUSES; NaN for a customer without a score on either side.
    first, last: (n, codes) the points between which the effects lie; out: (n,) who has no score on either side."""

    codes: tuple
    effects: np.ndarray
    first: np.ndarray
    last: np.ndarray
    out: np.ndarray

    @property
    def before(self):
        """(n,): the earlier scores."""
        return np.where(self.out, np.nan, self.first.sum(axis=1))

    @property
    def after(self):
        """(n,): the later scores."""
        return np.where(self.out, np.nan, self.last.sum(axis=1))

    @property
    def causes(self):
        """(n, causes): each customer's sum over the indicators."""
        return self.effects.sum(axis=2).T


def side(told, raw, z, points):
    """The Side of a night: `told` is its weight version as plain data (night.weights), vectors are (n, k) arrays."""
    codes = tuple(told["indicators"])

    def each(name, default=np.nan):
        return np.array([_number(told[name].get(code), default) for code in codes], dtype="f8")

    matrix = [np.asarray(values, dtype="f8").reshape(-1, len(codes)) for values in (raw, z, points)]
    return Side(
        codes,
        np.array([told["dimension"][code] for code in codes], dtype=object),
        each("direction"),
        each("weights", 0.0),
        each("mean"),
        each("sd"),
        float(told["current_share"]),
        *matrix,
    )


def _number(value, default):
    return default if value is None else float(value)


def same_policy(old, new):
    """Whether both nights weigh alike, so that no counterfactual is needed."""
    return (
        old.codes == new.codes
        and old.share == new.share
        and all(np.array_equal(getattr(old, f), getattr(new, f)) for f in ("dimension", "direction", "weight"))
    )


def shrunk(old, new):
    """Whether the later version lacks an indicator of the earlier one."""
    return not set(old.codes) <= set(new.codes)


def centres(old, new):
    """The centring (k of `old`) that the later population would have under the earlier version; NaN where it has none.

    `new` must hold the whole scored population of its night; `old` too where the set of indicators has shrunk: the
    later night does not know the others, so that the centring moves by what it moves over the common ones.
    """
    common = [code for code in old.codes if code in new.codes]
    here, there = ([side.codes.index(code) for code in common] for side in (old, new))
    turned = old.direction[here] * new.direction[there]
    weight, dimension = old.weight[here], old.dimension[here]
    found = np.full(len(old.codes), np.nan)
    found[here] = _mean_product(weight, dimension, new.z[:, there] * turned)
    if shrunk(old, new):
        whole = _mean_product(old.weight, old.dimension, old.z)
        found[here] += whole[here] - _mean_product(weight, dimension, old.z[:, here])
    return found


def _mean_product(weight, dimension, z):
    """Per indicator the mean of scaled weight times z over the customers who have it; NaN where nobody has."""
    weighed = _scaled(weight, dimension, ~np.isnan(z)) * z
    known = (~np.isnan(weighed)).sum(axis=0)
    return np.divide(np.nansum(weighed, axis=0), known, out=np.full(len(weight), np.nan), where=known > 0)


def split(old, new, centre=None, of=TOTAL):
    """Return the Split of the same n customers between two Sides.

    centre: `centres(old, new)` of the whole populations; None where both nights weigh alike (or the later population
    is not at hand: its whole centring then counts as population). of: TOTAL, CURRENT or POTENTIAL score.
    """
    return _split(_walk(old, new, centre), of)


def splits(old, new, centre=None):
    """Return {of: Split} for the TOTAL, CURRENT and POTENTIAL score: the way is walked once."""
    way = _walk(old, new, centre)
    return {of: _split(way, of) for of in (TOTAL, CURRENT, POTENTIAL)}


@dataclass(frozen=True, eq=False)
class _State:
    """Points (n, k) of a moment between two nights, with the Side whose shares count; what every score asks of them
    is found once."""

    side: Side
    points: np.ndarray

    @cached_property
    def missing(self):
        return np.isnan(self.points)

    @cached_property
    def plain(self):
        return np.where(self.missing, 0.0, self.points)

    @cached_property
    def has(self):
        """Who has a score of each dimension: an indicator with points in it."""
        own = {which: self.side.dimension == which for which in (CURRENT, POTENTIAL)}
        return {which: ~self.missing[:, own[which]].all(axis=1) for which in own}

    def scored(self, of):
        """Whether each customer has this score: points in its dimension, in any for the total."""
        return ~self.missing.all(axis=1) if of == TOTAL else self.has[of]

    def weighed(self, of):
        """Points as they enter the score asked for: (n, k), 0 where missing."""
        dimension, share = self.side.dimension, self.side.share
        if of != TOTAL:
            return np.where(dimension == of, self.plain, 0.0)
        first = np.where(self.has[POTENTIAL], share, 1.0)
        second = np.where(self.has[CURRENT], 1.0 - share, 1.0)
        return self.plain * np.stack([second, first], axis=1)[:, (dimension == CURRENT).astype("i8")]


@dataclass(frozen=True, eq=False)
class _Way:
    """The six states of the points between two nights; equal neighbours are one and the same. lost, gained: (n, k) what
    came or went though both versions have it."""

    codes: tuple
    states: tuple
    lost: np.ndarray
    gained: np.ndarray


def _walk(old, new, centre):
    codes = old.codes + tuple(code for code in new.codes if code not in old.codes)
    a, b = _widened(old, codes), _widened(new, codes)
    in_old, in_new = (np.array([code in side.codes for code in codes]) for side in (old, new))
    both = in_old & in_new
    had, has = ~np.isnan(a.points), ~np.isnan(b.points)
    kept = had & (has | ~both)  # gone from the later version: stays until the weights move
    late = has & (had | ~in_old)
    none_lost, none_gained = np.array_equal(kept, had), np.array_equal(late, has)
    before = _scaled(a.weight, a.dimension, had)
    alone = before if none_lost else _scaled(a.weight, a.dimension, kept)
    after = before if same_policy(old, new) and np.array_equal(had, has) else _scaled(b.weight, b.dimension, has)
    h_old, h_new = before * a.z - a.points, after * b.z - b.points
    h_moved = h_new if centre is None else np.where(both, _placed(centre, old.codes, codes), h_old)
    h_moved = np.where(np.isnan(h_moved), h_old, h_moved)
    moved = np.where(both, b.z * (a.direction * b.direction), a.z)
    first, last = _State(a, a.points), _State(b, b.points)
    states = (
        first,
        first if none_lost else _State(a, _where(kept, alone * a.z - h_old)),
        _State(a, _where(kept, alone * np.where(both, _judged(a, b), a.z) - h_old)),
        _State(a, _where(kept, alone * moved - h_moved)),
        last if none_gained else _State(b, _where(late, _scaled(b.weight, b.dimension, late) * b.z - h_new)),
        last,
    )
    return _Way(codes, states, both & had & ~has, both & has & ~had)


def _where(present, points):
    return np.where(present, points, np.nan)


def _split(way, of):
    weighed = {state: state.weighed(of) for state in way.states}  # equal neighbours once
    first, last = way.states[0], way.states[-1]
    effects = np.zeros((len(CAUSES), *weighed[first].shape))
    for cause, (earlier, later) in enumerate(pairwise(way.states[1:5])):
        np.subtract(weighed[later], weighed[earlier], out=effects[cause])
    if way.states[1] is not first or way.states[4] is not last:
        gone, come = weighed[way.states[1]] - weighed[first], weighed[last] - weighed[way.states[4]]
        effects[3:] = _missing(gone, way.lost, come, way.gained)
    out = ~(first.scored(of) & last.scored(of))
    effects[:, out] = np.nan
    return Split(way.codes, effects, weighed[first], weighed[last], out)


def _missing(first, lost, last, gained):
    """What came or went itself, and what that did to the weights of the others."""
    return (
        np.where(lost, first, 0.0) + np.where(gained, last, 0.0),
        np.where(lost, 0.0, first) + np.where(gained, 0.0, last),
    )


def _widened(one, codes):
    """The Side over more codes: those it lacks have no weight and no values."""
    if one.codes == codes:
        return one
    at = [one.codes.index(code) if code in one.codes else -1 for code in codes]

    def each(values, empty):
        return np.array([values[k] if k >= 0 else empty for k in at])

    def matrix(values):
        wide = np.full((len(values), len(codes)), np.nan)
        for place, k in enumerate(at):
            if k >= 0:
                wide[:, place] = values[:, k]
        return wide

    return Side(
        codes,
        each(one.dimension, ""),
        each(one.direction, 1.0),
        each(one.weight, 0.0),
        each(one.mean, np.nan),
        each(one.sd, np.nan),
        one.share,
        matrix(one.raw),
        matrix(one.z),
        matrix(one.points),
    )


def _placed(values, codes, wide):
    return np.array([values[codes.index(code)] if code in codes else np.nan for code in wide])


def _scaled(weight, dimension, present):
    """Each weight over the sum of the weights present in its dimension (n, k); NaN where that sum is 0."""
    own = np.stack([dimension == one for one in (CURRENT, POTENTIAL)])
    total = present.astype("f8") @ np.where(own, weight, 0.0).T
    total[total <= 0] = np.nan
    return np.where(own.any(axis=0), weight, np.nan) / total[:, own[1].astype("i8")]


def _judged(a, b):
    """z of the later values by the earlier mean and sd; values that did not move keep their z to the last digit."""
    spread = np.where(a.sd > 0, a.sd, np.inf)
    with np.errstate(invalid="ignore"):
        judged = a.direction * (b.raw - np.nan_to_num(a.mean)) / spread
    return np.where(b.raw == a.raw, a.z, judged)
