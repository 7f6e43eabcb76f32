"""What the value models read from a book, the settings they work with, and what they remember of earlier nights."""

from datetime import date

import numpy as np
import pandas as pd

from customers.book import UNIT
from customers.copying import NO_DAY
from customers.numerics import history as behaviour
from lifecycle.models import LifecyclePolicy, ModelFit
from lifecycle.numerics import contracts
from lifecycle.numerics.economics import MONTH
from lifecycle.numerics.rungs import Settings

DAYS_A_WEEK = 7.0
COST_WEIGHT = 12.0  # months at the firm's mean cost that are added to every customer's own record


def policy_now():
    """The one lifecycle policy; its defaults where nobody has stored any."""
    return LifecyclePolicy.objects.filter(pk=1).first() or LifecyclePolicy(pk=1)


def settings_of(policy, book):
    """The policy's horizons and model as the ladder wants them, with what this night measures."""
    return Settings(
        use_mbg=policy.use_mbg,
        expected_months=policy.expected_months,
        clv_months=policy.clv_months,
        discount_rate=policy.discount_rate,
        infinite=policy.clv_infinite,
        contract_retention=retention(policy, book),
        gate_customers=policy.gate_customers,
        gate_repeaters=policy.gate_repeaters,
    )


def retention(policy, book):
    """Yearly retention of contract customers: as set, else the share of last year's customers that came back."""
    if policy.contract_retention is not None:
        return float(policy.contract_retention)
    before, now = ((book.customers[name] > 0).to_numpy() for name in ("days_prev", "days_12m"))
    return contracts.yearly_retention(float(before.sum()), float((before & now).sum()))


def starts(as_of):
    """(kind, segment) -> the last good parameters known on that day: where tonight's fits begin."""
    rows = ModelFit.objects.filter(usable=True, night__as_of__lte=as_of).exclude(params={})
    found = {}
    recent = rows.order_by("-night__as_of", "-id").values_list("kind", "segment", "params")
    for kind, segment, params in recent[:500]:
        found.setdefault((kind, segment), tuple(params.values()))
    return found


def summary(book, segment, period_days, policy):
    """What the models read, one row per customer (see ladder.predict)."""
    known, days = book.customers, book.days
    first = known["first_bought"].to_numpy()
    bought = first != NO_DAY
    as_of = book.as_of.toordinal()
    later = days.day > first[days.position]
    repeat = behaviour.totals(np.where(later, days.amount, 0).astype("i8"), days.starts(len(book))) / UNIT
    frequency = np.where(bought, known["purchase_days"].to_numpy() - 1, np.nan)
    age = np.where(bought, as_of - first, np.nan)
    return pd.DataFrame(
        {
            "frequency": frequency,
            "recency": np.where(bought, known["last_bought"].to_numpy() - first, np.nan) / DAYS_A_WEEK,
            "age": age / DAYS_A_WEEK,
            "monetary": np.divide(repeat, frequency, out=np.zeros(len(book)), where=frequency > 0),
            "sales": known["amount"].to_numpy(),
            "profit": known["gross_profit"].to_numpy(),
            "costed": known["costed_u"].to_numpy() / UNIT,
            "segment": pd.Series(segment, dtype=object),
            "churn_weeks": 2.0 * period_days / DAYS_A_WEEK,
            "cost_a_month": keeping_cost(book, policy, age / MONTH),
            **_contracts(known),
        }
    )


def keeping_cost(book, policy, months):
    """Cost of keeping each customer, a month (text 001, L21): by the policy a fixed one, the recorded one, or none.

    The recorded service cost is spread over the months as customer and shrunk to the firm's mean. Where none is
    recorded the firm's yearly total is shared equally, if its profile says so (text 003, A06).
    """
    none = np.zeros(len(book))
    if policy.keeping_cost == "NONE":
        return none
    if policy.keeping_cost == "FIXED":
        return none + float(policy.keeping_cost_year or 0) / 12.0
    customer = np.isfinite(months)
    if "service" not in book.kinds:
        shared = book.firm.get("service_cost_total", 0.0) if book.firm.get("allocate_service_cost") else 0.0
        return none + shared / max(int(customer.sum()), 1) / 12.0
    spent = np.where(customer, book.customers["service_cost"].to_numpy("f8"), 0.0)
    lived = np.where(customer, np.maximum(months, 1.0), 0.0)
    mean = spent.sum() / max(lived.sum(), 1.0)
    return (spent + mean * COST_WEIGHT) / (lived + COST_WEIGHT)


def _contracts(known):
    """Months that a contract which pays every period still runs, and what it pays a month."""
    left = known["subscription_days_left"].to_numpy("f8")
    paid = known["subscription_month"].to_numpy("f8")
    usual = known["amount_12m"].to_numpy("f8") / 12.0
    return {
        "contract_months": np.where(np.isfinite(left), np.maximum(np.ceil(left / MONTH), 0.0), np.nan),
        "contract_amount": np.where(np.isfinite(paid), paid, usual),
    }


def window(book):
    """First and last purchase day that the fits saw."""
    days = book.days.day[book.days.bought]
    return (date.fromordinal(int(days.min())), date.fromordinal(int(days.max()))) if days.size else (None, None)


def factors(book, policy, settings, columns, summary):
    """The five factors of lifetime value (text 001, L21) as this night had them, for the whole firm."""
    customers = np.isfinite(columns["life_months"].to_numpy("f8"))
    cost = summary["cost_a_month"].to_numpy()[customers]
    return {
        "life_months": _mean(columns["life_months"]),
        "customers": int(customers.sum()),
        "p_alive": _mean(columns["p_alive"]),
        "retention": float(settings.contract_retention),
        "discount_rate": float(policy.discount_rate),
        "horizon": None if settings.infinite else int(settings.clv_months),
        "cost": float(cost.mean()) * 12.0 if cost.size else 0.0,
        "cost_by": "SHARED"
        if policy.keeping_cost == "RECORDED" and "service" not in book.kinds
        else policy.keeping_cost,
        "purchase_value": _purchase_value(book, columns),
        "margin_known": "costed" in book.kinds,
    }


def _purchase_value(book, columns):
    """Margin of the last twelve months of a customer that bought in them, on average (for word of mouth)."""
    sold = book.customers["amount_12m"].to_numpy("f8")
    won = pd.Series((sold * columns["margin_rate"].to_numpy("f8"))[sold > 0])
    return _mean(won)


def _mean(column):
    mean = column.mean()
    return None if np.isnan(mean) else float(mean)
