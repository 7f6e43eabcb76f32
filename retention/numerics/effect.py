"""The effect of a playbook: the stratified difference between who got the task and who was held out, by assignment.

Everybody assigned counts in the arm it was assigned to, whatever was done (intention to treat).
Shares: hybrid score interval (Zou & Donner 2008, Statist. Med. 27, 1693-1702) of stratified Wilson limits (Yan & Su
2010, Stat. Biopharm. Res. 2, 329-335), in one stratum method 10 of Newcombe 1998 (Statist. Med. 17, 873-890). Yan &
Su's own interval of the difference takes the variance at the pooled share: too wide where strata are unlike.
Amounts: Welch's interval (1947), degrees of freedom after Satterthwaite over all strata.
p: the share of re-drawn assignments inside the strata whose difference is at least as large (Fisher 1935; Phipson &
Smyth 2010 for the 1 in numerator and denominator).
"""

from dataclasses import dataclass
from math import ceil, inf

import numpy as np
from scipy.special import ndtri, stdtrit

SMALLEST = 20  # smaller strata are taken together: by their size, never by their arms, which would bend the comparison
DRAWS, CELLS = 1999, 4_000_000  # re-drawn assignments; fewer where customers x draws would be more than CELLS
TINY = 1e-12


@dataclass(frozen=True)
class Effect:
    """treated, held: customers in the arms that are compared; treated_mean, held_mean: shares or amounts per customer,
    as if both arms had the same strata; difference with low and high; p; strata compared; left_out: customers of strata
    in which one arm is empty."""

    treated: int
    held: int
    treated_mean: float
    held_mean: float
    difference: float
    low: float
    high: float
    p: float
    strata: int
    left_out: int

    @property
    def sign(self):
        """1 or -1 where the interval leaves no room for zero, else 0."""
        return 1 if self.low > 0 else -1 if self.high < 0 else 0


@dataclass(frozen=True)
class _Table:
    """Per stratum with both arms: codes of the kept rows, counts and means of each arm, weight by size."""

    kept: np.ndarray
    code: np.ndarray
    n: np.ndarray  # (2, strata): held out, treated
    mean: np.ndarray
    weight: np.ndarray


def gathered(stratum, smallest=SMALLEST):
    """Codes of the strata, those with fewer customers than `smallest` taken together as one; that one joins the
    smallest of the others where it is still too small."""
    _names, code = np.unique(np.asarray(stratum).astype(str), return_inverse=True)
    size = np.bincount(code)
    few = size < smallest
    if few.sum() > 1 or (few.any() and not few.all()):
        rest = np.flatnonzero(few)[0]
        target = np.arange(len(size))
        target[few] = rest
        if size[few].sum() < smallest and not few.all():
            target[few] = np.flatnonzero(~few)[np.argmin(size[~few])]
        code = target[code]
    return np.unique(code, return_inverse=True)[1]


def _table(held, stratum, values):
    code = gathered(stratum)
    n = np.stack([np.bincount(code[side], minlength=code.max() + 1) for side in (held, ~held)])
    whole = (n > 0).all(axis=0)
    kept = whole[code]
    code = (np.cumsum(whole) - 1)[code[kept]]
    n, held, values = n[:, whole], held[kept], values[kept]
    sums = np.stack([np.bincount(code[s], weights=values[s], minlength=n.shape[1]) for s in (held, ~held)])
    weight = n.sum(axis=0) / max(1, n.sum())
    return _Table(kept, code, n, sums / np.maximum(n, 1), weight)


def wilson(successes, n, z):
    """Limits of a share after Wilson 1927."""
    share = successes / n
    centre, spread = share + z * z / (2 * n), z * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return (centre - spread) / (1 + z * z / n), (centre + spread) / (1 + z * z / n)


def _wilson_over(share, n, weight, z):
    """Limits of a weighted share: the strata's Wilson limits at the z that makes their sum as wide as the whole.

    Where every share is 0 or 1 no variance tells that z; equal variances of one customer do.
    """
    deviation = np.sqrt(share * (1 - share) / n)
    if (weight * deviation).sum() < TINY:
        deviation = 1 / np.sqrt(n)
    inner = z * np.sqrt((weight**2 * deviation**2).sum()) / (weight * deviation).sum()
    low, high = wilson(share * n, n, inner)
    return (weight * low).sum(), (weight * high).sum()


def shares(held, stratum, success, confidence, rng, draws=DRAWS):
    """The effect on a yes or no: held, success as truths, one per customer; None where no stratum has both arms."""
    held, success = np.asarray(held, dtype=bool), np.asarray(success, dtype="f8")
    table = _table(held, stratum, success) if len(held) else None
    if table is None or not table.n.size:
        return None
    w, (n0, n1), (p0, p1) = table.weight, table.n, table.mean
    z = ndtri((1 + confidence) / 2)
    (l0, u0), (l1, u1) = (_wilson_over(p, n, w, z) for p, n in ((p0, n0), (p1, n1)))
    s0, s1 = (w * p0).sum(), (w * p1).sum()
    difference = float(s1 - s0)
    down, up = np.hypot(s1 - l1, u0 - s0), np.hypot(u1 - s1, s0 - l0)
    good = np.rint(p0 * n0 + p1 * n1).astype("i8")
    drawn = rng.hypergeometric(good, n0 + n1 - good, n0, size=(draws, len(w)))
    again = (w * ((good - drawn) / n1 - drawn / n0)).sum(axis=1)
    return _effect(table, held, difference, difference - down, difference + up, _p(again, difference))


def amounts(held, stratum, values, confidence, rng, draws=DRAWS):
    """The effect on an amount per customer; None where no stratum has both arms, or an arm has a single customer."""
    held, values = np.asarray(held, dtype=bool), np.asarray(values, dtype="f8")
    table = _table(held, stratum, values) if len(held) else None
    if table is None or not table.n.size or table.n.sum(axis=1).min() < 2:
        return None
    w, part, shown = table.weight, held[table.kept], values[table.kept]
    difference = float((w * (table.mean[1] - table.mean[0])).sum())
    terms = [
        _variances(shown[side], table.code[side], n, mean, w)
        for side, n, mean in zip((part, ~part), table.n, table.mean, strict=True)
    ]
    variance = sum(term.sum() for term, _freedom in terms)
    least = sum((term**2 / freedom).sum() for term, freedom in terms)
    freedom = variance**2 / least if least > 0 else inf
    half = (stdtrit(freedom, (1 + confidence) / 2) if freedom < inf else 0.0) * np.sqrt(variance)
    draws = int(min(draws, max(199, CELLS // len(shown))))
    again = _redrawn(part, table, shown, rng, draws)
    return _effect(table, held, difference, difference - half, difference + half, _p(again, difference))


def _variances(values, code, n, mean, weight):
    """Each stratum's share in the variance of an arm's weighted mean, with its degrees of freedom.

    A stratum with a single customer of the arm borrows the variance inside the other strata.
    """
    off = np.bincount(code, weights=(values - mean[code]) ** 2, minlength=len(n))
    inside = off.sum() / max(1, len(values) - len(n)) if len(values) > len(n) else np.var(values, ddof=1)
    spread = np.where(n > 1, off / np.maximum(n - 1, 1), inside)
    return weight**2 * spread / n, np.where(n > 1, n - 1, max(1, len(values) - len(n)))


def _redrawn(held, table, values, rng, draws):
    """Differences under re-drawn assignments: in each stratum as many are held out as were."""
    again = np.zeros(draws)
    for number, weight in enumerate(table.weight):
        inside = values[table.code == number]
        n0, n1 = table.n[:, number]
        order = rng.permuted(np.broadcast_to(inside, (draws, len(inside))), axis=1)
        out = order[:, :n0].sum(axis=1)
        again += weight * ((inside.sum() - out) / n1 - out / n0)
    return again


def _p(again, difference):
    """How often chance alone does at least as much, both ways."""
    return float((1 + (np.abs(again) >= abs(difference) - TINY * max(1.0, abs(difference))).sum()) / (len(again) + 1))


def _effect(table, held, difference, low, high, p):
    held_mean, treated_mean = (float((table.weight * mean).sum()) for mean in table.mean)
    n0, n1 = (int(n.sum()) for n in table.n)
    whole = len(held) - n0 - n1
    return Effect(
        n1, n0, treated_mean, held_mean, difference, float(low), float(high), p, len(table.weight), int(whole)
    )


def detectable(variance, treated, held, confidence, power=0.8):
    """The true difference that arms of this size find with this power, by the normal approximation.

    variance: of one customer's outcome; share x (1 - share) for a yes or no. (Fleiss, Levin & Paik 2003, chapter 4.)
    """
    z = ndtri((1 + confidence) / 2) + ndtri(power)
    return float(z * np.sqrt(variance * (1 / treated + 1 / held)))


def wait_days(missing, pending, per_day, window):
    """Days until an arm has `missing` more customers whose window passed; None where nobody comes.

    pending: days until the windows of those already assigned end, in any order; per_day: assignments to this arm in a
    day, by the recent past; window: days of the outcome.
    """
    if missing <= 0:
        return 0
    pending = sorted(pending)
    if len(pending) >= missing:
        return max(0, pending[missing - 1])
    if per_day <= 0:
        return None
    return ceil((missing - len(pending)) / per_day) + window
