"""What other weights would change on the real portfolio, by name; shadows of drafts, compared night by night."""

from functools import wraps

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from customers.guards import needs
from customers.models import Customer
from customers.vocabulary import Right
from segmentation.forms.whatif import TrialForm
from segmentation.models import Shadow, WeightSet
from segmentation.selectors import shadowing, weights, whatif
from segmentation.services import trials

PAGE = 50


def leads_and_admins(view):
    """A view decorator: leads look, administrators also act; managers get a 403."""

    @login_required
    @wraps(view)
    def guarded(request, *args, **kwargs):
        if not (request.user.is_lead or request.user.is_admin):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded


@leads_and_admins
@require_safe
def trial(request, pk=None):
    """Move a weight and see who moves: counts, value and names, for the customers the reader may see."""
    chosen = _chosen(pk)
    context = {"night": request.night or None, "chosen": chosen, "versions": weights.versions()}
    if chosen:
        form = TrialForm(request.GET or None, weight_set=chosen)
        context |= {"form": form, "published": weights.published(), "changed": form.changed}
        context |= _tried(request, form)
    part = "segmentation/parts/whatif_result.html" if request.htmx else "segmentation/whatif.html"
    return render(request, part, context)


def _chosen(pk):
    """The version of this id; without one the newest that has not counted yet, else the published one."""
    if pk is not None:
        return get_object_or_404(WeightSet, pk=pk)
    waiting = WeightSet.objects.exclude(status__in=shadowing.OVER).order_by("-id").first()
    return waiting or weights.published()


def _tried(request, form):
    """What the form's weights would change; nothing where no night can be asked."""
    if not request.night or not (request.night.weights or {}).get("indicators"):
        return {}
    found = whatif.what_if(form.weights, form.share, request.night, _ids(request.user))
    return {
        "found": found,
        "axes": [(axis, whatif.flows(found, axis), whatif.matrix(found, axis)) for axis in ("quadrant", "level")],
        "winners": whatif.winners(found),
        "losers": whatif.losers(found),
        "tried": _query(form),
    }


def _ids(user):
    """Ids of the customers a reader may see; None for all."""
    return None if user.is_admin else list(Customer.objects.visible_to(user).values_list("pk", flat=True))


def _query(form):
    """What is tried, as the address of the other pages takes it."""
    given = {f"w_{code}": value for code, value in form.weights.items()} | {"share": form.share}
    return {name: f"{value:.6f}".rstrip("0").rstrip(".") or "0" for name, value in given.items()}


@leads_and_admins
@require_safe
def names(request, pk):
    """Who goes from one place to another under the tried weights, best ranks first."""
    chosen, axis = get_object_or_404(WeightSet, pk=pk), request.GET.get("axis", "quadrant")
    codes = whatif.AXES.get(axis)
    ends = [request.GET.get(name, "") for name in ("before", "after")]
    if not request.night or codes is None or any(end and end not in codes for end in ends):
        raise Http404
    form = TrialForm(request.GET, weight_set=chosen)
    found = whatif.what_if(form.weights, form.share, request.night, _ids(request.user))
    page = Paginator(whatif.crossing(found, axis, *ends), PAGE).get_page(request.GET.get("page"))
    context = {"chosen": chosen, "axis": axis, "before": ends[0], "after": ends[1], "page": page, "found": found}
    context |= {"rows": whatif.named(found, page.object_list), "tried": _query(form)}
    return render(request, "segmentation/whatif_names.html", context)


def told_wrong(form):
    """What is wrong with a form, one sentence a field."""
    for field in form:
        if field.errors:
            yield f"{field.label}: {' '.join(field.errors)}"


@needs(Right.EDIT_WEIGHTS)
@require_POST
def save(request, pk):
    """Keep what was tried as a draft."""
    chosen = get_object_or_404(WeightSet, pk=pk)
    form = TrialForm(request.POST, weight_set=chosen)
    if not form.is_valid():
        for words in told_wrong(form):
            messages.error(request, words)
        return redirect("segmentation:whatif_of", pk)
    draft = trials.save_trial(weight_set=chosen, weights=form.weights, share=form.share, by=request.user)
    messages.success(request, _("%(draft)s is saved. It counts for nobody until it is published.") % {"draft": draft})
    return redirect("segmentation:whatif_of", draft.pk)


@needs(Right.EDIT_WEIGHTS)
@require_POST
def shadow(request, pk):
    """Start, lengthen or stop the shadow of a version."""
    chosen, nights = get_object_or_404(WeightSet, pk=pk), request.POST.get("nights", "")
    try:
        if "stop" in request.POST:
            for open_one in Shadow.objects.filter(weight_set=chosen, left__gt=0):
                trials.stop_shadow(shadow=open_one, by=request.user)
            messages.success(request, _("The shadow has ended; what it said stays here."))
        else:
            trials.start_shadow(weight_set=chosen, nights=int(nights) if nights.isdecimal() else 0, by=request.user)
            messages.success(request, _("The next nights score %(version)s too.") % {"version": chosen})
    except ValidationError as refused:
        messages.error(request, " ".join(refused.messages))
    return redirect("segmentation:shadow", chosen.pk)


@leads_and_admins
@require_safe
def compare(request, pk):
    """A shadow against what was published, over the nights it ran, and by name in one of them."""
    chosen = get_object_or_404(WeightSet, pk=pk)
    told = shadowing.told(chosen)
    wanted = request.GET.get("night", "")
    shown = next((row for row in told if str(row.night_id) == wanted), told[0] if told else None)
    context = {"chosen": chosen, "told": told, "shown": shown, "open": shadowing.open_of(chosen)}
    if shown:
        only, before, after = whatif.asked(request.GET)
        rows = shadowing.differing(shown, only, request.user, before, after)
        page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
        context |= {"before": before, "after": after}
        context |= {"axes": shadowing.matrices(shown), "page": page, "axis": only, "trend": shadowing.trend(told)}
    return render(request, "segmentation/shadow.html", context)
