"""The ground floor in Django admin: every table that people may correct, with search, filters and history."""

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from simple_history.admin import SimpleHistoryAdmin

from customers import models as m
from customers.publish import refresh_days
from customers.services import people as people_services
from customers.services import records

admin.site.unregister(Group)  # role and team decide what people may see and do
WHO = ("customer__code", "customer__name", "customer__initials")


class OfCustomer(admin.ModelAdmin):
    """What every table of facts shares: found by customer, never a drop-down of all customers."""

    autocomplete_fields = ["customer"]
    list_select_related = ["customer"]
    search_fields = WHO
    show_full_result_count = False


class OneRow(SimpleHistoryAdmin):
    """A table of exactly one row: nothing to add, nothing to delete."""

    def has_add_permission(self, request):
        return not self.model.objects.exists() and super().has_add_permission(request)

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(m.FirmProfile)
class FirmProfileAdmin(OneRow):
    list_display = ["__str__", "size", "fiscal_year_start", "currency"]


@admin.register(m.Holiday)
class HolidayAdmin(SimpleHistoryAdmin):
    """Days off, and weekend days worked in exchange: deadlines in working days and hours follow."""

    list_display = ["day", "name", "worked"]
    list_filter = ["worked"]
    search_fields = ["name"]
    date_hierarchy = "day"


@admin.register(m.Team)
class TeamAdmin(SimpleHistoryAdmin):
    list_display = ["name"]
    search_fields = ["name"]


class AccountForm(UserChangeForm):
    """An account whose role decides the rest; `by` is the administrator at the keyboard."""

    by = None

    def clean(self):
        cleaned = super().clean()
        before = m.User.objects.filter(pk=self.instance.pk).first()
        if before and "role" in cleaned:
            after = m.User(pk=before.pk, role=cleaned["role"], is_active=cleaned.get("is_active", False))
            people_services.keep_an_administrator(before, after, self.by)
        return cleaned


@admin.register(m.User)
class AccountAdmin(SimpleHistoryAdmin, UserAdmin):
    form, add_form = AccountForm, AdminUserCreationForm
    list_display = ["username", "last_name", "first_name", "role", "team", "is_active", "last_login"]
    list_filter = ["role", "team", "is_active", "is_demo"]
    list_select_related = ["team"]
    search_fields = ["username", "last_name", "first_name", "email"]
    autocomplete_fields = ["team"]
    filter_horizontal = ()
    readonly_fields = ["last_login", "date_joined"]
    fieldsets = [
        (None, {"fields": ["username", "password"]}),
        (_("Person"), {"fields": ["last_name", "first_name", "email", "role", "team", "is_active", "is_demo"]}),
        (_("Preferences"), {"fields": ["language", "theme", "page_size", "digest_hour", "time_zone"]}),
        (_("Dates"), {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [
        (None, {"fields": ["username", "usable_password", "password1", "password2"]}),
        (_("Person"), {"fields": ["last_name", "first_name", "email", "role", "team"]}),
    ]

    def get_form(self, request, obj=None, **kwargs):
        form = super().get_form(request, obj, **kwargs)
        form.by = request.user
        return form

    def save_model(self, request, obj, form, change):
        obj.is_staff = obj.is_superuser = obj.is_admin if not change else obj.role == "ADMIN"
        super().save_model(request, obj, form, change)

    def has_delete_permission(self, request, obj=None):
        """Accounts are deactivated: what they did stays theirs."""
        return False


@admin.register(m.Category)
class CategoryAdmin(admin.ModelAdmin):
    search_fields = ["name"]


@admin.register(m.Product)
class ProductAdmin(admin.ModelAdmin):
    list_display = ["code", "name", "category"]
    list_filter = ["category"]
    list_select_related = ["category"]
    search_fields = ["code", "name"]
    autocomplete_fields = ["category"]


class ContactInline(admin.TabularInline):
    model = m.Contact
    extra = 0
    fields = ["name", "position", "is_buyer", "phone", "email", "since", "left_on"]


@admin.register(m.Customer)
class CustomerAdmin(SimpleHistoryAdmin):
    list_display = ["code", "name", "kind", "industry", "region", "scale", "owner", "tier", "restricted"]
    list_filter = ["tier", "kind", "scale", "relationship", "restricted", "industry", "region", "owner"]
    list_select_related = ["owner"]
    search_fields = ["code", "name", "sort_key", "initials"]
    autocomplete_fields = ["owner", "parent"]
    readonly_fields = ["tier", "proposed_tier", "created_at"]  # tiers are decided on the customer's page, with a reason
    exclude = ["proposal_reason"]
    date_hierarchy = "first_contact"
    inlines = [ContactInline]
    show_full_result_count = False

    def get_queryset(self, request):
        return super().get_queryset(request).filter(merged_into=None)  # what was merged is history

    def save_model(self, request, obj, form, change):
        if change:
            records.update_customer(customer=obj, expected=None, by=request.user, at=timezone.now())
        else:
            records.create_customer(customer=obj, by=request.user, at=timezone.now())


@admin.register(m.CustomerMerge)
class CustomerMergeAdmin(admin.ModelAdmin):
    """The record of merges: read, never changed."""

    list_display = ["at", "former", "survivor", "by", "reason"]
    list_select_related = ["former", "survivor", "by"]
    search_fields = ["former__code", "survivor__code", "reason"]
    date_hierarchy = "at"

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(m.Contact)
class ContactAdmin(SimpleHistoryAdmin, OfCustomer):
    list_display = ["name", "customer", "position", "is_buyer", "since", "left_on"]
    list_filter = ["is_buyer", "position"]
    search_fields = ["name", "email", "phone", *WHO]


@admin.register(m.Transaction)
class TransactionAdmin(OfCustomer):
    list_display = ["date", "order_no", "line_no", "customer", "product", "quantity", "amount", "cost", "service_cost"]
    list_filter = ["category", "date"]
    list_select_related = ["customer", "product"]
    search_fields = ["order_no", *WHO]
    autocomplete_fields = ["customer", "product", "category"]
    date_hierarchy = "date"

    def save_model(self, request, obj, form, change):
        records.save_record(record=obj, by=request.user, at=timezone.now())

    def delete_model(self, request, obj):
        records.delete_record(record=obj, by=request.user)

    @transaction.atomic
    def delete_queryset(self, request, queryset):
        touched = set(queryset.values_list("customer_id", flat=True))
        super().delete_queryset(request, queryset)
        refresh_days(touched)


@admin.register(m.ServiceCost)
class ServiceCostAdmin(OfCustomer):
    list_display = ["date", "customer", "amount", "note"]
    list_filter = ["date"]
    date_hierarchy = "date"


class CommitmentForm(forms.ModelForm):
    """A promise in a contract belongs to the contract's customer."""

    class Meta:
        model = m.Commitment
        fields = ["ours", "text", "due", "fulfilled_on"]


class CommitmentInline(admin.TabularInline):
    model = m.Commitment
    form = CommitmentForm
    extra = 0


@admin.register(m.Contract)
class ContractAdmin(SimpleHistoryAdmin, OfCustomer):
    list_display = ["number", "title", "customer", "start", "end", "amount", "is_subscription"]
    list_filter = ["is_subscription", "end"]
    search_fields = ["number", "title", *WHO]
    date_hierarchy = "start"
    inlines = [CommitmentInline]

    def save_formset(self, request, form, formset, change):
        for promise in formset.save(commit=False):
            promise.customer = form.instance.customer
            promise.save()
        for promise in formset.deleted_objects:
            promise.delete()


@admin.register(m.Commitment)
class CommitmentAdmin(OfCustomer):
    list_display = ["text", "customer", "contract", "ours", "due", "fulfilled_on"]
    list_filter = ["ours", "due"]
    list_select_related = ["customer", "contract"]
    autocomplete_fields = ["customer", "contract"]
    search_fields = ["text", *WHO]


@admin.register(m.Receivable)
class ReceivableAdmin(OfCustomer):
    list_display = ["number", "customer", "issued", "due", "amount", "paid_on"]
    list_filter = [("paid_on", admin.EmptyFieldListFilter), "due"]
    search_fields = ["number", *WHO]
    date_hierarchy = "due"


@admin.register(m.Interaction)
class InteractionAdmin(OfCustomer):
    list_display = ["at", "customer", "kind", "inbound", "summary", "next_date", "by"]
    list_filter = ["kind", "care_phase", "inbound", "by"]
    list_select_related = ["customer", "by"]
    autocomplete_fields = ["customer", "contact", "by"]
    search_fields = ["summary", *WHO]
    date_hierarchy = "at"


@admin.register(m.Case)
class CaseAdmin(SimpleHistoryAdmin, OfCustomer):
    list_display = ["subject", "customer", "kind", "state", "opened_at", "answer_due", "answered_at"]
    autocomplete_fields = ["customer", "handler"]
    list_filter = ["kind", "state"]
    search_fields = ["subject", *WHO]
    date_hierarchy = "opened_at"


@admin.register(m.AccountGoal)
class AccountGoalAdmin(SimpleHistoryAdmin, OfCustomer):
    list_display = ["objective", "customer", "owner", "target_date", "reached_on"]
    list_filter = [("reached_on", admin.EmptyFieldListFilter)]
    list_select_related = ["customer", "owner"]
    autocomplete_fields = ["customer", "owner"]
    search_fields = ["objective", *WHO]
    date_hierarchy = "target_date"


@admin.register(m.Suggestion)
class SuggestionAdmin(OfCustomer):
    list_display = ["__str__", "customer", "made_on", "feedback_due", "feedback_on"]
    list_filter = [("feedback_on", admin.EmptyFieldListFilter)]
    search_fields = ["text", *WHO]
    date_hierarchy = "made_on"


@admin.register(m.Referral)
class ReferralAdmin(OfCustomer):
    list_display = ["date", "customer", "referred_name", "referred"]
    list_filter = [("referred", admin.EmptyFieldListFilter)]
    list_select_related = ["customer", "referred"]
    autocomplete_fields = ["customer", "referred"]
    search_fields = ["referred_name", *WHO]
    date_hierarchy = "date"


@admin.register(m.SurveyResponse)
class SurveyResponseAdmin(OfCustomer):
    list_display = ["date", "customer", "satisfaction", "trust", "commitment"]
    list_filter = ["satisfaction", "trust", "commitment"]
    exclude = ["factors"]  # ticked on the customer's page
    autocomplete_fields = ["customer", "contact"]
    date_hierarchy = "date"


@admin.register(m.TierChange)
class TierChangeAdmin(OfCustomer):
    list_display = ["at", "customer", "before", "after", "accepted", "reason", "by"]
    list_filter = ["after", "accepted"]
    list_select_related = ["customer", "by"]
    autocomplete_fields = ["customer", "by"]
    search_fields = ["reason", *WHO]
    date_hierarchy = "at"


@admin.register(m.TierTarget)
class TierTargetAdmin(SimpleHistoryAdmin):
    list_display = ["firm_size", "tier", "low", "high"]
    list_filter = ["firm_size", "tier"]
    search_fields = ["strategy", "strategy_zh"]


@admin.register(m.MappingPreset)
class MappingPresetAdmin(admin.ModelAdmin):
    list_display = ["name", "kind", "created_by"]
    list_filter = ["kind"]
    list_select_related = ["created_by"]
    search_fields = ["name"]
    autocomplete_fields = ["created_by"]
