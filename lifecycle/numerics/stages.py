"""A customer's way through the stages: monthly evaluations since the first purchase, hysteresis, pattern, sub-state.

The way is rebuilt from the purchase days on every night, so it depends on them and on as_of only, never on how many
nights were run. Everybody starts in EXPLORATION on the day of the first purchase. At each month's end the rules of
`stage_rules` speak; a new stage takes effect when two month ends in a row say the same, except that silence and
strong signals take effect on the very day on which they begin to hold. An as_of within a month can only add such a
day. Who is in the red does not leave EXPLORATION (the break-even gate of text 001, L13).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from customers.numerics.blocks import in_threads, runs
from customers.vocabulary import Pattern, Stage, StageRule, SubState
from lifecycle.numerics.marks import Marks
from lifecycle.numerics.stage_calendar import rules_by_month
from lifecycle.numerics.stage_measures import (
    DEFAULTS,
    History,
    Measures,
    Silence,
    StageSettings,
    Windows,
    history,
    period_days,
    periods,
    shrunk_gap,
)
from lifecycle.numerics.stage_rules import (
    RULES,
    STAGE_OF_RULE,
    STAGES,
    YOUNG,
    evaluate,
    features_at,
    rule_code,
    stage_code,
)

__all__ = [
    "History",
    "Path",
    "Silence",
    "StageSettings",
    "Windows",
    "evaluate",
    "features_at",
    "history",
    "month_ends",
    "path",
    "period_days",
    "periods",
    "shrunk_gap",
]

CELLS = 250_000  # customers x months held at once
PATTERNS = [pattern.value for pattern in Pattern]
SUB_STATES = [state.value for state in SubState]
EXPLORATION, FORMATION, STABLE, DECLINE = (
    stage_code(stage) for stage in (Stage.EXPLORATION, Stage.FORMATION, Stage.STABLE, Stage.DECLINE)
)
SPENT = {stage_code(Stage(code)): f"{code.lower()}_days" for code in ("EXPLORATION", "FORMATION", "STABLE", "DECLINE")}


@dataclass(frozen=True)
class Path:
    """`current`: one row per customer; `changes`: one row per change of stage, sorted by position and date.

    current: stage, rule (HELD where hysteresis keeps an earlier stage), raw_stage and raw_rule of today's rules alone,
    since (ordinal from which the stage holds), stable_periods (time spent in STABLE over the whole life), highest
    (stage reached outside decline), decline_periods, pattern (OPEN unless decline has lasted two periods), sub_state,
    exploration_days to decline_days (spent in each stage so far), and the measures of `features_at`.
    changes: position, as_of (ordinal), before, after, rule.
    """

    current: pd.DataFrame
    changes: pd.DataFrame


def month_ends(first: int, as_of: int) -> np.ndarray:
    """Ordinals of the month ends from the month of `first` up to as_of, and as_of itself at the end."""
    found, day = [], date.fromordinal(first)
    while True:
        day = date(day.year + day.month // 12, day.month % 12 + 1, 1)  # the first of the next month
        if day.toordinal() - 1 >= as_of:
            return np.array([*found, as_of], dtype=np.int64)
        found.append(day.toordinal() - 1)


def path(
    data: History,
    table: pd.DataFrame,
    as_of: int,
    p0: Silence,
    settings: StageSettings = DEFAULTS,
    marks: Marks | None = None,
) -> Path:
    """Every customer's way up to `as_of` (ordinal; rows after it are not looked at).

    `table` has segment_gap and period_days per customer, `p0(position, frequency, recency, age, weeks)` the
    probability of no purchase (weeks), `marks` what is known beside time and volume. Working memory is bounded
    whatever the number of customers and months.
    """
    marks = marks or Marks()
    features = features_at(data, table, as_of, p0, settings)
    verdict = evaluate(features, settings)
    bought = data.first[data.first <= as_of]
    dates = month_ends(int(bought.min()) if bought.size else as_of, as_of)

    def settle(begin, end):
        part = marks.slice(begin, end)
        return _settle(data.slice(begin, end), table.iloc[begin:end], dates, p0, begin, settings, part)

    settled = in_threads(lambda run: settle(*run), _chunks(len(data), dates.size))
    state = {name: np.concatenate([one[0][name] for one in settled]) for name in settled[0][0]} if settled else {}
    return Path(_current(verdict, state, data, as_of, settings), _changes([one[1] for one in settled]))


def _chunks(customers: int, months: int) -> Iterator[tuple[int, int]]:
    """Customers in runs small enough for the matrices of one run to stay small."""
    for rows in runs(customers, max(1, CELLS // months)):
        yield rows.start, rows.stop


def _settle(
    data: History,
    table: pd.DataFrame,
    dates: np.ndarray,
    p0: Silence,
    begin: int,
    settings: StageSettings,
    marks: Marks,
) -> tuple[Measures, tuple[np.ndarray, ...]]:
    """Stages of one run of customers after hysteresis: the state on the last date, and the log of changes."""
    rule, onset, red = rules_by_month(data, table, dates, p0, begin, settings, marks)
    way = _Way(data.first.astype(np.int64), int(dates[-1]))
    for month in range(dates.size):
        way.step(month, dates, rule[month], onset[month], red[month])
    return way.state(), way.log(begin)


class _Way:
    """The effective stage of many customers while the months go by."""

    def __init__(self, first: np.ndarray, as_of: int):
        self.as_of, self.first = as_of, first
        self.whole_month = date.fromordinal(as_of + 1).day == 1
        self.stage = np.full(first.size, EXPLORATION, dtype=np.int8)
        self.highest, self.spoken = self.stage.copy(), np.full(first.size, -1, dtype=np.int8)
        self.since, self.lapsed = first.copy(), np.zeros_like(first)
        self.spent = np.zeros((first.size, len(STAGES)), dtype=np.int32)  # days in each stage left behind
        self.rule = np.full(first.size, rule_code(StageRule.NO_ORDER), dtype=np.int8)
        born = np.flatnonzero(first <= as_of)
        self.entries = [
            (born, first[born], *(np.full(born.size, code, np.int8) for code in (0, EXPLORATION, YOUNG)))
        ]  # code 0 of the stages is PROSPECT

    def step(self, month: int, dates: np.ndarray, rule: np.ndarray, onset: np.ndarray, red: np.ndarray) -> None:
        """One evaluation: what the rules say alone, with the day on which a silence or signal began in `onset`, and
        who is in the `red`."""
        on, raw, quiet = self.first <= dates[month], STAGE_OF_RULE[rule], onset > 0
        if red.any():
            gated = red & (self.stage == EXPLORATION) & ((raw == FORMATION) | (raw == STABLE))
            rule = np.where(gated, rule_code(StageRule.NOT_PAID_BACK), rule).astype(np.int8)
            raw = STAGE_OF_RULE[rule]
        counts = self.whole_month or month < dates.size - 1
        agreed = raw == self.spoken if counts else np.zeros(raw.size, dtype=bool)
        moved = np.flatnonzero(on & (raw != self.stage) & (quiet | agreed))
        when = np.where(quiet[moved], onset[moved], dates[month])
        self._leave(moved, when)
        self.entries.append((moved, when, self.stage[moved], raw[moved], rule[moved]))
        self.stage[moved], self.since[moved] = raw[moved], when
        self.highest[moved] = np.maximum(self.highest[moved], np.where(raw[moved] == DECLINE, 0, raw[moved]))
        self.lapsed[on & (self.stage == DECLINE)] = dates[month]
        self.spoken, self.rule = np.where(on, raw, -1).astype(np.int8), rule

    def _leave(self, moved: np.ndarray, when: np.ndarray) -> None:
        self.spent[moved, self.stage[moved]] += (when - self.since[moved]).astype(np.int32)

    def state(self) -> Measures:
        """Stage, today's rule alone, since, highest stage, last evaluation in DECLINE (0: never), and the days spent
        in each stage so far."""
        born = np.flatnonzero(self.first <= self.as_of)
        spent = self.spent.copy()
        spent[born, self.stage[born]] += (self.as_of - self.since[born]).astype(np.int32)
        state = {"stage": self.stage, "rule": self.rule, "since": self.since, "highest": self.highest}
        return state | {"lapsed": self.lapsed} | {name: spent[:, code] for code, name in SPENT.items()}

    def log(self, begin: int) -> tuple[np.ndarray, ...]:
        """Position, date, before, after, rule of all changes, by position and date."""
        position, *rest = (np.concatenate(column) for column in zip(*self.entries, strict=True))
        order = np.lexsort((rest[0], position))
        return (position[order] + begin, *(column[order] for column in rest))


def _current(
    verdict: pd.DataFrame, state: Measures, data: History, as_of: int, settings: StageSettings
) -> pd.DataFrame:
    """Join what the rules say today with where hysteresis stands."""
    started = data.first <= as_of
    if not state:
        names = ("stage", "rule", "since", "highest", "lapsed", *SPENT.values())
        state = {name: np.zeros(0, dtype=np.int64) for name in names}
    raw_rule = np.where(started, state["rule"], rule_code(StageRule.NO_ORDER))
    raw, stage = STAGE_OF_RULE[raw_rule], np.where(started, state["stage"], 0)
    held = stage != raw
    p = np.maximum(verdict["period_days"].to_numpy(dtype=float), 1.0)
    declining = np.where(stage == DECLINE, as_of - state["since"], 0) / p
    stable = state["stable_days"] / p
    returned = started & (raw != DECLINE) & (state["lapsed"] >= as_of - settings.reactivated_periods * p)
    returned &= verdict["recency"].to_numpy() <= settings.reactivated_periods * p
    worse = (stage == DECLINE) & ~returned & _deteriorated(data, as_of, settings)
    ended = (stage == DECLINE) & ~held & (declining >= settings.lapse_periods)
    ended &= raw_rule != rule_code(StageRule.SIGNAL)  # a danger that is known, not yet a loss
    pattern = np.where(state["highest"] == STABLE, 2 + (stable >= settings.long_term_periods), state["highest"] - 1)
    pattern = np.where(ended, pattern, PATTERNS.index(Pattern.OPEN.value))
    sub_state = np.where(returned, SUB_STATES.index(SubState.REACTIVATED.value), 0)
    sub_state = np.where(worse, SUB_STATES.index(SubState.DETERIORATION.value), sub_state)
    front = pd.DataFrame(
        {
            "stage": pd.Categorical.from_codes(stage, STAGES),
            "rule": pd.Categorical.from_codes(np.where(held, rule_code(StageRule.HELD), raw_rule), RULES),
            "raw_stage": pd.Categorical.from_codes(raw, STAGES),
            "raw_rule": pd.Categorical.from_codes(raw_rule, RULES),
            "since": np.where(started, state["since"], 0),
            "stable_periods": np.where(started, stable, 0.0),
            "highest": pd.Categorical.from_codes(np.where(started, state["highest"], 0), STAGES),
            "decline_periods": declining,
            "pattern": pd.Categorical.from_codes(pattern, PATTERNS),
            "sub_state": pd.Categorical.from_codes(sub_state, SUB_STATES),
            **{name: np.where(started, state[name], 0) for name in SPENT.values()},
        }
    )
    return pd.concat([front, verdict.drop(columns=["stage", "rule"])], axis=1)


def _deteriorated(data: History, as_of: int, settings: StageSettings) -> np.ndarray:
    """Amount of the last twelve months at most 40 % of the twelve before (systems.md 5, V1 and V0)."""
    year, two_years = (_years_before(as_of, years) for years in (1, 2))
    recent = (data.day > year) & (data.day <= as_of)
    before = (data.day > two_years) & (data.day <= year)
    v1, v0 = (np.bincount(data.position[rows], data.amount[rows], len(data)) for rows in (recent, before))
    return (v0 > 0) & (v1 <= settings.deterioration_ratio * v0)


def _years_before(day: int, years: int) -> int:
    moment = date.fromordinal(day)
    try:
        return moment.replace(year=moment.year - years).toordinal()
    except ValueError:  # 29 February
        return moment.replace(year=moment.year - years, day=28).toordinal()


def _changes(logs: list[tuple[np.ndarray, ...]]) -> pd.DataFrame:
    empty = tuple(np.zeros(0, dtype=kind) for kind in (np.int64, np.int64, np.int8, np.int8, np.int8))
    position, day, before, after, rule = (np.concatenate(column) for column in zip(empty, *logs, strict=True))
    return pd.DataFrame(
        {
            "position": position.astype(np.int32),
            "as_of": day.astype(np.int32),
            "before": pd.Categorical.from_codes(before, STAGES),
            "after": pd.Categorical.from_codes(after, STAGES),
            "rule": pd.Categorical.from_codes(rule, RULES),
        }
    )
