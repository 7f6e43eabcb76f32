"""The score sheet: many customers scored at once in a spreadsheet, out and in again."""

import tempfile

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import FileResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from customers import sheets
from customers.guards import needs
from customers.vocabulary import Right
from segmentation.forms.score_sheet import ScoreSheetForm
from segmentation.selectors import score_sheet
from segmentation.services.score_sheet import import_sheet

XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def page(request):
    """How much is scored, the sheet to download, the filled one to upload, and the rows that could not be taken."""
    form = ScoreSheetForm(request.POST or None, request.FILES or None, today=timezone.localdate())
    outcome = None
    if request.method == "POST" and form.is_valid():
        try:
            outcome = _taken(form.cleaned_data, request.user)
            _say(request, outcome)
        except ValidationError as refused:
            form.add_error("sheet", refused)
    context = {"form": form, "outcome": outcome, "coverage": score_sheet.coverage(request.user)}
    wrong = request.method == "POST" and (outcome is None or outcome.errors)
    return render(request, "segmentation/score_sheet.html", context, status=422 if wrong else 200)


def _taken(told, by):
    with tempfile.NamedTemporaryFile(suffix=".upload") as file:
        for chunk in told["sheet"].chunks():
            file.write(chunk)
        file.flush()
        return import_sheet(path=file.name, name=told["sheet"].name, date=told["date"], by=by)


def _say(request, outcome):
    text = ngettext("%(n)s score is saved.", "%(n)s scores are saved.", outcome.saved) % {"n": outcome.saved}
    messages.success(request, text)
    if outcome.saved:
        messages.info(request, _("This counts from the next night."))


@needs(Right.EXPORT)
@require_safe
def download(request):
    """The sheet of every customer the person sees, with their own last words and what counts now."""
    indicators = score_sheet.columns()
    titles = score_sheet.titles(indicators)
    rows = score_sheet.rows(request.user, indicators, request.night or None)
    book = sheets.xlsx_file([title for title, _kind in titles], [kind for _t, kind in titles], rows, sheet=_("Scores"))
    name = f"scores-{timezone.localdate():%Y-%m-%d}.xlsx"
    return FileResponse(book, as_attachment=True, filename=name, content_type=XLSX_TYPE)
