"""The care plan: before, during and after the purchase."""

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from customers.models import User
from retention.care import plan


@login_required
@require_safe
def care_plan(request):
    """How many are cared for in each phase, and whose last order nobody has asked about."""
    night = request.night or None
    context = {"section": "care", "today": timezone.localdate(), "recent": plan.RECENT}
    if night:
        owners = plan.coverage_by_owner(request.user, night)
        phases = plan.phases(request.user, night, owners)
        waiting = Paginator(plan.uncared(request.user, night), request.user.page_size or 25)
        waiting.count = phases[-1].customers - phases[-1].cared  # known: counting them again is as dear as finding them
        page = waiting.get_page(request.GET.get("page"))
        for row in owners:
            row["name"] = row["owner"] and User(
                last_name=row["owner__last_name"], first_name=row["owner__first_name"], username=row["owner__username"]
            )
        context |= {
            "page": page,
            "rows": plan.with_tasks(page.object_list, night),
            "phases": phases,
            "after": phases[-1],
            "owners": owners if request.user.is_lead or request.user.is_admin else [],
        }
    return render(request, "retention/cases/plan.html", context)
