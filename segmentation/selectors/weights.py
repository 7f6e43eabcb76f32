"""The weights as readers see them: one version, its dimensions, and whether the shown night used it."""

from dataclasses import dataclass

from customers.vocabulary import Dimension
from segmentation.models import Weight, WeightSet

PEOPLE = ("created_by", "checked_by", "approved_by", "published_by", "based_on", "tree")


@dataclass(frozen=True)
class DimensionWeights:
    """One dimension: its share of the total score, its Weights largest first, and their sum over active indicators."""

    code: str
    share: float
    weights: list
    total: float
    top: float


def published():
    """The published WeightSet, or None."""
    return WeightSet.objects.filter(status="PUBLISHED").select_related("created_by", "tree").first()


def worst_cr(weight_set):
    """The largest consistency ratio among the judgements that count in a version; None for direct weights."""
    experts = weight_set.evidence.get("experts", []) if weight_set else []
    found = [answer["cr"] for expert in experts for answer in expert["answers"] if answer["counted"]]
    return max(found, default=None)


def versions(limit=20):
    """The latest versions, newest first."""
    return list(WeightSet.objects.select_related("created_by").order_by("-id")[:limit])


def history(weight_set, limit=20):
    """What happened to a version, latest first: rows with history_date, history_user, status and reason; one row per
    status it came to."""
    rows = weight_set.history.select_related("history_user").order_by("-history_date", "-history_id")[: 5 * limit]
    steps = [row for row, earlier in zip(rows, [*rows[1:], None], strict=False) if _came_to(row, earlier)]
    return steps[:limit]


def _came_to(row, earlier):
    return earlier is None or row.status != earlier.status


def dimensions(weight_set):
    """The DimensionWeights of a version, current value first."""
    rows = list(Weight.objects.filter(weight_set=weight_set).select_related("indicator"))
    rows.sort(key=lambda row: (-row.value, row.indicator.position))
    return [_dimension(dimension, rows, float(weight_set.current_share)) for dimension in Dimension]


def _dimension(dimension, rows, share):
    own = [row for row in rows if row.indicator.dimension == dimension.value]
    return DimensionWeights(
        code=dimension.value,
        share=share if dimension is Dimension.CURRENT else 1 - share,
        weights=own,
        total=sum((row.value for row in own if row.indicator.active), start=0),
        top=float(max((row.value for row in own), default=0)),
    )
