"""Working days and working time: what a deadline counts by; holidays and shifted workdays are data."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

LONGEST = 3660  # days looked ahead before a calendar is called one without working days
MONDAY_TO_FRIDAY = frozenset(range(5))


class NoWorkingDays(ValueError):
    """Ten years without a working day: the calendar cannot be right."""


@dataclass(frozen=True)
class WorkingCalendar:
    """When the firm works.

    holidays: days off beyond the weekend; shifted: days worked although they fall on a weekend (or a holiday);
    weekdays: 0 = Monday; opens, closes: working hours on the wall clock of the firm, opens before closes.
    """

    holidays: frozenset[date] = frozenset()
    shifted: frozenset[date] = frozenset()
    weekdays: frozenset[int] = MONDAY_TO_FRIDAY
    opens: time = field(default=time(9))
    closes: time = field(default=time(18))

    def __post_init__(self):
        if self.opens >= self.closes:
            raise ValueError("working hours end before they begin")


PLAIN = WorkingCalendar()


def as_calendar(days):
    """A calendar, also of a bare collection of holidays."""
    return days if isinstance(days, WorkingCalendar) else WorkingCalendar(holidays=frozenset(days))


def is_working_day(day, calendar=PLAIN):
    """Whether the firm works on this day."""
    calendar = as_calendar(calendar)
    return day in calendar.shifted or (day.weekday() in calendar.weekdays and day not in calendar.holidays)


def working_day_from(day, calendar=PLAIN):
    """The day itself where the firm works, else the next day on which it does."""
    calendar = as_calendar(calendar)
    for _ in range(LONGEST):
        if is_working_day(day, calendar):
            return day
        day += timedelta(days=1)
    raise NoWorkingDays


def add_working_days(day, n, calendar=PLAIN):
    """The n-th working day after `day` (before it, for a negative n); 0: the day itself, or the next working one."""
    calendar = as_calendar(calendar)
    if n == 0:
        return working_day_from(day, calendar)
    step, left, idle = timedelta(days=1 if n > 0 else -1), abs(n), 0
    while left:
        day += step
        worked = is_working_day(day, calendar)
        left, idle = left - worked, 0 if worked else idle + 1
        if idle > LONGEST:
            raise NoWorkingDays
    return day


def working_days_between(first, last, calendar=PLAIN):
    """Working days after `first` up to `last` inclusive; negative where `last` lies before `first`."""
    if last < first:
        return -working_days_between(last, first, calendar)
    calendar = as_calendar(calendar)
    days = (first + timedelta(days=n) for n in range(1, (last - first).days + 1))
    return sum(is_working_day(day, calendar) for day in days)


def opening(day, calendar, zone):
    """The instants (UTC) between which the firm works on a day: elapsed time is exact across clock changes."""
    calendar, zone = as_calendar(calendar), _zone(zone)
    return tuple(datetime.combine(day, at, zone).astimezone(UTC) for at in (calendar.opens, calendar.closes))


def add_working_time(moment, hours, calendar, zone):
    """The instant at which so many working hours have passed since `moment` (aware), in the firm's zone.

    Outside working hours the clock stands still. 0 hours: the moment itself within working hours, else the next
    opening. A deadline that falls on closing time is closing time, not the next opening.
    """
    if hours < 0:
        raise ValueError("working time only runs forward")
    calendar, zone = as_calendar(calendar), _zone(zone)
    now, left = moment.astimezone(UTC), timedelta(hours=float(hours))
    day = moment.astimezone(zone).date()
    while True:
        day = working_day_from(day, calendar)
        opens, closes = opening(day, calendar, zone)
        start = max(now, opens)
        if start < closes and start + left <= closes:
            return (start + left).astimezone(zone)
        left -= max(timedelta(), closes - start)
        day += timedelta(days=1)


def working_time_between(start, end, calendar, zone):
    """Working hours between two instants; negative where `end` lies before `start`."""
    if end < start:
        return -working_time_between(end, start, calendar, zone)
    calendar, zone = as_calendar(calendar), _zone(zone)
    day, last, passed = start.astimezone(zone).date(), end.astimezone(zone).date(), timedelta()
    while day <= last:
        if is_working_day(day, calendar):
            opens, closes = opening(day, calendar, zone)
            passed += max(timedelta(), min(closes, end.astimezone(UTC)) - max(opens, start.astimezone(UTC)))
        day += timedelta(days=1)
    return passed / timedelta(hours=1)


def _zone(zone):
    return ZoneInfo(zone) if isinstance(zone, str) else zone
