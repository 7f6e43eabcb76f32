"""The knobs of stages and lifetime value; what the nights wrote is only shown."""

from django.contrib import admin
from simple_history.admin import SimpleHistoryAdmin

from lifecycle.models import LifecyclePolicy, ModelFit, StageChange, ValueEstimate, WarningPolicy


@admin.register(LifecyclePolicy)
class LifecyclePolicyAdmin(SimpleHistoryAdmin):
    """One row: nothing to add, nothing to delete."""

    list_display = ["__str__", "segment_by", "decline_probability", "shrink_ratio", "growth_ratio", "clv_months"]

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
    list_display = ["as_of", "customer", "before", "after", "rule"]
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
