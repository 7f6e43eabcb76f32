"""The answer to a page that asks again and again how far a piece of work is."""

STOP_POLLING = 286  # htmx: swap this answer and ask no more


def moving(part, going, reload=False):
    """The response `part`, the moving part of a page; once the work is over htmx asks no more, or loads the page anew
    where more of it than this part tells how it ended."""
    if not going:
        part.status_code = STOP_POLLING
        if reload:
            part["HX-Refresh"] = "true"
    return part
