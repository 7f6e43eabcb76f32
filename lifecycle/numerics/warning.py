"""The churn warning: P(no purchase) from the purchases, signals that they do not show on top, who is warned, for whom.

A signal multiplies the odds of a loss by a factor of the policy (a default of ours: the texts name the signals, not
their weight). Whether that helps is measured by the backtest, which decides the rule that ranks; see WarningRule.
"""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy.special import expit

from customers.vocabulary import Signal, WarningRule
from lifecycle.numerics.accuracy import EDGE, odds

SIGNALS = list(Signal)
FOUR_WEEKS = 28.0
HALF_YEAR = 182  # days; margins of the last half year are compared with those of the year before it
PROBABILITIES = (WarningRule.SIGNALS.value, WarningRule.MODEL.value)


@dataclass(frozen=True)
class WarningSettings:
    """The policy as plain data: `factors` by Signal code (odds of a loss), and when a signal speaks."""

    share: float = 0.05
    fewest_purchases: int = 3
    budget: int = 10  # warnings shown per person at a time; 0 = no limit
    shrink_ratio: float = 0.60
    test_level: float = 0.10
    silence_gaps: float = 2.0
    margin_points: float = 0.05
    satisfaction_points: float = 1.0
    factors: dict[str, float] = field(default_factory=lambda: dict.fromkeys((s.value for s in Signal), 1.5))


def spoken(known: pd.DataFrame, features: pd.DataFrame, settings: WarningSettings) -> pd.DataFrame:
    """One boolean column per Signal, in the order of the vocabulary.

    known: the book's customers (facts); features: `stages.features_at` of the same date and order. A fact that is not
    known does not speak.
    """
    n, recent, before = (features[name].to_numpy("f8") for name in ("n", "recent", "before"))
    fell = (n >= 3) & (before > 0) & (recent <= settings.shrink_ratio * before)
    said = {
        Signal.VOLUME: fell & (features["fall_p"].to_numpy("f8") <= settings.test_level),
        Signal.SILENCE: (n >= 2) & (features["recency"] >= settings.silence_gaps * features["gap"]).to_numpy(),
        Signal.MARGIN: _fact(known, "margin_before") - _fact(known, "margin_lately") >= settings.margin_points,
        Signal.COMPLAINT: _fact(known, "complaints_unanswered") > 0,
        Signal.BUYER: _fact(known, "buyer_changed_90d") > 0,
        Signal.COMPETITOR: _fact(known, "competitor_180d") > 0,
        Signal.SATISFACTION: _fact(known, "satisfaction_before") - _fact(known, "satisfaction")
        >= settings.satisfaction_points,
    }
    return pd.DataFrame({signal.value: np.asarray(said[signal]) for signal in SIGNALS})


def _fact(known: pd.DataFrame, name: str) -> np.ndarray:
    return known[name].to_numpy("f8") if name in known else np.full(len(known), np.nan)


def margins(profit: np.ndarray, costed: np.ndarray, day: np.ndarray, position: np.ndarray, size: int, as_of: int):
    """Margin rate of the last half year, and of the year before it; NaN where nothing with a known cost was sold."""
    lately = day > as_of - HALF_YEAR
    before = (day > as_of - 3 * HALF_YEAR) & ~lately
    rates = []
    for rows in (lately, before):
        gained, sold = (np.bincount(position[rows], values[rows].astype("f8"), size) for values in (profit, costed))
        rates.append(np.divide(gained, sold, out=np.full(size, np.nan), where=sold > 0))
    return rates


def mask(signals: pd.DataFrame) -> np.ndarray:
    """The signals of each customer as bits of one integer: bit k is the k-th member of Signal."""
    return (signals.to_numpy() * (1 << np.arange(len(SIGNALS)))).sum(axis=1).astype("i8")


def speaking(bits: int) -> list[Signal]:
    """The signals behind a mask."""
    return [signal for place, signal in enumerate(SIGNALS) if bits >> place & 1]


def scores(
    p0: np.ndarray, signals: pd.DataFrame, recency: np.ndarray, lately: np.ndarray, settings: WarningSettings
) -> dict[str, np.ndarray]:
    """What each rule ranks by, highest first: two probabilities, and the two baselines.

    p0: P(no purchase within the horizon); recency: days since the last purchase; lately: purchase days within a horizon
    before the date.
    """
    weight = np.array([np.log(max(settings.factors.get(signal.value, 1.0), EDGE)) for signal in SIGNALS])
    raised = odds(p0) + signals.to_numpy("f8") @ weight
    return {
        WarningRule.SIGNALS.value: np.where(signals.to_numpy().any(axis=1), expit(raised), p0),
        WarningRule.MODEL.value: p0,
        WarningRule.REPEAT.value: -np.asarray(lately, dtype=float),
        WarningRule.RECENCY.value: np.asarray(recency, dtype=float),
    }


def scale(rule: str, score: np.ndarray) -> np.ndarray:
    """A rule's score on a scale that a logistic curve reads: log odds, weeks of silence, the logarithm of purchases.

    The odds of a loss rise with silence by the day; on the logarithm of days the curve would flatten just where the
    warnings are and tell less than came.
    """
    if rule in PROBABILITIES:
        return odds(score)
    if rule == WarningRule.RECENCY.value:
        return np.asarray(score, dtype=float) / FOUR_WEEKS
    return np.sign(score) * np.log1p(np.abs(score))


def choose(score: np.ndarray, eligible: np.ndarray, share: float, tie: np.ndarray) -> np.ndarray:
    """The eligible customers with the highest scores, ceil(share x n) of them; of equals the one with more at stake
    (`tie`), then the first by position. One who is eligible alone is not warned: there is nobody to stand out from."""
    rows = np.flatnonzero(eligible)
    chosen = np.zeros(score.size, dtype=bool)
    if rows.size > 1:
        order = np.lexsort((rows, -np.nan_to_num(tie[rows]), -score[rows]))
        chosen[rows[order[: int(np.ceil(share * rows.size - 1e-9))]]] = True
    return chosen


def within_budget(warned: np.ndarray, owner: np.ndarray, at_risk: np.ndarray, budget: int) -> np.ndarray:
    """Of the warned, those whom their owner is shown: the `budget` with most at risk, ties by position.

    Customers without an owner (NaN) share no budget: a lead hands them out.
    """
    if budget <= 0:
        return warned.copy()
    rows = np.flatnonzero(warned & ~np.isnan(owner))
    order = rows[np.lexsort((rows, -np.nan_to_num(at_risk[rows]), owner[rows]))]
    first = np.append(True, owner[order][1:] != owner[order][:-1])[: order.size]
    number = np.arange(order.size)
    place = number - np.maximum.accumulate(np.where(first, number, 0)) if order.size else number
    shown = warned & np.isnan(owner)
    shown[order[place < budget]] = True
    return shown
