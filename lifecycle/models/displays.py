"""Stage vocabularies as displays: the models of the literature, their stages, and which one a user looks at."""

from django.conf import settings
from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from customers.fields import CodeField, MoneyField
from customers.vocabulary import Stage

AXES = [("stage", _("lifecycle stage")), ("phase", _("phase by purchases")), ("role", _("role ladder"))]


def axes():
    """Choices of what a model is read from."""
    return AXES


def localised(row):
    """The name in the user's language."""
    return row.name_zh if (get_language() or "").startswith("zh") else row.name


class StageModel(models.Model):
    """A vocabulary of stages: Chen's four decide, the others are displays of the same verdict (crosswalk)."""

    code = models.CharField(_("code"), max_length=12, unique=True)
    name = models.CharField(_("name"), max_length=80)
    name_zh = models.CharField(_("name (Chinese)"), max_length=80)
    source = models.CharField(_("source"), max_length=200, blank=True)
    axis = models.CharField(_("read from"), max_length=8, choices=axes, default="stage")
    order = models.PositiveSmallIntegerField(_("position in the list"), default=0)
    active = models.BooleanField(_("offered"), default=True)
    history = HistoricalRecords()

    class Meta:
        verbose_name, verbose_name_plural = _("stage vocabulary"), _("stage vocabularies")
        ordering = ["order", "id"]

    def __str__(self):
        return localised(self)


class ModelStage(models.Model):
    """One stage of a vocabulary, and the verdicts that belong to it: `STABLE` or `DECLINE:DETERIORATION`.

    The first stage of a vocabulary that names stage and sub-state wins over one that names the stage alone.
    """

    model = models.ForeignKey(StageModel, verbose_name=_("vocabulary"), on_delete=models.CASCADE, related_name="stages")
    code = models.CharField(_("code"), max_length=16)
    name = models.CharField(_("name"), max_length=80)
    name_zh = models.CharField(_("name (Chinese)"), max_length=80)
    maps = models.CharField(
        _("stands for"),
        max_length=200,
        blank=True,
        help_text=_("Codes, separated by spaces: STABLE DECLINE:REACTIVATED"),
    )
    colour = CodeField(_("colour of"), enum=Stage)
    order = models.PositiveSmallIntegerField(_("position in the list"), default=0)
    history = HistoricalRecords()

    class Meta:
        verbose_name, verbose_name_plural = _("stage of a vocabulary"), _("stages of vocabularies")
        ordering = ["model", "order", "id"]
        constraints = [models.UniqueConstraint(fields=["model", "code"], name="one_stage_per_code_and_model")]

    def __str__(self):
        return localised(self)


class StagePreference(models.Model):
    """The vocabulary a user looks at."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE, related_name="stage_preference"
    )
    model = models.ForeignKey(StageModel, on_delete=models.CASCADE, related_name="+")


class StageBudget(models.Model):
    """What may be put into a relationship of a stage in a year (text 001, L14)."""

    stage = CodeField(_("stage"), enum=Stage, unique=True)
    amount = MoneyField(_("budget for a customer, a year"), null=True, blank=True)
    history = HistoricalRecords()

    class Meta:
        verbose_name, verbose_name_plural = _("stage budget"), _("stage budgets")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(amount=None) | models.Q(amount__gte=0), name="stage_budget_positive"
            )
        ]

    def __str__(self):
        return self.get_stage_display()
