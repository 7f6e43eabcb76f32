"""The portfolio: tier mix against target, the firm size and tier matrix, proposals, profit and concentration."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from customers import charts
from customers.forms.targets import TargetForm
from customers.guards import needs
from customers.models import Customer, TierTarget
from customers.selectors import mix
from customers.selectors import portfolio as selectors
from customers.selectors.tiers import evidence_of
from customers.services.tiers import accept_proposal, save_targets
from customers.vocabulary import FirmSize, Right

MOST = 200  # decisions at once


@login_required
@require_safe
def portfolio(request):
    """What the user's customers are to the firm, tier by tier."""
    night, size, goals = request.night or None, selectors.firm_size(), selectors.targets()
    tiers, strangers = selectors.tier_mix(request.user, night, size, goals)
    proposals, waiting = selectors.waiting(request.user, night)
    evidence = evidence_of([row.pk for row in proposals], night, timezone.localdate())
    context = {
        "tiers": tiers,
        "bars": charts.mix_chart(tiers),
        "strangers": strangers,
        "trading": sum(row.count for row in tiers),
        "equity": sum(row.clv for row in tiers),
        "profit": sum((row.profit or 0) for row in tiers),
        "size": size.value,
        "sizes": [member.value for member in FirmSize],
        "matrix": matrix(goals),
        "widest": max(tiers, key=lambda row: abs(row.gap)),
        "churn": mix.churn_by_tier(request.user, night) if night else {},
        "moves": mix.moves(request.user, night, size, tiers),
        "promises": mix.promises(request.user, timezone.localdate()),
        "broken": mix.broken_promises(request.user, timezone.localdate()),
        "today": timezone.localdate(),
        "proposals": [(row, evidence[row.pk]) for row in proposals],
        "waiting": waiting,
        "concentration": selectors.concentration(request.user, night, size, tiers),
    }
    return render(request, "customers/portfolio.html", context)


def matrix(goals):
    """Rows of the 2 x 3 matrix: tier, and for each firm size the target with its strategy in the user's language."""
    chinese = (get_language() or "").startswith("zh")

    def cell(size, tier):
        row = goals.get((size, tier))
        return row and {"low": row.low, "high": row.high, "text": row.strategy_zh if chinese else row.strategy}

    return [(tier.value, [(size.value, cell(size, tier)) for size in FirmSize]) for tier in selectors.TIERS]


@needs(Right.MANAGE_PEOPLE)
@require_http_methods(["GET", "HEAD", "POST"])
def targets(request):
    """The target mix of a firm of each size: shares with their bounds, and the strategy of each cell."""
    rows = list(TierTarget.objects.order_by("firm_size", "id"))
    forms = [TargetForm(request.POST or None, instance=row, prefix=str(row.pk)) for row in rows]
    wrong = request.method == "POST" and not all(form.is_valid() for form in forms)
    if request.method == "POST" and not wrong:
        save_targets(targets=[form.save(commit=False) for form in forms if form.has_changed()], by=request.user)
        messages.success(request, _("The target mix is saved; the portfolio shows it at once."))
        return redirect("customers:portfolio")
    context = {"forms": forms, "size": selectors.firm_size().value}
    return render(request, "customers/targets.html", context, status=422 if wrong else 200)


@login_required
@require_POST
def accept_proposals(request):
    """Accepts the chosen proposals one by one; those that no longer stand, or are not the user's, are told."""
    wish = [code for code in dict.fromkeys(request.POST.getlist("ids")) if code.isascii() and code.isdigit()][:MOST]
    customers = Customer.objects.visible_to(request.user).exclude(proposed_tier="").filter(pk__in=wish)
    now = timezone.now()
    evidence = evidence_of([row.pk for row in customers], request.night or None, timezone.localdate(now))
    done = 0
    for customer in customers:
        try:
            accept_proposal(
                customer=customer,
                by=request.user,
                at=now,
                expected=customer.proposed_tier,
                evidence=evidence[customer.pk],
            )
            done += 1
        except ValidationError:
            continue  # somebody else decided meanwhile: counted below
    if done:
        messages.success(request, ngettext("%(n)s tier accepted.", "%(n)s tiers accepted.", done) % {"n": done})
    if done < len(wish):
        left = len(wish) - done
        text = ngettext("%(n)s proposal no longer stands.", "%(n)s proposals no longer stand.", left)
        messages.warning(request, text % {"n": left})
    if not wish:
        messages.info(request, _("Choose at least one proposal."))
    return redirect("customers:portfolio")
