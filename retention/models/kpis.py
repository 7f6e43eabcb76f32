"""The retention KPIs: how much each weighs, which raw values give 0 and 100, and what was worked out for a night."""

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from customers.fields import CodeField
from customers.models import Night
from customers.vocabulary_care import Kpi

LESS_IS_BETTER = {Kpi.RIVALS.value, Kpi.CHOOSING.value, Kpi.PRICE.value}


class RetentionKPI(models.Model):
    """One of the eight KPIs (text 001, L42): its weight, and the raw values whose score is 0 and 100."""

    code = CodeField(_("KPI"), enum=Kpi, max_length=12, unique=True)
    weight = models.PositiveSmallIntegerField(
        _("weight, %"),
        validators=[MinValueValidator(0), MaxValueValidator(100)],
        help_text=_("The weights are scaled to 100 % over the KPIs that have data."),
    )
    worst = models.FloatField(
        _("raw value that scores 0"), null=True, blank=True,
        help_text=_("Empty at both ends: the least and the most of the customer's level."),
    )  # fmt: skip
    best = models.FloatField(
        _("raw value that scores 100"), null=True, blank=True,
        help_text=_("Repeat purchases are meant a year; shorter periods take their part."),
    )  # fmt: skip
    place = models.PositiveSmallIntegerField(_("place"), default=0)
    history = HistoricalRecords()

    class Meta:
        verbose_name, verbose_name_plural = _("retention KPI"), _("retention KPIs")
        ordering = ["place", "code"]
        constraints = [
            models.CheckConstraint(condition=Q(weight__gte=0, weight__lte=100), name="kpi_weight_is_percent"),
            models.CheckConstraint(
                condition=Q(worst=None, best=None) | (Q(worst__isnull=False, best__isnull=False) & ~Q(worst=F("best"))),
                name="kpi_scale_has_two_ends",
            ),
        ]

    def __str__(self):
        return self.get_code_display()

    @property
    def backwards(self):
        """Whether the scale runs against what the KPI means: the better raw value scores less."""
        if self.worst is None or self.best is None:
            return False
        return (self.worst > self.best) != (self.code in LESS_IS_BETTER)

    def clean(self):
        if (self.worst is None) != (self.best is None):
            raise ValidationError(_("Give both ends of the scale, or neither."))
        if self.worst is not None and self.worst == self.best:
            raise ValidationError(_("The two ends of the scale must differ."))
        if self.worst is None and self.code and self.code != Kpi.ATTENTION:
            raise ValidationError(_("This KPI needs a scale."))


class KpiMeasure(models.Model):
    """The raw values of every customer for one night and period, packed: worked out once, the same for everybody."""

    night = models.ForeignKey(Night, on_delete=models.CASCADE, related_name="+")
    period = models.CharField(max_length=8)
    rule = models.CharField(max_length=40)  # own gaps and days of silence after which somebody was lost
    content = models.BinaryField()
    made_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["night", "period"], name="one_kpi_measure_per_period")]
