"""What a night must satisfy before anybody sees it: counts and identities; implausible totals only warn."""

from decimal import Decimal

import numpy as np

JUMP = 0.5  # a total that moved by more than half since the night before is worth a look


def checks(book, verdicts, totals):
    """The self-check: exact sums against the lines themselves, and the identities of the wings.

    totals: what `frames_lines.line_totals` found in the state of the database that the book was read from.
    """
    lines, amount, quantity = totals
    told = [
        _exact("amount_equals_lines", int(book.customers["amount_u"].sum()), amount),
        _exact("quantity_equals_lines", int(book.customers["quantity_u"].sum()), quantity),
        _equal("days_cover_lines", book.lines, lines),
    ]
    told += [check for verdict in verdicts for check in verdict.checks]
    return told + [check for verdict in verdicts for act in verdict.late_checks for check in act()]


def rows_check(rows, customers):
    """That the database took over one row for every customer."""
    return _equal("rows_equal_customers", rows, customers)


def _equal(code, value, expected):
    return {"code": code, "ok": value == expected, "value": value, "limit": expected}


def _exact(code, units, expected):
    """Equality of two sums in ten-thousandths, told in plain units."""
    plain = (str(Decimal(value).scaleb(-4)) for value in (units, expected))
    return {"code": code, "ok": units == expected} | dict(zip(("value", "limit"), plain, strict=True))


def summary(book, verdicts):
    """Totals of the whole firm, kept with the night: compared with the next one, shown on the Nights page."""
    known = book.customers
    totals = {
        "customers": len(book),
        "with_orders": int((known["orders"] > 0).sum()),
        "lines_to": book.as_of.isoformat(),
        "amount": float(known["amount"].sum()),
        "gross_profit": _finite(known["gross_profit"].sum()),
        "clv": _finite(known["clv"].sum()) if "clv" in known else None,
    }
    for verdict in verdicts:
        totals |= verdict.summary
    return totals


def _finite(value):
    return float(value) if np.isfinite(value) else None


def compared(night, before):
    """Warnings where a total jumped since the night before."""
    if before is None or not before.summary:
        return []
    told = []
    for name in ("customers", "with_orders", "amount", "clv"):
        now, then = night.summary.get(name), before.summary.get(name)
        if now is not None and then and abs(now - then) > JUMP * abs(then):
            told.append({"code": "total_jumped", "name": name, "now": now, "before": then, "as_of": str(before.as_of)})
    return told
