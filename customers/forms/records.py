"""The forms for what is known about a customer: contacts, interactions, cases, opinions, answers, papers."""

from datetime import timedelta

from django import forms
from django.utils.translation import gettext_lazy as _

from customers import labels
from customers import models as m
from customers.filters import colleagues
from customers.forms.inputs import Suggesting, entered
from customers.forms.reasons import ReasonsMixin
from customers.models.facts import COST_ITEMS, RELATION_ITEMS, RIVAL_ITEMS, VALUE_ITEMS
from customers.selectors.deadlines import answer_due, feedback_due
from customers.vocabulary import CaseState
from customers.vocabulary_stages import ValueFactor


class RecordForm(ReasonsMixin, forms.ModelForm):
    """A form for one row that belongs to a customer. `now` is the moment of the request, in the site's zone."""

    def __init__(self, *args, user, customer, now, **kwargs):
        super().__init__(*args, **kwargs)
        self.user, self.customer, self.now = user, customer, now
        self.instance.customer = customer
        if "contact" in self.fields:
            self.fields["contact"].queryset = customer.contacts.all()
        if not self.instance.pk:
            self.initial = {**self.defaults(), **self.initial}

    def defaults(self):
        """What a new row starts with."""
        return {}

    def _get_validation_exclusions(self):
        # The customer is fixed by the address, and uniqueness per customer must be checked all the same.
        return super()._get_validation_exclusions() - {"customer"}

    def must_not_lie_ahead(self, name, limit):
        """An error on a field whose date or moment is later than `limit`."""
        value = self.cleaned_data.get(name)
        if value and value > limit:
            self.add_error(name, _("This lies in the future."))


class ContactForm(RecordForm):
    """A person at the customer."""

    class Meta:
        model = m.Contact
        fields = ("name", "position", "is_buyer", "phone", "email", "since", "left_on", "note")
        formfield_callback = entered


class InteractionForm(RecordForm):
    """A contact made."""

    class Meta:
        model = m.Interaction
        fields = (
            "kind", "at", "summary", "contact", "care_phase", "inbound", "discount", "competitor", "next_step",
            "next_date",
        )  # fmt: skip
        widgets = {"summary": forms.Textarea(attrs={"rows": 3})}
        formfield_callback = entered

    def defaults(self):
        return {"at": self.now.replace(second=0, microsecond=0)}

    def clean(self):
        cleaned = super().clean()
        self.must_not_lie_ahead("at", self.now + timedelta(minutes=5))
        at, following = cleaned.get("at"), cleaned.get("next_date")
        if at and following and following < at.astimezone(self.now.tzinfo).date():
            self.add_error("next_date", _("The next step lies before the contact itself."))
        return cleaned


class CaseForm(RecordForm):
    """A complaint or a request, and our answer."""

    class Meta:
        model = m.Case
        fields = ("kind", "state", "subject", "opened_at", "answer_due", "text", "answer", "answered_at")
        formfield_callback = entered

    def defaults(self):
        return {"opened_at": self.now.replace(second=0, microsecond=0)}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["answer_due"].required = False
        self.fields["answer_due"].help_text = _("Empty: by the kind and the firm's working hours.")

    def clean(self):
        cleaned = super().clean()
        if not cleaned.get("answer_due") and cleaned.get("opened_at") and "answer_due" not in self.errors:
            cleaned["answer_due"] = answer_due(cleaned.get("kind"), cleaned["opened_at"])
        self.must_not_lie_ahead("opened_at", self.now + timedelta(minutes=5))
        self.must_not_lie_ahead("answered_at", self.now + timedelta(minutes=5))
        answered = cleaned.get("answered_at") or cleaned.get("state") != CaseState.OPEN
        if answered and not cleaned.get("answer"):
            self.add_error("answer", _("Write down what was answered."))
        if cleaned.get("answered_at") and cleaned.get("state") == CaseState.OPEN:
            self.add_error("state", _("An answered case is not open any more."))
        return cleaned


class SuggestionForm(RecordForm):
    """An opinion of the customer, and our feedback."""

    class Meta:
        model = m.Suggestion
        fields = ("made_on", "feedback_due", "text", "feedback", "feedback_on")
        formfield_callback = entered

    def defaults(self):
        return {"made_on": self.now.date(), "feedback_due": feedback_due(self.now.date())}

    def clean(self):
        cleaned = super().clean()
        self.must_not_lie_ahead("made_on", self.now.date())
        if cleaned.get("feedback_on") and not cleaned.get("feedback"):
            self.add_error("feedback", _("Write down what was answered."))
        return cleaned


class SurveyForm(RecordForm):
    """Answers of a survey; at least one question must be answered."""

    class Meta:
        model = m.SurveyResponse
        fields = ("date", "contact", *RELATION_ITEMS, *VALUE_ITEMS, *COST_ITEMS, "competitor", *RIVAL_ITEMS, "comment")
        formfield_callback = entered

    factors = forms.MultipleChoiceField(
        label=_("What moved these answers?"), required=False, widget=forms.CheckboxSelectMultiple,
        help_text=_("Your reading of them, not the customer's: what the next step has to work on."),
    )  # fmt: skip

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["factors"].choices = labels.choices(ValueFactor)
        self.fields["factors"].initial = self.instance.factors
        for items, top in ((RELATION_ITEMS, 5), (VALUE_ITEMS + COST_ITEMS + RIVAL_ITEMS, 10)):
            for item in items:
                self.fields[item] = forms.TypedChoiceField(
                    label=self.fields[item].label,
                    choices=[("", "—"), *((grade, str(grade)) for grade in range(1, top + 1))],
                    coerce=int,
                    empty_value=None,
                    required=False,
                )

    def defaults(self):
        return {"date": self.now.date()}

    def clean(self):
        cleaned = super().clean()
        self.must_not_lie_ahead("date", self.now.date())
        if all(cleaned.get(item) is None for item in (*RELATION_ITEMS, *VALUE_ITEMS, *COST_ITEMS)):
            raise forms.ValidationError(_("Answer at least one question."))
        self.instance.factors = cleaned.get("factors", [])
        return cleaned


class ContractForm(RecordForm):
    """A frame or guarantee contract."""

    class Meta:
        model = m.Contract
        fields = ("number", "title", "start", "end", "amount", "is_subscription")
        formfield_callback = entered


class CommitmentForm(RecordForm):
    """A promise, in a contract or beside it."""

    class Meta:
        model = m.Commitment
        fields = ("text", "ours", "contract", "due", "fulfilled_on")
        formfield_callback = entered

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["contract"].queryset = self.customer.contracts.all()


class GoalForm(RecordForm):
    """An objective of the account plan."""

    class Meta:
        model = m.AccountGoal
        fields = ("objective", "target_date", "owner", "reached_on", "note")
        formfield_callback = entered

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = colleagues(self.user)

    def defaults(self):
        return {"owner": self.user.pk}

    def clean(self):
        cleaned = super().clean()
        self.must_not_lie_ahead("reached_on", self.now.date())
        return cleaned


class ReceivableForm(RecordForm):
    """An amount the customer owes."""

    class Meta:
        model = m.Receivable
        fields = ("number", "amount", "issued", "due", "paid_on")
        formfield_callback = entered

    def clean(self):
        cleaned = super().clean()
        self.must_not_lie_ahead("paid_on", self.now.date())
        return cleaned


class ServiceCostForm(RecordForm):
    """What serving the customer cost, apart from order lines."""

    class Meta:
        model = m.ServiceCost
        fields = ("date", "amount", "note")
        formfield_callback = entered

    def defaults(self):
        return {"date": self.now.date()}


class ReferralForm(RecordForm):
    """To whom the customer recommended us; the code where it became a customer."""

    became = forms.CharField(
        label=_("Became customer"), required=False, help_text=_("Code of the customer, if it became one.")
    )

    class Meta:
        model = m.Referral
        fields = ("referred_name", "date")
        formfield_callback = entered

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.referred_id:
            self.fields["became"].initial = self.instance.referred.code

    def defaults(self):
        return {"date": self.now.date()}

    def clean_became(self):
        code = self.cleaned_data["became"].strip()
        if not code:
            return None
        if self.instance.referred_id and self.instance.referred.code == code:
            return self.instance.referred
        found = m.Customer.objects.visible_to(self.user).filter(code=code).first()
        if found is None:
            raise forms.ValidationError(_("There is no customer with the code %(code)s."), params={"code": code})
        if found.pk == self.customer.pk:
            raise forms.ValidationError(_("A customer can't recommend us to itself."))
        return found

    def _post_clean(self):
        if "became" in self.cleaned_data:
            self.instance.referred = self.cleaned_data["became"]
        super()._post_clean()


class TransactionForm(RecordForm):
    """One line of an order; a refund has a negative quantity or amount."""

    product_code = forms.CharField(
        label=_("Product"), required=False, help_text=_("Code or name; leave empty where there is none.")
    )

    class Meta:
        model = m.Transaction
        fields = ("date", "order_no", "line_no", "category", "quantity", "amount", "cost", "service_cost")
        formfield_callback = entered
        help_texts = {
            "amount": _("Net of tax; negative for a refund."),
            "cost": _("Empty where it is not known: then no profit is told."),
        }

    field_order = ("date", "order_no", "line_no", "product_code", "category")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["product_code"].widget = Suggesting(_products)
        self.fields["product_code"].initial = self.instance.product.code if self.instance.product_id else ""

    def defaults(self):
        return {"date": self.now.date(), "amount": None}

    def clean_product_code(self):
        text = self.cleaned_data["product_code"].strip()
        if not text:
            return None
        found = m.Product.objects.filter(code=text).first() or m.Product.objects.filter(name=text).first()
        if found is None:
            raise forms.ValidationError(_("There is no product %(text)s."), params={"text": text})
        return found

    def clean(self):
        cleaned = super().clean()
        self.must_not_lie_ahead("date", self.now.date())
        if cleaned.get("quantity") == 0 and cleaned.get("amount") == 0:
            self.add_error("amount", _("A line without quantity and amount says nothing."))
        product = cleaned.get("product_code")
        if product and not cleaned.get("category"):
            cleaned["category"] = product.category
        return cleaned

    def _post_clean(self):
        if "product_code" in self.cleaned_data:
            self.instance.product = self.cleaned_data["product_code"]
        super()._post_clean()


def _products():
    return list(m.Product.objects.order_by("code").values_list("code", "name")[:300])
