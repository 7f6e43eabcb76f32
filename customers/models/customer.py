"""Who the customer is: the organisation or person, its contacts, and the tiers it was in."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from customers.fields import CodeField, MoneyField
from customers.models.querysets import CustomerQuerySet, OfCustomerQuerySet
from customers.naming import initials, sort_key
from customers.vocabulary import CustomerKind, FirmSize, Level, RelationshipKind, Scale, Tier
from customers.vocabulary_stages import BuyingStep


class Customer(models.Model):
    """An organisation or individual that buys, or may buy, from the firm (text 002, R01)."""

    code = models.CharField(_("code"), max_length=64, unique=True)
    name = models.CharField(_("name"), max_length=200)
    sort_key = models.CharField(max_length=200, editable=False, default="", db_index=True)  # pinyin or casefolded name
    initials = models.CharField(max_length=64, editable=False, default="", db_index=True)  # pinyin initials for search
    kind = CodeField(_("kind"), enum=CustomerKind, default=CustomerKind.ORGANISATION.value)
    industry = models.CharField(_("industry"), max_length=80, blank=True, db_index=True)
    region = models.CharField(_("region"), max_length=80, blank=True, db_index=True)
    scale = CodeField(_("business scale"), enum=Scale, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("owner"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="customers",
    )
    parent = models.ForeignKey(
        "self",
        verbose_name=_("buys through"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="downstream",
    )
    relationship = CodeField(_("kind of relationship"), enum=RelationshipKind, default=RelationshipKind.UNDECIDED.value)
    tier = CodeField(_("relationship tier"), enum=Tier, default=Tier.STRANGER.value, db_index=True)
    proposed_tier = CodeField(_("proposed tier"), enum=Tier, blank=True)
    proposal_reason = models.JSONField(_("why this tier is proposed"), default=dict, blank=True)
    spending_capacity = MoneyField(_("spending capacity a year"), null=True, blank=True)
    category_demand = models.DecimalField(
        _("demand in our categories a year"), max_digits=20, decimal_places=4, null=True, blank=True
    )
    influence = models.FloatField(
        _("influence"), null=True, blank=True, validators=[MinValueValidator(0), MaxValueValidator(1)]
    )
    reach = models.PositiveIntegerField(_("reach (people or firms influenced)"), null=True, blank=True)
    # What decides about a first purchase (text 001, L17); told of customers who have not bought yet.
    buying_step = CodeField(
        _("step towards the first purchase"), enum=BuyingStep, blank=True, default="", db_default=""
    )
    expected_level = CodeField(_("level expected"), enum=Level, blank=True, default="", db_default="")
    outside_opinion = models.PositiveSmallIntegerField(
        _("outside opinion of us (1–5)"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(5)],
        help_text=_("What others say about us to a customer who has not bought yet: 1 bad, 5 very good."),
    )
    restricted = models.BooleanField(
        _("restricted"), default=False, help_text=_("No credit, prepayment only: discredited customers (text 004).")
    )
    restriction_reason = models.CharField(_("reason of the restriction"), max_length=200, blank=True)
    first_contact = models.DateField(_("first contact"), null=True, blank=True)
    exited_on = models.DateField(_("exit approved on"), null=True, blank=True)
    note = models.TextField(_("note"), blank=True)
    # A customer that was merged into another keeps its row: past nights and the audit speak of it, its code leads on.
    merged_into = models.ForeignKey(
        "self",
        verbose_name=_("merged into"),
        null=True,
        blank=True,
        editable=False,
        on_delete=models.CASCADE,
        related_name="former",
    )
    version = models.PositiveIntegerField(default=1, editable=False)  # two people editing at once are told
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    created_by_import = models.ForeignKey(
        "ImportJob", null=True, blank=True, editable=False, on_delete=models.SET_NULL, related_name="new_customers"
    )
    history = HistoricalRecords(excluded_fields=["sort_key", "initials", "proposed_tier", "proposal_reason"])

    objects = CustomerQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("customer"), _("customers")
        ordering = ["sort_key", "code"]
        constraints = [
            models.CheckConstraint(condition=~Q(code=""), name="customer_code_given"),
            models.CheckConstraint(condition=Q(tier__in=[t.value for t in Tier]), name="customer_tier_known"),
            models.CheckConstraint(
                condition=Q(influence=None) | Q(influence__gte=0, influence__lte=1), name="customer_influence_share"
            ),
            models.CheckConstraint(
                condition=Q(spending_capacity=None) | Q(spending_capacity__gte=0), name="customer_capacity_positive"
            ),
            models.CheckConstraint(
                condition=Q(outside_opinion=None) | Q(outside_opinion__gte=1, outside_opinion__lte=5),
                name="customer_opinion_range",
            ),
            models.CheckConstraint(condition=~Q(parent=F("id")), name="customer_not_own_parent"),
            models.CheckConstraint(condition=~Q(merged_into=F("id")), name="customer_not_merged_into_itself"),
        ]
        indexes = [models.Index(fields=["owner", "tier"], name="customer_owner_tier")]

    def __str__(self):
        return f"{self.name} ({self.code})" if self.name != self.code else self.name

    def get_absolute_url(self):
        return reverse("customers:detail", args=[self.code])

    def save(self, *args, **kwargs):
        self.sort_key, self.initials = sort_key(self.name), initials(self.name)
        super().save(*args, **kwargs)


class Contact(models.Model):
    """A person at a customer."""

    customer = models.ForeignKey(
        Customer, verbose_name=_("customer"), on_delete=models.CASCADE, related_name="contacts"
    )
    name = models.CharField(_("name"), max_length=120)
    position = models.CharField(_("position"), max_length=120, blank=True)
    is_buyer = models.BooleanField(_("decides on purchases"), default=False)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    since = models.DateField(_("in this role since"), null=True, blank=True)
    left_on = models.DateField(_("left on"), null=True, blank=True)
    note = models.TextField(_("note"), blank=True)
    history = HistoricalRecords()

    objects = OfCustomerQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("contact"), _("contacts")
        ordering = ["left_on", "name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(left_on=None) | Q(since=None) | Q(left_on__gte=F("since")), name="contact_left_after_since"
            )
        ]

    def __str__(self):
        return self.name


class TierChange(models.Model):
    """One step on the relationship tiers, decided by a person."""

    customer = models.ForeignKey(
        Customer, verbose_name=_("customer"), on_delete=models.CASCADE, related_name="tier_changes"
    )
    before = CodeField(_("from"), enum=Tier)
    after = CodeField(_("to"), enum=Tier)
    accepted = models.BooleanField(_("accepted"), default=True)  # False: a proposal was turned down
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    evidence = models.JSONField(_("evidence"), default=dict, blank=True)
    # Decided about another customer that was merged into this one since: not part of this one's own way.
    former_code = models.CharField(_("code before the merge"), max_length=64, blank=True, default="", db_default="")
    at = models.DateTimeField(_("at"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("by"), null=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = OfCustomerQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("tier change"), _("tier changes")
        ordering = ["-at", "-id"]

    def __str__(self):
        return f"{self.customer}: {self.get_before_display()} → {self.get_after_display()}"


class TierTarget(models.Model):
    """The share of customers a firm of a size wants in a tier (text 000, K15 and K25)."""

    firm_size = CodeField(_("firm size"), enum=FirmSize)
    tier = CodeField(_("tier"), enum=Tier)
    low = models.PositiveSmallIntegerField(_("at least, %"), validators=[MaxValueValidator(100)])
    high = models.PositiveSmallIntegerField(_("at most, %"), validators=[MaxValueValidator(100)])
    strategy = models.TextField(_("strategy"))
    strategy_zh = models.TextField(_("strategy (Chinese)"))
    history = HistoricalRecords()

    class Meta:
        verbose_name, verbose_name_plural = _("tier target"), _("tier targets")
        ordering = ["firm_size", "id"]
        constraints = [
            models.UniqueConstraint(fields=["firm_size", "tier"], name="one_target_per_size_and_tier"),
            models.CheckConstraint(condition=Q(low__lte=F("high"), high__lte=100), name="tier_target_range"),
        ]

    def __str__(self):
        return f"{self.get_firm_size_display()} · {self.get_tier_display()}: {self.low}–{self.high} %"
