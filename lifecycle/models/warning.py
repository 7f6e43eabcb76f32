"""The knobs of the churn warning: one row. Every weight is a default of ours, editable; the backtest judges them."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from customers.vocabulary import Signal


def factor(text, default):
    """By how much a signal multiplies the odds of a loss; 1 = it is shown, but moves nothing."""
    return models.FloatField(text, default=default, validators=[MinValueValidator(1), MaxValueValidator(20)])


class WarningPolicy(models.Model):
    """Alert budget, signals and their weight, and how the record is measured (id 1)."""

    alert_budget = models.PositiveSmallIntegerField(
        _("warnings shown per person"),
        default=10,
        help_text=_("The ones with most value at risk; the rest is counted and can be looked at. 0 = no limit."),
    )
    volume_factor = factor(_("odds when the volume fell"), 1.5)
    silence_factor = factor(_("odds when silent beyond the own rhythm"), 1.2)
    margin_factor = factor(_("odds when the margin fell"), 1.2)
    complaint_factor = factor(_("odds when a complaint is unanswered"), 1.8)
    buyer_factor = factor(_("odds when the buyer left or changed"), 1.5)
    competitor_factor = factor(_("odds when a competitor was named"), 1.5)
    satisfaction_factor = factor(_("odds when satisfaction fell"), 1.5)
    silence_gaps = models.FloatField(
        _("silent beyond how many own gaps"), default=2, validators=[MinValueValidator(0.5), MaxValueValidator(20)]
    )
    margin_points = models.FloatField(
        _("fall of the margin rate that counts"),
        default=0.05,
        validators=[MinValueValidator(0.005), MaxValueValidator(1)],
    )
    satisfaction_points = models.FloatField(
        _("points of satisfaction lost that count"),
        default=1,
        validators=[MinValueValidator(0.5), MaxValueValidator(4)],
    )
    origins = models.PositiveSmallIntegerField(
        _("dates a backtest looks back from, at most"),
        default=8,
        validators=[MinValueValidator(1), MaxValueValidator(60)],
    )
    history = HistoricalRecords()

    class Meta:
        verbose_name = verbose_name_plural = _("warning policy")
        constraints = [models.CheckConstraint(condition=Q(id=1), name="warning_policy_is_one_row")]

    def __str__(self):
        return str(_("Warning policy"))

    @property
    def factors(self):
        """Odds factors by signal code."""
        return {signal.value: getattr(self, f"{signal.value.lower()}_factor") for signal in Signal}

    @classmethod
    def current(cls):
        """The row, or the defaults where there is none."""
        return cls.objects.filter(pk=1).first() or cls(pk=1)
