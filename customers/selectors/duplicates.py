"""Customers that look like the same one twice: equal names, telephone numbers or e-mail addresses."""

import re
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import islice

from customers.models import Contact, Customer, DistinctPair
from customers.naming import fold_name
from customers.vocabulary import CustomerKind

SHORTEST_PHONE = 7  # digits; shorter numbers are extensions
CROWD = 4  # more customers than this behind one number or address share a switchboard, not an identity
SHOWN = 100  # pairs
NAME, PHONE, EMAIL = "name", "phone", "email"
STRENGTH = {NAME: 2, PHONE: 1, EMAIL: 2}


@dataclass
class Pair:
    """Two customers and what they have in common; the one that is on record longer stands first."""

    first: object
    second: object
    reasons: list = field(default_factory=list)


def likely_duplicates(user, limit=SHOWN):
    """(pairs, how many there are in all) among the customers a user may see, the likeliest first.

    Who was said to be another customer is compared with the next of those that look alike.
    """
    found, apart = defaultdict(set), set(DistinctPair.objects.values_list("first", "second"))
    for reason, groups in ((NAME, _by_name(user)), (PHONE, _by_phone(user)), (EMAIL, _by_email(user))):
        for members in groups:
            for place, other in enumerate(members):
                same = next((one for one in islice(members, place) if (one, other) not in apart), None)
                if same is not None:
                    found[(same, other)].add(reason)
    ranked = sorted(found.items(), key=lambda item: (-sum(STRENGTH[r] for r in item[1]), item[0]))
    shown = ranked[:limit]
    rows = Customer.objects.select_related("owner").in_bulk({pk for pair, _ in shown for pk in pair})
    pairs = [Pair(rows[a], rows[b], [r for r in STRENGTH if r in reasons]) for (a, b), reasons in shown]
    return pairs, len(ranked)


def told_apart(user):
    """Pairs that somebody said are two customers, both of which a user may see, the latest first, as a QuerySet."""
    seen = Customer.objects.visible_to(user).order_by().values("pk")
    return DistinctPair.objects.filter(first__in=seen, second__in=seen).select_related("first", "second", "by")


def _groups(pairs, crowd=None):
    """Ids that share a key, each group ascending; groups of one, or larger than a crowd, are none."""
    found = defaultdict(set)
    for key, pk in pairs:
        found[key].add(pk)
    return [sorted(ids) for ids in found.values() if len(ids) > 1 and (crowd is None or len(ids) <= crowd)]


def _by_name(user):
    """Equal without spaces, width, case and legal form; persons need the same region: many share a name."""
    rows = Customer.objects.visible_to(user).values_list("pk", "name", "kind", "region")
    person = CustomerKind.INDIVIDUAL.value
    return _groups(
        ((fold_name(name), region if kind == person else ""), pk)
        for pk, name, kind, region in rows
        if kind != person or region
    )


def _contacts(user, name):
    visible = Contact.objects.visible_to(user).filter(left_on=None)
    return visible.exclude(**{name: ""}).values_list(name, "customer_id")


def _by_phone(user):
    digits = ((re.sub(r"\D", "", phone).removeprefix("86"), pk) for phone, pk in _contacts(user, "phone"))
    return _groups(((number, pk) for number, pk in digits if len(number) >= SHORTEST_PHONE), CROWD)


def _by_email(user):
    return _groups(((email.casefold(), pk) for email, pk in _contacts(user, "email")), CROWD)
