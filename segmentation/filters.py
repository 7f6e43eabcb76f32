"""What narrows the pictures: owner, team, industry and tier, named as in the customer list so that links keep them."""

from dataclasses import dataclass
from typing import Any

from customers import filters
from customers.selectors.listing import distinct_values, scoped

KEPT = ("tier", "owner", "team", "industry")
OWN = ("view", "from", "to", "axis", "was", "now", "cause", "page")  # parameters of the pages themselves


class PictureFilter(filters.CustomerFilter):
    """The filters of the customer list that say whose customers, not where they stand."""

    def __init__(self, data, queryset, *, request, values):
        super().__init__(data, queryset, request=request, values=values)
        for name in [name for name in self.filters if name not in KEPT]:
            del self.filters[name]


@dataclass(frozen=True)
class Narrowed:
    """The customers a picture is about.

    customers: queryset. query: what narrows it, as the customer list reads it. whole: nothing narrows it and the user
    sees the whole firm.
    """

    customers: Any
    query: str
    whole: bool
    fields: list
    chips: list
    unknown: list
    wrong: list
    own: list


def narrowed(request):
    """What the address leaves of the customers this user may see."""
    user = request.user
    values = {"industry": distinct_values(user, "industry"), "region": []}
    found = PictureFilter(request.GET, scoped(user), request=request, values=values)
    conditions = found.conditions
    query = filters.frozen(found)
    return Narrowed(
        customers=scoped(user).filter(conditions),
        query=query,
        whole=user.is_admin and not conditions,
        fields=[found.form[name] for name in KEPT if name in found.form.fields],
        chips=filters.chips(found),
        unknown=[name for name in filters.unknown_parameters(found, request.GET) if name not in OWN],
        own=[(name, request.GET[name]) for name in OWN if name in request.GET and name != "page"],
        wrong=[(found.form.fields[name].label, errors) for name, errors in found.errors.items()],
    )
