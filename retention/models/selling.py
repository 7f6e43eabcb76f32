"""What the night found out about cross-selling: the next offer of each customer, and what the firm's holdings teach."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from customers.models.querysets import OfCustomerQuerySet


class Offer(models.Model):
    """The next best offer to one customer, with its evidence; the night writes all of them anew."""

    # No constraint in the database: it would be checked for every customer every night, and fail a night in which one
    # was deleted. Like Standing, an offer is always read together with its customer.
    customer = models.OneToOneField(
        Customer, verbose_name=_("customer"), on_delete=models.CASCADE, related_name="offer", primary_key=True,
        db_constraint=False,
    )  # fmt: skip
    same_category = models.BooleanField(default=True)  # acquaintances: similar products; else other categories (K24)
    # Plain numbers, 0 = none: rows come by COPY and live for one night only; selectors look the names up.
    product = models.BigIntegerField(default=0)
    category = models.BigIntegerField(default=0)
    because = models.BigIntegerField(default=0)  # the product or category held that leads to it
    lift = models.FloatField(null=True)
    confidence = models.FloatField(null=True)
    together = models.IntegerField(null=True)
    space = models.BigIntegerField(default=0)  # a category that look-alikes hold and the customer does not
    space_share = models.FloatField(null=True)
    look_alikes = models.IntegerField(null=True)
    held_back = models.CharField(max_length=16, blank=True, default="")  # why nothing is offered now: a code

    objects = OfCustomerQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("next offer"), _("next offers")

    def __str__(self):
        return f"{self.customer_id}"


class SellingReport(models.Model):
    """Churn by number of products and the strongest pairs, as of the latest night: one row (id 1)."""

    as_of = models.DateField()
    content = models.JSONField(default=dict)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="selling_report_is_one_row")]

    def __str__(self):
        return f"{self.as_of}"
