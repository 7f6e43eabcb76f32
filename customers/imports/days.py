"""From the text of a cell to a day: by its look where there is one reading only, else by the format that was given."""

import re
import unicodedata
from datetime import date, datetime, timedelta

from customers.imports.problems import Refused, shorten
from customers.imports.values import Reader

CLOCK = r"(?:[ T]\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?)?"
ZONE = re.compile(r"(\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?) ?(?:Z|UTC|GMT|[+-]\d{2}:?\d{2})", re.ASCII)
ZONED = "%Y-%m-%dT%H:%M:%S%z"  # the format that takes the day as it is written, whatever zone stands behind it
ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})" + CLOCK, re.ASCII)
SLASH = re.compile(r"(\d{4})([/.])(\d{1,2})\2(\d{1,2})" + CLOCK, re.ASCII)
MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
          "december")  # fmt: skip
NAMED = re.compile(r"(?:[A-Za-z]{3,9}, ?)?(\d{1,2})[ \-/]?([A-Za-z]{3,9})[ \-,./]{0,2}(\d{4}|\d{2})" + CLOCK, re.ASCII)
NAMED_US = re.compile(r"([A-Za-z]{3,9})\.? (\d{1,2}),? (\d{4})" + CLOCK, re.ASCII)
CHINESE = re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})日?(?: ?\d{1,2}[:时]\d{2}(?:[:分]\d{2}秒?|分)?)?", re.ASCII)
COMPACT = re.compile(r"((?:1[89]|20)\d\d)(\d\d)(\d\d)", re.ASCII)
TURNED = re.compile(
    r"(\d{1,2})([/.\-])(\d{1,2})\2(\d{4}|\d{2})(?:[ T]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?: ?[AaPp][Mm])?)?", re.ASCII
)
SERIAL = re.compile(r"\d{5}(?:\.\d+)?", re.ASCII)
SPREADSHEET_EPOCH = date(1899, 12, 30)


def turned_date(cell):
    """Whether a cell looks like day/month/year or month/day/year."""
    return bool(TURNED.fullmatch(unicodedata.normalize("NFKC", cell).strip()))


def order_of(cells):
    """ "%d/%m/%Y" or "%m/%d/%Y" where some of the cells can be read in that order only, "" where none or both; ZONED
    where times carry a zone. Nothing is settled where years of two digits may stand first (24/1/5)."""
    if any(_zone(cell.strip()) for cell in cells):
        return ZONED
    turned = [found for found in map(TURNED.fullmatch, map(str.strip, cells)) if found]
    day_first = any(int(found[1]) > 12 for found in turned)
    month_first = any(int(found[3]) > 12 for found in turned)
    if day_first and _year_may_stand_first(turned):
        return ""
    return "" if day_first == month_first else "%d/%m/%Y" if day_first else "%m/%d/%Y"


def _year_may_stand_first(turned):
    """Whether all have two digits for the year and the first number does not vary as days do: more than the last."""
    first, last = ({found[place] for found in turned} for place in (1, 4))
    return all(len(year) == 2 and int(year) <= 31 for year in last) and len(first) <= len(last)


def date_reader(today, date_format="", serials=False, required=False):
    """Days as ISO text, "" where the cell is empty; nothing before 1900 and nothing after `today`."""

    def read(cell):
        text = cell.strip() if cell.isascii() else unicodedata.normalize("NFKC", cell).strip()
        if not text:
            if required:
                raise Refused("empty")
            return ""
        day = read_day(text, date_format, serials)
        if day.year < 1900:
            raise Refused("date_old", value=shorten(text))
        if day > today:
            raise Refused("date_future", value=shorten(text))
        return day.isoformat()

    return Reader(read)


def read_day(text, date_format="", serials=False):
    """The day a text names; a given format is tried first and then only the unmistakable ISO form.

    A time with a zone may be of another day where the firm is: it is only read where the format says so.
    """
    try:
        if date_format:
            return _by_format(text, date_format)
        return _by_look(text, serials)
    except (ValueError, OverflowError):
        raise Refused("date_zone" if _zone(text) else "date", value=shorten(text)) from None


def _zone(text):
    """The time with its zone at the end of a cell."""
    found = ZONE.search(text)
    return found if found and found.end() == len(text) else None


def _by_format(text, date_format):
    try:
        return datetime.strptime(text, date_format).date()
    except ValueError:
        pass
    zone = _zone(text)
    if "%z" in date_format and zone:
        return _by_look(text[: zone.end(1)], serials=False)
    found = ISO.fullmatch(text) or CHINESE.fullmatch(text)
    if found:
        return date(*map(int, found.groups()))
    turned = TURNED.fullmatch(text)
    if turned and date_format in ORDERS:  # separators, clock times and short years vary within one export
        first, second, year = int(turned[1]), int(turned[3]), _year(int(turned[4]))
        return date(year, second, first) if ORDERS[date_format] == "DMY" else date(year, first, second)
    raise ValueError(text)


def _year(year):
    return year if year > 99 else year + (1900 if year > 68 else 2000)


ORDERS = {"%d/%m/%Y": "DMY", "%m/%d/%Y": "MDY", "%d.%m.%Y": "DMY", "%d-%m-%Y": "DMY", "%m-%d-%Y": "MDY"}


def _by_name(text):
    """A day whose month is an English word, or None: that can be read in one way only."""
    found = NAMED.fullmatch(text)
    if found:
        day, month, year = found.groups()
    elif found := NAMED_US.fullmatch(text):
        month, day, year = found.groups()
    else:
        return None
    word = "sep" if month.lower() == "sept" else month.lower()
    number = next((n for n, name in enumerate(MONTHS, start=1) if name.startswith(word)), None)
    if number is None:
        raise ValueError(text)
    return date(_year(int(year)), number, int(day))


def _by_look(text, serials):
    found = ISO.fullmatch(text) or CHINESE.fullmatch(text) or COMPACT.fullmatch(text)
    if found:
        return date(*map(int, found.groups()))
    found = SLASH.fullmatch(text)
    if found:
        return date(int(found[1]), int(found[3]), int(found[4]))
    if serials and SERIAL.fullmatch(text):
        return SPREADSHEET_EPOCH + timedelta(days=int(float(text)))
    if TURNED.fullmatch(text):
        raise Refused("date_ambiguous", value=shorten(text))
    named = _by_name(text)
    if named is None:
        raise ValueError(text)
    return named
