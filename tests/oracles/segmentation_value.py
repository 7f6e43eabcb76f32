"""Scores, quadrants and levels done slowly: one customer at a time, the standard library only."""

import math
from fractions import Fraction
from statistics import fmean, stdev


def scores(rows, weights, directions):
    """Points and scores of `rows` (list of dict code -> number or None), by the words of decisions.md."""
    codes = list(weights)
    present = [[c for c in codes if row[c] is not None and weights[c] > 0] for row in rows]
    if sum(bool(p) for p in present) < 2:
        return [dict.fromkeys(codes) for _ in rows], [None] * len(rows)
    points = [dict.fromkeys(codes) for _ in rows]
    for c in codes:
        here = [i for i, row in enumerate(rows) if row[c] is not None and present[i]]
        values = [rows[i][c] for i in here]
        sd = stdev(values) if len(values) > 1 and max(values) > min(values) else None
        mean = fmean(values) if values else None
        product = {}
        for i in here:
            z = directions[c] * (rows[i][c] - mean) / sd if sd else 0.0
            product[i] = weights[c] / sum(weights[k] for k in present[i]) * z
        centre = fmean(product.values()) if product else 0.0
        for i in here:
            points[i][c] = product[i] - centre
    totals = [math.fsum(v for v in p.values() if v is not None) if present[i] else None for i, p in enumerate(points)]
    return points, totals


def levels(metric, gross, codes, percentages=(20, 30, 50)):
    """Levels by sorting tuples and comparing exact fractions."""
    ranked = [i for i, m in enumerate(metric) if m is not None]
    ranked.sort(key=lambda i: (-metric[i], -gross[i], codes[i]))
    n, result = len(ranked), [""] * len(metric)
    high = math.ceil(Fraction(percentages[0] * n, 100))
    upper = math.ceil(Fraction((percentages[0] + percentages[1]) * n, 100))
    for place, i in enumerate(ranked):
        result[i] = "HIGH" if place < high else "ORDINARY" if place < upper else "LOW"
    return result


def side(value, values):
    """H or L against the mean of those who have a value."""
    return "H" if value >= fmean(v for v in values if v is not None) - 1e-9 else "L"


def quadrants(current, potential):
    """Quadrant codes one by one."""
    return [
        "UNSCORED" if c is None or p is None else side(c, current) + side(p, potential)
        for c, p in zip(current, potential, strict=True)
    ]
