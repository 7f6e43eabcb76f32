"""Segmentation's step of the night: scores that explain themselves, quadrant and pyramid level."""

from functools import partial

import numpy as np
import pandas as pd

from customers.book import FIRM_SHARE, Verdict
from customers.vocabulary import Dimension, Level, Quadrant, Sublevel
from segmentation import frames
from segmentation.models import Indicator, WeightSet
from segmentation.numerics import identities, measures, noise, pyramid, stability, verdict
from segmentation.selectors import judged as judged_by
from segmentation.selectors import policies, shadowing
from segmentation.selectors.identities import NightBefore

DRAWS, FEWEST_DRAWS = 1_000, 100  # of the weights, for the stability of every customer
DRAWN = 200_000_000  # draws times customers at most: 1,000 draws up to 200,000 customers, 200 at 1,000,000
SEED = 20_060_613
SAME = 1e-12  # scores nearer to each other than this are the same


class NoPublishedWeights(RuntimeError):
    """Nothing says how much the indicators count: the night fails with these words, and yesterday stays visible."""

    def __init__(self):
        super().__init__("No weight set is published: publish one in the administration, then run the night again.")


def assess(book):
    """Current, potential and total score, rank, level, sub-level, quadrant, and the vectors that explain them."""
    weight_set, indicators, weights = _published_weights()
    weighting = policies.weighting(indicators, weights, weight_set.current_share)
    ruled = policies.tonight(book.as_of)
    known = book.customers
    before = NightBefore(book.as_of, known["customer_id"].to_numpy(), book.begin)
    population = ((known["orders"] > 0) & ~known["exited"]).to_numpy()
    scored = policies.with_indicators(indicators, ruled, (shadows := shadowing.open_shadows()))
    raw = measures.raw_values(
        known,
        [(indicator.code, indicator.measure) for indicator in scored],
        _given(scored, book),
        population,
        thresholds={indicator.code: indicator.thresholds for indicator in scored if indicator.thresholds},
        lowest=[indicator.code for indicator in scored if indicator.missing == "LOWEST"],
    )
    raw, allocated = _allocated(raw, scored, book, population)
    facts = policies.facts(known, raw, ruled)
    judged = verdict.judge(raw, weighting, ruled.rules, facts)
    firm = _stability(judged, weighting, ruled.rules, weight_set)
    columns = _columns(known, judged, facts, firm)
    vectors = _vectors(raw, judged, indicators)
    told = _as_data(weight_set, indicators, weights, judged) | {"allocated": allocated} | ruled.as_data()
    return Verdict(
        columns=columns,
        vectors=vectors,
        checks=tuple(_checks(judged, ruled, population, told)),
        late_checks=(partial(before.checks, told, vectors, columns),),
        warnings=(*_warnings(raw, indicators, weights, population), *_flat(judged)),
        summary=_summary(columns, known, judged, ruled.rules) | {"draws": firm.draws},
        weights=told,
        on_publish=shadowing.on_publish(shadows, raw, ruled.rules, facts, judged, known),
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


def _given(indicators, book):
    """What people said: experts' mean levels, and values entered by hand where the indicator lives on them."""
    ids = book.customers["customer_id"].to_numpy()
    given = frames.read_expert_scores(book.as_of, ids)
    by_hand = {indicator.code for indicator in indicators if indicator.source == "MANUAL"}
    if not by_hand:
        return given
    entered = frames.read_manual_values(book.as_of, ids)
    kept = given.drop(columns=list(by_hand & set(given)))
    return pd.concat([kept, entered[[code for code in entered if code in by_hand]]], axis=1)


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


def draws_for(customers):
    """How many draws so many customers get."""
    return max(FEWEST_DRAWS, min(DRAWS, DRAWN // max(1, customers)))


def _stability(judged, weighting, rules, weight_set):
    """How firmly everybody stands when the judgements behind the weights move by half a step of their scale.

    Always the same seed: a customer's share moves when its figures or the weights do, not with the dice.
    """
    rng = np.random.default_rng(SEED)
    drawn = noise.around(weighting, rng, draws_for(judged.total.size), judged_by.shape_of(weight_set))
    return stability.stability(judged, weighting, rules, drawn)


def _columns(known, judged, facts, firm):
    nobody = np.full(len(known), np.nan)
    return pd.DataFrame(
        {
            "current_score": judged.current,
            "potential_score": judged.potential,
            "total_score": judged.total,
            "rank": np.where(judged.rank > 0, judged.rank, np.iinfo(np.int32).min),
            "level": judged.level,
            "sublevel": judged.sublevel,
            "quadrant": judged.quadrant,
            "contribution": nobody if facts.contribution is None else facts.contribution,
            "quadrant_stability": firm.quadrant,
            "top_stability": firm.top,
        },
        index=known.index,
    )


def _vectors(raw, judged, indicators):
    """Raw value, z and points of every indicator: arrays (customers, indicators)."""
    order = [indicator.code for indicator in indicators]
    z = pd.concat([judged.scores[dimension].z for dimension in Dimension], axis=1)[order]
    points = pd.concat([judged.scores[dimension].points for dimension in Dimension], axis=1)[order]
    return {"raw": raw[order].to_numpy(), "z": z.to_numpy(), "points": points.to_numpy()}


def _checks(judged, ruled, population, told):
    """The identities every explanation rests on, for every customer."""
    yield from identities.of_scores(judged, float(told["current_share"]))
    yield from identities.of_levels(judged, ruled.rules)
    yield from identities.of_quadrants(judged, population)


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


def _flat(judged):
    """A score that is the same for everybody: it tells nobody apart, and all stand on the upper side of its line."""
    for dimension, score in ((Dimension.CURRENT, judged.current), (Dimension.POTENTIAL, judged.potential)):
        known = score[~np.isnan(score)]
        if len(known) > 1 and np.ptp(known) < SAME:
            yield {"code": "score_flat", "dimension": dimension.value}


def _summary(columns, known, judged, rules):
    """Counts by quadrant and level, profit of each level, where the lines lie, and what the next level asks for."""
    profit = known["gross_profit"].to_numpy("f8")
    shares = pyramid.profit_shares(judged.level, profit)
    near = (judged.quadrant != Quadrant.UNSCORED.value) & (columns["quadrant_stability"].to_numpy() < FIRM_SHARE)
    return {
        "quadrants": columns["quadrant"].value_counts().to_dict(),
        "levels": {code: int(shares["count"][code]) for code in shares.index},
        "level_profit": {code: float(shares["profit"][code]) for code in shares.index},
        "thresholds": _thresholds(judged, rules),
        "cuts": [_plain(judged.cuts.current), _plain(judged.cuts.potential)],
        "fragile": int(near.sum()),
    }


def _thresholds(judged, rules):
    """The metric that a customer from below has to reach for KEY, HIGH and ORDINARY: that of the last one within."""
    ranked = int((judged.rank > 0).sum())
    high, ordinary, _ = pyramid.sizes(ranked, rules.percentages)
    width = pyramid.slack(ranked, rules.hold)
    key = int((judged.sublevel == Sublevel.KEY.value).sum())
    wanted = {Sublevel.KEY.value: key, Level.HIGH.value: high - width, Level.ORDINARY.value: high + ordinary - width}
    metric = np.full(ranked + 1, np.nan)
    metric[judged.rank[judged.rank > 0]] = judged.metric[judged.rank > 0]
    return {code: _plain(metric[max(0, place)]) for code, place in wanted.items()}


def _as_data(weight_set, indicators, weights, judged):
    """The weight version as plain data, so that a night explains itself when the tables have moved on."""
    moments = pd.concat([judged.scores[dimension].moments for dimension in Dimension])
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
