"""Who went where between any two kept nights, by cause; how long customers stay; who they are, by name."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from django.db.models import F

from customers.models import Customer, Night
from customers.selectors.nights import COMPLETE, night_before
from segmentation import frames
from segmentation.charts.bars import Move, movement_rows
from segmentation.numerics import dwell
from segmentation.selectors import counterfactual
from segmentation.selectors.population import CODES, LEVELS, NOWHERE, QUADRANTS, STAGES, by_axis

AXES = {"quadrant": QUADRANTS[:-1], "level": LEVELS, "stage": STAGES}
BEHAVIOUR, WEIGHTS, BOTH = "behaviour", "weights", "both"
CAUSES = (BEHAVIOUR, WEIGHTS, BOTH)
NIGHTS_AT_MOST = 40  # that a length of stay is read from
RECENT = 35  # days before the last night in which every date counts; before that the last of each month


@dataclass(frozen=True)
class Kept:
    """A kept night that can be chosen."""

    id: int
    as_of: date
    version: Any
    replayed: bool


@dataclass(frozen=True)
class Choice:
    """What the address asks for: two Nights, an axis, the nights there are; wrong: what could not be understood."""

    axis: str
    before: Any
    night: Any
    nights: list
    wrong: tuple

    @property
    def codes(self):
        return AXES[self.axis]


def kept_nights():
    """Every complete night that still has its rows, the latest date first."""
    found = Night.objects.filter(status__in=COMPLETE, rows__gt=0).order_by("-as_of", "-id")
    rows = found.values_list("id", "as_of", F("weights__version"), "origin")
    return [Kept(pk, day, version, origin == "REPLAY") for pk, day, version, origin in rows]


def choice(asked, shown):
    """The Choice of an address (`from`, `to`, `axis`); the shown night and the one before it where it is silent."""
    nights, wrong = kept_nights(), []
    axis = asked.get("axis", "quadrant")
    if axis not in AXES:
        axis, wrong = "quadrant", ["axis"]
    known = {str(one.id): one for one in nights}
    ids = {}
    for name in ("from", "to"):
        wish = asked.get(name, "")
        if wish and wish not in known:
            wrong.append(name)
        ids[name] = known.get(wish)
    night = shown if ids["to"] is None or ids["to"].id == shown.pk else Night.objects.get(pk=ids["to"].id)
    before = Night.objects.get(pk=ids["from"].id) if ids["from"] else night_before(night)
    if before is not None and (before.as_of, before.pk) > (night.as_of, night.pk):
        before, night = night, before
    return Choice(axis, before if before != night else None, night, nights, tuple(wrong))


def people(found, chosen):
    """One row per customer of `found` (filters.Narrowed): customer, was, now (places on the axis, NOWHERE outside),
    cause (place in CAUSES; of those who stayed it says what kept them), before and after (total scores)."""
    frame = by_axis(found, chosen.night, chosen.before, chosen.axis)
    size = len(chosen.codes)
    was, now = (_on_axis(frame[name].to_numpy(), size) for name in (f"{chosen.axis}_before", chosen.axis))
    told = frame[["customer", "total_score_before", "total_score"]].set_axis(["customer", "before", "after"], axis=1)
    return told.assign(was=was, now=now, cause=_causes(frame["customer"], was, now, chosen))


def _on_axis(places, size):
    return np.where(places < size, places, NOWHERE)


def _causes(customers, was, now, chosen):
    """Behaviour where the earlier weights and rules say the same place; weights where they would have kept it."""
    found = np.zeros(len(customers), dtype="int64")
    if chosen.axis == "stage" or counterfactual.judged_alike(chosen.before, chosen.night):
        return found
    under = counterfactual.places(chosen.before, chosen.night)[chosen.axis].reindex(customers, fill_value=NOWHERE)
    alone = _on_axis(under.to_numpy(), len(chosen.codes))
    return np.where(alone == now, 0, np.where(alone == was, 1, 2))


@dataclass(frozen=True)
class Flow:
    """Customers who went from one place to another ("" = outside the axis), and how many of them by each cause."""

    move: Move
    by: dict

    @property
    def other(self):
        """Those whom the weights moved, alone or together with behaviour."""
        return self.by[WEIGHTS] + self.by[BOTH]


@dataclass(frozen=True)
class Movement:
    """rows: tuples of Flow, then by now; left: one Flow for each row, entered: one for each column (None where nobody).
    up, down, across, by_weights: of those who moved between places. total: who stands on the axis on either night."""

    rows: tuple
    left: tuple
    entered: tuple
    up: int
    down: int
    across: int
    by_weights: int
    total: int

    @property
    def moved(self):
        return self.up + self.down + self.across

    @property
    def newcomers(self):
        return sum(flow.move.count for flow in self.entered)

    @property
    def leavers(self):
        return sum(flow.move.count for flow in self.left)

    @property
    def flows(self):
        return [flow for row in (*self.rows, self.left, self.entered) for flow in row]

    @property
    def counts(self):
        """(was, now, cause) -> count, for the picture."""
        return {(flow.move.before, flow.move.after, cause): n for flow in self.flows for cause, n in flow.by.items()}


def movement(moved, codes):
    """The Movement of `people`."""
    size = len(codes) + 1  # the last place is outside
    was, now = (np.where(moved[name] == NOWHERE, size - 1, moved[name]) for name in ("was", "now"))
    counts = np.bincount((was * size + now) * 3 + moved["cause"], minlength=size * size * 3).reshape(size, size, 3)
    plain = pd.DataFrame(counts[:-1, :-1].sum(axis=2), index=codes, columns=codes)
    rows = tuple(
        tuple(Flow(move, _by(counts[i, j])) for j, move in enumerate(row)) for i, row in enumerate(movement_rows(plain))
    )
    left = tuple(
        Flow(Move(code, "", int(counts[i, -1].sum()), "LEFT", 0), _by(counts[i, -1])) for i, code in enumerate(codes)
    )
    entered = tuple(
        Flow(Move("", code, int(counts[-1, i].sum()), "NEW", 0), _by(counts[-1, i])) for i, code in enumerate(codes)
    )
    kinds = {kind: [f for row in rows for f in row if f.move.change == kind] for kind in ("UP", "DOWN", "ACROSS")}
    totals = {kind: sum(flow.move.count for flow in flows) for kind, flows in kinds.items()}
    return Movement(
        rows,
        left,
        entered,
        totals["UP"],
        totals["DOWN"],
        totals["ACROSS"],
        sum(flow.other for flows in kinds.values() for flow in flows),
        int(counts.sum() - counts[-1, -1].sum()),
    )


def _by(counts):
    return {cause: int(n) for cause, n in zip(CAUSES, counts, strict=True)}


@dataclass(frozen=True)
class Member:
    """A customer of a flow: where it stood and stands, its scores, and what moved it."""

    customer: Any
    was: str
    now: str
    before: float | None
    after: float | None
    cause: str

    @property
    def change(self):
        return None if self.before is None or self.after is None else self.after - self.before


def picked(moved, codes, was=None, now=None, cause=None):
    """The rows of `people` in a flow, the largest change of score first. was, now: codes, "" for outside, None for any
    place; both None: everybody who moved between places."""
    place = {code: k for k, code in enumerate(codes)} | {"": NOWHERE}
    here = np.ones(len(moved), dtype=bool)
    for name, code in (("was", was), ("now", now)):
        if code is not None:
            here &= (moved[name] == place[code]).to_numpy()
    if was is None and now is None:
        here &= ((moved["was"] != moved["now"]) & (moved["was"] != NOWHERE) & (moved["now"] != NOWHERE)).to_numpy()
    if cause is not None:
        here &= (moved["cause"] == CAUSES.index(cause)).to_numpy()
    far = (moved["after"] - moved["before"]).abs().fillna(-1.0)
    return moved[here].assign(far=far[here]).sort_values(["far", "customer"], ascending=[False, True])


def members(rows, codes):
    """The Members of some rows of `picked`, in their order."""
    known = Customer.objects.select_related("owner").in_bulk(rows["customer"].tolist())
    codes = [*codes, ""]
    return [
        Member(
            known[row.customer],
            codes[row.was],
            codes[row.now],
            _plain(row.before),
            _plain(row.after),
            CAUSES[row.cause],
        )
        for row in rows.itertuples()
        if row.customer in known
    ]


def _plain(value):
    return None if np.isnan(value) else float(value)


@dataclass(frozen=True)
class Stays:
    """places: (code, dwell.Dwell) in order. first, nights: since when and from how many nights. top: longest bar."""

    places: tuple
    first: date
    nights: int
    top: int


def stays(customers, chosen):
    """How long the customers (ids) stay at each place of the axis, up to the later night; None from a single night."""
    nights = _sampled(chosen)
    if len(nights) < 2:
        return None
    ids, places = _places(tuple(one.id for one in nights), chosen.axis, chosen.night.checksum)
    own = places[np.isin(ids, customers)]
    found = dwell.dwell(dwell.stays(own, [one.as_of.toordinal() for one in nights]), len(chosen.codes))
    top = max((one.now for one in found), default=0)
    return Stays(tuple(zip(chosen.codes, found, strict=True)), nights[0].as_of, len(nights), top)


def _sampled(chosen):
    """One night for each date up to the chosen one, oldest first: all lately, the last of each month before."""
    last, found, months = chosen.night.as_of, [], set()
    for one in chosen.nights:  # the latest first
        if (
            one.as_of > last
            or (found and one.as_of == found[-1].as_of)
            or (one.as_of == last and one.id > chosen.night.pk)
        ):
            continue
        month = (one.as_of.year, one.as_of.month)
        if (last - one.as_of).days <= RECENT or month not in months:
            found.append(one)
            months.add(month)
    return found[:NIGHTS_AT_MOST][::-1]


@lru_cache(maxsize=3)
def _places(night_ids, axis, _checksum):
    """Customer ids (ascending) and their places on these nights, (customers, nights); the nights never change."""
    ids, places = frames.read_places(night_ids, axis, CODES[axis])
    size = len(AXES[axis])
    return ids, np.where(places < size, places, NOWHERE).astype("int8")
