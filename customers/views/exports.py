"""The filtered customers as a file: exactly the set that the list shows, streamed."""

import logging

from django.contrib import messages
from django.http import FileResponse, HttpResponseRedirect, StreamingHttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from customers import filters, sheets
from customers.guards import needs
from customers.selectors import listing
from customers.selectors.columns import COLUMNS
from customers.views.listing import narrowed
from customers.vocabulary import Right

log = logging.getLogger("guanxi.exports")
XLSX_ROWS = 20_000  # more take longer than a request should; CSV has no limit
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@needs(Right.EXPORT)
@require_safe
def export(request, kind):
    """All columns of every customer that matches, in the order of the list, as CSV or XLSX."""
    found = narrowed(request, request.GET)
    if kind == "xlsx" and found.total > XLSX_ROWS:
        messages.error(
            request, _("An XLSX file holds at most %(count)s customers here. Take CSV.") % {"count": XLSX_ROWS}
        )
        return HttpResponseRedirect(f"{reverse('customers:list')}?{request.GET.urlencode()}")
    key, descending = listing.sort_of(request.GET.get("sort", ""), found.night, found.total)
    columns = [column for column in COLUMNS if found.night or not column.of_night]
    log.info("export %s by user %s: %s rows, %s", kind, request.user.pk, found.total, filters.frozen(found.filterset))
    rows = listing.export_rows(listing.ordered(found.customers, key, descending), columns)
    name = f"customers-{timezone.localdate():%Y-%m-%d}.{kind}"
    titles = [str(column.title) for column in columns]
    if kind == "xlsx":
        book = sheets.xlsx_file(titles, [column.kind for column in columns], rows, sheet=_("Customers"))
        return FileResponse(book, as_attachment=True, filename=name, content_type=XLSX_TYPE)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    lines = sheets.csv_lines(titles, rows)
    return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers=headers)
