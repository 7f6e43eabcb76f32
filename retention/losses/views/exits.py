"""Parting from customers: suggestions, proposals with evidence, and the second person's decision."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from customers.context import firm_profile
from customers.guards import visible_customer, visible_or_404
from customers.labels import choices
from customers.vocabulary_care import ExitState, PartingGround
from retention import labels
from retention import selectors as tasks
from retention.care.views.cases import address
from retention.losses import services
from retention.losses.forms import ExitForm, NoteForm
from retention.losses.views.losses import PROBLEMS
from retention.models import ExitDecision
from retention.models.exits import WAITING

STEPS = {
    "approve": (services.approve_exit, gettext_lazy("Approved: the measure holds from now on, and can be reversed.")),
    "reject": (services.reject_exit, gettext_lazy("Rejected: nothing changes.")),
    "withdraw": (services.withdraw_exit, gettext_lazy("Taken back: nothing changes.")),
    "reverse": (services.reverse_exit, gettext_lazy("Reversed: the customer is what it was before.")),
}


def decisions(user):
    """Every decision this user may see."""
    return ExitDecision.objects.visible_to(user).select_related(
        "customer__owner", "proposed_by", "decided_by", "reversed_by"
    )


@login_required
@require_safe
def exit_list(request):
    """What waits for a decision, and what was decided."""
    part = request.GET.get("part", "")
    rows = decisions(request.user)
    counts = dict(rows.order_by().values_list("state").annotate(n=Count("pk")))
    rows = rows.filter(state=part) if part in set(ExitState) else rows.filter(state__in=WAITING)
    reason = request.GET.get("reason", "")
    rows = rows.filter(reason=reason) if reason in set(PartingGround) else rows
    page = Paginator(rows, request.user.page_size or 25).get_page(request.GET.get("page"))
    parts = [
        ("", pgettext("exits", "Waiting"), address(request, part=""), sum(counts.get(state, 0) for state in WAITING))
    ]
    parts += [(code, words, address(request, part=code), counts.get(code, 0)) for code, words in choices(ExitState)]
    currency = currency_of(request)
    for row in page.object_list:
        row.reasons = labels.reasons(row.evidence, currency)
    context = {
        "section": "exits",
        "page": page,
        "rows": tasks.with_standings(page.object_list, request.night or None),
        "parts": parts,
        "part": part if part in set(ExitState) else "",
        "suggested": counts.get(ExitState.SUGGESTED.value, 0),
        "proposed": counts.get(ExitState.PROPOSED.value, 0),
        "decides": request.user.is_lead or request.user.is_admin,
    }
    return render(request, "retention/exits/list.html", context)


def currency_of(request):
    """The firm's money, for facts in words."""
    return firm_profile().currency


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def propose(request):
    """A proposal for a customer (?customer=CODE); one that the night suggested is taken up."""
    customer = visible_customer(request.user, request.POST.get("customer") or request.GET.get("customer") or "")
    waiting = ExitDecision.objects.filter(customer=customer, state__in=WAITING).first()
    initial = {"reason": waiting.reason, "measure": waiting.measure} if waiting else {"measure": "TERMINATE"}
    form = ExitForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            decision = services.propose_exit(customer=customer, by=request.user, at=timezone.now(), **form.cleaned_data)
        except services.LossProblem as problem:
            form.add_error(None, PROBLEMS[problem.code])
        else:
            messages.success(request, _("Proposed. A second person decides; until then nothing changes."))
            return HttpResponseRedirect(reverse("retention:exit", args=[decision.pk]))
    context = {
        "section": "exits",
        "customer": customer,
        "form": form,
        "waiting": waiting,
        "reasons": labels.reasons(waiting.evidence, currency_of(request)) if waiting else [],
    }
    return render(request, "retention/exits/propose.html", context, status=422 if form.errors else 200)


@login_required
@require_safe
def exit_page(request, pk):
    """One decision with its evidence, and the steps that are open to this person."""
    return exit_view(request, visible_or_404(decisions(request.user), request.user, pk=pk), NoteForm())


def exit_view(request, decision, form, status=200):
    """The page itself, also with a note that came back."""
    tasks.with_standings([decision], request.night or None)
    user = request.user
    decides = user.is_lead or user.is_admin
    own = decision.proposed_by_id == user.pk
    context = {
        "section": "exits",
        "decision": decision,
        "form": form,
        "reasons": labels.reasons(decision.evidence, currency_of(request)),
        "decides": decides,
        "own": own,
        "steps": list(decision.history.select_related("history_user").order_by("-history_date", "-history_id")),
    }
    return render(request, "retention/exits/exit.html", context, status=status)


@login_required
@require_POST
def take_step(request, pk, step):
    """Approve, reject, withdraw or reverse: refused to the person who proposed, and to account managers."""
    decision = visible_or_404(decisions(request.user), request.user, pk=pk)
    act, said = STEPS[step]
    form = NoteForm(request.POST)
    form.is_valid()
    note = form.cleaned_data.get("note", "")
    try:
        act(decision=decision, note=note, by=request.user, at=timezone.now())
    except services.LossProblem as problem:
        if problem.code == "role":
            raise PermissionDenied from None
        form.add_error("note" if problem.code == "reason" else None, PROBLEMS[problem.code])
        decision = visible_or_404(decisions(request.user), request.user, pk=pk)
        return exit_view(request, decision, form, status=422 if problem.code == "reason" else 409)
    messages.success(request, said)
    return HttpResponseRedirect(reverse("retention:exit", args=[pk]))
