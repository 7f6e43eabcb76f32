"""The indicators of customer value as data, and what experts say about a customer."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from customers.fields import CodeField
from customers.models import Customer
from customers.models.querysets import OfCustomerQuerySet
from customers.vocabulary import Dimension
from segmentation.models.measures import LABELS, measures
from segmentation.numerics.rubric import LEVELS, RubricError, by_thresholds

SOURCES = [
    ("COMPUTED", pgettext_lazy("source of an indicator", "Computed from the records")),
    ("EXPERT", pgettext_lazy("source of an indicator", "Expert score, 1 to 5")),
    ("MANUAL", pgettext_lazy("source of an indicator", "Entered by hand")),
]
DIRECTIONS = [(1, _("More is better")), (-1, _("Less is better"))]
MISSING_RULES = [
    ("EXCLUDE", _("Leave it out and scale up the other weights")),
    ("LOWEST", _("Count it as level 1")),
]


def sources():
    """Choices of the source."""
    return SOURCES


def directions():
    """Choices of the direction."""
    return DIRECTIONS


def missing_rules():
    """Choices of what a missing value means."""
    return MISSING_RULES


class Indicator(models.Model):
    """One of the criteria that make a customer's current or potential value (text 003, A11)."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=80)
    name_zh = models.CharField(_("name (Chinese)"), max_length=80)
    dimension = CodeField(_("dimension"), enum=Dimension)
    source = models.CharField(_("source"), max_length=10, choices=sources, default="COMPUTED")
    # A measure of the book, or "" where only people can tell. For an expert score it is the level until one speaks.
    measure = models.CharField(_("measure"), max_length=40, blank=True, choices=measures)
    thresholds = models.JSONField(
        _("thresholds of the levels"),
        default=list,
        blank=True,
        help_text=_("Four rising numbers: from which value of the measure level 2, 3, 4 and 5 begin."),
    )
    expert = models.BooleanField(_("experts may score it"), default=False)
    direction = models.SmallIntegerField(_("direction"), default=1, choices=directions)
    missing = models.CharField(_("when it is missing"), max_length=10, choices=missing_rules, default="EXCLUDE")
    window = models.CharField(
        _("window"), max_length=40, blank=True, help_text=_("Comes with the measure: all history or 12 months.")
    )
    unit = models.CharField(_("unit"), max_length=20, blank=True, help_text=_("Comes with the measure."))
    rubric = models.JSONField(_("five-level rubric"), default=list, blank=True)  # [{level, en, zh}]
    position = models.PositiveSmallIntegerField(pgettext_lazy("order", "position"), default=0)
    active = models.BooleanField(_("active"), default=True)
    history = HistoricalRecords()

    class Meta:
        verbose_name, verbose_name_plural = _("indicator"), _("indicators")
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(direction__in=[-1, 1]), name="indicator_direction"),
            models.CheckConstraint(
                condition=Q(dimension__in=[d.value for d in Dimension]), name="indicator_dimension_known"
            ),
        ]

    def __str__(self):
        return self.label

    def clean(self):
        """Source, measure, rubric and thresholds fit each other; window and unit come with the measure."""
        if self.source == "COMPUTED" and not self.measure:
            raise ValidationError({"measure": _("Choose what it is computed from.")})
        if self.source == "MANUAL" and self.measure:
            raise ValidationError({"measure": _("What is entered by hand has no measure.")})
        self.expert = self.expert or self.source == "EXPERT"
        if self.source == "MANUAL" and self.expert:
            raise ValidationError({"expert": _("What is entered by hand takes no levels.")})
        self._clean_rubric()
        self._clean_thresholds()
        if self.measure in LABELS:
            _label, unit, self.window = LABELS[self.measure]
            self.unit = "level" if self.thresholds or self.expert else unit
        elif self.expert:
            self.unit = "level"
        if self.missing == "LOWEST" and self.unit != "level":
            raise ValidationError({"missing": _("Only an indicator with levels has a level 1.")})
        if self.expert and self.measure and self.measure in LABELS and not self.thresholds and unit != "level":
            raise ValidationError({"thresholds": _("Say from which values of the measure the levels begin.")})

    def _clean_rubric(self):
        if not self.rubric:
            return
        rows = self.rubric if isinstance(self.rubric, list) else []
        levels = [row.get("level") for row in rows if isinstance(row, dict) and row.get("en") and row.get("zh")]
        if levels != list(range(1, LEVELS + 1)):
            text = _('A rubric is five rows [{"level": 1, "en": "…", "zh": "…"}, …], level 1 to 5.')
            raise ValidationError({"rubric": text})

    def _clean_thresholds(self):
        if not self.thresholds:
            return
        try:
            by_thresholds([], [float(cut) for cut in self.thresholds])
        except (TypeError, ValueError, RubricError):
            raise ValidationError({"thresholds": _("Four rising numbers, for example [1, 3, 6, 12].")}) from None
        if not self.measure:
            raise ValidationError({"thresholds": _("Thresholds need a measure.")})

    @property
    def label(self):
        """The name in the reader's language."""
        return self.name_zh if (get_language() or "").startswith("zh") else self.name


class ExpertScore(models.Model):
    """What one scorer says about one customer on one indicator, 1 (worst) to 5 (best); several are averaged."""

    customer = models.ForeignKey(
        Customer, verbose_name=_("customer"), on_delete=models.CASCADE, related_name="expert_scores"
    )
    indicator = models.ForeignKey(
        Indicator, verbose_name=_("indicator"), on_delete=models.CASCADE, related_name="expert_scores"
    )
    scorer = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("scorer"), null=True, on_delete=models.SET_NULL, related_name="+"
    )
    score = models.DecimalField(
        _("score"), max_digits=3, decimal_places=2, validators=[MinValueValidator(1), MaxValueValidator(5)]
    )
    date = models.DateField(_("date"))
    note = models.CharField(_("note"), max_length=200, blank=True)
    history = HistoricalRecords()

    objects = OfCustomerQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("expert score"), _("expert scores")
        ordering = ["-date", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(score__gte=1, score__lte=5), name="expert_score_range"),
            models.UniqueConstraint(
                fields=["customer", "indicator", "scorer", "date"], name="one_score_per_scorer_and_day"
            ),
        ]

    def __str__(self):
        return f"{self.customer}: {self.indicator} {self.score}"


class ManualValue(models.Model):
    """A value of one customer on one indicator that somebody entered by hand; the latest up to a night counts."""

    customer = models.ForeignKey(
        Customer, verbose_name=_("customer"), on_delete=models.CASCADE, related_name="manual_values"
    )
    indicator = models.ForeignKey(
        Indicator, verbose_name=_("indicator"), on_delete=models.CASCADE, related_name="manual_values"
    )
    value = models.DecimalField(_("value"), max_digits=20, decimal_places=6)
    date = models.DateField(_("date"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("entered by"), null=True, on_delete=models.SET_NULL, related_name="+"
    )
    note = models.CharField(_("note"), max_length=200, blank=True)
    history = HistoricalRecords()

    objects = OfCustomerQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("manual value"), _("manual values")
        ordering = ["-date", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["customer", "indicator", "date"], name="one_manual_value_per_day"),
        ]

    def __str__(self):
        return f"{self.customer}: {self.indicator} {self.value}"
