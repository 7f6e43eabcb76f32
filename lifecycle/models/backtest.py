"""The record of the system: what it would have said on earlier dates, and what came of it."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.fields import CodeField
from customers.vocabulary import JobState, WarningRule


class BacktestRun(models.Model):
    """One rolling-origin backtest: the job, what it found, and the rule for warnings that follows from it.

    A night reads the latest finished run whose `as_of` is not after its own: it never learns from later data.
    """

    as_of = models.DateField(_("data up to"))
    state = CodeField(_("status"), enum=JobState, default=JobState.PLANNED.value)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    error = models.TextField(_("failure"), blank=True)
    created_at = models.DateTimeField(_("planned"), auto_now_add=True)
    heartbeat = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    # what follows
    rule = CodeField(_("ranks warnings"), enum=WarningRule, default=WarningRule.SIGNALS.value)
    shift = models.FloatField(_("correction, shift"), default=0.0)
    slope = models.FloatField(_("correction, slope"), default=1.0)
    probability = CodeField(_("risk shown"), enum=WarningRule, default=WarningRule.SIGNALS.value)
    value_kept = models.BooleanField(_("lifetime value beats its baselines"), default=True)
    summary = models.JSONField(_("findings"), default=dict)  # see lifecycle.numerics.record

    class Meta:
        verbose_name, verbose_name_plural = _("backtest"), _("backtests")
        ordering = ["-id"]

    def __str__(self):
        return f"{self.as_of} #{self.pk}"

    @classmethod
    def known_by(cls, as_of):
        """The latest finished run that uses nothing later than `as_of`; unsaved defaults where there is none."""
        done = cls.objects.filter(state=JobState.DONE.value, as_of__lte=as_of)
        return done.order_by("-as_of", "-id").first() or cls(as_of=as_of)

    @property
    def demoted(self):
        """Whether a baseline ranks warnings instead of the model."""
        return self.rule in (WarningRule.RECENCY.value, WarningRule.REPEAT.value)


class BacktestFigure(models.Model):
    """How one rule did: at one origin, or over all of them (`origin` empty)."""

    run = models.ForeignKey(BacktestRun, on_delete=models.CASCADE, related_name="figures")
    subject = models.CharField(_("subject"), max_length=12)  # WARNING, HALF_YEAR, PURCHASES, VALUE
    rule = models.CharField(_("rule"), max_length=12)
    origin = models.DateField(_("origin"), null=True, blank=True)
    horizon_days = models.PositiveIntegerField(_("horizon, days"))
    customers = models.PositiveIntegerField(_("customers"))
    measures = models.JSONField(_("figures"), default=dict)

    class Meta:
        verbose_name, verbose_name_plural = _("backtest figure"), _("backtest figures")
        ordering = ["run", "subject", "origin", "rule"]

    def __str__(self):
        return f"{self.subject} {self.rule} {self.origin or ''}".strip()
