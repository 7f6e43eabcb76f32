"""The door through which the night holds customers out by chance: who gets a task, and what is kept of the draw."""

import json
from collections import namedtuple
from datetime import timedelta

import numpy as np
from django.db import connection

from customers import copying
from retention import frames
from retention.models.proof import proof_policy
from retention.numerics import holdout, planning

# entries: of the candidates that are newly assigned; held: truths; stratum, slot: their places; seed: of the chance.
Drawn = namedtuple("Drawn", "entries held stratum slot seed")
NOBODY = Drawn(np.zeros(0, "i8"), np.zeros(0, bool), np.zeros(0, object), np.zeros(0, "i8"), 0)


def choose(candidates, taken, resting, spent, under_way):
    """As planning.choose, but chance holds some of the chosen out: answers the entries that get a task, and Drawn.

    Who is held out makes room on the desk, which goes to the next in line, until nothing more fits: a second night with
    the same facts finds no room either. under_way: keys of pairs whose window runs; they are not drawn again.
    """
    if not any(rule.trial for rule in candidates.rules):
        return planning.choose(candidates, taken, resting, spent), NOBODY
    draw, given, parts = _Draw(candidates, under_way), [], []
    while True:
        fresh = planning.choose(candidates, taken, resting, spent)
        drawn = draw.of(fresh)
        out = np.isin(fresh, drawn.entries[drawn.held])
        given.append(fresh[~out])
        parts.append(drawn)
        if not out.any():
            break
        keys = candidates.key(candidates.position[fresh], candidates.rule[fresh])
        taken, resting = np.concatenate([taken, keys[~out]]), np.concatenate([resting, keys[out]])
    columns = [np.concatenate([getattr(part, name) for part in parts]) for name in Drawn._fields[:4]]
    return np.sort(np.concatenate(given)), Drawn(*columns, draw.seed)


class _Draw:
    """The chance of one night: places in the strata go on where the nights before stopped."""

    def __init__(self, candidates, under_way):
        policy = proof_policy()
        self.candidates, self.seed, self.under_way = candidates, policy.seed, under_way
        frame = candidates.reader.frame
        self.stratum = holdout.strata(frame, policy.strata)
        trials = {number: rule.trial for number, rule in enumerate(candidates.rules) if rule.trial}
        self.may = {number: holdout.eligible(frame, trial) for number, trial in trials.items()}
        self.taken = frames.places_taken()

    def of(self, fresh):
        """The arms of those of these entries that may be held out."""
        found = [self._rule(number, fresh) for number in self.may]
        columns = [np.concatenate(part) for part in zip(*found, strict=True)]
        return Drawn(*columns, self.seed)

    def _rule(self, number, fresh):
        rule, known = self.candidates.rules[number], self.candidates
        mine = fresh[known.rule[fresh] == number]
        free = self.may[number][known.position[mine]]
        free &= ~np.isin(known.key(known.position[mine], number), self.under_way)
        mine = mine[free]
        mine = mine[np.argsort(known.ids[known.position[mine]])]  # an order that nobody's value decides
        stratum = self.stratum[known.position[mine]]
        counts = self.taken.setdefault((rule.id, rule.trial.share), {})
        slot = holdout.slots(stratum, counts)
        for name, place in zip(stratum.tolist(), slot.tolist(), strict=True):
            counts[name] = place + 1
        return mine, holdout.arms(self.seed, rule.id, rule.trial.share, stratum, slot), stratum, slot


def write(night, candidates, drawn, short):
    """Keep what chance decided, both arms; `short` makes evidence equal on both engines."""
    if not len(drawn.entries):
        return 0
    rules = [candidates.rules[number] for number in candidates.rule[drawn.entries].tolist()]
    today = night.as_of.toordinal()
    ends = [(night.as_of + timedelta(days=rule.trial.days)).toordinal() for rule in rules]
    count = len(rules)
    columns = {
        "customer_id": ("id", candidates.ids[candidates.position[drawn.entries]]),
        "template_id": ("id", np.asarray([rule.id for rule in rules], "i8")),
        "night_id": ("id", np.full(count, night.pk, "i8")),
        "held": ("bool", drawn.held),
        "assigned_on": ("day", np.full(count, today)),
        "ends_on": ("day", np.asarray(ends)),
        "outcome": ("text", np.asarray([rule.trial.outcome for rule in rules], dtype=object)),
        "days": ("int", np.asarray([rule.trial.days for rule in rules])),
        "share": ("int", np.asarray([rule.trial.share for rule in rules])),
        "stratum": ("text", drawn.stratum),
        "slot": ("int", drawn.slot),
        "seed": ("id", np.full(count, drawn.seed, "i8")),
        "evidence": ("json", [json.dumps(short(said)) for said in candidates.evidence(drawn.entries)]),
    }
    return copying.write_rows(connection, frames.ASSIGNMENTS, columns)
