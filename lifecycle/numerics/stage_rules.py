"""Chen's four stages by the rules of analytics 3.3, for any number of customers and dates at once.

DECLINE   SILENT       n >= 2, P(no purchase within 2p) >= .50 and silent for the shrunken gap
          SILENT_ONCE  n = 1, the same probability and silent for two segment gaps
          SHRINKING    n >= 3, R <= .60 B and significantly fewer purchase days (exact binomial C-test)
EXPLORATION YOUNG      n < 3 or less than 2 periods since the first purchase
FORMATION GROWING      R >= 1.25 B with significantly more purchase days
          MATURING     less than 6 periods or n < 5
STABLE    STEADY       everything else; no purchase yet: PROSPECT, NO_ORDER

The first that holds decides. The texts give no thresholds: these are ours and are called so on the screen.
The relational marks of systems.md 5 (`marks`) then speak: a strong signal is a DECLINE at once (SIGNAL), STEADY without
satisfaction or commitment is FORMATION (UNSATISFIED, UNCOMMITTED); who has not paid back stays in EXPLORATION
(NOT_PAID_BACK, see `stages`).
"""

from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy.special import bdtr, bdtrc

from customers.vocabulary import Stage, StageRule
from lifecycle.numerics import unique
from lifecycle.numerics.stage_measures import (
    BEFORE,
    DEFAULTS,
    RECENT,
    History,
    Measures,
    Silence,
    StageSettings,
    measure,
    needed_silence,
)

STAGES = [stage.value for stage in Stage]
RULES = [rule.value for rule in StageRule]
COUNTS = ("recent_count", "before_count", "exposure")  # what the exact test reads


def stage_code(stage: Stage) -> int:
    """Index of a stage in STAGES."""
    return STAGES.index(stage.value)


def rule_code(rule: StageRule) -> int:
    """Index of a rule in RULES."""
    return RULES.index(rule.value)


def features_at(
    data: History, table: pd.DataFrame, as_of: int, p0: Silence, settings: StageSettings = DEFAULTS
) -> pd.DataFrame:
    """What `evaluate` reads, for every customer on one date.

    The measures of `stage_measures.measure`, p0 = P(no purchase within 2p), fall_p and rise_p of the C-test (NaN where
    the windows cannot be compared). `table` has segment_gap and period_days per customer (see
    `stage_measures.periods`); `p0` is asked as p0(position, frequency, recency, age, weeks) -> array, in weeks.
    """
    frame = measure(data, table, as_of, settings)
    rows = np.flatnonzero(frame["n"] > 0)
    n, tenure, recency, p = (frame[name].to_numpy()[rows] for name in ("n", "tenure", "recency", "period_days"))
    probability = np.zeros(len(frame))
    probability[rows] = silence(p0, rows, n, tenure - recency, tenure, p)
    counts = [frame[name].to_numpy() for name in COUNTS]
    return frame.assign(p0=probability, fall_p=fall_p(*counts), rise_p=rise_p(*counts))


def evaluate(features: pd.DataFrame, settings: StageSettings = DEFAULTS) -> pd.DataFrame:
    """`stage` and `rule` (vocabulary codes) beside the features that decided, one row per customer."""
    measures = {name: column.to_numpy() for name, column in features.items()}
    n, tenure, p = measures["n"], measures["tenure"], measures["period_days"]
    rule = age_rule(n >= settings.young_purchases, n >= settings.mature_purchases, tenure, p, settings)
    rows = np.flatnonzero(n >= settings.young_purchases)
    rule[rows] = trend({name: column[rows] for name, column in measures.items()}, rule[rows], settings)
    span = tenure - measures["recency"]
    quiet = (n > 0) & (measures["recency"] >= needed_silence(n, span, measures["segment_gap"], settings))
    quiet &= measures["p0"] >= settings.decline_probability
    rule[quiet] = np.where(n[quiet] == 1, SILENT_ONCE, SILENT)
    rule[n == 0] = rule_code(StageRule.NO_ORDER)
    stage = STAGE_OF_RULE[rule]
    return features.assign(stage=pd.Categorical.from_codes(stage, STAGES), rule=pd.Categorical.from_codes(rule, RULES))


def silence(
    p0: Silence, position: np.ndarray, n: np.ndarray, span: np.ndarray, tenure: np.ndarray, p: np.ndarray
) -> np.ndarray:
    """P(no purchase within two periods) of customers with n purchase days over `span` days, `tenure` days ago first."""
    return p0(position, n - 1.0, span / 7.0, tenure / 7.0, 2.0 * p / 7.0)


def age_rule(
    some: np.ndarray, many: np.ndarray, tenure: np.ndarray, p: np.ndarray, settings: StageSettings
) -> np.ndarray:
    """YOUNG, MATURING or STEADY by tenure in days and by having `some` (3) and `many` (5) purchase days."""
    rule = np.full(np.shape(tenure), rule_code(StageRule.STEADY), dtype=np.int8)
    rule[~many | (tenure < settings.mature_periods * p)] = rule_code(StageRule.MATURING)
    rule[~some | (tenure < settings.young_periods * p)] = YOUNG
    return rule


def trend(measures: Measures, rule: np.ndarray, settings: StageSettings = DEFAULTS) -> np.ndarray:
    """The rules as they are, but SHRINKING or (unless YOUNG) GROWING where amounts and counts say so.

    For customers with at least three purchase days; the exact test is only made where the amounts point there.
    """
    recent, before, comparable = measures["recent"], measures["before"], measures["exposure"] >= 1.0
    rising = comparable & (recent > 0) & (recent >= settings.growth_ratio * before) & (rule != YOUNG)
    falling = comparable & (before > 0) & (recent <= settings.shrink_ratio * before)
    answer = rule.copy()
    for where, test, code in ((rising, rise_p, StageRule.GROWING), (falling, fall_p, StageRule.SHRINKING)):
        cells = np.flatnonzero(where)
        tested = test(*(measures[name][cells] for name in COUNTS))
        answer[cells[tested <= settings.test_level]] = rule_code(code)
    return answer


def fall_p(recent: np.ndarray, before: np.ndarray, exposure: np.ndarray) -> np.ndarray:
    """One-sided exact p value that purchase days became fewer (C-test): given the total of both windows, the recent
    count is binomial with the recent window's share of their length. NaN where the second is shorter than a period."""
    return _tested(bdtr, recent, before, exposure)


def rise_p(recent: np.ndarray, before: np.ndarray, exposure: np.ndarray) -> np.ndarray:
    """The same for more purchase days than before."""
    return _tested(_at_least, recent, before, exposure)


def _at_least(seen: np.ndarray, total: np.ndarray, share: np.ndarray | float) -> np.ndarray:
    return np.where(seen > 0, bdtrc(np.maximum(seen - 1.0, 0.0), total, share), 1.0)


def _tested(test: Callable, recent: np.ndarray, before: np.ndarray, exposure: np.ndarray) -> np.ndarray:
    """`test(seen, total, share)` of the counts; with both windows complete, as nearly all are, each pair of counts
    is asked once."""
    fair, seen, total, share = _binomial(recent, before, exposure)
    whole = np.flatnonzero(exposure == BEFORE)
    counts = unique.whole_pairs(total[whole], seen[whole])
    answer = np.empty(seen.size)
    answer[whole] = test(counts.second.astype(float), counts.first, RECENT / (RECENT + BEFORE))[counts.back]
    part = np.flatnonzero(exposure != BEFORE)
    answer[part] = test(seen[part], total[part], share[part])
    return np.where(fair, answer, np.nan)


def _binomial(recent: np.ndarray, before: np.ndarray, exposure: np.ndarray) -> tuple[np.ndarray, ...]:
    fair = exposure >= 1.0
    share = RECENT / (RECENT + np.where(fair, exposure, 1.0))
    total = np.where(fair, recent + before, 0).astype(np.int64)
    return fair, np.where(fair, recent, 0).astype(float), total, share


def _stages_of_rules() -> np.ndarray:
    stage = {
        StageRule.NO_ORDER: Stage.PROSPECT,
        StageRule.EXIT: Stage.TERMINATED,
        StageRule.SILENT: Stage.DECLINE,
        StageRule.SILENT_ONCE: Stage.DECLINE,
        StageRule.SHRINKING: Stage.DECLINE,
        StageRule.YOUNG: Stage.EXPLORATION,
        StageRule.GROWING: Stage.FORMATION,
        StageRule.MATURING: Stage.FORMATION,
        StageRule.STEADY: Stage.STABLE,
        StageRule.SIGNAL: Stage.DECLINE,
        StageRule.UNSATISFIED: Stage.FORMATION,
        StageRule.UNCOMMITTED: Stage.FORMATION,
        StageRule.NOT_PAID_BACK: Stage.EXPLORATION,
    }
    return np.array([stage_code(stage.get(rule, Stage.PROSPECT)) for rule in StageRule], dtype=np.int8)


STAGE_OF_RULE = _stages_of_rules()
YOUNG, SILENT, SILENT_ONCE = (rule_code(rule) for rule in (StageRule.YOUNG, StageRule.SILENT, StageRule.SILENT_ONCE))
