"""Words and marks of cases: when an answer is due, how much of the time is used, what happened."""

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from customers.selectors.history import CASE_STEPS
from customers.templatetags.amounts import moment, number
from customers.vocabulary import CaseState
from retention.care import selectors

register = template.Library()
WEEK = 5 * 86_400  # seconds overdue from which days read better than working hours


@register.simple_tag
def working_hours(hours):
    """A span of working time in words."""
    if hours is None:
        return "—"
    return _("%(n)s h") % {"n": number(hours, 1 if hours < 10 else 0)}


@register.simple_tag
def case_due(case, now):
    """When an answer is due, or was given, as colour and words."""
    if case.state != CaseState.OPEN:
        late = case.answered_at and case.answered_at > case.answer_due
        words = _("answered late") if late else _("answered on time")
        return format_html(
            '<span class="{}" title="{}">{}</span>', "due-now" if late else "muted", moment(case.answered_at), words
        )
    left = (case.answer_due - now).total_seconds()
    css = "due-over" if left < 0 else "due-now" if left < 86_400 else "due-later"
    words = _overdue(case, left) if left < 0 else _span(left)
    return format_html('<span class="{}" title="{}">{}</span>', css, moment(case.answer_due), words)


def _overdue(case, left):
    """How late an answer is: in working hours, as the clock beside it counts; in days once it is a week or so."""
    hours = round(-case.hours_left) if hasattr(case, "hours_left") else 0
    if left < -WEEK or not hours:
        return _span(left) if left < -WEEK else _("overdue")
    return ngettext("%(n)s working hour overdue", "%(n)s working hours overdue", hours) % {"n": number(hours)}


def _span(left):
    hours = max(1, round(abs(left) / 3600))
    if left > 0 and hours < 48:
        return ngettext("due in %(n)s hour", "due in %(n)s hours", hours) % {"n": number(hours)}
    days = round(hours / 24)
    words = (
        ngettext("%(n)s day overdue", "%(n)s days overdue", days)
        if left < 0
        else ngettext("due in %(n)s day", "due in %(n)s days", days)
    )
    return words % {"n": number(days)}


@register.inclusion_tag("retention/cases/clock.html")
def case_clock(case):
    """The share of the promised working time that has passed, or was needed for the answer, as a bar."""
    answered = case.state != CaseState.OPEN and case.answered_at is not None
    over = case.answered_at > case.answer_due if answered else case.hours_left < 0
    css = "c-bad" if over else "c-warn" if case.used > 0.75 and not answered else "c-good"
    return {
        "used": case.used,
        "css": "c-warn" if over and answered else css,
        "left": case.hours_left,
        "taken": case.hours_taken,
        "over": over,
        "answered": answered,
        "given": case.hours_given,
    }


@register.inclusion_tag("retention/cases/waiting.html")
def waiting_cases(user):
    """One line for the day: complaints and requests that wait, the late ones first."""
    return selectors.waiting(user, timezone.now())


@register.filter
def step_words(row):
    """What happened in one row of a case's history."""
    if row.history_type == "+":
        return _("recorded")
    return CASE_STEPS.get(row.history_change_reason or "", _("edited"))
