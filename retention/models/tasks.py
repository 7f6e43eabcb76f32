"""The tasks that the night raises from templates, their steps, and what became of each."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from customers.fields import CodeField
from customers.models import Customer
from customers.models.querysets import OfCustomerQuerySet
from customers.vocabulary import NightOrigin, TaskOutcome, TaskState
from retention.models.templates import TaskTemplate, TemplateStep, bonds  # noqa: F401 - the first migration names bonds here

LIVE = [TaskState.OPEN.value, TaskState.SNOOZED.value]


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
    origin = CodeField(_("source"), enum=NightOrigin, default=NightOrigin.COMMAND.value)
    raised_on = models.DateField(_("raised on"))  # the as_of of the night
    night_id = models.BigIntegerField(_("night"), null=True)  # plain number: nights are dropped, tasks stay
    due = models.DateField(_("due"))
    snoozed_until = models.DateField(_("snoozed until"), null=True, blank=True)
    priority = models.IntegerField(_("priority"), default=0)  # quadrant rank, then urgency; lower comes first
    value = models.FloatField(_("value at stake"), null=True)
    evidence = models.JSONField(_("evidence"), default=dict)  # field -> value that fired the trigger
    outcome = CodeField(_("outcome"), enum=TaskOutcome, blank=True)
    note = models.TextField(_("note"), blank=True)
    closed_on = models.DateField(_("closed on"), null=True, blank=True)
    lapsed_on = models.DateField(
        _("lapsed on"), null=True, editable=False
    )  # first night after its end without this evidence
    closed_reason = models.CharField(_("why closed"), max_length=300, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("closed by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
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


class StepDone(models.Model):
    """A step of a task that somebody ticked."""

    task = models.ForeignKey(RetentionTask, on_delete=models.CASCADE, related_name="ticks")
    step = models.ForeignKey(TemplateStep, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField(_("at"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("by"), null=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ["at"]
        constraints = [models.UniqueConstraint(fields=["task", "step"], name="one_tick_per_step")]

    def __str__(self):
        return f"{self.task_id} {self.step_id}"


class TaskEvent(models.Model):
    """One step in a task's life: who did what, when, why."""

    task = models.ForeignKey(RetentionTask, verbose_name=_("task"), on_delete=models.CASCADE, related_name="events")
    at = models.DateTimeField(_("at"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    what = models.CharField(
        _("what"), max_length=20
    )  # raised, done, dismissed, snoozed, reassigned, evidence, step, closed ...
    detail = models.JSONField(_("detail"), default=dict)

    class Meta:
        verbose_name, verbose_name_plural = _("step of a task"), _("steps of a task")
        ordering = ["at", "id"]

    def __str__(self):
        return f"{self.at:%Y-%m-%d}"
