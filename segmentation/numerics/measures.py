"""What an indicator can be computed from: named measures of the book's customers, one function each."""

import numpy as np
import pandas as pd

from segmentation.numerics import rubric


def _ratio(part, whole):
    """part / whole, NaN where there is nothing to divide by."""
    part, whole = np.asarray(part, dtype="f8"), np.asarray(whole, dtype="f8")
    return np.divide(part, whole, out=np.full(len(part), np.nan), where=whole > 0)


def _earned_and_sold(known, window):
    """Gross profit, and the amount of the lines whose cost is known: of the last 12 months or of all history."""
    profit, costed = ("profit_12m", "costed_12m_u") if window == "12m" else ("gross_profit", "costed_u")
    return known[profit], known[costed] / 10_000


def margin(known, window="12m"):
    """Gross profit over the amount of lines with a known cost."""
    return _ratio(*_earned_and_sold(known, window))


def relative_margin(known, window="12m"):
    """The customer's margin over the firm's own in the same window ([design]: text 003 leaves the rate undefined)."""
    profit, amount = _earned_and_sold(known, window)
    sold, earned = amount.sum(), profit.sum()
    firm = earned / sold if sold > 0 and earned > 0 else np.nan
    return margin(known, window) / firm


def overdue(known):
    """Payment level 1-5 from the worst delay and the number of delays."""
    return rubric.overdue(known["overdue_days"].to_numpy("f8"), known["overdue_count"].to_numpy("f8"))


def _steps(column, code):
    return lambda known: rubric.by_thresholds(known[column].to_numpy("f8"), rubric.THRESHOLDS[code])


def _column(name):
    return lambda known: known[name].to_numpy("f8") if name in known else np.full(len(known), np.nan)


MEASURES = {
    name: _column(name)
    for name in (
        *("gross_profit", "quantity", "amount", "service_cost", "amount_12m", "quantity_12m", "orders", "orders_12m"),
        *("purchase_days", "categories", "categories_12m", "referrals", "referrals_converted", "contract_years"),
        *("contract_days_left", "overdue_days", "overdue_count", "receivable_open", "days_since_order"),
        *("last_contact_days", "interactions_12m", "inbound_12m", "complaints_90d", "satisfaction", "trust"),
        *("commitment", "spending_capacity", "influence", "reach", "complete"),
        *("p_alive", "expected_purchases", "clv"),  # verdicts of the wings that have spoken before
    )
} | {
    "gross_profit_12m": _column("profit_12m"),
    "purchase_days_12m": _column("days_12m"),
    "amount_growth": lambda known: _ratio(known["amount_12m"], known["amount_prev"]),
    "unit_profit": lambda known: _ratio(known["gross_profit"], known["quantity"]),
    "share_of_customer": lambda known: _ratio(known["amount_12m"], known["category_demand"]),
    "unit_profit_12m": lambda known: _ratio(known["profit_12m"], known["quantity_12m"]),
    "gross_margin": lambda known: margin(known, "all"),
    "gross_margin_12m": margin,
    "relative_margin": lambda known: relative_margin(known, "all"),
    "relative_margin_12m": relative_margin,
    "quantity_per_order": lambda known: _ratio(known["quantity"], known["orders"]),
    "quantity_per_order_12m": lambda known: _ratio(known["quantity_12m"], known["orders_12m"]),
    "amount_per_order": lambda known: _ratio(known["amount"], known["orders"]),
    "amount_per_order_12m": lambda known: _ratio(known["amount_12m"], known["orders_12m"]),
    "category_level": _steps("categories", "cross_buying"),
    "category_level_12m": _steps("categories_12m", "cross_buying"),
    "scale_level": lambda known: np.asarray(
        rubric.by_codes(known["scale"].astype(object), rubric.SCALES["business_scale"]), dtype="f8"
    ),
    "referral_level": _steps("referrals", "referral"),
    "contract_level": _steps("contract_years", "contract_length"),
    "overdue_level": overdue,
}


def raw_values(known, indicators, expert, population, thresholds=None, lowest=()):
    """Raw values of every indicator, NaN where missing or outside the population.

    known: the book's customers. indicators: sequence of (code, measure or ""). expert: DataFrame of given values by
    code (may lack columns), aligned with known; an expert's word goes before the computed level. population: bool
    array. thresholds: code -> four rising numbers that turn the measure into a level 1 to 5. lowest: codes whose
    missing values count as level 1. An unknown measure is missing for everyone.
    """
    columns, thresholds = {}, thresholds or {}
    for code, measure in indicators:
        computed = MEASURES[measure](known) if measure in MEASURES else np.full(len(known), np.nan)
        if code in thresholds:
            computed = rubric.by_thresholds(computed, thresholds[code])
        given = expert[code].to_numpy("f8") if code in expert else np.full(len(known), np.nan)
        values = np.where(np.isnan(given), computed, given)
        if code in lowest:
            values = np.where(np.isnan(values), 1.0, values)
        columns[code] = np.where(population, values, np.nan)
    return pd.DataFrame(columns, index=known.index)
