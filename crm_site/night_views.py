"""The Nights pages: what was computed when, from what, how long it took, and what went wrong."""

import re
from datetime import timedelta
from decimal import Decimal

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe
from kombu.exceptions import OperationalError

from crm_site import nightly, wording
from crm_site.tasks import compute_night
from customers.guards import may, needs
from customers.models import Night
from customers.polling import moving
from customers.vocabulary import NightOrigin, NightStatus, Right
from segmentation.models import Indicator

GOING = {NightStatus.PLANNED.value, NightStatus.RUNNING.value}
STATUS_CLASS = {
    NightStatus.PUBLISHED.value: "is-good",
    NightStatus.FAILED.value: "is-bad",
    NightStatus.RUNNING.value: "is-info",
    NightStatus.PLANNED.value: "is-info",
}
SUM = re.compile(r"-?\d+\.\d+")  # exact sums are kept as text
SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
TOTAL_STEPS = len(wording.STEPS)


class RunForm(forms.Form):
    """The date of a night to compute."""

    as_of = forms.DateField(label=gettext_lazy("As of"), widget=forms.DateInput(attrs={"type": "date"}))

    def clean_as_of(self):
        if self.cleaned_data["as_of"] > timezone.localdate():
            raise forms.ValidationError(_("A night can't be computed for a day to come."))
        return self.cleaned_data["as_of"]


def described(night, names=None):
    """A night with its steps, checks and warnings in words, for the templates."""
    top = max((step["seconds"] for step in night.steps if "seconds" in step), default=0) or 1
    steps = [
        {"name": wording.step(step["name"]), "seconds": step.get("seconds", 0), "rows": step["rows"], "top": top}
        for step in night.steps
    ]
    checks = [
        {
            **found,
            "text": wording.check(found["code"]),
            "value": _short(found["value"]),
            "limit": _short(found["limit"]),
        }
        for found in night.checks
    ]
    told = [wording.warning(found, names or {}) for found in night.warnings]
    return {
        "night": night,
        "steps": steps,
        "checks": checks,
        "warnings": told,
        "done": len(night.steps),
        "total": TOTAL_STEPS,
        "going": night.status in GOING,
        "badge": STATUS_CLASS.get(night.status, ""),
    }


def _short(value):
    """Tiny deviations in scientific notation, lists with slashes, everything else as it is."""
    if isinstance(value, list):
        return " / ".join(f"{one:,}" if isinstance(one, int) else str(one) for one in value)
    if isinstance(value, float):
        return _scientific(value)
    if isinstance(value, str) and SUM.fullmatch(value):
        return f"{Decimal(value).normalize():,f}"
    return f"{value:,}" if isinstance(value, int) else value


def _scientific(value):
    """4e-15 as 4 × 10⁻¹⁵; nothing as 0."""
    if value == 0:
        return "0"
    digits, _, power = f"{value:.0e}".partition("e")
    return f"{digits} × 10{str(int(power)).translate(SUPERSCRIPT)}"


@require_safe
@login_required
def index(request):
    """All nights, the newest first, and the button for administrators."""
    page = Paginator(Night.objects.order_by("-id"), 25).get_page(request.GET.get("page"))
    latest = request.night.as_of if request.night else timezone.localdate() - timedelta(days=1)
    late = bool(request.night) and (timezone.localdate() - request.night.as_of).days > 1
    context = {
        "page": page,
        "rows": [described(night) for night in page],
        "form": RunForm(initial={"as_of": max(latest, timezone.localdate() - timedelta(days=1))}),
        "may_run": may(request.user, Right.RUN_NIGHT),
        "late": late,
    }
    return render(request, "crm_site/nights.html", context)


@require_safe
@login_required
def detail(request, pk):
    """One night: inputs, steps, checks, warnings, failure; it refreshes itself while the night runs."""
    night = get_object_or_404(Night.objects.select_related("requested_by"), pk=pk)
    names = {indicator.code: indicator.label for indicator in Indicator.objects.all()}
    context = described(night, names) | {"may_run": may(request.user, Right.RUN_NIGHT), "shown": night}
    if request.htmx:
        return moving(render(request, "crm_site/parts/night_body.html", context), context["going"], reload=True)
    return render(request, "crm_site/night.html", context)


@require_POST
@needs(Right.RUN_NIGHT)
def run(request):
    """Plan a night and hand it to the worker; a broker that is away only makes it later."""
    form = RunForm(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(form.errors["as_of"]))
        return redirect("nights:index")
    night = nightly.plan(as_of=form.cleaned_data["as_of"], origin=NightOrigin.BUTTON.value, by=request.user)
    if night.status in nightly.COMPLETE:
        messages.info(request, _("Nothing has changed since this night was computed, so it stands as it is."))
    else:
        hand_over(request, night.pk)
    return redirect("nights:detail", pk=night.pk)


@require_POST
@needs(Right.RUN_NIGHT)
def publish(request, pk):
    """Show a complete night again (roll back or forward): only the pointer moves."""
    night = get_object_or_404(Night, pk=pk, status__in=nightly.COMPLETE, rows__gt=0)
    nightly.run_planned(night.pk, publish=True)
    messages.success(request, _("Every page now shows the night of %(date)s.") % {"date": night.as_of})
    return redirect("nights:detail", pk=pk)


def hand_over(request, night_id):
    """Tell the worker about a planned night once the transaction is through."""
    transaction.on_commit(lambda: _hint(request, night_id))


def _hint(request, night_id):
    try:
        compute_night.delay(night_id)
    except (OperationalError, OSError):
        messages.warning(request, _("The worker can't be reached: the night is planned and starts when it is back."))
