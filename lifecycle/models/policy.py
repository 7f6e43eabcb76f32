"""The knobs of stage, warning and lifetime value: one row."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from customers.fields import MoneyField

SEGMENTS = [
    ("", _("all customers as one")),
    ("industry", _("industry")),
    ("region", _("region")),
    ("scale", _("scale")),
]


def segments():
    """Choices of what makes a segment."""
    return SEGMENTS


KEEPING = [
    ("RECORDED", _("the service cost recorded of each customer")),
    ("FIXED", _("the same amount for every customer")),
    ("NONE", _("nothing")),
]


def keeping():
    """Choices of what keeping a customer costs."""
    return KEEPING


def share(text, default):
    """A knob between 0 and 1."""
    return models.FloatField(text, default=default, validators=[MinValueValidator(0), MaxValueValidator(1)])


def scale(text, default):
    """A knob between 1 and 5, as the answers of customers."""
    return models.FloatField(text, default=default, validators=[MinValueValidator(1), MaxValueValidator(5)])


class LifecyclePolicy(models.Model):
    """Every constant of analytics 1.5 and 3.3 (our rules: the texts give none), editable, one row (id 1)."""

    segment_by = models.CharField(_("segments by"), max_length=12, choices=segments, default="", blank=True)
    period_min_days = models.PositiveSmallIntegerField(_("shortest period, days"), default=28)
    period_max_days = models.PositiveSmallIntegerField(_("longest period, days"), default=182)
    decline_probability = share(_("decline when P(no purchase) reaches"), 0.5)
    shrink_ratio = share(_("shrinking when the amount falls to"), 0.6)
    growth_ratio = models.FloatField(_("growing when the amount rises to"), default=1.25)
    test_level = share(_("level of the exact test"), 0.10)
    young_purchases = models.PositiveSmallIntegerField(_("exploration below purchase days"), default=3)
    young_periods = models.PositiveSmallIntegerField(_("exploration below periods"), default=2)
    mature_purchases = models.PositiveSmallIntegerField(_("formation below purchase days"), default=5)
    mature_periods = models.PositiveSmallIntegerField(_("formation below periods"), default=6)
    long_term_periods = models.PositiveSmallIntegerField(_("pattern IV from stable periods"), default=4)
    lapse_periods = models.PositiveSmallIntegerField(_("an exit when decline lasts periods"), default=2)
    reactivated_periods = models.PositiveSmallIntegerField(_("reactivated for periods"), default=2)
    deterioration_ratio = share(_("deterioration when a year's amount falls to"), 0.4)
    use_satisfaction = models.BooleanField(_("stability asks for satisfaction, where known"), default=True)
    satisfaction_min = scale(_("satisfied from (1–5)"), 4.0)
    use_commitment = models.BooleanField(_("stability asks for a contract or commitment"), default=False)
    commitment_min = scale(_("committed from (1–5)"), 4.0)
    use_break_even = models.BooleanField(_("formation asks for break-even, where known"), default=True)
    signal_competitor = models.BooleanField(_("decline at once: asks a competitor"), default=True)
    signal_intent = models.BooleanField(_("decline at once: says it wants to leave"), default=True)
    signal_complaint = models.BooleanField(_("decline at once: complaint past its due day"), default=True)
    signal_buyer = models.BooleanField(_("decline at once: the buyer left"), default=False)
    signal_days = models.PositiveSmallIntegerField(_("a signal holds, days"), default=180)
    termination_gaps = models.FloatField(
        _("propose the end after gaps"),
        default=3.0,
        validators=[MinValueValidator(1)],
        help_text=_("Times the gap that nine of ten of the customer's own gaps stay below."),
    )
    new_business_months = models.PositiveSmallIntegerField(_("new in a business line for months"), default=12)
    use_price_index = models.BooleanField(
        _("compute price indices"), default=True, help_text=_("Reads a year's order lines every night.")
    )
    loyal_purchases = models.PositiveSmallIntegerField(_("loyal from purchase days"), default=3)
    expected_months = models.PositiveSmallIntegerField(_("horizon of expected purchases, months"), default=12)
    clv_months = models.PositiveSmallIntegerField(_("horizon of lifetime value, months"), default=36)
    discount_rate = share(_("discount rate a year"), 0.10)
    alarm_share = share(_("share of customers warned"), 0.05)
    alarm_min_purchases = models.PositiveSmallIntegerField(_("warn from purchase days"), default=3)
    use_mbg = models.BooleanField(_("MBG/NBD instead of BG/NBD"), default=True)
    clv_infinite = models.BooleanField(
        _("lifetime value without an end"),
        default=False,
        help_text=_("Discounted over an endless horizon instead of the months above."),
    )
    keeping_cost = models.CharField(
        _("cost of keeping a customer"), max_length=10, choices=keeping, default="RECORDED",
        help_text=_("Taken off the lifetime value for every month the customer is expected to stay (text 001, L21)."),
    )  # fmt: skip
    keeping_cost_year = MoneyField(_("fixed cost of keeping a customer, a year"), null=True, blank=True)
    contract_retention = models.FloatField(
        _("yearly retention of contract customers"), null=True, blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(1)],
        help_text=_("Empty: the share of last year's customers that bought again, as measured each night."),
    )  # fmt: skip
    gate_customers = models.PositiveSmallIntegerField(_("no lifetime value below so many customers"), default=10)
    gate_repeaters = models.PositiveSmallIntegerField(_("no lifetime value below so many repeat customers"), default=3)
    praise_influence = share(_("share of influenced deals that close, where nothing is known"), 0.125)
    praise_reach = models.PositiveSmallIntegerField(_("reach of a satisfied customer"), default=8)
    blame_reach = models.PositiveSmallIntegerField(_("reach of a dissatisfied customer"), default=25)
    history = HistoricalRecords()

    class Meta:
        verbose_name = verbose_name_plural = _("lifecycle policy")
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="lifecycle_policy_is_one_row"),
            models.CheckConstraint(
                condition=Q(period_min_days__gte=1, period_min_days__lte=F("period_max_days")),
                name="lifecycle_period_range",
            ),
            models.CheckConstraint(condition=Q(clv_months__gte=1, expected_months__gte=1), name="lifecycle_horizons"),
        ]

    def __str__(self):
        return str(_("Lifecycle policy"))
