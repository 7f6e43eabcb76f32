"""Nights and standings made by hand, for tests of pages that read them."""

from datetime import date, timedelta

from customers.models import Night, PublishedNight, Standing
from customers.publish import ensure_generation
from customers.vocabulary import NightStatus

AS_OF = date(2026, 3, 5)
USUAL = {
    "tier": "ACQUAINTANCE",
    "role": "CLIENT",
    "stage": "STABLE",
    "pattern": "OPEN",
    "level": "ORDINARY",
    "quadrant": "HH",
    "current_score": 0.5,
    "potential_score": 0.25,
    "total_score": 0.75,
    "clv": 1000.0,
    "clv_method": "POOLED",
    "p_alive": 0.9,
    "churn_risk": 0.2,
    "orders": 3,
    "purchase_days": 3,
    "amount": 5000,
    "gross_profit": 1000,
    "amount_12m": 2000,
    "profit_12m": 400,
    "first_order": date(2025, 1, 10),
    "last_order": date(2026, 2, 1),
}


def make_night(as_of=AS_OF, *, published=True):
    """A night that readers see (or one superseded before it), with room for standings."""
    status = NightStatus.PUBLISHED if published else NightStatus.SUPERSEDED
    night = Night.objects.create(as_of=as_of, status=status.value, fingerprint=f"test {as_of}")
    ensure_generation(night.id)
    if published:
        PublishedNight.objects.update_or_create(pk=1, defaults={"night": night})
    return night


def yesterday(night):
    """The superseded night of the day before."""
    return make_night(night.as_of - timedelta(days=1), published=False)


def stand(night, customer, **fields):
    """Where a customer stands on a night: a usual acquaintance in the stable stage unless told otherwise."""
    return Standing.objects.create(night=night, customer=customer, **{**USUAL, "tier": customer.tier, **fields})
