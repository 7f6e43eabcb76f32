"""The rolling-origin backtest: what a night would have said at earlier dates from what was known then, and what came.

For each origin the book of that evening is read, as for a night, so that nothing later can leak into a prediction; the
outcome is read from the purchase days after it. The result decides by which rule the next nights warn.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from django.db import transaction
from django.db.models import Q

from customers import frames
from customers.book import UNIT
from customers.changes import note_change
from customers.vocabulary import ClvMethod, JobState, WarningRule
from lifecycle import assess
from lifecycle.models import BacktestFigure, BacktestRun, LifecyclePolicy, WarningPolicy
from lifecycle.numerics import record, simple, stages, warning
from lifecycle.numerics.clv import WEEKS_PER_MONTH

HALF_YEAR = 182  # the horizon of published comparisons, reported beside the policy's own
WEEK = 7.0
BURN_IN = 0.4  # share of the history before the first origin
HOLDOUT = 0.5  # the longest holdout of purchases, as a share of the history
LIVE = [JobState.PLANNED.value, JobState.RUNNING.value]
STALE = timedelta(minutes=15)  # a running backtest that gave no sign for so long is taken up again
FEW = 3  # origins of what is compared, but warns nobody
SUBJECTS = ("WARNING", "HALF_YEAR", "PURCHASES", "VALUE")
MODEL = WarningRule.MODEL.value


@dataclass(frozen=True)
class Plan:
    """Ordinals and days of one backtest: where history begins and ends, the origins and horizons of each subject."""

    end: int
    origins: dict[str, list[int]]
    days: dict[str, int]


def nothing(done, total):
    """Progress that nobody watches."""


def run(run_id, *, now, progress=nothing):
    """Carry a planned backtest to its end; its findings are on the row, its figures beside it."""
    job = BacktestRun.objects.get(pk=run_id)
    BacktestRun.objects.filter(pk=run_id).update(state=JobState.RUNNING.value, heartbeat=now())
    policy = LifecyclePolicy.objects.filter(pk=1).first() or LifecyclePolicy(pk=1)
    knobs = WarningPolicy.current()

    def step(done, total):
        BacktestRun.objects.filter(pk=run_id).update(done=done, total=total, heartbeat=now())
        progress(done, total)

    try:
        found = measure(job.as_of, policy, knobs, step)
    except Exception as failure:
        BacktestRun.objects.filter(pk=run_id).update(
            state=JobState.FAILED.value, error=f"{type(failure).__name__}: {failure}"[:4000], finished_at=now()
        )
        raise
    return _keep(run_id, found, now())


@transaction.atomic
def _keep(run_id, found, at):
    """Findings, figures and what follows from them, together; the nights to come depend on it."""
    job = BacktestRun.objects.select_for_update().get(pk=run_id)
    job.state, job.finished_at, job.summary, job.error = JobState.DONE.value, at, found, ""
    spoken, value = found["warning"], found["value"] or found["purchases"]
    if spoken:
        job.rule, job.probability = spoken["rule"], spoken["probability"]
        job.shift, job.slope = spoken["shift"], spoken["slope"]
    job.value_kept = not value or not value["demoted"]
    job.save()
    job.figures.all().delete()
    BacktestFigure.objects.bulk_create(_figures(job, found))
    note_change("backtest", job.pk)
    return job


def _figures(job, found):
    for subject in SUBJECTS:
        part = found[subject.lower()]
        if not part:
            continue
        rows = [(None, part["rules"])] + [(date.fromisoformat(o["origin"]), o["rules"]) for o in part["origins"]]
        for origin, rules in rows:
            for rule, measures in rules.items():
                yield BacktestFigure(
                    run=job,
                    subject=subject,
                    rule=rule,
                    origin=origin,
                    horizon_days=round(part["horizon_days"]),
                    customers=measures["customers"],
                    measures=measures,
                )


def plan(as_of, policy, knobs):
    """Origins at equal distances back from the last one whose outcome is complete; None where there is no history."""
    book = frames.read_book(as_of)
    bought = book.days.day[book.days.bought]
    if not bought.size:
        return None
    first, end = int(bought.min()), int(bought.max())
    table = assess.basis(book, policy).table
    period = float(np.max(table["period_days"]))
    own, span = int(np.ceil(2.0 * period)), end - first
    holdout = min(round(policy.expected_months * WEEKS_PER_MONTH * WEEK), int(span * HOLDOUT))
    days = {"WARNING": own, "HALF_YEAR": HALF_YEAR, "PURCHASES": holdout}
    earliest = first + int(np.ceil(BURN_IN * span))
    step, most = max(int(period), 28), {"WARNING": knobs.origins}
    origins = {
        subject: _back(end - horizon, earliest, step, most.get(subject, min(knobs.origins, FEW)))
        for subject, horizon in days.items()
    }
    return Plan(end, origins, days)


def _back(last, earliest, step, most):
    """At most `most` origins from `last` backwards, none before `earliest`; oldest first."""
    return sorted(range(last, earliest - 1, -step)[:most])


def measure(as_of, policy, knobs, progress=nothing):
    """Everything the backtest finds, as plain data: per subject the measures of `numerics.record`."""
    planned = plan(as_of, policy, knobs)
    empty = {subject.lower(): {} for subject in SUBJECTS}
    if planned is None:
        return {"data_to": None, **empty}
    trials = {subject: [] for subject in SUBJECTS}
    dates = sorted({origin for listed in planned.origins.values() for origin in listed})
    truth = frames.read_book(date.fromordinal(planned.end))
    for number, origin in enumerate(dates):
        progress(number, len(dates))
        for subject, trial in _at(origin, planned, truth, policy, knobs):
            trials[subject].append(trial)
    progress(len(dates), len(dates))
    found = {
        "warning": record.warnings(trials["WARNING"], policy.alarm_share),
        "half_year": record.warnings(trials["HALF_YEAR"], policy.alarm_share),
        "purchases": record.purchases(trials["PURCHASES"], planned.days["PURCHASES"]),
        "value": record.purchases(trials["VALUE"], planned.days["PURCHASES"]),
    }
    return {"data_to": date.fromordinal(planned.end).isoformat(), **{k: _dated(part) for k, part in found.items()}}


def _dated(part):
    """Origins as ISO dates."""
    if part:
        part["origins"] = [
            {**found, "origin": date.fromordinal(found["origin"]).isoformat()} for found in part["origins"]
        ]
    return part


def _at(origin, planned, truth, policy, knobs):
    """The trials of one origin: (subject, trial)."""
    months = planned.days["PURCHASES"] / WEEK / WEEKS_PER_MONTH
    book = frames.read_book(date.fromordinal(origin), replayed=True)
    base = assess.basis(book, policy, months)
    settings = assess.warning_settings(policy, knobs)
    features = stages.features_at(base.days, base.table, origin, base.prediction.p_no_purchase, base.rules)
    signals = assess.signals_of(book, features, settings)
    place = np.searchsorted(truth.customers["customer_id"].to_numpy(), book.customers["customer_id"].to_numpy())
    for subject in ("WARNING", "HALF_YEAR"):
        if origin in planned.origins[subject]:
            own = 2.0 * base.table["period_days"].to_numpy("f8")
            horizon = own if subject == "WARNING" else np.full(len(book), float(HALF_YEAR))
            yield subject, _warnings(origin, horizon, book, base, features, signals, settings, truth, place)
    if origin in planned.origins["PURCHASES"]:
        yield from _purchases(origin, planned.days["PURCHASES"], book, base, truth, place)


def _warnings(origin, horizon, book, base, features, signals, settings, truth, place):
    basis = (base.prediction.frame["method"] != ClvMethod.NONE.value).to_numpy()
    silence = features["recency"].to_numpy("f8")
    rows = np.flatnonzero(basis & (silence <= horizon) & ~book.customers["exited"].to_numpy())
    summary = {name: base.summary[name].to_numpy()[rows] for name in ("frequency", "recency", "age")}
    chance = base.prediction.p_no_purchase(
        rows, summary["frequency"], summary["recency"], summary["age"], horizon[rows] / WEEK
    )
    lately = simple.counted(book.days, len(book), origin - horizon, origin)
    wide = np.full(len(truth), 0.0)
    wide[place] = horizon
    came = simple.counted(truth.days, len(truth), origin, origin + wide)[place]
    some = signals.iloc[rows].reset_index(drop=True)
    value = np.maximum(base.prediction.frame["clv"].to_numpy(), 0.0)[rows]
    return record.Warnings(
        origin=origin,
        customer=book.customers["customer_id"].to_numpy()[rows],
        horizon=horizon[rows],
        silence=silence[rows],
        lost=(came == 0)[rows],
        eligible=assess.may_be_warned(book.customers, features, settings, horizon)[rows],
        stake=value * chance,
        scores=warning.scores(chance, some, silence[rows], lately[rows], settings),
    )


def _purchases(origin, days, book, base, truth, place):
    """Purchase days and margin of the holdout; margin is sales where no cost is known."""
    frame = base.prediction.frame
    rows = np.flatnonzero((frame["method"] != ClvMethod.NONE.value).to_numpy())
    money = truth.days.profit if truth.days.costed.any() else truth.days.amount
    before = book.days.profit if truth.days.costed.any() else book.days.amount
    expected = frame["expected_purchases"].to_numpy()
    worth = expected * (frame["expected_value"] * frame["margin_rate"]).to_numpy()
    came = simple.counted(truth.days, len(truth), origin, origin + days)[place]
    brought = simple.counted(truth.days, len(truth), origin, origin + days, money / UNIT)[place]
    for subject, actual, model, values in (
        ("PURCHASES", came, expected, None),
        ("VALUE", brought, worth, before / UNIT),
    ):
        rules = {rule: simple.expected(rule, book.days, base.days, origin, days, values) for rule in record.BASELINES}
        yield (
            subject,
            record.Purchases(
                origin=origin,
                actual=actual[rows].astype(float),
                expected={MODEL: model[rows], **{rule: told[rows] for rule, told in rules.items()}},
            ),
        )


def planned(*, as_of, by=None):
    """A backtest to be run: the one that waits already, or a new one."""
    waiting = BacktestRun.objects.filter(state__in=LIVE, as_of=as_of).first()
    return waiting or BacktestRun.objects.create(as_of=as_of, requested_by=by)


def abandoned(now):
    """Ids of backtests that should be running and give no sign."""
    gone = Q(state=JobState.RUNNING.value, heartbeat__lt=now - STALE)
    gone |= Q(state=JobState.PLANNED.value, created_at__lt=now - STALE)
    return list(BacktestRun.objects.filter(gone).values_list("pk", flat=True))
