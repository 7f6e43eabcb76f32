"""The pictures of segmentation, the weights behind them, and the page where experts score a customer."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from customers.guards import visible_customer
from customers.selectors.nights import night_before
from segmentation.charts import pyramid as pyramid_charts
from segmentation.charts.plane import NARROW
from segmentation.charts.quadrant import MARKS_BELOW, PATHS_AT_MOST
from segmentation.filters import narrowed
from segmentation.forms.expert import ExpertForm
from segmentation.selectors import balance, experts, levels, moves, plane, policies, population, studies, weights
from segmentation.services.expert_scores import save_expert_scores


@login_required
@require_safe
def pyramid(request):
    """Who brings the profit: levels, the two rules of concentration, the Pareto curve, and who changed level."""
    night = request.night or None
    before = night_before(night) if night else None
    found = narrowed(request)
    context = {"narrowed": found, "query": found.query}
    if night:
        people = population.by_level(found, night, before)
        table = levels.level_table(people)
        curve = levels.pareto(people, table.measure)
        context |= {
            "table": table,
            "curve": curve,
            "pictures": pictures(table),
            "pareto": pyramid_charts.pareto_chart(curve, frame=NARROW),
            "checks": levels.checks(table, curve),
            "moves": moves.moves(people, before, "level"),
            "movers": moves.level_movers(people, before),
            "balance": balance.balance(found, people, night, table),
            "rules": policies.rules_of(night),
        }
    return render(request, "segmentation/pyramid.html", context)


def pictures(table):
    """The pyramid twice: wide, and stacked for phones."""
    counts = {row.level: row.count for row in table.rows}
    profits = {row.level: row.profit for row in table.rows}
    sublevels = {part.sublevel: part.count for row in table.rows for part in row.parts if part.sublevel}
    frames = (pyramid_charts.PYRAMID_WIDE, pyramid_charts.PYRAMID_NARROW)
    return [pyramid_charts.pyramid_chart(counts, profits, sublevels, frame) for frame in frames]


@login_required
@require_safe
def quadrant(request):
    """Who is worth what, now and later: the plane, a strategy for every quadrant, and who moved."""
    night = request.night or None
    before = night_before(night) if night else None
    found = narrowed(request)
    view = request.GET.get("view", "")
    context = {"narrowed": found, "query": found.query}
    if night:
        people = population.by_quadrant(found, night, before)
        table = plane.quadrants(people, found.customers, night)
        lines = plane.lines(night)
        charts = plane.pictures(people, lines.cuts, view)
        context |= {
            "lines": lines,
            "table": table,
            "silent": plane.silent(night),
            "flat": plane.flat(night),
            "charts": charts,
            "chart": charts[0],
            "dense": charts[0].mode == "CELLS",
            "few": table.scored < MARKS_BELOW,
            "too_many": table.scored > PATHS_AT_MOST,
            "moves": moves.moves(people, before, "quadrant"),
            "movers": moves.quadrant_movers(people, before),
        }
    return render(request, "segmentation/quadrant.html", context)


@login_required
@require_safe
def weight_page(request):
    """How much every indicator counts, from which source, and which version the shown night used."""
    published = weights.published()
    context = {
        "weight_set": published,
        "dimensions": weights.dimensions(published) if published else [],
        "versions": weights.versions(),
        "used": (request.night.weights or {}).get("version") if request.night else None,
        "worst_cr": weights.worst_cr(published),
        "asked": studies.waiting_for(request.user, timezone.now()),
    }
    return render(request, "segmentation/weights.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def expert_scores(request, code):
    """What the signed-in person says about a customer, indicator by indicator."""
    night = request.night or None
    customer = visible_customer(request.user, code, night.pk if night else None)
    indicators, opinions = experts.indicators(), experts.opinions(customer)
    form = ExpertForm(
        request.POST or None,
        indicators=indicators,
        current=experts.own_scores(opinions, request.user),
        today=timezone.localdate(),
    )
    if request.method == "POST" and form.is_valid():
        return saved(request, customer, form)
    counts = experts.counting(customer, night)
    rows = [(row, level, note, opinions.get(row.pk), counts.get(row.code)) for row, level, note in form.rows]
    overruled = bool(form.errors) or any(opinion and row.measure for row, _level, _note, opinion, _now in rows)
    context = {"customer": customer, "form": form, "rows": rows, "overruled": overruled}
    return render(request, "segmentation/expert.html", context, status=422 if request.method == "POST" else 200)


def saved(request, customer, form):
    """Write what changed and say when it counts."""
    scores, withdrawn = form.changes()
    kept, gone = save_expert_scores(
        customer=customer, scores=scores, withdrawn=withdrawn, date=form.cleaned_data["date"], by=request.user
    )
    if kept:
        text = ngettext("%(n)s score is saved.", "%(n)s scores are saved.", kept)
        messages.success(request, text % {"n": kept})
    if gone:
        text = ngettext("%(n)s score is withdrawn.", "%(n)s scores are withdrawn.", gone)
        messages.success(request, text % {"n": gone})
    messages.info(request, _("This counts from the next night.") if kept or gone else _("Nothing has changed."))
    return redirect(f"{customer.get_absolute_url()}?tab=score")
