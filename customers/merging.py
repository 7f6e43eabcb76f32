"""What becomes of everything that refers to a customer when two customers become one: each app declares its own.

A test reads every relation to Customer from the models and fails where one has no rule; the merge itself refuses then.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db.models import Exists, OuterRef

from customers.models import Customer

RULES = {}  # "app.Model.field" -> Rule
TEXTS = 50  # rows that stay are told by name up to here


@dataclass
class Merge:
    """One merge under way: `former` goes up in `survivor`. stayed: rows that the survivor has already."""

    survivor: Any
    former: Any
    by: Any
    at: datetime
    stayed: list = field(default_factory=list)

    def leave(self, rows):
        """Tell which rows stay with the former customer's record."""
        for row in rows[:TEXTS]:
            self.stayed.append({"what": row._meta.label, "text": str(row)[:200]})


@dataclass(frozen=True)
class Rule:
    """act(merge, rows, name) does it and answers how many rows moved; rows: those of the former customer.

    told: whether the preview counts these rows among what moves. by_night: which rows only nights wrote: EVERY row, or
    a function of a queryset; they go with a customer that an undone import takes back.
    """

    act: Callable
    told: bool = True
    by_night: Any = None


@dataclass(frozen=True)
class Relation:
    """A foreign key to Customer."""

    model: Any
    field: Any

    @property
    def key(self):
        return f"{self.model._meta.label}.{self.field.name}"

    @property
    def label(self):
        """What its rows are called on a page."""
        return self.model._meta.verbose_name_plural

    def rows(self, customer):
        return self.model._base_manager.filter(**{self.field.name: customer.pk})


def declare(model, rule, name="customer"):
    """Say what happens to the rows of a model that refer to a customer by this field."""
    RULES[f"{model._meta.label}.{name}"] = rule


def relations():
    """Every foreign key to Customer in the whole house, but those of audit records."""
    found = []
    for model in apps.get_models(include_auto_created=True):
        if hasattr(model, "instance_type"):  # simple_history: what was written stays as it was written
            continue
        for one in model._meta.get_fields():
            if one.is_relation and one.concrete and one.related_model is Customer:
                found.append(Relation(model, one))
    order = list(RULES)
    return sorted(found, key=lambda relation: order.index(relation.key) if relation.key in RULES else -1)


def by_night(relation):
    """The rows of a relation that only nights wrote."""
    rows, rule = relation.model._base_manager.all(), RULES[relation.key].by_night
    return rows.none() if rule is None else rows if rule == EVERY else rule(rows)


def undeclared():
    """Relations nobody has said anything about."""
    return [relation.key for relation in relations() if relation.key not in RULES]


# The usual rules


def _move(merge, rows, name):
    return rows.update(**{name: merge.survivor.pk})


def _stay(merge, rows, name):
    return 0


def _drop(merge, rows, name):
    rows.delete()
    return 0


MOVE = Rule(_move)
EVERY = "every"
STAY = Rule(_stay, told=False)  # records of merges: history
VERDICT = Rule(_stay, told=False, by_night=EVERY)  # what a night said about a customer: history as well
DERIVED = Rule(_drop, told=False, by_night=EVERY)  # computed from what moves


def apart(*same, by_night=None):
    """Rows move unless the survivor has one with equal values in these fields: its own stays, the other is told."""

    def act(merge, rows, name):
        own = rows.model._base_manager.filter(**{name: merge.survivor.pk}, **{field: OuterRef(field) for field in same})
        held = list(rows.filter(Exists(own)))
        merge.leave(held)
        return rows.exclude(pk__in=[row.pk for row in held]).update(**{name: merge.survivor.pk})

    return Rule(act, by_night=by_night)


def renumbered(number):
    """Rows move; a number that the survivor uses already gets the former customer's code behind it: nothing is lost."""

    def act(merge, rows, name):
        taken = set(rows.model._base_manager.filter(**{name: merge.survivor.pk}).values_list(number, flat=True))
        for row in rows.filter(**{f"{number}__in": taken}):
            setattr(row, number, free_number(getattr(row, number), merge.former, taken))
            taken.add(getattr(row, number))
            row.save(update_fields=[number])
        return rows.update(**{name: merge.survivor.pk})

    return Rule(act)


def free_number(number, former, taken, limit=64):
    """A number with the former customer's code behind it, cut to the limit, that nobody has yet."""
    for mark in (former.code, f"#{former.pk}", *(f"#{former.pk}-{n}" for n in range(2, 1000))):
        tail = f" ({mark})"
        if len(tail) < limit and (found := number[: limit - len(tail)] + tail) not in taken:
            return found
    raise ValueError(number)
