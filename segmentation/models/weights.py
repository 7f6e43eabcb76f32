"""Weight sets: versions of how much each indicator counts."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from simple_history.models import HistoricalRecords

from segmentation.models.indicators import Indicator

MODES = [("DIRECT", _("Direct weights")), ("AHP", _("Weights from pairwise judgements"))]
STATUSES = [("DRAFT", _("Draft")), ("PUBLISHED", _("Published")), ("SUPERSEDED", _("Superseded"))]
PROVENANCES = [("P", pgettext_lazy("source of a weight", "published")), ("E", _("estimated")), ("O", _("own"))]


def modes():
    """Choices of the mode."""
    return MODES


def statuses():
    """Choices of the status."""
    return STATUSES


def provenances():
    """Choices of the provenance."""
    return PROVENANCES


class WeightSet(models.Model):
    """One version of all weights; every night names the version it used."""

    name = models.CharField(_("name"), max_length=80)
    mode = models.CharField(_("mode"), max_length=8, choices=modes, default="DIRECT")
    status = models.CharField(_("status"), max_length=12, choices=statuses, default="DRAFT")
    current_share = models.DecimalField(_("weight of current value"), max_digits=14, decimal_places=12, default="0.39")
    note = models.CharField(_("note"), max_length=300, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    published_at = models.DateTimeField(_("published"), null=True, blank=True, editable=False)
    history = HistoricalRecords()

    class Meta:
        verbose_name, verbose_name_plural = _("weight set"), _("weight sets")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["status"], condition=Q(status="PUBLISHED"), name="one_published_weight_set"
            ),
            models.CheckConstraint(condition=Q(current_share__gte=0, current_share__lte=1), name="current_share_range"),
        ]

    def __str__(self):
        return f"{self.name} (v{self.pk})"


class Weight(models.Model):
    """The local weight of one indicator within its dimension."""

    weight_set = models.ForeignKey(WeightSet, on_delete=models.CASCADE, related_name="weights")
    indicator = models.ForeignKey(Indicator, on_delete=models.PROTECT, related_name="weights")
    value = models.DecimalField(_("weight"), max_digits=14, decimal_places=12)
    provenance = models.CharField(_("source"), max_length=1, choices=provenances, default="O")

    class Meta:
        verbose_name, verbose_name_plural = _("weight"), _("weights")
        ordering = ["indicator__position"]
        constraints = [
            models.CheckConstraint(condition=Q(value__gte=0, value__lte=1), name="weight_range"),
            models.UniqueConstraint(fields=["weight_set", "indicator"], name="one_weight_per_indicator"),
        ]

    def __str__(self):
        return f"{self.indicator}: {self.value}"

    def clean(self):
        if self.weight_set_id and self.weight_set.status != "DRAFT":
            raise ValidationError(_("A published weight set can't be changed: copy it to a new draft."))
