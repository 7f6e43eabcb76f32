"""Slow second implementation: lost, recover or release, and grounds to part, one customer at a time."""

from math import isnan


def lost(row, gaps, days):
    """Whether one customer is silent by the lost rule."""
    since, gap = row["days_since_order"], row["gap_days"]
    if row["exited"] or isnan(since) or since < days:
        return False
    return isnan(gap) or since >= gaps * gap


def advise(row, unrecoverable):
    """(choice, reason) for one customer."""
    if row["stage"] != "DECLINE":
        return "", ""
    if unrecoverable:
        return "RELEASE", "UNRECOVERABLE"
    if row["restricted"] or row["sublevel"] == "DISCREDITED":
        return "RELEASE", "DISCREDITED"
    if row["quadrant"] in ("HH", "HL"):
        return "RECOVER", "HIGH_CURRENT"
    if row["quadrant"] == "LH":
        return "RECOVER", "HIGH_POTENTIAL"
    if row["level"] == "HIGH":
        return "RECOVER", "HIGH_LEVEL"
    if row["quadrant"] == "LL":
        return "RELEASE", "LOSS_MAKING" if row["profit_12m"] < 0 else "LOW_VALUE"
    return "", "NO_BASIS"


def ground(row):
    """The ground to part from one customer, or ""."""
    if row["exited"]:
        return ""
    late = row["overdue_days"] >= 180 or row["overdue_count"] >= 3
    if (row["restricted"] or row["sublevel"] == "DISCREDITED") and late:
        return "DISCREDITED"
    cost = 0 if isnan(row["service_cost"]) else row["service_cost"]
    if not (row["orders"] >= 3 and row["tenure_days"] >= 365):
        return ""
    if row["profit_12m"] < 0 and row["gross_profit"] - cost < 0 and row["quadrant"] == "LL":
        return "UNPROFITABLE"
    profit = 0 if isnan(row["gross_profit"]) else max(row["gross_profit"], 0)
    unruly = row["complaints_90d"] >= 3 and not isnan(row["gross_profit"]) and cost > 0.5 * profit
    return "INCORRIGIBLE" if unruly else ""
