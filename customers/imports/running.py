"""One pass of a file of order lines: read, staged, matched and, unless it is a dry run, published as a whole."""

import uuid
from dataclasses import dataclass, field

from django.db import transaction

from customers.changes import note_change
from customers.imports import reading
from customers.imports.lines import LineReader
from customers.imports.problems import FileProblem
from customers.imports.rejected import RejectedRows
from customers.imports.values import NONE
from customers.models import ImportJob
from customers.publish import refresh_days
from customers.publish_imports import Publication, references_checked
from customers.publish_staging import UNKNOWN, Stage, lock_imports

PLAIN_QUANTITY = 10_000  # one piece, in ten-thousandths


@dataclass
class Outcome:
    """What an import did, or would do: counts of data rows, and what to tell."""

    rows: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    errors_file: str = ""
    warnings: list[dict] = field(default_factory=list)
    first: list[dict] = field(default_factory=list)  # the first rejected rows
    reasons: dict[str, int] = field(default_factory=dict)  # "code:field" -> rows

    def counts(self):
        """The counts by name."""
        return {name: getattr(self, name) for name in ("rows", "created", "updated", "unchanged", "rejected")}


def no_progress(rows, expected):
    """Nobody watches."""


def import_lines(source, mapping, *, today, at, currency, errors_path, job_id=None, progress=no_progress, before=None):
    """Outcome of a file of order lines.

    job_id None: a dry run, nothing is written. `before()` runs inside the publishing transaction before anything is
    written, `progress(rows, expected)` between blocks. Raises FileProblem where the file as a whole is refused.
    """
    reader = LineReader(
        mapping, mapping.indexes(source.shape.headers), today=today, currency=currency, serials=source.workbook
    )
    stage = Stage(mapping.stored)
    rejected = RejectedRows(errors_path, source.shape.headers, mapping.kind)
    outcome = Outcome()
    try:
        _stage(source, reader, stage, rejected, outcome, progress)
        if stage.resolve(mapping.create_customers, mapping.fold_codes):
            _reject_late(source, reader, stage, rejected)
        if job_id is None:
            found = stage.match()
            if new := stage.unknown_customers():
                outcome.warnings.append({"code": "customers_new", "count": new})
        else:
            with transaction.atomic():
                found, warnings = _publish(stage, job_id, at, before)
                outcome.warnings.extend(warnings)
        for name, count in found.items():
            setattr(outcome, name, count)
    finally:
        outcome.errors_file = rejected.close()
        stage.drop()
    outcome.rejected, outcome.first, outcome.reasons = rejected.count, rejected.first, rejected.reasons
    if outcome.rows != outcome.rejected + sum(found.values()):
        raise AssertionError(f"{outcome.rows} rows, but {outcome.rejected} rejected and {found}")
    return outcome


def _stage(source, reader, stage, rejected, outcome, progress):
    for block in reading.blocks(source.path, source.shape, needed=reader.needed):
        lines = reader.read(block)
        outcome.rows += len(block.rows) + len(block.broken)
        for line, cells, name, code, found in lines.refused:
            rejected.add(line, cells, name, code, found)
        if len(lines):
            stage.add(_columns(lines), lines.attributes())
        progress(outcome.rows, max(source.shape.lines - 1, outcome.rows))
    if not outcome.rows:
        raise FileProblem("header_only")


def _columns(lines):
    """The columns of publish_staging.LINE_COLUMNS; what is not mapped gets its default."""
    count = len(lines)
    blank = [""] * count
    text = lambda name: lines.texts.get(name, blank)  # noqa: E731
    amounts = {}
    for name, default in (("quantity", PLAIN_QUANTITY), ("amount", 0), ("cost", UNKNOWN), ("service_cost", 0)):
        column = lines.amounts.get(name)
        if column is None:
            amounts[name] = [default] * count
        else:
            amounts[name] = (column if name != "cost" else _known(column)).tolist()
    texts = [text(n) for n in ("customer_code", "order_no", "line_no", "date", "product_code", "category")]
    return [lines.number, *texts, *(amounts[n] for n in ("quantity", "amount", "cost", "service_cost"))]


def _known(column):
    column = column.copy()
    column[column == NONE] = UNKNOWN
    return column


def _reject_late(source, reader, stage, rejected):
    """Rows that only the database could refuse: read again, so that their cells are in the file of rejected rows."""
    for block in reading.blocks(source.path, source.shape, needed=reader.needed):
        if not block.lines:
            continue
        late = stage.late(block.lines[0], block.lines[-1])
        if not late:
            continue
        for line, cells in zip(block.lines, block.rows, strict=True):
            if line in late:
                code, value, other = late[line]
                rejected.add(line, cells, "", code, {"value": value, "other": other})


def _publish(stage, job_id, at, before):
    by_id = ImportJob.objects.values_list("created_by_id", flat=True).get(pk=job_id)
    prefix = uuid.uuid5(uuid.NAMESPACE_OID, f"guanxi-import-{job_id}").hex[:16]
    publication = Publication(stage, job_id, prefix, by_id)
    lock_imports()
    if before:
        before()
    stage.follow_late_merges()
    publication.catalogue()
    stage.look_up()
    warnings = [
        {"code": "attribute", "field": name, "varies": varies, "kept": kept}
        for name, varies, kept in publication.disagreements()
    ]
    publication.fill_customers(at)
    made = publication.customers(at)
    stage.look_up()
    found = stage.match()
    if made:
        warnings.insert(0, {"code": "customers_created", "count": made})
    if found["updated"]:
        publication.update_lines()
    touched = publication.touched()
    with references_checked():
        if found["created"]:
            publication.create_lines()
        refresh_days(touched)
    if touched is None or touched or made:
        note_change("import", job_id)
    return found, warnings
