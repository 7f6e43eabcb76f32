"""Who went where between two nights: the picture, the matrix, how long customers stay, and the names behind a flow."""

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.shortcuts import render
from django.views.decorators.http import require_safe

from segmentation.charts import sankey
from segmentation.filters import narrowed
from segmentation.selectors import movement as moves
from segmentation.templatetags.movement_tags import OUT

PER_PAGE = 50
FEW = 9


@login_required
@require_safe
def movement(request):
    """Between any two kept nights on one axis, each flow split by what caused it."""
    found = narrowed(request)
    context = {"narrowed": found, "query": found.query}
    if request.night:
        chosen = moves.choice(request.GET, request.night)
        context["chosen"] = chosen
        if chosen.before:
            context |= told(found, chosen)
    return render(request, "segmentation/movement.html", context)


def told(found, chosen):
    """Picture, matrix, names and lengths of stay."""
    people = moves.people(found, chosen)
    table = moves.movement(people, chosen.codes)
    far = moves.picked(people, chosen.codes)[:FEW]
    return {
        "table": table,
        "charts": [sankey.sankey(table.counts, chosen.codes, frame) for frame in (sankey.WIDE, sankey.NARROW)],
        "members": moves.members(far, chosen.codes),
        "stays": moves.stays(people["customer"].to_numpy(), chosen),
    }


@login_required
@require_safe
def movement_list(request):
    """The customers of one flow by name, those whose score moved most first."""
    found = narrowed(request)
    context = {"narrowed": found, "query": found.query}
    if request.night:
        chosen = moves.choice(request.GET, request.night)
        flow, wrong = asked(request.GET, chosen)
        context |= {"chosen": chosen, "flow": flow, "wrong": wrong}
        if chosen.before:
            rows = moves.picked(moves.people(found, chosen), chosen.codes, **flow)
            page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
            context |= {"page": page, "members": moves.members(page.object_list, chosen.codes), "total": len(rows)}
    return render(request, "segmentation/movement_list.html", context)


def asked(data, chosen):
    """The flow that an address names, as arguments of `picked`, and the parameters that could not be understood."""
    flow, wrong = {}, []
    for name, codes in (("was", [*chosen.codes, OUT]), ("now", [*chosen.codes, OUT]), ("cause", moves.CAUSES)):
        wish = data.get(name, "")
        if wish and wish not in codes:
            wrong.append(name)
        elif wish:
            flow[name] = "" if wish == OUT else wish
    return flow, wrong
