"""Suggestions: what customers proposed, by when we owe feedback, and giving it in place."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from customers.guards import visible_or_404
from customers.models import Suggestion
from retention.care import selectors, services
from retention.care.forms import FeedbackForm
from retention.care.views.cases import PROBLEMS, address

PARTS = [
    ("", pgettext_lazy("suggestions", "Waiting")),
    ("overdue", pgettext_lazy("suggestions", "Overdue")),
    ("given", gettext_lazy("Feedback given")),
    ("all", gettext_lazy("All")),
]


@login_required
@require_safe
def suggestion_list(request):
    """Suggestions that wait for feedback, the most urgent first."""
    today = timezone.localdate()
    part = request.GET.get("part", "")
    part = part if part in dict(PARTS) else ""
    rows = selectors.suggestions(request.user).filter(selectors.suggestion_q(part, today))
    rows = rows.order_by("feedback_due", "pk") if part in ("", "overdue") else rows.order_by("-feedback_on", "-made_on")
    page = Paginator(rows, request.user.page_size or 25).get_page(request.GET.get("page"))
    figures = selectors.suggestion_figures(request.user, today)
    counts = {"": figures["waiting"], "overdue": figures["overdue"]}
    context = {
        "section": "suggestions",
        "page": page,
        "parts": [(code, words, address(request, part=code), counts.get(code)) for code, words in PARTS],
        "part": part,
        "figures": figures,
        "today": today,
    }
    return render(request, "retention/cases/suggestions.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def feedback(request, pk):
    """One suggestion and the feedback we give."""
    suggestion = visible_or_404(Suggestion.objects.select_related("customer__owner"), request.user, pk=pk)
    form = FeedbackForm(request.POST or None, initial={"feedback": suggestion.feedback})
    if request.method == "POST" and form.is_valid():
        try:
            services.give_feedback(suggestion=suggestion, by=request.user, at=timezone.now(), **form.cleaned_data)
        except services.CareProblem as problem:
            messages.warning(request, PROBLEMS[problem.code])
        else:
            messages.success(request, _("The feedback is on record: tell the customer."))
        return HttpResponseRedirect(reverse("retention:suggestions"))
    context = {"section": "suggestions", "suggestion": suggestion, "form": form, "today": timezone.localdate()}
    return render(request, "retention/cases/suggestion.html", context, status=422 if form.errors else 200)
