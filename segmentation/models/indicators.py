"""The indicators of customer value as data, and what experts say about a customer."""

from django.conf import settings
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


class Indicator(models.Model):
    """One of the criteria that make a customer's current or potential value (text 003, A11)."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=80)
    name_zh = models.CharField(_("name (Chinese)"), max_length=80)
    dimension = CodeField(_("dimension"), enum=Dimension)
    # A measure of the book (column name), or "" where only experts can tell.
    measure = models.CharField(_("measure"), max_length=40, blank=True)
    expert = models.BooleanField(_("experts may score it"), default=False)
    direction = models.SmallIntegerField(
        _("direction"), default=1, help_text=_("1: more is better, -1: less is better.")
    )
    window = models.CharField(_("window"), max_length=40, blank=True)
    unit = models.CharField(_("unit"), max_length=20, blank=True)
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
