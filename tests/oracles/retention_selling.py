"""Slow second implementation of cross-selling: counting by hand, one pair and one customer at a time."""


def pairs(held, items, support):
    """{(a, b): (both, confidence, lift)} of ordered pairs; held: a set of items per customer."""
    buyers = [one for one in held if one]
    found = {}
    for a in range(items):
        for b in range(items):
            both = sum(1 for one in held if a in one and b in one)
            if a != b and both >= support:
                n_a, n_b = (sum(1 for one in held if item in one) for item in (a, b))
                found[a, b] = both, both / n_a, both * len(buyers) / (n_a * n_b)
    return found


def best(one, found, least):
    """(item, because) for who holds `one`: highest lift, then support, then the lower item; (-1, -1): none."""
    options = [
        (-lift, -both, b, a) for (a, b), (both, _share, lift) in found.items()
        if a in one and b not in one and lift >= least
    ]  # fmt: skip
    if not options:
        return -1, -1
    _lift, _both, b, a = min(options)
    return b, a


def white_space(held, group, each, items, least):
    """(item, share, others) for the customer `each`."""
    others = [held[i] for i in range(len(held)) if i != each and group[i] == group[each]]
    if group[each] < 0 or len(others) < least:
        return -1, None, 0
    missing = [(-sum(1 for one in others if item in one) / len(others), item) for item in range(items)
               if item not in held[each]]  # fmt: skip
    if not missing or min(missing)[0] == 0:
        return -1, None, len(others)
    share, item = min(missing)
    return item, -share, len(others)
