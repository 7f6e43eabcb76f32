"""What one customer's page says: facts in one query, what needs attention, and monthly sums."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import Count, F, IntegerField, Max, Min, OuterRef, Q, Subquery, Sum, Value
from django.db.models.functions import Coalesce, TruncMonth

from customers import models as m
from customers.vocabulary import CaseState

SOON = 60  # days before a contract ends in which it is worth a word
QUIET = 90  # days without contact after which it is worth a word


@dataclass(frozen=True)
class Facts:
    """What is known beside the verdicts, on a day."""

    last_contact: datetime | None
    open_cases: int
    late_cases: int
    late_answers: int
    overdue: Decimal | None
    overdue_count: int
    overdue_since: date | None
    contract_end: date | None
    contacts: int
    surveys: int
    cases: int
    suggestions: int
    interactions: int
    contracts: int
    receivables: int
    lines: int
    latest_order: date | None = None


def _one(model, aggregate, field=None, **where):
    """A subquery for one aggregate over the rows of the outer customer."""
    rows = model.objects.filter(customer=OuterRef("pk"), **where).order_by().values("customer")
    return Subquery(rows.annotate(answer=aggregate).values("answer"), output_field=field)


def _count(model, **where):
    return Coalesce(_one(model, Count("pk"), IntegerField(), **where), Value(0))


def facts_of(customer, *, today, now):
    """The facts of a customer, in one query."""
    open_case = {"state": CaseState.OPEN.value}
    unpaid = {"paid_on": None, "due__lt": today}
    found = m.Customer.objects.filter(pk=customer.pk).values(
        last_contact_=_one(m.Interaction, Max("at"), at__lte=now),
        open_cases_=_count(m.Case, **open_case),
        late_cases_=_count(m.Case, **open_case, answer_due__lt=now),
        late_answers_=_count(m.Suggestion, feedback_on=None, feedback_due__lt=today),
        overdue_=_one(m.Receivable, Sum("amount"), **unpaid),
        overdue_count_=_count(m.Receivable, **unpaid),
        overdue_since_=_one(m.Receivable, Min("due"), **unpaid),
        contract_end_=_one(m.Contract, Max("end"), start__lte=today, end__gte=today),
        contacts_=_count(m.Contact, left_on=None),
        surveys_=_count(m.SurveyResponse),
        cases_=_count(m.Case),
        suggestions_=_count(m.Suggestion),
        interactions_=_count(m.Interaction),
        contracts_=_count(m.Contract),
        receivables_=_count(m.Receivable),
        lines_=_count(m.Transaction),
        latest_order_=_one(m.Transaction, Max("date"), date__lte=today),
    )
    return Facts(**{name.rstrip("_"): value for name, value in found.get().items()})


def beyond(facts, night):
    """Whether an order is recorded that the published night cannot know yet: counts and verdicts lag behind it."""
    return bool(night and facts.latest_order and facts.latest_order > night.as_of)


def needs(customer, facts, *, today):
    """What calls for action, most urgent first, as codes of the sentences in parts/needs.html."""
    standing = customer.standing
    quiet = facts.last_contact is None or (today - facts.last_contact.date()).days > QUIET
    found = [
        ("late_case", facts.late_cases > 0),
        ("open_case", facts.open_cases > 0 and not facts.late_cases),
        ("overdue", facts.overdue_count > 0),
        ("warned", bool(standing and standing.warned)),
        ("proposal", bool(customer.proposed_tier)),
        ("contract", facts.contract_end is not None and facts.contract_end <= today + timedelta(days=SOON)),
        ("feedback", facts.late_answers > 0),
        ("nobody", customer.owner_id is None),
        ("quiet", quiet and bool(standing and standing.orders) and not customer.exited_on),
    ]
    return [code for code, holds in found if holds]


@dataclass(frozen=True)
class Month:
    """What a customer bought in a month; profit None where no cost is known."""

    first: date
    amount: Decimal
    profit: Decimal | None
    orders: int


def months_before(day, count):
    """The first days of the `count` months that end with the month of `day`."""
    last = day.year * 12 + day.month - 1
    return [date(index // 12, index % 12 + 1, 1) for index in range(last - count + 1, last + 1)]


def monthly(customer, *, until, count=36):
    """Amount, profit and orders of each of the last `count` months, empty months included."""
    firsts = months_before(until, count)
    rows = (
        m.PurchaseDay.objects.filter(customer=customer, date__gte=firsts[0], date__lte=until)
        .annotate(month=TruncMonth("date"))
        .order_by()
        .values("month")
        .annotate(total=Sum("amount"), won=Sum("gross_profit"), known=Sum("costed_amount"), number=Sum("orders"))
    )
    by_month = {row["month"]: row for row in rows}
    found = []
    for first in firsts:
        row = by_month.get(first)
        profit = row["won"] if row and (row["known"] or row["won"]) else None
        found.append(Month(first, row["total"] if row else Decimal(0), profit, row["number"] if row else 0))
    return found


def orders_of(customer, month=None, since=None, until=None):
    """The orders of a customer (of a month, or between two days), newest first: number, date, lines, quantity, amount,
    known profit."""
    lines = m.Transaction.objects.filter(customer=customer)
    if month:
        lines = lines.filter(date__year=month.year, date__month=month.month)
    if since:
        lines = lines.filter(date__gte=since)
    if until:
        lines = lines.filter(date__lte=until)
    return (
        lines.order_by()
        .values("order_no", "date")
        .annotate(
            lines=Count("pk"),
            total_quantity=Sum("quantity"),
            total=Sum("amount"),
            won=Sum(F("amount") - F("cost"), filter=Q(cost__isnull=False)),
            costed=Count("cost"),
        )
        .order_by("-date", "-order_no")
    )


def lines_of(customer, orders):
    """The lines of these orders (rows of orders_of) as a dict by (order number, date)."""
    wanted = {(row["order_no"], row["date"]) for row in orders}
    if not wanted:
        return {}
    days = [day for _number, day in wanted]
    found = {}
    rows = m.Transaction.objects.filter(customer=customer, date__gte=min(days), date__lte=max(days))
    for line in rows.select_related("product", "category").order_by("line_no", "pk"):
        if (line.order_no, line.date) in wanted:
            found.setdefault((line.order_no, line.date), []).append(line)
    return found
