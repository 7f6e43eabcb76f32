"""The list of customers: which ones, in which order, one page at a time, at any size of the firm."""

from django.db.models import Count, F, FilteredRelation, Q, Sum

from customers import labels
from customers.models import Customer, Standing, User
from customers.selectors.columns import BY_KEY, SORTS

SORTABLE_ROWS = 50_000  # an order that no index gives is offered up to here
COUNTED_ROWS = 20_000  # warnings are counted up to here: no index gives them
HEAVY = ("raw", "z", "points")


def scoped(user, night=None, before=None):
    """Customers the user may see; `standing` and `before` name their standings of the night and of the one before."""
    found = Customer.objects.visible_to(user)
    if night:
        found = found.standing_rows(night.id)
    if night and before:
        found = found.annotate(before=FilteredRelation("standings", condition=Q(standings__night=before.id)))
    return found


def totals(queryset, night, *, searching=False):
    """How many customers these are; of a set that is not too large, how many carry a churn warning with what at risk.

    warned and at_risk are None where they are not told. searching: finding the set is the dear part, so that it is
    found once for all three; otherwise the count comes first, which an index often gives.
    """
    queryset = queryset.order_by()
    total = None if searching else queryset.count()
    if not night or (total or 0) > COUNTED_ROWS:
        return {"total": queryset.count() if total is None else total, "warned": None, "at_risk": None}
    found = queryset.aggregate(
        total=Count("pk"),
        warned=Count("pk", filter=Q(standing__warned=True)),
        at_risk=Sum("standing__value_at_risk", filter=Q(standing__warned=True)),
    )
    return {**found, "at_risk": found["at_risk"] or 0.0}


def sort_of(wanted, night, total):
    """The order to use: (key, descending). Answers the default where the wish is unknown, or too dear at this size."""
    key, descending = wanted.lstrip("-"), wanted.startswith("-")
    column = SORTS.get(key)
    fits = column is not None and (night or not column.of_night) and (column.indexed or total <= SORTABLE_ROWS)
    if fits:
        return key, descending
    return ("score", True) if night else ("name", False)


def ordered(queryset, key, descending):
    """All customers of the queryset in this order, those without a value last (for exports)."""
    field = F(_path(key))
    first = field.desc(nulls_last=True) if descending else field.asc(nulls_last=True)
    return queryset.order_by(first, "pk")


def _path(key):
    return "sort_key" if key == "name" else BY_KEY[key].source


class CustomerRows:
    """The ordered customers as a sequence that a Paginator can slice: few narrow queries a page, whatever the size.

    Those with a value come first, by an index where there is one; those without (never scored, or new since the
    night) follow by name. Each row carries `owner` and `standing` (None where it has none). `conditions` is applied
    together with what the order asks for, so that the night is joined once.
    """

    def __init__(self, queryset, conditions, *, night, key, descending, total):
        self.queryset, self.conditions, self.night, self.total = queryset, conditions, night, total
        self.path, self.descending = _path(key), descending
        self.split = BY_KEY[key].of_night

    def count(self):
        return self.total

    def __len__(self):
        return self.total

    def __getitem__(self, part):
        return rows_of(self._ids(part.start, part.stop), self.night)

    def _ids(self, start, stop):
        sign = "-" if self.descending else ""
        if not self.split:
            tie = [] if self.path == "code" else ["pk"]
            found = self.queryset.filter(self.conditions).order_by(sign + self.path, *tie)
            return list(found.values_list("pk", flat=True)[start:stop])
        valued = self.queryset.filter(self.conditions & Q(**{f"{self.path}__isnull": False}))
        tie = "standing__customer_id" if self.descending else "-standing__customer_id"  # as the index runs
        ids = list(valued.order_by(sign + self.path, tie).values_list("pk", flat=True)[start:stop])
        missing = stop - start - len(ids)
        if missing <= 0 or start + len(ids) >= self.total:
            return ids
        before = start + len(ids) if ids else valued.count()
        offset = max(0, start - before)
        rest = self.queryset.filter(self.conditions & Q(**{f"{self.path}__isnull": True})).order_by("sort_key", "pk")
        return ids + list(rest.values_list("pk", flat=True)[offset : offset + missing])


def export_rows(queryset, columns, *, chunk=2000):
    """The values of these columns for every customer of an ordered queryset, streamed; codes as their labels."""
    readers = [_reader(column) for column in columns]
    paths = []
    for column in columns:
        paths += OWNER_PATHS if column.kind == "owner" else [column.source]
    found = queryset.values_list(*paths).iterator(chunk_size=chunk)
    return ([read(rest) for read in readers] for rest in map(iter, found))


OWNER_PATHS = ["owner__last_name", "owner__first_name", "owner__username"]


def _reader(column):
    if column.kind == "owner":
        return lambda rest: _name(next(rest), next(rest), next(rest))
    if column.kind == "code":
        words = {code: str(word) for code, word in labels.choices(column.enum)}
        return lambda rest: words.get(next(rest), "")
    return next


def _name(last, first, username):
    return User(last_name=last or "", first_name=first or "", username=username or "").display_name


def rows_of(ids, night):
    """These customers in this order, with owner and team, and with their standing of the night (without vectors)."""
    found = Customer.objects.select_related("owner__team").in_bulk(ids)
    standings = {}
    if night:
        rows = Standing.objects.filter(night=night.id, customer__in=ids).defer(*HEAVY)
        standings = {row.customer_id: row for row in rows}
    for pk, customer in found.items():
        customer.standing = standings.get(pk)
    return [found[pk] for pk in ids if pk in found]


def distinct_values(user, field, limit=200):
    """The values of a plain column among the customers a user may see, sorted, without the empty one."""
    found = Customer.objects.visible_to(user).exclude(**{field: ""}).order_by(field)
    return list(found.values_list(field, flat=True).distinct()[:limit])
