"""The policies of a night: how the population is cut, what ranks it, and what else about a customer decides."""

from dataclasses import dataclass, field

import numpy as np

from customers.models import Night
from customers.vocabulary import NightStatus
from segmentation import frames
from segmentation.models import ContributionItem, Indicator, PyramidPolicy, QuadrantPolicy
from segmentation.numerics import scoring, verdict


@dataclass(frozen=True)
class Ruled:
    """`rules`: verdict.Rules. `overdue_days`, `unprofitable`: what makes a low customer discredited or poor.
    `items`: Indicator -> weight of the contribution index, empty unless it ranks. `against`: id of the night whose
    levels are held, None where none is. `version`: of the thresholds."""

    rules: verdict.Rules
    overdue_days: int = 90
    unprofitable: bool = True
    items: dict = field(default_factory=dict)
    against: int | None = None
    version: int = 0

    def as_data(self):
        """What the night keeps, so that it explains itself when the tables have moved on."""
        rules = self.rules
        high, ordinary, low = rules.percentages
        return {
            "pyramid": {
                "metric": rules.metric, "high": high, "ordinary": ordinary, "low": low, "key_share": rules.key_share,
                "hold": rules.hold, "held_against": self.against, "overdue_days": self.overdue_days,
                "unprofitable": self.unprofitable,
                "items": {row.code: str(weight) for row, weight in self.items.items()},
            },
            "quadrant": {"line": rules.line, "fixed": list(rules.fixed), "version": self.version},
        }  # fmt: skip


def rules_of(night):
    """The verdict.Rules that a night kept."""
    told = night.weights or {}
    cut, lines = told.get("pyramid") or {}, told.get("quadrant") or {}
    usual = verdict.Rules()
    return verdict.Rules(
        metric=cut.get("metric", usual.metric),
        percentages=tuple(
            cut.get(name, share) for name, share in zip(("high", "ordinary", "low"), usual.percentages, strict=True)
        ),
        key_share=cut.get("key_share", usual.key_share),
        hold=cut.get("hold", 0),
        line=lines.get("line", usual.line),
        fixed=tuple(lines.get("fixed", usual.fixed)),
    )


def pyramid_policy():
    return PyramidPolicy.objects.filter(pk=1).first() or PyramidPolicy(pk=1)


def quadrant_policy():
    return QuadrantPolicy.objects.filter(pk=1).first() or QuadrantPolicy(pk=1)


def tonight(as_of):
    """The Ruled of a night of this date."""
    cut, lines = pyramid_policy(), quadrant_policy()
    items = ContributionItem.objects.select_related("indicator") if cut.metric == verdict.CONTRIBUTION else ()
    before = _night_before(as_of) if cut.hold else None
    return Ruled(
        rules=verdict.Rules(
            metric=cut.metric,
            percentages=(cut.high, cut.ordinary, cut.low),
            key_share=cut.key_share,
            hold=cut.hold,
            line=lines.line,
            fixed=(lines.current_at, lines.potential_at),
        ),
        overdue_days=cut.discredited_overdue_days,
        unprofitable=cut.poor_when_unprofitable,
        items={item.indicator: item.weight for item in items if item.weight > 0},
        against=before,
        version=lines.version,
    )


def _night_before(as_of):
    """The id of the latest complete night of an earlier date that still has its rows."""
    complete = [NightStatus.PUBLISHED.value, NightStatus.SUPERSEDED.value, NightStatus.COMPUTED.value]
    nights = Night.objects.filter(status__in=complete, as_of__lt=as_of, rows__gt=0)
    return nights.order_by("-as_of", "-id").values_list("pk", flat=True).first()


def weighting(indicators, weights, current_share):
    """The verdict.Weighting of these Indicators in order, and weights by code."""
    return verdict.Weighting(
        dimension={row.code: row.dimension for row in indicators},
        direction={row.code: row.direction for row in indicators},
        weight={row.code: float(weights[row.code]) for row in indicators},
        current_share=float(current_share),
    )


def with_indicators(indicators, ruled, shadows):
    """Every Indicator that a raw value is needed of tonight: the published, the shadows', the contribution index."""
    wanted = {row.pk: row for row in indicators}
    for row in [*ruled.items, *(row for shadow in shadows for row in shadow.indicators)]:
        wanted.setdefault(row.pk, row)
    return list(wanted.values())


def facts(known, raw, ruled):
    """The verdict.Facts of the book's customers."""
    profit = known["gross_profit"].to_numpy("f8")
    served = np.nan_to_num(profit) - np.nan_to_num(known["service_cost"].to_numpy("f8"))
    late = np.nan_to_num(known["overdue_days"].to_numpy("f8")) > ruled.overdue_days
    return verdict.Facts(
        gross_profit=profit,
        code_rank=known["code_rank"].to_numpy(),
        discredited=known["restricted"].to_numpy() | late,
        poor=(served < 0) & ruled.unprofitable,
        contribution=contribution(raw, ruled.items) if ruled.items else None,
        before=frames.read_levels(ruled.against, known["customer_id"].to_numpy()) if ruled.against else None,
    )


def contribution(raw, items):
    """The contribution index (P02, P05): z-scores of its items by their weights, missing ones left out."""
    weights = {row.code: float(weight) for row, weight in items.items()}
    directions = {row.code: row.direction for row in items}
    return scoring.score(raw[list(weights)], weights, directions).score.to_numpy()


def indicators_of(weights):
    """The Indicators of these codes, in order."""
    return list(Indicator.objects.filter(code__in=weights).order_by("position", "id"))
