"""Losing and winning back: lost customers with their cause, attempts to win them back, decisions about decline."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from customers.fields import CodeField, MoneyField
from customers.models import Customer
from customers.models.querysets import OfCustomerQuerySet, scope
from customers.vocabulary_care import UNRECOVERABLE, AdviceReason, Cause, DeclineChoice, Lever, SubCause, WinBackState
from retention.models.templates import TaskTemplate
from retention.numerics.selling import ENOUGH, LIFT, LOOK_ALIKES, SUPPORT


def person(name):
    """Somebody who did a step; the row stays when the account goes."""
    return models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=name, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )


class CarePolicy(models.Model):
    """When silence counts as lost, and what cross-selling goes by: one row (id 1)."""

    lost_gaps = models.FloatField(
        _("lost after so many own gaps of silence"),
        default=4,
        validators=[MinValueValidator(1), MaxValueValidator(50)],
    )
    lost_days = models.PositiveSmallIntegerField(
        _("and after at least so many days"), default=180, validators=[MinValueValidator(1), MaxValueValidator(3650)]
    )
    exit_rest_days = models.PositiveSmallIntegerField(
        _("no new suggestion to part for days"),
        default=365,
        help_text=_("After a suggestion or proposal about the customer was turned down."),
    )
    survey_days = models.PositiveSmallIntegerField(
        _("days a survey link is valid"), default=30, validators=[MinValueValidator(1), MaxValueValidator(180)]
    )
    pair_support = models.PositiveSmallIntegerField(
        _("customers who hold both of a pair"),
        default=SUPPORT,
        validators=[MinValueValidator(2), MaxValueValidator(10_000)],
        help_text=_("Fewer are chance: such a pair leads to no offer (text 000, K21)."),
    )
    pair_lift = models.FloatField(
        _("least lift of an offer"),
        default=LIFT,
        validators=[MinValueValidator(0.1), MaxValueValidator(100)],
        help_text=_("1 = held together as often as by chance."),
    )
    look_alikes = models.PositiveSmallIntegerField(
        _("least look-alikes"),
        default=LOOK_ALIKES,
        validators=[MinValueValidator(1), MaxValueValidator(10_000)],
        help_text=_("Customers of the same industry and scale from which white space is told."),
    )
    enough_products = models.PositiveSmallIntegerField(
        _("products that bind fully"),
        default=ENOUGH,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text=_("From so many on, products count in full towards the switching cost (text 000, K22)."),
    )
    history = HistoricalRecords()

    class Meta:
        verbose_name = verbose_name_plural = _("care policy")
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="care_policy_is_one_row"),
            models.CheckConstraint(condition=Q(lost_gaps__gte=1, lost_days__gte=1), name="care_policy_lost_rule"),
            models.CheckConstraint(
                condition=Q(pair_support__gte=2, pair_lift__gt=0, look_alikes__gte=1, enough_products__gte=1),
                name="care_policy_selling",
            ),
        ]

    def __str__(self):
        return str(_("Care policy"))


def care_policy():
    """The policy, or its defaults."""
    return CarePolicy.objects.filter(pk=1).first() or CarePolicy(pk=1)


class CauseMeasure(models.Model):
    """A template that answers a cause: the countermeasures under the Pareto chart."""

    cause = CodeField(_("cause"), enum=Cause, max_length=20)
    template = models.ForeignKey(
        TaskTemplate, verbose_name=_("template"), on_delete=models.CASCADE, related_name="causes"
    )

    class Meta:
        verbose_name, verbose_name_plural = _("countermeasure"), _("countermeasures")
        ordering = ["cause", "template__code"]
        constraints = [models.UniqueConstraint(fields=["cause", "template"], name="one_measure_per_cause")]

    def __str__(self):
        return f"{self.get_cause_display()} · {self.template}"


class Loss(models.Model):
    """A customer that was lost, with the mandatory cause; it ends when the customer is won back or was not lost."""

    customer = models.ForeignKey(Customer, verbose_name=_("customer"), on_delete=models.CASCADE, related_name="losses")
    lost_on = models.DateField(_("lost on"))
    cause = CodeField(_("cause"), enum=Cause, max_length=20)
    sub_cause = CodeField(_("cause in detail"), enum=SubCause, blank=True, default="", max_length=20)
    note = models.TextField(_("what we learnt"), blank=True)
    last_order = models.DateField(_("last order"), null=True, blank=True)
    yearly_amount = MoneyField(_("sales in the 12 months before the last order"), null=True, blank=True)
    clv = models.FloatField(_("lifetime value lost"), null=True, blank=True)
    recorded_at = models.DateTimeField(_("recorded"))
    recorded_by = person(_("by"))
    ended_on = models.DateField(_("ended on"), null=True, blank=True)
    won_back = models.BooleanField(_("won back"), default=False)  # False with ended_on: it was no loss
    history = HistoricalRecords()

    objects = OfCustomerQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("loss"), _("losses")
        ordering = ["-lost_on", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["customer"], condition=Q(ended_on=None), name="one_open_loss_per_customer"),
            models.CheckConstraint(condition=~Q(cause=""), name="loss_has_a_cause"),
            models.CheckConstraint(condition=Q(won_back=False) | Q(ended_on__isnull=False), name="won_back_on_a_day"),
        ]

    def __str__(self):
        return f"{self.customer_id} {self.lost_on}"

    @property
    def recoverable(self):
        """Whether the firm can do anything about the cause (text 002, R11)."""
        return self.cause not in UNRECOVERABLE


class WinBackQuerySet(models.QuerySet):
    """Attempts to win back."""

    def visible_to(self, user):
        return self.filter(scope(user, "loss__customer__"))


class WinBack(models.Model):
    """One attempt to win a lost customer back: the lever, who works on it, and what came of it."""

    loss = models.ForeignKey(Loss, verbose_name=_("loss"), on_delete=models.CASCADE, related_name="win_backs")
    lever = CodeField(_("lever"), enum=Lever)
    owner = person(_("owner"))
    started_on = models.DateField(_("started on"))
    started_by = person(_("by"))
    state = CodeField(_("state"), enum=WinBackState, default=WinBackState.RUNNING.value)
    ended_on = models.DateField(_("ended on"), null=True, blank=True)
    ended_by = person(_("by"))
    note = models.TextField(_("note"), blank=True)
    history = HistoricalRecords()

    objects = WinBackQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("win-back"), _("win-backs")
        ordering = ["-started_on", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["loss"], condition=Q(state=WinBackState.RUNNING.value), name="one_running_win_back"
            ),
            models.CheckConstraint(
                condition=Q(state=WinBackState.RUNNING.value) | Q(ended_on__isnull=False), name="win_back_ends_on_a_day"
            ),
        ]

    def __str__(self):
        return f"{self.loss_id} {self.lever}"


class DeclineDecision(models.Model):
    """What a person decided about a declining customer: recover or release (text 001, L11)."""

    customer = models.ForeignKey(
        Customer, verbose_name=_("customer"), on_delete=models.CASCADE, related_name="decline_decisions"
    )
    choice = CodeField(_("decision"), enum=DeclineChoice)
    advice = CodeField(_("suggested"), enum=DeclineChoice, blank=True, default="")
    advice_reason = CodeField(_("because"), enum=AdviceReason, blank=True, default="")
    note = models.CharField(_("note"), max_length=300, blank=True)
    decided_on = models.DateField(_("decided on"))
    decided_by = person(_("by"))

    objects = OfCustomerQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("decision about a decline"), _("decisions about declines")
        ordering = ["-decided_on", "-id"]
        constraints = [models.CheckConstraint(condition=~Q(choice=""), name="decline_decided")]
        indexes = [models.Index(fields=["customer", "-decided_on"], name="decline_customer_day")]

    def __str__(self):
        return f"{self.customer_id} {self.choice}"
