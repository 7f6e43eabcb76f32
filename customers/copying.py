"""Rows across the database border in bulk: fixed-width binary COPY on PostgreSQL, plain cursors on SQLite.

Used by the frames and publish modules only. Columns are numbers without NULL (NaN stands for missing), enum codes,
exact decimals as whole ten-thousandths, booleans, days, or vectors of floats.
"""

import io
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import chain

import numpy as np
import pandas as pd
from django.db import connection

from customers.book import UNIT

SIGNATURE = b"PGCOPY\n\xff\r\n\0" + b"\0" * 8
EPOCH = 730_120  # date(2000, 1, 1).toordinal(): PostgreSQL counts days from there
BASE = 10_000  # of PostgreSQL's numeric digits
GROUPS = 5  # numeric digits of base 10,000 that hold any int64 of ten-thousandths
CHUNK = 4096  # rows packed at once: their bytes stay in the processor's cache
NO_DAY = np.iinfo(np.int32).min  # stands for NULL in columns of days and integers
NO_MONEY = np.iinfo(np.int64).min  # stands for NULL in columns of exact decimals
BINARY = {"int4": ">i4", "int8": ">i8", "float8": ">f8"}


def postgres():
    """Whether the engine is PostgreSQL (else SQLite)."""
    return connection.vendor == "postgresql"


def ordinal(column):
    """SQL of a date as its proleptic ordinal (date.toordinal())."""
    if postgres():
        return f"({column} - DATE '0001-01-01' + 1)::int4"
    return f"CAST(julianday({column}) - 1721424.5 AS INTEGER)"


def whole_units(column):
    """SQL of a decimal as whole ten-thousandths, where the engine keeps it as a float."""
    return f"CAST(round({column} * {UNIT}.0) AS INTEGER)"


def bound(connection, params):
    """Parameters as the engine compares them: SQLite keeps moments as text in UTC, a site's own zone would peek."""
    if params is None:
        return None
    at = connection.ops.adapt_datetimefield_value
    return [at(value) if isinstance(value, datetime) else value for value in params]


def read_numbers(connection, sql, params, columns):
    """Rows of NOT NULL numbers as a dict of arrays.

    columns: name -> "int4", "int8", "float8" or a whole number k (a vector of k packed floats, read as an array
    (rows, k)), in the order of the SELECT; on PostgreSQL the SELECT must cast to exactly these types. SELECT text and
    parameters are the caller's.
    """
    if connection.vendor == "postgresql":
        return _read_binary(connection, sql, params, columns)
    with connection.cursor() as cursor:
        cursor.execute(sql, bound(connection, params))
        rows = cursor.fetchall()
    arrays = np.array(rows, dtype="f8").reshape(len(rows), len(columns)) if _all_float(columns) else None
    if arrays is not None:
        return {name: np.ascontiguousarray(arrays[:, i]) for i, name in enumerate(columns)}
    listed = list(zip(*rows, strict=True)) or [()] * len(columns)
    return {name: _array(listed[i], kind) for i, (name, kind) in enumerate(columns.items())}


def _array(values, kind):
    """A column of SQLite as an array."""
    if isinstance(kind, int):
        return np.frombuffer(b"".join(values), dtype="<f8").reshape(len(values), kind)
    return np.array(values, dtype=BINARY[kind].replace(">", "="))


def _all_float(columns):
    return all(kind == "float8" for kind in columns.values())


def _read_binary(connection, sql, params, columns):
    layout = [("fields", ">i2")]
    for name, kind in columns.items():
        layout += [(f"size {name}", ">i4"), (name, "<f8", (kind,)) if isinstance(kind, int) else (name, BINARY[kind])]
    layout = np.dtype(layout)
    out, head = io.BytesIO(), len(SIGNATURE)
    with connection.cursor() as cursor:
        query = cursor.mogrify(sql, params).decode()
        cursor.copy_expert(f"COPY ({query}) TO STDOUT (FORMAT binary)", out)
    data = out.getbuffer()
    count, rest = divmod(len(data) - head - 2, layout.itemsize)
    if rest:
        raise ValueError("A column of the query is NULL or of another type than declared.")
    rows = np.frombuffer(data, dtype=layout, count=count, offset=head)
    return {name: _native(rows[name]) for name in columns}


def _native(values):
    return values.astype(values.dtype.newbyteorder("="))


def read_table(connection, sql, params, names):
    """Rows with text as a DataFrame: every column as text, "" for NULL and empty."""
    if connection.vendor == "postgresql":
        out = io.BytesIO()
        with connection.cursor() as cursor:
            cursor.copy_expert(f"COPY ({cursor.mogrify(sql, params).decode()}) TO STDOUT (FORMAT csv)", out)
        if not out.tell():
            return pd.DataFrame({name: pd.Categorical([]) for name in names})
        out.seek(0)
        return pd.read_csv(out, header=None, names=names, dtype="category", keep_default_na=False, encoding="utf-8")
    with connection.cursor() as cursor:
        cursor.execute(sql, bound(connection, params))
        frame = pd.DataFrame(cursor.fetchall(), columns=names)
    return frame.fillna("").astype(str).astype("category")


def write_rows(connection, table, columns):
    """Append rows to a table.

    columns: name -> (kind, values), all of one length. Kinds: "id" int64; "int" integers, NO_DAY = NULL; "float"
    NaN = NULL; "bool"; "text" short codes as an object or string array; "money" int64 in 1/UNIT, NO_MONEY = NULL;
    "day" ordinals, NO_DAY = NULL; "vector" float array (n, k); "json" texts of JSON in ASCII (jsonb on PostgreSQL).
    """
    if connection.vendor == "postgresql":
        return _write_binary(connection, table, columns)
    names = ", ".join(columns)
    marks = ", ".join(["%s"] * len(columns))
    listed = [_python_values(kind, values) for kind, values in columns.values()]
    with connection.cursor() as cursor:
        cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", list(zip(*listed, strict=True)))
    return len(listed[0]) if listed else 0


def _python_values(kind, values):
    if kind == "vector":
        return [row.tobytes() for row in np.ascontiguousarray(values, dtype="<f8")]
    if kind == "money":
        units = np.asarray(values, dtype="i8")
        exact = (units / UNIT).tolist()
        return [value if sure else None for value, sure in zip(exact, (units != NO_MONEY).tolist(), strict=True)]
    if kind == "day":
        days = np.asarray(values, dtype="i8")
        text = np.datetime_as_string((days - 719_163).astype("datetime64[D]")).tolist()
        return [None if day == NO_DAY else iso for day, iso in zip(days.tolist(), text, strict=True)]
    if kind == "int":
        return [None if value == NO_DAY else value for value in np.asarray(values).tolist()]
    if kind == "float":
        return [None if value != value else value for value in np.asarray(values, dtype="f8").tolist()]
    return np.asarray(values).tolist() if kind not in ("text", "json") else [str(value) for value in values]


def _write_binary(connection, table, columns):
    count = len(next(iter(columns.values()))[1]) if columns else 0

    def packed(low):
        parts = [_packed(kind, values[low : low + CHUNK]) for kind, values in columns.values()]
        return _interleave(min(CHUNK, count - low), parts)

    with connection.cursor() as cursor, ThreadPoolExecutor(1) as ahead:
        names = ", ".join(columns)
        stream = _Stream(chain([SIGNATURE], _each(ahead, packed, range(0, count, CHUNK)), [b"\xff\xff"]))
        try:
            cursor.copy_expert(f"COPY {table} ({names}) FROM STDIN (FORMAT binary)", stream, 1 << 20)
        except connection.Database.Error:
            if stream.failure:  # the server only knows that the client cancelled
                raise stream.failure from None
            raise
    return count


def _each(ahead, act, arguments):
    """What `act` returns for each argument in turn; the next is under way in `ahead` while somebody takes this one."""
    coming = None
    for argument in arguments:
        ready, coming = coming, ahead.submit(act, argument)
        if ready:
            yield ready.result()
    if coming:
        yield coming.result()


class _Stream:
    """Pieces of bytes as the file that COPY reads; `failure` is what went wrong while a piece was made."""

    def __init__(self, pieces):
        self.pieces, self.left, self.failure = iter(pieces), b"", None

    def read(self, size):
        """Return up to `size` bytes; none at the end."""
        while not len(self.left):
            try:
                piece = next(self.pieces, None)
            except Exception as failure:
                self.failure = failure
                raise
            if piece is None:
                return b""
            self.left = memoryview(piece)
        out, self.left = self.left[:size], self.left[size:]
        return bytes(out)


def _interleave(count, parts):
    """Rows from packed columns: each part is (bytes matrix (n, width), kept lengths or None = all)."""
    head = np.full((count, 2), [len(parts) >> 8, len(parts) & 255], dtype="u1")
    matrix = np.concatenate([head] + [cells for cells, _ in parts], axis=1)
    if all(kept is None for _, kept in parts):
        return matrix.tobytes()
    keep, at = np.ones(matrix.shape, dtype=bool), 2
    for cells, kept in parts:
        width = cells.shape[1]
        if kept is not None:
            keep[:, at : at + width] = np.arange(width, dtype="i2") < kept[:, None].astype("i2")
        at += width
    return matrix[keep].tobytes()


def _cells(size, data):
    """A size prefix and data as a bytes matrix."""
    data = np.ascontiguousarray(data)
    count, width = len(data), data.dtype.itemsize * int(np.prod(data.shape[1:]))
    body = data.reshape(count, -1).view("u1").reshape(count, width) if count else np.zeros((0, width), dtype="u1")
    prefix = np.full(count, size, dtype=">i4").view("u1").reshape(count, 4)
    return np.concatenate([prefix, body], axis=1)


def _nullable(cells, missing):
    """NULL is a size of -1 and no data."""
    if not missing.any():
        return cells, None
    cells[missing, :4] = 255
    return cells, np.where(missing, 4, cells.shape[1])


def _packed(kind, values):
    if kind == "id":
        return _cells(8, np.asarray(values).astype(">i8")), None
    if kind == "int":
        array = np.asarray(values).astype("i8")
        return _nullable(_cells(4, np.where(array == NO_DAY, 0, array).astype(">i4")), array == NO_DAY)
    if kind == "day":
        array = np.asarray(values).astype("i8")
        return _nullable(_cells(4, np.where(array == NO_DAY, 0, array - EPOCH).astype(">i4")), array == NO_DAY)
    if kind == "float":
        array = np.asarray(values, dtype="f8")
        return _nullable(_cells(8, array.astype(">f8")), np.isnan(array))
    if kind == "bool":
        return _cells(1, np.asarray(values).astype("u1")), None
    if kind == "money":
        return _numeric(values)
    if kind == "vector":
        return _cells(8 * np.shape(values)[1], np.asarray(values, dtype="<f8")), None
    if kind == "json":
        return _json(values), None
    return _text(values)


def _json(texts):
    """Binary jsonb: its version, then the text; filled up with blanks, which JSON allows at the end."""
    width = max(map(len, texts), default=0)
    filled = "".join(["\1" + text.ljust(width) for text in texts]).encode("ascii")
    return _cells(width + 1, np.frombuffer(filled, dtype="u1").reshape(len(texts), width + 1))


def _text(values):
    """Codes: few distinct values, so each is encoded once."""
    which, distinct = pd.factorize(np.asarray(values, dtype=object))
    encoded = [str(text).encode() for text in distinct]
    width = max((len(text) for text in encoded), default=0)
    table = np.zeros((len(encoded), 4 + width), dtype="u1")
    sizes = np.array([len(text) for text in encoded], dtype="i8")
    for row, text in enumerate(encoded):
        table[row, :4] = list(len(text).to_bytes(4, "big"))
        table[row, 4 : 4 + len(text)] = list(text)
    if width == 0:
        return table[which], None
    return table[which], 4 + sizes[which]


def _numeric(amounts):
    """Exact numerics from whole ten-thousandths: GROUPS digits of base 10,000, the last of them behind the point."""
    amounts = np.asarray(amounts, dtype="i8")
    unknown = amounts == NO_MONEY
    rest = np.abs(np.where(unknown, 0, amounts))
    words = np.zeros((len(amounts), 4 + GROUPS), dtype=">i2")
    words[:, 0] = GROUPS  # ndigits
    words[:, 1] = GROUPS - 2  # weight of the first digit
    words[:, 2] = np.where(amounts < 0, 0x4000, 0)
    words[:, 3] = 4  # digits behind the point
    for place in range(GROUPS):
        words[:, 4 + GROUPS - 1 - place] = rest % BASE
        rest = rest // BASE
    return _nullable(_cells(2 * (4 + GROUPS), words), unknown)
