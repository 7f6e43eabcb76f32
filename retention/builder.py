"""A trigger as a form: conditions that always hold, and situations of which one holds; no JSON to be typed."""

import dataclasses
import re

from django.utils.translation import gettext as _

from customers import labels
from retention import naming
from retention.labels import problem
from retention.models import TaskTemplate
from retention.numerics import facts, sense, triggers

PART = re.compile(r"(c|s(\d+))-(\d+)-(field|op|value)")
MOST_ROWS = 40
VALUELESS = triggers.WITHOUT_VALUE


@dataclasses.dataclass
class Row:
    """One condition as it stands in the form; `problem` says what is wrong with it."""

    field: str = ""
    op: str = ""
    values: list = dataclasses.field(default_factory=list)
    problem: str = ""

    @property
    def kind(self):
        return facts.KINDS.get(self.field, "")

    @property
    def ops(self):
        return naming.OPS.get(self.kind, [])

    @property
    def wants_value(self):
        return bool(self.kind) and self.op.removeprefix(naming.NOT) not in VALUELESS

    @property
    def codes(self):
        """The codes to choose from, each with whether it is chosen."""
        known = [(code, words) for code, words in labels.choices(facts.CODES[self.field]) if code]
        return [(code, words, code in self.values) for code, words in known]

    @property
    def text(self):
        return ", ".join(self.values)

    @property
    def is_share(self):
        return self.kind == facts.NUMBER and (self.op.endswith("top_share") or naming.is_share(self.field))

    def settled(self):
        """The comparison made to fit the field: where the field was changed, its first one."""
        if self.kind and self.op not in {code for code, _words in self.ops}:
            self.op, self.values = self.ops[0][0], self.values if self.kind == facts.NUMBER else []
        return self

    def node(self):
        """The condition as plain data; raises TriggerError."""
        op = self.op.removeprefix(naming.NOT)
        found = {"field": self.field, "op": op}
        if op not in VALUELESS:
            found["value"] = self._value(op)
        triggers.validate(found)
        return {"not": found} if self.op.startswith(naming.NOT) else found

    def _value(self, op):
        if self.kind == facts.NUMBER:
            try:
                return read_number(self.values[0] if self.values else "", self.is_share)
            except ValueError:
                raise triggers.TriggerError("number_wanted", field=self.field) from None
        return [word for part in self.values for word in re.split(r"[,，、;；]\s*", part.strip()) if word]

    @classmethod
    def of(cls, condition):
        """A condition as a row."""
        op, value = condition.op, condition.value
        if op == "eq" and facts.KINDS[condition.field] in (facts.CODE, facts.TEXT):
            op, value = "in", [value]
        op = f"{naming.NOT}{op}" if condition.negated else op
        row = cls(condition.field, op)
        if isinstance(value, list):
            row.values = list(value)
        elif value is not None:
            row.values = [f"{value * 100:.10g}%" if row.is_share else f"{value:.12g}"]
        return row


def read_number(text, share):
    """A number as people type it: 1,000 or １２ or 20%; a share without the sign is of one up to 1, else of 100."""
    plain = text.strip().replace(",", "").replace("，", "").replace("％", "%")
    if plain.endswith("%"):
        return float(plain[:-1]) / 100
    found = float(plain)
    if share and found > 1 and found <= 100:
        return found / 100
    return int(found) if found.is_integer() else found


@dataclasses.dataclass
class Draft:
    """A trigger being built: rows that all hold, and situations of rows of which at least one holds entirely."""

    common: list = dataclasses.field(default_factory=list)
    situations: list = dataclasses.field(default_factory=list)
    problem: str = ""

    @classmethod
    def of(cls, trigger):
        """The form of a stored trigger. Raises TriggerError for one that is too wide for a form."""
        found = sense.situations(trigger)
        if not found:
            return cls()
        key = lambda condition: (condition.key, condition.negated)  # noqa: E731
        shared = set.intersection(*({key(c) for c in part} for part in found))
        rest = [[Row.of(c) for c in part if key(c) not in shared] for part in found]
        common = [Row.of(c) for c in found[0] if key(c) in shared]
        return cls(common, [] if any(not part for part in rest) else rest)

    @classmethod
    def read(cls, data):
        """The form as it was sent."""
        places = {}
        for name in data:
            match = PART.fullmatch(name)
            if match and len(places) <= MOST_ROWS:
                section = -1 if match[1] == "c" else int(match[2])
                row = places.setdefault((section, int(match[3])), Row())
                given = [value.strip() for value in data.getlist(name) if value.strip()]
                if match[4] == "value":
                    row.values = given
                else:
                    setattr(row, match[4], given[0] if given else "")
        draft, numbers = cls(), sorted({section for section, _place in places if section >= 0})
        draft.situations = [[] for _number in numbers]
        for (section, _place), row in sorted(places.items(), key=lambda item: item[0]):
            (draft.common if section < 0 else draft.situations[numbers.index(section)]).append(row.settled())
        return draft

    def change(self, action):
        """A button of the form: add:c, add:s0, drop:c-1, drop:s0-2, situation, forget:s0."""
        verb, _colon, place = action.partition(":")
        if verb == "situation":
            self.situations.append([Row()])
        elif verb == "add":
            self._part(place).append(Row())
        elif verb == "drop":
            section, _dash, number = place.partition("-")
            part = self._part(section)
            if number.isdecimal() and int(number) < len(part):
                part.pop(int(number))
        elif verb == "forget" and place[1:].isdecimal() and int(place[1:]) < len(self.situations):
            self.situations.pop(int(place[1:]))
        return self

    def _part(self, name):
        if name[:1] == "s" and name[1:].isdecimal() and int(name[1:]) < len(self.situations):
            return self.situations[int(name[1:])]
        return self.common if name == "c" else []

    @property
    def sections(self):
        """Name, number (from 1; 0 for what always holds) and rows of each part."""
        return [("c", 0, self.common), *((f"s{n}", n + 1, rows) for n, rows in enumerate(self.situations))]

    def trigger(self, code, others):
        """The trigger as plain data, or None with the problems in their places.

        code: of the template it is for; others: {code: trigger} of all templates, for rings and unknown names.
        """
        parts, clean = [self._nodes(self.common)], True
        groups = [self._nodes(rows) for rows in self.situations]
        clean = all(nodes is not None for nodes in [*parts, *groups])
        if not clean:
            return None
        found, groups = list(parts[0]), [nodes for nodes in groups if nodes]
        if len(groups) == 1:
            found += groups[0]
        elif groups:
            found.append({"any": [_all(nodes) for nodes in groups]})
        trigger = _all(found) if found else {}
        self.problem = refusal(trigger, code, others)
        return None if self.problem else trigger

    def _nodes(self, rows):
        """The conditions of these rows; None where one has a problem. Rows without a field are left out."""
        nodes, clean = [], True
        for row in rows:
            if not row.field:
                continue
            try:
                nodes.append(row.node())
            except triggers.TriggerError as error:
                row.problem = problem(triggers.TriggerError(error.code, naming.field_name(row.field), **error.values))
                clean = False
        return nodes if clean else None


def _all(nodes):
    return nodes[0] if len(nodes) == 1 else {"all": nodes}


def refusal(trigger, code, others):
    """Why a trigger is refused though it can be read: unknown playbooks, a contradiction, a ring; "" if fine."""
    try:
        triggers.validate(trigger)
        unknown = sorted(triggers.works_named([trigger]) - set(others) - {code})
        if unknown:
            raise triggers.TriggerError("unknown_work", codes=", ".join(unknown))
        clash = sense.contradiction(trigger)
        if clash:
            raise triggers.TriggerError("contradiction", field=naming.field_name(clash))
        ring = sense.circle({**others, code: trigger})
        if code in ring:
            raise triggers.TriggerError("circle", ring=" → ".join(ring))
    except triggers.TriggerError as error:
        return problem(error)
    return ""


def other_triggers():
    """The triggers of all templates that can be read, by code."""
    found = {}
    for code, trigger in TaskTemplate.objects.values_list("code", "trigger"):
        try:
            triggers.validate(trigger)
        except triggers.TriggerError:
            trigger = {}
        found[code] = trigger
    return found


def spoken(trigger):
    """A trigger in words: {"common": [phrases], "situations": [[phrases]], "problem": words}."""
    try:
        found = sense.situations(trigger)
    except triggers.TriggerError as error:
        return {"common": [], "situations": [], "problem": problem(error)}
    if not found:
        return {"common": [], "situations": [], "problem": ""}
    words = [[naming.in_words(condition) for condition in part] for part in found]
    shared = [phrase for phrase in words[0] if all(phrase in part for part in words)]
    rest = [[phrase for phrase in part if phrase not in shared] for part in words]
    return {"common": shared, "situations": [] if any(not part for part in rest) else rest, "problem": ""}


def by_hand():
    """What stands where a template has no trigger."""
    return _("Only by hand")
