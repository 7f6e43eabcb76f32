"""Working days and working time: weekends, holidays, shifted workdays, clock changes, leap days, the late evening."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from customers.models import FirmProfile, Holiday, User
from customers.numerics import working_days as wd
from customers.selectors.calendar import working_calendar
from tests.oracles import working_days as oracle

SHANGHAI, BERLIN, NEW_YORK, APIA = "Asia/Shanghai", "Europe/Berlin", "America/New_York", "Pacific/Apia"
SPRING = wd.WorkingCalendar(
    holidays=frozenset(date(2026, 2, 15) + timedelta(days=n) for n in range(9)),
    shifted=frozenset([date(2026, 2, 14), date(2026, 2, 28)]),
)


def at(zone, *parts):
    return datetime(*parts, tzinfo=ZoneInfo(zone))


@pytest.mark.parametrize(
    "day, n, calendar, wanted",
    [
        (date(2026, 3, 5), 1, wd.PLAIN, date(2026, 3, 6)),
        (date(2026, 3, 6), 1, wd.PLAIN, date(2026, 3, 9)),  # Friday to Monday
        (date(2026, 3, 7), 0, wd.PLAIN, date(2026, 3, 9)),
        (date(2026, 3, 5), 0, wd.PLAIN, date(2026, 3, 5)),
        (date(2026, 3, 9), -1, wd.PLAIN, date(2026, 3, 6)),
        (date(2026, 3, 6), 1, {date(2026, 3, 9)}, date(2026, 3, 10)),  # bare holidays are understood
        (date(2026, 2, 13), 1, SPRING, date(2026, 2, 14)),  # a Saturday worked for the feast
        (date(2026, 2, 13), 2, SPRING, date(2026, 2, 24)),
        (date(2026, 2, 27), 1, SPRING, date(2026, 2, 28)),
        (date(2028, 2, 28), 1, wd.PLAIN, date(2028, 2, 29)),  # leap day, a Tuesday
        (date(2028, 2, 29), 1, wd.PLAIN, date(2028, 3, 1)),
        (date(2027, 2, 26), 1, wd.PLAIN, date(2027, 3, 1)),
        (date(2026, 12, 31), 5, wd.PLAIN, date(2027, 1, 7)),
    ],
)
def test_the_nth_working_day(day, n, calendar, wanted):
    assert wd.add_working_days(day, n, calendar) == wanted


@given(
    day=st.dates(date(2024, 1, 1), date(2029, 12, 31)),
    n=st.integers(1, 60),
    off=st.sets(st.dates(date(2024, 1, 1), date(2029, 12, 31)), max_size=30),
)
@settings(max_examples=40, deadline=None)
def test_counting_back_and_forth_agree(day, n, off):
    there = wd.add_working_days(day, n, off)
    assert wd.is_working_day(there, off)
    assert wd.working_days_between(day, there, off) == n
    assert wd.working_days_between(there, day, off) == -n
    assert wd.add_working_days(there + timedelta(days=1), -1, off) == there


@pytest.mark.parametrize(
    "zone, start, hours, wanted",
    [
        (SHANGHAI, (2026, 3, 5, 10), 4, (2026, 3, 5, 14)),
        (SHANGHAI, (2026, 3, 5, 16), 4, (2026, 3, 6, 11)),
        (SHANGHAI, (2026, 3, 5, 23, 30), 4, (2026, 3, 6, 13)),  # late in the evening: the next morning counts
        (SHANGHAI, (2026, 3, 6, 23, 30), 1, (2026, 3, 9, 10)),
        (SHANGHAI, (2026, 3, 5, 9), 9, (2026, 3, 5, 18)),  # ends with the day, not with the next opening
        (SHANGHAI, (2028, 2, 28, 17), 2, (2028, 2, 29, 10)),
        (SHANGHAI, (2026, 3, 7, 12), 0, (2026, 3, 9, 9)),
        (BERLIN, (2026, 3, 27, 17), 2, (2026, 3, 30, 10)),  # clocks go forward on the Sunday between
        (NEW_YORK, (2026, 10, 30, 17), 2, (2026, 11, 2, 10)),  # and back
    ],
)
def test_the_clock_of_an_answer_runs_in_working_hours_only(zone, start, hours, wanted):
    assert wd.add_working_time(at(zone, *start), hours, wd.PLAIN, zone) == at(zone, *wanted)


def test_a_moment_is_read_in_the_zone_of_the_firm_wherever_it_came_from():
    utc = datetime(2026, 3, 5, 15, 30, tzinfo=UTC)  # 23:30 in Shanghai, the morning in New York
    assert wd.add_working_time(utc, 1, wd.PLAIN, SHANGHAI) == at(SHANGHAI, 2026, 3, 6, 10)
    assert wd.add_working_time(utc, 1, wd.PLAIN, NEW_YORK) == at(NEW_YORK, 2026, 3, 5, 11, 30)


@pytest.mark.parametrize("night", [(2026, 3, 28), (2026, 10, 24)])
def test_a_shift_over_the_changing_hour_counts_hours_that_passed(night):
    """Saturday 22:00 to Sunday 06:00 has seven or nine hours in the nights in which clocks change."""
    calendar = wd.WorkingCalendar(weekdays=frozenset(range(7)), opens=time(0), closes=time(23, 59))
    start = at(BERLIN, *night, 22)
    end = wd.add_working_time(start, 7, calendar, BERLIN)
    assert wd.working_time_between(start, end, calendar, BERLIN) == pytest.approx(7)
    assert end.astimezone(UTC) == oracle.add_minutes(start, 7 * 60, calendar, BERLIN)


@given(
    moment=st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 20)).map(lambda m: m.replace(second=0, microsecond=0)),
    minutes=st.integers(1, 900),
    zone=st.sampled_from([SHANGHAI, BERLIN, NEW_YORK, APIA]),
)
@settings(max_examples=25, deadline=None)
def test_working_time_equals_a_walk_minute_by_minute(moment, minutes, zone):
    start = moment.replace(tzinfo=UTC)
    end = wd.add_working_time(start, minutes / 60, SPRING, zone)
    assert abs(end.astimezone(UTC) - oracle.add_minutes(start, minutes, SPRING, zone)) < timedelta(seconds=1)
    assert wd.working_time_between(start, end, SPRING, zone) * 60 == pytest.approx(minutes, abs=0.02)


def test_calendars_that_cannot_be_are_refused():
    with pytest.raises(ValueError, match="hours end before"):
        wd.WorkingCalendar(opens=time(18), closes=time(9))
    with pytest.raises(wd.NoWorkingDays):
        wd.add_working_days(date(2026, 3, 5), 1, wd.WorkingCalendar(weekdays=frozenset()))
    with pytest.raises(ValueError, match="forward"):
        wd.add_working_time(at(SHANGHAI, 2026, 3, 5, 10), -1, wd.PLAIN, SHANGHAI)


# The tables


def test_the_calendar_of_the_site_has_the_announced_holidays(db):
    calendar = working_calendar()
    assert not wd.is_working_day(date(2026, 10, 1), calendar)
    assert wd.is_working_day(date(2026, 10, 10), calendar)  # a Saturday worked for it
    assert wd.add_working_days(date(2026, 9, 30), 1, calendar) == date(2026, 10, 8)
    assert (calendar.opens, calendar.closes, calendar.weekdays) == (time(9), time(18), frozenset(range(5)))


def test_hours_and_weekdays_are_the_firms_own(db):
    FirmProfile.objects.update_or_create(
        pk=1, defaults={"working_week": "123456", "opens": time(8), "closes": time(12)}
    )
    Holiday.objects.create(day=date(2026, 3, 7), name="Founders' day")
    calendar = working_calendar()
    assert wd.add_working_days(date(2026, 3, 13), 1, calendar) == date(2026, 3, 14)
    assert wd.add_working_days(date(2026, 3, 6), 1, calendar) == date(2026, 3, 9)
    assert (calendar.opens, calendar.closes) == (time(8), time(12))


@pytest.mark.both
def test_the_database_refuses_what_cannot_be(db):
    with pytest.raises(IntegrityError), transaction.atomic():
        FirmProfile.objects.filter(pk=1).update(opens=time(18), closes=time(9))
    with pytest.raises(IntegrityError), transaction.atomic():
        Holiday.objects.bulk_create([Holiday(day=date(2026, 10, 1))])


def test_a_time_zone_must_exist(db, owner):
    User(username="a", password="x", time_zone="Europe/Berlin").full_clean(exclude=["email"])
    with pytest.raises(ValidationError):
        User(username="a", password="x", time_zone="Moon/Crater").full_clean(exclude=["email"])
    assert str(owner.zone) == "Asia/Shanghai"
    owner.time_zone = "America/New_York"
    assert str(owner.zone) == "America/New_York"


def test_people_choose_hour_and_time_zone_on_their_own_page(client_for, owner):
    client = client_for(owner)
    page = client.get("/people/me/")
    assert "Daily digest by e-mail" in page.content.decode()
    kept = {"last_name": "O", "first_name": "O", "email": "o@example.org", "page_size": "25"}
    assert client.post("/people/me/", kept | {"digest_hour": "18", "time_zone": "Europe/Berlin"}).status_code == 302
    owner.refresh_from_db()
    assert (owner.digest_hour, owner.time_zone) == (18, "Europe/Berlin")
    assert client.post("/people/me/", kept | {"digest_hour": "", "time_zone": ""}).status_code == 302
    owner.refresh_from_db()
    assert (owner.digest_hour, owner.time_zone) == (None, "")
    refused = client.post("/people/me/", kept | {"digest_hour": "24", "time_zone": "Moon/Crater"})
    assert refused.status_code == 422
    assert list(refused.context["form"].errors) == ["digest_hour", "time_zone"]
