"""What a file is: its kind by its first bytes, its encoding by all its bytes, its layout by its first lines."""

import codecs
import hashlib
import re
from collections import Counter
from dataclasses import dataclass, field

from customers.imports.layout import SAMPLE, lay_out
from customers.imports.problems import FileProblem

BLOCK = 1 << 20
MAGIC = [
    (b"\x89PNG", "PNG"), (b"GIF8", "GIF"), (b"\xff\xd8\xff", "JPEG"), (b"%PDF", "PDF"), (b"\x1f\x8b", "GZIP"),
    (b"7z\xbc\xaf", "7-Zip"), (b"Rar!", "RAR"), (b"SQLite format 3", "SQLite"), (b"PAR1", "Parquet"),
    (b"\x7fELF", "program"),
    (b"MZ\x90", "program"), (b"{\\rtf", "RTF"), (b"BM\x36", "BMP"),
]  # fmt: skip
MARKUP = re.compile(rb"\s*<(?:!doctype|html|\?xml|table|svg|head|body)", re.IGNORECASE)
JSON = re.compile(rb"\s*(?:\{\s*\"|\[\s*[{\[])")
NAMES = {"utf-8", "gb18030", "utf-16-le", "utf-16-be", "cp1252"}
ALIASES = {"utf8": "utf-8", "utf-8-sig": "utf-8", "gbk": "gb18030", "gb2312": "gb18030", "latin-1": "cp1252",
           "latin1": "cp1252", "iso-8859-1": "cp1252", "windows-1252": "cp1252", "utf-16le": "utf-16-le",
           "utf-16be": "utf-16-be"}  # fmt: skip


@dataclass
class Shape:
    """What is known about a text table before its rows are read."""

    encoding: str = "utf-8"
    delimiter: str = ","
    headers: list[str] = field(default_factory=list)
    start: int = 0  # bytes of the byte order mark
    skip: int = 0  # physical lines before the first row
    header_row: int = 1  # the line of the titles; 0 = there are none
    lines: int = 0  # line ends in the file: the rows to expect
    size: int = 0
    sha256: str = ""


def kind_of(path):
    """ "xlsx" or "text", by the first bytes and never by the name; anything else is refused in one sentence."""
    with open(path, "rb") as file:
        head = file.read(SAMPLE)
    if not head:
        raise FileProblem("empty")
    if head.startswith(b"PK\x03\x04"):
        return "xlsx"
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        raise FileProblem("old_excel")
    for magic, name in MAGIC:
        if head.startswith(magic):
            raise FileProblem("not_a_table", value=name)
    if MARKUP.match(head.removeprefix(codecs.BOM_UTF8)):
        raise FileProblem("not_a_table", value="HTML/XML")
    if JSON.match(head.removeprefix(codecs.BOM_UTF8)):
        raise FileProblem("not_a_table", value="JSON")
    return "text"


def measure(path, encoding="", delimiter="", header_row=None):
    """The Shape of a text table, in one pass over the file and with flat memory."""
    shape = Shape()
    head, mark = b"", ""
    digest, votes = hashlib.sha256(), Counter()
    ends_lf = ends_cr = 0
    with open(path, "rb") as file:
        head = file.read(SAMPLE)
        mark, shape.start = _mark(head)
        if not mark:
            _refuse_binary(head)
        file.seek(0)
        rest = b""
        while block := file.read(BLOCK):
            digest.update(block)
            shape.size += len(block)
            ends_lf, ends_cr = ends_lf + block.count(b"\n"), ends_cr + block.count(b"\r")
            if not mark and not encoding and not block.isascii():
                rest = _vote(rest + block, votes)
    shape.sha256, shape.lines = digest.hexdigest(), max(ends_lf, ends_cr)
    shape.encoding = _named(encoding) if encoding else mark or _elected(votes)
    lay_out(shape, head[shape.start :].decode(shape.encoding, "replace"), delimiter, header_row)
    return shape


def _named(name):
    name = ALIASES.get(name.strip().lower(), name.strip().lower())
    if name == "utf-16":
        name = "utf-16-le"
    if name not in NAMES:
        raise FileProblem("encoding_unknown", value=name)
    return name


def _mark(head):
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if head.startswith(mark):
            return name, len(mark)
    return "", 0


def _refuse_binary(head):
    nul = head.count(b"\0")
    if nul > len(head) // 4 and (head[1::2].count(0) > nul * 0.9 or head[::2].count(0) > nul * 0.9):
        raise FileProblem("utf16_without_bom")
    odd = sum(head.count(bytes([code])) for code in range(32) if code not in (9, 10, 13))
    if odd > max(20, len(head) // 20):
        raise FileProblem("not_text")


def _vote(data, votes):
    """Count how the lines that are not ASCII decode; returns the unfinished last line."""
    cut = max(data.rfind(b"\n"), data.rfind(b"\r")) + 1
    whole, rest = (data[:cut], data[cut:]) if cut else (data[:BLOCK], b"")
    try:
        whole.decode("utf-8")
        votes["utf-8"] += 1_000  # a whole block of valid multi-byte sequences is no accident
        return rest[-BLOCK:]
    except UnicodeDecodeError:
        pass
    for line in re.split(rb"[\r\n]+", whole):
        if line.isascii():
            continue
        if votes.total() > 20_000:
            break
        votes[_best(line)] += 1
    return rest[-BLOCK:]


def _best(line):
    try:
        line.decode("utf-8")
        return "utf-8"
    except UnicodeDecodeError:
        pass
    try:
        text = line.decode("gb18030")
    except UnicodeDecodeError:
        return "cp1252"
    foreign = [letter for letter in text if letter > "\x7f"]
    common = sum(1 for letter in foreign if _common_chinese(letter))
    return "gb18030" if common * 2 >= len(foreign) else "cp1252"


def _common_chinese(letter):
    """Whether a letter speaks for GB18030: not where a western letter before a plain one would look the same."""
    return ("\u4e00" <= letter <= "\u9fff" and letter.encode("gb18030")[-1] > 0x7F) or _of_gb2312(letter)


def _of_gb2312(letter):
    try:
        return len(letter.encode("gb2312")) == 2
    except UnicodeEncodeError:
        return False


def _elected(votes):
    """UTF-8 unless most lines say otherwise: a few odd lines are rejected one by one, not the file reread."""
    if not votes:
        return "utf-8"
    if votes["utf-8"] * 2 >= votes.total():
        return "utf-8"
    return "gb18030" if votes["gb18030"] >= votes["cp1252"] else "cp1252"
