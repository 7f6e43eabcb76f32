"""Weight sets: versions of how much each indicator counts, from draft to superseded."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from simple_history.models import HistoricalRecords

from segmentation.models.indicators import Indicator
from segmentation.models.trees import IndicatorTree
from segmentation.numerics.random_index import TABLES

MODES = [("DIRECT", _("Direct weights")), ("AHP", _("Weights from pairwise judgements"))]
STATUSES = [
    ("DRAFT", _("Draft")),
    ("CHECKED", pgettext_lazy("weight set", "Checked")),
    ("APPROVED", pgettext_lazy("weight set", "Approved")),
    ("PUBLISHED", _("Published")),
    ("SUPERSEDED", _("Superseded")),
]
FROZEN = ("PUBLISHED", "SUPERSEDED")
PROVENANCES = [("P", pgettext_lazy("source of a weight", "published")), ("E", _("estimated")), ("O", _("own"))]
RANDOM_INDEX_LABELS = {
    "saaty1980": _("Saaty 1980"),
    "alonso_lamata2006": _("Alonso and Lamata 2006"),
    "saaty2005": _("Saaty 2005"),
    "donegan_dodd": _("Donegan and Dodd 1991"),
}


def modes():
    """Choices of the mode."""
    return MODES


def statuses():
    """Choices of the status."""
    return STATUSES


def provenances():
    """Choices of the provenance."""
    return PROVENANCES


def random_index_tables():
    """Choices of the random-index table."""
    return [(code, RANDOM_INDEX_LABELS[code]) for code in TABLES]


class WeightPolicy(models.Model):
    """How weight sets come into force: one row (id 1), also the lock that publishing takes."""

    second_person = models.BooleanField(
        _("a second person approves"),
        default=False,
        help_text=_("A version may only be published after somebody other than its author approved it."),
    )
    cr_limit = models.DecimalField(_("limit of the consistency ratio"), max_digits=4, decimal_places=3, default="0.10")
    random_index = models.CharField(
        _("random-index table"), max_length=20, choices=random_index_tables, default="saaty1980"
    )
    history = HistoricalRecords()

    class Meta:
        verbose_name = verbose_name_plural = _("weight policy")
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="weight_policy_is_one_row"),
            models.CheckConstraint(condition=Q(cr_limit__gt=0, cr_limit__lte=1), name="weight_policy_cr_limit"),
        ]

    def __str__(self):
        return str(_("weight policy"))

    @classmethod
    def current(cls):
        """The firm's row, or an unsaved one with the defaults."""
        return cls.objects.filter(pk=1).first() or cls(pk=1)


class WeightSet(models.Model):
    """One version of all weights; every night names the version it used."""

    name = models.CharField(_("name"), max_length=80)
    tree = models.ForeignKey(
        IndicatorTree, verbose_name=_("tree"), null=True, blank=True, on_delete=models.PROTECT, related_name="versions"
    )
    mode = models.CharField(_("mode"), max_length=8, choices=modes, default="DIRECT")
    status = models.CharField(_("status"), max_length=12, choices=statuses, default="DRAFT")
    current_share = models.DecimalField(_("weight of current value"), max_digits=14, decimal_places=12, default="0.39")
    note = models.CharField(_("note"), max_length=300, blank=True)
    based_on = models.ForeignKey(
        "self", verbose_name=_("copied from"), null=True, blank=True, editable=False, on_delete=models.SET_NULL
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("by"),
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    # What the check found: {"sums": {...}, "experts": [{"name", "question", "cr", "ok"}]}; the judgements behind it.
    checks = models.JSONField(_("checks"), default=dict, blank=True, editable=False)
    evidence = models.JSONField(_("judgements behind it"), default=dict, blank=True, editable=False)
    checked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("checked by"),
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("approved by"),
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("published by"),
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    published_at = models.DateTimeField(_("published"), null=True, blank=True, editable=False)
    publish_note = models.CharField(_("note of the publication"), max_length=300, blank=True, editable=False)
    fingerprint = models.CharField(_("fingerprint of the weights"), max_length=64, blank=True, editable=False)
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

    @property
    def is_draft(self):
        """Whether its weights may still be changed."""
        return self.status == "DRAFT"


class Weight(models.Model):
    """The local weight of one indicator within its dimension."""

    weight_set = models.ForeignKey(
        WeightSet, verbose_name=_("weight set"), on_delete=models.CASCADE, related_name="weights"
    )
    indicator = models.ForeignKey(
        Indicator, verbose_name=_("indicator"), on_delete=models.PROTECT, related_name="weights"
    )
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
            raise ValidationError(_("Only a draft's weights can be changed: copy this version to a new draft."))
