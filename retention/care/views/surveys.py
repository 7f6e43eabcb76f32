"""Surveys by link: inviting, what became of each invitation, and the customer's own page without sign-in."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from kombu.exceptions import OperationalError

from customers.guards import visible_customer, visible_or_404
from customers.labels import choices
from customers.models import FirmProfile
from customers.vocabulary_care import SendState, SurveyState
from retention.care import selectors, services
from retention.care.forms import InviteForm, PublicSurveyForm
from retention.care.views.cases import PROBLEMS, address
from retention.models import SurveyLink
from retention.models.losses import care_policy
from retention.models.surveys import link_of
from retention.tasks import send_mail


@login_required
@require_safe
def survey_list(request):
    """Every invitation, the latest first."""
    today = timezone.localdate()
    part = request.GET.get("part", "")
    part = part if part in set(SurveyState) else ""
    rows = selectors.survey_links(request.user)
    rows = rows.in_state(part, today) if part else rows
    page = Paginator(rows, request.user.page_size or 25).get_page(request.GET.get("page"))
    for link in page.object_list:
        link.state = link.state_on(today)
    figures = selectors.survey_figures(request.user, today)
    parts = [("", _("All"), address(request, part=""), None)]
    parts += [
        (code, words, address(request, part=code), figures["counts"][code]) for code, words in choices(SurveyState)
    ]
    context = {"section": "surveys", "page": page, "parts": parts, "part": part, "figures": figures}
    return render(request, "retention/surveys/list.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def invite(request):
    """A new invitation for a customer (?customer=CODE)."""
    customer = visible_customer(request.user, request.POST.get("customer") or request.GET.get("customer") or "")
    initial = {"language": translation.get_language(), "send": False, "valid_days": care_policy().survey_days}
    form = InviteForm(request.POST or None, customer=customer, initial=initial)
    if request.method == "POST" and form.is_valid():
        data = {name: value for name, value in form.cleaned_data.items() if name != "send"}
        link, mail = services.invite(
            customer=customer, by=request.user, at=timezone.now(), address_of=_address(request), **data
        )
        if mail:
            _send(request, mail)
        return HttpResponseRedirect(reverse("retention:survey", args=[link.pk]))
    context = {"section": "surveys", "customer": customer, "form": form}
    return render(request, "retention/surveys/invite.html", context, status=422 if form.errors else 200)


@login_required
@require_safe
def survey_page(request, pk):
    """One invitation: its link to hand over, and what became of it."""
    link = visible_or_404(selectors.survey_links(request.user), request.user, pk=pk)
    link.state = link.state_on(timezone.localdate())
    address_of = request.build_absolute_uri(link.get_public_url())
    context = {"section": "surveys", "link": link, "address": address_of}
    return render(request, "retention/surveys/link.html", context)


def _address(request):
    """The address of an invitation's public page, as a function of the invitation."""
    return lambda link: request.build_absolute_uri(link.get_public_url())


def _send(request, mail):
    """Hand the mail to the worker at once; where no broker answers, the outbox sends it with its next run."""
    try:
        send_mail.delay(mail.pk)
    except (OperationalError, OSError):
        messages.warning(request, _("It could not be sent at once: it waits in the outbox and is tried again."))
    else:
        messages.success(request, _("The invitation is on its way to %(email)s.") % {"email": mail.address})


@login_required
@require_POST
def withdraw(request, pk):
    """The link takes no answer any more."""
    link = visible_or_404(SurveyLink.objects.all(), request.user, pk=pk)
    try:
        services.withdraw(link=link, by=request.user, at=timezone.now())
        messages.success(request, _("The link takes no answer any more."))
    except services.CareProblem as problem:
        messages.warning(request, PROBLEMS[problem.code])
    return HttpResponseRedirect(reverse("retention:survey", args=[pk]))


@login_required
@require_POST
def send_again(request, pk):
    """Send an invitation that did not get through once more."""
    link = visible_or_404(SurveyLink.objects.all(), request.user, pk=pk)
    if link.email and link.state_on(timezone.localdate()) == SurveyState.SENT and link.delivery != SendState.SENT:
        mail = services.send_again(link=link, address=_address(request)(link), at=timezone.now())
        _send(request, mail)
    else:
        messages.warning(request, _("This invitation needs no sending."))
    return HttpResponseRedirect(reverse("retention:survey", args=[pk]))


CLOSED = {  # state: title, what to do, HTTP status
    "forged": (
        gettext_lazy("This link does not work"),
        gettext_lazy(
            "It may have been cut off on the way. Please open it again from the message, or ask us for another."
        ),
        404,
    ),
    "used": (
        gettext_lazy("This survey has been answered already"),
        gettext_lazy("Each link takes one answer, and it has arrived. Thank you!"),
        410,
    ),
    "expired": (
        gettext_lazy("This survey is over"),
        gettext_lazy("The link is no longer valid. If you still want to tell us something, please write to us."),
        410,
    ),
    "withdrawn": (
        gettext_lazy("This survey is over"),
        gettext_lazy("The link is no longer valid. If you still want to tell us something, please write to us."),
        410,
    ),
}


@require_http_methods(["GET", "HEAD", "POST"])
def public_survey(request, token):
    """The customer's page: nobody signs in; a link takes one answer until it expires."""
    link = link_of(token)
    chosen = request.COOKIES.get("django_language")
    if link and not chosen:
        translation.activate(link.language)
        request.LANGUAGE_CODE = translation.get_language()
    response = _public(request, link)
    add_never_cache_headers(response)
    response["X-Robots-Tag"] = "noindex"
    return response


def _public(request, link):
    state = _state(link)
    if state and request.method != "POST":
        return _closed(request, state)
    data = request.POST if request.method == "POST" else None
    form = PublicSurveyForm(data, kind=link.kind if link else "BOTH")
    if state:
        return _closed(request, state, typed=request.POST.get("comment", ""))
    if request.method == "POST" and form.is_valid():
        try:
            services.take_answer(link=link, answers=form.cleaned_data, at=timezone.now())
        except services.CareProblem as problem:
            return _closed(request, problem.code, typed=form.cleaned_data["comment"])
        return render(request, "retention/surveys/thanks.html", {"firm": _firm()})
    context = {"form": form, "link": link, "firm": _firm()}
    return render(request, "retention/surveys/public.html", context, status=422 if form.errors else 200)


def _state(link):
    """Why no answer can be taken; "" where one can."""
    if link is None:
        return "forged"
    words = {"ANSWERED": "used", "EXPIRED": "expired", "WITHDRAWN": "withdrawn", "SENT": ""}
    return words[link.state_on(timezone.localdate())]


def _closed(request, state, typed=""):
    """A clear page; what was typed is shown again, so that nothing is lost."""
    title, text, status = CLOSED[state]
    context = {"title": title, "text": text, "typed": typed, "good": state == "used", "firm": _firm()}
    return render(request, "retention/surveys/closed.html", context, status=status)


def _firm():
    return FirmProfile.objects.filter(pk=1).first() or FirmProfile(pk=1)
