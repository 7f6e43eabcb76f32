"""The knobs of stages and lifetime value; what the nights wrote is only shown."""

from django.contrib import admin
from django.contrib.admin import helpers
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext_lazy as _
from simple_history.admin import SimpleHistoryAdmin

from customers.selectors.nights import published_night
from lifecycle.course.preview import who_would_move
from lifecycle.models import (
    Claim,
    ExplorationCheck,
    LifecyclePolicy,
    ModelFit,
    ModelStage,
    PatternReason,
    RelationshipSignal,
    StageBudget,
    StageChange,
    StageModel,
    StageOverride,
    ValueEstimate,
    WarningPolicy,
)
from lifecycle.value.inputs import policy_now

OF_CUSTOMER = ["customer__code", "customer__name", "customer__initials"]


@admin.register(LifecyclePolicy)
class LifecyclePolicyAdmin(SimpleHistoryAdmin):
    """One row: nothing to add, nothing to delete. Before saving one can look who would move."""

    change_form_template = "lifecycle/policy_form.html"
    list_display = ["__str__", "segment_by", "decline_probability", "shrink_ratio", "growth_ratio", "clv_months"]
    fieldsets = [
        (_("Periods"), {"fields": ["segment_by", "period_min_days", "period_max_days"]}),
        (
            _("Stages by time and volume"),
            {
                "fields": [
                    *("decline_probability", "shrink_ratio", "growth_ratio", "test_level"),
                    *("young_purchases", "young_periods", "mature_purchases", "mature_periods"),
                ]
            },
        ),
        (
            _("Marks of the relationship"),
            {
                "fields": [
                    *("use_satisfaction", "satisfaction_min", "use_commitment", "commitment_min", "use_break_even"),
                    *("signal_competitor", "signal_intent", "signal_complaint", "signal_buyer", "signal_days"),
                ]
            },
        ),
        (
            _("Sub-states, exit patterns and the end"),
            {
                "fields": [
                    *("deterioration_ratio", "reactivated_periods", "lapse_periods", "long_term_periods"),
                    "termination_gaps",
                ]
            },
        ),
        (_("Phases by business line"), {"fields": ["new_business_months", "loyal_purchases"]}),
        (_("Stage economics"), {"fields": ["use_price_index"]}),
        (
            _("Lifetime value"),
            {
                "fields": [
                    *("expected_months", "clv_months", "clv_infinite", "discount_rate", "use_mbg", "keeping_cost"),
                    *("keeping_cost_year", "contract_retention", "gate_customers", "gate_repeaters"),
                    *("praise_influence", "praise_reach", "blame_reach"),
                ]
            },
        ),
        (_("Churn warning"), {"fields": ["alarm_share", "alarm_min_purchases"]}),
    ]

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        """The button "who would move" shows the form again, filled as it was sent, with the preview above it."""
        if request.method != "POST" or "_preview" not in request.POST or object_id is None:
            return super().changeform_view(request, object_id, form_url, extra_context)
        policy = self.get_object(request, unquote(object_id))
        if policy is None or not self.has_change_permission(request, policy):
            raise PermissionDenied
        form = self.get_form(request, policy, change=True)(request.POST, instance=policy)
        night, found = published_night(), None
        if form.is_valid() and night is not None:
            found = who_would_move(policy_now(), form.save(commit=False), night.as_of)
        fields = helpers.AdminForm(form, list(self.get_fieldsets(request, policy)), {}, (), model_admin=self)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Who would move?"),
            "adminform": fields,
            "object_id": object_id,
            "original": policy,
            "media": self.media + fields.media,
            "inline_admin_formsets": [],
            "errors": helpers.AdminErrorList(form, []),
            "preview": found,
            "no_night": night is None,
        }
        return self.render_change_form(request, context, change=True, form_url=form_url, obj=policy)

    def has_add_permission(self, request):
        return not LifecyclePolicy.objects.exists() and super().has_add_permission(request)

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(WarningPolicy)
class WarningPolicyAdmin(SimpleHistoryAdmin):
    """One row: nothing to add, nothing to delete."""

    list_display = ["__str__", "alert_budget", "complaint_factor", "buyer_factor", "silence_gaps", "origins"]

    def has_add_permission(self, request):
        return not WarningPolicy.objects.exists() and super().has_add_permission(request)

    def has_delete_permission(self, request, obj=None):
        return False


class WrittenByTheNight(admin.ModelAdmin):
    """Shown, never changed by hand."""

    show_full_result_count = False

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(StageChange)
class StageChangeAdmin(WrittenByTheNight):
    list_display = ["as_of", "customer", "before", "after", "rule", "decided_on", "withdrawn_on"]
    list_filter = ["after", "rule"]
    list_select_related = ["customer"]
    search_fields = ["customer__code", "customer__name"]
    date_hierarchy = "as_of"


@admin.register(ModelFit)
class ModelFitAdmin(WrittenByTheNight):
    list_display = ["night", "kind", "segment", "customers", "repeaters", "log_likelihood", "converged"]
    list_filter = ["kind", "converged"]
    list_select_related = ["night"]
    search_fields = ["kind", "segment"]


@admin.register(ValueEstimate)
class ValueEstimateAdmin(SimpleHistoryAdmin):
    list_display = ["customer", "information", "knowledge", "transaction"]
    list_select_related = ["customer"]
    autocomplete_fields = ["customer"]
    search_fields = ["customer__code", "customer__name"]
    show_full_result_count = False


class Decision(SimpleHistoryAdmin):
    """What people said about a customer."""

    autocomplete_fields = ["customer"]
    list_select_related = ["customer", "by"]
    search_fields = OF_CUSTOMER
    show_full_result_count = False

    def save_model(self, request, obj, form, change):
        obj.by = obj.by or request.user
        super().save_model(request, obj, form, change)


@admin.register(StageOverride)
class StageOverrideAdmin(Decision):
    list_display = ["customer", "stage", "begin", "until", "reason", "by", "ended_on"]
    list_filter = ["stage"]
    date_hierarchy = "begin"


@admin.register(RelationshipSignal)
class RelationshipSignalAdmin(Decision):
    list_display = ["customer", "kind", "date", "note", "settled_on", "by"]
    list_filter = ["kind"]
    date_hierarchy = "date"


@admin.register(ExplorationCheck)
class ExplorationCheckAdmin(Decision):
    list_display = ["customer", "goal_fit", "sincerity", "performance", "need", "date", "by"]
    list_filter = ["goal_fit", "sincerity", "performance"]
    date_hierarchy = "date"


@admin.register(PatternReason)
class PatternReasonAdmin(Decision):
    list_display = ["customer", "code", "strength", "note", "date", "by"]
    list_filter = ["code"]
    date_hierarchy = "date"


@admin.register(StageModel)
class StageModelAdmin(SimpleHistoryAdmin):
    list_display = ["code", "name", "name_zh", "axis", "order", "active"]
    search_fields = ["code", "name", "name_zh"]


@admin.register(ModelStage)
class ModelStageAdmin(SimpleHistoryAdmin):
    list_display = ["model", "code", "name", "name_zh", "maps", "colour", "order"]
    list_filter = ["model"]
    autocomplete_fields = ["model"]
    list_select_related = ["model"]
    search_fields = ["code", "name", "name_zh"]


@admin.register(StageBudget)
class StageBudgetAdmin(SimpleHistoryAdmin):
    list_display = ["stage", "amount"]
    search_fields = ["stage"]


@admin.register(Claim)
class ClaimAdmin(admin.ModelAdmin):
    list_display = ["code", "claim", "text", "low", "high"]
    search_fields = ["code", "words", "words_zh"]

    @admin.display(description=_("claim"), ordering="place")
    def claim(self, claim):
        return claim.local_words

    @admin.display(description=_("source"))
    def text(self, claim):
        return claim.local_source
