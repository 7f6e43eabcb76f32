"""Files people bring in: the job, its mapping preset, and what each import did (so that it can be undone)."""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.fields import CodeField
from customers.vocabulary import ImportKind, ImportStatus


def stored_under(instance, filename):
    """Uploads get a random name outside the web root; the original name is only ever shown, never used."""
    return f"imports/{uuid.uuid4().hex}"


class MappingPreset(models.Model):
    """A saved mapping of columns to fields."""

    name = models.CharField(_("name"), max_length=80)
    kind = CodeField(_("kind"), enum=ImportKind)
    mapping = models.JSONField(_("mapping"))
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("by"), null=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        verbose_name, verbose_name_plural = _("mapping preset"), _("mapping presets")
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["kind", "name"], name="one_preset_per_name")]

    def __str__(self):
        return self.name


class ImportJob(models.Model):
    """One import from upload to publication; good rows appear together, bad rows are reported."""

    kind = CodeField(_("kind"), enum=ImportKind)
    status = CodeField(_("status"), enum=ImportStatus, default=ImportStatus.UPLOADED.value, db_index=True)
    original_name = models.CharField(_("file"), max_length=300)
    file = models.FileField(upload_to=stored_under, blank=True)
    size = models.BigIntegerField(_("size in bytes"), default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    mapping = models.JSONField(_("mapping"), default=dict, blank=True)
    detected = models.JSONField(default=dict, blank=True)  # encoding, delimiter, headers, sample rows
    dry_run = models.JSONField(default=dict, blank=True)  # counts of the last dry run
    rows = models.BigIntegerField(_("rows"), default=0)
    rows_expected = models.BigIntegerField(default=0)  # estimate for the progress bar
    created = models.BigIntegerField(_("created"), default=0)
    updated = models.BigIntegerField(_("updated"), default=0)
    unchanged = models.BigIntegerField(_("unchanged"), default=0)
    rejected = models.BigIntegerField(_("rejected"), default=0)
    warnings = models.JSONField(default=list, blank=True)
    errors_file = models.FileField(upload_to=stored_under, blank=True)
    error = models.JSONField(default=dict, blank=True)  # code and values of what stopped it
    attempts = models.PositiveSmallIntegerField(default=0)
    heartbeat = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    created_at = models.DateTimeField(_("uploaded"), auto_now_add=True)
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("import"), _("imports")
        ordering = ["-id"]

    def __str__(self):
        return self.original_name


class ImportUndo(models.Model):
    """The values a row had before an import changed it (one row per updated line or customer)."""

    job = models.ForeignKey(ImportJob, on_delete=models.CASCADE, related_name="undo_rows")
    model = models.CharField(max_length=40)
    object_id = models.BigIntegerField()
    before = models.JSONField()
    after = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "model", "object_id"], name="one_undo_row_per_object")]
