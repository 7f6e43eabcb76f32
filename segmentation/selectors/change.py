"""Why a customer's score moved since an earlier night: the causes, their indicators, and the nights to choose from."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

import numpy as np
from django.db.models import F

from customers.models import Night, Standing
from customers.selectors.nights import COMPLETE
from segmentation import frames
from segmentation.charts.waterfall import waterfall
from segmentation.models import Indicator
from segmentation.numerics import change
from segmentation.numerics.change import CAUSES, CURRENT, POTENTIAL, TOTAL

KEPT = 8  # counterfactuals a process keeps, each a few numbers
TINY = 5e-7  # an effect below this is rounding
NAMED = 3  # indicators named beside a cause


@dataclass(frozen=True)
class Then:
    """A customer on a kept night: what the history is drawn from and the chooser offers."""

    night: int
    as_of: date
    version: Any
    replayed: bool
    score: float | None
    quadrant: str
    level: str


@dataclass(frozen=True)
class Effect:
    """One indicator under one cause, or under all of them (`by` then holds each cause's part)."""

    code: str
    label: str
    value: float
    by: tuple = ()
    raw: tuple = (None, None)
    unit: str = ""


@dataclass(frozen=True)
class Cause:
    """One cause: what it did to the total, the current and the potential score, and its largest Effects."""

    code: str
    total: float
    current: float | None
    potential: float | None
    effects: tuple

    @property
    def counts(self):
        return abs(self.total) > TINY


@dataclass(frozen=True)
class Change:
    """From one night to another. reason: UNSCORED where either night gives no score. scores: (before, after) of
    current and potential value; None where there is none. rows: Effects over all causes, largest first."""

    then: Then
    now: Then
    causes: tuple = ()
    rows: tuple = ()
    current: tuple = ()
    potential: tuple = ()
    versions: tuple = ()
    pictures: tuple = ()
    reason: str = ""

    @property
    def difference(self):
        return self.now.score - self.then.score

    @property
    def still(self):
        return not self.reason and abs(self.difference) <= TINY

    @property
    def main(self):
        """The (cause, effect) that moved the score most in the direction it went; None where nothing moved."""
        found = [(cause, effect) for cause in self.causes for effect in cause.effects]
        sign = 1 if self.difference > 0 else -1
        return max(found, key=lambda pair: sign * pair[1].value, default=None)


@dataclass(frozen=True)
class History:
    """The nights that know a customer, oldest first, and the Change since the chosen one. unknown: the address names
    a night that is not among them."""

    nights: tuple
    change: Change | None
    unknown: bool = False

    @property
    def earlier(self):
        """The nights to choose from, the latest first."""
        return self.nights[-2::-1]


def history(customer, night, wish=""):
    """The History of a customer up to `night`; wish: the id of the night to compare with, as text."""
    nights = _nights(customer, night)
    if not nights or nights[-1].night != night.pk:
        return History(tuple(nights), None)
    earlier = nights[:-1]
    chosen = next((one for one in earlier if str(one.night) == wish), None)
    unknown = bool(wish) and chosen is None
    chosen = chosen or _usual(earlier, night)
    return History(tuple(nights), chosen and since(customer, chosen, nights[-1], night), unknown)


def _nights(customer, night):
    rows = Standing.objects.filter(customer=customer, night__status__in=COMPLETE, night__as_of__lte=night.as_of)
    rows = rows.order_by("night__as_of", "night").values_list(
        "night", "night__as_of", F("night__weights__version"), "night__origin", "total_score", "quadrant", "level"
    )
    found = [Then(pk, day, version, origin == "REPLAY", *rest) for pk, day, version, origin, *rest in rows]
    return [one for one in found if one.as_of < night.as_of or one.night <= night.pk]


def _usual(earlier, night):
    """The latest night of an earlier date; where there is none, the run before on the same date."""
    before = [one for one in earlier if one.as_of < night.as_of]
    return (before or earlier or [None])[-1]


def since(customer, then, now, night):
    """The Change of one customer between two nights."""
    past = Night.objects.get(pk=then.night)
    held = {row.night_id: row for row in Standing.objects.filter(customer=customer, night__in=[past.pk, night.pk])}
    sides = [_side(one.weights, held[one.pk]) for one in (past, night)]
    if None in sides or then.score is None or now.score is None:
        return Change(then, now, reason="UNSCORED")
    centre = centres(past, night) if not change.same_policy(*sides) else None
    return _told(then, now, sides, change.splits(*sides, centre), (past, night))


def _side(told, standing):
    if standing.points is None or not told.get("indicators") or len(standing.points) != len(told["indicators"]):
        return None
    return change.side(told, standing.raw, standing.z, standing.points)


def _told(then, now, sides, splits, nights):
    codes = splits[TOTAL].codes
    known = {row.code: row for row in Indicator.objects.filter(code__in=codes)}
    effects = splits[TOTAL].effects[:, 0, :]

    def effect(k, value, by=()):
        row = known.get(codes[k])
        raw = tuple(_raw(side, codes[k]) for side in sides)
        return Effect(codes[k], row.label if row else codes[k], float(value), by, raw, row.unit if row else "")

    def largest(values, *by):
        order = sorted(range(len(codes)), key=lambda k: (-abs(values[k]), k))
        return tuple(effect(k, values[k], *(tuple(part[:, k]) for part in by)) for k in order if abs(values[k]) > TINY)

    causes = tuple(
        Cause(code, float(effects[i].sum()), *(_sum(splits[of], i) for of in (CURRENT, POTENTIAL)), largest(effects[i]))
        for i, code in enumerate(CAUSES)
    )
    steps = [(cause.code, cause.total) for cause in causes]
    moved = [k for k in range(len(codes)) if np.abs(effects[:, k]).max() > TINY]
    rows = sorted((effect(k, effects[:, k].sum(), tuple(effects[:, k])) for k in moved), key=lambda e: -abs(e.value))
    return Change(
        then,
        now,
        causes,
        tuple(rows),
        _ends(splits[CURRENT]),
        _ends(splits[POTENTIAL]),
        tuple((night.weights.get("name", ""), night.weights.get("version")) for night in nights),
        tuple(waterfall(then.score, steps, now.score, narrow) for narrow in (False, True)),
    )


def _raw(side, code):
    value = side.raw[0, side.codes.index(code)] if code in side.codes else np.nan
    return None if np.isnan(value) else float(value)


def _sum(split, cause):
    value = split.effects[cause].sum()
    return None if np.isnan(value) else float(value)


def _ends(split):
    ends = (split.before[0], split.after[0])
    return tuple(None if np.isnan(value) else float(value) for value in ends)


def centres(past, night):
    """The centring that the population of `night` would have under the weights of `past` (see numerics.change)."""
    return np.array(_centres(past.pk, past.fingerprint, night.pk, night.checksum))


@lru_cache(maxsize=KEPT)
def _centres(past_id, _fingerprint, night_id, _checksum):
    """Complete nights never change, so the answer is kept; fingerprint and checksum tell equal ids apart."""
    told = dict(Night.objects.filter(pk__in=[past_id, night_id]).values_list("pk", "weights"))
    old, new = (_nobody(told[pk]) for pk in (past_id, night_id))
    if change.shrunk(old, new):
        old = _population(told[past_id], past_id)
    return tuple(change.centres(old, _population(told[night_id], night_id)))


def _nobody(told):
    empty = np.zeros((0, len(told["indicators"])))
    return change.side(told, empty, empty, empty)


def _population(told, night_id):
    """Everybody of a night, by z alone."""
    z = frames.read_explained(night_id, len(told["indicators"]), "z")["z"]
    return change.side(told, z, z, z)
