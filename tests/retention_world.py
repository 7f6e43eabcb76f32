"""A small world for retention tests: rows of facts, a book, a night."""

from datetime import date

import numpy as np
import pandas as pd

from customers.book import Book, Days
from customers.vocabulary import NightOrigin, NightStatus
from retention.numerics import facts

AS_OF = date(2026, 3, 5)
# A customer about whom nothing is known but the axes; tests change what they are about.
BLANK = {name: np.nan for name, kind in facts.KINDS.items() if kind == facts.NUMBER} | {
    "tier": "ACQUAINTANCE", "proposed_tier": "", "role": "CLIENT", "stage": "STABLE", "sub_state": "",
    "stage_rule": "STEADY",
    "pattern": "OPEN", "loss_cause": "", "level": "ORDINARY", "sublevel": "", "quadrant": "LL", "kind": "ORGANISATION",
    "relationship": "UNDECIDED", "scale": "SMALL", "industry": "软件", "region": "华东", "warned": 0.0,
    "contract_active": 0.0, "buyer_changed_90d": 0.0, "restricted": False, "exited": False, "owner_id": np.nan,
    "first_day": np.nan, "stage_since": np.nan, "recent_amount": np.nan, "before_amount": np.nan,
}  # fmt: skip


def frame_of(rows, ids=None, owners=None):
    """A frame of the night: each row is what differs from BLANK."""
    frame = pd.DataFrame([{**BLANK, **row} for row in rows], columns=list(BLANK))
    frame.insert(0, "customer_id", np.asarray(ids if ids is not None else range(1, len(rows) + 1), dtype="i8"))
    if owners is not None:
        frame["owner_id"] = np.asarray(owners, dtype="f8")
    return frame


def book_of(rows, ids=None, owners=None, as_of=AS_OF, firm_size="SMALL"):
    """A book of these customers, as the wings before retention leave it."""
    none = np.zeros(0, dtype="i8")
    return Book(as_of=as_of, customers=frame_of(rows, ids, owners), days=Days(*[none] * 9), firm={"size": firm_size})


def make_night(as_of=AS_OF, origin=NightOrigin.COMMAND, mark="a"):
    """A night as it stands in the transaction that publishes it."""
    from datetime import UTC, datetime

    from customers.models import Night

    replay = origin == NightOrigin.REPLAY
    moment = datetime(as_of.year, as_of.month, as_of.day, 18, tzinfo=UTC)
    return Night.objects.create(
        as_of=as_of,
        origin=origin.value,
        fingerprint=f"{as_of}{mark}",
        status=(NightStatus.COMPUTED if replay else NightStatus.PUBLISHED).value,
        finished_at=moment,
        published_at=None if replay else moment,
    )
