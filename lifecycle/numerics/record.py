"""The record: what each rule would have said at earlier dates (origins), against what came, beside its baselines.

One `Warnings` or `Purchases` per origin goes in; plain data (floats, lists) that a table can keep comes out. The rules
of a subject are judged on the same customers. Definitions of the figures are in `accuracy`.
"""

from dataclasses import asdict, dataclass
from math import isfinite

import numpy as np

from customers.vocabulary import WarningRule
from lifecycle.numerics import accuracy
from lifecycle.numerics.warning import PROBABILITIES, choose, scale

BASELINES = (WarningRule.REPEAT.value, WarningRule.RECENCY.value)
SIGNALS, MODEL = PROBABILITIES
SLICES = 50  # of the probability scale, in which warnings and losses are counted
LIKE = 40  # warnings that make up "warnings like this", where there are so many
FEWEST = 20  # lost and kept customers without which nobody is demoted


@dataclass(frozen=True)
class Warnings:
    """One origin, active customers only (last purchase within the horizon): arrays of one length.

    customer: any id; horizon and silence (since the last purchase): days; lost: nothing was bought within the horizon
    after the origin; eligible: might have been warned; stake: money, to part ties; scores: rule -> array.
    """

    origin: int
    customer: np.ndarray
    horizon: np.ndarray
    silence: np.ndarray
    lost: np.ndarray
    eligible: np.ndarray
    stake: np.ndarray
    scores: dict[str, np.ndarray]


@dataclass(frozen=True)
class Purchases:
    """One origin, everybody who had bought: actual outcome of the holdout and what each rule expected of it."""

    origin: int
    actual: np.ndarray
    expected: dict[str, np.ndarray]


def plain(number):
    """A float that JSON knows; None for what the data could not tell."""
    return float(number) if number is not None and isfinite(number) else None


def warnings(trials: list[Warnings], share: float) -> dict:
    """Judge every rule of the churn warning.

    rules: rule -> measures over all origins; origins: the same per origin; rule, probability, demoted, reason: what
    follows (see `verdict`); shift and slope: the curve from the ranking rule's score to the risk shown, its calibration
    and Brier score by the curves of the other origins; slices: warned and lost by risk, for `like`.
    """
    trials = [trial for trial in trials if trial.lost.size]
    if not trials:
        return {}
    names = list(trials[0].scores)
    warned = {name: [choose(t.scores[name], t.eligible, share, t.stake) for t in trials] for name in names}
    rules = {name: _warning_measures(trials, name, warned[name]) for name in names}
    follows = verdict(rules)
    used, lost = follows["rule"], _lost(trials)
    correct = _correction(trials, used)
    risk, experienced = correct(scale(used, _all(trials, used))), _experienced(trials, used)
    chosen = np.concatenate(warned[used])
    return {
        "horizon_days": float(np.median(np.concatenate([t.horizon for t in trials]))),
        "share": share,
        "rules": rules,
        "origins": [_one_origin(t, {name: warned[name][k] for name in names}) for k, t in enumerate(trials)],
        **follows,
        "shift": correct.shift,
        "slope": correct.slope,
        "calibration": _bins(experienced, lost),
        "brier_corrected": plain(accuracy.brier(experienced, lost)),
        "slices": _slices(risk[chosen], lost[chosen]),
    }


def _all(trials, name):
    return np.concatenate([trial.scores[name] for trial in trials])


def _lost(trials):
    return np.concatenate([trial.lost for trial in trials])


def _correction(trials, name):
    return accuracy.recalibrate(scale(name, _all(trials, name)), _lost(trials))


def _experienced(trials, name):
    """The risk at each origin by the curve of the other origins: nobody marks their own work (one origin must)."""
    if len(trials) == 1:
        return _correction(trials, name)(scale(name, trials[0].scores[name]))
    others = [[other for other in trials if other is not trial] for trial in trials]
    pairs = zip(trials, others, strict=True)
    return np.concatenate([_correction(rest, name)(scale(name, trial.scores[name])) for trial, rest in pairs])


def _bins(predicted, actual):
    return [asdict(found) for found in accuracy.calibration(predicted, actual.astype(float))]


def _warning_measures(trials, name, warned):
    """Over these origins: ranking of all active customers; precision, recall and lead time of those warned.

    by_lot: the lost among as many customers drawn by lot from those who might have been warned.
    """
    score, lost = _all(trials, name), _lost(trials)
    eligible, chosen = np.concatenate([t.eligible for t in trials]), np.concatenate(warned)
    hits, at_stake = int((chosen & lost).sum()), int((eligible & lost).sum())
    base = lost.mean()
    return {
        "customers": int(lost.size),
        "lost": int(lost.sum()),
        "auc": plain(accuracy.auc(score, lost)),
        "average_precision": plain(accuracy.average_precision(score, lost)),
        "top_decile_lift": plain(accuracy.top_lift(score, lost.astype(float))),
        "brier": plain(accuracy.brier(score, lost)) if name in PROBABILITIES else None,
        "brier_base_rate": plain(base * (1.0 - base)),
        "mean_probability": plain(score.mean()) if name in PROBABILITIES else None,
        "lost_share": plain(base),
        "eligible": int(eligible.sum()),
        "warned": int(chosen.sum()),
        "by_lot": plain(chosen.sum() * at_stake / eligible.sum()) if eligible.any() else None,
        "hits": hits,
        "missed": at_stake - hits,
        "precision": hits / int(chosen.sum()) if chosen.any() else None,
        "recall": hits / at_stake if at_stake else None,
        "lead_days": plain(_lead(trials, warned)),
    }


def _one_origin(trial, warned):
    rules = {name: _warning_measures([trial], name, [chosen]) for name, chosen in warned.items()}
    return {"origin": trial.origin, "rules": rules}


def _lead(trials, warned):
    """Median days from a customer's first rightful warning to the day the loss was plain (silent for a horizon)."""
    first = {}
    for trial, chosen in sorted(zip(trials, warned, strict=True), key=lambda pair: pair[0].origin):
        rows = np.flatnonzero(chosen & trial.lost)
        last = trial.origin - trial.silence[rows]
        left = trial.horizon[rows] - trial.silence[rows]
        for customer, day, days in zip(trial.customer[rows].tolist(), last.tolist(), left.tolist(), strict=True):
            first.setdefault((customer, day), days)
    return np.median(list(first.values())) if first else float("nan")


def verdict(rules: dict) -> dict:
    """Which rule may rank, which probability is shown, and why.

    A rule keeps its place only while both its AUC and its average precision are at least those of every simpler one:
    the signals against the model alone, the model against the baselines. A tie is kept. Too few lost or kept: nothing.
    """
    lost = rules[MODEL]["lost"]
    judged = lost >= FEWEST and rules[MODEL]["customers"] - lost >= FEWEST
    probability = SIGNALS if not judged or _as_good(rules[SIGNALS], rules[MODEL]) else MODEL
    better = [name for name in BASELINES if judged and not _as_good(rules[probability], rules[name])]
    best = max(better, key=lambda name: rules[name]["auc"], default=None)
    return {
        "rule": best or probability,
        "probability": probability,
        "demoted": best is not None,
        "signals_help": probability == SIGNALS,
        "judged": judged,
    }


def _as_good(one, other):
    return all((one[name] or 0.0) >= (other[name] or 0.0) for name in ("auc", "average_precision"))


def _slices(risk, lost):
    """Warnings, and losses among them, by slice of the scale of risks."""
    place = np.minimum((risk * SLICES).astype(int), SLICES - 1)
    return {
        "warned": np.bincount(place, minlength=SLICES).tolist(),
        "lost": np.bincount(place[lost], minlength=SLICES).tolist(),
    }


def like(slices: dict, risk: float, enough: int = LIKE) -> tuple[int, int]:
    """The warnings with a probability nearest to `risk`, about `enough` of them: how many, how many were lost."""
    warned, lost = np.asarray(slices["warned"]), np.asarray(slices["lost"])
    at = min(int(risk * warned.size), warned.size - 1)
    for reach in range(warned.size):
        part = slice(max(at - reach, 0), at + reach + 1)
        if warned[part].sum() >= enough:
            break
    return int(warned[part].sum()), int(lost[part].sum())


def by_silence(now: np.ndarray, then: np.ndarray, outcome: np.ndarray, groups: int = 10) -> np.ndarray:
    """The recency rule: a customer brings what customers with the same silence brought one period earlier.

    now, then: days since the last purchase at the origin and one period before (NaN: none yet); outcome: what the
    period between brought, on the scale of what is to be told. Customers are grouped by tenths of `then`; beyond its
    ends the outer groups speak. Where fewer than `groups` customers are known from before, everybody brings the mean.
    """
    known = np.isfinite(then)
    if known.sum() < groups:
        return np.full(now.size, outcome[np.isfinite(now)].mean() if np.isfinite(now).any() else 0.0)
    edges = np.unique(np.quantile(then[known], np.arange(1, groups) / groups, method="lower"))
    edges = edges[edges < then[known].max()]  # so that no group is empty
    place = np.searchsorted(edges, then[known], side="left")
    mean = np.bincount(place, outcome[known]) / np.bincount(place)
    return mean[np.searchsorted(edges, np.nan_to_num(now), side="left")]


def purchases(trials: list[Purchases], days: int) -> dict:
    """Judge expectations of purchases or money: measures per rule, per origin, and whether the model keeps its place.

    It does while its mean absolute error is not above that of a baseline. `calibration` is the model's, by tenth.
    """
    trials = [trial for trial in trials if trial.actual.size]
    if not trials or not any(trial.actual.any() for trial in trials):
        return {}
    actual = np.concatenate([trial.actual for trial in trials])
    expected = {name: np.concatenate([t.expected[name] for t in trials]) for name in trials[0].expected}
    rules = {name: _purchase_measures(values, actual) for name, values in expected.items()}
    beaten_by = [name for name in BASELINES if rules[MODEL]["mae"] > rules[name]["mae"]]
    best = min(beaten_by, key=lambda name: rules[name]["mae"], default=None)
    return {
        "horizon_days": days,
        "rules": rules,
        "origins": [
            {
                "origin": trial.origin,
                "rules": {name: _purchase_measures(trial.expected[name], trial.actual) for name in expected},
            }
            for trial in trials
        ],
        "rule": best or MODEL,
        "demoted": best is not None,
        "calibration": [asdict(found) for found in accuracy.calibration(expected[MODEL], actual)],
    }


def _purchase_measures(predicted, actual):
    return {
        "customers": int(actual.size),
        "mae": plain(accuracy.mean_absolute_error(predicted, actual)),
        "bias": plain(accuracy.bias(predicted, actual)),
        "rank_correlation": plain(accuracy.rank_correlation(predicted, actual)),
        "gini": plain(accuracy.gini(predicted, actual)),
        "top_decile_lift": plain(accuracy.top_lift(predicted, actual)),
        "expected": plain(predicted.mean()),
        "actual": plain(actual.mean()),
    }
