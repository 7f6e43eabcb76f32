"""What a trigger may ask about a customer: the fields with their kinds, and the few that are derived from others."""

from datetime import date, datetime
from itertools import pairwise

import numpy as np
import pandas as pd

from customers import vocabulary as v
from customers.book import UNIT
from customers.vocabulary_care import Cause

NUMBER, FLAG, CODE, TEXT, WORK = "number", "flag", "code", "text", "work"
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
    "loss_cause": Cause,
}
OFTEN = ("tier", "proposed_tier", "stage", "level", "sublevel", "quadrant")
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
    "complete", "contacts", "last_visit_days", "newest_category_days",
    # derived below
    "days_in_stage", "tenure_days", "gap_ratio", "amount_trend", "satisfaction_fall", "open_referrals", "margin_12m",
    "contact_overdue", "tier_gap",
]  # fmt: skip
FLAGS = ["warned", "contract_active", "buyer_changed_90d", "restricted", "exited", "uncared_order", "proposal_open"]
TEXTS = ["industry", "region"]
WORKS = ["done_before"]  # codes of templates of which a task was done for the customer; one column each
# Of these more is news: a task dismissed at two open cases may rise again at three.
GROWING = {
    "cases_open", "cases_overdue", "complaints_90d", "suggestions_due", "commitments_due", "commitments_broken",
    "overdue_count", "open_referrals", "referrals",
}  # fmt: skip

KINDS = (
    dict.fromkeys(CODES, CODE)
    | dict.fromkeys(NUMBERS, NUMBER)
    | dict.fromkeys(FLAGS, FLAG)
    | dict.fromkeys(TEXTS, TEXT)
    | dict.fromkeys(WORKS, WORK)
)
LADDER = [tier.value for tier in v.Tier]


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
        kept = np.arange(len(words))
        kept[empty] = -1
        codes = np.append(kept, -1)[found.codes]  # a code of -1 reads the last
        return pd.Categorical.from_codes(codes, categories=_distinct(words))
    return pd.Categorical.from_codes(found.codes, categories=_distinct(words))


def coded(frame):
    """The frame with the codes that every night asks for, most of them several times, as categories found once."""
    words = [name for name in OFTEN if name in frame and not isinstance(frame[name].dtype, pd.CategoricalDtype)]
    return frame.assign(**{name: pd.Categorical(frame[name]) for name in words})


def _distinct(words):
    """Categories must differ: repeated words (after str) get an invisible suffix."""
    seen, named = set(), []
    for word in words:
        while word in seen:
            word += "\u200b"
        seen.add(word)
        named.append(word)
    return named


def work_column(code):
    """The column that says for whom a task of this template was done."""
    return f"done:{code}"


def cadence_days(frame, cadences):
    """The days between contacts that the policy asks for: {(tier, level): days}; NaN where it asks for none."""
    tiers, levels = texts(frame, "tier"), texts(frame, "level")
    table = np.full((len(tiers.categories) + 1, len(levels.categories) + 1), np.nan)
    for row, tier in enumerate(tiers.categories):
        for column, level in enumerate(levels.categories):
            table[row, column] = cadences.get((tier, level)) or np.nan
    return table[tiers.codes, levels.codes]  # code -1 (unknown) reads the last row or column: NaN


def tier_gap(frame, targets):
    """How far the share of the next higher tier lies below its target (0 inside): where promotion would help.

    targets: {tier: (low, high)} as shares of one; shares are of all customers who are no strangers and have not left.
    """
    tiers = texts(frame, "tier")
    here = tiers.codes[(numbers(frame, "exited") != 1) & (tiers.codes >= 0)]
    count = dict(zip(tiers.categories, np.bincount(here, minlength=len(tiers.categories)).tolist(), strict=True))
    staying = sum(count.get(tier, 0) for tier in LADDER[1:])
    missing = {}
    for tier, following in pairwise(LADDER):
        low = targets.get(following, (0.0, 1.0))[0]
        missing[tier] = max(0.0, low - (count.get(following, 0) / staying if staying else 0.0))
    table = np.asarray([missing.get(tier, np.nan) for tier in tiers.categories] + [np.nan])
    return table[tiers.codes]  # a code of -1 (unknown) reads the last


def derive(frame, today, firm_size="", cadences=None, targets=None):
    """The frame with the derived fields added.

    today: ordinal of as_of. Adds days_in_stage and tenure_days (days), gap_ratio (days since the last order in own
    gaps), amount_trend (recent amount over the amount before), satisfaction_fall (points lost since the answer before),
    open_referrals (recommendations that have not become customers), margin_12m (share), uncared_order (a last order
    without care after it), proposal_open (another tier is proposed), firm_size (of the firm that uses the product),
    contact_overdue (days beyond the cadence of `cadences`, counted from the last contact or, without one, from the
    first order), tier_gap (of `targets`).
    """
    since = numbers(frame, "days_since_order")
    care = numbers(frame, "care_post_days")
    with np.errstate(divide="ignore", invalid="ignore"):
        gap, before, sold = (numbers(frame, name) for name in ("gap_days", "before_amount", "amount_12m"))
        ratio = np.where(gap > 0, since / gap, np.nan)
        trend = np.where(before > 0, numbers(frame, "recent_amount") / before, np.nan)
        margin = np.where(sold > 0, numbers(frame, "profit_12m") / sold, np.nan)
    tenure = today - ordinals(frame, "first_day")
    contact = numbers(frame, "last_contact_days")
    proposed, tier = texts(frame, "proposed_tier"), texts(frame, "tier")
    derived = pd.DataFrame(
        {
            "days_in_stage": today - ordinals(frame, "stage_since"),
            "tenure_days": tenure,
            "gap_ratio": ratio,
            "amount_trend": trend,
            "satisfaction_fall": numbers(frame, "satisfaction_before") - numbers(frame, "satisfaction"),
            "open_referrals": numbers(frame, "referrals") - numbers(frame, "referrals_converted"),
            "margin_12m": margin,
            "uncared_order": np.where(np.isnan(since), np.nan, np.isnan(care) | (care > since)),
            "contact_overdue": np.where(np.isnan(contact), tenure, contact) - cadence_days(frame, cadences or {}),
            "tier_gap": tier_gap(frame, targets or {}),
            "proposal_open": (proposed.codes >= 0) & (np.asarray(proposed, object) != np.asarray(tier, object)),
            "firm_size": pd.Categorical.from_codes(np.zeros(len(frame), "i1"), [str(firm_size or v.FirmSize.SMALL)]),
        },
        index=frame.index,
    )
    kept = frame.drop(columns=[name for name in derived.columns if name in frame.columns])
    return pd.concat([kept, derived], axis=1)
