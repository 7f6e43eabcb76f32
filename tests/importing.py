"""What the import tests share: a file made of text, and one call that imports it."""

from datetime import UTC, date, datetime

from customers.imports.account_run import import_accounts
from customers.imports.mapping import check
from customers.imports.running import import_lines
from customers.imports.source import opened
from customers.models import ImportJob

TODAY = date(2026, 11, 22)
AT = datetime(2026, 11, 22, 3, tzinfo=UTC)
COLUMNS = {
    "customer_code": "customer", "customer_name": "name", "industry": "industry", "region": "region",
    "order_no": "order", "line_no": "line", "date": "date", "product_code": "product", "product_name": "title",
    "category": "category",
    "quantity": "quantity", "amount": "amount", "cost": "cost", "gross_profit": "profit", "service_cost": "service",
    "currency": "currency",
}  # fmt: skip


def mapping_for(headers, kind="TRANSACTIONS", **more):
    """A mapping of the columns that the headers name."""
    if kind == "CUSTOMERS":
        return check({"columns": {name: name for name in headers}, **more}, kind)
    columns = {field: column for field, column in COLUMNS.items() if column in headers}
    return check({"columns": columns, "create_customers": True, **more}, kind)


def bring_in(
    tmp_path, text, *, dry_run=False, kind="TRANSACTIONS", currency="CNY", name="file.csv", today=TODAY, **more
):
    """Import text or bytes; the Outcome, with the job as `.job` (None for a dry run)."""
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    job = None if dry_run else ImportJob.objects.create(kind=kind, original_name=name, status="RUNNING", attempts=1)
    engine = import_lines if kind == "TRANSACTIONS" else import_accounts
    how = {key: more.get(key, "") for key in ("encoding", "delimiter", "sheet")}
    with opened(path, **how) as source:
        outcome = engine(
            source, mapping_for(source.shape.headers, kind, **more), today=today, at=AT, currency=currency,
            errors_path=tmp_path / "rejected.csv", job_id=job.pk if job else None,
        )  # fmt: skip
    if job:
        job.status, job.finished_at = "DONE", datetime.now(UTC)
        job.save()
    outcome.job = job
    return outcome


def counts(outcome):
    """(created, updated, unchanged, rejected)."""
    return outcome.created, outcome.updated, outcome.unchanged, outcome.rejected


def reasons(outcome):
    """The codes of the first rejected rows in the order of the file."""
    return [row["code"] for row in sorted(outcome.first, key=lambda row: row["line"])]
