"""Whether triggers make sense: can a trigger ever hold, and do triggers wait for each other in a circle?"""

from itertools import product
from math import inf

from retention.numerics import facts
from retention.numerics.triggers import Condition, TriggerError, validate

MOST_SITUATIONS = 64
SHARES = {"p_alive", "churn_risk", "complete"}
ANSWERS = {"satisfaction", "trust", "commitment", "satisfaction_before"}
SIGNED = {  # numbers that may be negative; all others are counts, days or sums that begin at zero
    "current_score", "potential_score", "total_score", "clv", "value_at_risk", "amount", "gross_profit", "amount_12m",
    "profit_12m", "contract_days_left", "overdue_days", "satisfaction_fall", "margin_12m", "contact_overdue",
    "days_in_stage", "amount_trend", "tier_gap", "open_referrals",
}  # fmt: skip
ABOVE, BELOW = {"ge", "gt"}, {"le", "lt"}


def situations(trigger):
    """The trigger as alternatives: a list of lists of conditions of which all hold (disjunctive normal form).

    Conditions under a "not" come back negated: true where the condition is false or its value unknown. Raises
    TriggerError where the trigger cannot be read or falls into too many situations.
    """
    validate(trigger)
    return _spread(trigger, False) if trigger else []


def _spread(node, negated):
    if "not" in node:
        return _spread(node["not"], not negated)
    for kind, joins in (("all", not negated), ("any", negated)):
        if kind in node:
            parts = [_spread(part, negated) for part in node[kind]]
            if not joins:
                return _bounded([one for part in parts for one in part])
            total = 1
            for part in parts:
                total *= len(part)
            _bounded(range(total))
            return [_merged(chosen) for chosen in product(*parts)]
    return [[Condition(node["field"], node["op"], node.get("value"), negated)]]


def _bounded(found):
    if len(found) > MOST_SITUATIONS:
        raise TriggerError("too_wide", most=MOST_SITUATIONS)
    return found


def _merged(parts):
    """All conditions of the parts, each once."""
    kept = {}
    for condition in (one for part in parts for one in part):
        kept.setdefault((condition.key, condition.negated), condition)
    return list(kept.values())


def contradiction(trigger):
    """The field whose conditions exclude each other in every situation, so that it never fires; None if fine."""
    found = None
    for conditions in situations(trigger):
        clash = next((name for name, own in _by_field(conditions).items() if not _possible(name, own)), None)
        if clash is None:
            return None
        found = found or clash
    return found


def _by_field(conditions):
    fields = {}
    for condition in conditions:
        fields.setdefault(condition.field, []).append(condition)
    return fields


def _possible(name, conditions):
    """Whether some value of the field, or its absence, satisfies all of the conditions."""
    kind = facts.KINDS[name]
    if kind == facts.WORK:
        wanted = [set(c.value) for c in conditions if (c.op == "in") != c.negated]
        banned = set().union(*(c.value for c in conditions if (c.op == "in") == c.negated))
        return all(some - banned for some in wanted)
    return _unknown_possible(conditions) or _known_possible(name, kind, conditions)


def _unknown_possible(conditions):
    """Whether an unknown value satisfies all: only "missing" and negated comparisons do."""
    return all((c.op == "missing") != c.negated if c.op in ("missing", "present") else c.negated for c in conditions)


def _known_possible(name, kind, conditions):
    rest = [c for c in conditions if c.op not in ("missing", "present")]
    if any((c.op == "missing") != c.negated for c in conditions if c.op in ("missing", "present")):
        return False
    if kind == facts.FLAG:
        return len({(c.op == "is_true") != c.negated for c in rest}) <= 1
    if kind == facts.NUMBER:
        return _number_possible(name, rest)
    return _word_possible(name, kind, rest)


def _word_possible(name, kind, conditions):
    allowed = {member.value for member in facts.CODES[name]} - {""} if kind == facts.CODE else None
    banned = set()
    for c in conditions:
        words = set(c.value) if isinstance(c.value, list) else {c.value}
        if (c.op != "not_in") != c.negated:
            allowed = words if allowed is None else allowed & words
        else:
            banned |= words
    return allowed is None or bool(allowed - banned)


def _number_possible(name, conditions):
    low, low_open, high, high_open = _domain(name)
    holes, at_least, not_within = set(), 1.0, 0.0
    for c in conditions:
        op, value = c.op, c.value
        if op == "top_share":
            at_least, not_within = (
                (at_least, max(not_within, value)) if c.negated else (min(at_least, value), not_within)
            )
            continue
        if c.negated and op == "eq":
            holes.add(value)
            continue
        op = {"ge": "lt", "gt": "le", "le": "gt", "lt": "ge"}[op] if c.negated else op
        if op in ABOVE or op == "eq":
            low, low_open = max((low, low_open), (value, op == "gt"))
        if op in BELOW or op == "eq":
            high, high_open = min((high, not high_open), (value, op != "lt"))[0], _open(high, high_open, value, op)
    if at_least <= not_within:
        return False
    if low == high:
        return not (low_open or high_open or low in holes)
    return low < high


def _open(high, high_open, value, op):
    """Whether the lower of two upper bounds is open."""
    if value < high:
        return op == "lt"
    return high_open or (value == high and op == "lt")


def _domain(name):
    """The values that a number can have: low, low open, high, high open."""
    if name in SHARES:
        return 0.0, False, 1.0, False
    if name in ANSWERS:
        return 1.0, False, 5.0, False
    return (-inf if name in SIGNED else 0.0), False, inf, True


def circle(triggers):
    """Templates that wait for each other's tasks: the codes in a ring, the first repeated at the end; [] if none.

    triggers: {code: trigger}. A trigger waits for the templates whose done task it asks for, in any situation.
    """
    waits = {}
    for code, trigger in triggers.items():
        asked = [c for c in validate(trigger) if facts.KINDS[c.field] == facts.WORK]
        waits[code] = sorted({work for c in asked if (c.op == "in") != c.negated for work in c.value})
    done = set()
    for start in sorted(waits):
        ring = _walk(start, waits, [], done)
        if ring:
            return ring
    return []


def _walk(code, waits, path, done):
    if code in path:
        return [*path[path.index(code) :], code]
    if code in done:
        return []
    for following in waits.get(code, ()):
        ring = _walk(following, waits, [*path, code], done)
        if ring:
            return ring
    done.add(code)
    return []
