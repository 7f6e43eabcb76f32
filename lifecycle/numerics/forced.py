"""What people decided about stages beats the rules: exits and overrides by hand, laid over the computed way."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from customers.vocabulary import Stage, StageRule
from lifecycle.numerics.stage_rules import RULES, STAGES

DAY_BITS = 22
EARLIEST, LATEST = 1, (1 << DAY_BITS) - 1


@dataclass(frozen=True)
class Forced:
    """Stretches of time in which a stage is given: `begin` up to, not including, `until` (ordinals). stage and rule are
    codes (indices of STAGES and RULES)."""

    position: np.ndarray
    begin: np.ndarray
    until: np.ndarray
    stage: np.ndarray
    rule: np.ndarray

    def __len__(self) -> int:
        return self.position.size


def exits(exited: np.ndarray, settled: np.ndarray) -> Forced:
    """Approved exits: in decline from the day of the exit, terminated from the day on which nothing is open any more.

    exited: ordinal of the exit, 0 without one; settled: ordinal from which nothing is open, LATEST where something is.
    """
    rows = np.flatnonzero(exited > 0)
    begin, end = exited[rows], np.maximum(settled[rows], exited[rows])
    position = np.concatenate([rows, rows])
    stage = np.repeat([STAGES.index(Stage.DECLINE.value), STAGES.index(Stage.TERMINATED.value)], rows.size)
    return cleaned(
        Forced(
            position,
            np.concatenate([begin, end]),
            np.concatenate([end, np.full(rows.size, LATEST)]),
            stage,
            np.full(position.size, RULES.index(StageRule.EXIT.value)),
        )
    )


def joined(overrides: Forced, exit_stretches: Forced) -> Forced:
    """Overrides up to an exit, then the exit. Within the overrides, the one that begins later ends the one before."""
    parts = [cleaned(overrides), exit_stretches]
    names = ("position", "begin", "until", "stage", "rule")
    columns = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
    last = np.full(parts[0].position.size + parts[1].position.size, LATEST, dtype=np.int64)
    if len(exit_stretches) and len(parts[0]):
        size = int(max(columns["position"].max(), 0)) + 1
        leaving = np.full(size, LATEST, dtype=np.int64)
        np.minimum.at(leaving, exit_stretches.position, exit_stretches.begin)
        own = np.arange(last.size) < len(parts[0])
        last = np.where(own, leaving[columns["position"]], LATEST)
    columns["until"] = np.minimum(columns["until"], last)
    return cleaned(Forced(**columns))


def cleaned(some: Forced) -> Forced:
    """Sorted by customer and day, without overlap and without empty stretches."""
    order = np.lexsort((np.arange(len(some)), some.begin, some.position))
    position, begin, until, stage, rule = (
        np.asarray(column)[order] for column in (some.position, some.begin, some.until, some.stage, some.rule)
    )
    if position.size:
        following = np.append(np.where(position[1:] == position[:-1], begin[1:], LATEST), LATEST)
        until = np.minimum(until, following)
    rows = np.flatnonzero(until > begin)
    return Forced(*(column[rows].astype(np.int64) for column in (position, begin, until, stage, rule)))


def holding(forced: Forced, as_of: int) -> Forced:
    """The stretches that hold on a day: at most one a customer."""
    rows = np.flatnonzero((forced.begin <= as_of) & (forced.until > as_of))
    return Forced(*(getattr(forced, name)[rows] for name in ("position", "begin", "until", "stage", "rule")))


def lay_over(changes: pd.DataFrame, forced: Forced, as_of: int) -> pd.DataFrame:
    """The changes of stage with the forced stretches in them: what the rules said meanwhile is left out, and where a
    stretch ends the stage that the rules hold by then takes effect again."""
    begun = np.flatnonzero(forced.begin <= as_of)
    if not begun.size:
        return changes
    forced = Forced(*(getattr(forced, n)[begun] for n in ("position", "begin", "until", "stage", "rule")))
    position, day = (changes[name].to_numpy(dtype=np.int64) for name in ("position", "as_of"))
    after, rule = changes["after"].cat.codes.to_numpy(), changes["rule"].cat.codes.to_numpy()
    key, start = position << DAY_BITS | day, forced.position << DAY_BITS | forced.begin
    at = np.searchsorted(start, key, side="right") - 1
    row = np.maximum(at, 0)
    inside = (at >= 0) & (forced.position[row] == position) & (day < forced.until[row])
    ends = np.flatnonzero(forced.until <= as_of)
    back = np.searchsorted(key, forced.position[ends] << DAY_BITS | forced.until[ends], side="right") - 1
    known = (back >= 0) & (position[np.maximum(back, 0)] == forced.position[ends]) if key.size else ends < 0
    ends, back = ends[known], back[known]
    free = np.flatnonzero(~inside)
    columns = [
        np.concatenate([free_part, end_part, begin_part])
        for free_part, end_part, begin_part in (
            (position[free], forced.position[ends], forced.position),
            (day[free], forced.until[ends], forced.begin),
            (after[free], after[back] if ends.size else after[:0], forced.stage),
            (rule[free], rule[back] if ends.size else rule[:0], forced.rule),
        )
    ]
    return _changes(*columns)


def _changes(position: np.ndarray, day: np.ndarray, after: np.ndarray, rule: np.ndarray) -> pd.DataFrame:
    """Changes by customer and day: the last of a day counts, and a stage that does not change is no change."""
    order = np.lexsort((np.arange(position.size), day, position))
    position, day, after, rule = position[order], day[order], after[order], rule[order]
    last = np.append((position[1:] != position[:-1]) | (day[1:] != day[:-1]), True)
    position, day, after, rule = position[last], day[last], after[last], rule[last]
    same = np.concatenate([[False], position[1:] == position[:-1]])
    before = np.where(same, np.roll(after, 1), STAGES.index(Stage.PROSPECT.value))
    moved = before != after
    return pd.DataFrame(
        {
            "position": position[moved].astype(np.int32),
            "as_of": day[moved].astype(np.int32),
            "before": pd.Categorical.from_codes(before[moved], STAGES),
            "after": pd.Categorical.from_codes(after[moved], STAGES),
            "rule": pd.Categorical.from_codes(rule[moved], RULES),
        }
    )
