"""How firmly a customer stands where it stands: the share of draws of the weights that leave it there.

Within customers who have the same indicators every score is a linear form of the z-scores, so a draw is one product of
matrices. Whoever is farther from a line than any draw can carry is settled without one; only the others are drawn.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from customers.numerics.blocks import in_threads, runs
from customers.vocabulary import Dimension
from segmentation.numerics import pyramid
from segmentation.numerics.verdict import FIXED, MEDIAN

BLOCK = 500_000  # numbers in memory at once: in the cache until they are compared
MOST = 12_000_000  # numbers that describe all draws for all patterns: beyond, fewer draws are used
ONE_THREAD = 200_000  # multiplications that the matrix library does without a second thread
SAMPLE = 10_000  # customers up to which the line of the top 20 % is exact in every draw


@dataclass(frozen=True, eq=False)
class Stability:
    """`quadrant`: share of draws in the same quadrant, NaN where there is none. `top`: share of draws among the top
    20 % by total score, NaN without a score. `draws`: how many were used."""

    quadrant: np.ndarray
    top: np.ndarray
    draws: int


@dataclass(frozen=True, eq=False)
class _Form:
    """One score, for the customers `rows` of one pattern: x @ base now, x @ drawn[d] in draw d."""

    rows: np.ndarray
    x: np.ndarray
    base: np.ndarray
    drawn: np.ndarray

    @cached_property
    def value(self):
        return self.x @ self.base

    @cached_property
    def reach(self):
        """How far any draw can carry each customer, at most (in the norm of the draws' own spread)."""
        change = self.drawn - self.base
        spread, axes = np.linalg.eigh(change.T @ change / len(change))
        kept = spread > 1e-14 * max(spread.max(initial=0.0), 1e-300)
        if not kept.any():
            return np.zeros(len(self.x))
        scale = np.sqrt(spread[kept])
        radius = np.sqrt((((change @ axes[:, kept]) / scale) ** 2).sum(axis=1)).max()
        return radius * np.sqrt(((self.x @ axes[:, kept] * scale) ** 2).sum(axis=1)) + 1e-12

    def scores(self, some=slice(None)):
        """Scores of these rows (customers x draws of `some`).

        In batches too small for a second thread: their products are so cheap that waiting for one costs more.
        """
        drawn = np.ascontiguousarray(self.drawn[some].T)
        n, rows = len(self.x), max(1, ONE_THREAD // max(1, drawn.size))
        whole = n // rows * rows
        result = np.empty((n, drawn.shape[1]))
        batches = self.x[:whole].reshape(-1, rows, self.x.shape[1])
        np.matmul(batches, drawn, out=result[:whole].reshape(-1, rows, drawn.shape[1]))
        for at in range(whole, n):
            result[at] = self.x[at] @ drawn
        return result

    def only(self, chosen):
        return _Form(self.rows[chosen], self.x[chosen], self.base, self.drawn)


def stability(judged, weighting, rules, draws):
    """Return the Stability of a verdict.Judged under noise.Draws around its weighting."""
    z = {dimension: judged.scores[dimension].z.to_numpy() for dimension in Dimension}
    weights = {dimension: np.array(list(weighting.of(dimension)[0].values())) for dimension in Dimension}
    patterns = _patterns(z)
    most = max(50, MOST // max(1, len(patterns) * sum(values.shape[1] + 2 for values in z.values())))
    used = min(len(draws), most)
    forms = {d: _forms(z[d], weights[d], draws.weights[d][:used], patterns) for d in Dimension}
    share = (float(weighting.current_share), draws.share[:used])
    total = [_total(*pair, share) for pair in zip(forms[Dimension.CURRENT], forms[Dimension.POTENTIAL], strict=True)]
    return Stability(
        quadrant=_same_quadrant(forms, judged, rules, used),
        top=_in_top([form for form in total if form is not None], judged.total, used),
        draws=used,
    )


def _patterns(z):
    """The customers of each pattern of present indicators, as arrays of positions."""
    present = np.concatenate([~np.isnan(values) for values in z.values()], axis=1)
    number = present @ (1 << np.arange(present.shape[1], dtype=np.int64))
    order = np.argsort(number, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(number[order])) + 1) if order.size else []


def _forms(z, weights, drawn, patterns):
    """A _Form of one dimension for every pattern; None where the pattern has none of its weighted indicators.

    score = sum of w z / (weights present) less the mean of that product over all who have the indicator, indicator by
    indicator: the second term is the same for everybody of a pattern, and becomes the last number of the form.
    """
    every = np.vstack([weights, drawn])
    filled = np.nan_to_num(z)
    has = np.array([~np.isnan(z[rows[0]]) for rows in patterns]).reshape(len(patterns), z.shape[1])
    present = has @ every.T  # patterns x draws
    inverse = np.divide(1.0, present, out=np.zeros_like(present), where=present > 0)
    sums = np.array([filled[rows].sum(axis=0) for rows in patterns]).reshape(has.shape)
    count = np.maximum((~np.isnan(z)).sum(axis=0), 1)
    centre = every * (inverse.T @ sums) / count
    found = []
    for k, rows in enumerate(patterns):
        if not present[k, 0] > 0:
            found.append(None)
            continue
        own = has[k]
        forms = np.column_stack([every[:, own] * inverse[k][:, None], -centre[:, own].sum(axis=1)])
        x = np.column_stack([filled[np.ix_(rows, own)], np.ones(len(rows))])
        found.append(_Form(rows, x, forms[0], forms[1:]))
    return found


def _total(current, potential, share):
    """The total score as one form; a customer with one dimension is ranked by that one."""
    if current is None or potential is None:
        return current or potential
    now, drawn = share
    return _Form(
        current.rows,
        np.column_stack([current.x, potential.x]),
        np.concatenate([now * current.base, (1 - now) * potential.base]),
        np.column_stack([drawn[:, None] * current.drawn, (1 - drawn)[:, None] * potential.drawn]),
    )


def _same_quadrant(forms, judged, rules, draws):
    """The share of draws in which both scores stay on their side of the line."""
    result = np.full(judged.total.size, np.nan)
    cuts = (judged.cuts.current, judged.cuts.potential)
    lines = [_line(forms[d], at, rules, draws) for d, at in zip(Dimension, cuts, strict=True)]
    for pair in zip(forms[Dimension.CURRENT], forms[Dimension.POTENTIAL], strict=True):
        if None in pair:
            continue
        kept, open_ = np.ones(len(pair[0].rows)), np.zeros(len(pair[0].rows), dtype=bool)
        for form, line in zip(pair, lines, strict=True):
            value, reach = form.value, form.reach
            open_ |= (value - reach <= line.max()) & (value + reach >= line.min()) & (reach > 1e-11)
        near = np.flatnonzero(open_)
        for rows in runs(near.size, max(1, BLOCK // draws)):
            some = near[rows]
            same = np.ones((some.size, draws), dtype=bool)
            for form, line, at in zip(pair, lines, cuts, strict=True):
                part = form.only(some)
                slip = 1e-9 * max(1.0, abs(at))
                high = part.value >= at - slip
                same &= (part.scores() >= line - slip) == high[:, None]
            kept[some] = _share(same)
        result[pair[0].rows] = kept
    return result


def _share(holds):
    """The share of draws (columns) in which it holds, counted as bits."""
    return np.bitwise_count(np.packbits(holds, axis=1)).sum(axis=1) / holds.shape[1]


def _line(forms, at, rules, draws):
    """Where the line lies in every draw: the mean is 0 in all, the median moves with the draw, a fixed one stands."""
    if rules.line != MEDIAN:
        return np.full(draws, at if rules.line == FIXED else 0.0)
    forms = [form for form in forms if form is not None]
    scored = sum(len(form.rows) for form in forms)
    return _kth_largest(forms, scored - scored // 2, draws) if scored else np.full(draws, np.nan)


def _in_top(forms, total, draws):
    """The share of draws in which the total score is among the top 20 %."""
    result = np.full(total.size, np.nan)
    ranked = sum(len(form.rows) for form in forms)
    if not ranked:
        return result
    line = _kth_largest(forms, pyramid.sizes(ranked)[0], draws)
    low, high = line.min() - 1e-12, line.max()
    for form in forms:
        value, reach = form.value, form.reach
        inside = (value - reach > high).astype(np.float64)
        near = np.flatnonzero((value - reach <= high) & (value + reach >= low))
        for rows in runs(near.size, max(1, BLOCK // draws)):
            inside[near[rows]] = _share(form.only(near[rows]).scores() >= line - 1e-12)
        result[form.rows] = inside
    return result


def _kth_largest(forms, k, draws):
    """The k-th largest score of every draw.

    Up to SAMPLE customers it is exact. Beyond, its shift from today's line is that of the same quantile of every so
    many-th customer, and today's line is exact: the draws differ little, so the shift is known far better than a line.
    """
    value = np.concatenate([form.value for form in forms])
    ranked = value.size
    every = -(-ranked // SAMPLE)
    if every == 1:
        return _exact(forms, k, draws)
    now = np.partition(value, ranked - k)[ranked - k]
    some = [
        form.only(np.arange(at, len(form.rows), every)) for at, form in zip(_offsets(forms, every), forms, strict=True)
    ]
    some = [form for form in some if len(form.rows)]
    taken = np.concatenate([form.value for form in some])
    place = min(taken.size, max(1, round(k * taken.size / ranked)))
    then = np.partition(taken, taken.size - place)[taken.size - place]
    return now + (_exact(some, place, draws) - then)


def _offsets(forms, every):
    """Where counting by `every` goes on in each form, so that small patterns are neither all in nor all out."""
    begins = np.cumsum([0, *(len(form.rows) for form in forms)])[:-1]
    return [int(-begin % every) for begin in begins]


def _exact(forms, k, draws):
    """The k-th largest score of every draw: whoever cannot pass the line in any draw is counted, not drawn."""
    value = np.concatenate([form.value for form in forms])
    reach = np.concatenate([form.reach for form in forms])
    low = np.partition(value - reach, value.size - k)[value.size - k]
    high = np.partition(value + reach, value.size - k)[value.size - k]
    above = int((value - reach > high).sum())
    chosen = (value - reach <= high) & (value + reach >= low)
    cuts = np.cumsum([len(form.rows) for form in forms])[:-1]
    near = [form.only(here) for form, here in zip(forms, np.split(chosen, cuts), strict=True)]
    count = int(chosen.sum())
    place = count - (k - above)

    def lines(some):
        by_draw = np.concatenate([form.scores(some) for form in near]).T.copy()
        by_draw.partition(place, axis=1)
        return by_draw[:, place]

    return np.concatenate(in_threads(lines, runs(draws, max(1, BLOCK // count))))
