"""The knobs of stage, warning and lifetime value: one row."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

SEGMENTS = [
    ("", _("all customers as one")),
    ("industry", _("industry")),
    ("region", _("region")),
    ("scale", _("scale")),
]


def segments():
    """Choices of what makes a segment."""
    return SEGMENTS


def share(text, default):
    """A knob between 0 and 1."""
    return models.FloatField(text, default=default, validators=[MinValueValidator(0), MaxValueValidator(1)])


class LifecyclePolicy(models.Model):
    """Every constant of analytics 1.5 and 3.3 (our rules: the texts give none), editable, one row (id 1)."""

    segment_by = models.CharField(_("segments by"), max_length=12, choices=segments, default="", blank=True)
    period_min_days = models.PositiveSmallIntegerField(_("shortest period, days"), default=28)
    period_max_days = models.PositiveSmallIntegerField(_("longest period, days"), default=182)
    decline_probability = share(_("decline when P(no purchase) reaches"), 0.5)
    shrink_ratio = share(_("shrinking when the amount falls to"), 0.6)
    growth_ratio = models.FloatField(_("growing when the amount rises to"), default=1.25)
    test_level = share(_("level of the exact test"), 0.10)
    young_purchases = models.PositiveSmallIntegerField(_("exploration below purchase days"), default=3)
    young_periods = models.PositiveSmallIntegerField(_("exploration below periods"), default=2)
    mature_purchases = models.PositiveSmallIntegerField(_("formation below purchase days"), default=5)
    mature_periods = models.PositiveSmallIntegerField(_("formation below periods"), default=6)
    long_term_periods = models.PositiveSmallIntegerField(_("pattern IV from stable periods"), default=4)
    expected_months = models.PositiveSmallIntegerField(_("horizon of expected purchases, months"), default=12)
    clv_months = models.PositiveSmallIntegerField(_("horizon of lifetime value, months"), default=36)
    discount_rate = share(_("discount rate a year"), 0.10)
    alarm_share = share(_("share of customers warned"), 0.05)
    alarm_min_purchases = models.PositiveSmallIntegerField(_("warn from purchase days"), default=3)
    use_mbg = models.BooleanField(_("MBG/NBD instead of BG/NBD"), default=True)
    history = HistoricalRecords()

    class Meta:
        verbose_name = verbose_name_plural = _("lifecycle policy")
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="lifecycle_policy_is_one_row"),
            models.CheckConstraint(
                condition=Q(period_min_days__gte=1, period_min_days__lte=F("period_max_days")),
                name="lifecycle_period_range",
            ),
            models.CheckConstraint(condition=Q(clv_months__gte=1, expected_months__gte=1), name="lifecycle_horizons"),
        ]

    def __str__(self):
        return str(_("Lifecycle policy"))
