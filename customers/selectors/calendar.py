"""The firm's working calendar as the numerics read it."""

from customers.models import FirmProfile, Holiday
from customers.numerics.working_days import WorkingCalendar


def working_calendar():
    """Weekdays and hours of the firm profile, with its holidays and shifted workdays: two queries."""
    firm = FirmProfile.objects.filter(pk=1).first() or FirmProfile(pk=1)
    days = list(Holiday.objects.values_list("day", "worked"))
    return WorkingCalendar(
        holidays=frozenset(day for day, worked in days if not worked),
        shifted=frozenset(day for day, worked in days if worked),
        weekdays=frozenset(int(digit) - 1 for digit in firm.working_week),
        opens=firm.opens,
        closes=firm.closes,
    )
