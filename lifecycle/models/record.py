"""What the lifecycle wing remembers between nights: stage changes and fitted models."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.fields import CodeField
from customers.models import Customer, Night
from customers.models.querysets import OfCustomerQuerySet
from customers.vocabulary import ClvMethod, Stage, StageRule


class StageChange(models.Model):
    """A customer entered a stage on a date, by a rule, with the measures that decided.

    Nothing is ever deleted: what a later night says no longer is marked as withdrawn.
    """

    customer = models.ForeignKey(
        Customer, verbose_name=_("customer"), on_delete=models.CASCADE, related_name="stage_changes", db_index=False
    )
    as_of = models.DateField(_("since"))
    before = CodeField(_("from"), enum=Stage, blank=True)
    after = CodeField(_("to"), enum=Stage)
    rule = CodeField(_("rule"), enum=StageRule, blank=True)
    evidence = models.JSONField(_("measures"), default=dict, blank=True)
    decided_on = models.DateField(_("first said by the night of"), null=True, blank=True)
    withdrawn_on = models.DateField(_("no longer said since the night of"), null=True, blank=True)

    objects = OfCustomerQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("stage change"), _("stage changes")
        ordering = ["as_of"]
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "as_of"], condition=models.Q(withdrawn_on=None), name="one_stage_change_per_day"
            )
        ]
        indexes = [models.Index(fields=["customer", "as_of"], name="stage_change_customer")]

    def __str__(self):
        return f"{self.as_of} {self.get_before_display()} → {self.get_after_display()}"


class ModelFit(models.Model):
    """A purchase model fitted in a night: the next night starts from it, a failed fit falls back on it."""

    night = models.ForeignKey(Night, verbose_name=_("night"), on_delete=models.CASCADE, related_name="model_fits")
    kind = models.CharField(_("model"), max_length=20)  # MBG/NBD, BG/NBD, Gamma-Gamma
    segment = models.CharField(_("segment"), max_length=80, blank=True)
    params = models.JSONField(_("parameters"))
    log_likelihood = models.FloatField(_("log-likelihood"), null=True)
    customers = models.PositiveIntegerField(_("customers"), default=0)
    repeaters = models.PositiveIntegerField(_("repeat customers"), default=0)
    converged = models.BooleanField(_("converged"), default=False)
    usable = models.BooleanField(_("in use"), default=True)
    reason = models.CharField(_("remark"), max_length=12, blank=True, default="")  # THIN, DIVERGED, FAILED, KEPT ...
    method = CodeField(_("rung of the ladder"), enum=ClvMethod, blank=True, default="")
    standard_errors = models.JSONField(_("standard errors"), default=dict)
    iterations = models.PositiveSmallIntegerField(_("iterations"), default=0)
    gradient = models.FloatField(_("gradient a customer"), default=0.0)
    data_from = models.DateField(_("data from"), null=True)
    data_to = models.DateField(_("data until"), null=True)
    expected = models.JSONField(_("customers expected by repeat purchases"), default=list)
    actual = models.JSONField(_("customers found by repeat purchases"), default=list)

    class Meta:
        verbose_name, verbose_name_plural = _("model fit"), _("model fits")
        ordering = ["-id"]

    def __str__(self):
        return f"{self.kind} {self.segment}".strip()
