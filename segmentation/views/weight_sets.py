"""One version of the weights: what it says, what was checked, and its steps from draft to published and back."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from customers.guards import needs
from customers.vocabulary import Right
from segmentation.models import WeightPolicy, WeightSet
from segmentation.selectors import trees, weights
from segmentation.services import weight_sets

DONE = {
    "check": gettext_lazy("%(version)s is checked."),
    "approve": gettext_lazy("%(version)s is approved."),
    "draft": gettext_lazy("%(version)s is a draft again."),
    "publish": gettext_lazy("%(version)s is published. It counts from the next night."),
    "copy": gettext_lazy("%(version)s is ready to be changed."),
}


@needs(Right.EDIT_WEIGHTS)
@require_safe
def version(request, pk):
    """A version: weights by dimension, the check, who did what, and the next step."""
    weight_set = get_object_or_404(WeightSet.objects.select_related(*weights.PEOPLE), pk=pk)
    policy = WeightPolicy.current()
    context = {
        "version": weight_set,
        "dimensions": weights.dimensions(weight_set),
        "rows": trees.tree_rows(weight_set.tree, weight_set, request.night or None) if weight_set.tree else [],
        "published": weights.published(),
        "policy": policy,
        "changes": weights.history(weight_set),
        "experts": weight_sets.expert_checks(weight_set.evidence),
        "own": request.user.pk == (weight_set.created_by_id or weight_set.checked_by_id),
        "may_publish": weight_set.status in ("APPROVED", "SUPERSEDED")
        or (not policy.second_person and weight_set.status != "PUBLISHED"),
    }
    return render(request, "segmentation/version.html", context)


@needs(Right.EDIT_WEIGHTS)
@require_POST
def step(request, pk, act):
    """Check, approve, back to draft, publish or copy; what is refused is said and nothing changes."""
    weight_set = get_object_or_404(WeightSet, pk=pk)
    try:
        weight_set = _act(request, weight_set, act)
    except ValidationError as refused:
        for words in refused.messages:
            messages.error(request, words)
    else:
        messages.success(request, DONE[act] % {"version": weight_set})
    return redirect("segmentation:version", weight_set.pk)


def _act(request, weight_set, act):
    told = {"weight_set": weight_set, "by": request.user}
    note = request.POST.get("note", "").strip()
    if act == "check":
        return weight_sets.check_weight_set(**told)
    if act == "approve":
        return weight_sets.approve_weight_set(**told, note=note)
    if act == "draft":
        return weight_sets.return_to_draft(**told, note=note)
    if act == "copy":
        name = _("Draft of %(name)s") % {"name": weight_set.name}
        return weight_sets.copy_to_draft(source=weight_set, name=name, by=request.user)
    seen = request.POST.get("seen", "")
    seen = int(seen) if seen.isdecimal() else None
    return weight_sets.publish_weight_set(**told, note=note, seen=seen)
