"""A whole judgement matrix as a table, pasted or uploaded: one reader, and what is wrong with it in words."""

import csv
import re
import tempfile
import unicodedata
from dataclasses import dataclass
from fractions import Fraction
from math import nan

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.imports.problems import FileProblem, shorten
from customers.imports.source import opened
from segmentation.numerics.judgement import JudgementError
from segmentation.numerics.reading import mirrored, steps_of

LARGEST_TEXT = 20_000  # 15 x 15 cells and their titles need less
LARGEST_KB = 512
SEPARATORS = "\t;, "
NUMBER = re.compile(r"-?\d+([.,]\d+)?(\s*/\s*\d+([.,]\d+)?)?$")
DAY = re.compile(r"\d{4}-\d\d?-\d\d?|\d+[-/.][A-Za-z]{3}|\d+[-/.]\d+[-/.]\d+|\d+月\d+日|[A-Za-z]{3}[-/. ]\d+")


@dataclass(frozen=True)
class Named:
    """One thing that is compared: what it is called, and every name a title may use for it."""

    label: str
    names: tuple = ()

    def is_called(self, title):
        """Whether a title of the table means it: its name in either language, its code, or both as “name [code]”."""
        told = _plain(title)
        return told in {_plain(name) for name in (self.label, *self.names)}


class MatrixForm(forms.Form):
    """A matrix as text or as a file; `steps` are its answers {(i, j): step} once the form is valid."""

    matrix = forms.CharField(required=False, strip=False, max_length=LARGEST_TEXT)
    file = forms.FileField(
        label=gettext_lazy("A file (XLSX or CSV)"),
        required=False,
        widget=forms.FileInput(attrs={"accept": ".xlsx,.csv"}),
    )

    def __init__(self, *args, items, **kwargs):
        super().__init__(*args, **kwargs)
        self.items, self.steps = items, {}

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file and not file.name.lower().endswith((".xlsx", ".csv")):
            raise ValidationError(_("Choose an XLSX or CSV file."))
        if file and file.size > LARGEST_KB << 10:
            raise ValidationError(_("A matrix has at most %(n)s KB.") % {"n": LARGEST_KB})
        return file

    def clean(self):
        told = super().clean()
        if not self.errors:
            text = _text_of(told["file"]) if told.get("file") else told.get("matrix", "")
            self.steps = matrix_steps(text, self.items)
        return told


def matrix_steps(text, items):
    """Answers {(i, j): step} of a square table about `items` (Named, in order).

    Cells are separated by tabs, semicolons, commas or spaces and hold ratios such as 3, 1/3, 0.333 or 0,333. A line or
    a column of titles is read where there is one, in any order; without it cells stand in the order of the items. An
    empty cell is 1 divided by the one across the diagonal; a pair empty on both sides is left out.
    ValidationError says in words what is wrong and where.
    """
    labels = [item.label for item in items]
    if len(text) > LARGEST_TEXT:
        raise _wrong_size(labels)
    down, across, rows = _titled(_table(text, len(items)), items)
    matrix = [[nan] * len(items) for _item in items]
    for i, row in enumerate(rows):
        for j, cell in enumerate(row):
            matrix[down[i]][across[j]] = _ratio(cell, i, j)
    full, left_open = mirrored(matrix)
    if left_open and len(left_open) == len(items) * (len(items) - 1) // 2:
        raise ValidationError(_("There is no judgement in this matrix."))
    try:
        return {pair: step for pair, step in steps_of(full).items() if pair not in left_open}
    except JudgementError as error:
        raise ValidationError(_told(error, labels)) from None


def _text_of(upload):
    """The text of an uploaded table, whatever its kind, encoding or delimiter."""
    with tempfile.NamedTemporaryFile(suffix=".upload") as file:
        for chunk in upload.chunks():
            file.write(chunk)
        file.flush()
        try:
            with opened(file.name) as source, open(source.path, encoding=source.shape.encoding, newline="") as table:
                return table.read(LARGEST_TEXT + 1)
        except FileProblem as problem:
            if problem.code == "header_twice":
                raise ValidationError(_twice(problem.values["value"])) from None
            raise ValidationError(str(problem)) from None
        except UnicodeDecodeError:
            raise ValidationError(_("The file is not text: save it as CSV or XLSX.")) from None


def _table(text, n):
    """Rows of cells: the first separator that gives a table of n columns (and one of titles), else any of them."""
    text = unicodedata.normalize("NFKC", text.removeprefix("\ufeff")).replace("\r\n", "\n").replace("\r", "\n")
    lines = [line for line in text.split("\n") if line.strip(" ") and not line.lower().startswith("sep=")]
    for separator in SEPARATORS[: -1 if re.search(r"[;,] ", text) else None]:
        rows = _rows(lines, separator)
        widths = {len(row) for row in rows} or {0}
        even = len(widths) == 1 or (separator in "\t;" and min(widths) > 1)  # an editor may have cut empty ends
        if len(rows) in (n, n + 1) and even and max(widths) in (n, n + 1):
            return [row + [""] * (max(widths) - len(row)) for row in rows]
    return [re.split(r"[\t;,]\s*|\s+", line.strip()) for line in lines]


def _rows(lines, separator):
    """Lines cut by one separator, columns without any cell at the end dropped; quoted words stay whole."""
    if separator == " ":
        return [line.split() for line in lines]
    rows = [[cell.strip() for cell in row] for row in csv.reader(lines, delimiter=separator, skipinitialspace=True)]
    last = max((at for row in rows for at, cell in enumerate(row) if cell), default=-1)
    return [row[: last + 1] for row in rows]


def _words(cells):
    """Whether they are titles: some text and no number."""
    return any(cells) and not any(NUMBER.match(cell) for cell in cells)


def _titled(rows, items):
    """(place of every row, place of every column, cells without titles) among the items."""
    n = len(items)
    head = bool(rows) and _words(rows[0])
    side = bool(rows) and _words([row[0] for row in rows[head:]])
    cells = [row[side:] for row in rows[head:]]
    if len(cells) != n or any(len(row) != n for row in cells):
        raise _wrong_size([item.label for item in items])
    across = _places(rows[0][side:], items) if head else range(n)
    down = _places([row[0] for row in rows[head:]], items) if side else range(n)
    return down, across, cells


def _places(titles, items):
    """The item each title means; every item once."""
    if all(item.is_called(title) for item, title in zip(items, titles, strict=True)):
        return range(len(items))
    found = []
    for title in titles:
        at = next((at for at, item in enumerate(items) if item.is_called(title)), None)
        if at is None:
            words = _("“%(title)s” is none of what is compared: %(names)s.")
            names = ", ".join(item.label for item in items)
            raise ValidationError(words % {"title": shorten(title), "names": names})
        if at in found:
            raise ValidationError(_twice(title))
        found.append(at)
    return found


def _plain(name):
    return " ".join(unicodedata.normalize("NFKC", name).removeprefix("'").casefold().split())


def _ratio(cell, row, col):
    """The number of a cell, NaN where it is empty; a rounded 1/7 such as 0.14 is 1/7."""
    where = {"row": row + 1, "col": col + 1, "cell": shorten(cell)}
    if not cell:
        return nan
    if DAY.match(cell):
        words = _(
            "Row %(row)s, column %(col)s: “%(cell)s” is a date. A spreadsheet took a fraction such as 1/3 for one:"
            " format the cells as text, or write 0.333."
        )
        raise ValidationError(words % where)
    try:
        above, _sign, below = cell.replace(",", ".").replace(" ", "").partition("/")
        value = Fraction(above) / Fraction(below or 1)
        return float(_unrounded(value, len(above.partition(".")[2])) if not below else value)
    except (ValueError, ZeroDivisionError, OverflowError):
        words = _("Row %(row)s, column %(col)s: “%(cell)s” is no number such as 3 or 1/3.")
        raise ValidationError(words % where) from None


def _unrounded(value, decimals):
    """1/k where `value` is what 1/k gives when rounded to these decimals, two or more."""
    if decimals < 2 or not 0 < value < 1:
        return value
    near = Fraction(1, min(max(round(1 / value), 1), 9))
    return near if abs(near - value) <= Fraction(1, 2 * 10**decimals) else value


def _wrong_size(labels):
    words = _("The matrix must have %(n)s rows and %(n)s columns, one for each of: %(names)s.")
    return ValidationError(words % {"n": len(labels), "names": ", ".join(labels)})


def _twice(title):
    return _("“%(title)s” stands in the titles twice.") % {"title": shorten(title)}


def _told(error, labels):
    """The error of a matrix in the reader's words, rows and columns from 1."""
    where = {"row": (error.row or 0) + 1, "col": (error.col or 0) + 1}
    if error.row is not None:
        where |= {"first": labels[error.row], "second": labels[error.col]}
    if error.code == "not_reciprocal" and error.row == error.col:
        return _("Row %(row)s, column %(col)s must be 1: there “%(first)s” meets itself.") % where
    texts = {
        "not_positive": _("Row %(row)s, column %(col)s is zero or negative: a judgement is a ratio above 0."),
        "not_finite": _("Row %(row)s, column %(col)s is not a number."),
        "not_reciprocal": _(
            "Rows %(row)s and %(col)s contradict each other: the one cell is not 1 divided by the other"
            " (%(first)s, %(second)s)."
        ),
        "off_scale": _("Row %(row)s, column %(col)s is off the scale: allowed are 1 to 9 and 1/2 to 1/9."),
    }
    return texts.get(error.code, _("This is no judgement matrix.")) % where
