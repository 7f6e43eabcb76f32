"""The ground floor's step of the night: tier, proposal, role, and the measures every page shows."""

import numpy as np
import pandas as pd

from customers import publish
from customers.book import Verdict
from customers.copying import NO_MONEY
from customers.numerics import relationship
from customers.vocabulary import Tier

MEASURES = {  # field of Standing -> (column in 1/UNIT, column that tells whether it is known)
    "quantity": ("quantity_u", None),
    "amount": ("amount_u", None),
    "amount_12m": ("amount_12m_u", None),
    "gross_profit": ("profit_u", "gross_profit"),
    "profit_12m": ("profit_12m_u", "profit_12m"),
}


def assess(book):
    """Tier that holds, proposed tier, role, and the measures of behaviour as columns of Standing."""
    known = book.customers
    tier = relationship.standing_tier(known["tier"], known["orders"])
    held = known.assign(tier=tier)
    proposed = relationship.proposal(held, book.firm["tier_gate"], book.firm["friend_purchases"])
    ids = known["customer_id"].to_numpy()
    entered = ids[(known["tier"].astype(object) == Tier.STRANGER.value).to_numpy() & (known["orders"] > 0).to_numpy()]
    changed = ids[(known["proposed_tier"].astype(object) != proposed).to_numpy()]
    columns = {
        "tier": tier,
        "proposed_tier": proposed,
        "role": relationship.role(tier, known["orders"], known["satisfaction"], known["referrals"]),
        "orders": known["orders"].to_numpy(),
        "purchase_days": known["purchase_days"].to_numpy(),
        "categories": known["categories"].fillna(0).to_numpy().astype("i8"),
        "first_order": known["first_day"].to_numpy(),
        "last_order": known["last_day"].to_numpy(),
    }
    money = {"service_cost": units(known["service_cost"].fillna(0).to_numpy())}
    for name, (column, certain) in MEASURES.items():
        values = known[column].to_numpy()
        money[name] = values if certain is None else np.where(known[certain].notna(), values, NO_MONEY)
    return Verdict(
        columns=pd.DataFrame(columns, index=known.index),
        money=money,
        on_publish=(lambda night: _sync(night, entered, changed),),
        summary={"tiers": relationship.mix(tier).to_dict(), "proposals": int((proposed != "").sum())},
    )


def _sync(night, entered, changed):
    """A replayed night tells what would have been: tiers and proposals are of today, so it leaves them alone."""
    return publish.sync_tiers(night.id, entered, changed) if night.published_at else {}


def units(amounts):
    """Floats of money as whole ten-thousandths."""
    return np.rint(amounts * 10_000).astype("i8")
