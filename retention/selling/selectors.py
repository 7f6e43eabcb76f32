"""Reads about cross-selling: offers by scope, what the firm's holdings teach, referrals and the role ladder."""

from dataclasses import dataclass

from django.db.models import Count, F, Q, Sum

from customers.models import Category, Customer, Product, Referral, Standing
from customers.selectors.listing import scoped
from customers.vocabulary import Role
from retention.models import Offer, SellingReport

CLAIMED = {2: 0.55, 4: 0.0}  # text 000: two products 55 %, four or more almost zero; one and three are not given
TOP_PAIRS = 12


def offers(user, night):
    """Every offer this user may see, with its customer; the most telling first."""
    return (
        Offer.objects.visible_to(user)
        .select_related("customer__owner")
        .order_by(F("lift").desc(nulls_last=True), "customer_id")
    )


def part_q(part):
    """The condition of one part of the list."""
    given = Q(product__gt=0) | Q(category__gt=0)
    return {
        "similar": Q(held_back="") & given & Q(same_category=True),
        "other": Q(held_back="") & given & Q(same_category=False),
        "space": Q(held_back="", space__gt=0),
        "held": ~Q(held_back=""),
    }.get(part, Q(held_back="") & given)


def counts(user):
    """How many offers in each part."""
    scope = Offer.objects.visible_to(user).order_by()
    parts = ("", "similar", "other", "space", "held")
    found = scope.aggregate(**{f"n_{part}": Count("pk", filter=part_q(part)) for part in parts})
    return {part: found[f"n_{part}"] for part in parts}


def named(rows):
    """Gives each offer the words of its numbers: `.what`, `.why_item`, `.space_name`."""
    rows = list(rows)
    products = {row.product for row in rows} | {row.because for row in rows if row.same_category}
    categories = {row.category for row in rows} | {row.space for row in rows}
    categories |= {row.because for row in rows if not row.same_category}
    product, category = Product.objects.in_bulk(products - {0}), Category.objects.in_bulk(categories - {0})
    for row in rows:
        row.what = product.get(row.product) or category.get(row.category)
        row.why_item = (product if row.same_category else category).get(row.because)
        row.space_name = category.get(row.space)
    return rows


def offer_of(customer):
    """The offer of one customer with its words, or None."""
    found = Offer.objects.filter(customer=customer).first()
    return named([found])[0] if found else None


@dataclass(frozen=True)
class ChurnRow:
    """Observed churn of those who held so many products a year ago, beside what the text claims."""

    products: int
    open_end: bool
    customers: int
    churn: float | None
    claim: float | None


@dataclass(frozen=True)
class Lessons:
    """What the holdings of the whole firm teach."""

    as_of: object
    churn: tuple
    products: tuple  # (from, to, both, confidence, lift)
    categories: tuple


def lessons():
    """The report of the latest night, or None before the first."""
    report = SellingReport.objects.filter(pk=1).first()
    if report is None:
        return None
    rows = report.content.get("churn", [])
    churn = tuple(ChurnRow(count, count == len(rows), n, share, CLAIMED.get(min(count, 4))) for count, n, share in rows)
    pairs = {}
    for name, model in (("products", Product), ("categories", Category)):
        listed = report.content.get(name, [])[:TOP_PAIRS]
        known = model.objects.in_bulk({pk for row in listed for pk in row[:2]})
        pairs[name] = tuple((known.get(a), known.get(b), *rest) for a, b, *rest in listed)
    return Lessons(report.as_of, churn, **pairs)


def ladder(user, night):
    """Customers on each rung of the role ladder: [(code, count)], the highest rung first."""
    found = dict(scoped(user, night).order_by().values_list("standing__role").annotate(n=Count("pk")) if night else ())
    return [(role.value, found.get(role.value, 0)) for role in reversed(Role)]


def referrals(user, night):
    """Recommendations within the scope: given, became customers, and the sales of those."""
    scope = Referral.objects.visible_to(user).order_by()
    found = scope.aggregate(given=Count("pk"), came=Count("referred", distinct=True))
    brought = scope.exclude(referred=None).values("referred")
    mine = Customer.objects.visible_to(user).filter(pk__in=brought)
    standing = Standing.objects.filter(night_id=night.pk if night else 0, customer__in=mine)
    top = scope.values("customer__code", "customer__name").annotate(n=Count("pk"), won=Count("referred"))
    sales = standing.aggregate(sum=Sum("amount"))["sum"] or 0
    return {**found, "sales": sales, "top": list(top.order_by("-won", "-n", "customer__code")[:6])}
