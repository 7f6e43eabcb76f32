"""The portfolio of a user: the mix of tiers against the firm's target, profit by tier, and how concentrated it is."""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, F, Q, Sum

from customers.models import Customer, FirmProfile, TierTarget
from customers.selectors.listing import rows_of, scoped
from customers.vocabulary import FirmSize, Tier

TIERS = (Tier.ACQUAINTANCE, Tier.FRIEND, Tier.PARTNER)
# When a small firm should worry (text 000, K19 names the danger, not the numbers): share of gross profit.
TOP_ONE, TOP_FIVE, PARTNERS = 0.20, 0.50, 0.50


@dataclass(frozen=True)
class TierRow:
    """One tier. share: of all customers who trade; profit_share: of gross profit; low, high: the target band."""

    tier: str
    count: int
    share: float
    low: float | None
    high: float | None
    profit: Decimal | None
    profit_share: float | None
    clv: float
    warned: int
    earning: Decimal = Decimal(0)  # gross profit of the profitable customers alone

    @property
    def per_customer(self):
        """Gross profit of one customer on average."""
        return float(self.profit) / self.count if self.count and self.profit is not None else None

    @property
    def clv_each(self):
        return self.clv / self.count if self.count else None

    @property
    def gap(self):
        """Share above (positive) or below (negative) the target band, 0 inside it."""
        if self.low is None or (not self.count and not self.share):
            return -self.low if self.low else 0.0
        return min(0.0, self.share - self.low) + max(0.0, self.share - self.high)


def firm_size():
    """The size of the firm that uses the product."""
    firm = FirmProfile.objects.filter(pk=1).first()
    return FirmSize(firm.size) if firm else FirmSize.SMALL


def targets():
    """All target rows by (firm size, tier)."""
    return {(row.firm_size, row.tier): row for row in TierTarget.objects.all()}


def tier_mix(user, night, size, goals):
    """The rows of the three tiers of trading customers, and the number of strangers."""
    sums = {"n": Count("pk")}
    if night:
        sums |= {
            "profit": Sum("standing__gross_profit"),
            "earning": Sum("standing__gross_profit", filter=Q(standing__gross_profit__gt=0)),
            "clv": Sum("standing__clv"),
            "warned": Count("pk", filter=Q(standing__warned=True)),
        }
    rows = {row["tier"]: row for row in scoped(user, night).order_by().values("tier").annotate(**sums)}
    trading = sum(rows[tier]["n"] for tier in TIERS if tier in rows)
    won = sum(rows[tier].get("profit") or 0 for tier in TIERS if tier in rows)
    found = [_tier_row(tier, rows.get(tier, {}), goals.get((size, tier)), trading, won) for tier in TIERS]
    return found, rows.get(Tier.STRANGER, {}).get("n", 0)


def _tier_row(tier, row, goal, trading, won):
    count, profit = row.get("n", 0), row.get("profit")
    return TierRow(
        tier=tier.value,
        count=count,
        share=count / trading if trading else 0.0,
        low=goal.low / 100 if goal else None,
        high=goal.high / 100 if goal else None,
        profit=profit,
        profit_share=float(profit / won) if profit is not None and won > 0 else None,
        clv=row.get("clv") or 0.0,
        warned=row.get("warned", 0),
        earning=row.get("earning") or Decimal(0),
    )


@dataclass(frozen=True)
class Concentration:
    """Shares of the gross profit of all profitable customers; None where there is no profit."""

    top_one: float | None
    top_five: float | None
    partners: float | None
    leader: Customer | None
    alarms: tuple


def concentration(user, night, size, tiers):
    """How much profit hangs on few customers (text 000, K19); alarms only for a small firm. tiers: of tier_mix."""
    nothing = Concentration(None, None, None, None, ())
    if not night:
        return nothing
    total = sum(row.earning for row in tiers)
    if not total:
        return nothing
    partners = sum(row.earning for row in tiers if row.tier == Tier.PARTNER)
    dearest = scoped(user, night).order_by(F("standing__gross_profit").desc(nulls_last=True), "pk")
    top = [row for row in dearest.values_list("pk", "standing__gross_profit")[:5] if (row[1] or 0) > 0]
    shares = {
        "top_one": (float(top[0][1] / total), TOP_ONE),
        "top_five": (float(sum(profit for _pk, profit in top) / total), TOP_FIVE),
        "partners": (float(partners / total), PARTNERS),
    }
    small = size == FirmSize.SMALL
    alarms = tuple(name for name, (share, limit) in shares.items() if small and share > limit)
    leader = Customer.objects.get(pk=top[0][0])
    return Concentration(*(share for share, _limit in shares.values()), leader, alarms)


def waiting(user, night, limit=50):
    """Customers whose proposed tier waits for a decision, dearest first, and how many there are in all."""
    found = scoped(user, night).exclude(proposed_tier="")
    order = [F("standing__clv").desc(nulls_last=True), "pk"] if night else ["sort_key", "pk"]
    return rows_of(list(found.order_by(*order).values_list("pk", flat=True)[:limit]), night), found.count()
