"""Acting on everything that matches: the set is frozen in a signed token, and its exact size confirmed."""

from django.contrib import messages
from django.core import signing
from django.http import HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from customers import filters
from customers.forms.ownership import ReassignForm
from customers.guards import needs
from customers.models import Customer
from customers.services.ownership import reassign
from customers.views.listing import narrowed
from customers.vocabulary import Right

SALT = "customers.bulk"
MOST_IDS = 1000


@needs(Right.ASSIGN)
@require_http_methods(["GET", "POST"])
def change_owner(request):
    """Who shall look after these customers: first the exact number, then the change."""
    if request.method == "POST":
        return hand_over(request)
    chosen, left_out = picked(request, request.GET)
    return confirm(request, chosen, ReassignForm(user=request.user), left_out=left_out)


def picked(request, data):
    """The frozen set as plain data {filters, ids, count}, and how many named customers are not the user's."""
    named = list(dict.fromkeys(data.getlist("ids")))
    wish = [value for value in named if value.isascii() and value.isdigit()][:MOST_IDS]
    if named:  # what cannot be read is left out and said, never taken for "all that match"
        ids = list(
            Customer.objects.visible_to(request.user).filter(pk__in=wish).order_by("pk").values_list("pk", flat=True)
        )
        return {"ids": ids, "count": len(ids)}, len(named) - len(ids)
    found = narrowed(request, data)
    return {"filters": filters.frozen(found.filterset), "count": found.total}, 0


def customers_of(request, chosen):
    """The customers that a frozen set means now, in this user's scope."""
    if "ids" in chosen:
        return Customer.objects.visible_to(request.user).filter(pk__in=chosen["ids"])
    return narrowed(request, QueryDict(chosen["filters"])).customers


def confirm(request, chosen, form, *, left_out=0):
    """The page that says how many, which ones first, and asks to whom."""
    context = {
        "form": form,
        "count": chosen["count"],
        "left_out": left_out,
        "sample": customers_of(request, chosen).select_related("owner").order_by("sort_key", "pk")[:10],
        "token": signing.dumps({**chosen, "user": request.user.pk}, salt=SALT),
        "back": f"{reverse('customers:list')}?{chosen.get('filters', '')}",
    }
    return render(request, "customers/reassign.html", context)


def hand_over(request):
    """Carries it out if the set is still the one that was confirmed."""
    try:
        chosen = signing.loads(request.POST.get("token", ""), salt=SALT, max_age=3600)
    except signing.BadSignature:
        chosen = {}
    if chosen.pop("user", None) != request.user.pk:
        messages.error(request, _("This page is too old. Choose the customers again."))
        return redirect("customers:list")
    customers = customers_of(request, chosen)
    form = ReassignForm(request.POST, user=request.user)
    if not form.is_valid():
        return confirm(request, chosen, form)
    if customers.count() != chosen["count"]:
        messages.warning(request, _("The set has changed meanwhile. Here is its new size; please confirm again."))
        return confirm(request, {**chosen, "count": customers.count()}, form)
    data = form.cleaned_data
    moved = reassign(customers=customers, to=data["owner"], by=request.user, at=timezone.now(), reason=data["reason"])
    done = ngettext("%(n)s customer changed hands.", "%(n)s customers changed hands.", moved) % {"n": moved}
    messages.success(request, done)
    return HttpResponseRedirect(f"{reverse('customers:list')}?{chosen.get('filters', '')}")
