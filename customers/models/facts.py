"""What else is known about a customer: service cost, contracts, receivables, contacts made, cases, answers."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from customers.fields import CodeField, MoneyField
from customers.models.customer import Contact, Customer
from customers.models.querysets import OfCustomerQuerySet
from customers.vocabulary import CarePhase, CaseKind, CaseState, InteractionKind
from customers.vocabulary_care import Cause, SubCause


def customer_key(related_name):
    """The foreign key that every fact has."""
    return models.ForeignKey(Customer, verbose_name=_("customer"), on_delete=models.CASCADE, related_name=related_name)


class ServiceCost(models.Model):
    """What serving a customer cost on a date, apart from order lines."""

    customer = customer_key("service_costs")
    date = models.DateField(_("date"))
    amount = MoneyField(_("amount"))
    note = models.CharField(_("note"), max_length=200, blank=True)

    objects = OfCustomerQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("service cost"), _("service costs")
        ordering = ["-date"]
        constraints = [models.CheckConstraint(condition=Q(amount__gte=0), name="service_cost_positive")]

    def __str__(self):
        return f"{self.date} {self.amount}"


class Contract(models.Model):
    """A frame or guarantee contract."""

    customer = customer_key("contracts")
    number = models.CharField(_("number"), max_length=64)
    title = models.CharField(_("title"), max_length=200, blank=True)
    start = models.DateField(_("start"))
    end = models.DateField(_("end"))
    amount = MoneyField(_("amount"), null=True, blank=True)
    is_subscription = models.BooleanField(_("pays every period"), default=False)
    history = HistoricalRecords()

    objects = OfCustomerQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("contract"), _("contracts")
        ordering = ["-end"]
        constraints = [
            models.CheckConstraint(condition=Q(end__gte=F("start")), name="contract_ends_after_start"),
            models.UniqueConstraint(fields=["customer", "number"], name="one_contract_per_number"),
        ]

    def __str__(self):
        return f"{self.number} {self.title}".strip()


class Commitment(models.Model):
    """What we or the customer promised in a contract or beside it (text 000, K20)."""

    customer = customer_key("commitments")
    contract = models.ForeignKey(
        Contract,
        verbose_name=_("contract"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="commitments",
    )
    ours = models.BooleanField(_("ours"), default=True)
    text = models.CharField(_("promise"), max_length=300)
    due = models.DateField(_("due"), null=True, blank=True)
    fulfilled_on = models.DateField(_("fulfilled on"), null=True, blank=True)

    objects = OfCustomerQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("commitment"), _("commitments")
        ordering = ["due", "id"]

    def __str__(self):
        return self.text


class Receivable(models.Model):
    """An amount the customer owes; overdue when it is past due and unpaid, or was paid late."""

    customer = customer_key("receivables")
    number = models.CharField(_("invoice number"), max_length=64)
    issued = models.DateField(_("issued"))
    due = models.DateField(_("due"))
    amount = MoneyField(_("amount"))
    paid_on = models.DateField(_("paid on"), null=True, blank=True)

    objects = OfCustomerQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("receivable"), _("receivables")
        ordering = ["-due"]
        constraints = [
            models.CheckConstraint(condition=Q(due__gte=F("issued")), name="receivable_due_after_issue"),
            models.UniqueConstraint(fields=["customer", "number"], name="one_receivable_per_number"),
        ]

    def __str__(self):
        return f"{self.number} {self.amount}"


class Interaction(models.Model):
    """A contact made: the daily record of an account manager."""

    customer = customer_key("interactions")
    contact = models.ForeignKey(
        Contact,
        verbose_name=_("contact"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="interactions",
    )
    kind = CodeField(_("kind"), enum=InteractionKind, default=InteractionKind.CALL.value)
    inbound = models.BooleanField(_("the customer came to us"), default=False)
    care_phase = CodeField(_("care"), enum=CarePhase, blank=True, default="")
    at = models.DateTimeField(_("when"))
    summary = models.CharField(_("summary"), max_length=500)
    competitor = models.CharField(
        _("competitor named"),
        max_length=120,
        blank=True,
        default="",
        help_text=_("Who else the customer talks to; it counts as a signal of the churn warning."),
    )
    discount = models.BooleanField(
        _("asked for a discount"), default=False, help_text=_("How sensitive to price the customer is rests on it.")
    )
    next_step = models.CharField(_("next step"), max_length=200, blank=True)
    next_date = models.DateField(_("next date"), null=True, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )

    objects = OfCustomerQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("interaction"), _("interactions")
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["customer", "-at"], name="interaction_customer_at")]

    def __str__(self):
        return self.summary


class Case(models.Model):
    """A complaint or request with the date by which it must be answered (text 001, L40)."""

    customer = customer_key("cases")
    kind = CodeField(_("kind"), enum=CaseKind, default=CaseKind.COMPLAINT.value)
    subject = models.CharField(_("subject"), max_length=200)
    text = models.TextField(_("text"), blank=True)
    opened_at = models.DateTimeField(_("opened"))
    answer_due = models.DateTimeField(_("answer due"))
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    answer = models.TextField(_("answer"), blank=True)
    state = CodeField(_("state"), enum=CaseState, default=CaseState.OPEN.value)
    cause = CodeField(_("cause"), enum=Cause, blank=True, default="", max_length=20)
    sub_cause = CodeField(_("cause in detail"), enum=SubCause, blank=True, default="", max_length=20)
    handler = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("answers it"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text=_("Empty: the customer's owner."),
    )
    escalated_at = models.DateTimeField(_("escalated"), null=True, blank=True, editable=False)
    history = HistoricalRecords()

    objects = OfCustomerQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("complaint or request"), _("complaints and requests")
        ordering = ["-opened_at"]
        constraints = [
            models.CheckConstraint(condition=Q(answer_due__gte=F("opened_at")), name="case_due_after_opened"),
            models.CheckConstraint(
                condition=Q(answered_at=None) | Q(answered_at__gte=F("opened_at")), name="case_answered_after_opened"
            ),
        ]
        indexes = [models.Index(fields=["state", "answer_due"], name="case_state_due")]

    def __str__(self):
        return self.subject


class Suggestion(models.Model):
    """An opinion or suggestion of a customer, with the feedback we owe (text 004, P08)."""

    customer = customer_key("suggestions")
    text = models.TextField(_("text"))
    made_on = models.DateField(_("made on"))
    feedback_due = models.DateField(_("feedback due"), null=True, blank=True)
    feedback = models.TextField(_("feedback"), blank=True)
    feedback_on = models.DateField(_("feedback given on"), null=True, blank=True)

    objects = OfCustomerQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("suggestion"), _("suggestions")
        ordering = ["-made_on"]

    def __str__(self):
        return self.text[:80]


class Referral(models.Model):
    """A customer recommended us to somebody (text 003, A02)."""

    customer = customer_key("referrals")
    referred_name = models.CharField(_("recommended to"), max_length=200)
    referred = models.ForeignKey(
        Customer,
        verbose_name=_("became customer"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="referred_by",
    )
    date = models.DateField(_("date"))

    objects = OfCustomerQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("referral"), _("referrals")
        ordering = ["-date"]
        constraints = [models.CheckConstraint(condition=~Q(referred=F("customer")), name="referral_not_to_self")]

    def __str__(self):
        return self.referred_name


def answer(name, top):
    """One answer of a survey, 1 to `top`; None = not asked or not answered."""
    return models.PositiveSmallIntegerField(
        name, null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(top)]
    )


RELATION_ITEMS = ("satisfaction", "trust", "commitment")
VALUE_ITEMS = ("product_value", "service_value", "personnel_value", "image_value")
COST_ITEMS = ("monetary_cost", "time_cost", "mental_cost", "physical_cost")
RIVAL_ITEMS = tuple(f"rival_{item}" for item in (*VALUE_ITEMS, *COST_ITEMS))  # the same eight at a competitor (R13)


class SurveyResponse(models.Model):
    """A customer's answers: relationship quality 1-5 and the eight delivered-value items 1-10 (text 001, L19)."""

    customer = customer_key("surveys")
    contact = models.ForeignKey(
        Contact, verbose_name=_("answered by"), null=True, blank=True, on_delete=models.SET_NULL, related_name="surveys"
    )
    date = models.DateField(_("date"))
    satisfaction = answer(_("satisfaction"), 5)
    trust = answer(_("trust"), 5)
    commitment = answer(_("commitment"), 5)
    product_value = answer(_("product value"), 10)
    service_value = answer(_("service value"), 10)
    personnel_value = answer(_("personnel value"), 10)
    image_value = answer(_("image value"), 10)
    monetary_cost = answer(_("monetary cost"), 10)
    time_cost = answer(_("time cost"), 10)
    mental_cost = answer(_("mental-energy cost"), 10)
    physical_cost = answer(_("physical-energy cost"), 10)
    competitor = models.CharField(
        _("competitor compared with"), max_length=120, blank=True, default="",
        help_text=_("Whom the customer has in mind in the answers below."),
    )  # fmt: skip
    rival_product_value = answer(_("product value at the competitor"), 10)
    rival_service_value = answer(_("service value at the competitor"), 10)
    rival_personnel_value = answer(_("personnel value at the competitor"), 10)
    rival_image_value = answer(_("image value at the competitor"), 10)
    rival_monetary_cost = answer(_("monetary cost at the competitor"), 10)
    rival_time_cost = answer(_("time cost at the competitor"), 10)
    rival_mental_cost = answer(_("mental-energy cost at the competitor"), 10)
    rival_physical_cost = answer(_("physical-energy cost at the competitor"), 10)
    comment = models.TextField(_("comment"), blank=True)
    # Codes of ValueFactor: what the reader of the answers takes them to be moved by (text 001, L19b).
    factors = models.JSONField(_("what moved these answers"), default=list, blank=True)

    objects = OfCustomerQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("survey answer"), _("survey answers")
        ordering = ["-date", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(**{item: None}) | Q(**{f"{item}__gte": 1, f"{item}__lte": top}), name=f"survey_{item}"
            )
            for items, top in ((RELATION_ITEMS, 5), (VALUE_ITEMS + COST_ITEMS + RIVAL_ITEMS, 10))
            for item in items
        ]

    def __str__(self):
        return f"{self.date}"
