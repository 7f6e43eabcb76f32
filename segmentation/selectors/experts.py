"""What experts said about a customer, and which indicators they may score."""

from dataclasses import dataclass

import numpy as np

from segmentation.models import ExpertScore, Indicator


@dataclass(frozen=True)
class Opinion:
    """The latest scores of everybody on one indicator; mean: what the night takes."""

    scores: list

    @property
    def mean(self):
        return sum(score.score for score in self.scores) / len(self.scores) if self.scores else None


def indicators():
    """The active indicators that experts may score, in order."""
    return list(Indicator.objects.filter(expert=True, active=True))


def opinions(customer):
    """indicator id -> Opinion: each scorer's latest score, newest first."""
    found = {}
    for score in ExpertScore.objects.filter(customer=customer).select_related("scorer"):
        latest = found.setdefault(score.indicator_id, {})
        latest.setdefault(score.scorer_id, score)
    return {indicator: Opinion(list(latest.values())) for indicator, latest in found.items()}


def own_scores(opinions, user):
    """indicator id -> the user's own latest ExpertScore."""
    return {
        indicator: score for indicator, opinion in opinions.items() for score in opinion.scores if score.scorer == user
    }


def counting(customer, night):
    """Code -> raw value that the shown night counts for this customer (with its standing); empty where it has none."""
    standing = getattr(customer, "standing", None)
    if not night or standing is None or standing.raw is None:
        return {}
    codes = (night.weights or {}).get("indicators", [])
    return {code: float(raw) for code, raw in zip(codes, standing.raw, strict=False) if not np.isnan(raw)}
