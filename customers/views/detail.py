"""The page of one customer, and the decision about its proposed tier."""

from datetime import date

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpResponsePermanentRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST, require_safe

from customers import charts, labels
from customers.guards import survivor_of, visible_customer
from customers.selectors import detail, gates, history, merging
from customers.selectors.tiers import evidence_of
from customers.selectors.timeline import KINDS, timeline
from customers.services.tiers import accept_proposal, reject_proposal
from customers.vocabulary import InteractionKind

TABS = {  # code: words, and the fact that counts it
    "overview": (gettext_lazy("Overview"), None),
    "timeline": (gettext_lazy("Timeline"), None),
    "score": (gettext_lazy("Score"), None),
    "value": (pgettext_lazy("tab", "Value"), None),
    "stage": (gettext_lazy("Stage path"), None),
    "tasks": (pgettext_lazy("tab", "Tasks"), None),
    "orders": (pgettext_lazy("tab", "Orders"), "orders"),
    "contacts": (gettext_lazy("Contacts"), "contacts"),
    "cases": (pgettext_lazy("tab", "Cases"), "voices"),
    "surveys": (gettext_lazy("Surveys"), "surveys"),
    "contracts": (pgettext_lazy("tab", "Contracts"), "contracts"),
    "history": (gettext_lazy("History"), None),
}


@login_required
@require_safe
def customer_page(request, code):
    """One customer: who it is, where it stands, what happened, and what to do."""
    night, now = request.night or None, timezone.now()
    try:
        customer = visible_customer(request.user, code, night.id if night else None)
    except Http404:
        return _to_survivor(request, code)
    customer.standing = getattr(customer, "standing", None)  # absent where the night does not know the customer
    tab = request.GET.get("tab", "overview")
    if tab not in TABS:
        raise Http404
    today = timezone.localdate(now)
    facts = detail.facts_of(customer, today=today, now=now)
    needs = detail.needs(customer, facts, today=today)
    evidence = evidence_of([customer.pk], night, today)[customer.pk] if customer.proposed_tier else None
    context = {
        "customer": customer,
        "standing": customer.standing,
        "facts": facts,
        "needs": needs,
        "evidence": evidence,
        "beyond": detail.beyond(facts, night),
        "today": today,
        "tab": tab,
        "tab_template": f"customers/tabs/{tab}.html",
        "tabs": tabs_of(customer, facts),
        "back": request.COOKIES.get("customers", ""),
        **CONTENTS.get(tab, lambda *_args: {})(request, customer, today),
    }
    return render(request, "customers/detail.html", context)


def _to_survivor(request, code):
    """The code of a customer that was merged leads to the one that stays, for good; 404 for any other."""
    survivor = survivor_of(request.user, code)
    if survivor is None:
        raise Http404
    query = request.GET.urlencode()
    return HttpResponsePermanentRedirect(survivor.get_absolute_url() + (f"?{query}" if query else ""))


def tabs_of(customer, facts):
    """The tabs with their words and counts."""
    counts = {
        "orders": customer.standing.orders if customer.standing else None,
        "contacts": facts.contacts,
        "voices": facts.cases + facts.suggestions,
        "surveys": facts.surveys,
        "contracts": facts.contracts,
    }
    return [(code, words, counts.get(counted)) for code, (words, counted) in TABS.items()]


def page_number(request):
    """The page the address asks for; the first where it asks for none or nonsense."""
    wish = request.GET.get("page", "")
    return int(wish) if wish.isascii() and wish.isdigit() and len(wish) < 6 else 1


def month_of(text):
    """The first day of a month written as 2026-03; None where it is not one."""
    try:
        return date.fromisoformat(f"{text}-01") if len(text) == 7 else None
    except ValueError:
        return None


def log_kinds():
    """How one can have been in touch, for the quick log."""
    return labels.choices(InteractionKind)


def overview_tab(request, customer, today):
    entries, more = timeline(customer, until=today, size=8)
    until = request.night.as_of if request.night else today
    months = detail.monthly(customer, until=until)
    chart = charts.monthly_chart(months) if any(month.orders or month.amount for month in months) else None
    proof = evidence_of([customer.pk], request.night or None, today)[customer.pk]
    profit = customer.standing.gross_profit if customer.standing else None
    return {
        "entries": entries,
        "more": more,
        "months": months,
        "chart": chart,
        "log_kinds": log_kinds(),
        "way": None if customer.exited_on else gates.way_up(customer.tier, proof, profit, gates.asked(customer)),
        "goals": list(customer.goals.select_related("owner")[:20]),
    }


def timeline_tab(request, customer, today):
    kinds = [kind for kind in request.GET.getlist("kind") if kind in KINDS]
    page = page_number(request)
    entries, more = timeline(customer, until=today, kinds=kinds, page=page)
    return {
        "entries": entries,
        "more": more,
        "kinds": KINDS.items(),
        "chosen": kinds,
        "number": page,
        "log_kinds": log_kinds(),
    }


def day_of(text):
    """A day written as 2026-03-05; None where it is not one."""
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None


def orders_tab(request, customer, today):
    month = month_of(request.GET.get("month", ""))
    since, until = day_of(request.GET.get("since", "")), day_of(request.GET.get("until", ""))
    page = Paginator(detail.orders_of(customer, month, since, until), 25).get_page(request.GET.get("page"))
    orders = list(page.object_list)
    lines = detail.lines_of(customer, orders)
    return {
        "page": page,
        "month": month,
        "since": since,
        "until": until,
        "orders": [(row, lines.get((row["order_no"], row["date"]), [])) for row in orders],
    }


def contacts_tab(request, customer, today):
    return {"contacts": customer.contacts.all()}


def cases_tab(request, customer, today):
    return {"cases": customer.cases.all()[:200], "suggestions": customer.suggestions.all()[:200], "now": timezone.now()}


def surveys_tab(request, customer, today):
    return {"surveys": customer.surveys.select_related("contact")[:200]}


def contracts_tab(request, customer, today):
    return {
        "contracts": customer.contracts.prefetch_related("commitments")[:200],
        "loose": customer.commitments.filter(contract=None)[:200],
        "receivables": customer.receivables.all()[:200],
        "referrals": customer.referrals.select_related("referred")[:200],
        "service_costs": customer.service_costs.all()[:200],
    }


def history_tab(request, customer, today):
    changes = history.changes(customer)
    return {
        "changes": changes,
        "tier_changes": customer.tier_changes.select_related("by")[:100],
        "merges": merging.merges_of(customer),
    }


CONTENTS = {
    "overview": overview_tab,
    "timeline": timeline_tab,
    "orders": orders_tab,
    "contacts": contacts_tab,
    "cases": cases_tab,
    "surveys": surveys_tab,
    "contracts": contracts_tab,
    "history": history_tab,
}


@login_required
@require_POST
def decide_tier(request, code):
    """Accepts or rejects the tier that the night proposed for this customer."""
    customer = visible_customer(request.user, code)
    now, seen = timezone.now(), request.POST.get("expected", "")
    evidence = evidence_of([customer.pk], request.night or None, timezone.localdate(now))[customer.pk]
    common = {"customer": customer, "by": request.user, "at": now, "expected": seen, "evidence": evidence}
    try:
        if request.POST.get("decision") == "accept":
            accept_proposal(**common)
            messages.success(request, _("The new tier holds from now on."))
        else:
            reject_proposal(**common, reason=request.POST.get("reason", ""))
            messages.success(request, _("The proposal is turned down, and your reason is kept."))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect(customer)
