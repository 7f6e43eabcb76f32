"""What a trigger may ask about a customer: the fields with their kinds, and the few that are derived from others."""

from datetime import date, datetime

import numpy as np
import pandas as pd

from customers import vocabulary as v
from customers.book import UNIT

NUMBER, FLAG, CODE, TEXT = "number", "flag", "code", "text"
MONEY = {"amount", "gross_profit", "amount_12m", "profit_12m"}  # whole ten-thousandths once the ground floor has spoken
UNKNOWN_MONEY = -(2**62)  # far below any amount: the sentinels of integer money columns lie under it
NO_DAY = np.iinfo(np.int32).min  # an integer column's way to say: no such day

CODES = {
    "tier": v.Tier,
    "proposed_tier": v.Tier,
    "role": v.Role,
    "stage": v.Stage,
    "sub_state": v.SubState,
    "stage_rule": v.StageRule,
    "pattern": v.Pattern,
    "level": v.Level,
    "sublevel": v.Sublevel,
    "quadrant": v.Quadrant,
    "kind": v.CustomerKind,
    "relationship": v.RelationshipKind,
    "scale": v.Scale,
    "firm_size": v.FirmSize,
}
NUMBERS = [
    # verdicts: scores (0 = mean), shares of one, money, purchases
    "current_score", "potential_score", "total_score", "p_alive", "expected_purchases", "clv", "churn_risk",
    "value_at_risk", "gap_days", "period_days",
    # behaviour
    "orders", "purchase_days", "amount", "gross_profit", "amount_12m", "profit_12m", "categories", "days_since_order",
    # answers 1-5, the latest and the one before
    "satisfaction", "trust", "commitment", "satisfaction_before",
    # what happens between us
    "cases_open", "cases_overdue", "complaints_90d", "suggestions_due", "last_contact_days", "interactions_12m",
    "inbound_12m", "care_post_days", "commitments_due", "commitments_broken", "referrals", "referrals_converted",
    # contracts and money owed
    "contract_days_left", "contract_years", "overdue_days", "overdue_count", "receivable_open",
    "complete",
    # derived below
    "days_in_stage", "tenure_days", "gap_ratio", "amount_trend", "satisfaction_fall", "open_referrals", "margin_12m",
]  # fmt: skip
FLAGS = ["warned", "contract_active", "buyer_changed_90d", "restricted", "exited", "uncared_order", "proposal_open"]
TEXTS = ["industry", "region"]

KINDS = (
    dict.fromkeys(CODES, CODE)
    | dict.fromkeys(NUMBERS, NUMBER)
    | dict.fromkeys(FLAGS, FLAG)
    | dict.fromkeys(TEXTS, TEXT)
)


def numbers(frame, name):
    """A column as floats, NaN = unknown (also for an absent column, NO_DAY, None and exact decimals)."""
    if name not in frame.columns:
        return np.full(len(frame), np.nan)
    values = frame[name]
    found = pd.to_numeric(values, errors="coerce").to_numpy(dtype="f8", na_value=np.nan)
    if name in MONEY and pd.api.types.is_integer_dtype(values):
        return np.where(found < UNKNOWN_MONEY, np.nan, found / UNIT)
    return np.where(found == NO_DAY, np.nan, found)


def ordinals(frame, name):
    """A column of days as proleptic ordinals, NaN = unknown; ordinals, dates and timestamps are understood."""
    if name not in frame.columns:
        return np.full(len(frame), np.nan)
    values = frame[name]
    if pd.api.types.is_numeric_dtype(values):
        return numbers(frame, name)
    if pd.api.types.is_datetime64_any_dtype(values) or _holds_dates(values):
        return (
            pd.to_datetime(values).map(lambda day: day.toordinal(), na_action="ignore").to_numpy("f8", na_value=np.nan)
        )
    return numbers(frame, name)


def _holds_dates(values):
    known = values.dropna()
    return len(known) > 0 and isinstance(known.iloc[0], date | datetime)


def texts(frame, name):
    """A column of codes or words as a categorical whose missing values ("", None, NaN) are -1."""
    if name not in frame.columns:
        return pd.Categorical([None] * len(frame))
    found = pd.Categorical(frame[name])
    words = [str(word) for word in found.categories]
    empty = [place for place, word in enumerate(words) if word in ("", "nan", "None")]
    if empty:
        codes = np.where(np.isin(found.codes, empty), -1, found.codes)
        return pd.Categorical.from_codes(codes, categories=_distinct(words))
    return pd.Categorical.from_codes(found.codes, categories=_distinct(words))


def _distinct(words):
    """Categories must differ: repeated words (after str) get an invisible suffix."""
    seen, named = set(), []
    for word in words:
        while word in seen:
            word += "\u200b"
        seen.add(word)
        named.append(word)
    return named


def derive(frame, today, firm_size=""):
    """The frame with the derived fields added.

    today: ordinal of as_of. Adds days_in_stage and tenure_days (days), gap_ratio (days since the last order in own
    gaps), amount_trend (recent amount over the amount before), satisfaction_fall (points lost since the answer before),
    open_referrals (recommendations that have not become customers), margin_12m (share), uncared_order (a last order
    without care after it), proposal_open (another tier is proposed), firm_size (of the firm that uses the product).
    """
    since = numbers(frame, "days_since_order")
    care = numbers(frame, "care_post_days")
    with np.errstate(divide="ignore", invalid="ignore"):
        gap, before, sold = (numbers(frame, name) for name in ("gap_days", "before_amount", "amount_12m"))
        ratio = np.where(gap > 0, since / gap, np.nan)
        trend = np.where(before > 0, numbers(frame, "recent_amount") / before, np.nan)
        margin = np.where(sold > 0, numbers(frame, "profit_12m") / sold, np.nan)
    proposed, tier = texts(frame, "proposed_tier"), texts(frame, "tier")
    derived = pd.DataFrame(
        {
            "days_in_stage": today - ordinals(frame, "stage_since"),
            "tenure_days": today - ordinals(frame, "first_day"),
            "gap_ratio": ratio,
            "amount_trend": trend,
            "satisfaction_fall": numbers(frame, "satisfaction_before") - numbers(frame, "satisfaction"),
            "open_referrals": numbers(frame, "referrals") - numbers(frame, "referrals_converted"),
            "margin_12m": margin,
            "uncared_order": np.where(np.isnan(since), np.nan, np.isnan(care) | (care > since)),
            "proposal_open": (proposed.codes >= 0) & (np.asarray(proposed, object) != np.asarray(tier, object)),
            "firm_size": pd.Categorical.from_codes(np.zeros(len(frame), "i1"), [str(firm_size or v.FirmSize.SMALL)]),
        },
        index=frame.index,
    )
    kept = frame.drop(columns=[name for name in derived.columns if name in frame.columns])
    return pd.concat([kept, derived], axis=1)
