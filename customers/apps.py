"""Django's registration of this app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CustomersConfig(AppConfig):
    name = "customers"
    verbose_name = _("Customers")

    def ready(self):
        """Everything the night reads logs its changes, and everything has a rule for when two customers become one."""
        from customers import models as m
        from customers.changes import track
        from customers.services import merge_rules

        track(
            m.Customer, m.Contact, m.Category, m.Product, m.Transaction, m.ServiceCost, m.Contract,
            m.Commitment, m.Receivable, m.Interaction, m.Case, m.Suggestion, m.Referral,
            m.SurveyResponse, m.FirmProfile, m.TierTarget, m.Holiday,
        )  # fmt: skip
        merge_rules.declare_all()
