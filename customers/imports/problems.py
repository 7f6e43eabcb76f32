"""What can be wrong with a file or a row of it, as codes with values, and the sentences people read."""

from django.utils.translation import gettext_lazy as _

# Of one row: %(field)s is the name of the field, %(value)s the text of the cell, shortened.
ROW_REASONS = {
    "empty": _("%(field)s is empty."),
    "nothing": _("%(field)s “%(value)s” is the word of an export for an empty cell."),
    "total": _("“%(value)s” under %(field)s marks a line of sums, not a customer."),
    "too_long": _("%(field)s is longer than %(limit)s characters."),
    "control": _("%(field)s contains an invisible or control character."),
    "encoding": _("%(field)s contains bytes that are not valid in the encoding of the file."),
    "digits_lost": _("%(field)s “%(value)s” was shortened by a spreadsheet: its digits are lost."),
    "number": _("%(field)s “%(value)s” is not a number."),
    "number_ambiguous": _("%(field)s “%(value)s” can be read in two ways: say which decimal sign the file uses."),
    "decimals": _("%(field)s “%(value)s” has more than four decimals."),
    "number_large": _("%(field)s “%(value)s” is too large."),
    "number_negative": _("%(field)s “%(value)s” is negative."),
    "number_share": _("%(field)s “%(value)s” is not between 0 and 1."),
    "number_grade": _("%(field)s “%(value)s” is not between 1 and 5."),
    "number_whole": _("%(field)s “%(value)s” is not a whole number."),
    "date": _("%(field)s “%(value)s” is not a date in a format that was expected."),
    "date_ambiguous": _("%(field)s “%(value)s” can be read day first or month first: choose the date format."),
    "date_zone": _("%(field)s “%(value)s” carries a time zone: choose the date format that takes the day as written."),
    "date_old": _("%(field)s “%(value)s” is before 1900."),
    "date_future": _("%(field)s “%(value)s” is in the future."),
    "choice": _("%(field)s “%(value)s” is none of the known values."),
    "currency_unknown": _("%(field)s “%(value)s” is not a currency."),
    "currency_sign": _("%(field)s “%(value)s” carries a sign of another currency than the firm's."),
    "columns": _("The row has %(found)s cells, the header has %(expected)s."),
    "quote": _("A quotation mark is opened and not closed."),
    "field_size": _("A cell is larger than %(limit)s characters."),
    "order_missing": _("A line number without an order number."),
    "customer_unknown": _("No customer has the code “%(value)s”."),
    "customer_alike": _("The code “%(value)s” looks like the customer “%(other)s”; write it the same way."),
    "line_twice": _("The same order line as on line %(other)s of the file."),
    "customer_twice": _("The same customer as on line %(other)s of the file."),
    "owner_unknown": _("No active user has the name “%(value)s”."),
    "parent_unknown": _("No customer has the code “%(value)s” named under %(field)s."),
    "parent_self": _("A customer cannot buy through itself."),
    "database": _("The database does not accept this row: %(value)s"),
}
# Of the whole file.
FILE_REASONS = {
    "not_found": _("There is no file at %(value)s."),
    "empty": _("The file is empty."),
    "header_only": _("The file has a header and no rows."),
    "not_a_table": _("This is a %(value)s file, not a CSV or XLSX table."),
    "old_excel": _(
        "This is an old Excel file (.xls) or a file with a password. Save it as .xlsx or CSV without a password."
    ),
    "not_text": _("The file is not text: save it as CSV or XLSX."),
    "utf16_without_bom": _("The file looks like UTF-16 without a byte order mark. Save it as UTF-8."),
    "encoding_unknown": _("The encoding “%(value)s” is not known. Use utf-8, gb18030, utf-16 or cp1252."),
    "delimiter_unknown": _("The delimiter must be one character: comma, semicolon, tab, vertical bar or blank."),
    "header_long": _("The first line is no header: it has %(value)s cells."),
    "header_twice": _("The header names the column “%(value)s” more than once."),
    "zip_damaged": _("The XLSX file is damaged and cannot be read."),
    "zip_large": _("The XLSX file unpacks to more than %(value)s MB. Save it as CSV."),
    "zip_parts": _("The XLSX file has too many parts to be a workbook."),
    "zip_bomb": _("The XLSX file is packed like a bomb and was not opened."),
    "zip_macros": _("The workbook contains macros. Save it without macros (.xlsx) or as CSV."),
    "zip_links": _("The workbook links to other files. Break the links or save it as CSV."),
    "zip_doctype": _("The workbook contains a document type declaration and was not opened."),
    "sheet_unknown": _("The workbook has no sheet “%(value)s”. It has: %(other)s."),
    "sheet_choice": _('The workbook has several sheets with data: %(other)s. Say which one with "sheet".'),
    "sheet_slow": _("The workbook needs more time or memory than allowed. Save it as CSV."),
    "mapping_json": _("The mapping is not valid JSON: %(value)s"),
    "mapping_shape": _('The mapping must be an object with "columns".'),
    "mapping_key": _("The mapping has an entry “%(value)s” that is not known."),
    "mapping_value": _("The entry “%(value)s” of the mapping has a value that is not allowed."),
    "mapping_field": _("The mapping names a field “%(value)s” that does not exist. Fields: %(other)s."),
    "mapping_column": _("The mapping names a column “%(value)s” that the file does not have. Columns: %(other)s."),
    "mapping_twice": _("The mapping feeds the field “%(value)s” twice."),
    "mapping_missing": _("The mapping does not say where “%(value)s” comes from."),
    "mapping_needs": _("The field “%(value)s” needs the field “%(other)s” as well."),
    "mapping_either": _("Give “%(value)s” or “%(other)s”, not both."),
    "mapping_constant": _("The constant for “%(value)s” is refused: %(other)s"),
    "mapping_format": _("The date format “%(value)s” is not understood, e.g. %%d/%%m/%%Y."),
    "date_order": _(
        "The dates in “%(value)s” can be read day first or month first. Say which: under “Dates are written” on the "
        'page, with "date_format": "DMY" or "MDY" in a mapping.'
    ),
    "currency_other": _("The file has amounts in %(value)s; the firm keeps its books in %(other)s."),
    "too_large": _("The file is larger than %(value)s MB."),
    "nothing_left": _("The stored file of this import is gone. Upload it again."),
    "crashed": _("The import stopped %(value)s times before it was complete. Nothing was written."),
    "internal": _("The import stopped because of a fault of the program (%(value)s). Nothing was written."),
}
UNDO_REASONS = {
    "night": _("A night is being computed. Undo the import when it has finished, in a few minutes."),
    "not_done": _("Only a finished import can be undone."),
    "lines_changed": _("%(count)s lines of this import were changed afterwards, so it cannot be undone."),
    "later_import": _("A later import (%(value)s) changed the same rows. Undo that one first."),
    "merged": _("%(count)s customers that this import changed were merged into others since, so it cannot be undone."),
    "rows_gone": _("%(count)s rows that this import changed were deleted afterwards, so it cannot be undone."),
}
SHOWN = 60  # characters of a cell that a message repeats


class Refused(Exception):
    """A cell or row that cannot be taken over."""

    def __init__(self, code, **values):
        super().__init__(code)
        self.code, self.values = code, values


class FileProblem(Exception):
    """A whole file (or its mapping) that cannot be taken over; its text is the sentence to show."""

    def __init__(self, code, **values):
        super().__init__(code)
        self.code, self.values = code, values

    def __str__(self):
        return file_message(self.code, self.values)

    def as_dict(self):
        """Plain data to be stored with the job and worded in the reader's language later."""
        return {"code": self.code, "values": {name: str(value) for name, value in self.values.items()}}


def shorten(text):
    """A cell as a message repeats it: one line, no invisible characters, not too long."""
    plain = "".join(letter if letter.isprintable() else "·" for letter in str(text)[: SHOWN + 1])
    return plain[:SHOWN] + "…" if len(plain) > SHOWN else plain


def row_message(code, values, field_label=""):
    """The sentence for one rejected row, in the active language."""
    words = {"field": field_label, "value": "", "other": "", "limit": "", **values}
    return str(ROW_REASONS[code]) % words


def file_message(code, values):
    """The sentence for a refused file, in the active language."""
    return str(FILE_REASONS[code]) % {"value": "", "other": "", **values}
