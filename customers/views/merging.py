"""Merging two records of one customer: the likely ones, those told apart, and the page that shows all and asks."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from customers.forms.merge import MergeForm
from customers.guards import needs
from customers.models import Customer
from customers.selectors import duplicates as alike
from customers.selectors import merging
from customers.services import distinct as pairs_apart
from customers.services.merge import MergeProblem, merge_customers
from customers.vocabulary import Right

REASONS = {
    alike.NAME: gettext_lazy("same name"),
    alike.PHONE: gettext_lazy("same telephone number"),
    alike.EMAIL: gettext_lazy("same e-mail address"),
}
PROBLEMS = {
    "gone": gettext_lazy("One of the two has been merged meanwhile. Look for them again."),
    "changed": gettext_lazy(
        "Somebody changed one of the two meanwhile. Here is how they stand now; please confirm again."
    ),
    "night": gettext_lazy("A night is being computed. Merge when it has finished, in a few minutes."),
}


@needs(Right.MERGE)
@require_safe
def duplicates(request):
    """Pairs of customers that are likely the same one."""
    pairs, total = alike.likely_duplicates(request.user)
    rows = [(pair, [REASONS[reason] for reason in pair.reasons]) for pair in pairs]
    apart = list(alike.told_apart(request.user)[: alike.SHOWN])
    context = {"rows": rows, "total": total, "shown": len(rows), "apart": apart}
    return render(request, "customers/duplicates.html", context)


@needs(Right.MERGE)
@require_POST
def distinct(request):
    """These two are not the same customer: remembered, and not asked about again."""
    chosen = _chosen(request.POST, request.user)
    if len(chosen) == 2:
        pairs_apart.tell_apart(customers=chosen, by=request.user, at=timezone.now())
        words = _("Remembered: %(one)s and %(other)s are two customers.")
        messages.success(request, words % {"one": chosen[0], "other": chosen[1]})
    return redirect("customers:duplicates")


@needs(Right.MERGE)
@require_POST
def ask_again(request, pk):
    """Take back that two customers are not the same one."""
    pairs_apart.ask_again(pair=get_object_or_404(alike.told_apart(request.user), pk=pk))
    messages.success(request, _("Taken back: if the two still look alike, they are listed again."))
    return redirect("customers:duplicates")


@needs(Right.MERGE)
@require_http_methods(["GET", "POST"])
def merge(request):
    """What the survivor would take over, field by field; then the merge, once somebody said why."""
    chosen = _chosen(request.GET, request.user)
    if len(chosen) != 2:
        messages.info(request, _("Choose exactly two customers to merge."))
        return redirect("customers:list")
    survivor, former = _in_order(chosen, request.GET.get("keep", ""))
    form = MergeForm(request.POST or None, survivor=survivor, former=former, user=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            merge_customers(
                survivor=survivor, former=former, chosen=form.chosen, reason=form.cleaned_data["reason"],
                by=request.user, at=timezone.now(), versions=form.seen,
            )  # fmt: skip
        except MergeProblem as problem:
            return _refused(request, problem)
        words = _("%(former)s is merged into %(survivor)s.") % {"former": former, "survivor": survivor}
        messages.success(request, words)
        return redirect(survivor)
    return _page(request, survivor, former, form, 422 if request.method == "POST" else 200)


def _chosen(named, user):
    """The two customers that an address or a form names, of those the user may see; 404 where one of two is not."""
    wish = list(dict.fromkeys(named.getlist("ids")))
    ids = [int(value) for value in wish if value.isascii() and value.isdigit() and len(value) < 19]
    if len(wish) != 2:
        return []
    found = list(Customer.objects.visible_to(user).filter(pk__in=ids).select_related("owner", "parent"))
    if len(found) != 2:
        raise Http404
    return found


def _in_order(chosen, keep):
    kept = [row for row in chosen if str(row.pk) == keep]
    if kept:
        return kept[0], next(row for row in chosen if row.pk != kept[0].pk)
    return merging.likelier_survivor(*chosen)


def _refused(request, problem):
    messages.warning(request, PROBLEMS[problem.code])
    if problem.code == "gone":
        return redirect("customers:duplicates")
    return redirect(request.get_full_path())


def _page(request, survivor, former, form, status):
    context = {
        "survivor": survivor,
        "former": former,
        "form": form,
        "moving": merging.moving(former),
        "sides": [(survivor, merging.bought(survivor)), (former, merging.bought(former))],
        "swap": f"?ids={survivor.pk}&ids={former.pk}&keep={former.pk}",
        "action": f"?ids={survivor.pk}&ids={former.pk}&keep={survivor.pk}",
    }
    return render(request, "customers/merge.html", context, status=status)
