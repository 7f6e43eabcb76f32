"""The demo firm in an empty database: drawn, written, rolled up; no night yet."""

from django.db import transaction

from crm_site.demo import judgements, load, people, world
from customers import publish
from customers.changes import note_change


@transaction.atomic
def make(customers, seed, as_of, tell=lambda words: None):
    """Write a firm up to the date `as_of`, the same for the same `seed`; returns counts by kind of row."""
    tell(f"drawing {customers} customers with seed {seed} up to {as_of}")
    drawn = world.generate(customers, seed, as_of)
    users = people.create()
    counts = load.load(drawn, users, tell)
    counts |= {"judgements": judgements.create(users, as_of)}
    tell("purchase days")
    publish.refresh_days()
    note_change("demo", f"{customers}/{seed}")
    return {**counts, "users": len(users)}
