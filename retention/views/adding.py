"""A task by hand, and the load of a team."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from customers.guards import visible_customer
from retention import selectors, services
from retention.forms import AddTaskForm
from retention.models import TaskTemplate
from retention.models.proof import proof_policy
from retention.proof.rules import by_rule
from retention.views.queue import safe_back
from retention.views.steps import PROBLEMS

RULES = 12  # playbooks on the team's board; the others stand in the catalogue


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def add(request):
    """A task of a template for one customer (?customer=CODE)."""
    customer = visible_customer(request.user, request.POST.get("customer") or request.GET.get("customer") or "")
    today = timezone.localdate()
    initial = {"template": request.GET.get("template", "")}
    form = AddTaskForm(request.POST or None, today=today, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            task = services.add_task(customer=customer, by=request.user, at=timezone.now(), **form.cleaned_data)
        except services.TaskProblem as problem:
            form.add_error("template", PROBLEMS[problem.code])
        else:
            messages.success(request, _("The task is on the desk."))
            wanted = request.POST.get("next")
            return HttpResponseRedirect(safe_back(request) if wanted else reverse("retention:detail", args=[task.pk]))
    context = {"form": form, "customer": customer, "next": request.POST.get("next") or request.GET.get("next") or ""}
    return render(request, "retention/add.html", context, status=422 if form.errors else 200)


def rules_of(user, today):
    """The playbooks this team acts on least, first those that nobody acts on: (template, what became of its tasks)."""
    found = by_rule(user, today)
    known = TaskTemplate.objects.in_bulk([pk for pk, rule in found.items() if rule["ended"] or rule["overdue"]])
    rows = [(known[pk], found[pk]) for pk in known]
    return sorted(rows, key=lambda row: (not row[1]["retire"], row[1]["acted"] or 0, -row[1]["overdue"]))[:RULES]


@login_required
@require_safe
def load(request):
    """Who has how much: for leads and administrators."""
    if not (request.user.is_lead or request.user.is_admin):
        raise PermissionDenied
    today = timezone.localdate()
    rows = selectors.load(request.user, today)
    context = {
        "rows": rows,
        "today": today,
        "top": max([row["total"] + row["snoozed"] for row in rows] or [1]) or 1,
        "overdue": sum(row["overdue"] for row in rows),
        "total": sum(row["total"] for row in rows),
        "budget": selectors.budget(today),
        "days": proof_policy().acted_days,
        "rules": rules_of(request.user, today),
        "unassigned": sum(row["total"] for row in rows if row["user"] is None),
    }
    return render(request, "retention/load.html", context)
