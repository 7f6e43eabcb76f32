"""Transaction lines: a block of rows becomes columns ready to be staged, and the rows that are refused."""

from dataclasses import dataclass, field
from itertools import compress
from operator import itemgetter

import numpy as np
import pandas as pd

from customers.book import UNIT
from customers.imports import days, values
from customers.imports.fields import TRANSACTION_FIELDS
from customers.imports.problems import FileProblem, Refused
from customers.imports.values import NONE, AmountReader, Reader
from customers.models.transactions import LARGEST

TEXTS = ("customer_code", "customer_name", "industry", "region", "order_no", "line_no", "date", "product_code",
         "product_name", "category", "currency")  # fmt: skip
AMOUNTS = ("quantity", "amount", "unit_price", "discount", "cost", "unit_cost", "gross_profit", "service_cost")
CURRENCIES = {"RMB": "CNY", "人民币": "CNY", "￥": "CNY", "¥": "CNY", "元": "CNY", "$": "USD", "美元": "USD",
              "€": "EUR", "欧元": "EUR", "£": "GBP", "英镑": "GBP", "港币": "HKD", "日元": "JPY"}  # fmt: skip
# Attributes that customers and products take over from their latest line: field -> (of whom, their column).
ATTRIBUTES = {
    "customer_name": ("customer_code", "name"), "industry": ("customer_code", "industry"),
    "region": ("customer_code", "region"), "product_name": ("product_code", "name"),
    "category": ("product_code", "category"),
}  # fmt: skip

LINES_A_DAY = 10**11  # room for the line number behind the day
DAYS_BEFORE_1970 = 100_000  # so that moments of older days are positive too


@dataclass
class Lines:
    """Good lines of one block as columns of equal length; texts are lists, amounts int64 in whole ten-thousandths."""

    number: list[int]  # where the line stands in the file
    texts: dict[str, list[str]]
    amounts: dict[str, np.ndarray]
    refused: list[tuple] = field(default_factory=list)  # (line, cells, field, code, values)

    def __len__(self):
        return len(self.number)

    def attributes(self):
        """(field, code, value, moment): each distinct value of an attribute with the latest moment it is given.

        A moment orders lines by day and, within a day, by place in the file.
        """
        if not self.number:
            return
        since = np.array(self.texts["date"], dtype="datetime64[D]").astype(np.int64) + DAYS_BEFORE_1970
        moments = since * LINES_A_DAY + np.array(self.number, dtype=np.int64)
        order = np.argsort(-moments)  # the latest first: the first of each pair is the one to keep
        found = {}
        for name, (owner, _column) in ATTRIBUTES.items():
            if name not in self.texts or owner not in self.texts:
                continue
            for title in (owner, name):
                if title not in found:
                    found[title] = pd.factorize(np.array(self.texts[title], dtype=object))
            (whose, codes), (which, cells) = found[owner], found[name]
            pairs, first = np.unique((whose * len(cells) + which)[order], return_index=True)
            latest = moments[order[first]].tolist()
            for code, cell, moment in zip(
                codes[pairs // len(cells)].tolist(), cells[pairs % len(cells)].tolist(), latest, strict=True
            ):
                if code and cell:
                    yield name, code, cell, moment


class LineReader:
    """Reads blocks by one mapping. `today` bounds the dates, `currency` is the firm's."""

    def __init__(self, mapping, indexes, *, today, currency, serials=False):
        self.mapping, self.currency, self.days_known = mapping, currency, False
        self.readers = {}
        for name in [n for n in TRANSACTION_FIELDS if mapping.fed(n)]:
            self.readers[name] = self._reader(TRANSACTION_FIELDS[name], today, serials)
        self.names = [name for name in self.readers if name in indexes]
        self.places = [indexes[name] for name in self.names]
        self.needed = max(self.places, default=0) + 1  # cells that a row must have
        self.constants = {name: self._constant(name) for name in mapping.constants}

    def _reader(self, spec, today, serials):
        if spec.kind == "code":
            return values.code_reader(spec.limit, not spec.empty)
        if spec.kind == "date":
            return days.date_reader(today, self.mapping.date_format, serials, not spec.empty)
        if spec.kind == "share":
            return AmountReader(decimal=self.mapping.decimal, percent=True)
        if spec.kind == "money":
            return AmountReader(self.currency, self.mapping.decimal, not spec.empty)
        if spec.kind == "currency":
            return Reader(self._read_currency)
        return values.text_reader(spec.limit)

    def _read_currency(self, cell):
        text = cell.strip().upper()
        if not text:
            raise Refused("empty")
        text = CURRENCIES.get(text, text)
        if not (len(text) == 3 and text.isascii() and text.isalpha()):
            raise Refused("currency_unknown", value=values.shorten(cell))
        if text != self.currency:
            if text not in KNOWN_CURRENCIES:
                raise Refused("currency_unknown", value=values.shorten(cell))
            raise FileProblem("currency_other", value=text, other=self.currency)
        return text

    def _constant(self, name):
        try:
            if name in AMOUNTS:
                return self.readers[name].cells.read(self.mapping.constants[name])
            return self.readers[name].read(self.mapping.constants[name])
        except Refused as refused:
            from customers.imports.fields import field_label
            from customers.imports.problems import row_message

            words = row_message(refused.code, refused.values, field_label(self.mapping.kind, name))
            raise FileProblem("mapping_constant", value=name, other=words) from None

    def read(self, block):
        """The Lines of a Block: every row is either in the columns or among the refused."""
        refused = [(line, cells, "", code, found) for line, cells, code, found in block.broken]
        if not block.rows:
            return Lines([], {name: [] for name in self.readers if name not in AMOUNTS}, {}, refused)
        columns = list(zip(*map(itemgetter(*self.places, self.places[0]), block.rows), strict=True))
        self._know_order_of_days(columns)
        texts, amounts, bad = {}, {}, {}
        for name, cells in zip(self.names, columns, strict=False):
            if name in AMOUNTS:
                amounts[name], wrong = self.readers[name].column(cells)
            else:
                texts[name], wrong = self.readers[name].column(cells)
            for index, value in wrong.items():
                bad.setdefault(index, (name, value.code, value.values))
        self._fill_constants(texts, amounts, len(block.rows))
        self._check_numbers(texts, bad)
        self._check_discount(amounts, bad)
        amounts = self._money(amounts, len(block.rows))
        self._check_size(amounts, bad)
        number = block.lines
        if bad:
            for index in sorted(bad):
                refused.append((block.lines[index], block.rows[index], *bad[index]))
            keep = np.ones(len(block.rows), dtype=bool)
            keep[list(bad)] = False
            number = list(compress(number, keep))
            texts = {name: list(compress(cells, keep)) for name, cells in texts.items()}
            amounts = {name: column[keep] for name, column in amounts.items()}
        refused.sort(key=itemgetter(0))
        return Lines(number, texts, amounts, refused)

    def _know_order_of_days(self, columns):
        """Refuse the file where most days can be read day first or month first and nobody said which."""
        if self.mapping.date_format or "date" not in self.names or self.days_known:
            return
        cells = [cell for cell in columns[self.names.index("date")][:200] if cell.strip()]
        if cells and sum(map(days.turned_date, cells)) * 2 > len(cells):
            raise FileProblem("date_order", value=self.mapping.columns["date"])
        self.days_known = bool(cells)

    def _fill_constants(self, texts, amounts, count):
        for name, value in self.constants.items():
            if name in AMOUNTS:
                amounts[name] = np.full(count, value, dtype=np.int64)
            else:
                texts[name] = [value] * count

    def _check_numbers(self, texts, bad):
        if "line_no" not in texts:
            return
        for index, (line_no, order_no) in enumerate(zip(texts["line_no"], texts["order_no"], strict=True)):
            if line_no and not order_no and index not in bad:
                bad[index] = ("line_no", "order_missing", {})

    @staticmethod
    def _check_discount(amounts, bad):
        """A discount is a share of the price."""
        share = amounts.get("discount", np.zeros(0, dtype=np.int64))
        for index in np.flatnonzero(((share < 0) | (share > UNIT)) & (share != NONE)).tolist():
            bad.setdefault(index, ("discount", "number_share", {"value": f"{share[index] / UNIT:g}"}))

    def _check_size(self, amounts, bad):
        """What follows from other amounts keeps the limits of every amount."""
        for source, name in (("gross_profit", "cost"), ("unit_cost", "cost"), ("unit_price", "amount")):
            if source in self.readers and name in amounts:
                found = amounts[name]
                for index in np.flatnonzero((np.abs(found) > LARGEST * UNIT) & (found != NONE)).tolist():
                    bad.setdefault(index, (name, "number_large", {"value": f"{found[index] / UNIT:.4f}"}))

    def _money(self, amounts, count):
        """Amount and cost from what one piece costs, net of tax, cost from gross profit."""
        quantity = amounts.get("quantity", np.full(count, UNIT, dtype=np.int64))
        if "unit_price" in amounts:
            rebate = amounts.pop("discount", np.zeros(count, dtype=np.int64))
            amounts["amount"] = _times(quantity, amounts.pop("unit_price"), UNIT - np.where(rebate == NONE, 0, rebate))
        if "unit_cost" in amounts:
            each = amounts.pop("unit_cost")
            amounts["cost"] = np.where(each == NONE, NONE, _times(quantity, np.where(each == NONE, 0, each)))
        if self.mapping.tax:
            for name in ("amount", "cost", "gross_profit"):
                if name in amounts:
                    gross = amounts[name]
                    kept = (gross == NONE) | (np.abs(gross) > LARGEST * UNIT)  # too large stays too large
                    amounts[name] = np.where(kept, gross, np.rint(gross / (1 + self.mapping.tax)).astype(np.int64))
        if "gross_profit" in amounts:
            profit = amounts.pop("gross_profit")
            amounts["cost"] = np.where(profit == NONE, NONE, amounts["amount"] - np.where(profit == NONE, 0, profit))
        if "service_cost" in amounts:
            amounts["service_cost"] = np.where(amounts["service_cost"] == NONE, 0, amounts["service_cost"])
        return amounts


def _times(*factors):
    """Exact products of amounts in ten-thousandths, halves away from zero; what is too large stays too large."""
    product, unit = 1, UNIT ** (len(factors) - 1)
    for factor in factors:
        product = product * factor.astype(object)  # Python's integers: three factors do not fit into 64 bits
    size = (2 * abs(product) + unit) // (2 * unit)
    whole = np.minimum(size, LARGEST * UNIT + 1) * np.where(product < 0, -1, 1)
    return whole.astype(np.int64)


KNOWN_CURRENCIES = frozenset(
    [
        "AED",
        "ARS",
        "AUD",
        "BDT",
        "BGN",
        "BRL",
        "CAD",
        "CHF",
        "CLP",
        "CNY",
        "COP",
        "CZK",
        "DKK",
        "EGP",
        "EUR",
        "GBP",
        "HKD",
        "HUF",
        "IDR",
        "ILS",
        "INR",
        "ISK",
        "JPY",
        "KES",
        "KRW",
        "KWD",
        "KZT",
        "LKR",
        "MAD",
        "MMK",
        "MNT",
        "MOP",
        "MXN",
        "MYR",
        "NGN",
        "NOK",
        "NPR",
        "NZD",
        "PEN",
        "PHP",
        "PKR",
        "PLN",
        "QAR",
        "RON",
        "RSD",
        "RUB",
        "SAR",
        "SEK",
        "SGD",
        "THB",
        "TRY",
        "TWD",
        "UAH",
        "USD",
        "UYU",
        "VND",
        "ZAR",
    ]
)
