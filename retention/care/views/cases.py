"""Complaints and requests: the queue with its clocks, one case with its answer, and the steps between."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from customers.filters import word_found
from customers.guards import visible_or_404
from customers.models import Case, Customer
from customers.selectors.deadlines import answer_due
from customers.vocabulary import CaseState
from retention import selectors as tasks
from retention.care import selectors, services
from retention.care.forms import NOBODY, PARTS, AnswerForm, CaseFilterForm, PersonForm

PROBLEMS = {
    "answered": gettext_lazy("Somebody was faster: this is answered already."),
    "open": gettext_lazy("This waits for an answer."),
    "forbidden": gettext_lazy("This person may not see the customer; hand the customer over first."),
    "used": gettext_lazy("This link has been answered already."),
}


def of_found_customers(text):
    """Rows whose customer has every word in its name or code, or begins with it in pinyin."""
    found = Q()
    for word in text.split()[:6]:
        found &= word_found(word)
    return Q(customer__in=Customer.objects.filter(found))


@login_required
@require_safe
def queue(request):
    """Who waits for an answer, first things first."""
    now = timezone.localtime()
    form = CaseFilterForm(request.GET, people=tasks.team_of(request.user))
    form.is_valid()
    data = form.cleaned_data
    part = data.get("part") or ""
    rows = selectors.cases(request.user).filter(selectors.part_q(part, now), conditions_of(data))
    rows = rows.order_by("answer_due", "pk") if part in ("", "overdue", "today", "escalated") else rows
    page = Paginator(rows, request.user.page_size or 25).get_page(request.GET.get("page"))
    figures = selectors.figures(request.user, now)
    context = {
        "section": "cases",
        "page": page,
        "rows": selectors.clocks(page.object_list, now),
        "form": form,
        "filtered": any(data.get(name) for name in ("q", "kind", "cause", "owner")),
        "parts": [
            (code, words, address(request, part=code), getattr(figures, code or "open", None)) for code, words in PARTS
        ],
        "part": part,
        "figures": figures,
        "causes": selectors.causes(request.user, now),
        "now": now,
        "window": selectors.WINDOW,
    }
    return render(request, "retention/cases/queue.html", context)


def conditions_of(data):
    """The filters of the bar as one Q."""
    found = Q()
    if data.get("q"):
        found &= of_found_customers(data["q"]) | Q(subject__icontains=data["q"])
    if data.get("kind"):
        found &= Q(kind=data["kind"])
    if data.get("cause"):
        found &= Q(cause=data["cause"])
    if data.get("owner"):
        found &= Q(customer__owner=None if data["owner"] == NOBODY else int(data["owner"]))
    return found


def address(request, **changes):
    """This list with these parameters changed, from its first page."""
    rest = request.GET.copy()
    rest.pop("page", None)
    for name, value in changes.items():
        rest.pop(name, None)
        if value:
            rest[name] = value
    return f"{request.path}{'?' if rest else ''}{rest.urlencode()}"


def case_or_404(request, pk):
    """A case this user may see."""
    return visible_or_404(Case.objects.select_related("customer__owner", "handler"), request.user, pk=pk)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def case_page(request, pk):
    """One case: what came in, how much time is left, the answer, and everything that happened."""
    case = case_or_404(request, pk)
    initial = {"answer": case.answer, "cause": case.cause, "sub_cause": case.sub_cause}
    form = AnswerForm(request.POST or None, kind=case.kind, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            services.answer_case(case=case, by=request.user, at=timezone.now(), **form.cleaned_data)
        except services.CareProblem as problem:
            messages.warning(request, PROBLEMS[problem.code])
            return case_view(request, case_or_404(request, pk), form, status=409)
        messages.success(request, _("Answered. The customer's page and the figures know it at once."))
        return HttpResponseRedirect(reverse("retention:case", args=[pk]))
    return case_view(request, case, form, status=422 if form.errors else 200)


def case_view(request, case, form, status=200):
    """The page itself, also with a form that came back."""
    now = timezone.localtime()
    night = request.night or None
    selectors.clocks([case], now)
    people = tasks.keepers([case.customer])[case.customer_id]
    tasks.with_standings([case], night)
    others = selectors.cases(request.user).filter(customer=case.customer_id).exclude(pk=case.pk)
    context = {
        "section": "cases",
        "case": case,
        "form": form,
        "person_form": PersonForm(people=people, current=case.handler_id or case.customer.owner_id),
        "steps": selectors.steps_of(case),
        "others": selectors.clocks(others[:8], now),
        "now": now,
        "waits": case.state == CaseState.OPEN,
    }
    return render(request, "retention/cases/case.html", context, status=status)


def stepped(request, pk, act, said):
    """A step without fields: taken, or told why not; back to the case."""
    case = case_or_404(request, pk)
    try:
        act(case, timezone.now())
    except services.CareProblem as problem:
        messages.warning(request, PROBLEMS[problem.code])
    else:
        messages.success(request, said)
    return HttpResponseRedirect(reverse("retention:case", args=[pk]))


@login_required
@require_POST
def close_case(request, pk):
    """The customer is content."""
    return stepped(request, pk, lambda case, at: services.close_case(case=case, by=request.user, at=at), _("Closed."))


@login_required
@require_POST
def reopen_case(request, pk):
    """The answer did not settle it."""

    def act(case, at):
        services.reopen_case(case=case, due=answer_due(case.kind, at), by=request.user, at=at)

    return stepped(request, pk, act, _("Open again, with a new date."))


@login_required
@require_POST
def hand_over_case(request, pk):
    """To somebody else who sees the customer."""
    case = case_or_404(request, pk)
    form = PersonForm(request.POST, people=tasks.keepers([case.customer])[case.customer_id])
    if not form.is_valid():
        messages.warning(request, _("Choose a person."))
        return HttpResponseRedirect(reverse("retention:case", args=[pk]))
    to = form.cleaned_data["to"]
    return stepped(
        request, pk, lambda row, at: services.hand_over_case(case=row, to=to, by=request.user, at=at), _("Handed over.")
    )
