"""The lifecycle wing's step of the night: stage and pattern, P(alive), purchases to come, lifetime value, warning."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from customers.book import UNIT, Verdict
from customers.vocabulary import ClvGap, ClvMethod
from lifecycle import publish, stage_step
from lifecycle.models import BacktestRun, WarningPolicy
from lifecycle.numerics import ladder, stages, warning
from lifecycle.numerics.accuracy import Recalibration
from lifecycle.numerics.rungs import Settings
from lifecycle.value import demotion, inputs


def assess(book):
    """Every lifecycle column of Standing, the fits behind them, and the stage changes to record on publication."""
    policy = inputs.policy_now()
    base = basis(book, policy, starts=inputs.starts(book.as_of))
    stored = book.begin(publish.read_stored)  # not sooner: two processors have enough with the totals of the lines
    ground = stage_step.ground(book, base.days, prices=policy.use_price_index)
    judged = stage_step.judge(book, policy, ground, base.table, base.prediction.p_no_purchase)
    prediction, record = base.prediction, BacktestRun.known_by(book.as_of)
    told, rule = demotion.by_record(book, base, record)
    columns = _columns(book, policy, told, judged)
    columns = columns.assign(**_warnings_of(book, policy, record, columns, judged.current))
    changes = publish.StageChanges(judged.changes, judged.evidence, book.as_of, stored)
    return Verdict(
        columns=columns,
        meanwhile=(changes.prepare,),
        on_publish=(
            changes.sync,
            lambda night: publish.record_fits(night, prediction.fits, inputs.window(book)),
        ),
        checks=(_finite(columns),),
        warnings=tuple(_warnings(prediction.fits)),
        summary={
            "stages": columns["stage"].value_counts().to_dict(),
            "warned": int(columns["warned"].sum()),
            "over_budget": int(columns["over_budget"].sum()),
            "value_at_risk": float(columns.loc[columns["warned"], "value_at_risk"].sum()),
            "clv_parameter_error": prediction.shared_error,
            "clv_rule": rule,
            "clv_factors": inputs.factors(book, policy, base.settings, columns, base.summary),
        },
        models=tuple(_card(fit) for fit in prediction.fits),
    )


@dataclass(frozen=True)
class Basis:
    """What the purchases of a book say by themselves: the night goes on from here, and so does the backtest."""

    days: stages.History
    table: pd.DataFrame  # segment_gap and period_days per customer
    rules: stages.StageSettings
    settings: Settings
    summary: pd.DataFrame
    prediction: ladder.Prediction


def basis(book, policy, months=None, starts=ladder.NO_STARTS):
    """Periods and predictions from one book; `months` is the short horizon of a backtest, instead of the policy's."""
    settings, rules = inputs.settings_of(policy, book), stage_step.rules_of(policy)
    if months is not None:
        short = max(1, round(months))
        settings = replace(settings, expected_months=months, clv_months=short, infinite=False, ranges=False)
    segment = stage_step.segments_of(book, policy)
    days = stages.history(book.days.position, book.days.day, book.days.amount / UNIT, len(book), book.days.bought)
    table = stages.periods(days, segment, book.as_of.toordinal(), rules)
    summary = inputs.summary(book, segment, table["period_days"].to_numpy(), policy)
    return Basis(days, table, rules, settings, summary, ladder.predict(summary, settings, starts))


def warning_settings(policy, knobs):
    """Both policies' knobs of the churn warning as plain data."""
    return warning.WarningSettings(
        share=policy.alarm_share,
        fewest_purchases=policy.alarm_min_purchases,
        budget=knobs.alert_budget,
        shrink_ratio=policy.shrink_ratio,
        test_level=policy.test_level,
        silence_gaps=knobs.silence_gaps,
        margin_points=knobs.margin_points,
        satisfaction_points=knobs.satisfaction_points,
        factors=knobs.factors,
    )


def signals_of(book, features, settings):
    """The signals that speak, one boolean column each; features: the stage measures of the book's date."""
    days = book.days
    rates = warning.margins(days.profit, days.costed, days.day, days.position, len(book), book.as_of.toordinal())
    known = book.customers.assign(margin_lately=rates[0], margin_before=rates[1])
    return warning.spoken(known, features.reset_index(drop=True), settings)


def may_be_warned(known, features, settings, horizon):
    """Active customers with enough purchases and no approved exit."""
    active = features["recency"].to_numpy("f8") <= horizon
    return active & (known["purchase_days"] >= settings.fewest_purchases).to_numpy() & ~known["exited"].to_numpy()


def _warnings_of(book, policy, record, columns, current):
    """The columns of the warning: by the rule that the latest record allows, within each person's alert budget."""
    settings = warning_settings(policy, WarningPolicy.current())
    signals = signals_of(book, current, settings)
    risk, horizon = columns["churn_risk"].to_numpy(), 2.0 * current["period_days"].to_numpy("f8")
    lately = current["recent_count"].to_numpy("f8")
    scores = warning.scores(np.nan_to_num(risk), signals, current["recency"].to_numpy("f8"), lately, settings)
    chance = Recalibration(record.shift, record.slope)(warning.scale(record.rule, scores[record.rule]))
    loss_risk = np.where(np.isnan(risk), np.nan, chance)
    at_risk = loss_risk * np.maximum(columns["clv"].to_numpy(), 0.0)
    eligible = may_be_warned(book.customers, current, settings, horizon) & ~np.isnan(risk)
    warned = warning.choose(scores[record.rule], eligible, settings.share, at_risk)
    shown = warning.within_budget(warned, book.customers["owner_id"].to_numpy("f8"), at_risk, settings.budget)
    return {
        "warned": shown,
        "over_budget": warned & ~shown,
        "loss_risk": loss_risk,
        "signals": np.where(np.isnan(risk), 0, warning.mask(signals)),
        "value_at_risk": at_risk,
    }


def _columns(book, policy, predicted, judged):
    """The columns of Standing this wing owns."""
    known, current = book.customers, judged.current
    ordered = (known["orders"] > 0).to_numpy()
    basis = (predicted["method"] != ClvMethod.NONE.value).to_numpy()
    told = basis & (predicted["gap"] == ClvGap.NONE.value).to_numpy()
    risk = np.where(basis, predicted["p_no_purchase"], np.nan)
    value = np.where(told, predicted["clv"], np.nan)
    model = np.where(told, predicted["clv_model"], np.nan) if "clv_model" in predicted else np.full(len(known), np.nan)
    frame = {
        **judged.columns,
        "period_days": current["period_days"].to_numpy("f8"),
        "gap_days": np.where(ordered, current["gap"], np.nan),
        "recent_amount": np.where(ordered, current["recent"], np.nan),
        "before_amount": np.where(ordered, current["before"], np.nan),
        "trend_p": np.where(ordered, _trend(current), np.nan),
        "p_alive": np.where(basis, predicted["p_alive"], np.nan),
        "expected_purchases": np.where(basis, predicted["expected_purchases"], np.nan),
        "clv": value,
        "clv_model": model,
        "clv_method": predicted["method"].astype(object),
        "clv_gap": predicted["gap"].astype(object),
        **{name: np.where(told, predicted[name], np.nan) for name in ("clv_low", "clv_high", "clv_deviation")},
        "order_value": np.where(told, predicted["expected_value"], np.nan),
        "margin_rate": np.where(basis, predicted["margin_rate"], np.nan),
        "life_months": np.where(basis, predicted["life_months"], np.nan),
        "keeping_cost": np.where(told, predicted["keeping"], np.nan),
        "churn_risk": risk,
    }
    return pd.DataFrame({name: np.asarray(values) for name, values in frame.items()}, index=known.index)


def _trend(current):
    """The smaller of both sides of the exact test of the counts, where the rules computed it."""
    sides = [current[name].to_numpy("f8") for name in ("fall_p", "rise_p") if name in current]
    return np.fmin.reduce(sides) if sides else np.full(len(current), np.nan)


def _finite(columns):
    """No infinity may reach a table; missing is NaN and stays rare."""
    numbers = columns.select_dtypes("number").to_numpy("f8")
    bad = int(np.isinf(numbers).sum())
    return {"code": "lifecycle_is_finite", "ok": bad == 0, "value": bad, "limit": 0}


def _warnings(fits):
    """Fits that could not be used, by reason."""
    for fit in fits:
        if fit.reason:
            code = "fit_kept" if fit.reason == "KEPT" else "fit_stepped_down"
            yield {"code": code, "kind": fit.kind, "segment": fit.segment, "reason": fit.reason}


def _card(fit):
    """One line of the model card as plain data."""
    return {
        "kind": fit.kind, "segment": fit.segment, "method": str(fit.method), "customers": int(fit.customers),
        "repeaters": int(fit.repeaters), "params": {name: float(value) for name, value in fit.params.items()},
        "log_likelihood": None if fit.log_likelihood is None else float(fit.log_likelihood),
        "converged": bool(fit.converged), "usable": bool(fit.usable), "reason": str(fit.reason),
    }  # fmt: skip
