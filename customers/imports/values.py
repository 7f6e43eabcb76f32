"""From the text of a cell to a value: codes, texts and amounts in whole ten-thousandths; strict, fast in bulk."""

import re
import unicodedata
from decimal import ROUND_HALF_EVEN, Decimal

import numpy as np

from customers.book import UNIT
from customers.imports.problems import Refused, shorten
from customers.models.transactions import LARGEST

NONE = np.iinfo(np.int64).min  # an amount that is not known
CACHE = 20_000  # distinct cells that a reader remembers
# Never part of a code or name: controls, zero-width and bidirectional marks, halves of surrogate pairs.
HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069"
    "\ufeff\ud800-\udfff\ufff9-\ufffb]"
)
SURROGATE = re.compile("[\udc80-\udcff]")  # how bytes that do not decode are kept
# What exports write where a cell has no value: no code, and most of it no name either.
UNSAID = frozenset({"NULL", "null", "Null", "NaN", "nan", "NAN", "#N/A", "<NA>", "\\N"})
NOTHING = UNSAID | {"NA", "N/A", "n/a", "None", "none", "NONE"}
TOTALS = frozenset(
    word + colon
    for words in ("合计", "总计", "小计", "共计", "合 计", "总 计", "小 计", "Total", "Grand total", "Subtotal")
    for word in (words, words.lower(), words.upper(), words.title())
    for colon in ("", ":")
)
SPACES = re.compile(r"\s+")
LOST_DIGITS = re.compile(r"\d(?:\.\d+)?E\+\d+", re.ASCII)
UNTIDY = re.compile(r'[^ -~\n]|  | \n|\n |\n\n|E\+|="', re.ASCII)
PLAIN_NUMBERS = re.compile(r"[^0-9.\-]")
SIGNS = {"CNY": ("¥", "￥", "元", "RMB"), "JPY": ("¥", "￥", "円"), "USD": ("US$", "$"), "EUR": ("€",), "GBP": ("£",),
         "HKD": ("HK$", "$"), "KRW": ("₩",), "INR": ("₹",), "TWD": ("NT$", "$")}  # fmt: skip
ALL_SIGNS = sorted({sign for signs in SIGNS.values() for sign in signs}, key=len, reverse=True)
# Thousands stand apart by the other sign, a blank or an apostrophe; in India the groups before the last are of two.
POINT = re.compile(
    r"[+-]?(?:\d+|\d{1,3}(?:,\d{3})+|\d{1,2}(?:,\d{2})+,\d{3}|\d{1,3}(?:([ '’])\d{3})(?:\1\d{3})*)(?:\.\d*)?"
    r"|[+-]?\.\d+",
    re.ASCII,
)
COMMA = re.compile(r"[+-]?(?:\d+|\d{1,3}(?:\.\d{3})+|\d{1,3}(?:([ '’])\d{3})(?:\1\d{3})*)(?:,\d*)?", re.ASCII)
DECIMALS = re.compile(
    r"[^\w]{0,3}(?:[\d. '’\u00a0\u202f]*\d(,)|[\d, '’\u00a0\u202f]*\d(\.))(?:\d{1,2}|\d{4,})[^\w]{0,3}", re.ASCII
)
GROUPS = str.maketrans("", "", " '’")
EITHER = re.compile(r"[+-]?\d{1,3}[,]\d{3}", re.ASCII)
TINY = re.compile(r"([+-]?\d(?:\.\d+)?)[eE]-(\d{1,3})", re.ASCII)


class Bad:
    """Stands in a column for a cell that was refused."""

    __slots__ = ("code", "values")

    def __init__(self, refused):
        self.code, self.values = refused.code, refused.values


def tidy(cells, limit):
    """Whether a whole column is plain ASCII text that reading would not change: one sweep instead of cell by cell."""
    joined = "\n".join(cells)
    return (
        joined.isascii()
        and NOTHING.isdisjoint(cells)
        and TOTALS.isdisjoint(cells)
        and not UNTIDY.search(joined)
        and joined.count("\n") == len(cells) - 1
        and joined[:1] not in (" ", "\n", "")
        and joined[-1] not in (" ", "\n")
        and max(map(len, cells)) <= limit
    )


class Reader(dict):
    """Remembers what distinct cells mean: `list(map(reader.__getitem__, cells))` reads a column.

    `seen_bad` says that some cell was refused, so that columns need to be searched for `Bad`.
    """

    def __init__(self, read, limit=0):
        super().__init__()
        self.read, self.limit, self.seen_bad = read, limit, False

    def column(self, cells):
        """What the cells of a column mean, and {index: Bad}."""
        if self.limit and tidy(cells, self.limit):
            return list(cells), {}
        read = list(map(self.__getitem__, cells))
        bad = {i: value for i, value in enumerate(read) if type(value) is Bad} if self.seen_bad else {}
        return read, bad

    def __missing__(self, cell):
        if len(self) >= CACHE:
            self.clear()
        try:
            value = self.read(cell)
        except Refused as refused:
            value, self.seen_bad = Bad(refused), True
        self[cell] = value
        return value


def _visible(text):
    if HIDDEN.search(text):
        raise Refused("encoding" if SURROGATE.search(text) else "control", value=shorten(text))
    return text


def text_reader(limit, required=False):
    """Names and the like: edges trimmed, inner white space made one space, nothing invisible."""

    def read(cell):
        text = SPACES.sub(" ", _visible(cell)).strip()
        text = "" if text in UNSAID else text
        if required and not text:
            raise Refused("empty")
        if len(text) > limit:
            raise Refused("too_long", limit=limit)
        return text

    return Reader(read, limit)


def read_code(cell, limit, required=False):
    """A code: full-width letters and digits become plain ones (NFKC), edges trimmed; nothing else is changed."""
    text = _visible(cell) if cell.isascii() else SPACES.sub(" ", unicodedata.normalize("NFKC", _visible(cell)))
    text = text.strip()
    if text.startswith('="') and text.endswith('"'):  # how exports keep leading zeros from a spreadsheet
        text = text[2:-1].strip()
    if not text or text in NOTHING:
        if required:
            raise Refused("nothing", value=text) if text else Refused("empty")
        return ""
    if required and text in TOTALS:
        raise Refused("total", value=text)
    if "\n" in text or "\t" in text or "\r" in text:
        raise Refused("control", value=shorten(text))
    if len(text) > limit:
        raise Refused("too_long", limit=limit)
    if text[0].isdigit() and LOST_DIGITS.fullmatch(text):
        raise Refused("digits_lost", value=text)
    return text


def code_reader(limit, required=False):
    """Codes, remembered."""
    return Reader(lambda cell: read_code(cell, limit, required), limit)


# Amounts


def _units(number, shown):
    """A Decimal as whole ten-thousandths; more decimals are taken only where they are noise of a binary float."""
    if abs(number) > LARGEST:
        raise Refused("number_large", value=shown)
    exact = number * UNIT
    whole = exact.to_integral_value(rounding=ROUND_HALF_EVEN)
    if abs(exact - whole) > Decimal("1e-6") + abs(exact) * Decimal("1e-15"):
        raise Refused("decimals", value=shown)
    return int(whole)


def read_amount(cell, currency="", decimal=""):
    """An amount or quantity in whole ten-thousandths; NONE where the cell is empty.

    decimal: "." or "," where the file's decimal sign is known; otherwise a cell with two readings is refused.
    """
    text = unicodedata.normalize("NFKC", cell).replace("−", "-").strip()
    shown = shorten(cell.strip())
    if not text:
        return NONE
    negative = text.startswith("(") and text.endswith(")")
    text = text[1:-1].strip() if negative else text
    text = _without_sign(text, currency, shown)
    if negative and text.startswith(("-", "+")):
        raise Refused("number", value=shown)
    if text.endswith("-") and not negative and text[0] not in "+-":  # how SAP and others write what is negative
        negative, text = True, text[:-1].strip()
    tiny = TINY.fullmatch(text)
    if tiny:
        text = format(Decimal(text), "f")
    if decimal == ",":
        if not COMMA.fullmatch(text):
            raise Refused("number", value=shown)
        text = text.replace(".", "").replace(",", ".")
    elif not POINT.fullmatch(text):
        ambiguous = decimal == "" and COMMA.fullmatch(text)
        raise Refused("number_ambiguous" if ambiguous else "number", value=shown)
    elif decimal == "" and EITHER.fullmatch(text):
        raise Refused("number_ambiguous", value=shown)
    units = _units(Decimal(text.replace(",", "").translate(GROUPS)), shown)
    return -units if negative else units


def read_share(cell, decimal=""):
    """A share in whole ten-thousandths: 0.15 or 15 %."""
    text = unicodedata.normalize("NFKC", cell).strip()
    if not text.endswith("%"):
        return read_amount(text, "", decimal)
    units = read_amount(text[:-1], "", decimal or ".")
    if units == NONE or units % 100:
        raise Refused("number" if units == NONE else "decimals", value=shorten(cell.strip()))
    return units // 100


def decimal_of(cells):
    """The decimal sign that cells show, "" where none or both; three digits behind it may be thousands."""
    signs = {found[1] or found[2] for found in map(DECIMALS.fullmatch, map(str.strip, cells)) if found}
    return signs.pop() if len(signs) == 1 else ""


def _without_sign(text, currency, shown):
    for sign in (currency, *SIGNS.get(currency, ())):
        plain = unicodedata.normalize("NFKC", sign)
        for head in ("", "-", "+"):
            if plain and text.startswith(head + plain):
                return head + text[len(head + plain) :].strip()
        if plain and text.endswith(plain):
            return text[: -len(plain)].strip()
    if any(unicodedata.normalize("NFKC", sign) in text for sign in ALL_SIGNS):
        raise Refused("currency_sign", value=shown)
    return text


class AmountReader:
    """A column of amounts: plain numbers in one sweep, anything else cell by cell."""

    def __init__(self, currency="", decimal="", required=False, percent=False):
        def read(cell):
            units = read_share(cell, decimal) if percent else read_amount(cell, currency, decimal)
            if units == NONE and required:
                raise Refused("empty")
            return units

        self.cells = Reader(read)
        self.plain = decimal != ","

    def column(self, cells):
        """(int64 array in whole ten-thousandths with NONE, {index: Bad})."""
        fast = self._sweep(cells) if self.plain else None
        if fast is not None:
            return fast, {}
        read, bad = self.cells.column(cells)
        for index in bad:
            read[index] = 0
        return np.array(read, dtype=np.int64), bad

    def _sweep(self, cells):
        """All cells at once where each is a plain decimal number below 10^9; None where some is not."""
        if PLAIN_NUMBERS.search("".join(cells)):
            return None
        try:
            units = np.fromiter(map(float, cells), np.float64, len(cells)) * UNIT
        except ValueError:
            return None
        whole = np.rint(units)
        size = np.abs(units)
        if len(units) and (size.max() >= 1e13 or (np.abs(units - whole) > 1e-6 + size * 1e-15).any()):
            return None
        return whole.astype(np.int64)
