"""Imports as jobs: a file with its mapping, from upload or command line to publication, and back."""

import os
import uuid
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import F
from django.utils import translation

from customers.imports.account_run import import_accounts
from customers.imports.days import order_of
from customers.imports.mapping import as_dict, check
from customers.imports.problems import FileProblem, shorten
from customers.imports.reading import blocks, spread
from customers.imports.running import import_lines
from customers.imports.source import opened
from customers.imports.values import decimal_of
from customers.models import FirmProfile, ImportJob, MappingPreset
from customers.vocabulary import ImportKind, ImportStatus

CHECK, IMPORT = "check", "import"  # what a queued job waits for
MAPPABLE = [ImportStatus.UPLOADED.value, ImportStatus.CHECKED.value, ImportStatus.FAILED.value]
STALE, WAITING = timedelta(minutes=10), timedelta(minutes=1)
MOST_ATTEMPTS = 3
KEPT_FILES = timedelta(days=30)
SAMPLE_ROWS, SAMPLE_BYTES = 5, 64 << 10


def firm_currency():
    """The currency of the firm's books."""
    firm = FirmProfile.objects.filter(pk=1).first()
    return firm.currency if firm else FirmProfile._meta.get_field("currency").default


def new_errors_path():
    """A random name for a file of rejected rows, in the private folder of imports."""
    folder = Path(settings.MEDIA_ROOT) / "imports"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{uuid.uuid4().hex}.csv"


def import_from_command(*, path, kind, mapping, dry_run, today, clock, progress=None):
    """Import a file in the foreground; (Outcome, job or None for a dry run). The job can be undone from the page."""
    with opened(path, **mapping.reading) as source:
        if dry_run:
            return _pass(source, mapping, kind, today, clock(), None, progress), None
        job = ImportJob.objects.create(
            kind=kind, status=ImportStatus.RUNNING.value, original_name=os.path.basename(path)[:300],
            mapping=as_dict(mapping), size=source.shape.size, sha256=source.shape.sha256, attempts=1,
            started_at=clock(), heartbeat=clock(),
        )  # fmt: skip
        return run_job(job, source, mapping, today=today, clock=clock, progress=progress), job


def _pass(source, mapping, kind, today, at, job, progress, before=None):
    engine = import_lines if ImportKind(kind) is ImportKind.TRANSACTIONS else import_accounts
    options = {"progress": progress} if progress else {}
    return engine(
        source, mapping, today=today, at=at, currency=firm_currency(), errors_path=new_errors_path(),
        job_id=job.pk if job else None, before=before, **options,
    )  # fmt: skip


def run_job(job, source, mapping, *, today, clock, progress=None):
    """Run a job that is RUNNING to its end; what goes wrong is kept with the job and raised again."""
    attempt = job.attempts

    def still_mine():
        current = ImportJob.objects.select_for_update().get(pk=job.pk)
        if current.status != ImportStatus.RUNNING or current.attempts != attempt:
            raise TakenOver(job.pk)

    try:
        outcome = _pass(source, mapping, job.kind, today, clock(), job, _noter(job, clock, progress), still_mine)
    except TakenOver:
        raise
    except FileProblem as problem:
        fail_job(job, problem, at=clock())
        raise
    except Exception as error:
        fail_job(job, FileProblem("internal", value=type(error).__name__), at=clock())
        raise
    for name, value in outcome.counts().items():
        setattr(job, name, value)
    job.rows_expected, job.warnings = outcome.rows, outcome.warnings
    job.detected = {**job.detected, "first": outcome.first, "reasons": outcome.reasons}
    job.errors_file.name = stored_name(outcome.errors_file)
    job.status, job.finished_at, job.heartbeat, job.error = ImportStatus.DONE.value, clock(), clock(), {}
    job.save()
    return outcome


def fail_job(job, problem, *, at):
    """Mark a job as failed with the reason as plain data."""
    ImportJob.objects.filter(pk=job.pk, attempts=job.attempts).update(
        status=ImportStatus.FAILED.value, error=problem.as_dict(), finished_at=at
    )


def stored_name(path):
    """The path of a file of rejected rows as the storage knows it; empty where there is none."""
    return os.path.relpath(path, settings.MEDIA_ROOT) if path else ""


class TakenOver(Exception):
    """Another worker has taken up the job: this one must not write."""


# From the page: upload, mapping, check, confirmation


def upload(*, kind, upload, by):
    """Store an uploaded file under a random name and look at it; what is no table is not kept (FileProblem)."""
    job = ImportJob(kind=kind, original_name=os.path.basename(upload.name)[:300], created_by=by, size=upload.size)
    job.file.save("upload", upload, save=False)
    try:
        look_at(job)
    except BaseException:
        job.file.delete(save=False)
        raise
    job.save()
    return job


def look_at(job, **reading):
    """What is in the file of a job: encoding, delimiter, titles, first rows; reading: as for `opened`."""
    sheets = job.detected.get("sheets", [])
    try:
        found = _seen(job, reading)
    except FileProblem as problem:
        if problem.code != "sheet_choice":
            raise
        sheets = list(problem.values["names"])
        reading = {**reading, "sheet": sheets[0]}
        found = _seen(job, reading)
    asked = {"sheet": reading.get("sheet", ""), "header_asked": reading.get("header_row")}
    job.detected = {**job.detected, **found, **asked, "sheets": sheets or found["sheets"]}


def _seen(job, reading):
    with opened(job.file.path, **reading) as source:
        found = described(source)
        job.sha256, job.rows_expected = source.shape.sha256, max(source.shape.lines - 1, 0)
    return found


def look_again(job, wanted):
    """Reads the file of a job anew where it is to be read in another way; whether it was (FileProblem).

    What was queued while it was read (by another page) stays as it is.
    """
    found = job.detected
    wanted = {name: value for name, value in wanted.items() if value not in ("", None)}
    changed = {name for name, value in wanted.items() if found.get(name) != value}
    if not changed:
        return False
    anew = changed & {"encoding", "sheet"}  # then what stands where is looked for again
    asked = {"header_row"} if found.get("header_asked") is not None else set()
    kept = {"encoding", "sheet"} | changed | (set() if anew else {"delimiter"} | asked)
    look_at(job, **{name: value for name, value in wanted.items() if name in kept})
    ImportJob.objects.filter(pk=job.pk, status__in=MAPPABLE).update(
        detected=job.detected, sha256=job.sha256, rows_expected=job.rows_expected
    )
    return True


def described(source):
    """The shape of a file as plain data, with its first rows."""
    shape, sample = source.shape, []
    for block in blocks(source.path, shape, SAMPLE_BYTES):
        sample += [[shorten(cell) for cell in row] for row in block.rows]
        if len(sample) >= SAMPLE_ROWS or block.rows or block.broken:
            break
    if not sample and not shape.headers:
        raise FileProblem("empty")
    if shape.lines <= 1 and not sample:
        raise FileProblem("header_only")
    return {
        "encoding": shape.encoding, "delimiter": shape.delimiter, "headers": shape.headers,
        "sample": sample[:SAMPLE_ROWS], "workbook": source.workbook, "sheets": list(source.sheets),
        "header_row": shape.header_row, **_habits(source, sample),
    }  # fmt: skip


def _habits(source, sample):
    """By title how days and numbers are written, as rows all over the file tell: orders and decimals."""
    rows = [row for row in [*sample, *spread(source.path, source.shape)] if len(row) == len(source.shape.headers)]
    habits = {"orders": {}, "decimals": {}}
    for at, title in enumerate(source.shape.headers):
        cells = [row[at] for row in rows]
        for habit, told in (("orders", order_of(cells)), ("decimals", decimal_of(cells))):
            if title and told:
                habits[habit][title] = told
    return habits


def same_file(job):
    """The latest finished import of exactly this file by anybody, or None."""
    done = ImportJob.objects.filter(sha256=job.sha256, kind=job.kind, status=ImportStatus.DONE.value)
    return done.exclude(pk=job.pk).order_by("-id").first() if job.sha256 else None


def set_mapping(*, job, mapping, preset="", by):
    """Keep a checked Mapping with the job, also as a preset where it is given a name; False, and nothing is kept, where
    another page has sent the job on its way."""
    kept = {"mapping": as_dict(mapping), "dry_run": {}, "error": {}, "status": ImportStatus.UPLOADED.value}
    if not ImportJob.objects.filter(pk=job.pk, status__in=MAPPABLE).update(**kept):
        return False
    job.refresh_from_db()
    if preset:
        MappingPreset.objects.update_or_create(
            kind=job.kind, name=preset[:80], defaults={"mapping": job.mapping, "created_by": by}
        )
    return True


def queue(*, job, step, at):
    """Put a job into the queue for its check or its import, once; False where somebody was faster.

    step: CHECK from a status where the mapping may change, IMPORT from CHECKED only.
    """
    before = [ImportStatus.CHECKED.value] if step == IMPORT else MAPPABLE
    with transaction.atomic():
        job = ImportJob.objects.select_for_update().get(pk=job.pk)
        if job.status not in before:
            return False
        job.status, job.detected = ImportStatus.QUEUED.value, {**job.detected, "step": step}
        job.rows, job.attempts, job.heartbeat, job.error = 0, 0, at, {}
        job.save(update_fields=["status", "detected", "rows", "attempts", "heartbeat", "error"])
    return True


def discard(*, job):
    """Forget an upload that was never imported, file and all; False where it is on its way or done."""
    with transaction.atomic():
        job = ImportJob.objects.select_for_update().get(pk=job.pk)
        if job.status not in MAPPABLE or not job.file:
            return False
        name = job.file.name
        job.delete()
        transaction.on_commit(lambda: default_storage.delete(name))
    return True


def forget_files(now):
    """Delete what was uploaded and rejected once nobody needs it; the counts stay. Returns how many files."""
    old = ImportJob.objects.filter(created_at__lt=now - KEPT_FILES).exclude(file="", errors_file="")
    gone = 0
    for job in old.exclude(status__in=[ImportStatus.QUEUED.value, ImportStatus.RUNNING.value]):
        for name in filter(None, (job.file.name, job.errors_file.name)):
            default_storage.delete(name)
            gone += 1
        ImportJob.objects.filter(pk=job.pk).update(file="", errors_file="")
    return gone


# In the worker


def take_up(job_id, *, today, clock):
    """Carry a queued job to its end. Repeated or late messages find nothing to do."""
    taken = ImportJob.objects.filter(pk=job_id, status=ImportStatus.QUEUED.value).update(
        status=ImportStatus.RUNNING.value, attempts=F("attempts") + 1, heartbeat=clock(), started_at=clock()
    )
    if not taken:
        return None
    job = ImportJob.objects.select_related("created_by").get(pk=job_id)
    with translation.override(getattr(job.created_by, "language", "") or settings.LANGUAGE_CODE):
        try:
            mapping = check(job.mapping, job.kind)
            if not job.file or not default_storage.exists(job.file.name):
                raise FileProblem("nothing_left")
            with opened(job.file.path, **mapping.reading) as source:
                if job.detected.get("step") == CHECK:
                    return check_job(job, source, mapping, today=today, clock=clock)
                return run_job(job, source, mapping, today=today, clock=clock)
        except FileProblem as problem:
            fail_job(job, problem, at=clock())
        except TakenOver:
            pass
        except Exception as error:
            fail_job(job, FileProblem("internal", value=type(error).__name__), at=clock())
            raise
    return None


def check_job(job, source, mapping, *, today, clock):
    """The dry run of a job that is RUNNING: counts and first reasons are kept, nothing else is written."""
    outcome = _pass(source, mapping, job.kind, today, clock(), None, _noter(job, clock))
    if outcome.errors_file:
        os.unlink(outcome.errors_file)  # the file of the import itself is the one to download
    job.dry_run = {
        **outcome.counts(), "first": outcome.first, "reasons": outcome.reasons, "warnings": outcome.warnings,
        "at": clock().isoformat(),
    }  # fmt: skip
    job.rows_expected, job.heartbeat, job.status = outcome.rows, clock(), ImportStatus.CHECKED.value
    ImportJob.objects.filter(pk=job.pk, status=ImportStatus.RUNNING.value, attempts=job.attempts).update(
        dry_run=job.dry_run, rows_expected=job.rows_expected, heartbeat=job.heartbeat, status=job.status
    )
    return outcome


def _noter(job, clock, progress=None):
    """A progress function that writes the job's row at most twice a second."""
    last = [clock()]

    def note(rows, expected):
        moment = clock()
        if (moment - last[0]).total_seconds() >= 0.5:
            last[0] = moment
            ImportJob.objects.filter(pk=job.pk).update(rows=rows, rows_expected=expected, heartbeat=moment)
        if progress:
            progress(rows, expected)

    return note


def sweep(now):
    """What a crash or a lost message left: ids of the jobs that the worker has to be told of again.

    A job without a sign of life for STALE goes back into the queue, after MOST_ATTEMPTS it fails.
    """
    stale = ImportJob.objects.filter(status=ImportStatus.RUNNING.value, heartbeat__lt=now - STALE, file__gt="")
    for job in stale:
        if job.attempts >= MOST_ATTEMPTS:
            fail_job(job, FileProblem("crashed", value=job.attempts), at=now)
        else:
            ImportJob.objects.filter(pk=job.pk, status=ImportStatus.RUNNING.value, attempts=job.attempts).update(
                status=ImportStatus.QUEUED.value, heartbeat=now - WAITING
            )
    for job in ImportJob.objects.filter(status=ImportStatus.RUNNING.value, heartbeat__lt=now - STALE, file=""):
        fail_job(job, FileProblem("crashed", value=job.attempts), at=now)  # from the command line: nobody can go on
    waiting = ImportJob.objects.filter(status=ImportStatus.QUEUED.value, heartbeat__lte=now - WAITING)
    ids = list(waiting.order_by("id").values_list("id", flat=True))
    ImportJob.objects.filter(pk__in=ids).update(heartbeat=now)
    return ids
