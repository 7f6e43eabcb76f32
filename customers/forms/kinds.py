"""The kinds of records that people enter about a customer: form, words and the tab where they are shown."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from customers.forms import records


@dataclass(frozen=True)
class Kind:
    """One kind of record: name in addresses (one, many), its form, its words, the tab of the customer page."""

    one: str
    many: str
    form: type
    new: str
    edit: str
    tab: str

    @property
    def model(self):
        return self.form._meta.model


KINDS = {
    kind.one: kind
    for kind in (
        Kind("contact", "contacts", records.ContactForm, _("New contact"), _("Edit contact"), "contacts"),
        Kind("interaction", "interactions", records.InteractionForm, _("Record an interaction"),
             _("Edit interaction"), "timeline"),
        Kind("case", "cases", records.CaseForm, _("Record a complaint or request"),
             _("Edit complaint or request"), "cases"),
        Kind("suggestion", "suggestions", records.SuggestionForm, _("Record a suggestion"),
             _("Edit suggestion"), "cases"),
        Kind("survey", "surveys", records.SurveyForm, _("Enter survey answers"), _("Edit survey answers"), "surveys"),
        Kind("contract", "contracts", records.ContractForm, _("New contract"), _("Edit contract"), "contracts"),
        Kind("commitment", "commitments", records.CommitmentForm, _("New commitment"),
             _("Edit commitment"), "contracts"),
        Kind("goal", "goals", records.GoalForm, _("New objective"), _("Edit objective"), "overview"),
        Kind("receivable", "receivables", records.ReceivableForm, _("New receivable"),
             _("Edit receivable"), "contracts"),
        Kind("referral", "referrals", records.ReferralForm, _("Record a referral"), _("Edit referral"), "contracts"),
        Kind("cost", "costs", records.ServiceCostForm, _("Record a service cost"), _("Edit service cost"), "orders"),
        Kind("transaction", "transactions", records.TransactionForm, _("New order line"),
             _("Edit order line"), "orders"),
    )
}  # fmt: skip
