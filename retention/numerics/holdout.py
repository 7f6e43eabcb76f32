"""Who is held out: whom a trial may leave alone, and permuted blocks inside strata that anybody can repeat.

Blocks after Zelen 1974 (J. Chron. Dis. 27, 365-375); the random numbers are SplitMix64 (Steele, Lea & Flood 2014,
OOPSLA, 453-472) keyed by a seed, the playbook and the stratum, so that an assignment can be audited from its row alone.
"""

from dataclasses import dataclass
from hashlib import blake2b
from math import gcd

import numpy as np
import pandas as pd

from customers.vocabulary import Level, Tier
from retention.numerics import facts, sense
from retention.numerics.triggers import TriggerError, validate

MOST_SHARE = 50  # percent
COMPLAINTS = ("cases_open", "cases_overdue", "complaints_90d")
GOLDEN = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Trial:
    """How a playbook proves itself. share: percent held out (1 to 50); complaints, partners, high: whether customers
    with a complaint, of the partner tier and of the high level may be held out; outcome, days: what is measured."""

    share: int
    outcome: str
    days: int
    complaints: bool = False
    partners: bool = False
    high: bool = False


def block_of(share):
    """Customers in a block, and how many of them are held out: the smallest block in which a whole number is."""
    size = 100 // gcd(share, 100)
    return size, share * size // 100


def about_complaints(trigger):
    """Whether a trigger can ask for a complaint: some condition on complaints does not hold where there is none."""
    try:
        parts = sense.situations(trigger)
    except TriggerError:  # too wide to be spread out: any condition on complaints counts
        return any(condition.field in COMPLAINTS and not condition.negated for condition in validate(trigger))
    return any(c.field in COMPLAINTS and not _holds_without(c) for part in parts for c in part)


def _holds_without(condition):
    """Whether a condition holds for a customer who has no complaint."""
    value = condition.value
    plain = {
        "ge": lambda: value <= 0, "gt": lambda: value < 0, "le": lambda: value >= 0, "lt": lambda: value > 0,
        "eq": lambda: value == 0, "present": lambda: True, "missing": lambda: True, "top_share": lambda: False,
    }[condition.op]()  # fmt: skip
    return True if condition.op in ("present", "missing") else plain != condition.negated


def eligible(frame, trial):
    """For every customer of the night's frame: whether this trial may leave it alone."""
    may = np.ones(len(frame), dtype=bool)
    if not trial.complaints:
        for name in COMPLAINTS:
            may &= ~(facts.numbers(frame, name) > 0)
    if not trial.partners:
        may &= np.asarray(facts.texts(frame, "tier"), dtype=object) != Tier.PARTNER.value
    if not trial.high:
        may &= np.asarray(facts.texts(frame, "level"), dtype=object) != Level.HIGH.value
    return may


def strata(frame, names):
    """The stratum of every customer: the codes of these columns (quadrant, level, tier), "-" where one is unknown."""
    label = np.full(len(frame), "", dtype=object)
    for name in names:
        word = np.asarray(facts.texts(frame, name), dtype=object)
        word = np.where(pd.isna(word), "-", word)
        label = label + ("/" if name != names[0] else "") + word
    return label


def slots(stratum, taken):
    """The place of each customer in its stratum, from 0, behind the places already taken: {stratum: count}."""
    if not len(stratum):
        return np.zeros(0, "i8")
    before = np.asarray([taken.get(name, 0) for name in stratum], dtype="i8")
    return before + pd.Series(range(len(stratum))).groupby(np.asarray(stratum, dtype=object)).cumcount().to_numpy("i8")


def arms(seed, template, share, stratum, slot):
    """Whether each customer is held out, by its stratum and its place in it.

    In every full block of a stratum exactly the share is held out, at places that the seed decides; so after any
    number of customers the arm is off its share by less than one block.
    """
    stratum, slot = np.asarray(stratum, dtype=object), np.asarray(slot, dtype="i8")
    if not len(slot):
        return np.zeros(0, dtype=bool)
    size, held = block_of(share)
    which, names = pd.factorize(stratum)
    keys = np.asarray([_key(f"{seed}/{template}/{share}/{name}") for name in names], dtype=np.uint64)
    block = slot // size
    pairs, place = np.unique(np.stack([which, block]), axis=1, return_inverse=True)
    first = pairs[1].astype(np.uint64) * np.uint64(size)
    counter = first[:, None] + np.arange(1, size + 1, dtype=np.uint64)[None, :]
    numbers = _mixed(keys[pairs[0]][:, None] + GOLDEN * counter)
    rank = np.argsort(np.argsort(numbers, axis=1, kind="stable"), axis=1, kind="stable")
    return rank[place.ravel(), slot % size] < held


def _key(text):
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little")


def _mixed(state):
    """The output function of SplitMix64."""
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))
