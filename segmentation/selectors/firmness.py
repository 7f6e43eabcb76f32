"""How firmly a customer stands where the night put it, how far the next level is, and what marks a low one."""

from dataclasses import dataclass
from datetime import timedelta

from customers.book import FIRM_SHARE
from customers.models import Receivable
from customers.vocabulary import Level, Quadrant, Sublevel
from segmentation.numerics import pyramid
from segmentation.selectors.plane import lines


@dataclass(frozen=True)
class Evidence:
    """Why a low customer is discredited or poor. kind: RESTRICTED, OVERDUE or UNPROFITABLE; value in its own unit."""

    kind: str
    value: object = None
    limit: object = None
    receivable: Receivable | None = None


@dataclass(frozen=True)
class Firmness:
    """Shares of draws (None: not scored), distances of both scores from their lines (None: not scored), the
    contribution index where it ranks, places in rank to the next level (None: at the top or without a level), and the
    evidence behind a mark of a low customer."""

    quadrant: float | None
    top: float | None
    draws: int | None
    current: float | None
    potential: float | None
    contribution: float | None
    level: str
    above: str
    places: int | None
    evidence: tuple

    @property
    def near_quadrant(self):
        return self.quadrant is not None and self.quadrant < FIRM_SHARE

    @property
    def near_top(self):
        return self.top is not None and 1 - FIRM_SHARE < self.top < FIRM_SHARE

    @property
    def closest(self):
        """Which score is nearest its line: CURRENT or POTENTIAL."""
        return "CURRENT" if abs(self.current) <= abs(self.potential) else "POTENTIAL"

    @property
    def distance(self):
        return min(abs(self.current), abs(self.potential))


def firmness(customer, night):
    """The Firmness of a customer that carries `standing` of this night; None without one."""
    standing = getattr(customer, "standing", None)
    if not night or standing is None or standing.total_score is None:
        return None
    scored = standing.quadrant != Quadrant.UNSCORED.value
    at = lines(night).cuts
    above, places = next_level(standing, night)
    return Firmness(
        quadrant=standing.quadrant_stability,
        top=standing.top_stability,
        draws=(night.summary or {}).get("draws"),
        current=standing.current_score - at[0] if scored else None,
        potential=standing.potential_score - at[1] if scored else None,
        contribution=standing.contribution,
        level=standing.level,
        above=above,
        places=places,
        evidence=tuple(evidence(customer, standing, night)),
    )


def next_level(standing, night):
    """The level above and how many places in rank are missing to it; ("", None) at the top."""
    cut = (night.weights or {}).get("pyramid") or {}
    counts = (night.summary or {}).get("levels") or {}
    ranked = sum(counts.values())
    if standing.level not in (Level.ORDINARY.value, Level.LOW.value) or not standing.rank or not ranked:
        return "", None
    shares = (cut.get("high", 20), cut.get("ordinary", 30), cut.get("low", 50))
    high, ordinary, _low = pyramid.sizes(ranked, shares)
    width = pyramid.slack(ranked, cut.get("hold", 0))
    low = standing.level == Level.LOW.value
    line = (high + ordinary if low else high) - width
    return (Level.ORDINARY if low else Level.HIGH).value, max(0, standing.rank - line)


def evidence(customer, standing, night):
    """What made a low customer discredited or poor on that night."""
    cut = (night.weights or {}).get("pyramid") or {}
    if standing.sublevel == Sublevel.DISCREDITED.value:
        if customer.restricted:
            yield Evidence("RESTRICTED", customer.restriction_reason)
        limit = cut.get("overdue_days", 90)
        late, receivable = _latest(customer, night.as_of)
        if late > limit:
            yield Evidence("OVERDUE", late, limit, receivable)
    if standing.sublevel == Sublevel.POOR.value and standing.gross_profit is not None:
        yield Evidence("UNPROFITABLE", standing.gross_profit - standing.service_cost)


def _latest(customer, as_of):
    """(days late, Receivable) of the receivable that was latest by then."""
    found = (0, None)
    for row in Receivable.objects.filter(customer=customer, issued__lte=as_of):
        end = row.paid_on if row.paid_on and row.paid_on <= as_of else as_of
        late = (end - row.due) // timedelta(days=1)
        if late > found[0]:
            found = (late, row)
    return found
