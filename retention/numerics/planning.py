"""Who gets which task: what fires, in which order, and within what a person can work on."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from customers.vocabulary import Quadrant, Sublevel, TaskCategory
from retention.numerics import facts
from retention.numerics.holdout import Trial
from retention.numerics.triggers import Reader

NOBODY = -1  # owner of the customers without one
ENOUGH = 10**9
QUADRANT_RANK = {Quadrant.HH: 1, Quadrant.HL: 2, Quadrant.LH: 3, Quadrant.UNSCORED: 4, Quadrant.LL: 5}
UNKNOWN_RANK = QUADRANT_RANK[Quadrant.UNSCORED]
CATEGORIES = list(TaskCategory)


@dataclass(frozen=True)
class Limits:
    """How much the night may put on people's desks.

    desk: live tasks of one owner by category (DEVELOP, CARE, CHURN_PREVENT, WIN_BACK, EXIT), so that no kind of work
    crowds out the others; customer: live tasks of one customer; unassigned: how many owners' worth of tasks the queue
    without an owner may hold; urgent: from this weight on a task is first in line and is withheld only by its
    template's own bound. budget: planned cost that live tasks may reach (None: no bound); urgent work may pass it.
    """

    desk: tuple[int, ...] = (10, 14, 8, 5, 3)
    customer: int = 2
    unassigned: int = 3
    urgent: int = 80
    budget: float | None = None


@dataclass(frozen=True)
class Rule:
    """A template as the night needs it. top: live tasks of this template one owner may have, None = no bound.

    trial: how some customers are held out by chance, None = nobody is.
    """

    id: int
    code: str
    category: str
    weight: int
    due_days: int
    rest_days: int
    top: int | None
    trigger: dict
    cost: float = 0.0
    trial: Trial | None = None


@dataclass(frozen=True)
class Candidates:
    """Everything that fires tonight, one entry per (customer, rule), best first.

    ids, owners: of every customer (owner NOBODY = none). position, rule: arrays of the entries (row of the book, index
    into rules). priority: int, lower is first; value: float, NaN = unknown. exited: of every customer.
    """

    ids: np.ndarray
    owners: np.ndarray
    exited: np.ndarray
    rules: tuple[Rule, ...]
    position: np.ndarray
    rule: np.ndarray
    priority: np.ndarray
    value: np.ndarray
    reader: Reader = field(repr=False)
    limits: Limits = Limits()

    def __len__(self):
        return len(self.position)

    def key(self, position, rule):
        """One number per (customer, rule)."""
        return np.asarray(position, "i8") * max(1, len(self.rules)) + rule

    def keys(self):
        """The numbers of all entries."""
        return self.key(self.position, self.rule)

    def positions_of(self, customer_ids):
        """Rows of the book of these customers, -1 where the book does not know one."""
        wanted = np.asarray(customer_ids, "i8")
        if not len(self.ids):
            return np.full(len(wanted), -1)
        at = np.minimum(np.searchsorted(self.ids, wanted), len(self.ids) - 1)
        return np.where(self.ids[at] == wanted, at, -1)

    def evidence(self, entries):
        """One dict per entry: the fields that spoke for it, with their values (None = unknown)."""
        found = [None] * len(entries)
        for number in np.unique(self.rule[entries]):
            where = np.flatnonzero(self.rule[entries] == number)
            said = self.reader.evidence(self.rules[number].trigger, self.position[entries][where])
            columns = [(name, values.tolist(), holds.tolist()) for name, (values, holds) in said.items()]
            for row, place in enumerate(where.tolist()):
                found[place] = {name: _plain(name, values[row]) for name, values, holds in columns if holds[row]}
        return found


def _plain(name, value):
    """A value as JSON writes it: unknown as None, flags as true and false."""
    if value is None or value != value:
        return None
    return bool(value) if facts.KINDS[name] == facts.FLAG else value


def propose(rules, frame, limits=None):
    """All candidates of the night.

    frame: columns of `facts` (derived ones included) and customer_id, one row per customer with ascending ids. Whoever
    is restricted, discredited or has left only gets EXIT tasks. Raises TriggerError for a rule that cannot be read.
    """
    limits = limits or Limits()
    reader = Reader(frame)
    exited, leaving = _leaving(frame)
    positions, numbers = [], []
    for number, rule in enumerate(rules):
        fires = reader.mask(rule.trigger)
        if rule.category != TaskCategory.EXIT:
            fires = fires & ~leaving
        found = np.flatnonzero(fires)
        positions.append(found)
        numbers.append(np.full(len(found), number))
    position = np.concatenate(positions).astype("i8") if positions else np.zeros(0, "i8")
    rule = np.concatenate(numbers).astype("i8") if numbers else np.zeros(0, "i8")
    priority, value = _priority(rules, frame, position, rule, limits), _value(rules, frame, position, rule)
    place = np.argsort(np.argsort([-r.weight for r in rules], kind="stable"))  # of a rule within its customer
    within = position * len(rules) + place[rule]
    order = np.lexsort((within, -np.nan_to_num(value, nan=-np.inf), priority))
    owners = facts.numbers(frame, "owner_id")
    return Candidates(
        ids=frame["customer_id"].to_numpy("i8"),
        owners=np.where(np.isnan(owners), NOBODY, owners).astype("i8"),
        exited=exited,
        rules=tuple(rules),
        position=position[order],
        rule=rule[order],
        priority=priority[order],
        value=value[order],
        reader=reader,
        limits=limits,
    )


def _leaving(frame):
    """Who has left with approval, and who gets nothing but EXIT tasks."""
    exited = facts.numbers(frame, "exited") == 1
    sublevel = np.asarray(facts.texts(frame, "sublevel"), dtype=object)
    return exited, exited | (facts.numbers(frame, "restricted") == 1) | (sublevel == Sublevel.DISCREDITED.value)


def _priority(rules, frame, position, rule, limits):
    """Urgent work first (the most urgent before), then by quadrant; lower comes first, value at risk decides within."""
    quadrant = facts.texts(frame, "quadrant")
    ranks = [QUADRANT_RANK.get(str(word), UNKNOWN_RANK) for word in quadrant.categories] + [UNKNOWN_RANK]
    rank = np.asarray(ranks)[quadrant.codes[position]]
    weights = np.asarray([min(99, rule.weight) for rule in rules] or [0])[rule]
    return np.where(weights >= limits.urgent, 99 - weights, rank * 100)


def _value(rules, frame, position, rule):
    """What is at stake: the value at risk (the lifetime value where that is unknown), money owed where we part."""
    clv, risk, owed = (facts.numbers(frame, name) for name in ("clv", "value_at_risk", "receivable_open"))
    parting = np.asarray([r.category == TaskCategory.EXIT for r in rules] or [False])
    return np.stack([np.where(np.isnan(risk), clv, risk), owed])[parting[rule].astype(int), position]


def among(keys, wanted):
    """Which keys are among the wanted: by a table of truths, since keys are dense."""
    return np.isin(keys, wanted, kind="table")


def news(before, now):
    """Whether evidence says anything that the evidence before did not: another field, another word, a higher count."""
    for name, value in now.items():
        if name not in before or (before[name] is None) != (value is None):
            return True
        kind = facts.KINDS.get(name)
        if kind in (facts.CODE, facts.TEXT, facts.FLAG) and before[name] != value:
            return True
        if name in facts.GROWING and value is not None and value > before[name]:
            return True
    return False


def choose(candidates, taken, resting, spent=0.0):
    """Indices of the candidates that become tasks tonight.

    taken, resting: keys of live tasks whose reason still holds, and of pairs that must not come back yet; spent: what
    else has gone from the budget. Live tasks fill the limits first; what room is left goes to the best in line, again
    and again until nothing more fits, so that a second night with the same facts finds no room.
    """
    limits, rules = candidates.limits, candidates.rules
    rule_of = np.asarray(taken, "i8") % max(1, len(rules))
    position_of = np.asarray(taken, "i8") // max(1, len(rules))
    owners, owner_of = np.unique(candidates.owners, return_inverse=True)
    factor = np.where(owners == NOBODY, limits.unassigned, 1).astype("i8")
    urgent = np.asarray([r.weight >= limits.urgent for r in rules] or [False])
    kind = np.asarray([CATEGORIES.index(r.category) for r in rules] or [0])
    tops = np.asarray([ENOUGH if r.top is None else r.top for r in rules], dtype="i8")
    cost = np.asarray([r.cost for r in rules] or [0.0])
    room = _Room(
        money=np.inf if limits.budget is None else limits.budget - spent - cost[rule_of].sum(),
        template=tops[:, None] * factor[None, :],
        desk=np.asarray(limits.desk, "i8")[:, None] * factor[None, :],
        customer=np.full(len(candidates.ids), limits.customer, "i8"),
    )
    room.take(rule_of, position_of, owner_of, urgent, kind)
    spoken_for = np.concatenate([np.asarray(taken, "i8"), np.asarray(resting, "i8")])
    waiting = np.flatnonzero(~among(candidates.keys(), spoken_for))
    chosen = []
    while True:
        rule, position = candidates.rule[waiting], candidates.position[waiting]
        owner, free = owner_of[position], urgent[rule]
        open_still = (room.template[rule, owner] > 0) & (
            free
            | (
                (room.customer[position] > 0)
                & (room.desk[kind[rule], owner] > 0)
                & ((cost[rule] <= room.money) | (cost[rule] == 0))
            )
        )
        waiting, rule, position, owner, free = (part[open_still] for part in (waiting, rule, position, owner, free))
        if not len(waiting):
            break
        fits = _place(rule * len(owners) + owner, np.ones(len(rule), dtype=bool)) < room.template[rule, owner]
        fits &= free | (_place(position, fits & ~free) < room.customer[position])
        desk = kind[rule] * len(owners) + owner
        fits &= free | (_place(desk, fits & ~free) < room.desk[kind[rule], owner])
        fits &= free | (cost[rule] == 0) | (np.cumsum(np.where(fits, cost[rule], 0.0)) <= room.money)
        chosen.append(waiting[fits])
        room.money -= cost[rule[fits]].sum()
        room.take(rule[fits], position[fits], owner_of, urgent, kind)
        waiting = waiting[~fits]
    return np.sort(np.concatenate(chosen)) if chosen else np.zeros(0, "i8")


@dataclass
class _Room:
    """How much more fits: money, tasks by (rule, owner), by (category, owner), by customer."""

    money: float
    template: np.ndarray
    desk: np.ndarray
    customer: np.ndarray

    def take(self, rule, position, owner_of, urgent, kind):
        np.subtract.at(self.template, (rule, owner_of[position]), 1)
        bound = ~urgent[rule]
        np.subtract.at(self.desk, (kind[rule[bound]], owner_of[position[bound]]), 1)
        np.subtract.at(self.customer, position[bound], 1)


def _place(group, counted):
    """The place of each entry among the counted entries of its group before it, from 0; order is kept."""
    place = np.zeros(len(group), "i8")
    rows = np.flatnonzero(counted)
    place[rows] = pd.Series(group[rows]).groupby(group[rows], sort=False).cumcount().to_numpy()
    return place
