"""Parting from customers: suggested or proposed with evidence, decided by a second person, reversible."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from customers.fields import CodeField, MoneyField
from customers.models import Customer
from customers.models.querysets import OfCustomerQuerySet
from customers.vocabulary_care import ExitMeasure, ExitState, PartingGround
from retention.models.losses import person

WAITING = [ExitState.SUGGESTED.value, ExitState.PROPOSED.value]


class ExitDecision(models.Model):
    """One proposal to restrict or end the business with a customer (texts 002 R14 and 004 P12). Never automatic.

    The database itself refuses an approval by the person who proposed.
    """

    customer = models.ForeignKey(Customer, verbose_name=_("customer"), on_delete=models.CASCADE, related_name="exits")
    reason = CodeField(_("reason"), enum=PartingGround)
    measure = CodeField(_("measure"), enum=ExitMeasure, default=ExitMeasure.TERMINATE.value)
    state = CodeField(_("state"), enum=ExitState, default=ExitState.PROPOSED.value)
    evidence = models.JSONField(_("evidence"), default=dict, blank=True)
    argument = models.TextField(_("what speaks for it"), blank=True)
    indirect_cost = MoneyField(_("indirect cost a year"), null=True, blank=True)
    reputation = models.TextField(_("risk for our name"), blank=True)
    no_credit = models.BooleanField(_("no credit"), default=True)
    prepayment = models.BooleanField(_("prepayment only"), default=True)
    no_investment = models.BooleanField(_("no discounts, visits or other investment"), default=True)
    suggested_on = models.DateField(_("suggested on"), null=True, blank=True)
    proposed_at = models.DateTimeField(_("proposed"), null=True, blank=True)
    proposed_by = person(_("proposed by"))
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decided_by = person(_("decided by"))
    decision_note = models.TextField(_("reason of the decision"), blank=True)
    before = models.JSONField(default=dict, blank=True)  # what the approval changed on the customer, to be put back
    reversed_at = models.DateTimeField(_("reversed"), null=True, blank=True)
    reversed_by = person(_("reversed by"))
    reversal_note = models.TextField(_("reason of the reversal"), blank=True)
    history = HistoricalRecords()

    objects = OfCustomerQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("exit decision"), _("exit decisions")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["customer"], condition=Q(state__in=WAITING), name="one_waiting_exit_per_customer"
            ),
            models.CheckConstraint(
                condition=~Q(decided_by=F("proposed_by")) | Q(decided_by=None) | Q(proposed_by=None),
                name="exit_decided_by_a_second_person",
            ),
            models.CheckConstraint(
                condition=~Q(state=ExitState.APPROVED.value) | Q(proposed_at__isnull=False, decided_at__isnull=False),
                name="exit_approved_after_proposal",
            ),
        ]

    def __str__(self):
        return f"{self.customer_id} {self.reason}"
