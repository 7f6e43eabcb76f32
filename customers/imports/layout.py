"""Where the table begins in a text: its delimiter, the line of its titles, or that it has no titles at all."""

import csv
import re
from collections import Counter
from itertools import zip_longest

from customers.imports.problems import FileProblem

DELIMITERS, BLANKS = ",;\t|", " "  # BLANKS: columns stand apart by any number of blanks
SAMPLE = 256 << 10
COLUMN_CAP = 2_000
LOOKED_AT = 30  # lines among which delimiter and titles are looked for
MONTH = "(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}"
DAY = re.compile(
    r"\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?(?:[ T].*)?|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}(?: .*)?|(?:1[89]|20)\d{6}"
    rf"|\d{{1,2}}[ \-/]?{MONTH}[ \-,./]{{0,2}}\d{{2,4}}(?: .*)?|{MONTH}\.? \d{{1,2}},? \d{{4}}(?: .*)?",
    re.IGNORECASE,
)
NUMBER = re.compile(r"[^\w]{0,3}\d[\d.,' ]*(?:[^\w]{0,2}|元)")


def dialect(delimiter):
    """How the csv module reads a table with this delimiter."""
    return {"delimiter": delimiter, "skipinitialspace": delimiter == BLANKS}


def lay_out(shape, text, delimiter="", header_row=None):
    """Sets the delimiter, the titles and how many lines stand before the first row.

    text: the beginning of the file. header_row: the line of the titles (from 1), 0 = none, None = look for it.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    skipped, delimiter = _passed_over(lines, delimiter)
    if header_row:
        lines, skipped = lines[max(header_row - 1 - skipped, 0) :], max(header_row - 1, skipped)
    if not any(map(str.strip, lines)):
        raise FileProblem("empty")
    shape.delimiter = _delimiter(lines, delimiter)
    if header_row is None:
        header_row = _place_of_titles(lines, shape.delimiter)
        lines, skipped = lines[max(header_row - 1, 0) :], skipped + max(header_row - 1, 0)
    if header_row == 0:
        wide = max(len(_row(lines[at:], shape.delimiter)) for at in range(min(LOOKED_AT, len(lines))))
        shape.headers = [str(number) for number in range(1, wide + 1)]
        shape.skip, shape.header_row = skipped, 0
        return
    shape.headers = _titles(lines, shape.delimiter)
    shape.skip, shape.header_row = skipped + _length(lines, shape.delimiter), skipped + 1


def _passed_over(lines, delimiter):
    """Drops blank lines at the top and the `sep=` line of Excel; (how many, delimiter)."""
    skipped = 0
    while lines and not lines[0].strip().strip(" \t;,|\0"):
        lines.pop(0)
        skipped += 1
    if lines and lines[0].lower().startswith("sep=") and len(lines[0].strip()) == 5:
        delimiter = delimiter or lines[0].strip()[4]
        lines.pop(0)
        skipped += 1
    return skipped, delimiter


def _delimiter(lines, given):
    if given:
        if len(given) != 1 or given in '"\r\n\0':
            raise FileProblem("delimiter_unknown")
        return given
    sample = [line for line in lines[:LOOKED_AT] if line.strip()]
    marks = {mark: [_outside(line, mark) for line in sample] for mark in DELIMITERS}

    def steadiness(mark):
        """Lines that have it equally often, then whether the first one has it, then how often."""
        often = Counter(count for count in marks[mark] if count)
        usual, agreeing = max(often.items(), key=lambda pair: (pair[1], pair[0]), default=(0, 0))
        return agreeing, marks[mark][0] > 0, usual

    best = max(DELIMITERS, key=steadiness)
    return BLANKS if steadiness(best)[0] * 2 <= len(sample) and _stands_in_columns(sample) else best


def _outside(line, mark):
    """Delimiters outside quotation marks."""
    return line.count(mark) if '"' not in line else sum(part.count(mark) for part in line.split('"')[::2])


def _stands_in_columns(sample):
    """Whether every line has the same three or more words, most of them with digits."""
    words = [line.split() for line in sample]
    digits = sum(any(map(str.isdigit, word)) for line in words for word in line)
    return len(set(map(len, words))) == 1 and len(words[0]) > 2 and len(words) > 2 and digits * 2 > sum(map(len, words))


def _place_of_titles(lines, delimiter):
    """The line (from 1) that has the titles, 0 where the rows begin at once.

    Above the titles may stand the name of a report and the like: lines that fill few of the columns.
    """
    rows = [[cell.strip() for cell in _row(lines[at:], delimiter)] for at in range(min(LOOKED_AT, len(lines)))]
    filled = [sum(map(bool, row)) for row in rows]
    second = next((row for row in rows[1:] if any(row)), None)
    if second and _is_data(rows[0]) and _is_like(rows[0], second):
        return 0
    usual = sorted(filled)[len(filled) * 7 // 10]
    for at, row in enumerate(rows):
        if filled[at] * 5 >= usual * 3:
            return at + 1 if not any(map(_kind, row)) else 1
    return 1


def _is_data(row):
    """Whether a row has a day and a number: no titles do."""
    return {"day", "number"} <= set(_kinds(row))


def _is_like(row, other):
    """Whether two rows have their days in the same columns, and the same kinds wherever both are filled."""
    return all(_kind(a) == _kind(b) for a, b in zip_longest(row, other, fillvalue="") if (a and b) or _kind(a) == "day")


def _kinds(row):
    return [_kind(cell) for cell in row]


def _kind(cell):
    return "day" if DAY.fullmatch(cell) else "number" if NUMBER.fullmatch(cell) else ""


def _row(lines, delimiter):
    """The cells of the first record."""
    csv.field_size_limit(SAMPLE)
    try:
        cells = next(csv.reader((line + "\n" for line in lines[:50]), **dialect(delimiter)), [])
    except csv.Error:
        cells = lines[0].split(delimiter)
    while cells and not cells[-1].strip():
        cells.pop()
    return cells


def _length(lines, delimiter):
    """Physical lines that the titles take (a title may hold a line break)."""
    reader = csv.reader((line + "\n" for line in lines[:50]), **dialect(delimiter))
    next(reader, None)
    return reader.line_num if reader.line_num < 10 else 1


def _titles(lines, delimiter):
    titles = _row(lines[: _length(lines, delimiter)], delimiter)
    if len(titles) > COLUMN_CAP:
        raise FileProblem("header_long", value=len(titles))
    titles = [re.sub(r"[\s\u200b\ufeff]+", " ", title).strip() for title in titles]
    twice = [title for title, count in Counter(titles).items() if title and count > 1]
    if twice:
        raise FileProblem("header_twice", value=twice[0])
    return titles
