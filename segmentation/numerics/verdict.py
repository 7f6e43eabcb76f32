"""What a weighting makes of a population: scores, ranks, levels and quadrants in one pass over the raw values.

The night, the shadow of a draft and the what-if page all ask this one function, so that they cannot disagree.
"""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from customers.vocabulary import Dimension
from segmentation.numerics import pyramid, quadrant, scoring

MEAN, MEDIAN, FIXED = "MEAN", "MEDIAN", "FIXED"
TOTAL, PROFIT, CONTRIBUTION = "total_score", "gross_profit", "contribution"


@dataclass(frozen=True)
class Weighting:
    """How much every indicator counts: `dimension`, `direction` (+1 or -1) and `weight` by code, in one order of codes.

    `current_share`: what current value counts in the total score, 0 to 1; potential value counts the rest.
    """

    dimension: dict
    direction: dict
    weight: dict
    current_share: float

    def of(self, dimension):
        """Return weights and directions by code of one Dimension."""
        own = [code for code in self.weight if self.dimension[code] == dimension.value]
        return {code: float(self.weight[code]) for code in own}, {code: self.direction[code] for code in own}


@dataclass(frozen=True)
class Rules:
    """How the population is cut. `metric` ranks the pyramid, `percentages` and `key_share` (whole) cut it.

    `hold`: percentage points of rank beyond a line before a customer crosses it (0 = none). `line`: where HIGH begins
    on the axes of the quadrants: MEAN, MEDIAN, or FIXED at the pair `fixed` (current, potential).
    """

    metric: str = TOTAL
    percentages: tuple = (20, 30, 50)
    key_share: int = 25
    hold: int = 0
    line: str = MEAN
    fixed: tuple = (0.0, 0.0)


@dataclass(frozen=True, eq=False)
class Facts:
    """What else decides, one value per customer: `gross_profit` and `code_rank` break ties of rank; `discredited` and
    `poor` mark low customers; `contribution` (None unless it ranks); `before`: level codes of the night before, ""
    where there is none (None unless levels are held)."""

    gross_profit: np.ndarray
    code_rank: np.ndarray
    discredited: np.ndarray
    poor: np.ndarray
    contribution: np.ndarray | None = None
    before: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class Judged:
    """`scores`: Dimension -> scoring.Scores. Arrays: `current`, `potential`, `total`, `metric` (NaN = not scored),
    `rank` (0 = none), `plain` (levels by the integer rule), `level` (after holding), `sublevel`, `quadrant`.
    `cuts`: quadrant.Cuts."""

    scores: dict = field(repr=False)
    current: np.ndarray
    potential: np.ndarray
    total: np.ndarray
    metric: np.ndarray
    rank: np.ndarray
    plain: np.ndarray
    level: np.ndarray
    sublevel: np.ndarray
    quadrant: np.ndarray
    cuts: quadrant.Cuts


def judge(raw, weighting, rules, facts, known=None):
    """Return the Judged of `raw` (DataFrame, customers x indicator codes, NaN = missing or outside the population).

    `known`: the Judged of the same raw values under other weights, which saves most of the work.
    """
    earlier = known.scores if known else {}
    scores = {dimension: _scored(raw, *weighting.of(dimension), earlier.get(dimension)) for dimension in Dimension}
    current = scores[Dimension.CURRENT].score.to_numpy()
    potential = scores[Dimension.POTENTIAL].score.to_numpy()
    total = total_score(current, potential, float(weighting.current_share))
    metric = _metric(total, rules.metric, facts)
    rank = pyramid.ranks(metric, facts.gross_profit, facts.code_rank)
    plain = pyramid.levels(rank, rules.percentages)
    held = rules.hold and facts.before is not None
    level = pyramid.held(rank, facts.before, rules.percentages, rules.hold) if held else plain
    cuts = lines(current, potential, rules)
    return Judged(
        scores=scores,
        current=current,
        potential=potential,
        total=total,
        metric=metric,
        rank=rank,
        plain=plain,
        level=level,
        sublevel=pyramid.sublevels(level, rank, rules.key_share, facts.discredited, facts.poor),
        quadrant=quadrant.assign(current, potential, cuts),
        cuts=cuts,
    )


def _scored(raw, weights, directions, known):
    """The Scores of one dimension; nobody is scored where no indicator of it has a positive weight."""
    if sum(weights.values()) > 0:
        return scoring.score(raw[list(weights)], weights, directions, known=known)
    return scoring.unscored(raw[list(weights)], weights, directions)


def total_score(current, potential, share):
    """Return the weighted sum of both scores; a customer with one of them is ranked by that one."""
    both = share * current + (1 - share) * potential
    return np.where(np.isnan(current), potential, np.where(np.isnan(potential), current, both))


def _metric(total, name, facts):
    if name == PROFIT:
        return np.where(np.isnan(total), np.nan, facts.gross_profit)
    if name == CONTRIBUTION and facts.contribution is not None:
        return np.where(np.isnan(total), np.nan, facts.contribution)
    return total


def lines(current, potential, rules):
    """Return the quadrant.Cuts that the rules ask for; NaN where nobody is scored."""
    if rules.line == FIXED:
        return quadrant.Cuts(*(float(at) for at in rules.fixed))
    if rules.line == MEDIAN:
        return quadrant.Cuts(_median(current), _median(potential))
    return quadrant.mean_cuts(current, potential)


def _median(values):
    scored = values[~np.isnan(values)]
    return float(np.median(scored)) if scored.size else float("nan")


def places(codes, names):
    """Return the place of each code among `names` as int64, -1 where it is none of them."""
    return pd.Index(names, dtype=object).get_indexer(np.asarray(codes, dtype=object)).astype(np.int64)


def transitions(before, after, codes):
    """Return the frame of counts, before x after, of the customers whose places (see `places`) are both known."""
    both = (before >= 0) & (after >= 0)
    counts = np.bincount(before[both] * len(codes) + after[both], minlength=len(codes) ** 2)
    return pd.DataFrame(counts.reshape(len(codes), -1), index=codes, columns=codes)
