"""The customers of a scope in one reading: where they stand and stood, and what they bring, as columns of numbers.

Three narrow readings that meet in memory (who, tonight, the night before) cost a third of the joins they replace, and
far less than a query for every figure of a page. Who may be seen is always asked afresh; what a finished night says
never changes, so each process keeps the latest few.
"""

from functools import lru_cache

import pandas as pd
from django.db.models import Case, F, FloatField, IntegerField, Value, When
from django.db.models.functions import Cast, Coalesce

from customers.frames import read_floats
from customers.models import Standing
from customers.vocabulary import Level, Quadrant, Stage, Sublevel

LEVELS = [level.value for level in Level]
SUBLEVELS = [sublevel.value for sublevel in Sublevel if sublevel is not Sublevel.NONE]
QUADRANTS = [quadrant.value for quadrant in Quadrant]  # the last one is UNSCORED
STAGES = [stage.value for stage in Stage]
CODES = {"level": LEVELS, "sublevel": SUBLEVELS, "quadrant": QUADRANTS, "stage": STAGES}
NOWHERE = -1
KEPT = 16  # readings a process keeps: three axes, some nights, and sales where costs are unknown
KEPT_ROWS = 300_000  # of nights no larger than this
FLAGS = ("warned",)


def by_level(found, night, before):
    """Columns customer, level, sublevel (places in LEVELS and SUBLEVELS), rank, gross_profit, clv, warned and
    service_cost; amount where no gross profit of a ranked customer is known; with a night to compare with also
    level_before, sublevel_before and rank_before. NOWHERE or NaN where there is none. `found`: filters.Narrowed."""
    then = ["level", "sublevel", "rank"]
    people = _read(
        found, night, ["level", "sublevel", "rank", "gross_profit", "clv", "warned", "service_cost"], before, then
    )
    if people.loc[people["level"] != NOWHERE, "gross_profit"].notna().any():
        return people
    return people.merge(_read(found, night, ["amount"], None, []), on="customer")


def by_quadrant(found, night, before):
    """Columns customer, quadrant (place in QUADRANTS), current_score, potential_score, gross_profit, clv, warned,
    orders, quadrant_stability; with a night to compare with also quadrant_before and both scores before. NOWHERE (no
    standing) or NaN where there is none."""
    places = ["quadrant", "current_score", "potential_score"]
    return _read(
        found, night, [*places, "gross_profit", "clv", "warned", "orders", "quadrant_stability"], before, places
    )


def by_axis(found, night, before, axis):
    """Columns customer, AXIS and AXIS_before (places in CODES; NOWHERE where there is no standing or no code),
    total_score and total_score_before (NaN where there is none)."""
    return _read(found, night, [axis, "total_score"], before, [axis, "total_score"])


def _read(found, night, fields, before, fields_before):
    """One row per customer of `found`, ascending by id."""
    who = read_floats(found.customers, customer=Cast("pk", FloatField()))["customer"].astype("int64")
    people = pd.DataFrame({"customer": who}).sort_values("customer", ignore_index=True)
    people = people.join(_standings(found, night, fields), on="customer")
    if before:
        people = people.join(_standings(found, before, fields_before).add_suffix("_before"), on="customer")
    whole = [name for name in people if name.removesuffix("_before") in CODES]
    people[whole] = people[whole].fillna(NOWHERE).astype("int64")
    return people.fillna(dict.fromkeys(FLAGS, 0.0))


def _standings(found, night, fields):
    """The standings of a night by customer id: of everybody where they are kept in memory, else of the scope alone."""
    if night.checksum and night.rows <= KEPT_ROWS:
        return _kept(night.pk, night.checksum, tuple(fields))
    return _of_night(night.pk, fields, None if found.whole else found.customers.order_by().values("pk"))


@lru_cache(maxsize=KEPT)
def _kept(night_id, checksum, fields):
    """The standings of a finished night; its checksum covers every value, so equal keys mean equal answers."""
    return _of_night(night_id, fields)


def read_night(night_id, fields):
    """The standings of a night by customer id: codes as places (NOWHERE: none), numbers with NaN where missing."""
    return _of_night(night_id, fields)


def _of_night(night_id, fields, customers=None):
    rows = Standing.objects.filter(night=night_id)
    if customers is not None:
        rows = rows.filter(customer__in=customers)
    columns = {"customer": Cast("customer_id", FloatField())} | {name: _column(name) for name in fields}
    frame = pd.DataFrame(read_floats(rows, **columns), copy=False)
    return frame.set_index(frame.pop("customer").astype("int64"))


def _column(name):
    if name in CODES:
        return _case([When(**{name: code}, then=Value(place)) for place, code in enumerate(CODES[name])], NOWHERE)
    if name in FLAGS:
        return _case([When(**{name: True}, then=Value(1))], 0)
    return Coalesce(Cast(F(name), FloatField()), Value(float("nan"), output_field=FloatField()))


def _case(steps, default):
    return Cast(Case(*steps, default=Value(default), output_field=IntegerField()), FloatField())
