"""The standings of a night as a table other tools read; docs/standings.md says what each column means."""

import csv
import json

from customers.models import Standing

VERDICTS = ["tier", "role", "stage", "pattern", "level", "sublevel", "quadrant"]
SCORES = ["current_score", "potential_score", "total_score", "p_alive", "expected_purchases", "clv", "churn_risk"]
MEASURES = ["orders", "quantity", "amount", "gross_profit", "first_order", "last_order"]
VECTORS = ["raw", "z", "points"]


def header(night):
    """The column names, in order."""
    return ["customer_code", *VERDICTS, *SCORES, *MEASURES] + [
        f"{vector}_{code}" for code in night.weights.get("indicators", []) for vector in VECTORS
    ]


def rows(night):
    """Each customer as a list of values in the order of the header, by code; None = none."""
    width = len(night.weights.get("indicators", []))
    names = ["customer__code", *VERDICTS, *SCORES, *MEASURES, *VECTORS]
    found = Standing.objects.filter(night=night.pk).order_by("customer__code").values_list(*names)
    for row in found.iterator(chunk_size=5000):
        plain, vectors = row[: -len(VECTORS)], row[-len(VECTORS) :]
        cells = list(plain)
        for place in range(width):
            for vector in vectors:
                value = None if vector is None else float(vector[place])
                cells.append(None if value is None or value != value else value)
        yield cells


def _text(value):
    """Floats with every digit, exact decimals as they are, nothing for none."""
    if value is None:
        return ""
    return repr(value) if isinstance(value, float) else str(value)


def write_csv(night, out):
    """Write the table as CSV; returns the number of customers."""
    writer = csv.writer(out)
    writer.writerow(header(night))
    count = 0
    for count, row in enumerate(rows(night), 1):  # noqa: B007 - the last count is the answer
        writer.writerow([_text(value) for value in row])
    return count


def write_json(night, out):
    """Write the table as one JSON document; returns the number of customers."""
    names, count = header(night), 0
    out.write(json.dumps({"as_of": night.as_of.isoformat(), "night": night.pk})[:-1] + ', "customers": [')
    for count, row in enumerate(rows(night), 1):
        cells = [value if value is None or isinstance(value, int | float | str) else _plain(value) for value in row]
        out.write(
            (", " if count > 1 else "") + "\n" + json.dumps(dict(zip(names, cells, strict=True)), ensure_ascii=False)
        )
    out.write("\n]}\n")
    return count


def _plain(value):
    """Decimals as numbers, dates as ISO text."""
    return float(value) if hasattr(value, "as_tuple") else str(value)
