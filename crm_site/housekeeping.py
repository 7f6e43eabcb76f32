"""Which generations are kept: the last weeks day by day, month ends after that."""

from datetime import timedelta

from customers.models import Night, PublishedNight
from customers.publish import Generation
from customers.vocabulary import NightStatus

DAILY = timedelta(days=35)


def drop_old_generations(today):
    """Drop the standings of superseded nights outside the keeping rule; returns the ids. The Night rows stay."""
    shown = set(PublishedNight.objects.values_list("night_id", flat=True))
    dropped, newest_of_day = [], set()
    for night in Night.objects.filter(rows__gt=0).order_by("-as_of", "-id"):
        first = night.as_of not in newest_of_day
        newest_of_day.add(night.as_of)
        month_end = (night.as_of + timedelta(days=1)).month != night.as_of.month
        if night.pk in shown or (first and (today - night.as_of <= DAILY or month_end)):
            continue
        if night.status in (NightStatus.SUPERSEDED.value, NightStatus.COMPUTED.value):
            Generation(night.pk).drop()
            night.rows = 0
            night.save(update_fields=["rows"])
            dropped.append(night.pk)
    return dropped
