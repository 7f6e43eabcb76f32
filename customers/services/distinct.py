"""Two customers that look alike and are not the same one: said by a person, and taken back."""

from django.db import transaction

from customers.models import DistinctPair


@transaction.atomic
def tell_apart(*, customers, by, at):
    """Remember that two customers are not the same one; who said so first is kept."""
    first, second = sorted(customers, key=lambda customer: customer.pk)
    return DistinctPair.objects.get_or_create(first=first, second=second, defaults={"by": by, "at": at})[0]


@transaction.atomic
def ask_again(*, pair):
    """Forget it: the two are listed again if they still look alike."""
    pair.delete()
