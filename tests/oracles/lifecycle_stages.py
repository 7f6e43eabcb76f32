"""The stage rules of analytics 3.3 and the marks of systems.md 5 a second time: one customer, one date at a time."""

from dataclasses import dataclass
from datetime import date, timedelta
from math import comb, floor


@dataclass(frozen=True)
class Known:
    """Dated facts of one customer. signals, contracts: (first, last day); satisfaction, commitment: (day, answer);
    money: (day, profit less cost). needs_commitment: stability asks for it."""

    signals: tuple = ()
    contracts: tuple = ()
    satisfaction: tuple = ()
    commitment: tuple = ()
    money: tuple = ()
    needs_commitment: bool = False

    def signal_since(self, on):
        """The first day of the unbroken run of days with a signal that reaches `on`; None without."""
        day = on
        while any(first <= day <= last for first, last in self.signals):
            day -= 1
        return day + 1 if day < on else None

    def latest(self, answers, on):
        found = [value for day, value in answers if day <= on]
        return found[-1] if found else None

    def dissatisfied(self, on):
        value = self.latest(self.satisfaction, on)
        return value is not None and value < 4

    def committed(self, on):
        value = self.latest(self.commitment, on)
        return (value is not None and value >= 4) or any(first <= on <= last for first, last in self.contracts)

    def in_the_red(self, on):
        return sum(amount for day, amount in self.money if day <= on) < -0.005


NOTHING = Known()


def stage_with_marks(days, amounts, on, p, segment_gap, p0, known):
    """stage_on, and then what is known beside time and volume (the break-even gate is the way's)."""
    stage, rule = stage_on(days, amounts, on, p, segment_gap, p0)
    if rule == "NO_ORDER" or rule in ("SILENT", "SILENT_ONCE"):
        return stage, rule
    if on > min(days) and known.signal_since(on) is not None:
        return "DECLINE", "SIGNAL"
    if rule == "STEADY" and known.dissatisfied(on):
        return "FORMATION", "UNSATISFIED"
    if rule == "STEADY" and known.needs_commitment and not known.committed(on):
        return "FORMATION", "UNCOMMITTED"
    return stage, rule


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


def way(days, amounts, as_of, p, segment_gap, p0, known=NOTHING):
    """The effective stage day by day: a dict as `stages.Path.current` has it, and the list of changes."""
    days_seen = [d for d in days if d <= as_of]
    if not days_seen:
        return {"stage": "PROSPECT", "pattern": "OPEN", "sub_state": "", "rule": "NO_ORDER"}, []
    first = days_seen[0]
    stage, since, highest, lapsed, spoken = "EXPLORATION", first, "EXPLORATION", None, None
    order = ["EXPLORATION", "FORMATION", "STABLE"]
    changes = [(first, "PROSPECT", "EXPLORATION", "YOUNG")]
    previous, spent = first - 1, dict.fromkeys(("EXPLORATION", "FORMATION", "STABLE", "DECLINE"), 0)
    for on, month_end in evaluations(first, as_of):
        raw, rule = stage_with_marks(days, amounts, on, p, segment_gap, p0, known)
        if stage == "EXPLORATION" and raw in ("FORMATION", "STABLE") and known.in_the_red(on):
            raw, rule = "EXPLORATION", "NOT_PAID_BACK"
        quiet = rule in ("SILENT", "SILENT_ONCE", "SIGNAL")
        if raw != stage and (quiet or (month_end and raw == spoken)):
            when = on
            if rule == "SIGNAL":
                when = max(known.signal_since(on), first + 1)
            elif quiet:  # the first day since the last evaluation from which the rule held without a break
                while when - 1 > previous and stage_on(days, amounts, when - 1, p, segment_gap, p0)[1] == rule:
                    when -= 1
            spent[stage] += when - since
            changes.append((when, stage, raw, rule))
            stage, since = raw, when
            if raw in order and order.index(raw) > order.index(highest):
                highest = raw
        if stage == "DECLINE":
            lapsed = on
        spoken, previous = raw, on
    spent[stage] += as_of - since
    stable = spent["STABLE"]
    ended = stage == "DECLINE" and raw == "DECLINE" and rule != "SIGNAL" and (as_of - since) / p >= 2
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
        **{f"{name.lower()}_days": days for name, days in spent.items()},
    }, changes


def _years(day, years):
    moment = date.fromordinal(day)
    last = 28 if (moment.month, moment.day) == (2, 29) and floor(years) % 4 else moment.day
    return moment.replace(year=moment.year - years, day=last).toordinal()
