"""Benchmarks on your own data: claims beside own figures, the revenue simulator and the retention what-if."""

from dataclasses import asdict, replace

from django.contrib.auth.decorators import login_required
from django.shortcuts import render
from django.views.decorators.http import require_safe

from lifecycle.benchmarks import charts, selectors
from lifecycle.benchmarks.forms import RetentionForm, SimulatorForm
from lifecycle.models import LifecyclePolicy
from lifecycle.numerics import claims

POINTS = 5.0


@require_safe
@login_required
def benchmarks(request):
    """Each claim, its source, the same figure of one's own customers with its picture, or why it cannot be had."""
    night = request.night or None
    if not night:
        return render(request, "lifecycle/benchmarks.html", {})
    found = selectors.measured(request.user, night)
    context = {"found": found, "rows": [_pictured(row) for row in selectors.rows(found)]}
    return render(request, "lifecycle/benchmarks.html", context | _simulated(request, found) | _kept(request, found))


def _pictured(row):
    """A claim with the geometry of its picture."""
    picture = {"scale": charts.scale(row.claim.low, row.claim.high, row.figure)} if row.figure is not None else {}
    if row.claim.code == "TOP80":
        picture["curve"] = charts.curve(row.extra or [])
    elif row.claim.code == "CHURN":
        picture["columns"] = charts.columns(list(enumerate(row.extra or [])))
    elif row.kind in ("products", "years") and row.extra:
        picture["columns"] = charts.columns([(part[0], part[-1]) for part in row.extra])
    return {"row": row, "claim": row.claim, **picture}


def _simulated(request, found):
    """The simulator: own inputs, or those of the form; what each lever alone would bring."""
    start = found.inputs
    usual = asdict(replace(start, retention=start.retention * 100))
    form = SimulatorForm(request.GET if "usage" in request.GET else {k: round(v, 4) for k, v in usual.items()})
    tried = start
    if form.is_valid():
        values = form.cleaned_data
        tried = claims.Inputs(**{**values, "retention": values["retention"] / 100})
    if all(
        abs(getattr(tried, name) - getattr(start, name)) <= 1e-3 * max(abs(getattr(start, name)), 1e-9)
        for name in asdict(start)
    ):
        tried = start  # rounded for the form, not changed by anybody
    gains = claims.levers(tried)
    return {
        "form": form,
        "tried": tried,
        "changed": tried != start,
        "gain": tried.sales - start.sales,
        "gain_share": tried.sales / start.sales - 1.0 if start.sales else None,
        "sales_bars": charts.bars([("NOW", start.sales), ("TRIED", tried.sales)]),
        "levers": charts.bars(sorted(gains.items(), key=lambda pair: -pair[1])),
        "split": charts.bars(list(zip(("users", "usage", "price"), found.change, strict=True)))
        if found.change[0] == found.change[0]
        else [],
    }


def _kept(request, found):
    """The retention what-if: sales of a year by the identity, and profit over a customer's life by the formula."""
    policy = LifecyclePolicy.objects.filter(pk=1).first() or LifecyclePolicy(pk=1)
    usual = {"points": POINTS, "margin": round(found.margin * 100, 1)}
    form = RetentionForm(request.GET if "points" in request.GET else usual)
    points = form.cleaned_data["points"] / 100 if form.is_valid() else POINTS / 100
    margin = form.cleaned_data["margin"] / 100 if form.is_valid() else found.margin
    start = found.inputs
    more = replace(start, retention=min(start.retention + points, 1.0))
    effect = claims.retention_effect(start.retention, points, policy.discount_rate)
    return {
        "kept_form": form,
        "kept_customers": (more.retention - start.retention) * start.existing,
        "kept_sales": more.sales - start.sales,
        "kept_profit": (more.sales - start.sales) * margin,
        "kept_share": more.sales / start.sales - 1.0 if start.sales else None,
        "kept_effect": effect,
        "kept_rate": more.retention,
        "kept_scale": charts.scale(0.25, 1.0, effect),
        "discount": policy.discount_rate,
    }
