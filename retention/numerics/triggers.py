"""Conditions as plain data, read over a whole frame at once: who is meant tonight, and why.

A trigger is {} (never fires: work that only a person adds), a condition {"field", "op", "value"}, or a composition
{"all": [...]}, {"any": [...]}, {"not": ...}. A comparison with an unknown value is false; "missing" and "present" ask
for exactly that; "not" turns true and false round and therefore is true for the unknown.
"""

from dataclasses import dataclass, field
from math import ceil, isfinite

import numpy as np

from retention.numerics import facts

DEEPEST = 6
MOST_CONDITIONS = 40
COMPARISONS = {"ge": np.greater_equal, "gt": np.greater, "le": np.less_equal, "lt": np.less}
WITHOUT_VALUE = {"is_true", "is_false", "missing", "present"}
OPS = {
    facts.NUMBER: {"eq", *COMPARISONS, "top_share", "missing", "present"},
    facts.FLAG: {"is_true", "is_false", "missing", "present"},
    facts.CODE: {"eq", "in", "not_in", "missing", "present"},
    facts.TEXT: {"eq", "in", "not_in", "missing", "present"},
    facts.WORK: {"in", "not_in"},
}
ALL_OPS = frozenset().union(*OPS.values())


class TriggerError(ValueError):
    """What is wrong with a trigger: a code, the place (as a path) and the values the message needs."""

    def __init__(self, code, path="", **values):
        super().__init__(f"{path or 'trigger'}: {code} {values or ''}".strip())
        self.code, self.path, self.values = code, path, values


@dataclass(frozen=True)
class Condition:
    """One comparison of a trigger, with its place and whether it stands under a "not"."""

    field: str
    op: str
    value: object = None
    negated: bool = False

    @property
    def key(self):
        """Equal conditions have equal keys."""
        value = tuple(self.value) if isinstance(self.value, list) else self.value
        return self.field, self.op, value


def validate(trigger):
    """Raises TriggerError where the trigger cannot be read; returns its conditions in reading order."""
    if not isinstance(trigger, dict):
        raise TriggerError("not_an_object")
    if not trigger:
        return []
    found = list(_walk(trigger, "", 1, False))
    if len(found) > MOST_CONDITIONS:
        raise TriggerError("too_many", most=MOST_CONDITIONS)
    return found


def _walk(node, path, depth, negated):
    if not isinstance(node, dict) or not node:
        raise TriggerError("not_an_object", path)
    if depth > DEEPEST:
        raise TriggerError("too_deep", path, most=DEEPEST)
    kinds = [kind for kind in ("all", "any", "not") if kind in node]
    if kinds:
        if len(node) > 1:
            raise TriggerError("mixed", path)
        yield from _parts(node, kinds[0], path, depth, negated)
    else:
        yield _condition(node, path, negated)


def _parts(node, kind, path, depth, negated):
    inner = f"{path}.{kind}" if path else kind
    if kind == "not":
        yield from _walk(node["not"], inner, depth + 1, not negated)
        return
    if not isinstance(node[kind], list) or not node[kind]:
        raise TriggerError("empty_list", inner)
    for place, part in enumerate(node[kind]):
        yield from _walk(part, f"{inner}[{place}]", depth + 1, negated)


def _condition(node, path, negated):
    unknown = sorted(set(node) - {"field", "op", "value"})
    if unknown or "field" not in node or "op" not in node:
        raise TriggerError("unknown_key", path, keys=", ".join(map(str, unknown)) or "-")
    name, op = node["field"], node["op"]
    if not isinstance(name, str) or name not in facts.KINDS:
        raise TriggerError("unknown_field", path, field=str(name))
    if not isinstance(op, str) or op not in ALL_OPS:
        raise TriggerError("unknown_op", path, op=str(op))
    kind = facts.KINDS[name]
    if op not in OPS[kind]:
        raise TriggerError("op_kind", path, field=name, op=op, ops=", ".join(sorted(OPS[kind])))
    _check_value(node, name, op, kind, path)
    return Condition(name, op, node.get("value"), negated)


def _check_value(node, name, op, kind, path):
    if op in WITHOUT_VALUE:
        if node.get("value") is not None:
            raise TriggerError("value_unwanted", path, op=op)
        return
    if "value" not in node:
        raise TriggerError("value_missing", path, op=op)
    value = node["value"]
    if op in ("in", "not_in") and not (isinstance(value, list) and value):
        raise TriggerError("list_wanted", path, op=op)
    given = value if isinstance(value, list) else [value]
    if kind == facts.NUMBER:
        if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
            raise TriggerError("number_wanted", path, field=name)
        if op == "top_share" and not 0 < value <= 1:
            raise TriggerError("share_range", path)
        return
    if not all(isinstance(word, str) and word for word in given) or (isinstance(value, list) and op == "eq"):
        raise TriggerError("text_wanted", path, field=name)
    if name in facts.CODES:
        wrong = sorted(set(given) - {member.value for member in facts.CODES[name]})
        if wrong:
            raise TriggerError("unknown_code", path, field=name, codes=", ".join(wrong))


def works_named(given):
    """Codes of the templates that these triggers ask about."""
    conditions = [condition for trigger in given for condition in validate(trigger)]
    return {code for c in conditions if facts.KINDS[c.field] == facts.WORK for code in c.value}


@dataclass
class Reader:
    """Reads triggers over one frame; columns and conditions that several triggers share are worked out once."""

    frame: object
    _columns: dict = field(default_factory=dict)
    _masks: dict = field(default_factory=dict)

    def mask(self, trigger):
        """For whom the trigger fires: boolean array in the frame's order. Raises TriggerError."""
        validate(trigger)
        return self._mask(trigger) if trigger else np.zeros(len(self.frame), dtype=bool)

    def evidence(self, trigger, positions):
        """field -> (values, holds) at the positions, for every condition that speaks for the trigger.

        values: floats, or words as objects; holds: where the condition is true. Conditions under "not" and fields named
        a second time with no new place are left out; order as written.
        """
        said = {}
        for condition in validate(trigger):
            if condition.negated:
                continue
            holds = self._leaf(condition)[positions]
            if facts.KINDS[condition.field] == facts.WORK:
                said[condition.field] = (np.full(len(positions), ", ".join(condition.value), dtype=object), holds)
                continue
            values, before = self._values(condition.field, positions), said.get(condition.field)
            said[condition.field] = (values, holds | before[1] if before else holds)
        return said

    def _mask(self, node):
        if "all" in node:
            return np.logical_and.reduce([self._mask(part) for part in node["all"]])
        if "any" in node:
            return np.logical_or.reduce([self._mask(part) for part in node["any"]])
        if "not" in node:
            return ~self._mask(node["not"])
        return self._leaf(Condition(node["field"], node["op"], node.get("value")))

    def _leaf(self, condition):
        if condition.key not in self._masks:
            self._masks[condition.key] = self._compare(condition)
        return self._masks[condition.key]

    def _column(self, name):
        if name not in self._columns:
            worded = facts.KINDS[name] in (facts.CODE, facts.TEXT)
            self._columns[name] = (facts.texts if worded else facts.numbers)(self.frame, name)
        return self._columns[name]

    def _values(self, name, positions):
        column = self._column(name)
        return (
            np.asarray(column[positions], dtype=object)
            if facts.KINDS[name] in (facts.CODE, facts.TEXT)
            else column[positions]
        )

    def _worked(self, condition):
        """Whether a task of one of the templates was done for the customer (known for everybody)."""
        columns = [facts.work_column(code) for code in condition.value]
        done = [self.frame[name].to_numpy(dtype=bool) for name in columns if name in self.frame.columns]
        found = np.logical_or.reduce(done) if done else np.zeros(len(self.frame), dtype=bool)
        return ~found if condition.op == "not_in" else found

    def _compare(self, condition):
        if facts.KINDS[condition.field] == facts.WORK:
            return self._worked(condition)
        column, op, value = self._column(condition.field), condition.op, condition.value
        worded = facts.KINDS[condition.field] in (facts.CODE, facts.TEXT)
        known = column.codes >= 0 if worded else ~np.isnan(column)
        if op in ("missing", "present"):
            return known if op == "present" else ~known
        if worded:
            return _among(column, [value] if op == "eq" else value, known, op == "not_in")
        if op in ("is_true", "is_false"):
            return known & ((column != 0) == (op == "is_true"))
        if op == "top_share":
            return _top_share(column, known, value)
        with np.errstate(invalid="ignore"):
            return known & (column == value if op == "eq" else COMPARISONS[op](column, value))


def _among(column, words, known, inverted):
    """Membership by category, then spread to the rows."""
    listed = np.asarray(column.categories.isin(words), dtype=bool)
    if not len(listed):
        return np.zeros(len(column), dtype=bool)
    found = listed[column.codes]  # code -1 reads the last category; `known` takes it out again
    return known & (found != inverted)


def _top_share(column, known, share):
    """The best `share` of the known values, rounded up; whoever ties with the last of them is in."""
    values = column[known]
    if not len(values):
        return np.zeros(len(column), dtype=bool)
    place = len(values) - ceil(share * len(values) - 1e-9)
    cut = np.partition(values, place)[place]
    with np.errstate(invalid="ignore"):
        return known & (column >= cut)
