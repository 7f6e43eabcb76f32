"""The account plan: what we want to reach with a customer, by when, by whom (text 002, R16)."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from customers.models.facts import customer_key
from customers.models.querysets import OfCustomerQuerySet


class AccountGoal(models.Model):
    """One objective of a customer's plan."""

    customer = customer_key("goals")
    objective = models.CharField(_("objective"), max_length=300)
    target_date = models.DateField(_("target date"))
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("owner"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    reached_on = models.DateField(_("reached on"), null=True, blank=True)
    note = models.TextField(_("note"), blank=True)
    history = HistoricalRecords()

    objects = OfCustomerQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("objective of the account plan"), _("account plans")
        ordering = ["reached_on", "target_date", "id"]
        constraints = [models.CheckConstraint(condition=~Q(objective=""), name="goal_says_something")]

    def __str__(self):
        return self.objective
