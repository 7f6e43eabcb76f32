"""The questionnaire: an invited expert compares one pair at a time, by a link of their own, and sees what it means."""

from functools import wraps

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from segmentation.models import Invitation, Question
from segmentation.scale import scale
from segmentation.selectors.studies import answers_of
from segmentation.services import studies


def invited(view):
    """A door for people without an account: the link is signed, ends, and can be replaced."""

    @never_cache
    @wraps(view)
    def guarded(request, token, *args, **kwargs):
        invitation = studies.invitation_of(token)
        if invitation is None or invitation.expires_at <= timezone.now():
            context = {"expired": invitation is not None}
            return render(request, "segmentation/judge_closed.html", context, status=404)
        if invitation.language and not request.user.is_authenticated and "django_language" not in request.COOKIES:
            with translation.override(invitation.language):
                return view(request, invitation, *args, **kwargs)
        return view(request, invitation, *args, **kwargs)

    return guarded


@login_required
@require_safe
def mine(request):
    """The studies that ask for the signed-in person's judgement."""
    found = Invitation.objects.filter(user=request.user, expires_at__gt=timezone.now()).select_related("study")
    invitations = [(one, studies.token_of(one)) for one in found.order_by("study__status", "-study_id")]
    return render(request, "segmentation/judge_mine.html", {"invitations": invitations})


@invited
@require_safe
def overview(request, invitation):
    """What is asked, how far one is, what the answers say so far, and where they contradict each other."""
    found = answers_of(invitation)
    answered = sum(one.reading.answered for one in found)
    pairs = sum(one.reading.pairs for one in found)
    context = {
        "invitation": invitation,
        "study": invitation.study,
        "answers": found,
        "token": studies.token_of(invitation),
        "answered": answered,
        "pairs": pairs,
        "complete": answered == pairs,
        "above": [one for one in found if one.reading.suggestions],
        "next": next(((one.question, *one.next_open) for one in found if one.next_open), None),
    }
    return render(request, "segmentation/judge.html", context)


@invited
@require_http_methods(["GET", "HEAD", "POST"])
def pair(request, invitation, question, first, second):
    """One pair: which counts more, and by how much. Saved on every choice; without JavaScript by the button."""
    question = get_object_or_404(Question, pk=question, study=invitation.study_id)
    live = request.headers.get("HX-Request") == "true"
    error = ""
    if request.method == "POST":
        error = _saved(request, invitation, question, first, second)
        if not error and not live:
            return _onwards(invitation, question, first, second)
    found = answers_of(invitation)
    context = _pair_context(invitation, found, question, first, second) | {"error": error}
    if context["a"] is None or context["b"] is None:
        messages.error(request, error or _("One of these was removed from the tree: the pair no longer counts."))
        return redirect("segmentation:judge", studies.token_of(invitation))
    template = "segmentation/parts/reading_live.html" if live else "segmentation/judge_pair.html"
    return render(request, template, context, status=422 if error else 200)


def _saved(request, invitation, question, first, second):
    """Keep the choice; returns what is wrong with it, or nothing."""
    try:
        step = int(request.POST.get("step", ""))
    except ValueError:
        return _("Choose how the two compare.")
    try:
        studies.judge(invitation=invitation, question=question, first=first, second=second, step=step)
    except ValidationError as refused:
        return refused.messages[0]
    return ""


def _onwards(invitation, question, first, second):
    """To the next open pair after this one, else to the overview."""
    found = answers_of(invitation)
    later = _open_pairs(found, question, first, second)
    token = studies.token_of(invitation)
    if later:
        asked, one, other = later
        return redirect("segmentation:judge_pair", token, asked.pk, one.node, other.node)
    return redirect("segmentation:judge", token)


def _open_pairs(found, question, first, second):
    """(question, first, second) of the next pair without an answer, going round; None when all are answered."""
    every = [(one.question, a, b, step) for one in found for a, b, step in one.pairs]
    here = next((at for at, (q, a, b, _s) in enumerate(every) if (q, a.node, b.node) == (question, first, second)), -1)
    turned = every[here + 1 :] + every[: here + 1]
    return next(((q, a, b) for q, a, b, step in turned if step is None), None)


def _pair_context(invitation, found, question, first, second):
    answers = next(one for one in found if one.question == question)
    items = {item.node: item for item in answers.items}
    a, b = items.get(first), items.get(second)
    step = next((step for one, other, step in answers.pairs if (one.node, other.node) == (first, second)), None)
    every = [(one.question.pk, x.node, y.node) for one in found for x, y, _step in one.pairs]
    here = every.index((question.pk, first, second)) if (question.pk, first, second) in every else 0
    return {
        "invitation": invitation,
        "study": invitation.study,
        "token": studies.token_of(invitation),
        "question": question,
        "answers": answers,
        "a": a,
        "b": b,
        "step": step,
        "scale": scale(a.label, b.label) if a and b else [],
        "here": here + 1,
        "pairs": len(every),
        "answered": sum(one.reading.answered for one in found),
        "before": every[here - 1] if here else None,
        "after": every[here + 1] if here + 1 < len(every) else None,
    }


@invited
@require_POST
def finish(request, invitation):
    """The expert is done: the group sees it, and no reminder comes any more."""
    try:
        studies.finish(invitation=invitation, at=timezone.now())
        messages.success(request, _("Thank you. You can still change answers while the study is open."))
    except ValidationError as refused:
        messages.error(request, refused.messages[0])
    return redirect("segmentation:judge", studies.token_of(invitation))
