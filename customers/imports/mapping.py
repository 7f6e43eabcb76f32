"""The mapping of a file's columns to fields: read, checked by name, and guessed from column titles."""

import json
import re
import unicodedata
from dataclasses import dataclass, field
from datetime import UTC, datetime

from customers.imports import days
from customers.imports.fields import FIELDS
from customers.imports.problems import FileProblem
from customers.imports.synonyms import words_for
from customers.vocabulary import ImportKind

KEYS = {
    "columns", "constants", "date_format", "decimal", "create_customers", "amounts_include_tax",
    "codes_distinguish_case", "encoding", "delimiter", "sheet", "header_row",
}  # fmt: skip
WORDS = {  # ways to say the order of day, month and year without knowing strptime
    "DMY": "%d/%m/%Y", "DD/MM/YYYY": "%d/%m/%Y", "D/M/YYYY": "%d/%m/%Y", "DD.MM.YYYY": "%d.%m.%Y", "MDY": "%m/%d/%Y",
    "MM/DD/YYYY": "%m/%d/%Y", "M/D/YYYY": "%m/%d/%Y", "YMD": "%Y-%m-%d", "YYYY-MM-DD": "%Y-%m-%d",
    "YYYYMMDD": "%Y%m%d", "ZONED": days.ZONED,
    "DD-MM-YYYY": "%d-%m-%Y", "MM-DD-YYYY": "%m-%d-%Y",
}  # fmt: skip
RESULTS = {"unit_price": "amount", "unit_cost": "cost", "gross_profit": "cost"}
WORDS_OF_DELIMITERS = {"tab": "\t", "\\t": "\t", "space": " ", "spaces": " "}
# An amount of the whole order stands again in each of its lines, where these also have a price and a quantity.
OF_THE_ORDER = re.compile(r"\border|订单|买家实际支付")
PUNCTUATION = re.compile(r"[\s_\-./()（）:：#*]+")


@dataclass(frozen=True)
class Mapping:
    """A checked mapping: which column or constant feeds which field, and how cells are to be read."""

    kind: ImportKind
    columns: dict[str, str]
    constants: dict[str, str] = field(default_factory=dict)
    date_format: str = ""
    decimal: str = ""
    create_customers: bool = False
    tax: float = 0.0
    fold_codes: bool = True  # codes that differ by case or width only are look-alikes
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    header_row: int | None = None  # the line of the titles; 0 = there are none; None = look for it

    @property
    def reading(self):
        """How the file is to be opened."""
        names = ("encoding", "delimiter", "sheet", "header_row")
        return {name: getattr(self, name) for name in names}

    @property
    def stored(self):
        """The fields of a line that the file decides: what is worked out from others counts as its result."""
        fed = {*self.columns, *self.constants}
        return fed | {result for name, result in RESULTS.items() if name in fed}

    def fed(self, name):
        """Whether a field is fed at all."""
        return name in self.columns or name in self.constants

    def indexes(self, headers):
        """field -> index of its column; refuses a column that the file does not have."""
        places = {header: index for index, header in enumerate(headers) if header}
        tidy = {plain(header): index for header, index in places.items()}
        found = {}
        for name, column in self.columns.items():
            index = places.get(column.strip(), tidy.get(plain(column)))
            if index is None:
                raise FileProblem("mapping_column", value=column, other=", ".join(places))
            found[name] = index
        return found


def plain(title):
    """A column title as it is compared: width, case and punctuation do not matter."""
    return PUNCTUATION.sub(" ", unicodedata.normalize("NFKC", title).casefold()).strip()


def load(text, kind):
    """A Mapping from JSON text; every name that is wrong or given twice is refused by name."""

    def once(pairs):
        found = {}
        for key, value in pairs:
            if key in found:
                raise FileProblem("mapping_twice", value=key)
            found[key] = value
        return found

    try:
        data = json.loads(text, object_pairs_hook=once)
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise FileProblem("mapping_json", value=str(error)) from None
    return check(data, kind)


def check(data, kind):
    """A Mapping from plain data."""
    kind = ImportKind(kind)
    if not isinstance(data, dict) or not isinstance(data.get("columns", {}), dict):
        raise FileProblem("mapping_shape")
    for key in data:
        if key not in KEYS:
            raise FileProblem("mapping_key", value=key)
    columns, constants = data.get("columns", {}), data.get("constants") or {}
    if not isinstance(constants, dict):
        raise FileProblem("mapping_value", value="constants")
    known = FIELDS[kind]
    for name, value in [*columns.items(), *constants.items()]:
        if name not in known:
            raise FileProblem("mapping_field", value=name, other=", ".join(known))
        if (
            isinstance(value, bool)
            or not isinstance(value, str | int | float)
            or (name in columns and not isinstance(value, str))
        ):
            raise FileProblem("mapping_value", value=name)
    for name in constants:
        if name in columns:
            raise FileProblem("mapping_twice", value=name)
    mapping = Mapping(
        kind=kind,
        columns={name: column for name, column in columns.items() if column.strip()},
        constants={name: str(value) for name, value in constants.items() if str(value).strip()},
        date_format=_date_format(_text(data, "date_format")),
        decimal=_one_of(data, "decimal", ("", ".", ",")),
        create_customers=_flag(data, "create_customers"),
        tax=_rate(data),
        fold_codes=not _flag(data, "codes_distinguish_case"),
        encoding=_text(data, "encoding"),
        delimiter=WORDS_OF_DELIMITERS.get(_text(data, "delimiter").lower(), _text(data, "delimiter")),
        sheet=_text(data, "sheet"),
        header_row=_line(data),
    )
    _complete(mapping)
    return mapping


def _complete(mapping):
    for name, spec in FIELDS[mapping.kind].items():
        if spec.required and not mapping.fed(name):
            raise FileProblem("mapping_missing", value=name)
    if mapping.kind is ImportKind.TRANSACTIONS:
        for name, other in NEEDS:
            if mapping.fed(name) and not (mapping.fed(other) or other in mapping.stored):
                raise FileProblem("mapping_needs", value=name, other=other)
        for name, other in EITHER:
            if mapping.fed(name) and mapping.fed(other):
                raise FileProblem("mapping_either", value=name, other=other)


NEEDS = (("line_no", "order_no"), ("gross_profit", "amount"), ("discount", "unit_price"))
EITHER = (
    ("cost", "gross_profit"), ("amount", "unit_price"), ("cost", "unit_cost"), ("unit_cost", "gross_profit"),
)  # fmt: skip


def _text(data, key):
    value = data.get(key) or ""
    if not isinstance(value, str) or len(value) > 100:
        raise FileProblem("mapping_value", value=key)
    return value


def _one_of(data, key, allowed):
    value = _text(data, key)
    if value not in allowed:
        raise FileProblem("mapping_value", value=key)
    return value


def _flag(data, key):
    value = data.get(key, False)
    if value is None or isinstance(value, bool):
        return bool(value)
    raise FileProblem("mapping_value", value=key)


def _line(data):
    value = data.get("header_row")
    if value is None or (isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 1_000):
        return value
    raise FileProblem("mapping_value", value="header_row")


def _rate(data):
    value = data.get("amounts_include_tax") or 0
    try:
        rate = float(value)
    except (TypeError, ValueError):
        rate = -1.0
    if isinstance(value, bool) or not 0 <= rate < 1:
        raise FileProblem("mapping_value", value="amounts_include_tax")
    return rate


def _date_format(text):
    text = WORDS.get(text.strip().upper(), text.strip())
    if text:
        try:
            back = datetime(2026, 11, 22, tzinfo=UTC).strftime(text)
            day = datetime.strptime(back, text)
            if "%" not in text or (day.year, day.month, day.day) != (2026, 11, 22):
                raise ValueError(text)
        except ValueError:
            raise FileProblem("mapping_format", value=text) from None
    return text


def guess(headers, kind):
    """field -> column for the titles that say plainly what they are; a column is used for one field only."""
    titles = {_compact(header): header for header in reversed(headers) if header}
    found, used = {}, set()
    rounds = (
        lambda name, spec: (_compact(name), _compact(str(spec.label))),
        lambda name, spec: map(_compact, words_for(ImportKind(kind).value, name)),
    )
    for words in rounds:
        for name, spec in FIELDS[ImportKind(kind)].items():
            if name in found:
                continue
            hit = next(
                (titles[word] for word in words(name, spec) if word in titles and titles[word] not in used), None
            )
            if hit:
                found[name] = hit
                used.add(hit)
    return _sensible(found)


def _compact(title):
    """A title without blanks: `InvoiceNo`, `invoice_no` and `Invoice No.` are one."""
    return plain(title).replace(" ", "")


def _sensible(found):
    """What was found less what does not go together; a customer with a name and no code has its name for a code."""
    if "customer_name" in found and "customer_code" not in found:
        found["customer_code"] = found["customer_name"]
    if "unit_price" in found and "quantity" not in found:  # a price alone is what the line cost
        found.setdefault("amount", found.pop("unit_price"))
    if {"unit_price", "quantity"} <= found.keys() and OF_THE_ORDER.search(plain(found.get("amount", ""))):
        del found["amount"]
    for better, worse in EITHER:
        if better in found:
            found.pop(worse, None)
    if "line_no" in found and "order_no" not in found:
        del found["line_no"]
    if "unit_price" not in found:
        found.pop("discount", None)
    return found


def as_dict(mapping):
    """Plain data that `check` reads back."""
    data = {"columns": mapping.columns, "constants": mapping.constants, "create_customers": mapping.create_customers}
    for key, value in (
        ("date_format", mapping.date_format), ("decimal", mapping.decimal), ("encoding", mapping.encoding),
        ("delimiter", mapping.delimiter), ("sheet", mapping.sheet), ("amounts_include_tax", mapping.tax),
        ("codes_distinguish_case", not mapping.fold_codes), ("header_row", mapping.header_row),
    ):  # fmt: skip
        if value or (key == "header_row" and value == 0):
            data[key] = value
    return data
