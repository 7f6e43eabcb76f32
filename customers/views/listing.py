"""The customer list: filters, order, columns and page size, and handing over everything that matches."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from customers import filters
from customers.addresses import CONTROL
from customers.models import Customer, User
from customers.selectors import listing
from customers.selectors.columns import CHOOSABLE, SORTS, WIDEST, chosen
from customers.selectors.nights import night_before

PAGE_SIZES = (10, 25, 50, 100, 200)
NUMBERS = ["score", "current", "potential", "clv", "amount", "risk", "last_after", "last_before"]
GROUPS = [  # of the filter panel in reading order; a group with a title folds away while nothing in it is on
    (None, ["q", "warned", "over_budget", "restricted", "kpi"]),
    (None, ["tier", "stage", "quadrant", "level", "sublevel", "role", "pattern"]),
    (None, ["proposed", "owner", "team", "industry", "region"]),
    (
        gettext_lazy("The course of the relationship"),
        ["at", "phase", "step", "by_hand", "long_term", "end_proposed", "first_after", "first_before"],
    ),
    (gettext_lazy("Scores, money and dates"), NUMBERS),
    (gettext_lazy("Lifetime value"), ["method", "gap"]),
    (
        gettext_lazy("Compared with the earlier night"),
        ["moved", "was_stage", "was_quadrant", "was_level", "was_tier"],
    ),
]


@dataclass(frozen=True)
class Narrowed:
    """The customers an address asks for: the scope, what narrows it, and how many there are."""

    filterset: Any
    night: Any
    scope: Any
    conditions: Any
    total: int
    warned: int | None
    at_risk: float | None

    @property
    def customers(self):
        """The customers themselves as a queryset."""
        return self.scope.filter(self.conditions)


def narrowed(request, data):
    """What the filters in `data` leave of the customers this user may see."""
    night = request.night or None
    before = night_before(night) if night else None
    scope = listing.scoped(request.user, night, before)
    values = {name: listing.distinct_values(request.user, name) for name in ("industry", "region")}
    filterset = filters.customer_filter(data, scope, request=request, night=night, before=before, values=values)
    conditions = filterset.conditions
    totals = listing.totals(scope.filter(conditions), night, searching="q" in data)
    return Narrowed(filterset, night, scope, conditions, **totals)


@login_required
@require_safe
def customer_list(request):
    """One page of the customers that match, with everything that narrows, orders and shows them in the address."""
    tidy = without_blanks(request.GET)
    if tidy != request.GET:
        return HttpResponseRedirect(f"?{tidy.urlencode()}")
    found = narrowed(request, request.GET)
    key, descending = listing.sort_of(request.GET.get("sort", ""), found.night, found.total)
    rows = listing.CustomerRows(
        found.scope, found.conditions, night=found.night, key=key, descending=descending, total=found.total
    )
    page = Paginator(rows, page_size(request)).get_page(request.GET.get("page"))
    columns = chosen(request.user.list_columns, only_own=not (request.user.is_admin or request.user.is_lead))
    context = {
        "page": page,
        "rows": list(page.object_list),
        "total": found.total,
        "warned": found.warned,
        "at_risk": found.at_risk,
        "sorts": SORTS,
        "anything": bool(found.total) or Customer.objects.visible_to(request.user).exists(),
        "columns": columns if found.night else [column for column in columns if not column.of_night],
        "choosable": [(column, column in columns) for column in CHOOSABLE.values()],
        "widest": WIDEST,
        "sizes": ",".join(map(str, PAGE_SIZES)),
        "exports": filters.frozen(found.filterset),
        "sort": f"{'-' if descending else ''}{key}",
        **filter_context(request, found.filterset, refused=sort_refused(request, key, descending)),
    }
    response = render(request, "customers/list.html", context)
    remember(response, request)
    return response


def remember(response, request):
    """Keeps the list's own address in a cookie, so that the way back from a customer keeps the place."""
    query = request.GET.urlencode()
    if query != request.COOKIES.get("customers", "") and len(query) < 1500:
        response.set_cookie("customers", query, path="/customers/", httponly=True, samesite="Lax")


def filter_context(request, filterset, *, refused):
    """Panel, chips and notices of the filters."""
    chips = filters.chips(filterset)
    groups = [
        (title, [filterset.form[name] for name in names if name in filterset.form.fields]) for title, names in GROUPS
    ]
    return {
        "groups": [(title, fields, is_on(filterset, fields)) for title, fields in groups if fields],
        "chips": chips,
        "clear": f"?{QueryDict.fromkeys(['sort'], request.GET['sort']).urlencode()}" if "sort" in request.GET else "?",
        "warned_url": f"?{with_value(request.GET, 'warned', 'on').urlencode()}",
        "unknown": filters.unknown_parameters(filterset, request.GET),
        "wrong": [(filterset.form.fields[name].label, errors) for name, errors in filterset.errors.items()],
        "refused": refused,
        "filtering": bool(chips),
    }


def is_on(filterset, fields):
    """Whether the address narrows by any of these fields."""
    return any(filterset.data.get(name) for field in fields for name in filters.names_of(filterset, field.name))


def sort_refused(request, key, descending):
    """Whether the address asks for an order that cannot be had."""
    wish = request.GET.get("sort")
    return bool(wish) and wish != f"{'-' if descending else ''}{key}"


def without_blanks(data):
    """The address without control characters and without the empty fields that a form sends along."""
    params = QueryDict(mutable=True)
    for name, values in data.lists():
        kept = [value for value in (CONTROL.sub("", value) for value in values) if value]
        if kept:
            params.setlist(name, kept)
    return params


def with_value(data, name, value):
    """The address with one more filter, from its first page."""
    params = data.copy()
    params.pop("page", None)
    params[name] = value
    return params


def page_size(request):
    """Rows a page: what the address says becomes the user's habit."""
    wish = request.GET.get("size", "")
    if wish.isascii() and wish.isdigit() and int(wish) in PAGE_SIZES:
        if request.user.page_size != int(wish):
            User.objects.filter(pk=request.user.pk).update(page_size=int(wish))
        return int(wish)
    return request.user.page_size if request.user.page_size in PAGE_SIZES else 25


@login_required
@require_POST
def choose_columns(request):
    """Remembers which columns this user wants to see."""
    wanted = [column.key for column in chosen(request.POST.getlist("columns"))]
    if len(set(request.POST.getlist("columns")) & CHOOSABLE.keys()) > WIDEST:
        messages.warning(request, _("The first %(count)s columns were kept: more do not fit.") % {"count": WIDEST})
    User.objects.filter(pk=request.user.pk).update(list_columns=wanted)
    back = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return HttpResponseRedirect(back if safe else "/customers/")
