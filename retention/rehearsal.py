"""Who would get a playbook's task tonight: the night's own planning on the facts of the published night, unwritten."""

from dataclasses import dataclass, replace

import numpy as np

from customers.frames import read_book
from customers.models import Customer, User
from retention import frames
from retention.assess import as_rule, candidates_of, load_rules, trial_of
from retention.publish import weigh

FEW = 12


@dataclass(frozen=True)
class Meant:
    """One customer a trigger means, with the reason and the person who would get the task."""

    customer: Customer
    evidence: dict
    value: float | None


@dataclass(frozen=True)
class Rehearsal:
    """meant: whom the trigger means; have: of these who have the task already; resting: who must not get it yet;
    fresh: who would get it tonight; shown: the first of them, or of those meant where nobody would."""

    customers: int
    meant: int
    have: int
    resting: int
    fresh: int
    shown: list
    unseen: int  # of the fresh, customers that the named person may not see
    out: int = 0  # held out by chance since an earlier night
    drawn: int = 0  # would be held out tonight

    @property
    def held_out(self):
        """Whom chance leaves alone, since earlier or from tonight."""
        return self.out + self.drawn

    @property
    def withheld(self):
        """Meant, free, and still not tonight: no room on the desks, by the bounds or the budget."""
        return self.meant - self.have - self.resting - self.fresh - self.held_out


def rehearse(night, template, trigger):
    """What this template with this trigger would do on the facts of a published night."""
    rules, _warnings = load_rules()
    own = replace(as_rule(template), id=template.pk or -1, trigger=trigger, trial=trial_of(template, trigger))
    rules = [rule for rule in rules if rule.id != own.id] + [own]
    book = read_book(night.as_of)
    book = book.joined(frames.verdicts(night.pk, book.customers["customer_id"].to_numpy()))
    candidates = candidates_of(rules, book)
    number = len(rules) - 1
    mine = np.flatnonzero(candidates.rule == number)
    work = weigh(night.as_of, candidates)
    keys = candidates.keys()[mine]
    have, rest = np.isin(keys, work.taken), np.isin(keys, work.resting)
    fresh, out = np.isin(mine, work.chosen), np.isin(keys, work.out) & ~have
    first = (mine[fresh] if fresh.any() else mine)[:FEW]
    return Rehearsal(
        customers=len(book),
        meant=len(mine),
        have=int(have.sum()),
        resting=int((rest & ~have & ~out).sum()),
        fresh=int(fresh.sum()),
        shown=_shown(candidates, first),
        unseen=_unseen(template, candidates.ids[candidates.position[mine[fresh]]]),
        out=int(out.sum()),
        drawn=int(np.isin(mine, work.drawn.entries[work.drawn.held]).sum()),
    )


def _shown(candidates, entries):
    ids = candidates.ids[candidates.position[entries]].tolist()
    people = Customer.objects.select_related("owner").in_bulk(ids)
    said, values = candidates.evidence(entries), candidates.value[entries].tolist()
    return [
        Meant(people[pk], evidence, None if value != value else value)
        for pk, evidence, value in zip(ids, said, values, strict=True)
        if pk in people
    ]


def _unseen(template, ids):
    """How many of these customers a named person may not see."""
    person = User.objects.filter(pk=template.owner_person_id).first() if template.owner_rule == "PERSON" else None
    if person is None:
        return 0
    return len(ids) - Customer.objects.visible_to(person).filter(pk__in=ids.tolist()).count()
