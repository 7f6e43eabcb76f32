"""Cross-selling from what customers hold: co-purchase lift, look-alikes, the next best offer, and switching costs.

Holdings are incidence matrices (customers x items, 0/1, scipy.sparse). Lift of B after A: P(B | A) / P(B); a pair
counts only with at least `support` customers who hold both. Text 000, K21 to K27; rules after Agrawal et al. 1993.
"""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

SUPPORT = 5  # customers who hold both items of a pair
LIFT = 1.1  # below: not more often together than by chance
LOOK_ALIKES = 8  # members of a group from which its shares are told
ENOUGH = 4  # products from which churn is said to be near zero (K22)


@dataclass(frozen=True)
class Pairs:
    """Ordered pairs of items: who holds `a` also holds `b`. both: customers; confidence: P(b | a); lift."""

    a: np.ndarray
    b: np.ndarray
    both: np.ndarray
    confidence: np.ndarray
    lift: np.ndarray


def holdings(rows, columns, customers, items):
    """The incidence matrix of pairs (position, item), each counted once."""
    matrix = sparse.csr_matrix(
        (np.ones(len(rows), dtype="f8"), (np.asarray(rows), np.asarray(columns))), shape=(customers, items)
    )
    matrix.sum_duplicates()
    matrix.data[:] = 1.0
    return matrix


def pairs(matrix, support=SUPPORT):
    """Every ordered pair with enough support, by (a, b)."""
    count = np.asarray(matrix.sum(axis=0)).ravel()
    buyers = int((matrix.getnnz(axis=1) > 0).sum())
    together = (matrix.T @ matrix).tocoo()
    kept = (together.row != together.col) & (together.data >= support)
    a, b, both = together.row[kept], together.col[kept], together.data[kept]
    order = np.lexsort((b, a))
    a, b, both = a[order], b[order], both[order]
    confidence = both / count[a] if len(a) else np.zeros(0)
    lift = both * buyers / (count[a] * count[b]) if len(a) else np.zeros(0)
    return Pairs(a, b, both, confidence, lift)


@dataclass(frozen=True)
class Offers:
    """The best offer of each customer: item (-1: none), the held item behind it, and the evidence of the pair."""

    item: np.ndarray
    because: np.ndarray
    lift: np.ndarray
    confidence: np.ndarray
    both: np.ndarray


def best(matrix, found, allowed, least=LIFT):
    """For each customer the item not held with the highest lift from a held one; ties: support, then the lower item.

    found: Pairs; allowed: whether each customer may be offered anything of this kind.
    """
    customers = matrix.shape[0]
    none = np.full(customers, -1)
    blank = np.full(customers, np.nan)
    answer = Offers(none.copy(), none.copy(), blank.copy(), blank.copy(), blank.copy())
    strong = np.flatnonzero(found.lift >= least)
    rank = np.lexsort((found.b[strong], -found.both[strong], -found.lift[strong]))
    held, open_ = matrix.tocsc(), np.array(allowed, dtype=bool)
    for pair in strong[rank]:
        a, b = found.a[pair], found.b[pair]
        who = held.indices[held.indptr[a] : held.indptr[a + 1]]
        owners = held.indices[held.indptr[b] : held.indptr[b + 1]]
        who = who[open_[who] & ~np.isin(who, owners, assume_unique=True)]
        answer.item[who], answer.because[who] = b, a
        answer.lift[who], answer.confidence[who], answer.both[who] = (
            found.lift[pair], found.confidence[pair], found.both[pair],
        )  # fmt: skip
        open_[who] = False
        if not open_.any():
            break
    return answer


def white_space(matrix, group, least=LOOK_ALIKES):
    """What look-alikes hold and a customer does not: (item, share of the group that holds it, size of the group).

    group: whole numbers, -1 = no group. Item -1 where the group is too small or nothing is missing. A customer does not
    count among its own look-alikes.
    """
    group = np.asarray(group)
    known = group >= 0
    groups = int(group.max()) + 1 if known.any() else 0
    customers, items = matrix.shape
    item, share, size = np.full(customers, -1), np.full(customers, np.nan), np.zeros(customers, dtype="i8")
    if not groups or not items:
        return item, share, size
    member = sparse.csr_matrix((np.ones(int(known.sum())), (group[known], np.flatnonzero(known))), (groups, customers))
    held = np.asarray((member @ matrix).todense())
    members = np.asarray(member.sum(axis=1)).ravel()
    for each in range(groups):
        who = np.flatnonzero(group == each)
        others = members[each] - 1
        if others < least:
            continue
        own = matrix[who].toarray()
        shares = np.where(own > 0, -1.0, (held[each] - own) / others)
        top = shares.argmax(axis=1)
        value = shares[np.arange(len(who)), top]
        good = value > 0
        item[who[good]], share[who[good]], size[who] = top[good], value[good], int(others)
    return item, share, size


def churn_by_count(before, gone, most=5):
    """Observed churn by products held a year ago: list of (products, customers, share gone); the last is open.

    before: products held then (0 = nobody yet); gone: has not bought since.
    """
    before, gone = np.asarray(before), np.asarray(gone, dtype=bool)
    found = []
    for count in range(1, most + 1):
        who = before >= count if count == most else before == count
        n = int(who.sum())
        found.append((count, n, float(gone[who].mean()) if n else None))
    return found


def switching_cost(products, bonds, days_left, weights=(40, 30, 30), enough=ENOUGH):
    """Index 0-100 of what leaving costs the customer (K23): products held (full from `enough`), structural bonds
    (full from two), the running contract (full from a year). NaN counts as none."""
    products, bonds, left = (np.nan_to_num(np.asarray(values, dtype="f8")) for values in (products, bonds, days_left))
    parts = (np.clip(products / enough, 0, 1), np.clip(bonds / 2, 0, 1), np.clip(left / 365, 0, 1))
    return sum(weight * part for weight, part in zip(weights, parts, strict=True))
