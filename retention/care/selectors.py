"""Reads about complaints, requests, suggestions and survey links, within what somebody may see."""

from dataclasses import dataclass
from datetime import timedelta
from statistics import median

from django.conf import settings
from django.db.models import Avg, Count, F, Min, Q

from customers.models import Case, Suggestion
from customers.numerics.working_days import working_time_between
from customers.selectors.calendar import working_calendar
from customers.vocabulary import CaseKind, CaseState
from customers.vocabulary_care import SurveyState
from retention.models import SurveyLink

WINDOW = 90  # days the answer times look back
SAMPLE = 5_000  # answers the median is taken from, the latest first
OPEN = CaseState.OPEN.value


def cases(user):
    """Every case this user may see, with what a row shows."""
    return Case.objects.visible_to(user).select_related("customer__owner", "handler")


def day_end(now):
    """The last moment of the day of `now`."""
    return now.replace(hour=23, minute=59, second=59, microsecond=999_999)


def part_q(part, now):
    """The condition of one part of the queue."""
    waiting = Q(state=OPEN)
    return {
        "overdue": waiting & Q(answer_due__lt=now),
        "today": waiting & Q(answer_due__gte=now, answer_due__lte=day_end(now)),
        "escalated": waiting & Q(escalated_at__isnull=False),
        "answered": Q(state=CaseState.ANSWERED.value),
        "closed": Q(state=CaseState.CLOSED.value),
        "all": Q(),
    }.get(part, waiting)


@dataclass(frozen=True)
class CaseFigures:
    """The figures above the queue. Hours are working hours; on_time counts what is overdue and unanswered as late."""

    open: int
    overdue: int
    today: int
    escalated: int
    complaints: int
    oldest_due: object
    answered: int
    median_hours: float | None
    on_time: float | None
    unanswered_customers: int


def waiting(user, now):
    """How many cases wait for an answer and how many of them are late, as {"open", "overdue"}."""
    scope = Case.objects.visible_to(user).filter(state=OPEN).order_by()
    return scope.aggregate(open=Count("pk"), overdue=Count("pk", filter=Q(answer_due__lt=now)))


def figures(user, now):
    """The figures of everything this user may see."""
    scope = Case.objects.visible_to(user).order_by()
    late = Q(state=OPEN, answer_due__lt=now)
    counts = scope.filter(state=OPEN).aggregate(
        open=Count("pk"),
        overdue=Count("pk", filter=late),
        today=Count("pk", filter=part_q("today", now)),
        escalated=Count("pk", filter=Q(escalated_at__isnull=False)),
        complaints=Count("pk", filter=Q(kind=CaseKind.COMPLAINT.value)),
        oldest_due=Min("answer_due", filter=late),
        unanswered_customers=Count("customer", distinct=True),
    )
    since = now - timedelta(days=WINDOW)
    given = scope.filter(answered_at__gte=since)
    totals = given.aggregate(n=Count("pk"), good=Count("pk", filter=Q(answered_at__lte=F("answer_due"))))
    spans = given.order_by("-answered_at").values_list("opened_at", "answered_at")[:SAMPLE]
    judged = totals["n"] + counts["overdue"]
    return CaseFigures(
        **counts,
        answered=totals["n"],
        median_hours=_median_hours(list(spans)),
        on_time=totals["good"] / judged if judged else None,
    )


def _median_hours(spans):
    if not spans:
        return None
    calendar = working_calendar()
    return median(working_time_between(start, end, calendar, settings.TIME_ZONE) for start, end in spans)


def causes(user, now):
    """Complaints of a year by cause, the most frequent first: [(cause, count)]."""
    scope = Case.objects.visible_to(user).exclude(cause="").filter(opened_at__gte=now - timedelta(days=365))
    return list(scope.order_by().values_list("cause").annotate(n=Count("pk")).order_by("-n", "cause"))


def clocks(rows, now):
    """Gives each case of a page `.used`: the share of its working time that has passed, and its hours."""
    rows = list(rows)
    calendar = working_calendar() if rows else None
    for case in rows:
        end = case.answered_at or now
        given = working_time_between(case.opened_at, case.answer_due, calendar, settings.TIME_ZONE)
        case.hours_given = given
        case.hours_left = working_time_between(end, case.answer_due, calendar, settings.TIME_ZONE)
        taken = working_time_between(case.opened_at, end, calendar, settings.TIME_ZONE)
        case.hours_taken = taken
        case.used = min(1.0, taken / given) if given > 0 else float(end > case.answer_due)
    return rows


def steps_of(case):
    """What happened to a case, latest first: its history rows with who and why."""
    return list(case.history.select_related("history_user", "handler").order_by("-history_date", "-history_id"))


def suggestions(user):
    """Every suggestion this user may see."""
    return Suggestion.objects.visible_to(user).select_related("customer__owner")


def suggestion_q(part, today):
    """The condition of one part of the suggestions."""
    waiting = Q(feedback_on=None)
    return {
        "overdue": waiting & Q(feedback_due__lt=today),
        "given": Q(feedback_on__isnull=False),
        "all": Q(),
    }.get(part, waiting)


def suggestion_figures(user, today):
    """Waiting, overdue, given in a year, and the share of the latter that came in time."""
    scope = Suggestion.objects.visible_to(user).order_by()
    year = Q(feedback_on__gt=today - timedelta(days=365))
    found = scope.aggregate(
        waiting=Count("pk", filter=Q(feedback_on=None)),
        overdue=Count("pk", filter=suggestion_q("overdue", today)),
        given=Count("pk", filter=year),
        good=Count("pk", filter=year & (Q(feedback_due=None) | Q(feedback_on__lte=F("feedback_due")))),
    )
    judged = found["given"] + found["overdue"]
    return {**found, "on_time": found["good"] / judged if judged else None}


def survey_links(user):
    """Every invitation this user may see."""
    return SurveyLink.objects.visible_to(user).select_related("customer__owner", "contact", "sent_by", "response")


def survey_figures(user, today):
    """Invitations by state, the share answered of those that are over, and the mean answers through links."""
    scope = SurveyLink.objects.visible_to(user).order_by()
    found = {state.value: scope.in_state(state, today).count() for state in SurveyState}
    over = found[SurveyState.ANSWERED] + found[SurveyState.EXPIRED]
    items = ("satisfaction", "trust", "commitment")
    means = scope.aggregate(**{item: Avg(f"response__{item}") for item in items})
    return {"counts": found, "rate": found[SurveyState.ANSWERED] / over if over else None, "means": means}
