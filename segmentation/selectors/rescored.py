"""Two nights of one date, before and after other weights: who stands elsewhere."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from customers.models import Customer, Night
from customers.vocabulary import NightOrigin, NightStatus
from segmentation.charts.bars import movement_rows
from segmentation.selectors.population import LEVELS, NOWHERE, QUADRANTS, read_night

FIELDS = ["quadrant", "level", "rank", "total_score"]
PLACES = {"quadrant": QUADRANTS[:-1], "level": LEVELS}


@dataclass(frozen=True, eq=False)
class Rescored:
    """`people`: a row per customer the reader may see, index customer id, FIELDS and FIELDS_before (codes as places).
    `axes`: triples of axis, rows of charts.bars.Move, number that moved."""

    people: pd.DataFrame
    axes: list

    def count(self, axis):
        return next(moved for name, _rows, moved in self.axes if name == axis)


def night_before(night):
    """The night of the same date that was complete before this one, or None."""
    complete = [NightStatus.PUBLISHED.value, NightStatus.SUPERSEDED.value, NightStatus.COMPUTED.value]
    earlier = Night.objects.filter(as_of=night.as_of, pk__lt=night.pk, status__in=complete, rows__gt=0)
    earlier = earlier.exclude(origin=NightOrigin.REPLAY.value)
    return earlier.order_by("-pk").first()


def compare(before, after, user):
    """The Rescored of two nights."""
    people = read_night(after.pk, FIELDS).join(read_night(before.pk, FIELDS).add_suffix("_before"), how="inner")
    if not user.is_admin:
        people = people[people.index.isin(list(Customer.objects.visible_to(user).values_list("pk", flat=True)))]
    return Rescored(people, [_axis(people, axis) for axis in PLACES])


def _axis(people, axis):
    codes = PLACES[axis]
    then, now = people[f"{axis}_before"].to_numpy("i8"), people[axis].to_numpy("i8")
    both = (then != NOWHERE) & (now != NOWHERE) & (then < len(codes)) & (now < len(codes))
    counts = np.bincount(then[both] * len(codes) + now[both], minlength=len(codes) ** 2).reshape(len(codes), -1)
    moved = int(counts.sum() - np.trace(counts))
    return axis, movement_rows(pd.DataFrame(counts, index=codes, columns=codes)), moved


def moved(found, axis, before="", after=""):
    """Ids of the customers whose place on an axis changed, the best ranks first; `before`, `after`: only from one code
    to another (empty: any)."""
    people = found.people
    some = people[people[axis] != people[f"{axis}_before"]]
    for column, code in ((f"{axis}_before", before), (axis, after)):
        if code:
            some = some[some[column] == PLACES[axis].index(code)]
    return some.sort_values("rank").index.tolist()


def named(found, ids):
    """Dicts of Customer and codes before and after, in the order of the ids."""
    rows = {row.pk: row for row in Customer.objects.filter(pk__in=list(ids)).select_related("owner")}
    return [_line(rows[pk], found.people.loc[pk]) for pk in ids if pk in rows]


def _line(customer, line):
    told = {"customer": customer, "rank": _whole(line["rank"]), "rank_before": _whole(line["rank_before"])}
    for axis, codes in (("quadrant", QUADRANTS), ("level", LEVELS)):
        for name in (axis, f"{axis}_before"):
            told[name] = codes[int(line[name])] if line[name] != NOWHERE else ""
    return told


def _whole(value):
    return None if np.isnan(value) else int(value)
