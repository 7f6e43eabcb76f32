"""The knobs of the pyramid, the lines and the strategies of the quadrants."""

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from customers.fields import CodeField
from customers.vocabulary import Quadrant

METRICS = [
    ("total_score", _("Total score")),
    ("gross_profit", _("Gross profit")),
    ("contribution", _("Contribution index")),
]
LINES = [
    ("MEAN", _("Mean of all scored customers")),
    ("MEDIAN", _("Median of all scored customers")),
    ("FIXED", _("Fixed values")),
]


def metrics():
    """Choices of what ranks the pyramid."""
    return METRICS


def lines():
    """Choices of where the quadrants are parted."""
    return LINES


class PyramidPolicy(models.Model):
    """How the pyramid is cut: one row (id 1). Text 004: 20/30/50."""

    metric = models.CharField(_("ranked by"), max_length=20, choices=metrics, default="total_score")
    high = models.PositiveSmallIntegerField(_("high, %"), default=20)
    ordinary = models.PositiveSmallIntegerField(_("ordinary, %"), default=30)
    low = models.PositiveSmallIntegerField(_("low, %"), default=50)
    key_share = models.PositiveSmallIntegerField(
        _("key customers within high, %"), default=25, validators=[MaxValueValidator(100)]
    )
    discredited_overdue_days = models.PositiveIntegerField(_("discredited from days overdue"), default=90)
    poor_when_unprofitable = models.BooleanField(
        _("poor when gross profit less service cost is negative"), default=True
    )
    hold = models.PositiveSmallIntegerField(
        _("hold, percentage points"),
        default=0,
        validators=[MaxValueValidator(10)],
        help_text=_("A customer changes level only this many percentage points of rank beyond the line; 0: at once."),
    )
    history = HistoricalRecords()

    class Meta:
        verbose_name = verbose_name_plural = _("pyramid policy")
        constraints = [
            models.CheckConstraint(condition=Q(hold__lte=10), name="pyramid_hold_range"),
            models.CheckConstraint(condition=Q(id=1), name="pyramid_policy_is_one_row"),
            models.CheckConstraint(condition=Q(low=100 - F("high") - F("ordinary")), name="pyramid_shares_sum_to_100"),
        ]

    def __str__(self):
        return f"{self.high}/{self.ordinary}/{self.low}"

    def clean(self):
        if (self.high or 0) + (self.ordinary or 0) + (self.low or 0) != 100:
            raise ValidationError(_("The three shares must sum to 100."))


class ContributionItem(models.Model):
    """What the contribution index is made of, and how much each item counts (text 004, table 2-1)."""

    indicator = models.OneToOneField(
        "segmentation.Indicator", verbose_name=_("indicator"), on_delete=models.PROTECT, related_name="contribution"
    )
    weight = models.DecimalField(
        _("weight"), max_digits=5, decimal_places=4, validators=[MinValueValidator(0), MaxValueValidator(1)]
    )
    history = HistoricalRecords()

    class Meta:
        verbose_name, verbose_name_plural = _("item of the contribution index"), _("items of the contribution index")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(weight__gte=0, weight__lte=1), name="contribution_weight_range")
        ]

    def __str__(self):
        return f"{self.indicator}: {self.weight}"


class QuadrantPolicy(models.Model):
    """Where HIGH begins on the two axes of value: one row (id 1), every change a version (text 003, A20)."""

    line = models.CharField(_("line"), max_length=8, choices=lines, default="MEAN")
    current_at = models.FloatField(_("current value, if fixed"), default=0)
    potential_at = models.FloatField(_("potential value, if fixed"), default=0)
    note = models.CharField(_("note"), max_length=200, blank=True)
    history = HistoricalRecords()

    class Meta:
        verbose_name = verbose_name_plural = _("quadrant thresholds")
        constraints = [models.CheckConstraint(condition=Q(id=1), name="quadrant_policy_is_one_row")]

    def __str__(self):
        return self.get_line_display()

    @property
    def version(self):
        """1 as it came, one more for every change."""
        return 1 + self.history.filter(history_type="~").count()


class QuadrantStrategy(models.Model):
    """What to do with the customers of a quadrant (text 003, A21-A24)."""

    quadrant = CodeField(_("quadrant"), enum=Quadrant, unique=True)
    title = models.CharField(_("title"), max_length=80)
    title_zh = models.CharField(_("title (Chinese)"), max_length=80)
    text = models.TextField(_("strategy"))
    text_zh = models.TextField(_("strategy (Chinese)"))
    history = HistoricalRecords()

    class Meta:
        verbose_name, verbose_name_plural = _("quadrant strategy"), _("quadrant strategies")
        ordering = ["id"]

    def __str__(self):
        return self.local_title

    @property
    def local_title(self):
        """The title in the reader's language."""
        return self.title_zh if (get_language() or "").startswith("zh") else self.title

    @property
    def local_text(self):
        """The strategy in the reader's language."""
        return self.text_zh if (get_language() or "").startswith("zh") else self.text
