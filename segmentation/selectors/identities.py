"""The self-check that needs the night before: everybody's change is the sum of its causes."""

import numpy as np

from customers.models import Night
from customers.selectors.nights import COMPLETE
from segmentation import frames
from segmentation.numerics import change, identities

BLOCK = 50_000  # customers at once: their explanations of two nights fit into memory at any size of the firm
SCORES = {change.TOTAL: "total_score", change.CURRENT: "current_score", change.POTENTIAL: "potential_score"}


def since_the_night_before(as_of, customer_ids, told, vectors, columns):
    """The check against the latest complete night up to this date; nothing where there is none with explanations.

    told, vectors, columns: what this night says, rows by ascending customer id.
    """
    past = Night.objects.filter(status__in=COMPLETE, as_of__lte=as_of, rows__gt=0).order_by("-as_of", "-id").first()
    if past is None or not past.weights.get("indicators"):
        return
    scores = {of: columns[name].to_numpy() for of, name in SCORES.items()}
    worst, checked, centre = 0.0, 0, _centre(past, told, vectors)
    for low in range(0, len(customer_ids), BLOCK):
        here = slice(low, low + BLOCK)
        ids, old, before = _past(past, customer_ids[here])
        at = low + np.searchsorted(customer_ids[here], ids)
        new = change.side(told, *(vectors[name][at] for name in frames.VECTORS))
        gap, n = identities.change_equals_causes(old, new, centre, before, {of: row[at] for of, row in scores.items()})
        worst, checked = max(worst, gap), checked + n
    yield identities.within("change_equals_causes", worst, checked) | {"against": past.as_of.isoformat()}


def _past(past, ids):
    """Those of these customers whom the earlier night explains: ids, their Side, their scores by name."""
    rows = frames.read_explained(
        past.pk, len(past.weights["indicators"]), *frames.VECTORS, *SCORES.values(), between=(ids[0], ids[-1])
    )
    known = np.isin(rows["customer"], ids)
    rows = {name: values[known] for name, values in rows.items()}
    side = change.side(past.weights, *(rows[name] for name in frames.VECTORS))
    return rows["customer"], side, {of: rows[name] for of, name in SCORES.items()}


def _centre(past, told, vectors):
    """The centring under the earlier weights (see numerics.change); None where both nights weigh alike."""
    z = vectors["z"]
    new, old = (
        change.side(told, z, z, z),
        change.side(past.weights, *[np.zeros((0, len(past.weights["indicators"])))] * 3),
    )
    if change.same_policy(old, new):
        return None
    if change.shrunk(old, new):
        z = frames.read_explained(past.pk, len(old.codes), "z")["z"]
        old = change.side(past.weights, z, z, z)
    return change.centres(old, new)
