"""The address of a customer: its plain code wherever that survives in a URL, a quoted form where it does not."""

import base64
import binascii
import re

CONTROL = re.compile(r"[\x00-\x1f\x7f]")
MARK = "="  # opens the quoted form: "=" and the code in URL-safe base64
# First parts of addresses under /customers/ that are pages of their own (a test keeps this list complete).
RESERVED = frozenset(
    {"portfolio", "new", "import", "export", "bulk", "columns", "edit", "tier", "contacts", "interactions",
     "transactions", "cases", "suggestions", "surveys", "contracts", "commitments", "receivables", "referrals",
     "costs", "records", "goals", "merging"}
)  # fmt: skip


def survives(code):
    """Whether browsers and servers hand this code through an address unchanged, and no page of ours takes it."""
    parts = code.split("/")
    return parts[0] not in RESERVED and not code.startswith(MARK) and not {"", ".", ".."} & set(parts)


def quoted(code):
    """The quoted form of a code."""
    return MARK + base64.urlsafe_b64encode(code.encode()).decode().rstrip("=")


class CodeConverter:
    """A customer's code in a path: any text but control characters, Chinese, spaces and slashes included."""

    regex = r".+"

    def to_python(self, value):
        if value.startswith(MARK):
            body = value[len(MARK) :]
            try:
                value = base64.b64decode(body + "=" * (-len(body) % 4), altchars=b"-_", validate=True).decode()
            except (binascii.Error, UnicodeDecodeError):
                raise ValueError(body) from None
        if CONTROL.search(value):
            raise ValueError(value)
        return value

    def to_url(self, code):
        return code if survives(str(code)) else quoted(str(code))
