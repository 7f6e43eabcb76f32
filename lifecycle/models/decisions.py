"""What people say about a relationship's stage: overrides, danger signals, and why it ended or lasted."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from customers.fields import CodeField
from customers.models import Customer
from customers.models.querysets import OfCustomerQuerySet
from customers.vocabulary import Stage
from customers.vocabulary_stages import ExitReason, SignalKind

TESTS = ("goal_fit", "sincerity", "performance")
BY_HAND = ["EXPLORATION", "FORMATION", "STABLE", "DECLINE"]  # the stages that may be set by hand


def person(words):
    """Who wrote or ended a row."""
    return models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=words,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        editable=False,
    )


class StageOverride(models.Model):
    """A stage set by hand, with reason and last day; the night after the last day the rules speak again."""

    customer = models.ForeignKey(
        Customer, verbose_name=_("customer"), on_delete=models.CASCADE, related_name="stage_overrides"
    )
    stage = CodeField(_("stage"), enum=Stage)
    reason = models.CharField(_("reason"), max_length=300)
    begin = models.DateField(_("from"))
    until = models.DateField(_("until"))
    by = person(_("set by"))
    created_at = models.DateTimeField(_("at"), auto_now_add=True)
    ended_on = models.DateField(_("lifted on"), null=True, blank=True, editable=False)
    ended_by = person(_("lifted by"))
    history = HistoricalRecords()

    objects = OfCustomerQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("stage set by hand"), _("stages set by hand")
        ordering = ["-begin", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(until__gte=F("begin")), name="override_ends_after_begin"),
            models.CheckConstraint(condition=~Q(reason=""), name="override_has_a_reason"),
            models.CheckConstraint(condition=Q(stage__in=BY_HAND), name="override_stage_known"),
        ]

    def __str__(self):
        return f"{self.get_stage_display()} {self.begin} – {self.until}"


class RelationshipSignal(models.Model):
    """A strong signal that somebody heard: a competitor is asked, or the customer says it wants to leave."""

    customer = models.ForeignKey(
        Customer, verbose_name=_("customer"), on_delete=models.CASCADE, related_name="stage_signals"
    )
    kind = CodeField(_("signal"), enum=SignalKind)
    date = models.DateField(_("date"))
    note = models.CharField(_("note"), max_length=300, blank=True)
    settled_on = models.DateField(_("settled on"), null=True, blank=True)
    by = person(_("recorded by"))
    created_at = models.DateTimeField(_("at"), auto_now_add=True)
    history = HistoricalRecords()

    objects = OfCustomerQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("danger signal"), _("danger signals")
        ordering = ["-date", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(settled_on=None) | Q(settled_on__gte=F("date")), name="signal_settled_after_date"
            ),
            models.CheckConstraint(condition=Q(kind__in=["COMPETITOR", "INTENT"]), name="signal_kind_by_hand"),
        ]

    def __str__(self):
        return f"{self.date} {self.kind}"


class ExplorationCheck(models.Model):
    """What both sides test at the beginning (text 001, L07), and what is known of need and prices (L17b).

    None in one of the three tests: not known yet.
    """

    customer = models.OneToOneField(
        Customer, verbose_name=_("customer"), on_delete=models.CASCADE, related_name="exploration_check"
    )
    goal_fit = models.BooleanField(
        _("goals fit"), null=True, blank=True, help_text=_("What both want from each other goes together.")
    )
    sincerity = models.BooleanField(
        _("sincere"), null=True, blank=True, help_text=_("Means what it says: appointments, figures, who decides.")
    )
    performance = models.BooleanField(
        _("performs"), null=True, blank=True, help_text=_("Does what was agreed: takes, pays, answers.")
    )
    need = models.CharField(_("need"), max_length=300, blank=True, help_text=_("What the customer wants to solve."))
    rival_prices = models.CharField(_("prices of competitors"), max_length=300, blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True)
    date = models.DateField(_("date"))
    by = person(_("recorded by"))
    history = HistoricalRecords()

    objects = OfCustomerQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("checklist of the beginning"), _("checklists of the beginning")
        ordering = ["-date", "-id"]

    def __str__(self):
        return f"{self.date} {self.need}".strip()

    @property
    def tests(self):
        """The three tests in the order of the text: (words, result or None)."""
        fields = (self._meta.get_field(name) for name in TESTS)
        return [(field.verbose_name, getattr(self, field.name)) for field in fields]


class PatternReason(models.Model):
    """Why a relationship ended where it did, or what makes it last (reason codes of text 001, L16)."""

    customer = models.ForeignKey(
        Customer, verbose_name=_("customer"), on_delete=models.CASCADE, related_name="pattern_reasons"
    )
    code = CodeField(_("reason"), enum=ExitReason)
    strength = models.PositiveSmallIntegerField(
        _("how strongly, 1-5"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(5)]
    )
    note = models.CharField(_("note"), max_length=300, blank=True)
    date = models.DateField(_("date"))
    by = person(_("recorded by"))
    history = HistoricalRecords()

    objects = OfCustomerQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("reason of a pattern"), _("reasons of patterns")
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(fields=["customer", "code"], name="one_pattern_reason_per_code"),
            models.CheckConstraint(
                condition=Q(strength=None) | Q(strength__gte=1, strength__lte=5), name="pattern_reason_strength"
            ),
        ]

    def __str__(self):
        return f"{self.code} {self.note}".strip()
