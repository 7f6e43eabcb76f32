"""Which night readers see."""

from django.db.models import Max, Min

from customers.models import Night, PublishedNight, PurchaseDay
from customers.vocabulary import NightStatus

COMPLETE = [NightStatus.PUBLISHED.value, NightStatus.SUPERSEDED.value, NightStatus.COMPUTED.value]


def published_night():
    """The published night, or None before the first."""
    pointer = PublishedNight.objects.select_related("night").filter(pk=1).first()
    return pointer.night if pointer else None


def night_before(night):
    """The latest complete night of an earlier date than `night`, to compare with; None where there is none."""
    kept = [NightStatus.SUPERSEDED.value, NightStatus.COMPUTED.value]
    return Night.objects.filter(status__in=kept, as_of__lt=night.as_of).order_by("-as_of", "-id").first()


def failed_since(night):
    """The latest failed night that nothing published has replaced since, or None."""
    failed = Night.objects.filter(status=NightStatus.FAILED.value)
    if night is not None:
        failed = failed.filter(id__gt=night.id)
    return failed.order_by("-id").first()


def first_and_last_day():
    """The first and the last day with an order line; (None, None) without any."""
    found = PurchaseDay.objects.aggregate(first=Min("date"), last=Max("date"))
    return found["first"], found["last"]
