"""Language and appearance: kept in this browser and, for a signed-in user, with the account."""

from django.conf import settings
from django.contrib.auth import get_user_model
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST
from django.views.i18n import set_language as django_set_language

from customers.context import THEMES

YEAR = 365 * 24 * 3600


def _keep(user, **choice):
    """Stores a preference with the account without touching anything else of it."""
    if user.is_authenticated:
        get_user_model().objects.filter(pk=user.pk).update(**choice)


@require_POST
def set_language(request):
    """Django's own switch, remembered with the account."""
    chosen = request.POST.get("language", "")
    if chosen in dict(settings.LANGUAGES):
        _keep(request.user, language=chosen)
    return django_set_language(request)


@require_POST
def set_theme(request):
    """Light, dark or as the device; answers 204 to a script, else goes back to where the user was."""
    chosen = request.POST.get("theme", "system")
    chosen = chosen if chosen in THEMES else "system"
    _keep(request.user, theme=chosen)
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure()):
        back = "/"
    response = HttpResponse(status=204) if "X-Theme" in request.headers else HttpResponseRedirect(back)
    response.set_cookie("theme", chosen, max_age=YEAR, samesite="Lax", secure=request.is_secure())
    return response
