"""Two customers that became one: who did it and why, what moved, and which order numbers were told apart."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from customers.models.customer import Customer


class CustomerMerge(models.Model):
    """The record of one merge. It is never undone: the former customer's row stays, empty, and its code leads on."""

    survivor = models.ForeignKey(
        Customer, verbose_name=_("customer that stays"), on_delete=models.CASCADE, related_name="merges"
    )
    former = models.OneToOneField(
        Customer, verbose_name=_("customer that was merged"), on_delete=models.CASCADE, related_name="merge"
    )
    reason = models.CharField(_("reason"), max_length=300)
    at = models.DateTimeField(_("at"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("by"), null=True, on_delete=models.SET_NULL, related_name="+"
    )
    moved = models.JSONField(_("moved"), default=dict)  # label of the relation -> rows
    stayed = models.JSONField(_("not moved"), default=list)  # [{what, text}]: rows the survivor has already
    chosen = models.JSONField(_("fields taken over"), default=dict)  # field -> [before, after] of the survivor

    class Meta:
        verbose_name, verbose_name_plural = _("merge of customers"), _("merges of customers")
        ordering = ["-at", "-id"]
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="merge_has_a_reason"),
            models.CheckConstraint(condition=~Q(survivor=F("former")), name="merge_of_two"),
        ]

    def __str__(self):
        return f"{self.former_id} → {self.survivor_id}"


class FormerOrder(models.Model):
    """An order number that both customers had: what it is called now, so that a file with the old code finds it."""

    former = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="former_orders")
    order_no = models.CharField(max_length=64)
    now = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["former", "order_no"], name="one_new_number_per_order")]


class DistinctPair(models.Model):
    """Two customers that look alike and are not the same, as somebody who looked said: they are not asked about again.

    The one that is on record longer is `first`. Deleting the row is asking again.
    """

    first = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    second = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField(_("at"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("by"), null=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        verbose_name, verbose_name_plural = _("pair of different customers"), _("pairs of different customers")
        ordering = ["-at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="one_row_per_distinct_pair"),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="distinct_pair_in_order"),
        ]

    def __str__(self):
        return f"{self.first_id} ≠ {self.second_id}"
