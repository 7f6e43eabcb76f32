"""Indicators, weights, expert scores and policies in Django admin. Published weights are versions: never changed."""

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from simple_history.admin import SimpleHistoryAdmin

from segmentation import admin_studies  # noqa: F401 - registers the studies
from segmentation.models import (
    ContributionItem,
    ExpertScore,
    Indicator,
    IndicatorTree,
    ManualValue,
    PyramidPolicy,
    QuadrantPolicy,
    QuadrantStrategy,
    TreeNode,
    Weight,
    WeightPolicy,
    WeightSet,
)
from segmentation.services import weight_sets
from segmentation.services.tree_edit import OPEN_STATUSES, is_closed
from segmentation.services.trees import follow_tree


@admin.register(Indicator)
class IndicatorAdmin(SimpleHistoryAdmin):
    list_display = ["code", "name", "name_zh", "dimension", "source", "measure", "direction", "position", "active"]
    list_filter = ["dimension", "source", "active", "direction"]
    search_fields = ["code", "name", "name_zh"]
    readonly_fields = ["window", "unit"]
    counted = ("code", "dimension", "direction", "source", "measure", "missing", "expert", "thresholds")
    fieldsets = [
        (None, {"fields": ["code", "name", "name_zh", "dimension", "direction", "position", "active"]}),
        (_("Where its values come from"), {"fields": ["source", "measure", "window", "unit", "missing"]}),
        (_("Levels"), {"fields": ["expert", "rubric", "thresholds"]}),
    ]

    def get_readonly_fields(self, request, obj=None):
        """What a version beyond a draft counts by stands for good: rolling back to it must give the same scores."""
        fixed = obj is not None and obj.weights.exclude(weight_set__status__in=OPEN_STATUSES).exists()
        return [*self.readonly_fields, *(self.counted if fixed else ())]

    def has_delete_permission(self, request, obj=None):
        """Versions of weights refer to it: it is switched off instead."""
        return False


@admin.register(ExpertScore)
class ExpertScoreAdmin(SimpleHistoryAdmin):
    list_display = ["customer", "indicator", "score", "scorer", "date"]
    list_filter = ["indicator", "score", "scorer"]
    list_select_related = ["customer", "indicator", "scorer"]
    search_fields = ["customer__code", "customer__name", "customer__initials"]
    autocomplete_fields = ["customer", "indicator", "scorer"]
    date_hierarchy = "date"
    show_full_result_count = False


@admin.register(ManualValue)
class ManualValueAdmin(SimpleHistoryAdmin):
    list_display = ["customer", "indicator", "value", "date", "by"]
    list_filter = ["indicator"]
    list_select_related = ["customer", "indicator", "by"]
    search_fields = ["customer__code", "customer__name", "customer__initials"]
    autocomplete_fields = ["customer"]
    exclude = ["by"]
    date_hierarchy = "date"
    show_full_result_count = False

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "indicator":
            kwargs["queryset"] = Indicator.objects.filter(source="MANUAL")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request, obj, form, change):
        obj.by = request.user
        super().save_model(request, obj, form, change)


class OpenTree:
    """Nodes of a tree may change while it is open; a closed one is copied, on its page."""

    def _open(self, obj):
        tree = obj.tree if isinstance(obj, TreeNode) else obj
        return tree is None or not is_closed(tree)

    def has_change_permission(self, request, obj=None):
        return self._open(obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request, obj=None):
        return self._open(obj) and super().has_delete_permission(request, obj)


class TreeNodeInline(OpenTree, admin.TabularInline):
    model = TreeNode
    extra = 1
    autocomplete_fields = ["indicator"]
    ordering = ["position", "id"]

    def has_add_permission(self, request, obj=None):
        return self._open(obj) and super().has_add_permission(request, obj)

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "parent":
            tree = request.resolver_match.kwargs.get("object_id")
            kwargs["queryset"] = TreeNode.objects.filter(tree=tree).select_related("indicator")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


@admin.register(IndicatorTree)
class IndicatorTreeAdmin(SimpleHistoryAdmin):
    list_display = ["__str__", "code", "builtin"]
    search_fields = ["code", "name", "name_zh"]
    inlines = [TreeNodeInline]

    def has_delete_permission(self, request, obj=None):
        return not (obj and obj.builtin) and super().has_delete_permission(request, obj)

    def save_related(self, request, form, formsets, change):
        """Drafts of this tree follow it at once: new leaves weigh 0, leaves that are gone have no weight."""
        super().save_related(request, form, formsets, change)
        for draft in WeightSet.objects.filter(tree=form.instance, status="DRAFT"):
            follow_tree(draft=draft)


@admin.register(TreeNode)
class TreeNodeAdmin(OpenTree, SimpleHistoryAdmin):
    readonly_fields = ["tree"]
    list_display = ["__str__", "tree", "parent", "indicator", "position"]
    list_filter = ["tree"]
    list_select_related = ["tree", "parent", "parent__indicator", "indicator"]
    search_fields = ["name", "name_zh", "indicator__name", "indicator__name_zh"]
    autocomplete_fields = ["parent", "indicator"]

    def has_add_permission(self, request):
        """Nodes are added in their tree."""
        return False


@admin.register(PyramidPolicy)
class PyramidPolicyAdmin(SimpleHistoryAdmin):
    list_display = ["__str__", "metric", "key_share", "hold", "discredited_overdue_days", "poor_when_unprofitable"]

    def has_add_permission(self, request):
        return not PyramidPolicy.objects.exists() and super().has_add_permission(request)

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(WeightPolicy)
class WeightPolicyAdmin(SimpleHistoryAdmin):
    list_display = ["__str__", "second_person", "cr_limit", "random_index"]

    def has_add_permission(self, request):
        return not WeightPolicy.objects.exists() and super().has_add_permission(request)

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(QuadrantPolicy)
class QuadrantPolicyAdmin(SimpleHistoryAdmin):
    list_display = ["line", "current_at", "potential_at", "version_number", "note"]

    @admin.display(description=_("Version"))
    def version_number(self, policy):
        return policy.version

    def has_add_permission(self, request):
        return not QuadrantPolicy.objects.exists() and super().has_add_permission(request)

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(ContributionItem)
class ContributionItemAdmin(SimpleHistoryAdmin):
    list_display = ["indicator", "weight"]
    list_select_related = ["indicator"]
    autocomplete_fields = ["indicator"]


@admin.register(QuadrantStrategy)
class QuadrantStrategyAdmin(SimpleHistoryAdmin):
    list_display = ["quadrant", "title", "title_zh"]
    list_filter = ["quadrant"]
    search_fields = ["title", "title_zh", "text", "text_zh"]


def is_draft(weight_set):
    """Whether its weights may still be changed."""
    return weight_set is None or weight_set.is_draft


class WeightInline(admin.TabularInline):
    model = Weight
    extra = 0
    autocomplete_fields = ["indicator"]

    def has_add_permission(self, request, obj=None):
        return is_draft(obj) and super().has_add_permission(request, obj)

    def has_change_permission(self, request, obj=None):
        return is_draft(obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request, obj=None):
        return is_draft(obj) and super().has_delete_permission(request, obj)


@admin.register(WeightSet)
class WeightSetAdmin(SimpleHistoryAdmin):
    list_display = ["__str__", "mode", "status", "current_share", "created_by", "published_at"]
    list_filter = ["status", "mode"]
    list_select_related = ["created_by"]
    search_fields = ["name", "note"]
    date_hierarchy = "created_at"
    inlines = [WeightInline]
    readonly_fields = ["status", "based_on", "created_at", "checked_by", "approved_by", "published_by", "published_at"]
    actions = ["copy_to_draft", "check_sums", "approve", "return_to_draft", "publish"]

    @admin.action(description=_("Copy to a new draft"), permissions=["add"])
    def copy_to_draft(self, request, queryset):
        for source in queryset:
            name = _("Draft of %(name)s") % {"name": source.name}
            draft = weight_sets.copy_to_draft(source=source, name=name, by=request.user)
            self.message_user(request, _("%(draft)s is ready to be changed.") % {"draft": draft}, messages.SUCCESS)

    @admin.action(description=_("Check: sums and consistency"), permissions=["view"])
    def check_sums(self, request, queryset):
        self._step(request, queryset, weight_sets.check_weight_set, _("%(version)s is checked."))

    @admin.action(description=_("Approve as the second person"), permissions=["view"])
    def approve(self, request, queryset):
        self._step(request, queryset, weight_sets.approve_weight_set, _("%(version)s is approved."))

    @admin.action(description=_("Back to draft"), permissions=["view"])
    def return_to_draft(self, request, queryset):
        self._step(request, queryset, weight_sets.return_to_draft, _("%(version)s is a draft again."))

    @admin.action(description=_("Publish: the next night uses it"), permissions=["view"])
    def publish(self, request, queryset):
        self._step(request, queryset[:1], weight_sets.publish_weight_set, _("%(version)s is published."))

    def _step(self, request, queryset, act, done):
        for version in queryset:
            try:
                act(weight_set=version, by=request.user)
            except ValidationError as refused:
                self.message_user(request, " ".join(refused.messages), messages.ERROR)
            else:
                self.message_user(request, done % {"version": version}, messages.SUCCESS)

    def has_change_permission(self, request, obj=None):
        return is_draft(obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request, obj=None):
        return is_draft(obj) and super().has_delete_permission(request, obj)

    def save_model(self, request, obj, form, change):
        obj.created_by = request.user  # whoever changed it last is its author: a second person approves
        super().save_model(request, obj, form, change)

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        follow_tree(draft=form.instance)
