"""The proof pages: what every playbook is shown to do, the arms of one by name, and rules that nobody acts on."""

from functools import wraps

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from customers.templatetags.amounts import number
from retention.models import TaskTemplate
from retention.models.proof import proof_policy
from retention.proof import charts, selectors, services
from retention.proof.forms import KeepForm
from retention.selectors import with_standings
from retention.views.playbooks import administrators
from retention.views.queue import page_size

PARTS = ("tried", "idle", "all")
ARMS = ("held", "treated", "crossed", "now")


def leaders(view):
    """403 for account managers: who is held out is not theirs to see, or they would make up for it."""

    @wraps(view)
    def guarded(request, *args, **kwargs):
        if not (request.user.is_lead or request.user.is_admin):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return login_required(guarded)


def _as_of(request):
    return request.night.as_of if request.night else None


@require_safe
@leaders
def overview(request):
    """Every playbook: raised, done, acted on, arms and effect; with an interval, or with what is missing for one."""
    found = selectors.proofs(request.user, _as_of(request), timezone.localdate())
    groups = {
        "tried": [proof for proof in found if proof.tried],
        "idle": [proof for proof in found if proof.template.active and proof.rule["idle"]],
        "all": found,
    }
    part = request.GET.get("part", "")
    part = part if part in PARTS else "tried"
    proven = [proof for proof in found if proof.effect is not None]
    context = {
        "proofs": sorted(groups[part], key=_rank),
        "parts": [(code, len(groups[code])) for code in PARTS],
        "part": part,
        "tried": len(groups["tried"]),
        "proven": len(proven),
        "clear": sum(proof.effect.sign != 0 for proof in proven),
        "retire": [proof for proof in groups["idle"] if proof.rule["retire"]],
        "shares": charts.forest([proof for proof in proven if not proof.money]),
        "money": charts.forest([proof for proof in proven if proof.money]),
        "policy": proof_policy(),
    }
    return render(request, "retention/proof/overview.html", context)


def _rank(proof):
    """Proven first, then those on their way, then those asked to go, then by work."""
    return (proof.effect is None, not proof.tried, not proof.rule["retire"], -proof.rule["raised"], proof.template.code)


@require_safe
@leaders
def playbook(request, code):
    """One playbook: its effect, and the customers of both arms by name."""
    template = get_object_or_404(TaskTemplate, code=code)
    today, as_of = timezone.localdate(), _as_of(request)
    proof = selectors.proofs(request.user, as_of, today, [template])[0]
    arm = request.GET.get("arm", "")
    arm = arm if arm in ARMS else "held"
    ripe = request.GET.get("measured") == "1" and arm in ("held", "treated")
    crossed, running = (
        selectors.crossed(request.user, template), selectors.held_now(request.user, template, today)
    )  # fmt: skip
    if arm in ("held", "treated"):
        rows = selectors.customers_of(request.user, template, arm == "held", as_of if ripe else None)
    else:
        rows = crossed if arm == "crossed" else running
    page = Paginator(rows, page_size(request)).get_page(request.GET.get("page"))
    context = {
        "template": template,
        "proof": proof,
        "arm": arm,
        "arms": [("held", proof.held.assigned), ("treated", proof.treated.assigned)],
        "ripe": ripe,
        "crossed": crossed.count(),
        "balance": selectors.balance(request.user, template),
        "page": page,
        "rows": with_standings(page.object_list, request.night or None),
        "forest": charts.forest([proof]),
        "running": running.count(),
        "policy": proof_policy(),
    }
    return render(request, "retention/proof/playbook.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@leaders
@administrators
def retire(request, code):
    """A rule that nobody acts on: switch it off, or keep it with a reason until a day."""
    template = get_object_or_404(TaskTemplate, code=code)
    today = timezone.localdate()
    action = request.POST.get("action", "")
    keeping = action == "keep"
    form = KeepForm(request.POST if keeping else None, today=today)
    back = reverse("retention:proof") + "?part=idle"
    if action == "off":
        services.retire(template=template, by=request.user)
        messages.success(request, _("“%(title)s” is switched off: its untouched tasks close with the next night.") % {
            "title": template.local_title})  # fmt: skip
        return HttpResponseRedirect(back)
    if keeping and form.is_valid():
        services.keep(template=template, by=request.user, at=timezone.now(), **form.cleaned_data)
        messages.success(request, _("“%(title)s” is kept.") % {"title": template.local_title})
        return HttpResponseRedirect(back)
    proof = selectors.proofs(request.user, _as_of(request), today, [template])[0]
    context = {"template": template, "proof": proof, "rule": proof.rule, "form": form, "policy": proof_policy()}
    return render(request, "retention/proof/retire.html", context, status=422 if form.errors else 200)


@require_POST
@leaders
@administrators
def release(request, code):
    """Nobody is held out from this playbook any more."""
    template = get_object_or_404(TaskTemplate, code=code)
    count = services.release(template=template, at=timezone.now())
    words = ngettext(
        "%(n)s customer may get it again, and stays counted in its arm.",
        "%(n)s customers may get it again, and stay counted in their arm.",
        count,
    )
    messages.success(request, words % {"n": number(count)})
    return HttpResponseRedirect(reverse("retention:proof_of", args=[code]))
