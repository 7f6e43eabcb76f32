"""Do resources follow value? What each level of the pyramid brings, and what it takes (text 004, P01 and P07)."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count

from customers.frames import evening
from customers.models import Interaction
from customers.vocabulary import Level
from segmentation.selectors.population import LEVELS

DAYS = 365
FAIR = (0.8, 1.25)  # a balance within these is nobody's concern


@dataclass(frozen=True)
class Taken:
    """One level: shares of gross profit, of service cost and of contacts in twelve months (None: there are none)."""

    level: str
    value: float | None
    cost: float | None
    contacts: float | None
    costs: float
    contact_count: int

    @property
    def balance(self):
        """Share of service cost over share of value: 1 = resources follow value; of contacts where no cost is known."""
        resource = self.cost if self.cost is not None else self.contacts
        return resource / self.value if resource is not None and self.value and self.value > 0 else None

    @property
    def verdict(self):
        """LESS or MORE than it brings, FAIR between; empty where it can't be told."""
        if self.balance is None:
            return ""
        return "LESS" if self.balance < FAIR[0] else "MORE" if self.balance > FAIR[1] else "FAIR"


@dataclass(frozen=True)
class Balance:
    """rows: Taken of the three levels. by: COST or CONTACTS, what the balance is told by. distance: half the sum of
    the differences of both shares, 0 (resources follow value exactly) to 1."""

    rows: tuple
    by: str
    distance: float | None


def balance(found, people, night, table):
    """The Balance of the customers in `population.by_level`; None where neither cost nor contacts are known."""
    costs = [float(people.loc[people["level"] == LEVELS.index(level.value), "service_cost"].sum()) for level in Level]
    counts = _contacts(found, night)
    contacts = [counts.get(level.value, 0) for level in Level]
    if not sum(costs) > 0 and not sum(contacts):
        return None
    rows = tuple(
        Taken(
            level=level.value,
            value=row.profit_share,
            cost=cost / sum(costs) if sum(costs) > 0 else None,
            contacts=made / sum(contacts) if sum(contacts) else None,
            costs=cost,
            contact_count=made,
        )
        for level, row, cost, made in zip(Level, table.rows, costs, contacts, strict=True)
    )
    by = "COST" if sum(costs) > 0 else "CONTACTS"
    return Balance(rows, by, _distance(rows, by))


def _distance(rows, by):
    shares = [(row.value, row.cost if by == "COST" else row.contacts) for row in rows]
    if any(value is None for value, _share in shares):
        return None
    return sum(abs(value - share) for value, share in shares) / 2


def _contacts(found, night):
    """Contacts made in the twelve months before the night, by level: counted in the database."""
    end = evening(night.as_of)
    made = Interaction.objects.filter(at__gte=end - timedelta(days=DAYS), at__lt=end).exclude(kind="NOTE")
    if not found.whole:
        made = made.filter(customer__in=found.customers.order_by().values("pk"))
    made = made.filter(customer__standings__night=night.pk)
    return dict(made.values_list("customer__standings__level").annotate(n=Count("pk")))
