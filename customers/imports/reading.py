"""Rows of a text table as a stream of blocks, with the line each starts on; a damaged row costs only itself."""

import codecs
import csv
import itertools
from dataclasses import dataclass, field

from customers.imports.detect import BLOCK
from customers.imports.layout import BLANKS, dialect

FIELD_LIMIT = 100_000  # characters of one cell
SPAN_LIMIT = 200  # physical lines that one quoted cell may cover
LINE_LIMIT = 16 << 20  # bytes without a line end


def _keep_byte(error):
    """Undecodable bytes become halves of surrogate pairs, so that the cell that holds them is refused, not the file."""
    data = error.object[error.start : error.end]
    return "".join(chr(0xDC00 + byte) if byte > 127 else "\udcff" for byte in data), error.end


codecs.register_error("keep-byte", _keep_byte)


@dataclass
class Block:
    """Some data rows: cells, the physical line each starts on, and the rows that could not even be split."""

    lines: list[int] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    broken: list[tuple] = field(default_factory=list)  # (line, cells, code, values)
    bytes_read: int = 0


def blocks(path, shape, block_bytes=BLOCK, needed=0):
    """The data rows of a file in Blocks; rows without any content are left out and not counted.

    needed: how many cells a row must have at least (0 = as many as there are titles). Spreadsheets leave out the
    delimiters of blank columns at the end; a row that has what is needed is filled up. Where columns stand apart by
    blanks nobody knows which one is missing: such a row is not filled up.
    """
    csv.field_size_limit(FIELD_LIMIT)
    width = len(shape.headers)
    width = (width, width if shape.delimiter == BLANKS else needed or width)
    feed = _lines(path, shape, block_bytes)
    pending, number = [], 1  # lines carried over because a quoted cell may continue in the next block
    skip = shape.skip
    for lines, done, last in feed:
        if skip:
            dropped = min(skip, len(lines))
            lines, skip, number = lines[dropped:], skip - dropped, number + dropped
        lines = pending + lines
        block = Block(bytes_read=done)
        used = _split(lines, number, shape.delimiter, width, block, last)
        pending, number = lines[used:], number + used
        yield block


def spread(path, shape, places=40, size=8 << 10):
    """Rows from places all over a file: what its first rows leave open, a later one may settle."""
    width = len(shape.headers)
    with open(path, "rb") as file:
        for place in range(places):
            file.seek(shape.start + (shape.size - shape.start) * place // places // 4 * 4)
            text = file.read(size).decode(shape.encoding, "replace")
            lines = _cut(text)[1:-1]  # the first and the last one are cut through
            try:
                yield from (row for row in csv.reader(lines, **dialect(shape.delimiter)) if len(row) == width)
            except csv.Error:
                continue


def _lines(path, shape, block_bytes):
    """(complete physical lines, bytes read so far, whether these are the last ones)."""
    decoder = codecs.getincrementaldecoder(shape.encoding)("keep-byte")
    rest = ""
    with open(path, "rb") as file:
        file.seek(shape.start)
        while True:
            data = file.read(block_bytes)
            text = rest + decoder.decode(data, final=not data)
            if not data:
                if text:
                    yield _cut(text), file.tell(), True
                else:
                    yield [], file.tell(), True
                return
            end = _last_end(text)
            if end == 0 and len(text) > LINE_LIMIT:
                text, end = text + "\n", len(text) + 1
            rest = text[end:]
            if end:
                yield _cut(text[:end]), file.tell(), False


def _last_end(text):
    """The index after the last line end; a carriage return at the very end may be half of one."""
    feed = text.rfind("\n")
    back = text.rfind("\r", 0, len(text) - 1)
    return max(feed, back) + 1 if not (back > feed and text[back + 1 : back + 2] == "\n") else back + 2


def _cut(text):
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n")
    if lines and not lines[-1]:
        lines.pop()
    return lines


def _split(lines, number, delimiter, width, block, last):
    """Fill the block with the rows of these lines; returns how many lines were used."""
    rows = None
    if not any('"' in line and line.count('"') & 1 for line in lines):
        try:
            rows = list(csv.reader(lines, **dialect(delimiter)))
        except csv.Error:
            rows = None
    if rows is not None and len(rows) == len(lines):
        _take(rows, range(number, number + len(lines)), width, block)
        return len(lines)
    return _carefully(lines, number, delimiter, width, block, last)


def _take(rows, numbers, width, block):
    """Rows of the right width in one go; the others one by one."""
    wide, needed = width
    if set(map(len, rows)) == {wide} and all(map(any, rows)):
        block.rows.extend(rows)
        block.lines.extend(numbers)
        return
    for number, row in zip(numbers, rows, strict=True):
        if not any(cell.strip() for cell in row):
            continue
        if needed <= len(row) < wide:
            row = row + [""] * (wide - len(row))
        elif len(row) > wide and not any(cell.strip() for cell in row[wide:]):
            row = row[:wide]
        elif len(row) != wide:
            block.broken.append((number, row[:wide], "columns", {"found": len(row), "expected": wide}))
            continue
        block.rows.append(row)
        block.lines.append(number)


def _carefully(lines, number, delimiter, width, block, last):
    """One record after the other: a quoted cell may span lines, but only if it ends well."""
    at = 0
    while at < len(lines):
        row, used, code = _record(lines, at, delimiter, width)
        if used == 0 and not last and len(lines) - at <= SPAN_LIMIT:
            return at  # the cell may end in the next block
        if row is None:
            used = 1
            cells = lines[at][: FIELD_LIMIT * 2].split(delimiter)[: width[0]]
            block.broken.append((number + at, cells, code, {"limit": FIELD_LIMIT}))
        else:
            _take([row], [number + at], width, block)
        at += used
    return at


def _record(lines, at, delimiter, width):
    """(cells or None, lines used, reason): `used` 0 means that the lines ended inside a quoted cell."""
    feed = itertools.islice(lines, at, at + SPAN_LIMIT)
    reader = csv.reader((line + "\n" for line in feed), **dialect(delimiter))
    try:
        row = next(reader, [])
    except csv.Error:
        return None, 1, "field_size"
    used = reader.line_num
    if used <= 1 and not _open(lines[at], delimiter):
        return row, 1, ""
    if not _ends_well(lines[at : at + used], delimiter, width):
        return None, 0 if used >= min(SPAN_LIMIT, len(lines) - at) else 1, "quote"
    return row, used, ""


def _open(line, delimiter):
    """Whether a quoted cell is still open at the end of this line."""
    try:
        taken = csv.reader(iter([line + "\n", "\n"]), **dialect(delimiter))
        next(taken)
    except (csv.Error, StopIteration):
        return True
    return taken.line_num > 1


def _ends_well(lines, delimiter, width):
    """Whether several lines are one record by the strict rules, of the width of the header."""
    try:
        rows = list(csv.reader((line + "\n" for line in lines), **dialect(delimiter), strict=True))
    except csv.Error:
        return False
    return len(rows) == 1 and len(rows[0]) == width[0]
