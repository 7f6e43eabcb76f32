"""Templates of retention work, the tasks the night raises from them, and what became of each."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from customers.fields import CodeField, MoneyField
from customers.models import Customer
from customers.models.querysets import OfCustomerQuerySet
from customers.vocabulary import BondLevel, NightOrigin, TaskCategory, TaskOutcome, TaskState

BONDS = [(level.value, str(level.value)) for level in BondLevel]
LIVE = [TaskState.OPEN.value, TaskState.SNOOZED.value]


def bonds():
    """Choices of the bond level."""
    return BONDS


class TaskTemplate(models.Model):
    """A piece of retention work and the condition that calls for it (systems, section 10)."""

    code = models.CharField(_("code"), max_length=20, unique=True)
    category = CodeField(pgettext_lazy("task", "category"), enum=TaskCategory)
    bond_level = models.PositiveSmallIntegerField(_("bond level"), choices=bonds, null=True, blank=True)
    title = models.CharField(_("title"), max_length=120)
    title_zh = models.CharField(_("title (Chinese)"), max_length=120)
    advice = models.TextField(_("what to do"), blank=True)
    advice_zh = models.TextField(_("what to do (Chinese)"), blank=True)
    # {"all": [{"field": "stage", "op": "in", "value": ["DECLINE"]}, ...]}: see retention/numerics/triggers.py
    trigger = models.JSONField(_("trigger"), default=dict)
    due_days = models.PositiveSmallIntegerField(_("due after days"), default=7)
    rest_days = models.PositiveSmallIntegerField(_("not again for days"), default=90)
    weight = models.PositiveSmallIntegerField(_("urgency"), default=50)  # orders tasks of one customer
    top = models.PositiveIntegerField(_("at most so many new ones a night"), null=True, blank=True)
    cost = MoneyField(_("cost"), default=0)
    active = models.BooleanField(_("active"), default=True)
    history = HistoricalRecords()

    class Meta:
        verbose_name, verbose_name_plural = _("task template"), _("task templates")
        ordering = ["category", "code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(category__in=[c.value for c in TaskCategory]), name="template_category_known"
            ),
            models.CheckConstraint(
                condition=Q(bond_level=None) | Q(bond_level__gte=1, bond_level__lte=3), name="template_bond_level"
            ),
        ]

    def __str__(self):
        return f"{self.code} {self.local_title}"

    @property
    def local_title(self):
        """The title in the reader's language."""
        return self.title_zh if (get_language() or "").startswith("zh") else self.title

    @property
    def local_advice(self):
        """What to do, in the reader's language."""
        return self.advice_zh if (get_language() or "").startswith("zh") else self.advice


class TaskQuerySet(OfCustomerQuerySet):
    """Retention tasks."""

    def live(self):
        """Open or snoozed, and not of a replay."""
        return self.filter(state__in=LIVE).exclude(origin=NightOrigin.REPLAY.value)


class RetentionTask(models.Model):
    """One thing to do for one customer, with the reason, the owner and the day by which."""

    customer = models.ForeignKey(Customer, verbose_name=_("customer"), on_delete=models.CASCADE, related_name="tasks")
    template = models.ForeignKey(
        TaskTemplate, verbose_name=_("template"), on_delete=models.PROTECT, related_name="tasks"
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("owner"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="tasks",
    )
    state = CodeField(_("state"), enum=TaskState, default=TaskState.OPEN.value)
    origin = CodeField(enum=NightOrigin, default=NightOrigin.COMMAND.value)
    raised_on = models.DateField(_("raised on"))  # the as_of of the night
    night_id = models.BigIntegerField(null=True)  # plain number: nights are dropped, tasks stay
    due = models.DateField(_("due"))
    snoozed_until = models.DateField(_("snoozed until"), null=True, blank=True)
    priority = models.IntegerField(default=0)  # quadrant rank, then urgency; lower comes first
    value = models.FloatField(_("value at stake"), null=True)
    evidence = models.JSONField(_("evidence"), default=dict)  # field -> value that fired the trigger
    outcome = CodeField(_("outcome"), enum=TaskOutcome, blank=True)
    note = models.TextField(_("note"), blank=True)
    closed_on = models.DateField(_("closed on"), null=True, blank=True)
    closed_reason = models.CharField(_("why closed"), max_length=300, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = TaskQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("retention task"), _("retention tasks")
        ordering = ["due", "priority", "-value", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "template"],
                condition=Q(state__in=LIVE),
                name="one_live_task_per_customer_and_template",
            ),
            models.CheckConstraint(
                condition=Q(state__in=LIVE) | Q(closed_on__isnull=False), name="closed_task_has_a_day"
            ),
            models.CheckConstraint(
                condition=~Q(state=TaskState.SNOOZED.value) | Q(snoozed_until__isnull=False),
                name="snoozed_task_has_a_day",
            ),
            models.CheckConstraint(
                condition=~Q(state=TaskState.DONE.value) | ~Q(outcome=""), name="done_task_has_an_outcome"
            ),
        ]
        indexes = [
            models.Index(fields=["owner", "state", "due"], name="task_owner_state_due"),
            models.Index(fields=["state", "due"], name="task_state_due"),
        ]

    def __str__(self):
        return f"{self.template.code} {self.customer_id}"


class TaskEvent(models.Model):
    """One step in a task's life: who did what, when, why."""

    task = models.ForeignKey(RetentionTask, on_delete=models.CASCADE, related_name="events")
    at = models.DateTimeField(_("at"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    what = models.CharField(max_length=20)  # raised, done, dismissed, snoozed, reassigned, evidence, closed, reopened
    detail = models.JSONField(default=dict)

    class Meta:
        ordering = ["at", "id"]

    def __str__(self):
        return f"{self.at:%Y-%m-%d} {self.what}"
