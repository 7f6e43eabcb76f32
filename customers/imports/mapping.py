"""The mapping of a file's columns to fields: read, checked by name, and guessed from column titles."""

import json
import re
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime

from customers.imports.fields import FIELDS
from customers.imports.problems import FileProblem
from customers.imports.synonyms import words_for
from customers.vocabulary import ImportKind

KEYS = {
    "columns", "constants", "date_format", "decimal", "create_customers", "amounts_include_tax",
    "codes_distinguish_case", "encoding", "delimiter", "sheet",
}  # fmt: skip
WORDS = {  # ways to say the order of day, month and year without knowing strptime
    "DMY": "%d/%m/%Y", "DD/MM/YYYY": "%d/%m/%Y", "D/M/YYYY": "%d/%m/%Y", "DD.MM.YYYY": "%d.%m.%Y", "MDY": "%m/%d/%Y",
    "MM/DD/YYYY": "%m/%d/%Y", "M/D/YYYY": "%m/%d/%Y", "YMD": "%Y-%m-%d", "YYYY-MM-DD": "%Y-%m-%d",
    "YYYYMMDD": "%Y%m%d",
    "DD-MM-YYYY": "%d-%m-%Y", "MM-DD-YYYY": "%m-%d-%Y",
}  # fmt: skip
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
        delimiter=_text(data, "delimiter").replace("tab", "\t").replace("\\t", "\t"),
        sheet=_text(data, "sheet"),
    )
    _complete(mapping)
    return mapping


def _complete(mapping):
    for name, spec in FIELDS[mapping.kind].items():
        if spec.required and not mapping.fed(name):
            raise FileProblem("mapping_missing", value=name)
    if mapping.kind is ImportKind.TRANSACTIONS:
        for name, other in (("line_no", "order_no"), ("gross_profit", "amount"), ("product_name", "product_code")):
            if mapping.fed(name) and not mapping.fed(other):
                if name == "product_name":
                    continue
                raise FileProblem("mapping_needs", value=name, other=other)
        if mapping.fed("cost") and mapping.fed("gross_profit"):
            raise FileProblem("mapping_either", value="cost", other="gross_profit")


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
            back = datetime(2026, 11, 22).strftime(text)
            day = datetime.strptime(back, text)
            if "%" not in text or (day.year, day.month, day.day) != (2026, 11, 22):
                raise ValueError(text)
        except ValueError:
            raise FileProblem("mapping_format", value=text) from None
    return text


def guess(headers, kind):
    """field -> column for the titles that say plainly what they are; a column is used for one field only."""
    titles = {plain(header): header for header in reversed(headers) if header}
    found, used = {}, set()
    rounds = (
        lambda name, spec: (plain(name), plain(str(spec.label))),
        lambda name, spec: map(plain, words_for(ImportKind(kind).value, name)),
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
    if "cost" in found and "gross_profit" in found:
        del found["gross_profit"]
    if "line_no" in found and "order_no" not in found:
        del found["line_no"]
    return found


def as_dict(mapping):
    """Plain data that `check` reads back."""
    data = {"columns": mapping.columns, "constants": mapping.constants, "create_customers": mapping.create_customers}
    for key, value in (
        ("date_format", mapping.date_format), ("decimal", mapping.decimal), ("encoding", mapping.encoding),
        ("delimiter", mapping.delimiter), ("sheet", mapping.sheet), ("amounts_include_tax", mapping.tax),
        ("codes_distinguish_case", not mapping.fold_codes),
    ):  # fmt: skip
        if value:
            data[key] = value
    return data
