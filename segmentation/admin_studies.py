"""Studies in Django admin, and the grid of an expert's judgements there."""

from django.contrib import admin
from django.urls import path, re_path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from simple_history.admin import SimpleHistoryAdmin

from segmentation.models import Invitation, Question, Study
from segmentation.views.matrix import matrix, matrix_file


class QuestionInline(admin.TabularInline):
    model = Question
    extra = 0
    fields = ["name", "name_zh", "position"]
    can_delete = False

    def has_add_permission(self, request, obj=None):
        return False


class InvitationInline(admin.TabularInline):
    model = Invitation
    extra = 0
    fields = ["name", "email", "weight", "counted", "accepted", "why", "grid"]
    readonly_fields = ["grid"]

    def has_add_permission(self, request, obj=None):
        return False

    @admin.display(description=_("Judgements"))
    def grid(self, obj):
        address = reverse("admin:segmentation_study_matrix", args=[obj.study_id, obj.pk])
        return format_html('<a href="{}">{}</a>', address, _("Open the grid"))


@admin.register(Study)
class StudyAdmin(SimpleHistoryAdmin):
    list_display = ["name", "tree", "deadline", "aggregation", "status"]
    list_filter = ["status", "aggregation"]
    list_select_related = ["tree"]
    search_fields = ["name", "note"]
    fields = ["name", "note", "deadline", "aggregation", "random_index", "status"]
    inlines = [QuestionInline, InvitationInline]

    def has_add_permission(self, request):
        """A study begins on its own page, where nodes and experts are chosen."""
        return False

    def get_urls(self):
        grid = self.admin_site.admin_view(self.matrix)
        address = path("<int:study>/matrix/<int:invitation>/", grid, name="segmentation_study_matrix")
        file = re_path(
            r"^(?P<study>\d{1,9})/matrix/(?P<invitation>\d{1,9})/(?P<question>\d{1,9})/(?P<what>template|answers)\.(?P<kind>csv|xlsx)$",
            self.admin_site.admin_view(matrix_file),
            name="segmentation_study_matrix_file",
        )
        return [address, file, *super().get_urls()]

    def matrix(self, request, study, invitation):
        """The grid: every pair of a question at once, with what it means beside it."""
        return matrix(request, study, invitation, self.admin_site.each_context(request))
