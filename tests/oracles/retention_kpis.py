"""The retention KPIs and the funnel once more: customer by customer in plain Python, as they are defined."""

from statistics import median

REACH = 180


def state(first, purchases, losses, contracts, exited, patience, day):
    """Whether somebody is a customer on the evening of a day. losses, contracts: (first day, day after or None)."""
    if first is None or first > day or (exited is not None and exited <= day):
        return False
    for start, end in losses:
        later = [one for one in purchases if one > start]
        over = min([*later, end] if end is not None else later, default=None)
        if start <= day and (over is None or day < over):
            return False
    last = max(one for one in purchases if one <= day)
    if day - last < patience:
        return True
    return any(start <= day < end for start, end in contracts)


def flow(before, after, first, begin, end):
    """(opening, new, back, lost, closing) of one customer as numbers."""
    new = first is not None and begin < first <= end
    lost = (before or new) and not after
    back = after and not before and not new
    return tuple(int(one) for one in (before, new, back, lost, after))


def repeats(purchases, after, until):
    """Purchases after the first of a period; None without any."""
    count = sum(after < day <= until for day in purchases)
    return count - 1 if count else None


def choosing(purchases, contacts, after, until):
    """The median of the days from the first contact before an order to that order; None without one."""
    first = {}
    for day in sorted(contacts):
        later = [one for one in purchases if one >= day]
        if not later:
            continue
        order = min(later)
        if after < order <= until and order - day <= REACH:
            first.setdefault(order, day)
    return median(order - day for order, day in first.items()) if first else None


def tolerated(purchases, complaints, patience, until):
    """The share of decided complaints after which somebody bought again; None without a decided one."""
    decided = []
    for day in complaints:
        again = any(day < one <= until for one in purchases)
        if again or until - day >= patience:
            decided.append(again)
    return sum(decided) / len(decided) if decided else None


def composite(scores, weights):
    """The weighted mean of the known scores; None where none is known or has a weight."""
    known = [(score, weight) for score, weight in zip(scores, weights, strict=True) if score is not None]
    total = sum(weight for _score, weight in known)
    return sum(score * weight for score, weight in known) / total if total else None
