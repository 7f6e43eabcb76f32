"""Working time walked minute by minute: slow, and hard to get wrong."""

from datetime import UTC, timedelta
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)


def working(instant, calendar, zone):
    """Whether the firm works in the minute that begins at this instant."""
    local = instant.astimezone(ZoneInfo(zone))
    day = local.date()
    on = day in calendar.shifted or (day.weekday() in calendar.weekdays and day not in calendar.holidays)
    return on and calendar.opens <= local.time() < calendar.closes


def add_minutes(moment, minutes, calendar, zone):
    """The end of the last of so many working minutes after a moment on a full minute."""
    now = moment.astimezone(UTC)
    while minutes:
        minutes -= working(now, calendar, zone)
        now += MINUTE
    return now
