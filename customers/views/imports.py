"""The import pages: upload, mapping, check, progress, result, and undoing it."""

from contextlib import suppress

from django.conf import settings
from django.contrib import messages
from django.core.files.storage import default_storage
from django.core.paginator import Paginator
from django.db import transaction
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from customers.forms.imports import READING, MappingForm, UploadForm, initial_of
from customers.guards import needs
from customers.imports import samples
from customers.imports.problems import FileProblem
from customers.polling import moving
from customers.selectors import imports as reading
from customers.services import import_undo, imports
from customers.tasks import run_import, send_import
from customers.vocabulary import ImportKind, ImportStatus, Right

INLINE_BYTES = 2 << 20  # files up to this size are checked at once, without the worker
MULTIPART = 64 << 10  # what a form adds to the size of its file
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@needs(Right.IMPORT)
@require_safe
def index(request):
    """All imports this person may see, and the door for a new one."""
    return _list(request, UploadForm())


def _list(request, form, status=200):
    page = Paginator(reading.jobs_for(request.user), 25).get_page(request.GET.get("page"))
    for job in page:
        job.badge = reading.BADGES[job.status]
    context = {"page": page, "form": form, "cap": settings.UPLOAD_CAP_BYTES, "open": reading.waiting(request.user)}
    return render(request, "imports/index.html", context, status=status)


@csrf_exempt  # the size is looked at before the body is read; the token is checked right after
@needs(Right.IMPORT)
@require_POST
def upload(request):
    """Take a file in; 413 where it is too large."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdigit() or int(length) > settings.UPLOAD_CAP_BYTES + MULTIPART:
        return render(request, "413.html", status=413)
    return _take_in(request)


@csrf_protect
def _take_in(request):
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        return _list(request, form, 422)
    if form.cleaned_data["file"].size > settings.UPLOAD_CAP_BYTES:
        return render(request, "413.html", status=413)
    try:
        job = imports.upload(kind=form.cleaned_data["kind"], upload=form.cleaned_data["file"], by=request.user)
    except FileProblem as problem:
        form.add_error("file", str(problem))
        return _list(request, form, 422)
    return redirect("imports:mapping", job.pk)


@needs(Right.IMPORT)
@require_http_methods(["GET", "HEAD", "POST"])
def mapping(request, pk):
    """Which column feeds which field: a guess or a preset to start with, then the check."""
    job = reading.job_or_404(request.user, pk)
    if job.status not in imports.MAPPABLE:
        return redirect("imports:detail", job.pk)
    if request.method == "POST":
        form = MappingForm(request.POST, job=job)
        anew = _read_anew(request, job, form)
        if anew is None and form.is_valid():
            imports.set_mapping(job=job, mapping=form.mapping, preset=form.cleaned_data["preset"], by=request.user)
            return _start(job, imports.CHECK)
        form = anew or form
    else:
        form = MappingForm(job=job, initial=initial_of(job, _saved(request, job)))
    context = {
        "job": job,
        "form": form,
        "presets": reading.presets(job.kind),
        "same": imports.same_file(job),
        "error": reading.error_sentence(job),
    }
    return render(request, "imports/mapping.html", context, status=422 if form.errors else 200)


def _read_anew(request, job, form):
    """The form again, with the columns that are found where the file is to be read in another way; else None."""
    before = job.detected["headers"]
    try:
        if not imports.look_again(job, form.reading()):
            return None
    except FileProblem as problem:
        form.add_error(None, str(problem))
        return form
    messages.info(request, _("The file was read anew. Look at the columns, then check it."))
    if job.detected["headers"] != before:
        return MappingForm(job=job, initial=initial_of(job, {}))
    return MappingForm(job=job, initial={**form.cleaned_data, **{name: job.detected.get(name) for name in READING}})


def _saved(request, job):
    """The mapping of the preset that was asked for, with the file read as it says; None where there is none."""
    number = request.GET.get("preset", "")
    found = reading.presets(job.kind).filter(pk=number).first() if number.isascii() and number.isdigit() else None
    if found is None:
        return None
    with suppress(FileProblem):
        imports.look_again(job, {name: found.mapping.get(name) for name in READING})
    return found.mapping


def _start(job, step):
    """Queue a job once and hand it to the worker; the check of a small file is done at once."""
    if imports.queue(job=job, step=step, at=timezone.now()):
        if step == imports.CHECK and job.size <= INLINE_BYTES:
            run_import(job.pk)
        else:
            transaction.on_commit(lambda: send_import(job.pk))
    return redirect("imports:detail", job.pk)


@needs(Right.IMPORT)
@require_safe
def detail(request, pk):
    """Where an import stands: its check, its progress or its result."""
    job = reading.job_or_404(request.user, pk)
    if job.status == ImportStatus.UPLOADED:
        return redirect("imports:mapping", job.pk)
    return render(request, "imports/detail.html", {"job": job, **_told(request, job)})


def _told(request, job):
    checked = job.status == ImportStatus.CHECKED
    found = job.dry_run if checked else job.detected
    counts = (
        job.dry_run
        if checked
        else {name: getattr(job, name) for name in ("created", "updated", "unchanged", "rejected")}
    )
    return {
        "going": job.status in reading.GOING,
        "badge": reading.BADGES[job.status],
        "counts": counts,
        "reasons": reading.reason_rows(job, found),
        "reason_counts": reading.reason_counts(job, found),
        "warnings": reading.warning_sentences(job.dry_run.get("warnings") if checked else job.warnings),
        "error": reading.error_sentence(job),
        "same": imports.same_file(job) if checked else None,
        "left": reading.seconds_left(job, timezone.now()),
        "again": bool(job.file) and job.status == ImportStatus.FAILED,
        "undone": job.detected.get("undone"),
    }


@needs(Right.IMPORT)
@require_safe
def progress(request, pk):
    """The moving part of the page: counts and time left; asks htmx to load the result once there is one."""
    job = reading.job_or_404(request.user, pk)
    part = render(request, "imports/parts/progress.html", {"job": job, **_told(request, job)})
    return moving(part, job.status in reading.GOING, reload=True)


@needs(Right.IMPORT)
@require_POST
def confirm(request, pk):
    """Yes to what the check found: the import is queued, once."""
    return _start(reading.job_or_404(request.user, pk), imports.IMPORT)


@needs(Right.IMPORT)
@require_safe
def rejected(request, pk):
    """The file of rejected rows, for whoever may see the import."""
    job = reading.job_or_404(request.user, pk)
    if not job.errors_file or not default_storage.exists(job.errors_file.name):
        raise Http404
    return FileResponse(
        job.errors_file.open("rb"), as_attachment=True, filename=f"rejected-{job.pk}.csv", content_type="text/csv"
    )


@needs(Right.IMPORT)
@require_http_methods(["GET", "HEAD", "POST"])
def undo(request, pk):
    """Take an import back, after a question; says why where that is not possible."""
    job = reading.job_or_404(request.user, pk)
    try:
        if request.method == "POST":
            import_undo.undo_import(job=job, by=request.user, at=timezone.now())
            messages.success(request, _("The import was undone."))
            return redirect("imports:detail", job.pk)
        import_undo.refuse_undo(job)
    except import_undo.CannotUndo as reason:
        messages.error(request, str(reason))
        return redirect("imports:detail", job.pk)
    return render(request, "imports/undo.html", {"job": job})


@needs(Right.IMPORT)
@require_POST
def discard(request, pk):
    """Forget an upload that was not imported, with its file."""
    job = reading.job_or_404(request.user, pk)
    if imports.discard(job=job):
        messages.success(request, _("The upload was discarded."))
    return redirect("imports:index")


@needs(Right.IMPORT)
@require_safe
def template(request, kind, extension):
    """An empty file with the right columns."""
    known = {"customers": ImportKind.CUSTOMERS, "transactions": ImportKind.TRANSACTIONS}
    if kind not in known or extension not in ("csv", "xlsx"):
        raise Http404
    make = samples.xlsx_template if extension == "xlsx" else samples.csv_template
    answer = HttpResponse(make(known[kind]), content_type=XLSX if extension == "xlsx" else "text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{kind}.{extension}"'
    return answer
