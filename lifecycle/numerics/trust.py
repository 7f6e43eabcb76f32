"""When no lifetime value is told: too little data for any number, with the reason (the minimum-data gate)."""

import numpy as np

from customers.vocabulary import ClvGap, ClvMethod

GAPS = [gap.value for gap in ClvGap]
NOTHING = 1e-9


def gaps(columns: dict[str, np.ndarray], method: np.ndarray, *, customers: int, repeaters: int, weeks: float):
    """Per customer with a purchase the code of the reason, empty where the value may be told.

    columns: `frequency`, `age` (weeks), `sales`. method: ClvMethod values. Counts are the least that a shrunken rate
    needs (a fitted model has more); `weeks` the least observed time. A customer whose refunds eat up its purchases has
    no order value to speak of, whatever the model. Contracts need no history.
    """
    count, again = columns["frequency"].size, int(np.count_nonzero(columns["frequency"] > 0))
    rate = method == ClvMethod.RATE.value
    found = np.full(count, ClvGap.NONE.value, dtype=object)
    if again < repeaters:
        found[rate] = ClvGap.NO_REPEATERS.value
    if count < customers:
        found[rate] = ClvGap.FEW_CUSTOMERS.value
    if count and float(columns["age"].max()) < weeks:
        found[:] = ClvGap.NO_TIME.value
    found[columns["sales"] <= NOTHING] = ClvGap.REFUNDED.value
    found[method == ClvMethod.CONTRACT.value] = ClvGap.NONE.value
    return found
