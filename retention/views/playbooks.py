"""Playbooks: the catalogue, and one playbook with its trigger built by form and rehearsed before it is saved."""

from functools import wraps

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from customers.labels import choices
from customers.vocabulary import TaskCategory
from retention import builder, naming, selectors, services
from retention.forms import PlaybookForm, PlaybookSteps, holdout_problem
from retention.models import TaskTemplate
from retention.models.proof import proof_policy
from retention.proof.rules import by_rule
from retention.rehearsal import rehearse


def administrators(view):
    """403 for everybody but administrators."""

    @wraps(view)
    def guarded(request, *args, **kwargs):
        if not request.user.is_admin:
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded


@login_required
@require_safe
def catalogue(request):
    """Every playbook with its trigger in words and how far people act on it."""
    if not (request.user.is_lead or request.user.is_admin):
        raise PermissionDenied
    today, kind = timezone.localdate(), request.GET.get("category", "")
    kinds = [code for code, _words in choices(TaskCategory)]
    rules, found = by_rule(request.user, today), list(TaskTemplate.objects.prefetch_related("steps"))
    for template in found:
        template.rule, template.spoken = rules.get(template.pk), builder.spoken(template.trigger)
    counts = {"": len(found)} | {code: sum(t.category == code for t in found) for code in kinds}
    context = {
        "templates": [template for template in found if kind not in kinds or template.category == kind],
        "tabs": counts.items(),
        "kind": kind if kind in kinds else "",
        "retire": [template for template in found if template.active and template.rule and template.rule["retire"]],
        "days": proof_policy().acted_days,
        "active": sum(template.active for template in found),
        "budget": selectors.budget(today),
    }
    return render(request, "retention/playbooks.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@administrators
def edit(request, code=None):
    """One playbook: words, trigger, steps, deadlines, desk and cost; or a new one."""
    template = get_object_or_404(TaskTemplate, code=code) if code else TaskTemplate()
    posted = request.POST if request.method == "POST" else None
    form = PlaybookForm(posted, instance=template)
    steps = PlaybookSteps(posted, initial=_steps_of(template), prefix="steps")
    draft, wide = _draft(posted, template)
    action = request.POST.get("action", "save") if posted else ""
    page = {"template": template, "form": form, "steps": steps, "draft": draft, "wide": wide, "groups": naming.GROUPS}
    if action == "preview":
        return _previewed(request, page)
    if action not in ("", "save"):
        page["draft"] = draft.change(action)
        return _built(request, page)
    if action == "save" and _saved(request, page):
        return HttpResponseRedirect(reverse("retention:playbook", args=[template.code]))
    return render(request, "retention/playbook.html", page | _about(request, template), status=422 if posted else 200)


def _steps_of(template):
    if not template.pk:
        return []
    return [{"pk": s.pk, "offset": s.offset, "text": s.text, "text_zh": s.text_zh} for s in template.steps.all()]


def _draft(posted, template):
    """The trigger as a form, and whether the stored one is too wide for it."""
    if posted is not None and "wide" not in posted:
        return builder.Draft.read(posted), False
    try:
        return builder.Draft.of(template.trigger), False
    except builder.triggers.TriggerError:
        return builder.Draft(), True


def _about(request, template):
    """What is known of a stored playbook: live tasks and how far people act on it."""
    if not template.pk:
        return {}
    return {"rule": by_rule(request.user, timezone.localdate()).get(template.pk)}


def _built(request, page):
    """The builder again after one of its buttons: alone for htmx, else the whole page."""
    name = "retention/parts/builder.html" if request.htmx else "retention/playbook.html"
    return render(request, name, page | ({} if request.htmx else _about(request, page["template"])))


def _trigger(page):
    """The trigger as built (the stored one where it is too wide for the form), or None with its problems told."""
    template = page["template"]
    if page["wide"]:
        return template.trigger
    code = template.code or (page["form"].data.get("code") or "").strip()
    return page["draft"].trigger(code, builder.other_triggers())


def _previewed(request, page):
    """Who would get it tonight."""
    page["form"].is_valid()  # bounds and desk as they stand in the form, as far as they can be read
    trigger = _trigger(page)
    night = request.night or None
    page["asked"], page["no_night"] = True, night is None
    page["no_category"] = not page["template"].category
    if trigger and night and not page["no_category"]:
        page["rehearsal"] = rehearse(night, page["template"], trigger)
    page["by_hand"] = trigger == {}
    return _built(request, page)


def _saved(request, page):
    """Whether everything was right and is saved."""
    form, steps = page["form"], page["steps"]
    right = [form.is_valid(), steps.is_valid()]
    trigger = _trigger(page)
    if not all(right) or trigger is None:
        return False
    if wrong := holdout_problem(form.cleaned_data, trigger):
        form.add_error(*wrong)
        return False
    template = form.save(commit=False)
    template.trigger = trigger
    rows = [row.cleaned_data for row in steps if row.cleaned_data.get("text")]
    last = max((row["offset"] for row in rows if row["offset"] is not None), default=0)
    if last > template.due_days:
        form.add_error("due_days", _("The last step is on working day %(day)s: give more time.") % {"day": last})
        return False
    own = set(template.steps.values_list("pk", flat=True)) if template.pk else set()
    given = [(row["pk"] if row["pk"] in own else None, row["offset"], row["text"], row["text_zh"]) for row in rows]
    services.save_playbook(template=template, steps=given, by=request.user)
    messages.success(request, _("Saved. It counts from the next night on."))
    return True


@login_required
@require_POST
@administrators
def delete(request, code):
    """A playbook that never had a task; the others stay, since their history hangs on them."""
    template = get_object_or_404(TaskTemplate, code=code)
    try:
        services.delete_playbook(template=template, by=request.user)
    except services.TaskProblem:
        words = _("“%(code)s” has tasks and stays. Switch it off instead: its live tasks close with the next night.")
        messages.error(request, words % {"code": code})
        return HttpResponseRedirect(reverse("retention:playbook", args=[code]))
    messages.success(request, _("“%(code)s” is deleted.") % {"code": code})
    return HttpResponseRedirect(reverse("retention:playbooks"))
