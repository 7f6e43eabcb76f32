"""Words of SQL that PostgreSQL and SQLite spell differently, as `copying.read_numbers` takes them in.

Used where raw SQL is: in the frames, copying and publish modules. Expressions are SQL of the caller's, never of users.
"""

from django.db import connection

from customers.book import UNIT


def postgres():
    """Whether the engine is PostgreSQL (else SQLite)."""
    return connection.vendor == "postgresql"


def integer(expression):
    """A whole number as int8."""
    return f"({expression})::int8" if postgres() else f"CAST({expression} AS INTEGER)"


def number(expression):
    """Any number as float8, NaN for NULL."""
    return f"coalesce(({expression})::float8, 'NaN'::float8)" if postgres() else f"CAST({expression} AS REAL)"


def truth(condition):
    """1 where a condition holds, else 0 (also where it is NULL)."""
    return integer(f"CASE WHEN {condition} THEN 1 ELSE 0 END")


def count(condition):
    """For how many rows of a group a condition holds."""
    return integer(f"sum(CASE WHEN {condition} THEN 1 ELSE 0 END)")


def flag(column):
    """A boolean column as a condition."""
    return column if postgres() else f"{column} = 1"


def code(column, words, otherwise):
    """A text as the place of its word among `words`, `otherwise` (a number) where it is none of them."""
    cases = " ".join(f"WHEN '{word}' THEN {place}" for place, word in enumerate(words))
    return integer(f"CASE {column} {cases} ELSE {otherwise} END")


def ordinal(column, otherwise=None):
    """A date as its proleptic ordinal (date.toordinal()); `otherwise` (a number) where there is none, else NULL."""
    days = f"({column})::date - DATE '0001-01-01' + 1" if postgres() else f"julianday({column}) - 1721424.5"
    return integer(days if otherwise is None else f"coalesce({days}, {otherwise})")


def day(column):
    """A date that `read_numbers` gives as its ordinal: a column of kind "date"."""
    return column if postgres() else ordinal(column)


def seconds(column, otherwise=None):
    """A moment as whole seconds since 1970; `otherwise` (a number) where there is none, else NULL."""
    since = f"floor(extract(epoch FROM {column}))" if postgres() else f"strftime('%%s', {column})"
    return integer(since if otherwise is None else f"coalesce({since}, {otherwise})")


def by_bytes(column):
    """A text to be put in order by its bytes, as both engines and Python do alike."""
    return f'{column} COLLATE "C"' if postgres() else f"{column} COLLATE BINARY"


def units(column):
    """A stored decimal (of four places) as whole ten-thousandths."""
    return f"({column} * {UNIT})::int8" if postgres() else f"CAST(round({column} * {UNIT}.0) AS INTEGER)"


def money(column):
    """Whole ten-thousandths as a stored decimal."""
    return f"({column} * 0.0001)" if postgres() else f"({column} / {UNIT}.0)"
