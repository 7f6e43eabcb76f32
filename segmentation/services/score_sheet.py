"""Taking in a filled score sheet: good rows together, bad rows reported one by one, nothing half."""

import csv
import re
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from simple_history.utils import bulk_create_with_history, bulk_update_with_history

from customers.changes import note_change
from customers.imports.problems import FileProblem
from customers.imports.workbook import converted
from customers.models import Customer
from segmentation.models import ExpertScore, ManualValue
from segmentation.selectors.score_sheet import columns, own_values

HEADER = re.compile(r"\[([\w-]+)\]\s*$")
MOST_ROWS, SHOWN_ERRORS = 20_000, 200
LOWEST, HIGHEST = Decimal(1), Decimal(5)


@dataclass
class Outcome:
    """What came of a sheet: counts, and the errors as (row of the file, column, words); more: errors not listed."""

    saved: int = 0
    unchanged: int = 0
    rows: int = 0
    bad_rows: int = 0
    errors: list = field(default_factory=list)
    more: int = 0

    def refuse(self, row, column, words):
        if len(self.errors) < SHOWN_ERRORS:
            self.errors.append((row, column, words))
        else:
            self.more += 1


def import_sheet(*, path, name, date, by):
    """Read an XLSX or CSV score sheet and keep what changed as the words of `by` on `date`; returns the Outcome.

    A row with any bad cell is left out whole. ValidationError where the file is no score sheet at all.
    """
    try:
        if name.lower().endswith(".csv"):
            return _kept(path, date, by)
        with converted(path) as (table, _sheets, _digest):
            return _kept(table, date, by)
    except FileProblem as problem:
        raise ValidationError(str(problem)) from None
    except UnicodeDecodeError:
        raise ValidationError(_("This file can't be read as a table: it is not UTF-8.")) from None


def _kept(table, date, by):
    with open(table, encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file)
        header = next(reader, None) or []
        places = _places(header)
        outcome, values = Outcome(), {}
        visible = Customer.objects.visible_to(by)
        known = dict(Customer.objects.filter(merged_into__in=visible).values_list("code", "merged_into"))
        known |= dict(visible.values_list("code", "pk"))
        for number, cells in enumerate(reader, 2):
            if number > MOST_ROWS + 1:
                raise ValidationError(_("A score sheet holds at most %(n)s customers.") % {"n": MOST_ROWS})
            if any(cell.strip() for cell in cells):
                _take(outcome, values, number, cells, places, known)
    _save(outcome, values, date, by)
    return outcome


def _places(header):
    """(column, indicator) of every column whose title ends in a known [code]; the code of the customer stands first."""
    known = {row.code: row for row in columns()}
    found = []
    for at, title in enumerate(header):
        match = HEADER.search(title.strip())
        if match and match[1] in known:
            found.append((at, known[match[1]]))
    if not found or not header or header[0].strip().lower() != "code":
        words = _(
            "This is no score sheet: the first column is “code”, indicators stand as “name [code]”. Download one."
        )
        raise ValidationError(words)
    return found


def _take(outcome, values, number, cells, places, known):
    """One row: all of its values, or its errors."""
    outcome.rows += 1
    code = cells[0].strip().removeprefix("'")
    customer, found, sound = known.get(code), {}, True
    if customer is None:
        outcome.refuse(number, "code", _("No customer “%(code)s” that you may see.") % {"code": code[:40]})
        sound = False
    elif any(key[0] == customer for key in values):
        outcome.refuse(number, "code", _("“%(code)s” stands in the sheet twice.") % {"code": code[:40]})
        sound = False
    for at, indicator in places:
        text = cells[at].strip() if at < len(cells) else ""
        if text:
            value, words = _value(text, indicator)
            if words:
                outcome.refuse(number, indicator.label, words)
                sound = False
            found[customer, indicator] = value
    if sound:
        values.update(found or {(customer, None): None})
    else:
        outcome.bad_rows += 1


def _value(text, indicator):
    """(value, what is wrong with it or nothing)."""
    try:
        value = Decimal(text.replace(",", ".") if text.count(",") == 1 and "." not in text else text)
    except InvalidOperation:
        return None, _("“%(text)s” is not a number.") % {"text": text[:20]}
    if not value.is_finite() or abs(value) >= Decimal(10) ** 13:
        return None, _("“%(text)s” is not a number.") % {"text": text[:20]}
    if indicator.source == "MANUAL":
        return value.quantize(Decimal("0.000001")), ""
    if not LOWEST <= value <= HIGHEST:
        return None, _("A level is from 1 to 5, not %(text)s.") % {"text": text[:20]}
    return value.quantize(Decimal("0.01")), ""


@transaction.atomic
def _save(outcome, values, date, by):
    """Write what differs from what the person said last; one entry in the log of changed inputs."""
    last, new = own_values(by), {}
    for (customer, indicator), value in values.items():
        if indicator is None:
            continue
        if last.get((customer, indicator.pk)) == float(value):
            outcome.unchanged += 1
        else:
            new[customer, indicator] = value
    levels = {key: value for key, value in new.items() if key[1].source != "MANUAL"}
    by_hand = {key: value for key, value in new.items() if key[1].source == "MANUAL"}
    _write(ExpertScore, levels, "score", {"scorer": by, "date": date}, {}, by)
    _write(ManualValue, by_hand, "value", {"date": date}, {"by": by}, by)
    outcome.saved = len(new)
    if new:
        note_change("segmentation.score_sheet", by.pk)


def _write(model, values, field_name, place, more, by):
    """Rows of one table: those of the same day changed, the others made, each with its history."""
    there = {(row.customer_id, row.indicator_id): row for row in model.objects.filter(**place)} if values else {}
    made, changed = [], []
    for (customer, indicator), value in values.items():
        row = there.get((customer, indicator.pk))
        if row is None:
            made.append(model(customer_id=customer, indicator=indicator, **{field_name: value}, **place, **more))
        else:
            setattr(row, field_name, value)
            changed.append(row)
    if made:
        bulk_create_with_history(made, model, batch_size=500, default_user=by)
    if changed:
        bulk_update_with_history(changed, model, [field_name], batch_size=500, default_user=by)
