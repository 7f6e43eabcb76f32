"""The knobs of retention work: how much fits on a desk, what it may cost, how often customers are visited."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from customers.fields import CodeField, MoneyField
from customers.vocabulary import Level, Tier


class WorkPolicy(models.Model):
    """How much the night may put on people's desks: one row (id 1)."""

    desk_develop = models.PositiveSmallIntegerField(_("developing tasks on one desk"), default=10)
    desk_care = models.PositiveSmallIntegerField(_("care tasks on one desk"), default=14)
    desk_prevent = models.PositiveSmallIntegerField(_("churn tasks on one desk"), default=8)
    desk_win_back = models.PositiveSmallIntegerField(_("win-back tasks on one desk"), default=5)
    desk_exit = models.PositiveSmallIntegerField(_("exit tasks on one desk"), default=3)
    per_customer = models.PositiveSmallIntegerField(
        _("live tasks of one customer"), default=2, validators=[MinValueValidator(1)]
    )
    unassigned = models.PositiveSmallIntegerField(
        _("desks' worth of tasks without an owner"), default=3, validators=[MinValueValidator(1)]
    )
    urgent = models.PositiveSmallIntegerField(
        _("urgent from this weight on"),
        default=80,
        validators=[MaxValueValidator(100)],
        help_text=_("Urgent tasks come first and are withheld only by their template's own bound."),
    )
    budget = MoneyField(
        _("budget of planned cost a month"),
        null=True,
        blank=True,
        help_text=_("Empty: what the month before cost (text 004, P14: marketing cost must not rise)."),
    )
    budget_holds = models.BooleanField(
        _("the night keeps within the budget"),
        default=False,
        help_text=_("Off: a breach is only reported. On: tasks that are not urgent wait until there is room."),
    )
    history = HistoricalRecords()

    class Meta:
        verbose_name = verbose_name_plural = _("work policy")
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="work_policy_is_one_row"),
            models.CheckConstraint(condition=Q(budget=None) | Q(budget__gte=0), name="work_budget_positive"),
        ]

    def __str__(self):
        return str(_("Work policy"))


class VisitCadence(models.Model):
    """After how many days without contact a customer of a tier and level is due for one (text 004, P08)."""

    tier = CodeField(_("relationship tier"), enum=Tier)
    level = CodeField(_("level"), enum=Level)
    days = models.PositiveSmallIntegerField(
        _("days"), null=True, blank=True, validators=[MinValueValidator(1)], help_text=_("Empty: no regular contact.")
    )
    history = HistoricalRecords()

    class Meta:
        verbose_name, verbose_name_plural = _("contact cadence"), _("contact cadences")
        ordering = ["tier", "level"]
        constraints = [
            models.UniqueConstraint(fields=["tier", "level"], name="one_cadence_per_tier_and_level"),
            models.CheckConstraint(condition=Q(days=None) | Q(days__gte=1), name="cadence_at_least_a_day"),
        ]

    def __str__(self):
        return f"{self.get_tier_display()} / {self.get_level_display()}"
