"""Losing and winning back: who declines, who fell silent, why customers left, and who came back."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from customers.guards import visible_customer, visible_or_404
from customers.vocabulary_care import LEVER_OF
from retention.care.views.cases import address
from retention.losses import charts, selectors, services
from retention.losses.forms import CauseForm, DeclineForm, LeverForm, LossForm, OutcomeForm
from retention.models import Loss
from retention.views.queue import safe_back

PARTS = [
    ("declining", gettext_lazy("To decide: in decline")),
    ("silent", gettext_lazy("Silent, cause unknown")),
    ("lost", pgettext_lazy("losses", "Lost")),
    ("running", gettext_lazy("Being won back")),
    ("won", gettext_lazy("Won back")),
]
PROBLEMS = {
    "lost": gettext_lazy("This customer is recorded as lost already."),
    "exited": gettext_lazy("The business with this customer has ended by decision."),
    "ended": gettext_lazy("Somebody was faster: this loss is over."),
    "unrecoverable": gettext_lazy("This cause lies outside our reach: no win-back makes sense."),
    "running": gettext_lazy("An attempt to win this customer back is under way already."),
    "over": gettext_lazy("Somebody was faster: this has been decided already."),
    "waiting": gettext_lazy("A proposal about this customer waits for its decision already."),
    "second": gettext_lazy("A second person has to decide: you made this proposal yourself."),
    "role": gettext_lazy("Only leads and administrators decide about parting."),
    "own": gettext_lazy("Only the person who proposed can take the proposal back."),
    "reason": gettext_lazy("Say why."),
}


@login_required
@require_safe
def loss_list(request):
    """The figures, the causes, and one of the lists."""
    night, today = request.night or None, timezone.localdate()
    part = request.GET.get("part", "")
    part = part if part in dict(PARTS) else "declining"
    figures = selectors.figures(request.user, night, today)
    counts = {
        "declining": figures.undecided, "silent": figures.silent, "lost": figures.open, "running": figures.running,
    }  # fmt: skip
    bars = selectors.pareto(request.user, today)
    context = {
        "section": "losses",
        "part": part,
        "parts": [(code, words, address(request, part=code), counts.get(code)) for code, words in PARTS],
        "figures": figures,
        "bars": bars,
        "chart": charts.pareto_chart(bars),
        "today": today,
        "back": request.get_full_path(),
        **list_of(request, part, night),
    }
    return render(request, "retention/losses/list.html", context)


def list_of(request, part, night):
    """One page of one of the lists."""
    if part in ("declining", "silent"):
        if not night:
            return {"page": Paginator([], 25).get_page(1), "rows": []}
        rows = (
            selectors.undecided(request.user, night) if part == "declining" else selectors.silent(request.user, night)
        )
        page = Paginator(rows.values_list("pk", flat=True), request.user.page_size or 25)
        page = page.get_page(request.GET.get("page"))
        return {"page": page, "rows": selectors.rows_of(list(page.object_list), night)}
    rows = selectors.losses(request.user).filter(selectors.part_q(part))
    cause = request.GET.get("cause", "")
    rows = rows.filter(cause=cause[:20]) if cause and "\x00" not in cause else rows
    page = Paginator(rows, request.user.page_size or 25).get_page(request.GET.get("page"))
    return {"page": page, "rows": selectors.with_revenue(page.object_list), "cause": cause}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def mark_lost(request):
    """A customer is lost (?customer=CODE): the cause is mandatory."""
    customer = visible_customer(request.user, request.POST.get("customer") or request.GET.get("customer") or "")
    form = LossForm(request.POST or None, today=timezone.localdate())
    if request.method == "POST" and form.is_valid():
        try:
            loss = services.mark_lost(
                customer=customer, by=request.user, at=timezone.now(), night=request.night or None, **form.cleaned_data
            )
        except services.LossProblem as problem:
            form.add_error(None, PROBLEMS[problem.code])
        else:
            messages.success(request, _("Recorded as lost."))
            return HttpResponseRedirect(reverse("retention:loss", args=[loss.pk]))
    context = {"section": "losses", "customer": customer, "form": form}
    return render(request, "retention/losses/mark.html", context, status=422 if form.errors else 200)


def loss_or_404(request, pk):
    """A loss this user may see."""
    return visible_or_404(Loss.objects.select_related("customer__owner", "recorded_by"), request.user, pk=pk)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def loss_page(request, pk):
    """One loss: why, what was lost, the attempts to win the customer back; the cause can be corrected."""
    loss = loss_or_404(request, pk)
    initial = {"cause": loss.cause, "sub_cause": loss.sub_cause, "note": loss.note}
    form = CauseForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        return step(request, loss, services.correct_loss, _("The cause is corrected."), **form.cleaned_data)
    selectors.with_revenue([loss])
    attempts = list(loss.win_backs.select_related("owner", "started_by", "ended_by"))
    lever = LEVER_OF.get(loss.cause)
    measures = [bar.measures for bar in selectors.pareto(request.user, timezone.localdate()) if bar.cause == loss.cause]
    context = {
        "section": "losses",
        "loss": loss,
        "form": form,
        "attempts": attempts,
        "running": next((one for one in attempts if one.state == "RUNNING"), None),
        "lever": lever,
        "lever_form": LeverForm(initial={"lever": lever}),
        "outcome_form": OutcomeForm(),
        "measures": measures[0] if measures else [],
        "steps": list(loss.history.select_related("history_user").order_by("-history_date", "-history_id")),
    }
    return render(request, "retention/losses/loss.html", context, status=422 if form.errors else 200)


def step(request, loss, act, said, **fields):
    """A step with a loss: taken, or told why not; back to the loss."""
    try:
        act(loss=loss, by=request.user, at=timezone.now(), **fields)
    except services.LossProblem as problem:
        messages.warning(request, PROBLEMS[problem.code])
    else:
        messages.success(request, said)
    return HttpResponseRedirect(reverse("retention:loss", args=[loss.pk]))


@login_required
@require_POST
def start(request, pk):
    """An attempt to win the customer back."""
    loss = loss_or_404(request, pk)
    form = LeverForm(request.POST)
    if not form.is_valid():
        messages.warning(request, _("Choose a lever."))
        return HttpResponseRedirect(reverse("retention:loss", args=[pk]))
    owner = loss.customer.owner or request.user
    said = _("The attempt is under way, and its task is on the desk.")
    return step(request, loss, services.start_win_back, said, owner=owner, **form.cleaned_data)


@login_required
@require_POST
def finish(request, pk):
    """What came of the running attempt."""
    loss = loss_or_404(request, pk)
    attempt = loss.win_backs.filter(state="RUNNING").first()
    form = OutcomeForm(request.POST)
    if attempt is None or not form.is_valid():
        messages.warning(request, PROBLEMS["over"] if attempt is None else _("Choose an outcome."))
        return HttpResponseRedirect(reverse("retention:loss", args=[pk]))

    def act(loss, **fields):
        services.end_win_back(attempt=attempt, **fields)

    said = _("Won back.") if form.cleaned_data["won"] else _("Not won this time.")
    return step(request, loss, act, said, **form.cleaned_data)


@login_required
@require_POST
def no_loss(request, pk):
    """It was no loss."""
    return step(request, loss_or_404(request, pk), services.withdraw_loss, _("The customer is not counted as lost."))


@login_required
@require_POST
def decide(request):
    """Recover or release a declining customer."""
    customer = visible_customer(
        request.user, request.POST.get("customer") or "", request.night.pk if request.night else None
    )
    form = DeclineForm(request.POST)
    if not form.is_valid():
        messages.warning(request, _("Choose to recover or to release."))
        return HttpResponseRedirect(safe_back(request))
    standing = getattr(customer, "standing", None)
    services.decide_decline(
        customer=customer, by=request.user, at=timezone.now(), standing=standing, **form.cleaned_data
    )
    recover = form.cleaned_data["choice"] == "RECOVER"
    messages.success(
        request,
        _("Decided: recover. The task for the second development is on the desk.")
        if recover
        else _("Decided: release. The task to taper the investment is on the desk."),
    )
    return HttpResponseRedirect(safe_back(request))
