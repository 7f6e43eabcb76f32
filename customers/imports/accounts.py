"""Customers: a block of rows becomes values per customer, and the rows that are refused."""

from dataclasses import dataclass
from operator import itemgetter

from django.utils.translation import override

from customers import labels
from customers.book import UNIT
from customers.imports import days, values
from customers.imports.fields import CUSTOMER_FIELDS, field_label
from customers.imports.mapping import plain
from customers.imports.problems import FileProblem, Refused, row_message
from customers.imports.values import NONE, AmountReader, Bad, Reader
from customers.vocabulary import CustomerKind, Level, RelationshipKind, Scale
from customers.vocabulary_stages import BuyingStep

CHOICES = {
    "kind": CustomerKind, "scale": Scale, "relationship": RelationshipKind, "buying_step": BuyingStep,
    "expected_level": Level,
}  # fmt: skip
NUMBERS = ("money", "share", "count", "grade")
MORE_WORDS = {
    "kind": {"company": "ORGANISATION", "organization": "ORGANISATION", "corporate": "ORGANISATION",
             "企业": "ORGANISATION", "单位": "ORGANISATION", "公司": "ORGANISATION", "person": "INDIVIDUAL",
             "consumer": "INDIVIDUAL",
             "个人": "INDIVIDUAL"},
    "scale": {"微型": "MICRO", "小型": "SMALL", "中型": "MEDIUM", "大型": "LARGE", "集团": "GROUP"},
    "relationship": {"短期": "SHORT_TERM", "长期": "LONG_TERM"},
    "buying_step": {"需求认知": "NEED", "信息收集": "SEARCH", "评估选择": "EVALUATION"},
    "expected_level": {"高": "HIGH", "普通": "ORDINARY", "低": "LOW", "medium": "ORDINARY"},
}  # fmt: skip


@dataclass(frozen=True)
class Account:
    """One good row: the line it stands on and its values; a field that is empty is not among them."""

    line: int
    values: dict


def words_of(name):
    """Every way to write a choice: code, the words on screen in both languages, and some synonyms."""
    enum = CHOICES[name]
    found = {plain(word): code for word, code in MORE_WORDS[name].items()}
    for language in ("en", "zh-hans"):
        with override(language):
            found |= {plain(str(labels.label(member))): member.value for member in enum}
    return found | {plain(member.value): member.value for member in enum}


class AccountReader:
    """Reads rows of customers by one mapping. owners: username -> id of the active users."""

    def __init__(self, mapping, indexes, *, today, currency, owners, serials=False):
        self.mapping, self.currency, self.today, self.serials = mapping, currency, today, serials
        self.owners = owners
        self.readers = {name: self._reader(spec) for name, spec in CUSTOMER_FIELDS.items() if mapping.fed(name)}
        self.indexes = indexes
        self.needed = max(indexes.values(), default=0) + 1  # cells that a row must have
        self.constants = {name: self._constant(name) for name in mapping.constants}

    def _reader(self, spec):
        if spec.kind == "code":
            return values.code_reader(spec.limit, not spec.empty)
        if spec.kind == "date":
            return days.date_reader(self.today, self.mapping.date_format, self.serials)
        if spec.kind == "choice":
            words = words_of(spec.name)
            return Reader(lambda cell: self._chosen(cell, words))
        if spec.kind == "user":
            return Reader(self._owner)
        if spec.kind in NUMBERS:
            return AmountReader(self.currency, self.mapping.decimal).cells
        if spec.kind == "long":
            return Reader(lambda cell: self._long(cell, spec.limit))
        return values.text_reader(spec.limit)

    def _chosen(self, cell, words):
        if not cell.strip():
            return ""
        code = words.get(plain(cell))
        if code is None:
            raise Refused("choice", value=values.shorten(cell))
        return code

    def _owner(self, cell):
        if not cell.strip():
            return ""
        found = self.owners.get(cell.strip())
        if found is None:
            raise Refused("owner_unknown", value=values.shorten(cell))
        return found

    def _long(self, cell, limit):
        text = cell.strip()
        if values.HIDDEN.search(text):
            raise Refused("control")
        if len(text) > limit:
            raise Refused("too_long", limit=limit)
        return text

    def _constant(self, name):
        read = self.value(name, self.readers[name][self.mapping.constants[name]])
        if type(read) is Bad:
            words = row_message(read.code, read.values, field_label(self.mapping.kind, name))
            raise FileProblem("mapping_constant", value=name, other=words)
        return read

    def value(self, name, read):
        """What is stored for what was read; None = the cell is empty."""
        kind = CUSTOMER_FIELDS[name].kind
        if type(read) is Bad:
            return read
        if kind not in NUMBERS:
            return None if read == "" else read
        if read == NONE:
            return None
        shown = f"{read / UNIT:g}"
        if kind == "share" and not 0 <= read <= UNIT:
            return Bad(Refused("number_share", value=shown))
        if read < 0:
            return Bad(Refused("number_negative", value=shown))
        if kind in ("count", "grade") and read % UNIT:
            return Bad(Refused("number_whole", value=shown))
        if kind == "grade" and not UNIT <= read <= 5 * UNIT:
            return Bad(Refused("number_grade", value=shown))
        if kind == "count" and read > UNIT * 2_000_000_000:
            return Bad(Refused("number_large", value=shown))
        return read

    def read(self, block):
        """(accounts, refused rows) of a Block."""
        refused = [(line, cells, "", code, found) for line, cells, code, found in block.broken]
        accounts = []
        for line, cells in zip(block.lines, block.rows, strict=True):
            taken, wrong = dict(self.constants), None
            for name, index in self.indexes.items():
                found = self.value(name, self.readers[name][cells[index]])
                if type(found) is Bad:
                    wrong = (line, cells, name, found.code, found.values)
                    break
                taken[name] = found
            if wrong is None and taken.get("parent") and taken["parent"] == taken["code"]:
                wrong = (line, cells, "parent", "parent_self", {})
            if wrong:
                refused.append(wrong)
            else:
                accounts.append((Account(line, {k: v for k, v in taken.items() if v is not None}), cells))
        refused.sort(key=itemgetter(0))
        return accounts, refused
