"""What customers did: order lines, and the purchase days the night reads."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from customers.fields import MoneyField, UnitsField
from customers.models.catalogue import Category, Product
from customers.models.customer import Customer
from customers.models.querysets import OfCustomerQuerySet

LARGEST = 10**12  # of any line: sums of ten-thousandths then stay within 64 bits


def within(name, *fields):
    """A constraint: these fields, where given, lie within ±LARGEST."""
    condition = Q()
    for field in fields:
        condition &= Q(**{f"{field}__gte": -LARGEST, f"{field}__lte": LARGEST}) | Q(**{field: None})
    return models.CheckConstraint(condition=condition, name=name)


class Transaction(models.Model):
    """One line of an order; negative quantity or amount is a refund. Money in the firm's currency, net of tax."""

    customer = models.ForeignKey(
        Customer, verbose_name=_("customer"), on_delete=models.CASCADE, related_name="transactions", db_index=False
    )
    order_no = models.CharField(_("order number"), max_length=64, blank=True)
    line_no = models.CharField(_("line number"), max_length=32, blank=True)
    date = models.DateField(_("date"))
    product = models.ForeignKey(
        Product, verbose_name=_("product"), null=True, blank=True, on_delete=models.PROTECT, related_name="transactions"
    )
    category = models.ForeignKey(
        Category,
        verbose_name=_("category"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="transactions",
    )
    quantity = models.DecimalField(_("quantity"), max_digits=20, decimal_places=4, default=1)
    amount = MoneyField(_("amount"), default=0)
    cost = MoneyField(_("cost"), null=True, blank=True)  # None = unknown: no profit can be told
    service_cost = MoneyField(_("service cost"), default=0)
    # What identifies the line to an import: see customers/imports (line number, or content and occurrence).
    line_key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    imported_by = models.ForeignKey(
        "ImportJob", null=True, blank=True, editable=False, on_delete=models.SET_NULL, related_name="lines"
    )

    objects = OfCustomerQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("transaction"), _("transactions")
        ordering = ["-date", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "order_no", "line_no"], condition=~Q(line_no=""), name="one_line_per_number"
            ),
            within("line_within_limits", "quantity", "amount", "cost", "service_cost"),
        ]
        indexes = [
            # Covering on PostgreSQL, so that sums by customer and day read the index alone (performance: 15 s for 44).
            models.Index(
                fields=["customer", "date"],
                name="transaction_customer_date",
                include=["category", "quantity", "amount", "cost", "service_cost", "order_no"],
            )
        ]

    def __str__(self):
        return f"{self.date} {self.order_no} {self.amount}"

    @property
    def gross_profit(self):
        """Amount minus cost; None where the cost is unknown."""
        return None if self.cost is None else self.amount - self.cost


class PurchaseDay(models.Model):
    """All lines of one customer on one day: kept up to date when lines change, read by the night instead of lines.

    `orders` counts the orders whose first line is of this day, so that a sum over days counts each order once.
    `bought` says that something was bought (a line of positive quantity or amount), not only returned.
    """

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="purchase_days", db_index=False)
    date = models.DateField()
    lines = models.IntegerField()
    orders = models.IntegerField()
    bought = models.BooleanField()
    quantity = UnitsField()
    amount = UnitsField()
    gross_profit = UnitsField()  # of the lines whose cost is known
    costed_amount = UnitsField()  # the amount of those lines
    service_cost = UnitsField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["customer", "date"], name="one_row_per_customer_and_day")]


class CategoryFirst(models.Model):
    """The first and last day a customer bought in a category: cross-buying at any as_of."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="category_firsts", db_index=False)
    category = models.ForeignKey(Category, on_delete=models.CASCADE, related_name="+")
    first = models.DateField()
    last = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["customer", "category"], name="one_row_per_customer_category")]
