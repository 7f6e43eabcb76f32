"""What the night says about losing and parting: silent by the lost rule, recover or release, grounds to part."""

from functools import partial

import numpy as np
import pandas as pd

from retention import frames
from retention.models.losses import care_policy
from retention.numerics import facts, parting
from retention.publish_exits import sync_exits


def of(book):
    """Columns of Standing (lost, advice, advice_reason) and what belongs into the publication."""
    policy = care_policy()
    known = facts.derive(book.customers, book.as_of.toordinal(), book.firm.get("size", ""))
    ids = known["customer_id"].to_numpy()
    advice, because = parting.advise(known, np.isin(ids, frames.unrecoverable(book.as_of)))
    columns = pd.DataFrame(
        {
            "lost": parting.lost(known, policy.lost_gaps, policy.lost_days),
            "advice": advice,
            "advice_reason": because,
        },
        index=book.customers.index,
    )
    ground = parting.grounds(known)
    rows = np.flatnonzero(ground != "")
    said = parting.evidence(known, rows, ground)
    found = {int(ids[row]): (str(ground[row]), said[place]) for place, row in enumerate(rows)}
    return columns, partial(sync_exits, found=found, rest_days=policy.exit_rest_days)
