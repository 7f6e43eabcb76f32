"""Segmentation's step of the night: scores that explain themselves, quadrant and pyramid level."""

import numpy as np
import pandas as pd

from customers.book import Verdict
from customers.vocabulary import Dimension, Level, Quadrant, Sublevel
from segmentation import frames
from segmentation.models import Indicator, PyramidPolicy, WeightSet
from segmentation.numerics import measures, pyramid, quadrant, scoring

TOLERANCE = 1e-9


class NoPublishedWeights(RuntimeError):
    """Nothing says how much the indicators count: the night fails with these words, and yesterday stays visible."""

    def __init__(self):
        super().__init__("No weight set is published: publish one in the administration, then run the night again.")


def assess(book):
    """Current, potential and total score, rank, level, sub-level, quadrant, and the vectors that explain them."""
    policy = PyramidPolicy.objects.filter(pk=1).first() or PyramidPolicy(pk=1)
    weight_set, indicators, weights = _published_weights()
    known = book.customers
    population = ((known["orders"] > 0) & ~known["exited"]).to_numpy()
    raw = measures.raw_values(
        known,
        [(indicator.code, indicator.measure) for indicator in indicators],
        frames.read_expert_scores(book.as_of, known["customer_id"].to_numpy()),
        population,
    )
    raw, allocated = _allocated(raw, indicators, book, population)
    scores = {dimension: _score(raw, indicators, weights, dimension) for dimension in Dimension}
    columns = _columns(known, scores, policy, float(weight_set.current_share))
    vectors = _vectors(raw, scores, indicators)
    return Verdict(
        columns=columns,
        vectors=vectors,
        checks=tuple(_checks(columns, vectors, scores, policy, population)),
        warnings=tuple(_warnings(raw, indicators, weights, population)),
        summary=_summary(columns, known, policy),
        weights=_as_data(weight_set, indicators, weights, scores)
        | {"allocated": allocated, "pyramid": _policy_as_data(policy)},
    )


def _published_weights():
    """The published weight set, its indicators in order, and local weights by code."""
    weight_set = WeightSet.objects.filter(status="PUBLISHED").first()
    if weight_set is None:
        raise NoPublishedWeights
    rows = weight_set.weights.select_related("indicator").filter(indicator__active=True)
    weights = {row.indicator.code: row.value for row in rows}
    indicators = list(Indicator.objects.filter(code__in=weights).order_by("position", "id"))
    return weight_set, indicators, weights


def _allocated(raw, indicators, book, population):
    """Service cost shared equally where the firm asked for it and keeps none by customer (text 003, A06).

    Returns the raw values and the codes of the indicators that were filled so.
    """
    total = book.firm["service_cost_total"]
    codes = [indicator.code for indicator in indicators if indicator.measure == "service_cost"]
    if not (codes and total and book.firm["allocate_service_cost"]) or "service" in book.kinds:
        return raw, []
    share = np.where(population, total / max(1, int(population.sum())), np.nan)
    empty = [code for code in codes if raw[code].isna().all()]
    return raw.assign(**dict.fromkeys(empty, share)), empty


def _score(raw, indicators, weights, dimension):
    """The Scores of one dimension; nobody is scored where no active indicator of it has a positive weight."""
    own = [indicator for indicator in indicators if indicator.dimension == dimension.value]
    given = {indicator.code: float(weights[indicator.code]) for indicator in own}
    directions = {indicator.code: indicator.direction for indicator in own}
    if sum(given.values()) > 0:
        return scoring.score(raw[list(given)], given, directions)
    return scoring.unscored(raw[list(given)], given, directions)


def total_score(current, potential, share):
    """The weighted sum of both scores; a customer with one of them is ranked by that one (weights renormalised)."""
    both = share * current + (1 - share) * potential
    return np.where(np.isnan(current), potential, np.where(np.isnan(potential), current, both))


def _columns(known, scores, policy, share):
    current = scores[Dimension.CURRENT].score.to_numpy()
    potential = scores[Dimension.POTENTIAL].score.to_numpy()
    total = total_score(current, potential, share)
    profit = known["gross_profit"].to_numpy("f8")
    metric = total if policy.metric == "total_score" else np.where(np.isnan(total), np.nan, profit)
    rank = pyramid.ranks(metric, profit, known["code_rank"].to_numpy())
    levels = pyramid.levels(rank, (policy.high, policy.ordinary, policy.low))
    served = np.nan_to_num(profit) - np.nan_to_num(known["service_cost"].to_numpy("f8"))
    poor = (served < 0) & policy.poor_when_unprofitable
    late = np.nan_to_num(known["overdue_days"].to_numpy("f8")) > policy.discredited_overdue_days
    discredited = known["restricted"].to_numpy() | late
    return pd.DataFrame(
        {
            "current_score": current,
            "potential_score": potential,
            "total_score": total,
            "rank": np.where(rank > 0, rank, np.iinfo(np.int32).min),
            "level": levels,
            "sublevel": pyramid.sublevels(levels, rank, policy.key_share, discredited, poor),
            "quadrant": quadrant.assign(current, potential),
        },
        index=known.index,
    )


def _vectors(raw, scores, indicators):
    """Raw value, z and points of every indicator: arrays (customers, indicators)."""
    order = [indicator.code for indicator in indicators]
    z = pd.concat([scores[dimension].z for dimension in Dimension], axis=1)[order]
    points = pd.concat([scores[dimension].points for dimension in Dimension], axis=1)[order]
    return {"raw": raw[order].to_numpy(), "z": z.to_numpy(), "points": points.to_numpy()}


def _checks(columns, vectors, scores, policy, population):
    """The identities every explanation rests on, each with the worst deviation found."""
    width = {dimension: scores[dimension].points.to_numpy() for dimension in Dimension}
    for dimension, field in ((Dimension.CURRENT, "current_score"), (Dimension.POTENTIAL, "potential_score")):
        score = columns[field].to_numpy()
        scored = ~np.isnan(score)
        gap = np.abs(np.nansum(width[dimension], axis=1) - score)[scored]
        yield _within(f"{field}_equals_points", gap.max(initial=0.0))
        yield _within(f"{field}_mean_is_zero", abs(score[scored].mean()) if scored.any() else 0.0)
    ranked = int((columns["level"] != "").sum())
    found = [int((columns["level"] == code).sum()) for code in pyramid.CODES]
    expected = list(pyramid.sizes(ranked, (policy.high, policy.ordinary, policy.low)))
    yield {"code": "levels_follow_the_integer_rule", "ok": found == expected, "value": found, "limit": expected}
    outside = int(((columns["quadrant"] != Quadrant.UNSCORED.value) & ~population).sum())
    yield {"code": "quadrants_partition_the_population", "ok": outside == 0, "value": outside, "limit": 0}


def _within(code, deviation):
    return {"code": code, "ok": bool(deviation <= TOLERANCE), "value": float(deviation), "limit": TOLERANCE}


def _warnings(raw, indicators, weights, population):
    """What says nothing tonight: a dimension without weights, indicators missing for all or the same for all."""
    for dimension in Dimension:
        if not any(weights[row.code] > 0 for row in indicators if row.dimension == dimension.value):
            yield {"code": "dimension_without_weights", "dimension": dimension.value}
    for indicator in indicators:
        values = raw[indicator.code].to_numpy()[population]
        present = values[~np.isnan(values)]
        if indicator.measure and indicator.measure not in measures.MEASURES:
            yield {"code": "measure_unknown", "indicator": indicator.code, "measure": indicator.measure}
        elif not len(present) and population.any():
            yield {"code": "indicator_missing", "indicator": indicator.code}
        elif len(present) > 1 and np.ptp(present) == 0:
            yield {"code": "indicator_constant", "indicator": indicator.code}


def _summary(columns, known, policy):
    """Counts by quadrant and level, profit of each level, and what the last customer of a level has of the metric."""
    profit = known["gross_profit"].to_numpy("f8")
    shares = pyramid.profit_shares(columns["level"].to_numpy(), profit)
    metric = profit if policy.metric == "gross_profit" else columns["total_score"].to_numpy()
    return {
        "quadrants": columns["quadrant"].value_counts().to_dict(),
        "levels": {code: int(shares["count"][code]) for code in shares.index},
        "level_profit": {code: float(shares["profit"][code]) for code in shares.index},
        "thresholds": _thresholds(columns, metric),
    }


def _thresholds(columns, metric):
    """The metric of the last customer within KEY, HIGH and ORDINARY: what the next one below has to reach."""
    rank, found = columns["rank"].to_numpy(), {}
    groups = {
        Sublevel.KEY.value: columns["sublevel"].to_numpy() == Sublevel.KEY.value,
        Level.HIGH.value: columns["level"].to_numpy() == Level.HIGH.value,
        Level.ORDINARY.value: columns["level"].to_numpy() == Level.ORDINARY.value,
    }
    for code, members in groups.items():
        at = np.flatnonzero(members)
        last = metric[at[np.argmax(rank[at])]] if at.size else np.nan
        found[code] = _plain(last)
    return found


def _policy_as_data(policy):
    return {
        "metric": policy.metric,
        "high": policy.high,
        "ordinary": policy.ordinary,
        "low": policy.low,
        "key_share": policy.key_share,
    }


def _as_data(weight_set, indicators, weights, scores):
    """The weight version as plain data, so that a night explains itself when the tables have moved on."""
    moments = pd.concat([scores[dimension].moments for dimension in Dimension])
    order = [indicator.code for indicator in indicators]
    return {
        "version": weight_set.pk,
        "name": weight_set.name,
        "mode": weight_set.mode,
        "current_share": str(weight_set.current_share),
        "indicators": order,
        "dimension": {indicator.code: indicator.dimension for indicator in indicators},
        "direction": {indicator.code: indicator.direction for indicator in indicators},
        "weights": {code: str(weights[code]) for code in order},
        "mean": {code: _plain(moments.loc[code, "mean"]) for code in order},
        "sd": {code: _plain(moments.loc[code, "sd"]) for code in order},
    }


def _plain(value):
    return None if np.isnan(value) else float(value)
