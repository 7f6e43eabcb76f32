"""The pages of the roof: home by role and the health check."""

from django.contrib.auth.decorators import login_required
from django.db import connection
from django.db.utils import Error
from django.http import JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from crm_site.home import home as home_of


@require_safe
@login_required
def home(request):
    """The first page after signing in: today's work and what moved."""
    today = timezone.localdate()
    return render(request, "crm_site/home.html", {"home": home_of(request.user, request.night, today), "today": today})


@require_safe
def healthz(request):
    """200 while the database answers, 503 otherwise; tells nothing else."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return JsonResponse({"status": "down"}, status=503)
    return JsonResponse({"status": "ok"})
