"""Knobs of retention: the templates with their triggers; tasks are looked at here, and worked on their own pages."""

import numpy as np
from django.contrib import admin, messages
from django.db.models import Count, Q, Sum
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from simple_history.admin import SimpleHistoryAdmin

from customers.admin import OneRow
from customers.frames import read_book
from customers.selectors.nights import published_night
from retention import frames, labels, outbox, selectors
from retention.assess import as_rule, candidates_of
from retention.forms import TemplateAdminForm
from retention.models import (
    CarePolicy,
    CauseMeasure,
    OutboxMail,
    ProofAssignment,
    ProofPolicy,
    RetentionKPI,
    RetentionTask,
    TaskEvent,
    TaskTemplate,
    TemplateStep,
    VisitCadence,
    WorkPolicy,
)
from retention.models.tasks import LIVE


class StepInline(admin.TabularInline):
    """The steps of a playbook."""

    model = TemplateStep
    extra = 1
    fields = ["position", "offset", "text", "text_zh"]


@admin.register(TaskTemplate)
class TaskTemplateAdmin(SimpleHistoryAdmin):
    """Templates: what calls for the work, what to do, how urgent, how often, for how many."""

    form = TemplateAdminForm
    list_display = ["code", "local_title", "kind_of_work", "weight", "bound", "live_tasks", "active"]
    list_editable = ["active"]
    list_filter = ["category", "bond_level", "active"]
    search_fields = ["code", "title", "title_zh", "advice", "advice_zh"]
    ordering = ["category", "-weight", "code"]
    list_per_page = 100
    save_on_top = True
    autocomplete_fields = ["owner_person"]
    inlines = [StepInline]
    actions = ["preview"]
    fieldsets = [
        (None, {"fields": ["code", "category", "bond_level", "active"]}),
        (_("Words"), {"fields": ["title", "title_zh", "advice", "advice_zh", "effect", "effect_zh"]}),
        (_("Who gets it"), {"fields": ["trigger", "weight", "top", "owner_rule", "owner_person"]}),
        (_("When and what it costs"), {"fields": ["due_days", "rest_days", "cost"]}),
        (
            _("Proof"),
            {
                "fields": [
                    "holdout_share",
                    "proof_outcome",
                    "proof_days",
                    "holdout_complaints",
                    "holdout_partners",
                    "holdout_high",
                ]
            },
        ),
    ]

    def get_queryset(self, request):
        waiting = Q(tasks__state__in=LIVE) & ~Q(tasks__origin=selectors.REPLAY)
        return super().get_queryset(request).annotate(live=Count("tasks", filter=waiting))

    @admin.display(description=_("title"))
    def local_title(self, template):
        return format_html('<span class="nowrap">{}</span>', template.local_title)

    @admin.display(description=_("kind of work"), ordering="category")
    def kind_of_work(self, template):
        return template.get_category_display()

    @admin.display(description=_("bound"), ordering="top")
    def bound(self, template):
        return template.top

    @admin.display(description=_("live tasks"), ordering="live")
    def live_tasks(self, template):
        return template.live

    def get_actions(self, request):
        """Templates are deleted one by one, so that each can say why it stays."""
        return {name: action for name, action in super().get_actions(request).items() if name != "delete_selected"}

    def delete_view(self, request, object_id, extra_context=None):
        """A template from which tasks were raised stays: their history hangs on it."""
        template = self.get_object(request, object_id)
        if template is not None and (template.tasks.exists() or template.assignments.exists()):
            words = _t(
                "“%(code)s” has tasks and stays. Switch it off instead: its live tasks close with the next night."
            )
            messages.error(request, words % {"code": template.code})
            return HttpResponseRedirect(reverse("admin:retention_tasktemplate_change", args=[template.pk]))
        return super().delete_view(request, object_id, extra_context)

    @admin.action(description=_("Preview: how many customers would be meant tonight"))
    def preview(self, request, queryset):
        """Counts the customers each trigger means, on the facts of the published night; nothing is written."""
        night = published_night()
        if night is None:
            messages.warning(request, _t("There is no published night to look at yet."))
            return
        for code, count in counts_of(night, queryset).items():
            words = ngettext("%(code)s: %(n)s customer", "%(code)s: %(n)s customers", count)
            messages.info(request, words % {"code": code, "n": count})


def counts_of(night, templates):
    """How many customers each template's trigger means on the facts of a night, by code."""
    book = read_book(night.as_of)
    book = book.joined(frames.verdicts(night.pk, book.customers["customer_id"].to_numpy()))
    rules = [as_rule(template) for template in templates if template.trigger]
    candidates = candidates_of(rules, book)
    found = {template.code: 0 for template in templates}
    counted = np.bincount(candidates.rule, minlength=len(rules)).tolist()
    return found | {rule.code: count for rule, count in zip(rules, counted, strict=True)}


class EventInline(admin.TabularInline):
    """What happened to a task, to be read."""

    model = TaskEvent
    extra = 0
    can_delete = False
    fields = readonly_fields = ["at", "by", "event", "detail"]

    @admin.display(description=_("what"))
    def event(self, event):
        return labels.EVENTS.get(event.what, event.what)

    def has_add_permission(self, request, obj=None):
        return False


@admin.register(RetentionTask)
class RetentionTaskAdmin(admin.ModelAdmin):
    """Tasks to look at: steps are taken on the task pages, where each leaves its event."""

    list_display = ["customer", "template", "owner", "state", "due", "priority", "raised_on", "origin"]
    list_filter = ["state", "origin", "template__category", "template"]
    list_select_related = ["customer", "template", "owner"]
    search_fields = ["customer__name", "customer__code", "template__code", "template__title", "template__title_zh"]
    date_hierarchy = "raised_on"
    show_full_result_count = False
    inlines = [EventInline]

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(WorkPolicy)
class WorkPolicyAdmin(OneRow):
    """How much work, at what cost."""

    list_display = ["__str__", "budget", "budget_holds", "per_customer", "urgent"]


@admin.register(ProofAssignment)
class ProofAssignmentAdmin(admin.ModelAdmin):
    """What chance decided, with everything that gives the arm again: to be read."""

    list_display = ["customer", "template", "held", "assigned_on", "ends_on", "share", "stratum", "slot", "seed"]
    list_filter = ["held", "template"]
    list_select_related = ["customer", "template"]
    search_fields = ["customer__name", "customer__code", "template__code"]
    date_hierarchy = "assigned_on"
    show_full_result_count = False

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(ProofPolicy)
class ProofPolicyAdmin(OneRow):
    """From when on an effect is told, and which rules are asked to go."""

    list_display = ["__str__", "min_arm", "confidence", "acted_below", "acted_tasks", "acted_days"]


@admin.register(VisitCadence)
class VisitCadenceAdmin(SimpleHistoryAdmin):
    """How often customers of a tier and level are met."""

    list_display = ["tier", "level", "days"]
    list_editable = ["days"]
    list_filter = ["tier", "level"]
    ordering = ["tier", "level"]


@admin.register(OutboxMail)
class OutboxMailAdmin(admin.ModelAdmin):
    """What was mailed to whom, and what became of it: to be read, and to be sent again."""

    list_display = ["queued_at", "user", "address", "kind", "key", "state", "attempts", "sent_at", "error"]
    list_filter = ["state", "kind"]
    list_select_related = ["user"]
    search_fields = ["user__username", "address", "subject", "key"]
    date_hierarchy = "queued_at"
    actions = ["send_again"]

    @admin.action(description=_("Send again what failed"), permissions=["view"])
    def send_again(self, request, queryset):
        count = outbox.again(queryset, timezone.now())
        words = ngettext("%(n)s mail waits to be sent again.", "%(n)s mails wait to be sent again.", count)
        messages.info(request, words % {"n": count})

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False


@admin.register(CarePolicy)
class CarePolicyAdmin(SimpleHistoryAdmin):
    """The lost rule and its neighbours: one row."""

    list_display = ["__str__", "lost_gaps", "lost_days", "exit_rest_days", "survey_days"]
    fieldsets = [
        (_("Losing, parting, asking"), {"fields": ["lost_gaps", "lost_days", "exit_rest_days", "survey_days"]}),
        (_("Cross-selling"), {"fields": ["pair_support", "pair_lift", "look_alikes", "enough_products"]}),
    ]

    def has_add_permission(self, request):
        return not CarePolicy.objects.exists() and super().has_add_permission(request)

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(CauseMeasure)
class CauseMeasureAdmin(admin.ModelAdmin):
    """Which templates answer which cause."""

    list_display = ["cause", "template"]
    list_filter = ["cause"]
    list_select_related = ["template"]
    search_fields = ["template__code", "template__title", "template__title_zh"]


@admin.register(RetentionKPI)
class RetentionKPIAdmin(SimpleHistoryAdmin):
    """The eight KPIs: each its weight and scale; their own page shows the sum."""

    list_display = ["code", "weight", "worst", "best"]
    fields = ["code", "weight", "worst", "best", "place"]
    readonly_fields = ["code"]

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        if obj.backwards:
            messages.warning(request, labels.backwards(obj))

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def changelist_view(self, request, extra_context=None):
        """Tells where the weights do not add up: the composite scales them all the same."""
        total = RetentionKPI.objects.aggregate(sum=Sum("weight"))["sum"] or 0
        words = _t("The weights add up to %(sum)s %%.") % {"sum": total}
        (messages.info if total == 100 else messages.warning)(request, words)
        return super().changelist_view(request, extra_context)
