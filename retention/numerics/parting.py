"""Lost by the rule of silence, recover or release, and grounds to part: pure rules on the facts of a night."""

import numpy as np

from customers.vocabulary import Level, Quadrant, Stage, Sublevel
from customers.vocabulary_care import AdviceReason, DeclineChoice, PartingGround
from retention.numerics.facts import numbers, texts

YEAR = 365
DISCREDITED_DAYS = 180  # an amount this late, or three late ones, and restricted already: text 004, 2.3
DISCREDITED_TIMES = 3
COMPLAINTS = 3  # in 90 days: text 002 names the behaviour, not the number
COST_SHARE = 0.5  # of the gross profit, spent on serving


def lost(frame, gaps, days):
    """Whether each customer is silent by the lost rule: for `gaps` own gaps and for at least `days` days.

    frame columns: days_since_order, gap_days (days; NaN = no order, no gap known), exited. Without a known gap the
    days alone decide. Answers booleans.
    """
    since, gap = numbers(frame, "days_since_order"), numbers(frame, "gap_days")
    silent = np.where(np.isnan(gap), True, since >= gaps * np.nan_to_num(gap))
    return (since >= days) & silent & ~_flag(frame, "exited")


def _flag(frame, name):
    return np.nan_to_num(numbers(frame, name)) > 0


def _codes(frame, name):
    return np.asarray(texts(frame, name), dtype=object)


def advise(frame, unrecoverable):
    """The suggested way with each declining customer and its reason: two arrays of codes, "" for all others.

    frame columns: stage, quadrant, level, sublevel, restricted, profit_12m. unrecoverable: bools, a recorded loss lies
    outside anybody's reach. High value or potential is worth a second development, the rest is released (L11).
    """
    quadrant, level = _codes(frame, "quadrant"), _codes(frame, "level")
    profit = numbers(frame, "profit_12m")
    declining = _codes(frame, "stage") == Stage.DECLINE.value
    bad = _flag(frame, "restricted") | (_codes(frame, "sublevel") == Sublevel.DISCREDITED.value)
    recover, release = DeclineChoice.RECOVER.value, DeclineChoice.RELEASE.value
    rules = [
        (np.asarray(unrecoverable, dtype=bool), release, AdviceReason.UNRECOVERABLE),
        (bad, release, AdviceReason.DISCREDITED),
        (np.isin(quadrant, [Quadrant.HH.value, Quadrant.HL.value]), recover, AdviceReason.HIGH_CURRENT),
        (quadrant == Quadrant.LH.value, recover, AdviceReason.HIGH_POTENTIAL),
        (level == Level.HIGH.value, recover, AdviceReason.HIGH_LEVEL),
        ((quadrant == Quadrant.LL.value) & (profit < 0), release, AdviceReason.LOSS_MAKING),
        (quadrant == Quadrant.LL.value, release, AdviceReason.LOW_VALUE),
    ]
    conditions = [declining & condition for condition, _choice, _reason in rules]
    choice = np.select(conditions, [choice for _c, choice, _r in rules], default="")
    reason = np.select(conditions, [reason.value for _c, _choice, reason in rules], default="")
    unknown = declining & (reason == "")
    return choice.astype(object), np.where(unknown, AdviceReason.NO_BASIS.value, reason).astype(object)


def grounds(frame):
    """The ground to part that the facts about each customer show, "" where none. Wrong targets only people see.

    frame columns: restricted, sublevel, overdue_days, overdue_count, complaints_90d, service_cost, profit_12m,
    gross_profit, orders, tenure_days, quadrant, exited. Discredited comes before unprofitable before incorrigible.
    """
    quadrant = _codes(frame, "quadrant")
    total, year = numbers(frame, "gross_profit"), numbers(frame, "profit_12m")
    cost = np.nan_to_num(numbers(frame, "service_cost"))
    with np.errstate(invalid="ignore"):
        late = (numbers(frame, "overdue_days") >= DISCREDITED_DAYS) | (
            numbers(frame, "overdue_count") >= DISCREDITED_TIMES
        )
        marked = _flag(frame, "restricted") | (_codes(frame, "sublevel") == Sublevel.DISCREDITED.value)
        known = (numbers(frame, "orders") >= 3) & (numbers(frame, "tenure_days") >= YEAR)
        losing = known & (year < 0) & (total - cost < 0) & (quadrant == Quadrant.LL.value)
        unruly = known & (numbers(frame, "complaints_90d") >= COMPLAINTS) & (cost > COST_SHARE * np.maximum(total, 0))
    found = np.select(
        [marked & late, losing, unruly],
        [PartingGround.DISCREDITED.value, PartingGround.UNPROFITABLE.value, PartingGround.INCORRIGIBLE.value],
        default="",
    )
    return np.where(_flag(frame, "exited"), "", found).astype(object)


EVIDENCE = {  # ground -> the facts that are kept with a suggestion
    PartingGround.DISCREDITED.value: ("overdue_days", "overdue_count", "receivable_open"),
    PartingGround.UNPROFITABLE.value: ("profit_12m", "gross_profit", "orders", "tenure_days"),
    PartingGround.INCORRIGIBLE.value: ("complaints_90d", "gross_profit", "orders", "tenure_days"),
}


def evidence(frame, rows, found):
    """The facts behind the grounds of these rows (positions), as a list of plain dicts of finite numbers."""
    columns = {name: numbers(frame, name) for names in EVIDENCE.values() for name in names}
    return [
        {name: float(f"{columns[name][row]:.6g}") for name in EVIDENCE[found[row]] if np.isfinite(columns[name][row])}
        for row in rows
    ]
