"""Pages of value: customer equity, the model card, and the estimates nobody can compute."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from customers.guards import visible_customer
from lifecycle.models import ValueEstimate
from lifecycle.value import charts, equity, model_card, services
from lifecycle.value.forms import EstimateForm
from lifecycle.value.inputs import policy_now

SWATCH = {"tier": "c-tier-", "stage": "c-stage-", "quadrant": "c-quadrant-", "level": "c-level-"}


@require_safe
@login_required
def customer_equity(request):
    """What all customers together are worth, by any cut, with its range, concentration and way over the nights."""
    night, user = request.night or None, request.user
    cuts = equity.cuts_for(user)
    by = request.GET.get("by", "tier")
    if by not in cuts:
        raise Http404
    context = {"cuts": cuts, "by": by, "policy": policy_now()}
    if night:
        found = equity.equity(user, night, by)
        shares, best = equity.concentration(user, night, found.total.told, found.total.value)
        points = equity.trend(user, night)
        context |= {
            "equity": found,
            "chart": charts.ranged_bars(found.groups, lambda group: _colour(by, group)),
            "top": max((group.value for group in found.groups), default=0.0),
            "shares": shares,
            "best": best,
            "points": points,
            "mixed": equity.mixed(points),
            "line": charts.line_over([(point.as_of, point.value) for point in points], zero=True),
            "factors": night.summary.get("clv_factors"),
            "enum": {"tier": "Tier", "stage": "Stage", "quadrant": "Quadrant", "level": "Level"}.get(by, ""),
        }
    return render(request, "lifecycle/equity.html", context)


@require_safe
@login_required
def models(request):
    """How the night's models were fitted, how well they describe the past, and which customers rest on which."""
    night = request.night or None
    context = {"policy": policy_now()}
    if night:
        context |= {"cards": model_card.cards(night), "rungs": model_card.rungs(night)}
    return render(request, "lifecycle/models.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def estimates(request, code):
    """Enter what no order shows: the information, knowledge and transaction value of a customer."""
    customer = visible_customer(request.user, code)
    estimate = ValueEstimate.objects.filter(customer=customer).first() or ValueEstimate(customer=customer)
    form = EstimateForm(request.POST or None, instance=estimate)
    back = f"{customer.get_absolute_url()}?tab=value"
    if request.method == "POST" and form.is_valid():
        services.save_estimate(estimate=form.save(commit=False), by=request.user)
        messages.success(request, _("Saved."))
        return redirect(back)
    context = {"form": form, "customer": customer, "back": back}
    return render(request, "lifecycle/estimates.html", context, status=422 if request.method == "POST" else 200)


def _colour(by, group):
    """The class of a group's colour: that of its code, or the accent."""
    return f"{SWATCH[by]}{group.key}" if by in SWATCH and group.key else "c-accent"
