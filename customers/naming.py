"""How names are sorted and found: pinyin for Chinese, casefolded otherwise."""

import re
import unicodedata

from pypinyin import Style, lazy_pinyin

HAN = re.compile(r"[\u3400-\u9fff]")


def sort_key(name):
    """A key under which a list of mixed names sorts as its readers expect: pinyin syllables or the casefolded name."""
    plain = unicodedata.normalize("NFKC", name).strip()
    return ("".join(lazy_pinyin(plain)) if HAN.search(plain) else plain).casefold()[:200]


def initials(name):
    """The initials people type to find a Chinese name (上海电力 → shdl); empty where there is nothing Chinese."""
    plain = unicodedata.normalize("NFKC", name).strip()
    return "".join(lazy_pinyin(plain, style=Style.FIRST_LETTER)).casefold()[:64] if HAN.search(plain) else ""


def fold_code(code):
    """A code as it is compared: NFKC, trimmed, casefolded, so that look-alikes count as one."""
    return unicodedata.normalize("NFKC", code).strip().casefold()


LEGAL_FORMS = re.compile(
    r"(股份有限公司|集团有限公司|有限责任公司|有限公司|集团|公司|co\.?,?\s*ltd\.?|ltd\.?|inc\.?|llc|gmbh|corp\.?)$"
)


def fold_name(name):
    """A name as duplicates are looked for: NFKC, casefolded, without spaces, brackets, points and the legal form."""
    plain = re.sub(r"[\s()（）\[\]【】·.,，。'\"“”\-]", "", unicodedata.normalize("NFKC", name).casefold())
    shorter = LEGAL_FORMS.sub("", plain)
    return shorter if len(shorter) > 1 else plain
