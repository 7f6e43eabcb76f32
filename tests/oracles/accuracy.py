"""Figures of a record by their definitions, one pair at a time: slow, and independent of the product's arithmetic."""

from itertools import product


def auc(score, lost):
    """Share of (lost, kept) pairs in which the lost one scores higher, ties a half."""
    rows = list(zip(score, lost, strict=True))
    pairs = list(product([s for s, y in rows if y], [s for s, y in rows if not y]))
    return sum(1.0 if a > b else 0.5 if a == b else 0.0 for a, b in pairs) / len(pairs)


def average_precision(score, lost):
    """Mean over the lost of the share of lost among everybody who scores at least as high."""
    found = []
    for own, is_lost in zip(score, lost, strict=True):
        if is_lost:
            named = [y for s, y in zip(score, lost, strict=True) if s >= own]
            found.append(sum(named) / len(named))
    return sum(found) / len(found)


def gini(predicted, actual):
    """Area between the Lorenz curve in the order of the predictions and the diagonal, over that of the perfect order.

    Tied customers come one after the other with their mean outcome each.
    """

    def area(order):
        total, height, found = sum(actual), 0.0, 0.0
        for value in sorted(set(order), reverse=True):
            tied = [y for s, y in zip(order, actual, strict=True) if s == value]
            for _ in tied:
                step = sum(tied) / len(tied) / total
                found += (height + step / 2.0) / len(actual)
                height += step
        return found - 0.5

    return area(predicted) / area(actual)
