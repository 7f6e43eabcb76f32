"""The gates between the relationship tiers: which proof is there, and which is missing for the next (text 000, K11)."""

from dataclasses import dataclass

from customers.vocabulary import Tier

NEXT = {Tier.STRANGER: Tier.ACQUAINTANCE, Tier.ACQUAINTANCE: Tier.FRIEND, Tier.FRIEND: Tier.PARTNER}


@dataclass(frozen=True)
class Gate:
    """One proof: its code, what there is (None: not known), what is needed, and whether that is met."""

    code: str
    have: float | bool | None
    need: float | bool
    met: bool

    @property
    def share(self):
        """How much of it is there, 0 to 1."""
        return 1.0 if self.met else min(1.0, max(0.0, float(self.have or 0) / float(self.need or 1)))


ASKED = []  # what wings know against a next tier: functions of a customer that give a gate, or None


def ask(check):
    """Makes the check of a wing known."""
    if check not in ASKED:
        ASKED.append(check)


def asked(customer):
    """The gates that wings keep shut for this customer."""
    found = [check(customer) for check in ASKED]
    return tuple(gate for gate in found if gate is not None)


@dataclass(frozen=True)
class Way:
    """The next tier and its gates, in the order satisfaction, trust, commitment."""

    to: str
    gates: tuple

    @property
    def missing(self):
        return [gate for gate in self.gates if not gate.met]


def way_up(tier, evidence, profit=None, more=()):
    """The way to the next tier by the evidence (selectors.tiers.evidence_of); None for a partner.

    profit: gross profit of all orders, None where unknown: a loss keeps the gate shut, not knowing does not.
    more: gates of wings (`asked`), in front.
    """
    to = NEXT.get(Tier(tier))
    if to is None:
        return None
    days, gate = evidence.get("purchase_days"), evidence["gate"]
    if to == Tier.ACQUAINTANCE:
        return Way(to.value, (*more, Gate("order", days, 1, bool(days))))
    items = ["satisfaction", "trust"] + (["commitment"] if to == Tier.PARTNER else [])
    gates = [*more, Gate("purchases", days, evidence["friend_purchases"], (days or 0) >= evidence["friend_purchases"])]
    gates.append(Gate("profit", None if profit is None else float(profit), 0, profit is None or profit >= 0))
    gates += [Gate(item, evidence.get(item), gate, (evidence.get(item) or 0) >= gate) for item in items]
    if to == Tier.PARTNER:
        gates.append(Gate("contract", bool(evidence["contract"]), True, bool(evidence["contract"])))
    return Way(to.value, tuple(gates))
