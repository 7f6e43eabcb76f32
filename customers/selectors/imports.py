"""Imports as pages read them: whose they are, how far they are, and what they say in the reader's language."""

from django.db.models import Count
from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from customers.imports.fields import field_label
from customers.imports.problems import file_message, row_message
from customers.models import ImportJob, MappingPreset
from customers.vocabulary import ImportStatus

GOING = (ImportStatus.QUEUED.value, ImportStatus.RUNNING.value)
BADGES = {
    ImportStatus.UPLOADED.value: "is-warn",
    ImportStatus.CHECKED.value: "is-warn",
    ImportStatus.QUEUED.value: "is-info",
    ImportStatus.RUNNING.value: "is-info",
    ImportStatus.DONE.value: "is-good",
    ImportStatus.FAILED.value: "is-bad",
    ImportStatus.UNDONE.value: "",
}


def jobs_for(user):
    """The imports a user may see: administrators all, everybody else their own."""
    jobs = ImportJob.objects.select_related("created_by")
    return jobs if user.is_admin else jobs.filter(created_by=user)


def job_or_404(user, pk):
    """One import, or 404 where it is not the user's."""
    job = jobs_for(user).filter(pk=pk).first()
    if job is None:
        raise Http404
    return job


def presets(kind):
    """Saved mappings of a kind."""
    return MappingPreset.objects.filter(kind=kind)


def reason_rows(job, found):
    """The first rejected rows as (line, sentence)."""
    return [
        (row["line"], row_message(row["code"], row["values"], field_label(job.kind, row["field"])))
        for row in (found or {}).get("first", [])
    ]


def reason_counts(job, found):
    """What rows were rejected for, as (rows, sentence), the most frequent first; a cell stands as an ellipsis."""
    counted = sorted((found or {}).get("reasons", {}).items(), key=lambda pair: -pair[1])
    return [(count, _sentence(job.kind, *reason.split(":", 1))) for reason, count in counted]


def _sentence(kind, code, name):
    blank = dict.fromkeys(("value", "other", "limit", "found", "expected"), "…")
    return row_message(code, blank, field_label(kind, name))


def warning_sentences(warnings):
    """What an import did beside the lines, in words."""
    told = []
    for found in warnings or []:
        if found["code"] == "customers_created":
            words = ngettext("%(n)s new customer was created.", "%(n)s new customers were created.", found["count"])
            told.append(words % {"n": found["count"]})
        elif found["code"] == "customers_new":
            words = ngettext(
                "%(n)s customer of the file is not known yet and would be created.",
                "%(n)s customers of the file are not known yet and would be created.",
                found["count"],
            )
            told.append(words % {"n": found["count"]})
        elif found["code"] == "attribute":
            label = field_label("TRANSACTIONS", found["field"])
            if found["varies"]:
                words = _("%(field)s differs between lines for %(n)s of them: the latest line was taken.")
                told.append(words % {"field": label, "n": found["varies"]})
            if found["kept"]:
                words = _("%(field)s of %(n)s known customers differs from the file: what is stored was kept.")
                told.append(words % {"field": label, "n": found["kept"]})
    return told


def error_sentence(job):
    """Why a job failed, in words; empty where it did not."""
    return file_message(job.error["code"], job.error["values"]) if job.error.get("code") else ""


def seconds_left(job, now):
    """Estimated seconds to the end of reading; None where nothing can be said yet."""
    if not job.started_at or not job.rows or job.rows >= job.rows_expected:
        return None
    spent = (now - job.started_at).total_seconds()
    return spent * (job.rows_expected - job.rows) / job.rows if spent >= 1 else None


def waiting(user):
    """How many of the user's imports are in each status."""
    return dict(jobs_for(user).order_by().values_list("status").annotate(n=Count("id")))
