"""What people estimate about a customer's value because no order shows it."""

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from customers.fields import MoneyField
from customers.models import Customer
from customers.models.querysets import OfCustomerQuerySet

ESTIMATES = ("information", "knowledge", "transaction")


def estimate(text, explained):
    """An amount a year that somebody estimated; None = nobody did."""
    return MoneyField(text, null=True, blank=True, validators=[MinValueValidator(0)], help_text=explained)


class ValueEstimate(models.Model):
    """The three values of a relationship that no order shows (text 001, L24), a year each."""

    customer = models.OneToOneField(
        Customer, verbose_name=_("customer"), on_delete=models.CASCADE, related_name="value_estimate"
    )
    information = estimate(
        _("information value"), _("What it is worth a year that the customer tells us about itself and its market.")
    )
    knowledge = estimate(
        _("knowledge value"), _("What it is worth a year that we learn from working with the customer.")
    )
    transaction = estimate(
        _("transaction value"), _("What easy dealings save us a year: forecasts, one contact, prompt payment.")
    )
    note = models.TextField(_("grounds"), blank=True, help_text=_("How you came to these figures."))
    history = HistoricalRecords()

    objects = OfCustomerQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("value estimate"), _("value estimates")
        constraints = [
            models.CheckConstraint(condition=Q(**{name: None}) | Q(**{f"{name}__gte": 0}), name=f"estimate_{name}")
            for name in ESTIMATES
        ]

    def __str__(self):
        return str(self.customer)
