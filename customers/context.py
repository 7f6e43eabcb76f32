"""What the frame of every page needs: the night, the firm's money, the theme and the entries this user may open."""

from django.utils.functional import SimpleLazyObject, lazy
from django.utils.translation import pgettext_lazy

from customers.guards import rights_of
from customers.models import FirmProfile
from customers.selectors.nights import failed_since
from customers.vocabulary import Right

THEMES = ("system", "light", "dark")

# Group, address, words, icon, key after `g`, and the capability without which the entry is left out.
ENTRIES = [
    (0, "/", pgettext_lazy("navigation", "Today"), "sun-medium", "h", None),
    (0, "/customers/", pgettext_lazy("navigation", "Customers"), "building-2", "c", None),
    (0, "/retention/", pgettext_lazy("navigation", "Tasks"), "list-checks", "t", None),
    (0, "/retention/cases/", pgettext_lazy("navigation", "Cases"), "message-circle-warning", "a", None),
    (1, "/customers/portfolio/", pgettext_lazy("navigation", "Portfolio"), "chart-pie", "o", None),
    (1, "/lifecycle/", pgettext_lazy("navigation", "Lifecycle"), "chart-spline", "l", None),
    (1, "/retention/kpis/", pgettext_lazy("navigation", "Retention"), "gauge", "r", None),
    (1, "/segmentation/quadrant/", pgettext_lazy("navigation", "Quadrant"), "grid-2x2", "q", None),
    (1, "/segmentation/pyramid/", pgettext_lazy("navigation", "Pyramid"), "pyramid", "p", None),
    (2, "/imports/", pgettext_lazy("navigation", "Imports"), "upload", "i", Right.IMPORT),
    (2, "/people/", pgettext_lazy("navigation", "People"), "users", "", Right.MANAGE_PEOPLE),
    (2, "/nights/", pgettext_lazy("navigation", "Nights"), "moon-star", "n", None),
    (2, "/admin/", pgettext_lazy("navigation", "Administration"), "settings-2", "", Right.MANAGE_PEOPLE),
]


def navigation(rights):
    """The entries a set of rights opens, as mappings with group, href, text, icon and key."""
    names = ("group", "href", "text", "icon", "key")
    return [dict(zip(names, entry, strict=False)) for entry in ENTRIES if entry[5] is None or entry[5] in rights]


def theme_of(request, user):
    """Light, dark or as the device: a user's own choice, else this browser's, else the device."""
    chosen = getattr(user, "theme", "") or getattr(request, "COOKIES", {}).get("theme", "")
    return chosen if chosen in THEMES else "system"


def firm_profile():
    """The firm's row, or an unsaved one with the defaults."""
    return FirmProfile.objects.filter(pk=1).first() or FirmProfile(pk=1)


def shell(request):
    """Night, failure notice (leads and administrators), firm, currency, theme, rights and navigation."""
    user = getattr(request, "user", None)
    signed_in = user is not None and user.is_authenticated
    night = (getattr(request, "night", None) or None) if signed_in else None
    firm = SimpleLazyObject(firm_profile)
    rights = rights_of(user) if signed_in else set()
    entries = navigation(rights) if signed_in else []
    return {
        "night": night,
        "failed_night": failed_since(night) if signed_in and (user.is_admin or user.is_lead) else None,
        "firm": firm,
        "currency": lazy(lambda: firm.currency, str)(),
        "theme": theme_of(request, user),
        "rights": {right.value for right in rights},
        "navigation": entries,
        "navigation_groups": [group for group in ([e for e in entries if e["group"] == g] for g in range(3)) if group],
    }
