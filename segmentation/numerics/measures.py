"""What an indicator can be computed from: named measures of the book's customers, one function each."""

import numpy as np
import pandas as pd

from segmentation.numerics import rubric


def _ratio(part, whole):
    """part / whole, NaN where there is nothing to divide by."""
    part, whole = np.asarray(part, dtype="f8"), np.asarray(whole, dtype="f8")
    return np.divide(part, whole, out=np.full(len(part), np.nan), where=whole > 0)


def margin(known):
    """Gross profit over the amount of lines with a known cost, last 12 months."""
    return _ratio(known["profit_12m"], known["costed_12m_u"] / 10_000)


def relative_margin(known):
    """The customer's margin over the firm's own in the same window ([design]: text 003 leaves the rate undefined)."""
    sold, earned = known["costed_12m_u"].sum() / 10_000, known["profit_12m"].sum()
    firm = earned / sold if sold > 0 and earned > 0 else np.nan
    return margin(known) / firm


def overdue(known):
    """Payment level 1-5 from the worst delay and the number of delays."""
    return rubric.overdue(known["overdue_days"].to_numpy("f8"), known["overdue_count"].to_numpy("f8"))


def _steps(column, code):
    return lambda known: rubric.by_thresholds(known[column].to_numpy("f8"), rubric.THRESHOLDS[code])


MEASURES = {
    "gross_profit": lambda known: known["gross_profit"].to_numpy("f8"),
    "quantity": lambda known: known["quantity"].to_numpy("f8"),
    "amount": lambda known: known["amount"].to_numpy("f8"),
    "service_cost": lambda known: known["service_cost"].to_numpy("f8"),
    "gross_margin_12m": margin,
    "relative_margin_12m": relative_margin,
    "quantity_per_order_12m": lambda known: _ratio(known["quantity_12m"], known["orders_12m"]),
    "amount_per_order_12m": lambda known: _ratio(known["amount_12m"], known["orders_12m"]),
    "category_level": _steps("categories", "cross_buying"),
    "scale_level": lambda known: np.asarray(
        rubric.by_codes(known["scale"].astype(object), rubric.SCALES["business_scale"]), dtype="f8"
    ),
    "referral_level": _steps("referrals", "referral"),
    "contract_level": _steps("contract_years", "contract_length"),
    "overdue_level": overdue,
    "orders": lambda known: known["orders"].to_numpy("f8"),
    "satisfaction": lambda known: known["satisfaction"].to_numpy("f8"),
    "trust": lambda known: known["trust"].to_numpy("f8"),
    "commitment": lambda known: known["commitment"].to_numpy("f8"),
}


def raw_values(known, indicators, expert, population):
    """Raw values of every indicator, NaN where missing or outside the population.

    known: the book's customers. indicators: sequence of (code, measure or ""). expert: DataFrame of scores by code
    (may lack columns), aligned with known; an expert's word goes before the computed level. population: bool array.
    An unknown measure is missing for everyone.
    """
    columns = {}
    for code, measure in indicators:
        computed = MEASURES[measure](known) if measure in MEASURES else np.full(len(known), np.nan)
        given = expert[code].to_numpy("f8") if code in expert else np.full(len(known), np.nan)
        values = np.where(np.isnan(given), computed, given)
        columns[code] = np.where(population, values, np.nan)
    return pd.DataFrame(columns, index=known.index)
