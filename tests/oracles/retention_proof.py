"""Slow second readings of hold-outs and effects: one customer and one stratum at a time, in plain Python."""

import hashlib
from math import sqrt
from statistics import NormalDist

MASK = 2**64 - 1


def splitmix(state, count):
    """The published generator: its first `count` numbers from a state."""
    numbers = []
    for _ in range(count):
        state = (state + 0x9E3779B97F4A7C15) & MASK
        z = state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        numbers.append(z ^ (z >> 31))
    return numbers


def arm(seed, template, share, stratum, slot):
    """Whether the customer at this place of its stratum is held out."""
    size = next(size for size in range(2, 101) if share * size % 100 == 0)
    text = f"{seed}/{template}/{share}/{stratum}".encode()
    start = int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "little")
    block, place = divmod(slot, size)
    numbers = splitmix(start, (block + 1) * size)[block * size :]
    return sorted(range(size), key=lambda at: numbers[at]).index(place) < share * size // 100


def wilson(successes, n, z):
    """Roots of (p - share)^2 = z^2 p (1 - p) / n."""
    share = successes / n
    a, b, c = 1 + z * z / n, -(2 * share + z * z / n), share * share
    root = sqrt(max(0.0, b * b - 4 * a * c))
    return (-b - root) / (2 * a), (-b + root) / (2 * a)


def shares(strata, confidence):
    """Hybrid score interval: strata are (treated successes, treated, held successes, held); (difference, low, high)."""
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    total = sum(n1 + n0 for _x1, n1, _x0, n0 in strata)
    weights = [(n1 + n0) / total for _x1, n1, _x0, n0 in strata]
    sides = []
    for x_at, n_at in ((0, 1), (2, 3)):
        pairs = [(row[x_at], row[n_at]) for row in strata]
        deviations = [sqrt((x / n) * (1 - x / n) / n) for x, n in pairs]
        if sum(w * d for w, d in zip(weights, deviations, strict=True)) == 0:
            deviations = [1 / sqrt(n) for _x, n in pairs]
        top = sqrt(sum((w * d) ** 2 for w, d in zip(weights, deviations, strict=True)))
        inner = z * top / sum(w * d for w, d in zip(weights, deviations, strict=True))
        limits = [wilson(x, n, inner) for x, n in pairs]
        low = sum(w * limit[0] for w, limit in zip(weights, limits, strict=True))
        high = sum(w * limit[1] for w, limit in zip(weights, limits, strict=True))
        share = sum(w * x / n for w, (x, n) in zip(weights, pairs, strict=True))
        sides.append((share, low, high))
    (p1, l1, u1), (p0, l0, u0) = sides
    return p1 - p0, p1 - p0 - sqrt((p1 - l1) ** 2 + (u0 - p0) ** 2), p1 - p0 + sqrt((u1 - p1) ** 2 + (p0 - l0) ** 2)
