"""Pairwise judgement: a study, its questions, the invited experts and what each of them answered."""

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from simple_history.models import HistoricalRecords

from segmentation.models.trees import IndicatorTree, TreeNode, local
from segmentation.models.weights import random_index_tables

AGGREGATIONS = [
    ("aip_mean", _("Arithmetic mean of the experts' weights")),
    ("aip_geometric", _("Geometric mean of the experts' weights")),
    ("aij", _("Geometric mean of the experts' judgements")),
]
STUDY_STATUSES = [
    ("OPEN", pgettext_lazy("study", "Open")),
    ("CLOSED", pgettext_lazy("study", "Closed")),
]
STRONGEST = 8  # steps from equal: 9 on Saaty's scale


def aggregations():
    """Choices of the aggregation."""
    return AGGREGATIONS


def study_statuses():
    """Choices of the status."""
    return STUDY_STATUSES


class Study(models.Model):
    """One round of judgement: which branches of a tree, by whom, until when."""

    name = models.CharField(_("name"), max_length=80)
    tree = models.ForeignKey(IndicatorTree, verbose_name=_("tree"), on_delete=models.PROTECT, related_name="studies")
    note = models.CharField(_("note for the experts"), max_length=300, blank=True)
    aggregation = models.CharField(_("aggregation"), max_length=16, choices=aggregations, default="aip_mean")
    random_index = models.CharField(
        _("random-index table"), max_length=20, choices=random_index_tables, default="saaty1980"
    )
    deadline = models.DateField(_("deadline"), null=True, blank=True)
    status = models.CharField(_("status"), max_length=8, choices=study_statuses, default="OPEN")
    site = models.URLField(_("address of the product"), blank=True, editable=False)
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
    history = HistoricalRecords()

    class Meta:
        verbose_name, verbose_name_plural = _("study"), _("studies")
        ordering = ["-id"]

    def __str__(self):
        return self.name

    @property
    def is_open(self):
        return self.status == "OPEN"


class Question(models.Model):
    """The children of one node, to be compared in pairs; `items` keeps what they were when the study began."""

    study = models.ForeignKey(Study, verbose_name=_("study"), on_delete=models.CASCADE, related_name="questions")
    node = models.ForeignKey(
        TreeNode, verbose_name=_("branch"), null=True, on_delete=models.SET_NULL, related_name="questions"
    )
    name = models.CharField(_("name"), max_length=80)
    name_zh = models.CharField(_("name (Chinese)"), max_length=80, blank=True)
    items = models.JSONField(_("items"), default=list)  # [{"node": id, "name": "…", "name_zh": "…"}]
    position = models.PositiveSmallIntegerField(pgettext_lazy("order", "position"), default=0)

    class Meta:
        verbose_name, verbose_name_plural = _("question"), _("questions")
        ordering = ["position", "id"]

    def __str__(self):
        return self.label

    @property
    def label(self):
        return local(self, "name")


class Invitation(models.Model):
    """An expert in a study, with an account or by a link that ends."""

    study = models.ForeignKey(Study, verbose_name=_("study"), on_delete=models.CASCADE, related_name="invitations")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("account"), null=True, blank=True, on_delete=models.SET_NULL,
        related_name="invitations",
    )  # fmt: skip
    name = models.CharField(_("name"), max_length=80)
    email = models.EmailField(_("e-mail"), blank=True)
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES, blank=True)
    weight = models.DecimalField(
        _("weight of the expert"), max_digits=6, decimal_places=3, default=1, validators=[MinValueValidator(0)]
    )
    counted = models.BooleanField(_("counts"), default=True)
    accepted = models.BooleanField(_("counts although inconsistent"), default=False)
    why = models.CharField(_("reason"), max_length=200, blank=True)
    nonce = models.CharField(max_length=32, editable=False)
    expires_at = models.DateTimeField(_("link ends"))
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True, editable=False)
    reminded = models.PositiveSmallIntegerField(_("reminders"), default=0, editable=False)
    reminded_at = models.DateTimeField(_("reminded"), null=True, blank=True, editable=False)
    history = HistoricalRecords()

    class Meta:
        verbose_name, verbose_name_plural = _("invited expert"), _("invited experts")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(weight__gte=0), name="expert_weight_not_negative"),
            models.UniqueConstraint(fields=["study", "user"], name="an_account_once_per_study"),
        ]

    def __str__(self):
        return self.name


class Judgement(models.Model):
    """One answer: `step` 0 = equal, +k = the first counts k + 1 on Saaty's scale against the second, -k the reverse."""

    invitation = models.ForeignKey(Invitation, on_delete=models.CASCADE, related_name="judgements")
    question = models.ForeignKey(Question, on_delete=models.CASCADE, related_name="judgements")
    first = models.BigIntegerField()  # ids of tree nodes; first stands before second in the question
    second = models.BigIntegerField()
    step = models.SmallIntegerField()
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name, verbose_name_plural = _("judgement"), _("judgements")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["invitation", "question", "first", "second"], name="one_answer_per_pair"),
            models.CheckConstraint(condition=Q(step__gte=-STRONGEST, step__lte=STRONGEST), name="judgement_on_scale"),
            models.CheckConstraint(condition=~Q(first=F("second")), name="judgement_of_two"),
        ]
