"""The one rule of who sees what, and the steps a query of customers takes."""

from django.db import models
from django.db.models import FilteredRelation, Q


def scope(user, prefix=""):
    """The condition on customers (reached through `prefix`) that a user may see.

    Administrators see all; a lead the customers of the team's members and those nobody owns; a manager their own.
    """
    if not getattr(user, "is_authenticated", False) or not user.is_active:
        return Q(pk__in=[])
    if user.is_admin:
        return Q()
    if user.is_lead:
        mine = Q(**{f"{prefix}owner": user}) | Q(**{f"{prefix}owner": None})
        return mine | Q(**{f"{prefix}owner__team": user.team_id}) if user.team_id else mine
    return Q(**{f"{prefix}owner": user})


class CustomerQuerySet(models.QuerySet):
    """Customers."""

    def visible_to(self, user):
        """Only the customers this user may see; one that was merged into another is nobody's any more."""
        return self.filter(scope(user), merged_into=None)

    def with_standing(self, night_id):
        """Each customer with its standing of one night as `.standing` (None where it has none)."""
        relation = FilteredRelation("standings", condition=Q(standings__night=night_id))
        return self.annotate(standing=relation).select_related("standing")

    def standing_rows(self, night_id):
        """As with_standing, but only for filters and values: no objects are built."""
        return self.annotate(standing=FilteredRelation("standings", condition=Q(standings__night=night_id)))


class OfCustomerQuerySet(models.QuerySet):
    """Rows that belong to a customer through `customer`."""

    def visible_to(self, user):
        """Only rows of customers this user may see; what a merge left with the former customer is nobody's either."""
        return self.filter(scope(user, "customer__"), customer__merged_into=None)
