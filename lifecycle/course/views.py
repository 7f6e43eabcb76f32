"""Pages about the course of relationships: cohorts, endings, and what people decide about one customer's stage."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from customers.guards import visible_customer, visible_or_404
from customers.views.listing import PAGE_SIZES, page_size
from lifecycle.course import cohorts as entry
from lifecycle.course import endings, forms, services
from lifecycle.models import ExplorationCheck, PatternReason, RelationshipSignal, StageOverride
from lifecycle.value.inputs import policy_now

GET_OR_POST = require_http_methods(["GET", "HEAD", "POST"])


def _back(request, customer):
    """The stage tab of a customer."""
    return f"{customer.get_absolute_url()}?tab=stage"


def _status(request):
    return 422 if request.method == "POST" else 200


@require_safe
@login_required
def cohorts(request):
    """Of the customers who came in the same year or quarter: how many had left by which age."""
    night, by = request.night or None, request.GET.get("by", "year")
    if by not in ("year", "quarter"):
        raise Http404
    found = entry.cohorts(request.user, night, by) if night else []
    context = {"cohorts": found, "by": by, "here": "cohorts"}
    context |= {"wide": entry.picture(found), "narrow": entry.picture(found, entry.NARROW)} if found else {}
    context["largest"] = max(found, key=lambda cohort: cohort.size, default=None)
    context["patterns"] = endings.reasons(request.user, night) if night else []
    return render(request, "lifecycle/cohorts.html", context)


@require_safe
@login_required
def ends(request):
    """Whose end is proposed, what is still open with them, and which stages are set by hand."""
    night, context = request.night or None, {"here": "endings"}
    if night:
        page = Paginator(endings.proposed(request.user, night), page_size(request)).get_page(request.GET.get("page"))
        rows = endings.with_open_matters(list(page.object_list), night)
        context |= {"page": page, "sizes": ",".join(map(str, PAGE_SIZES)), "rows": rows, "policy": policy_now()}
        context |= {"overrides": endings.overrides(request.user, night.as_of)}
    return render(request, "lifecycle/endings.html", context)


@login_required
@GET_OR_POST
def override(request, code):
    """Set a customer's stage by hand."""
    night, today = request.night or None, timezone.localdate()
    customer = visible_customer(request.user, code, night.id if night else None)
    form = forms.OverrideForm(request.POST or None, today=today)
    if request.method == "POST" and form.is_valid():
        services.set_stage(customer=customer, begin=today, by=request.user, **form.cleaned_data)
        messages.success(request, _("The stage is set by hand; the next night shows it everywhere."))
        return redirect(_back(request, customer))
    context = {"form": form, "customer": customer, "back": _back(request, customer), "what": "override"}
    return render(request, "lifecycle/decide.html", context, status=_status(request))


@login_required
@require_POST
def lift(request, pk):
    """End a stage set by hand before its day."""
    row = visible_or_404(StageOverride.objects.select_related("customer"), request.user, pk=pk)
    try:
        services.lift(override=row, by=request.user, day=timezone.localdate())
        messages.success(request, _("Lifted: from the next night the rules speak again."))
    except ValidationError as refused:
        messages.warning(request, " ".join(refused.messages))
    return redirect(_safe(request) or _back(request, row.customer))


@login_required
@GET_OR_POST
def signal(request, code):
    """Record a danger signal."""
    customer = visible_customer(request.user, code)
    form = forms.SignalForm(request.POST or None, today=timezone.localdate())
    if request.method == "POST" and form.is_valid():
        services.record_signal(customer=customer, by=request.user, **form.cleaned_data)
        messages.success(request, _("Recorded: the next night takes it into account."))
        return redirect(_back(request, customer))
    context = {"form": form, "customer": customer, "back": _back(request, customer), "what": "signal"}
    return render(request, "lifecycle/decide.html", context, status=_status(request))


@login_required
@require_POST
def settle(request, pk):
    """A danger is over."""
    row = visible_or_404(RelationshipSignal.objects.select_related("customer"), request.user, pk=pk)
    try:
        services.settle_signal(signal=row, day=timezone.localdate(), by=request.user)
        messages.success(request, _("Settled: the next night takes it into account."))
    except ValidationError as refused:
        messages.warning(request, " ".join(refused.messages))
    return redirect(_back(request, row.customer))


@login_required
@GET_OR_POST
def checklist(request, code):
    """What both sides test at the beginning of a relationship."""
    customer = visible_customer(request.user, code)
    kept = ExplorationCheck.objects.filter(customer=customer).first() or ExplorationCheck(customer=customer)
    form = forms.ChecklistForm(request.POST or None, instance=kept)
    if request.method == "POST" and form.is_valid():
        services.save_checklist(check=form.save(commit=False), date=timezone.localdate(), by=request.user)
        messages.success(request, _("Saved."))
        return redirect(_back(request, customer))
    context = {"form": form, "customer": customer, "back": _back(request, customer), "what": "checklist"}
    return render(request, "lifecycle/decide.html", context, status=_status(request))


@login_required
@GET_OR_POST
def reasons(request, code):
    """Why a relationship ended where it did, or what makes it last."""
    night = request.night or None
    customer = visible_customer(request.user, code, night.id if night else None)
    pattern = endings.pattern_of(getattr(customer, "standing", None))
    if pattern is None:
        raise Http404
    kept = PatternReason.objects.filter(customer=customer)
    form = forms.ReasonsForm(request.POST or None, pattern=pattern, kept=kept)
    if request.method == "POST" and form.is_valid():
        services.give_reasons(customer=customer, reasons=form.reasons, date=timezone.localdate(), by=request.user)
        messages.success(request, _("Saved."))
        return redirect(_back(request, customer))
    context = {"form": form, "customer": customer, "back": _back(request, customer), "what": "reasons"}
    return render(request, "lifecycle/decide.html", context | {"pattern": pattern}, status=_status(request))


@login_required
@require_POST
def view_by(request):
    """Remember the vocabulary of stages the user looks at, and go back."""
    services.choose_view(user=request.user, code=request.POST.get("model", ""))
    return redirect(_safe(request) or "lifecycle:board")


def _safe(request):
    wish = request.POST.get("next", "")
    allowed = url_has_allowed_host_and_scheme(wish, {request.get_host()}, require_https=request.is_secure())
    return wish if allowed else ""
