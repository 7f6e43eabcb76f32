"""The stage rules of analytics 3.3 a second time: one customer, one date, one purchase at a time."""

from datetime import date, timedelta
from math import comb, floor


def binomial_at_most(k, n, share):
    return sum(comb(n, i) * share**i * (1 - share) ** (n - i) for i in range(0, k + 1))


def stage_on(days, amounts, on, p, segment_gap, p0):
    """(stage, rule) on the ordinal `on` from all (day, amount) up to it; p0(n, span, tenure, horizon) in days."""
    known = [(d, m) for d, m in zip(days, amounts, strict=True) if d <= on]
    if not known:
        return "PROSPECT", "NO_ORDER"
    n, first, last = len(known), known[0][0], known[-1][0]
    tenure, silent = on - first, on - last
    age = tenure / p
    gap = (3 * segment_gap + (last - first)) / (3 + n - 1)
    exposure = min(4.0, age - 2)
    recent = [m for d, m in known if d > on - 2 * p]
    start = max(first, on - 6 * p)
    before = [m for d, m in known if start < d <= on - 2 * p]
    likely_gone = p0(n, last - first, tenure, 2 * p) >= 0.5
    if n >= 2 and likely_gone and silent >= gap:
        return "DECLINE", "SILENT"
    if n == 1 and likely_gone and silent >= 2 * segment_gap:
        return "DECLINE", "SILENT_ONCE"
    fall = rise = False
    if exposure >= 1:
        share, total = 2 / (2 + exposure), len(recent) + len(before)
        level_recent, level_before = sum(recent) / 2, sum(before) / exposure
        fewer = binomial_at_most(len(recent), total, share)
        more = 1 - binomial_at_most(len(recent) - 1, total, share)
        fall = level_before > 0 and level_recent <= 0.6 * level_before and fewer <= 0.10
        rise = level_recent > 0 and level_recent >= 1.25 * level_before and more <= 0.10
    if n >= 3 and fall:
        return "DECLINE", "SHRINKING"
    if n < 3 or age < 2:
        return "EXPLORATION", "YOUNG"
    if rise:
        return "FORMATION", "GROWING"
    if age < 6 or n < 5:
        return "FORMATION", "MATURING"
    return "STABLE", "STEADY"


def evaluations(first, as_of):
    """Month ends from the month of `first`, and as_of; True where it is a month's end."""
    found, day = [], first
    while day <= as_of:
        month_end = (date.fromordinal(day) + timedelta(days=1)).day == 1
        if month_end or day == as_of:
            found.append((day, month_end))
        day += 1
    return found


def way(days, amounts, as_of, p, segment_gap, p0):
    """The effective stage day by day: a dict as `stages.Path.current` has it, and the list of changes."""
    days_seen = [d for d in days if d <= as_of]
    if not days_seen:
        return {"stage": "PROSPECT", "pattern": "OPEN", "sub_state": "", "rule": "NO_ORDER"}, []
    first = days_seen[0]
    stage, since, highest, stable, lapsed, spoken = "EXPLORATION", first, "EXPLORATION", 0, None, None
    order = ["EXPLORATION", "FORMATION", "STABLE"]
    changes = [(first, "PROSPECT", "EXPLORATION", "YOUNG")]
    previous = first - 1
    for on, month_end in evaluations(first, as_of):
        raw, rule = stage_on(days, amounts, on, p, segment_gap, p0)
        quiet = rule in ("SILENT", "SILENT_ONCE")
        if raw != stage and (quiet or (month_end and raw == spoken)):
            when = on
            if quiet:  # the first day since the last evaluation from which the rule held without a break
                while when - 1 > previous and stage_on(days, amounts, when - 1, p, segment_gap, p0)[1] == rule:
                    when -= 1
            if stage == "STABLE":
                stable += when - since
            changes.append((when, stage, raw, rule))
            stage, since = raw, when
            if raw in order and order.index(raw) > order.index(highest):
                highest = raw
        if stage == "DECLINE":
            lapsed = on
        spoken, previous = raw, on
    if stage == "STABLE":
        stable += as_of - since
    ended = stage == "DECLINE" and raw == "DECLINE" and (as_of - since) / p >= 2
    pattern = {"EXPLORATION": "I", "FORMATION": "II", "STABLE": "IV" if stable / p >= 4 else "III"}[highest]
    back = raw != "DECLINE" and lapsed is not None and lapsed >= as_of - 2 * p and as_of - days_seen[-1] <= 2 * p
    v1 = sum(m for d, m in zip(days, amounts, strict=True) if _years(as_of, 1) < d <= as_of)
    v0 = sum(m for d, m in zip(days, amounts, strict=True) if _years(as_of, 2) < d <= _years(as_of, 1))
    worse = stage == "DECLINE" and not back and v0 > 0 and v1 <= 0.4 * v0
    return {
        "stage": stage,
        "rule": rule if raw == stage else "HELD",
        "since": since,
        "highest": highest,
        "stable_periods": stable / p,
        "pattern": pattern if ended else "OPEN",
        "sub_state": "REACTIVATED" if back else "DETERIORATION" if worse else "",
    }, changes


def _years(day, years):
    moment = date.fromordinal(day)
    last = 28 if (moment.month, moment.day) == (2, 29) and floor(years) % 4 else moment.day
    return moment.replace(year=moment.year - years, day=last).toordinal()
