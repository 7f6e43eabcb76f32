"""The self-check that needs the night before: everybody's change is the sum of its causes."""

import numpy as np

from customers.book import begin_at_once
from customers.models import Night
from customers.selectors.nights import COMPLETE
from segmentation import frames
from segmentation.numerics import change, identities

BLOCK = 100_000  # customers at once: their explanations of two nights fit into memory at any size of the firm
SCORES = {change.TOTAL: "total_score", change.CURRENT: "current_score", change.POTENTIAL: "potential_score"}


class NightBefore:
    """The latest complete night up to a date, if it has explanations; what it says is read before it is asked for.

    begin: how a read is started, see `customers.beside`; customer_ids: ascending, those that the check is about.
    """

    def __init__(self, as_of, customer_ids, begin=begin_at_once):
        past = Night.objects.filter(status__in=COMPLETE, as_of__lte=as_of, rows__gt=0).order_by("-as_of", "-id").first()
        self.night = past if past is not None and past.weights.get("indicators") else None
        self.ids, self.begin = customer_ids, begin
        self.blocks = [slice(low, low + BLOCK) for low in range(0, len(customer_ids), BLOCK)] if self.night else []
        self.coming = self._begin(0) if self.blocks else None

    def _begin(self, nth):
        return self.begin(_past, self.night, self.ids[self.blocks[nth]])

    def _read(self):
        """Each block with what the night says about it; the next is on its way while one is looked at."""
        for nth, here in enumerate(self.blocks):
            found = self.coming()
            self.coming = self._begin(nth + 1) if nth + 1 < len(self.blocks) else None
            yield here, found

    def checks(self, told, vectors, columns):
        """That every change since then is the sum of its causes. told, vectors, columns: what this night says."""
        if not self.blocks:
            return
        scores = {of: columns[name].to_numpy() for of, name in SCORES.items()}
        worst, checked, centre = 0.0, 0, _centre(self.night, told, vectors)
        for here, (ids, old, before) in self._read():
            at = here.start + np.searchsorted(self.ids[here], ids)
            new = change.side(told, *(vectors[name][at] for name in frames.VECTORS))
            now = {of: row[at] for of, row in scores.items()}
            gap, n = identities.change_equals_causes(old, new, centre, before, now)
            worst, checked = max(worst, gap), checked + n
        yield identities.within("change_equals_causes", worst, checked) | {"against": self.night.as_of.isoformat()}


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
