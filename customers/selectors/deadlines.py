"""By when a complaint, request or suggestion must be answered: working time of the firm's calendar."""

from django.conf import settings

from customers.models import FirmProfile
from customers.numerics.working_days import add_working_days, add_working_time
from customers.selectors.calendar import working_calendar
from customers.vocabulary import CaseKind


def firm():
    """The firm's row, or an unsaved one with the defaults."""
    return FirmProfile.objects.filter(pk=1).first() or FirmProfile(pk=1)


def answer_due(kind, opened_at):
    """The moment by which a case of this kind that came in at `opened_at` must be answered."""
    profile = firm()
    hours = profile.request_hours if kind == CaseKind.REQUEST else profile.complaint_hours
    return add_working_time(opened_at, hours, working_calendar(), settings.TIME_ZONE)


def feedback_due(made_on):
    """The day by which a suggestion gets its feedback."""
    return add_working_days(made_on, firm().suggestion_days, working_calendar())
