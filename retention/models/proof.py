"""Proof that a playbook does something: who was held out by chance, what counts as proof, rules kept with a reason."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from customers.fields import CodeField
from customers.models import Customer
from customers.models.querysets import OfCustomerQuerySet
from customers.vocabulary_care import ProofOutcome
from retention.models.losses import person
from retention.models.templates import TaskTemplate


class ProofPolicy(models.Model):
    """From when on an effect is told, and which rules are asked to go: one row (id 1)."""

    seed = models.BigIntegerField(default=0, editable=False)  # of the chance that holds out; drawn once, by migration
    min_arm = models.PositiveIntegerField(
        _("customers in each arm before an effect is told"), default=100, validators=[MinValueValidator(20)]
    )
    confidence = models.PositiveSmallIntegerField(
        _("confidence of the interval, %"),
        default=95,
        validators=[MinValueValidator(80), MaxValueValidator(99)],
    )
    by_quadrant = models.BooleanField(_("strata by quadrant"), default=True)
    by_level = models.BooleanField(_("strata by level"), default=True)
    by_tier = models.BooleanField(_("strata by tier"), default=True)
    acted_below = models.PositiveSmallIntegerField(
        _("a rule acted on less than this is asked to go, %"), default=20, validators=[MaxValueValidator(100)]
    )
    acted_tasks = models.PositiveIntegerField(
        _("over at least so many tasks that ended or are overdue"), default=30, validators=[MinValueValidator(1)]
    )
    acted_days = models.PositiveSmallIntegerField(
        _("in so many days"), default=90, validators=[MinValueValidator(7), MaxValueValidator(730)]
    )
    history = HistoricalRecords(excluded_fields=["seed"])

    class Meta:
        verbose_name = verbose_name_plural = _("proof policy")
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="proof_policy_is_one_row"),
            models.CheckConstraint(condition=Q(confidence__gte=80, confidence__lte=99), name="proof_confidence_range"),
        ]

    def __str__(self):
        return str(_("Proof policy"))

    @property
    def strata(self):
        """The columns that make the strata."""
        return [name for name in ("quadrant", "level", "tier") if getattr(self, f"by_{name}")]


def proof_policy():
    """The policy, or its defaults."""
    return ProofPolicy.objects.filter(pk=1).first() or ProofPolicy(pk=1)


class ProofAssignment(models.Model):
    """What chance decided for a customer when a playbook would have raised a task: it gets it, or is held out.

    seed, template, share, stratum and slot give `held` again (retention/numerics/holdout.py), so that anybody with the
    row can check it. The window (after assigned_on, up to ends_on) is what the outcome is measured in.
    """

    customer = models.ForeignKey(
        Customer, verbose_name=_("customer"), on_delete=models.CASCADE, related_name="proof_assignments"
    )
    template = models.ForeignKey(
        TaskTemplate, verbose_name=_("template"), on_delete=models.PROTECT, related_name="assignments"
    )
    night_id = models.BigIntegerField(_("night"))  # plain number: nights are dropped, assignments stay
    held = models.BooleanField(_("held out"))
    assigned_on = models.DateField(_("assigned on"))  # the as_of of the night
    ends_on = models.DateField(_("window ends on"))
    released_on = models.DateField(_("released on"), null=True, blank=True)  # the playbook may mean it again
    outcome = CodeField(_("outcome"), enum=ProofOutcome)
    days = models.PositiveIntegerField(_("days"))
    share = models.PositiveIntegerField(_("held out, %"))
    stratum = models.CharField(_("stratum"), max_length=48)
    slot = models.IntegerField(_("place in the stratum"))  # its place in the stratum, from 0
    seed = models.BigIntegerField(_("seed of the draw"))
    evidence = models.JSONField(_("evidence"), default=dict)  # field -> value that fired the trigger

    objects = OfCustomerQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("assignment"), _("assignments")
        ordering = ["-assigned_on", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "template", "assigned_on"], name="one_assignment_per_customer_template_day"
            ),
            models.CheckConstraint(condition=Q(share__gte=1, share__lte=50), name="assignment_share_range"),
        ]
        indexes = [
            models.Index(fields=["ends_on"], name="assignment_ends_on"),
            models.Index(fields=["template", "share", "stratum"], name="assignment_template_stratum"),
        ]

    def __str__(self):
        return f"{self.template} · {self.customer}"


class RuleKept(models.Model):
    """A rule that was asked to go, and is kept with a reason until a day."""

    template = models.ForeignKey(TaskTemplate, on_delete=models.CASCADE, related_name="kept")
    reason = models.CharField(_("reason"), max_length=300)
    until = models.DateField(_("until"))
    at = models.DateTimeField(_("at"))
    by = person(_("by"))

    class Meta:
        verbose_name, verbose_name_plural = _("kept rule"), _("kept rules")
        ordering = ["-at", "-id"]

    def __str__(self):
        return f"{self.template_id} {self.until}"
