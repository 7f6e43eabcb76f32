"""The grid of an expert's judgements in Django admin: every pair at once, live figures, a matrix pasted in."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from customers.guards import require
from customers.vocabulary import Right
from segmentation.forms.studies import matrix_steps
from segmentation.models import Invitation, Question
from segmentation.models.studies import STRONGEST
from segmentation.scale import ratio, sentence
from segmentation.selectors.studies import answers_of
from segmentation.services import studies

STEPS = range(STRONGEST, -STRONGEST - 1, -1)


@require_http_methods(["GET", "HEAD", "POST"])
def matrix(request, study, invitation, admin_context):
    """A change saves at once and answers with the figures; the button saves all; a pasted matrix goes in whole."""
    require(request.user, Right.EDIT_WEIGHTS)
    invitation = get_object_or_404(Invitation.objects.select_related("study"), pk=invitation, study=study)
    live = request.headers.get("HX-Request") == "true"
    error, question = "", None
    if request.method == "POST":
        question = get_object_or_404(Question, pk=request.POST.get("question") or 0, study=study)
        error = _saved(request, invitation, question)
        if not error and not live:
            messages.success(request, _("Saved."))
            return redirect(request.path)
    found = answers_of(invitation)
    status = 422 if error else 200
    if live:
        answers = next(one for one in found if one.question == question)
        return render(
            request, "admin/segmentation/study/figures.html", {"answers": answers, "error": error}, status=status
        )
    context = admin_context | {
        "title": _("Judgements of %(name)s") % {"name": invitation},
        "invitation": invitation,
        "study": invitation.study,
        "grids": [(one, _grid(one)) for one in found],
        "error": error,
        "wrong": question,
        "pasted": request.POST.get("matrix", ""),
    }
    return render(request, "admin/segmentation/study/matrix.html", context, status=status)


def _saved(request, invitation, question):
    """Keep what was sent; returns what is wrong with it, or nothing. All or nothing."""
    answers = next(one for one in answers_of(invitation, [question]))
    try:
        if "matrix" in request.POST:
            steps = matrix_steps(request.POST["matrix"], [item.label for item in answers.items])
        else:
            steps = _sent(request.POST, answers)
        studies.judge_all(invitation=invitation, question=question, steps=steps)
    except ValidationError as refused:
        return refused.messages[0]
    return ""


def _sent(data, answers):
    """The selects of a grid that differ from what is kept: {(i, j): step or None}."""
    steps, n = {}, len(answers.items)
    for i in range(n):
        for j in range(i + 1, n):
            told = data.get(f"p_{answers.items[i].node}_{answers.items[j].node}")
            if told is None:
                continue
            try:
                step = int(told) if told else None
            except ValueError:
                raise ValidationError(_("The scale goes from 1/9 to 9.")) from None
            if step != answers.steps.get((i, j)):
                steps[i, j] = step
    return steps


def _grid(answers):
    """Rows of (item, cells): None on the diagonal, a reciprocal below, above it the name and choices of a select."""
    items, rows = answers.items, []
    for i, item in enumerate(items):
        cells = []
        for j, other in enumerate(items):
            if i == j:
                cells.append({"kind": "one"})
            elif j < i:
                step = answers.steps.get((j, i))
                cells.append({"kind": "below", "text": "" if step is None else ratio(-step)})
            else:
                cells.append(_choices(item, other, answers.steps.get((i, j))))
        rows.append((item, cells))
    return rows


def _choices(item, other, step):
    options = [(s, ratio(s), sentence(s, item.label, other.label), s == step) for s in STEPS]
    label = _("%(first)s against %(second)s") % {"first": item.label, "second": other.label}
    return {
        "kind": "above",
        "name": f"p_{item.node}_{other.node}",
        "label": label,
        "options": options,
        "open": step is None,
    }
