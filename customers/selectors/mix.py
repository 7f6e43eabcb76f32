"""Moving the tier mix to its target: who to promote or leave by name, churn by tier, and promises kept."""

from dataclasses import dataclass
from datetime import timedelta
from math import ceil, floor

from django.db.models import Avg, Count, F, Q

from customers.models import Commitment
from customers.selectors.gates import way_up
from customers.selectors.listing import rows_of, scoped
from customers.selectors.tiers import evidence_of
from customers.vocabulary import FirmSize, Quadrant, Tier

FEW, LOOKED_AT = 8, 60  # named customers of a move; candidates whose proof is looked at
DECILE = 0.1  # of the potential value: the very few friends who may become partners (K15f)
YEAR = 365


def churn_by_tier(user, night):
    """Observed churn of a year by tier: of those who were buying a year ago, the share that has not bought since.

    Buying a year ago: the first order lies before, the last not more than a year before it. {tier: (share, base)}.
    """
    then = night.as_of - timedelta(days=YEAR)
    base = Q(standing__first_order__lte=then, standing__last_order__gt=then - timedelta(days=YEAR))
    rows = (
        scoped(user, night)
        .order_by()
        .values("tier")
        .annotate(base=Count("pk", filter=base), gone=Count("pk", filter=base & Q(standing__last_order__lte=then)))
    )
    return {row["tier"]: (row["gone"] / row["base"] if row["base"] else None, row["base"]) for row in rows}


@dataclass(frozen=True)
class Move:
    """A step towards the target mix: from a tier to a higher one, or out of attention (to is "")."""

    tier: str
    to: str
    wanted: int  # so many customers bring the share into its band; 0: the band holds
    rows: tuple  # of (customer, Way or None)


def moves(user, night, size, tiers):
    """The moves that bring the mix to its target, each with the customers it names. tiers: of portfolio.tier_mix."""
    if not night:
        return []
    trading = sum(row.count for row in tiers)
    by_tier = {row.tier: row for row in tiers}
    found = [_promotion(user, night, size, by_tier, trading, tier) for tier in (Tier.ACQUAINTANCE, Tier.FRIEND)]
    found.append(_leaving(user, night, by_tier[Tier.ACQUAINTANCE.value], trading))
    return [move for move in found if move.rows]


def _short(row, trading):
    """So many customers are missing for the lower bound of the band."""
    return max(0, ceil((row.low or 0) * trading) - row.count)


def _room(row, trading):
    """So many more customers the band still holds."""
    return max(0, floor((row.high if row.high is not None else 1) * trading) - row.count)


def _over(row, trading):
    return max(0, row.count - floor((row.high if row.high is not None else 1) * trading))


def _promotion(user, night, size, by_tier, trading, tier):
    """Acquaintances by profit above the mean (K17); of the friends only the top decile of potential (K15f)."""
    to = Tier.FRIEND if tier == Tier.ACQUAINTANCE else Tier.PARTNER
    rows = scoped(user, night).filter(tier=tier.value, restricted=False, exited_on=None)
    # Every condition on the standing in one call: each further one would join the night once more.
    earning = Q(standing__gross_profit__gt=0)
    mean = rows.filter(earning).aggregate(mean=Avg("standing__gross_profit"))["mean"]
    worthy = Q(standing__gross_profit__gt=mean or 0)
    if tier == Tier.FRIEND:
        scored = rows.filter(earning, standing__potential_score__isnull=False).order_by("-standing__potential_score")
        place = int(scored.count() * DECILE)
        line = list(scored.values_list("standing__potential_score", flat=True)[place : place + 1])
        worthy &= Q(standing__potential_score__gte=line[0]) if line else Q(pk__in=[])
    ids = rows.filter(worthy).order_by(F("standing__gross_profit").desc(), "pk")
    customers = rows_of(list(ids.values_list("pk", flat=True)[:LOOKED_AT]), night)
    evidence = evidence_of([row.pk for row in customers], night, night.as_of)
    ways = [(row, way_up(row.tier, evidence[row.pk], row.standing.gross_profit)) for row in customers]
    # A known low answer speaks against it; one never asked for only asks for a survey.
    ways = [(row, way) for row, way in ways if not any(gate.have and not gate.met for gate in way.gates)]
    ways.sort(key=lambda pair: len(pair[1].missing))  # stable: profit decides among equals
    goal = by_tier[to.value]
    short = max(_short(goal, trading), min(_room(goal, trading), _over(by_tier[tier.value], trading)))
    few = min(FEW, short) if size == FirmSize.SMALL and short else FEW  # a small firm chooses a few (K15d)
    return Move(tier.value, to.value, short, tuple(ways[:few]))


def _leaving(user, night, row, trading):
    """Acquaintances not worth further attention, where there are too many: low in both values, least profit first."""
    over = _over(row, trading)
    if not over:
        return Move(row.tier, "", 0, ())
    rows = scoped(user, night).filter(tier=row.tier, exited_on=None, standing__quadrant=Quadrant.LL.value)
    ids = rows.order_by(F("standing__gross_profit").asc(nulls_last=True), "pk").values_list("pk", flat=True)[:FEW]
    return Move(row.tier, "", over, tuple((customer, None) for customer in rows_of(list(ids), night)))


def promises(user, today):
    """Commitments of both sides: how many fell due, were kept, were kept in time; and what is broken or open."""
    found = {}
    for name, ours in (("ours", True), ("theirs", False)):
        rows = Commitment.objects.visible_to(user).filter(ours=ours).order_by()
        due, kept = Q(due__lte=today), Q(fulfilled_on__isnull=False)
        counts = rows.aggregate(
            fell_due=Count("pk", filter=due),
            kept=Count("pk", filter=due & kept),
            timely=Count("pk", filter=due & Q(fulfilled_on__lte=F("due"))),
            broken=Count("pk", filter=due & Q(fulfilled_on=None)),
            open=Count("pk", filter=(Q(due__gt=today) | Q(due=None)) & Q(fulfilled_on=None)),
        )
        rate = counts["kept"] / counts["fell_due"] if counts["fell_due"] else None
        found[name] = {**counts, "rate": rate}
    return found


def broken_promises(user, today, limit=FEW):
    """Our promises past their day, the oldest first."""
    rows = Commitment.objects.visible_to(user).filter(ours=True, due__lt=today, fulfilled_on=None)
    return list(rows.select_related("customer").order_by("due", "pk")[:limit])
