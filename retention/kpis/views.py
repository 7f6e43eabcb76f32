"""The retention KPIs: composite, the eight, the headline rates and the funnel; by group, against the period before."""

from datetime import timedelta

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from customers.guards import needs
from customers.vocabulary import Right
from retention import labels
from retention.kpis import charts, figures, groups, selectors
from retention.kpis.forms import WeightsForm
from retention.kpis.periods import DEFAULT, NAMES, shifted
from retention.kpis.services import set_kpis
from retention.kpis.sets import weights
from retention.models import RetentionKPI

TOTALS = [("opening", ""), ("new", "good"), ("back", "good"), ("lost", "bad"), ("closing", "good")]


@login_required
@require_safe
def kpis(request):
    """The figures of the customers this user may see."""
    night = request.night or None
    if not night:
        return render(request, "retention/kpis/page.html", {})
    code = request.GET.get("period", "")
    measured = selectors.measured(night, code if code in NAMES else DEFAULT)
    axes = groups.axes_for(request.user)
    axis = request.GET.get("by", "")
    axis = axis if axis in axes else axes[0]
    scope, percent = groups.scope_of(request.user, measured), weights()
    months = _months(measured, scope)
    whole = figures.group(measured, scope.at, percent)
    context = {
        "period": measured.period,
        "periods": [(one, words, _address(one, axis)) for one, words in NAMES.items()],
        "figures": whole,
        "bands": charts.bands(figures.EDGES, whole.bands),
        "unscored": whole.customers - sum(whole.bands),
        "equity_as_of": measured.equity_as_of,
        "chart": charts.funnel_chart(months),
        "flow_names": ["new", "back", "lost"],
        "shown_months": [_row(month) for month in months],
        "totals": [_total(months, name, whole.flow[name], good) for name, good in TOTALS],
        "axis": axis,
        "axis_words": groups.WORDS[axis],
        "axes": [(one, groups.WORDS[one], _address(measured.period.code, one)) for one in axes],
        "parts": groups.parts(measured, scope, axis, percent),
        "weight_sum": sum(percent),
    }
    return render(request, "retention/kpis/page.html", context)


def _address(period, axis):
    return f"?period={period}&by={axis}"


def _months(measured, scope):
    """The months of the period within the scope, as the chart wants them."""
    found = []
    for after, until, flow in measured.months:
        first = after + timedelta(days=1)
        whole = first.day == 1 and until + timedelta(days=1) == shifted(first, 1)
        found.append((first, until, whole, flow.counts(scope.at)))
    return found


def _row(month):
    """A month as a row of the table."""
    first, until, whole, counts = month
    return {"first": first, "until": until, "whole": whole, "cells": [(name, counts[name]) for name, _good in TOTALS]}


def _total(months, name, figure, more_is):
    """The last line of the table: what the months add up to, and how many customers these are."""
    counts = [counts[name] for *_days, counts in months]
    sums = {"opening": counts[0], "closing": counts[-1]}.get(name, sum(counts))
    return {"name": name, "sum": sums, "figure": figure, "more_is": more_is}


@needs(Right.EDIT_WEIGHTS)
@require_http_methods(["GET", "POST"])
def kpi_weights(request):
    """How much each of the eight weighs, and which raw values score 0 and 100: administrators only."""
    form = WeightsForm(request.POST or None, kpis=list(RetentionKPI.objects.all()))
    if request.method == "POST" and form.is_valid():
        set_kpis(values=form.values(), by=request.user)
        messages.success(request, _("The weights are saved; the page follows at once."))
        for kpi in RetentionKPI.objects.all():
            if kpi.backwards:
                messages.warning(request, labels.backwards(kpi))
        return redirect("retention:kpis")
    return render(request, "retention/kpis/weights.html", {"form": form}, status=422 if form.errors else 200)
