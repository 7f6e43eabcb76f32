"""Publishing weights and scoring everybody again at once: the job, its progress, and who moved."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from crm_site import nightly
from crm_site.night_views import described, hand_over
from customers.guards import may, needs
from customers.models import Night
from customers.polling import moving
from customers.vocabulary import NightOrigin, Right
from segmentation.forms.whatif import TrialForm
from segmentation.models import WeightSet
from segmentation.selectors import rescored, whatif
from segmentation.services.trials import save_trial
from segmentation.services.weight_sets import publish_weight_set
from segmentation.views.whatif import leads_and_admins, told_wrong

PAGE = 50


@needs(Right.EDIT_WEIGHTS)
@require_POST
def publish(request, pk):
    """Keep what was tried, publish it with its note, and run the night that is shown again with it."""
    chosen = get_object_or_404(WeightSet, pk=pk)
    form = TrialForm(request.POST if "share" in request.POST else None, weight_set=chosen)
    note, seen = request.POST.get("note", "").strip(), request.POST.get("seen", "")
    if form.is_bound and not form.is_valid():
        for words in told_wrong(form):
            messages.error(request, words)
        return redirect("segmentation:whatif_of", pk)
    version = save_trial(weight_set=chosen, weights=form.weights, share=form.share, by=request.user)
    try:
        version = publish_weight_set(
            weight_set=version, by=request.user, note=note, seen=int(seen) if seen.isdecimal() else None
        )
    except ValidationError as refused:
        for words in refused.messages:
            messages.error(request, words)
        return redirect("segmentation:whatif_of", version.pk)
    return _score_again(request, version, note)


def _score_again(request, version, note):
    """Plan the night shown once more and hand it to the worker; without a night the next one will do."""
    if not request.night:
        messages.success(request, _("%(version)s is published. It counts from the next night.") % {"version": version})
        return redirect("segmentation:weights")
    reason = (f"{version}: {note}" if note else str(version))[:200]
    as_of = request.night.as_of
    night = nightly.plan(as_of=as_of, origin=NightOrigin.BUTTON.value, by=request.user, reason=reason)
    if night.status not in nightly.COMPLETE:
        hand_over(request, night.pk)
    return redirect("nights:rescored", pk=night.pk)


@leads_and_admins
@require_safe
def result(request, pk):
    """How far the scoring is; once it is done, who stands elsewhere than before."""
    night = get_object_or_404(Night.objects.select_related("requested_by"), pk=pk)
    context = described(night) | {"shown": night, "may_run": may(request.user, Right.RUN_NIGHT)}
    before = rescored.night_before(night)
    if night.status in nightly.COMPLETE and before:
        axis, *ends = whatif.asked(request.GET)
        found = rescored.compare(before, night, request.user)
        page = Paginator(rescored.moved(found, axis, *ends), PAGE).get_page(request.GET.get("page"))
        context |= {
            "was": ends[0],
            "now": ends[1],
            "before": before,
            "found": found,
            "axis": axis,
            "page": page,
            "rows": rescored.named(found, page),
        }
    template = "crm_site/parts/rescored.html" if request.htmx else "crm_site/rescored.html"
    answer = render(request, template, context)
    return moving(answer, context["going"]) if request.htmx else answer
