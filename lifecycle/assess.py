"""The lifecycle wing's step of the night: stage and pattern, P(alive), purchases to come, lifetime value, warning."""

import numpy as np
import pandas as pd

from customers.book import UNIT, Verdict
from customers.copying import NO_DAY
from customers.numerics import history as behaviour
from customers.vocabulary import ClvMethod, Pattern, Stage, StageRule, SubState
from lifecycle import publish
from lifecycle.models import LifecyclePolicy
from lifecycle.numerics import ladder, stages
from lifecycle.numerics.rungs import Settings

DAYS_A_WEEK = 7.0
PATTERN_OF_HIGHEST = {Stage.EXPLORATION.value: Pattern.I.value, Stage.FORMATION.value: Pattern.II.value}


def assess(book):
    """Every lifecycle column of Standing, the fits behind them, and the stage changes to record on publication."""
    policy = LifecyclePolicy.objects.filter(pk=1).first() or LifecyclePolicy(pk=1)
    settings, rules = _settings(policy), _rules(policy)
    as_of = book.as_of.toordinal()
    segment = _segments(book, policy)
    days = stages.history(book.days.position, book.days.day, book.days.amount / UNIT, len(book), book.days.bought)
    table = stages.periods(days, segment, as_of, rules)
    prediction = ladder.predict(_summary(book, segment, table), settings)
    path = stages.path(days, table, as_of, prediction.p_no_purchase, rules)
    columns = _columns(book, policy, rules, prediction.frame, path.current)
    changes = path.changes.assign(customer_id=book.customers["customer_id"].to_numpy()[path.changes["position"]])
    return Verdict(
        columns=columns,
        on_publish=(
            lambda night: publish.sync_stage_changes(night, changes),
            lambda night: publish.record_fits(night, prediction.fits),
        ),
        checks=(_finite(columns),),
        warnings=tuple(_warnings(prediction.fits)),
        summary={
            "stages": columns["stage"].value_counts().to_dict(),
            "warned": int(columns["warned"].sum()),
            "value_at_risk": float(columns.loc[columns["warned"], "value_at_risk"].sum()),
        },
        models=tuple(_card(fit) for fit in prediction.fits),
    )


def _settings(policy):
    """The policy's horizons and model as the ladder wants them."""
    return Settings(
        use_mbg=policy.use_mbg,
        expected_months=policy.expected_months,
        clv_months=policy.clv_months,
        discount_rate=policy.discount_rate,
    )


def _rules(policy):
    """The policy's stage constants as the rules want them."""
    return stages.StageSettings(
        **{
            name: getattr(policy, name)
            for name in (
                *("period_min_days", "period_max_days", "decline_probability", "shrink_ratio", "growth_ratio"),
                *("test_level", "young_purchases", "young_periods", "mature_purchases", "mature_periods"),
                "long_term_periods",
            )
        }
    )


def _segments(book, policy):
    """The segment label of every customer; one for all where the policy names none."""
    if not policy.segment_by:
        return np.full(len(book), "", dtype=object)
    return book.customers[policy.segment_by].astype(object).to_numpy()


def _summary(book, segment, table):
    """What the purchase models read, one row per customer (see ladder.predict)."""
    known, days = book.customers, book.days
    first = known["first_bought"].to_numpy()
    bought = first != NO_DAY
    as_of = book.as_of.toordinal()
    later = days.day > first[days.position]
    repeat = behaviour.totals(np.where(later, days.amount, 0).astype("i8"), days.starts(len(book))) / UNIT
    frequency = np.where(bought, known["purchase_days"].to_numpy() - 1, np.nan)
    return pd.DataFrame(
        {
            "frequency": frequency,
            "recency": np.where(bought, known["last_bought"].to_numpy() - first, np.nan) / DAYS_A_WEEK,
            "age": np.where(bought, as_of - first, np.nan) / DAYS_A_WEEK,
            "monetary": np.divide(repeat, frequency, out=np.zeros(len(book)), where=frequency > 0),
            "sales": known["amount"].to_numpy(),
            "profit": known["gross_profit"].to_numpy(),
            "costed": known["costed_u"].to_numpy() / UNIT,
            "segment": pd.Series(segment, dtype=object),
            "churn_weeks": 2.0 * table["period_days"].to_numpy() / DAYS_A_WEEK,
        }
    )


def _columns(book, policy, rules, predicted, current):
    """The columns of Standing this wing owns."""
    known = book.customers
    ordered, exited = (known["orders"] > 0).to_numpy(), known["exited"].to_numpy()
    basis = (predicted["method"] != ClvMethod.NONE.value).to_numpy()
    risk = np.where(basis, predicted["p_no_purchase"], np.nan)
    value = np.where(basis, predicted["clv"], np.nan)
    warned = _warned(known, policy, risk, current, exited)
    stage, rule = _stage(known, current, ordered, exited)
    frame = {
        "stage": stage,
        "stage_rule": rule,
        "sub_state": np.where(exited, SubState.NONE.value, current["sub_state"].astype(object)),
        "pattern": _pattern(current, exited, rules),
        "stage_since": _since(known, current),
        "period_days": current["period_days"].to_numpy("f8"),
        "gap_days": np.where(ordered, current["gap"], np.nan),
        "recent_amount": np.where(ordered, current["recent"], np.nan),
        "before_amount": np.where(ordered, current["before"], np.nan),
        "trend_p": np.where(ordered, _trend(current), np.nan),
        "p_alive": np.where(basis, predicted["p_alive"], np.nan),
        "expected_purchases": np.where(basis, predicted["expected_purchases"], np.nan),
        "clv": value,
        "clv_method": predicted["method"].astype(object),
        "churn_risk": risk,
        "warned": warned,
        "value_at_risk": risk * np.maximum(value, 0.0),
    }
    return pd.DataFrame({name: np.asarray(values) for name, values in frame.items()}, index=known.index)


def _since(known, current):
    """The day from which the stage holds; the first order where nothing was ever bought, only returned."""
    since = current["since"].to_numpy()
    return np.where(since > 0, since, known["first_day"])


def _stage(known, current, ordered, exited):
    """The stage that holds: by the rules, except before the first order and after an approved exit.

    An exited customer with something open (a case, a receivable) is not terminated yet (text 001, L01): it declines.
    """
    stage = current["stage"].astype(object).to_numpy().copy()
    rule = current["rule"].astype(object).to_numpy().copy()
    returned_only = ordered & (stage == Stage.PROSPECT.value)
    stage[returned_only], rule[returned_only] = Stage.EXPLORATION.value, StageRule.YOUNG.value
    stage[~ordered], rule[~ordered] = Stage.PROSPECT.value, StageRule.NO_ORDER.value
    open_matters = (known[["cases_open", "receivable_open"]].fillna(0.0) > 0).any(axis=1).to_numpy()
    stage[exited] = np.where(open_matters[exited], Stage.DECLINE.value, Stage.TERMINATED.value)
    rule[exited] = StageRule.EXIT.value
    return stage, rule


def _pattern(current, exited, rules):
    """The exit pattern; for approved exits by the highest stage reached, whatever the purchases say."""
    pattern = current["pattern"].astype(object).to_numpy().copy()
    highest = current["highest"].astype(object).to_numpy()
    stable = current["stable_periods"].to_numpy("f8")
    after_stability = np.where(stable < rules.long_term_periods, Pattern.III.value, Pattern.IV.value)
    at_exit = pd.Series(highest).map(PATTERN_OF_HIGHEST).fillna("").to_numpy(dtype=object)
    at_exit = np.where(at_exit == "", after_stability, at_exit)
    return np.where(exited & (pattern == Pattern.OPEN.value), at_exit, pattern)


def _trend(current):
    """The smaller of both sides of the exact test of the counts, where the rules computed it."""
    sides = [current[name].to_numpy("f8") for name in ("p_fall", "p_rise") if name in current]
    return np.fmin.reduce(sides) if sides else np.full(len(current), np.nan)


def _warned(known, policy, risk, current, exited):
    """Active customers with the highest P(no purchase), so many that the policy's share is warned."""
    recent = known["days_since_order"].to_numpy("f8") <= 2.0 * current["period_days"].to_numpy("f8")
    eligible = recent & (known["purchase_days"].to_numpy() >= policy.alarm_min_purchases) & ~exited & ~np.isnan(risk)
    if not eligible.any():
        return np.zeros(len(known), dtype=bool)
    threshold = np.quantile(risk[eligible], 1.0 - policy.alarm_share, method="higher")
    return eligible & (risk >= threshold) & (risk > 0.0)


def _finite(columns):
    """No infinity may reach a table; missing is NaN and stays rare."""
    numbers = columns.select_dtypes("number").to_numpy("f8")
    bad = int(np.isinf(numbers).sum())
    return {"code": "lifecycle_is_finite", "ok": bad == 0, "value": bad, "limit": 0}


def _warnings(fits):
    """Fits that could not be used, by reason."""
    for fit in fits:
        if fit.reason:
            yield {"code": "fit_stepped_down", "kind": fit.kind, "segment": fit.segment, "reason": fit.reason}


def _card(fit):
    """One line of the model card as plain data."""
    return {
        "kind": fit.kind, "segment": fit.segment, "method": str(fit.method), "customers": int(fit.customers),
        "repeaters": int(fit.repeaters), "params": {name: float(value) for name, value in fit.params.items()},
        "log_likelihood": None if fit.log_likelihood is None else float(fit.log_likelihood),
        "converged": bool(fit.converged), "usable": bool(fit.usable), "reason": str(fit.reason),
    }  # fmt: skip
