"""A demoted lifetime value: the simple rule that came nearer on earlier dates speaks in place of the model."""

import numpy as np

from customers.book import UNIT
from customers.vocabulary import ClvMethod
from lifecycle.numerics import clv, simple

UNTOLD = ("clv_low", "clv_high", "clv_deviation")  # no rule knows how sure it is
NOT_BY_MODEL = (ClvMethod.NONE.value, ClvMethod.CONTRACT.value)


def rule_of(record):
    """(rule, days it was tested for) that speaks by a record; ("", 0) where the model does."""
    found = record.summary.get("value")
    return (found["rule"], int(found["horizon_days"])) if found and found["demoted"] else ("", 0)


def by_record(book, base, record):
    """The predictions of a night as its record lets them be told, and the rule that speaks ("": the model).

    Where a rule speaks, `clv` and `method` are its own, `clv_model` is what the model says, and there is no range. The
    cost of keeping is the model's; contracts keep the retention formula, which was not on trial.
    """
    frame, (rule, period) = base.prediction.frame, rule_of(record)
    if not rule:
        return frame, rule
    rows = ~frame["method"].isin(NOT_BY_MODEL).to_numpy()
    days, settings = book.days, base.settings
    money = (days.profit if days.costed.any() else days.amount) / UNIT
    margin = simple.expected(rule, days, base.days, book.as_of.toordinal(), period, money)
    months = None if settings.infinite else settings.clv_months
    told = simple.worth(
        margin, period, settings.contract_retention ** (1.0 / 12.0), clv.monthly_rate(settings.discount_rate), months
    )
    by_rule = {
        "clv": np.where(rows, told - frame["keeping"].to_numpy(), frame["clv"].to_numpy()),
        "clv_model": np.where(rows, frame["clv"].to_numpy(), np.nan),
        "method": frame["method"].mask(rows, rule),
        **{name: np.where(rows, np.nan, frame[name].to_numpy()) for name in UNTOLD},
    }
    return frame.assign(**by_rule), rule
