"""Rows across the database border in bulk: fixed-width binary COPY on PostgreSQL, plain cursors on SQLite.

Used by the frames and publish modules only; `dialect` has the words of SQL for it. Columns are numbers without NULL
(NaN stands for missing), enum codes, exact decimals as whole ten-thousandths, booleans, days, or vectors of floats.
"""

import io
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import chain, pairwise

import numpy as np
import pandas as pd

from customers.book import UNIT
from customers.dialect import postgres

SIGNATURE = b"PGCOPY\n\xff\r\n\0" + b"\0" * 8
EPOCH = 730_120  # date(2000, 1, 1).toordinal(): PostgreSQL counts days from there
BASE = 10_000  # of PostgreSQL's numeric digits
GROUPS = 5  # numeric digits of base 10,000 that hold any int64 of ten-thousandths
CHUNK = 4096  # rows packed at once: their bytes stay in the processor's cache
NO_DAY = np.iinfo(np.int32).min  # stands for NULL in columns of days and integers
NO_MONEY = np.iinfo(np.int64).min  # stands for NULL in columns of exact decimals
TYPES = {"id": ">i8", "int": ">i4", "day": ">i4", "float": ">f8", "bool": "u1", "money": ">i2", "vector": "<f8"}
BINARY = {"int4": ">i4", "int8": ">i8", "float8": ">f8", "date": ">i4", "bool": "?"}
READ = 16_384  # rows taken apart at once, for the same reason


def bound(connection, params):
    """Parameters as the engine compares them: SQLite keeps moments as text in UTC, a site's own zone would peek."""
    if params is None:
        return None
    at = connection.ops.adapt_datetimefield_value
    return [at(value) if isinstance(value, datetime) else value for value in params]


def read_numbers(connection, sql, params, columns):
    """Rows of NOT NULL numbers as a dict of arrays.

    columns: name -> "int4", "int8", "float8", "bool", "date" (see `dialect.day`) or a whole number k (a vector of k
    packed floats, read as an array (rows, k)), in the order of the SELECT; on PostgreSQL the SELECT must cast to
    exactly these types. SELECT text and parameters are the caller's.
    """
    if postgres():
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
    return _apart(rows, columns)


def _apart(rows, columns):
    """Columns of their own from rows, in the machine's byte order; some rows at a time, which the cache holds."""
    apart = {name: np.empty(rows[name].shape, rows.dtype[name].base.newbyteorder("=")) for name in columns}
    for low in range(0, len(rows), READ):
        here = slice(low, low + READ)
        for name, values in apart.items():
            values[here] = rows[name][here]
    for name, kind in columns.items():
        if kind == "date":
            apart[name] += EPOCH
    return apart


def read_table(connection, sql, params, names):
    """Rows with text as a DataFrame: every column as text, "" for NULL and empty."""
    if postgres():
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
    """Append rows to a table; returns how many the database says it took.

    columns: name -> (kind, values), all of one length. Kinds: "id" int64; "int" integers, NO_DAY = NULL; "float"
    NaN = NULL; "bool"; "text" short codes as a Categorical or an array; "money" int64 in 1/UNIT, NO_MONEY = NULL;
    "day" ordinals, NO_DAY = NULL; "vector" float array (n, k); "json" texts of JSON in ASCII (jsonb on PostgreSQL).
    """
    if postgres():
        return _write_binary(connection, table, columns)
    names = ", ".join(columns)
    marks = ", ".join(["%s"] * len(columns))
    listed = [_python_values(kind, values) for kind, values in columns.values()]
    with connection.cursor() as cursor:
        cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", list(zip(*listed, strict=True)))
        return max(cursor.rowcount, 0)  # of no rows at all there is no count


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
    """Rows by binary COPY: first the columns without a gap, then those with NULL, then the texts."""
    count = len(next(iter(columns.values()))[1]) if columns else 0
    groups = {_whole: [], _gapped: [], _worded: []}
    for name, (kind, values) in columns.items():
        pack = _worded if kind in ("text", "json") else _gapped if np.any(_missing(kind, values)) else _whole
        groups[pack].append(name)

    def packed(low):
        part = {name: (kind, values[low : low + CHUNK]) for name, (kind, values) in columns.items()}
        head = np.full((min(CHUNK, count - low), 1), len(columns), dtype=">i2").view("V2").ravel().tolist()
        pieces = [pack([part[name] for name in names]) for pack, names in groups.items() if names]
        return b"".join(chain.from_iterable(zip(head, *pieces, strict=True)))

    with connection.cursor() as cursor, ThreadPoolExecutor(1) as ahead:
        names = ", ".join(chain.from_iterable(groups.values()))
        stream = _Stream(chain([SIGNATURE], _each(ahead, packed, range(0, count, CHUNK)), [b"\xff\xff"]))
        try:
            cursor.copy_expert(f"COPY {table} ({names}) FROM STDIN (FORMAT binary)", stream, 1 << 20)
        except connection.Database.Error:
            if stream.failure:  # the server only knows that the client cancelled
                raise stream.failure from None
            raise
        return cursor.rowcount


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


def _missing(kind, values):
    """Where a column has NULL; False for a kind that never has."""
    if kind == "float":
        return np.isnan(np.asarray(values, dtype="f8"))
    none = {"int": NO_DAY, "day": NO_DAY, "money": NO_MONEY}.get(kind)
    return none is not None and np.asarray(values) == none


def _records(columns):
    """Columns of fixed width side by side: every value behind its size in bytes."""
    cells = [(kind, _sent(kind, values)) for kind, values in columns]
    layout = np.dtype([(f"f{i}", [("size", ">i4"), ("value", *_type(*cell))]) for i, cell in enumerate(cells)])
    rows = np.empty(len(cells[0][1]), dtype=layout)
    for i, (_kind, values) in enumerate(cells):
        cell = rows[f"f{i}"]
        cell["size"], cell["value"] = cell.dtype["value"].itemsize, values
    return rows


def _type(kind, values):
    """How a value of this kind lies in the stream: its type and shape."""
    return TYPES[kind], values.shape[1:]


def _sent(kind, values):
    """The values as numbers of the stream; whatever stands for NULL becomes anything, for it is not sent."""
    if kind == "day":
        return np.asarray(values).astype("i8") - EPOCH
    if kind == "money":
        return _numeric(values)
    return np.asarray(values)


def _whole(columns):
    """Rows of columns without a gap, as a list of bytes."""
    rows = _records(columns)
    return rows.view(f"V{rows.itemsize}").tolist()


def _gapped(columns):
    """Rows of columns with gaps, as a list of bytes: NULL is a size of -1 and no value."""
    rows = _records(columns)
    widths = [rows.dtype[i].itemsize for i in range(len(columns))]
    unit = int(np.gcd.reduce([4, *widths]))  # what is cut out are whole numbers of these
    units = rows.view(f"u{unit}").reshape(len(rows), -1)
    keep, at, size = np.ones(units.shape, dtype=bool), 0, 4 // unit
    for (kind, values), width in zip(columns, widths, strict=True):
        missing, end = _missing(kind, values), at + width // unit
        units[missing, at : at + size] = np.iinfo(units.dtype).max
        keep[missing, at + size : end] = False
        at = end
    sent, ends = units[keep].tobytes(), (unit * keep.sum(axis=1).cumsum()).tolist()
    return [sent[begin:end] for begin, end in pairwise([0, *ends])]


def _worded(columns):
    """Rows of texts, as a list of bytes: few combinations of codes, so that each is put together once."""
    tables, codes = [], []
    keys, span = np.zeros(len(columns[0][1]), dtype="i8"), 1
    for kind, values in columns:
        if isinstance(values, pd.Categorical):
            which, distinct = values.codes, values.categories
        else:
            which, distinct = pd.factorize(np.asarray(values, dtype=object))
        version = "\1" if kind == "json" else ""  # of binary jsonb
        texts = [f"{version}{text}".encode() for text in distinct]
        tables.append([len(text).to_bytes(4, "big") + text for text in texts])
        codes.append(which)
        if span * len(texts) >= 2**62:
            keys, seen = pd.factorize(keys)
            span = len(seen)
        keys, span = keys * len(texts) + which, span * len(texts)
    _, firsts, at = np.unique(keys, return_index=True, return_inverse=True)
    chosen = zip(*[which[firsts].tolist() for which in codes], strict=True)
    rows = [b"".join([table[code] for table, code in zip(tables, row, strict=True)]) for row in chosen]
    return [rows[place] for place in at.tolist()]


def _numeric(amounts):
    """Exact numerics from whole ten-thousandths: GROUPS digits of base 10,000, the last of them behind the point."""
    amounts = np.asarray(amounts, dtype="i8")
    rest = np.abs(amounts)
    words = np.empty((len(amounts), 4 + GROUPS), dtype="i2")
    words[:, 0] = GROUPS  # ndigits
    words[:, 1] = GROUPS - 2  # weight of the first digit
    words[:, 2] = np.where(amounts < 0, 0x4000, 0)
    words[:, 3] = 4  # digits behind the point
    for place in range(GROUPS):
        rest, words[:, 4 + GROUPS - 1 - place] = np.divmod(rest, BASE)
    return words
