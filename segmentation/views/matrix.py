"""The grid of an expert's judgements in Django admin: every pair at once, live figures, a whole matrix in and out."""

import io

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import FileResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from customers import sheets
from customers.guards import require
from customers.vocabulary import Right
from segmentation.forms.matrix import MatrixForm, Named
from segmentation.models import Invitation, Question, TreeNode
from segmentation.models.studies import STRONGEST
from segmentation.numerics.reading import value_of
from segmentation.scale import ratio, sentence
from segmentation.selectors.studies import answers_of, with_steps
from segmentation.services import studies

XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
STEPS = range(STRONGEST, -STRONGEST - 1, -1)


@require_http_methods(["GET", "HEAD", "POST"])
def matrix(request, study, invitation, admin_context):
    """A change saves at once and answers with the figures; the button saves all; a whole matrix is shown, then taken.

    A pasted or uploaded matrix comes back as a preview; `take` keeps what the preview showed.
    """
    require(request.user, Right.EDIT_WEIGHTS)
    invitation = get_object_or_404(Invitation.objects.select_related("study"), pk=invitation, study=study)
    live = request.headers.get("HX-Request") == "true"
    error, question, look = "", None, None
    if request.method == "POST":
        question = get_object_or_404(Question, pk=_number(request.POST.get("question")), study=study)
        error, look = _received(request, invitation, question)
        if not (error or live or look):
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
        "look": look,
        "pasted": request.POST.get("matrix", ""),
    }
    return render(request, "admin/segmentation/study/matrix.html", context, status=status)


@require_safe
def matrix_file(request, study, invitation, question, what, kind):
    """One question as a square table with titles: empty (`template`) or with the answers, as CSV or XLSX."""
    require(request.user, Right.EDIT_WEIGHTS)
    invitation = get_object_or_404(Invitation.objects.select_related("study"), pk=invitation, study=study)
    answers = answers_of(invitation, [get_object_or_404(Question, pk=question, study=study)])[0]
    titles, rows = _square(answers, {} if what == "template" else answers.steps)
    name = f"{what}-{slugify(answers.question.name) or question}.{kind}"
    if kind == "csv":
        file = io.BytesIO(b"".join(sheets.csv_lines(titles, rows)))
        return FileResponse(file, as_attachment=True, filename=name, content_type="text/csv; charset=utf-8")
    kinds = ["text"] + ["ratio"] * len(answers.items)
    book = sheets.xlsx_file(titles, kinds, rows, sheet=_("Judgements"))
    return FileResponse(book, as_attachment=True, filename=name, content_type=XLSX_TYPE)


def _square(answers, steps):
    """Titles and rows of the table: the row against the column, empty where a pair is open and below the diagonal.

    Ratios are numbers: a spreadsheet takes the text 1/3 for a date.
    """
    titles = [_title(item, code) for item, code in zip(answers.items, _codes(answers), strict=True)]
    rows = []
    for i, title in enumerate(titles):
        cells = [_plain(steps.get((i, j))) for j in range(len(titles))]
        cells[i] = 1
        rows.append([title, *cells])
    return ["", *titles], rows


def _plain(step):
    """The ratio of a step as a number: whole ones whole, others to six decimals; None where a pair is open."""
    if step is None:
        return None
    return step + 1 if step >= 0 else round(value_of(step), 6)


def _title(item, code):
    return f"{item.label} [{code}]" if code else item.label


def _codes(answers):
    """The indicator's code of every item, or nothing."""
    known = dict(
        TreeNode.objects.filter(pk__in=[item.node for item in answers.items]).values_list("pk", "indicator__code")
    )
    return [known.get(item.node) or "" for item in answers.items]


def _named(answers):
    """The items with every name a title may use."""
    found = []
    for item, code in zip(answers.items, _codes(answers), strict=True):
        names = [name for name in (item.name, item.name_zh) if name]
        more = [code, *(f"{name} [{code}]" for name in names)] if code else []
        found.append(Named(item.label, (*names, *more)))
    return found


def _number(text):
    """The number of a hidden field; 0, which nothing has, for anything else."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else 0


def _received(request, invitation, question):
    """(what is wrong or nothing, a preview or None): keep what was sent, all or nothing."""
    answers = answers_of(invitation, [question])[0]
    try:
        if "matrix" not in request.POST and not request.FILES:
            studies.judge_all(invitation=invitation, question=question, steps=_sent(request.POST, answers))
            return "", None
        form = MatrixForm(request.POST, request.FILES, items=_named(answers))
        if not form.is_valid():
            return next(iter(form.errors.values()))[0], None
        if "take" not in request.POST:
            return "", _preview(answers, form.steps)
        studies.judge_all(invitation=invitation, question=question, steps=form.steps)
    except ValidationError as refused:
        return refused.messages[0], None
    return "", None


def _preview(answers, steps):
    """What the question would say with these answers: figures, rows of cells, and the text that keeps them."""
    after = with_steps(answers, answers.steps | steps)
    n, rows, lines = len(after.items), [], []
    for i, item in enumerate(after.items):
        cells = [_looked_at(i, j, answers.steps, after.steps) for j in range(n)]
        rows.append((item, cells))
        lines.append("\t".join(ratio(steps[i, j]) if (i, j) in steps else "1" if i == j else "" for j in range(n)))
    changed = sum(answers.steps.get(pair) != step for pair, step in steps.items())
    left = after.reading.pairs - after.reading.answered
    return {"after": after, "rows": rows, "text": "\n".join(lines), "changed": changed, "left": left}


def _looked_at(i, j, before, after):
    """One cell of a preview: text, and what stood there if it changes."""
    if i == j:
        return {"text": "1", "was": None}
    pair, sign = ((i, j), 1) if i < j else ((j, i), -1)
    told = lambda steps: ratio(sign * steps[pair]) if pair in steps else "–"  # noqa: E731
    return {"text": told(after), "was": told(before) if before.get(pair) != after.get(pair) else None}


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
