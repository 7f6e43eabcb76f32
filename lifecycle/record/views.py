"""The record page: how right warnings and values have been, beside two simple rules; and the job that measures it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from kombu.exceptions import OperationalError

from customers.guards import may, needs
from customers.polling import moving
from customers.vocabulary import JobState, Right, WarningRule
from lifecycle import backtest
from lifecycle.models import BacktestRun, LifecyclePolicy
from lifecycle.record import charts, selectors
from lifecycle.tasks import run_backtest

VALUE_RULES = [WarningRule.MODEL.value, WarningRule.REPEAT.value, WarningRule.RECENCY.value]


@require_safe
@login_required
def record(request):
    """What warnings and values were worth, on earlier dates, for the whole firm."""
    night = request.night or None
    chosen = _chosen(request, night)
    context = {
        "run": chosen,
        "runs": list(selectors.runs()),
        "current": selectors.latest(night.as_of) if night else None,
        "job": selectors.under_way(),
        "may_run": may(request.user, Right.RUN_NIGHT),
        "policy": LifecyclePolicy.objects.filter(pk=1).first() or LifecyclePolicy(pk=1),
        "horizon": request.GET.get("horizon", "own"),
    }
    if chosen:
        context |= _warnings(chosen, context["horizon"]) | _values(chosen, night)
    return render(request, "lifecycle/record.html", context)


def _chosen(request, night):
    """The run that was asked for, else the one the published night knows, else the newest."""
    wanted = request.GET.get("run", "")
    if wanted.isdecimal():
        return get_object_or_404(BacktestRun, pk=int(wanted), state=JobState.DONE.value)
    return (selectors.latest(night.as_of) if night else None) or selectors.runs(1).first()


def _warnings(run, horizon):
    found = run.summary.get(selectors.HORIZONS.get(horizon, "warning")) or {}
    if not found:
        return {"warnings": None}
    used, origins = found["rules"][found["rule"]], selectors.by_origin(found)
    most = max(found["rules"], key=lambda name: found["rules"][name]["hits"])
    return {
        "warnings": found,
        "used": used,
        "no_better": selectors.no_better(used["hits"], used.get("by_lot")),
        "unwarnable": used["lost"] - used["hits"] - used["missed"],
        "rival": (most, found["rules"][most]) if found["rules"][most]["hits"] > used["hits"] else None,
        "rules": selectors.rows_of_rules(found),
        "origins": origins,
        "outcome": charts.outcome_bars(used["warned"], used["hits"], used["missed"]),
        "plane": charts.calibration_plane(found["calibration"]),
        "lines": charts.auc_lines(origins),
        "model": found["rules"][found["probability"]],
    }


def _values(run, night):
    unit = next((name for name in ("value", "purchases") if run.summary.get(name)), None)
    if unit is None:
        return {"values": None}
    found = run.summary[unit]
    return {
        "values": found,
        "by_rule": selectors.shown_by_rule(found, night),
        "unit": unit,
        "value_rules": selectors.rows_of_rules(found, VALUE_RULES),
        "value_pairs": charts.paired_bars(found["calibration"]),
        "purchases": run.summary.get("purchases"),
        "purchase_rules": selectors.rows_of_rules(run.summary["purchases"], VALUE_RULES),
        "value_origins": selectors.by_origin(found, VALUE_RULES),
    }


@require_POST
@needs(Right.RUN_NIGHT)
def measure(request):
    """Plan a backtest on what the published night knows, and hand it to the worker."""
    night = request.night or None
    as_of = night.as_of if night else timezone.localdate()
    job = backtest.planned(as_of=as_of, by=request.user)
    transaction.on_commit(lambda: _hint(request, job.pk))
    return redirect("lifecycle:record")


def _hint(request, run_id):
    try:
        run_backtest.delay(run_id)
    except (OperationalError, OSError):
        messages.warning(request, _("The worker can't be reached: the backtest is planned and starts when it is back."))


@require_safe
@login_required
def progress(request, pk):
    """How far a backtest is; the last answer leads to the new record."""
    job = get_object_or_404(BacktestRun, pk=pk)
    going = job.state in backtest.LIVE
    context = {"job": job, "may_run": may(request.user, Right.RUN_NIGHT), "finished": not going}
    return moving(render(request, "lifecycle/parts/record_job.html", context), going)
