"""The pages of the roof: home by role and the health check."""

from django.contrib.auth.decorators import login_required
from django.db import connection
from django.db.utils import Error
from django.http import JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from crm_site import method
from crm_site.home import home as home_of
from crm_site.night_views import described
from customers.guards import may
from customers.vocabulary import Right
from segmentation.selectors import windows


@require_safe
@login_required
def home(request):
    """The first page after signing in: today's work and what moved."""
    today = timezone.localdate()
    return render(request, "crm_site/home.html", {"home": home_of(request.user, request.night, today), "today": today})


@require_safe
@login_required
def method_page(request):
    """How every figure is made, with the self-checks of the night shown."""
    night = request.night or None
    checks = described(night)["checks"] if night else []
    context = {
        "groups": method.told(night, checks),
        "holding": sum(1 for check in checks if check["ok"]),
        "may_run": may(request.user, Right.RUN_NIGHT),
        "windows": windows.by_window(night),
    }
    return render(request, "crm_site/method.html", context)


@require_safe
def healthz(request):
    """200 while the database answers, 503 otherwise; tells nothing else."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return JsonResponse({"status": "down"}, status=503)
    return JsonResponse({"status": "ok"})
