"""The identities that every explanation rests on, checked for every customer; each with the worst deviation found.

A check is {"code", "ok", "value", "limit", "checked"}: `value` may not exceed `limit`, or must equal it where both are
counts that belong together; `checked` says for how many customers.
"""

import numpy as np

from customers.numerics.blocks import runs
from customers.vocabulary import Dimension, Quadrant
from segmentation.numerics import change, pyramid, verdict

TOLERANCE = 1e-9
FEW = 64  # customers whose largest effects are looked up at once
BLOCK = 2048  # customers whose explanations fit into the processor's cache


def of_scores(judged, share):
    """Scores are the sums of their points, have mean 0, and make the total."""
    for dimension, code, score in (
        (Dimension.CURRENT, "current_score", judged.current),
        (Dimension.POTENTIAL, "potential_score", judged.potential),
    ):
        scored = ~np.isnan(score)
        gap = np.abs(np.nansum(judged.scores[dimension].points.to_numpy(), axis=1) - score)[scored]
        yield within(f"{code}_equals_points", gap.max(initial=0.0), scored.sum())
        yield within(f"{code}_mean_is_zero", abs(score[scored].mean()) if scored.any() else 0.0, scored.sum())
    parts = verdict.total_score(judged.current, judged.potential, share)
    scored = ~np.isnan(judged.total)
    gap = np.abs(parts - judged.total)[scored].max(initial=0.0) if scored.any() else 0.0
    same = bool((np.isnan(parts) == ~scored).all())
    yield within("total_score_equals_parts", gap if same else np.inf, scored.sum())


def of_levels(judged, rules):
    """Levels by the integer rule; where they are held, none is held farther than the rule allows."""
    ranked = int((judged.plain != "").sum())
    found = [int((judged.plain == code).sum()) for code in pyramid.CODES]
    expected = list(pyramid.sizes(ranked, rules.percentages))
    yield _told("levels_follow_the_integer_rule", found == expected, found, expected, ranked)
    if rules.hold:
        far, width = _held_too_far(judged, rules), pyramid.slack(ranked, rules.hold)
        yield _told("held_levels_are_near_their_line", far <= width, far, width, ranked)


def _held_too_far(judged, rules):
    """How many ranks beyond a line the farthest customer is that was held above or below it."""
    held = judged.level != judged.plain
    high, ordinary, _ = pyramid.sizes(int((judged.rank > 0).sum()), rules.percentages)
    rank = judged.rank[held]
    beyond = np.minimum(np.abs(rank - high), np.abs(rank - high - ordinary))
    return int(beyond.max(initial=0))


def of_quadrants(judged, population):
    """The four quadrants and UNSCORED part the population: each customer stands in the one its two scores say.

    The value counts the customers who do not: in none of the five, in one without both scores, on the wrong side of a
    line, or in a quadrant without being of the population.
    """
    cuts = judged.cuts
    both = ~(np.isnan(judged.current) | np.isnan(judged.potential))
    with np.errstate(invalid="ignore"):
        sides = [
            np.where(score >= cut - TOLERANCE * max(1.0, abs(cut)), "H", "L")
            for score, cut in ((judged.current, cuts.current), (judged.potential, cuts.potential))
        ]
    right = np.where(both, np.char.add(*(side.astype("U1") for side in sides)), Quadrant.UNSCORED.value)
    wrong = (right != judged.quadrant.astype("U16")) | (both & ~population)
    yield _told("quadrants_partition_the_population", not wrong.any(), int(wrong.sum()), 0, population.sum())


def change_equals_causes(old, new, centre, before, after):
    """For the customers of both Sides: the worst gap between the stored change of each score and the sum of its causes,
    and how many customers have it. before, after: scores by name (change.TOTAL, CURRENT, POTENTIAL), NaN = none. Gaps
    are relative to a customer's largest effect where that exceeds 1."""
    moved = {of: after[of] - before[of] for of in before}

    def measure(part):
        found = change.splits(old.rows(part), new.rows(part), centre)
        gaps, counts = zip(*(gap(told.effects, moved[of][part]) for of, told in found.items()), strict=True)
        return max(gaps), max(counts)

    found = [measure(part) for part in runs(len(old.raw), BLOCK)]
    return max((gap for gap, _ in found), default=0.0), sum(count for _, count in found)


def gap(effects, moved):
    """The worst gap between effects (causes, n, codes) and the change (n,), NaN = none, and how many have one. A gap is
    relative to its customer's largest effect where that exceeds 1: rounding grows with what was added up."""
    scored = ~np.isnan(moved)
    apart = np.abs(np.einsum("cnk->n", effects) - moved)
    if not np.isfinite(apart[scored]).all():
        return np.inf, int(scored.sum())
    apart[~scored] = 0.0
    worst = 0.0
    while (left := np.flatnonzero(apart > worst)).size:  # no size is below 1: few are asked for
        far = left[np.argsort(apart[left])[-FEW:]]
        size = np.abs(effects[:, far]).max(axis=(0, 2), initial=1.0)
        worst = max(worst, (apart[far] / size).max())
        apart[far] = 0.0
    return worst, int(scored.sum())


def within(code, deviation, checked):
    """The check that a deviation stays within the tolerance."""
    deviation = float(min(deviation, 1e300))  # infinity is no JSON
    return _told(code, deviation <= TOLERANCE, deviation, TOLERANCE, checked)


def _told(code, ok, value, limit, checked):
    return {"code": code, "ok": bool(ok), "value": value, "limit": limit, "checked": int(checked)}
