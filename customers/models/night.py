"""The night on the ground floor: runs, the verdicts about every customer, and the pointer readers follow."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from customers.fields import CodeField, FloatVectorField, MoneyField
from customers.models.customer import Customer
from customers.vocabulary import (
    ClvGap,
    ClvMethod,
    JobState,
    Level,
    NightOrigin,
    NightStatus,
    Pattern,
    Quadrant,
    ReplayStep,
    Role,
    Stage,
    StageRule,
    Sublevel,
    SubState,
    Tier,
)
from customers.vocabulary_care import AdviceReason, DeclineChoice
from customers.vocabulary_stages import CustomerPhase


class InputChange(models.Model):
    """One line per change of anything the night reads; count and highest id are the watermark of the inputs."""

    what = models.CharField(max_length=40)
    ref = models.CharField(max_length=64, blank=True)
    at = models.DateTimeField(auto_now_add=True)


class Night(models.Model):
    """One computation of every verdict for one date, or the attempt at it."""

    as_of = models.DateField(_("as of"))
    status = CodeField(_("status"), enum=NightStatus, default=NightStatus.PLANNED.value, db_index=True)
    origin = CodeField(_("started by"), enum=NightOrigin, default=NightOrigin.COMMAND.value)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    fingerprint = models.CharField(max_length=64)  # of inputs, weights and policies: same fingerprint, same night
    inputs = models.JSONField(_("inputs"), default=dict)  # watermark, counts, policy versions
    weights = models.JSONField(_("weights"), default=dict)  # version, indicators in order, weights: as plain data
    steps = models.JSONField(_("steps"), default=list)  # [{name, seconds, rows}]
    warnings = models.JSONField(_("warnings"), default=list)  # [{code, ...values}]
    checks = models.JSONField(_("self-check"), default=list)  # [{code, ok, value, limit}]
    summary = models.JSONField(_("summary"), default=dict)  # whole-firm totals; pages of one scope query themselves
    models_used = models.JSONField(_("models"), default=list)  # the fits of this night (lifecycle)
    error = models.TextField(_("failure"), blank=True)
    rows = models.PositiveIntegerField(_("rows"), default=0)
    checksum = models.CharField(max_length=64, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    heartbeat = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(_("planned"), auto_now_add=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    published_at = models.DateTimeField(_("published"), null=True, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("night"), _("nights")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["as_of", "fingerprint"],
                condition=~Q(status=NightStatus.FAILED.value),
                name="one_night_per_date_and_inputs",
            )
        ]

    def __str__(self):
        return f"{self.as_of} #{self.pk}"

    @property
    def seconds(self):
        """The duration of all steps."""
        return sum(step.get("seconds", 0) for step in self.steps)


class PublishedNight(models.Model):
    """The pointer: the one night that every page reads (one row, id 1)."""

    night = models.ForeignKey(Night, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="pointer_is_one_row")]


class NightReplay(models.Model):
    """A job that computes past nights from what was known by then: asked for, under way, or done."""

    first = models.DateField(_("from"))
    last = models.DateField(_("to"))
    every = CodeField(_("every"), enum=ReplayStep, default=ReplayStep.MONTH.value)
    state = CodeField(_("status"), enum=JobState, default=JobState.PLANNED.value)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    at = models.DateField(_("at"), null=True, blank=True)  # the date that is being computed
    tasks_created = models.PositiveIntegerField(_("tasks on record"), default=0)
    error = models.TextField(_("failure"), blank=True)
    created_at = models.DateTimeField(_("planned"), auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    heartbeat = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("replay"), _("replays")
        ordering = ["-id"]
        constraints = [models.CheckConstraint(condition=Q(last__gte=models.F("first")), name="replay_ends_after_start")]

    def __str__(self):
        return f"{self.first} – {self.last}"


class Standing(models.Model):
    """Tonight's verdicts about one customer. Written only by the night, never changed.

    Measures are of all history up to the night's date unless named otherwise. Vectors follow the order of
    ``night.weights["indicators"]``; NaN = missing. On PostgreSQL each night is a partition.
    """

    pk = models.CompositePrimaryKey("night_id", "customer_id")
    night = models.ForeignKey(
        Night, on_delete=models.CASCADE, related_name="standings", db_index=False, db_constraint=False
    )
    customer = models.ForeignKey(
        Customer, on_delete=models.CASCADE, related_name="standings", db_index=False, db_constraint=False
    )
    # the axes
    tier = CodeField(enum=Tier)
    role = CodeField(enum=Role)
    stage = CodeField(enum=Stage)
    sub_state = CodeField(enum=SubState, blank=True)
    pattern = CodeField(enum=Pattern)
    level = CodeField(enum=Level, blank=True)
    sublevel = CodeField(enum=Sublevel, blank=True)
    quadrant = CodeField(enum=Quadrant)
    proposed_tier = CodeField(enum=Tier, blank=True)
    # value
    current_score = models.FloatField(null=True)
    potential_score = models.FloatField(null=True)
    total_score = models.FloatField(null=True)
    rank = models.IntegerField(null=True)  # in the pyramid, 1 = best
    contribution = models.FloatField(null=True)  # contribution index, where it ranks the pyramid
    quadrant_stability = models.FloatField(null=True)  # share of draws of the weights that leave it in its quadrant
    top_stability = models.FloatField(null=True)  # share of draws that put it into the top fifth by total score
    p_alive = models.FloatField(null=True)
    expected_purchases = models.FloatField(null=True)
    clv = models.FloatField(null=True)
    clv_method = CodeField(enum=ClvMethod, blank=True)
    clv_model = models.FloatField(null=True)  # what the model says, where a simple rule speaks in its place
    clv_gap = CodeField(enum=ClvGap, blank=True, default="")  # why there is no lifetime value
    clv_low = models.FloatField(null=True)  # four in five end between low and high
    clv_high = models.FloatField(null=True)
    clv_deviation = models.FloatField(null=True)  # by the chance of purchases alone: adds up over customers
    order_value = models.FloatField(null=True)  # expected, of a purchase day
    margin_rate = models.FloatField(null=True)  # shrunk to the segment's
    life_months = models.FloatField(null=True)  # expected as customer within the horizon
    keeping_cost = models.FloatField(null=True)  # discounted, already taken off the lifetime value
    # warning
    churn_risk = models.FloatField(null=True)  # P(no purchase within the warning horizon)
    warned = models.BooleanField(default=False)
    value_at_risk = models.FloatField(null=True)
    loss_risk = models.FloatField(null=True)  # the same with the signals on top, corrected by the record
    signals = models.IntegerField(default=0)  # bits in the order of the vocabulary's Signal
    over_budget = models.BooleanField(default=False)  # would be warned, but the owner's alert budget is used up
    # losing and parting
    lost = models.BooleanField(default=False)  # silent by the lost rule
    advice = CodeField(enum=DeclineChoice, blank=True, default="")  # recover or release, while in decline
    advice_reason = CodeField(enum=AdviceReason, blank=True, default="")
    # cross-selling
    products = models.IntegerField(null=True)  # distinct products bought
    switching_cost = models.FloatField(null=True)  # index 0-100: products, structural bonds, contract
    # the stage and the measures that decided
    stage_rule = CodeField(enum=StageRule, blank=True)
    stage_since = models.DateField(null=True)
    period_days = models.FloatField(null=True)  # p: the segment's period
    gap_days = models.FloatField(null=True)  # own mean gap, shrunk to the segment's
    recent_amount = models.FloatField(null=True)  # R: mean amount of the last two periods
    before_amount = models.FloatField(null=True)  # B: mean of up to four periods before
    trend_p = models.FloatField(null=True)  # exact binomial test of the counts
    # the way so far, and what the relationship cost and brought (lifecycle)
    computed_stage = CodeField(enum=Stage, blank=True, default="")  # by the rules, where the stage is set by hand
    highest_stage = CodeField(enum=Stage, blank=True, default="")
    exploration_days = models.IntegerField(null=True)
    formation_days = models.IntegerField(null=True)
    stable_days = models.IntegerField(null=True)
    decline_days = models.IntegerField(null=True)
    left_on = models.DateField(null=True)  # begin of the decline that ended it, or of the exit
    long_term = models.BooleanField(default=False)  # stable for long: pattern IV is running
    end_proposed = models.BooleanField(default=False)  # silent for so long that the end is proposed
    break_even_on = models.DateField(null=True)  # has paid back since
    balance = models.FloatField(null=True)  # profit less every cost, whole life
    profit_slope = models.FloatField(null=True)  # change of a month's profit, each month
    investment = models.FloatField(null=True)  # what serving cost in twelve months
    phase = CodeField(enum=CustomerPhase, blank=True, default="")
    price_index = models.FloatField(null=True)  # paid in twelve months, against the usual prices of the same products
    # behaviour
    orders = models.IntegerField(default=0)
    purchase_days = models.IntegerField(default=0)
    quantity = models.DecimalField(max_digits=20, decimal_places=4, default=0)
    amount = MoneyField(default=0)
    gross_profit = MoneyField(null=True)  # of lines whose cost is known; None = no cost known
    service_cost = MoneyField(default=0)
    amount_12m = MoneyField(default=0)
    profit_12m = MoneyField(null=True)
    categories = models.IntegerField(default=0)
    first_order = models.DateField(null=True)
    last_order = models.DateField(null=True)
    # the explanation
    raw = FloatVectorField(null=True)
    z = FloatVectorField(null=True)
    points = FloatVectorField(null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("standing"), _("standings")
        indexes = [
            models.Index(fields=["night", "-total_score", "customer"], name="standing_total"),
            models.Index(fields=["night", "-clv", "customer"], name="standing_clv"),
            models.Index(fields=["night", "quadrant", "-total_score"], name="standing_quadrant"),
            models.Index(fields=["night", "stage", "-total_score"], name="standing_stage"),
            models.Index(fields=["customer", "night"], name="standing_customer"),  # on PostgreSQL the primary key
        ]
