"""Relationship tier and role ladder: who is what, and which step on the tiers is proposed with which proof."""

import numpy as np
import pandas as pd

from customers.vocabulary import Role, Tier

SATISFIED = 4.0  # of 5: the supporter's rung


def standing_tier(tier, orders):
    """The tier that holds tonight: a first order makes a stranger an acquaintance by definition (text 000, K08)."""
    tier = np.asarray(tier, dtype=object)
    return np.where((tier == Tier.STRANGER) & (np.asarray(orders) > 0), Tier.ACQUAINTANCE.value, tier).astype(object)


def role(tier, orders, satisfaction, referrals):
    """The highest rung reached: prospect, purchaser, client, supporter, advocate, partner (text 002, R15).

    tier: codes; orders: whole numbers; satisfaction 1-5 and referrals may be NaN (unknown: that rung is not reached).
    """
    orders = np.asarray(orders)
    rungs = np.full(len(orders), Role.PROSPECT.value, dtype=object)
    rungs[orders >= 1] = Role.PURCHASER.value
    client = orders >= 2
    rungs[client] = Role.CLIENT.value
    rungs[client & (np.nan_to_num(satisfaction) >= SATISFIED)] = Role.SUPPORTER.value
    rungs[(orders >= 1) & (np.nan_to_num(referrals) >= 1)] = Role.ADVOCATE.value
    rungs[np.asarray(tier, dtype=object) == Tier.PARTNER.value] = Role.PARTNER.value
    return rungs


def proposal(frame, gate, purchases):
    """The step on the tiers that the proof supports, "" where none; a person decides (text 000, K11).

    frame columns: tier, purchase_days, satisfaction, trust, commitment (1-5, NaN unknown), contract_active (0/1, NaN),
    gross_profit (NaN unknown), exited, restricted. Upward: a friend needs `purchases` purchase days, satisfaction and
    trust at the gate; a partner also commitment at the gate and a running contract. Downward: proof known and more than
    one point under the gate.
    """
    tier = frame["tier"].astype(object).to_numpy()
    level = {name: frame[name].to_numpy(dtype="f8") for name in ("satisfaction", "trust", "commitment")}
    reached = {name: values >= gate for name, values in level.items()}
    lost = {name: values < gate - 1 for name, values in level.items()}
    repeat = frame["purchase_days"].to_numpy() >= purchases
    profitable = ~(frame["gross_profit"].to_numpy(dtype="f8") < 0)
    bound = frame["contract_active"].to_numpy(dtype="f8") > 0
    friend = repeat & profitable & reached["satisfaction"] & reached["trust"]
    result = np.full(len(frame), "", dtype=object)
    result[(tier == Tier.ACQUAINTANCE) & friend] = Tier.FRIEND.value
    result[(tier == Tier.FRIEND) & friend & reached["commitment"] & bound] = Tier.PARTNER.value
    result[(tier == Tier.PARTNER) & lost["commitment"]] = Tier.FRIEND.value
    result[(tier == Tier.FRIEND) & (lost["satisfaction"] | lost["trust"])] = Tier.ACQUAINTANCE.value
    result[frame["exited"].to_numpy() | frame["restricted"].to_numpy()] = ""
    return result


def mix(tier):
    """Share of each tier among the customers of these tiers, strangers left out: Series indexed by code."""
    known = pd.Series(np.asarray(tier, dtype=object))
    known = known[known != Tier.STRANGER.value]
    return known.value_counts(normalize=True)
