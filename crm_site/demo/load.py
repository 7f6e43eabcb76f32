"""Puts a generated world into the database, in batches."""

from datetime import datetime, time, timedelta
from decimal import Decimal
from itertools import islice
from uuid import UUID

import numpy as np
from django.utils import timezone

from crm_site.demo import catalogue, people
from crm_site.demo.lifecycles import DAYS
from customers import models as m
from customers.naming import initials, sort_key
from lifecycle.models import StageBudget
from segmentation.models import ExpertScore, Indicator

BATCH = 5_000
LATE_REASON = "长期拖欠货款"


class Calendar:
    """Dates and moments of day numbers, in the site's zone."""

    def __init__(self, as_of):
        self.start = as_of - timedelta(days=DAYS)
        self.zone = timezone.get_default_timezone()

    def date(self, day):
        """The date of a day number; None for NaN."""
        return None if day != day else self.start + timedelta(days=int(day))

    def moment(self, day, minute=600):
        """A moment of that day; None for NaN."""
        date = self.date(day)
        return date and datetime.combine(date, time(int(minute) // 60, int(minute) % 60), self.zone)


BUDGETS = {"EXPLORATION": 2_000, "FORMATION": 8_000, "STABLE": 7_000, "DECLINE": 1_500}  # for a customer, a year


def load(world, users, tell=lambda words: None):
    """Writes the world; returns the number of rows per kind. The caller holds the transaction."""
    calendar = Calendar(world.as_of)
    owners = [users[name] for name in people.MANAGERS]
    tell("customers")
    customers = _customers(world, owners, calendar)
    ids = np.array([customer.pk for customer in customers] + [0])
    tell("order lines")
    lines = _lines(world, ids, calendar)
    tell("facts")
    for stage, amount in BUDGETS.items():
        StageBudget.objects.filter(stage=stage).update(amount=amount)
    counts = {"customers": len(customers), "transactions": lines, **_facts(world, ids, owners, calendar)}
    return {**counts, **_knowledge(world, ids, owners, calendar)}


def _money(number):
    """Cents as an exact decimal; None for NaN."""
    return None if number != number else Decimal(round(number * 100)).scaleb(-2)


def _number(value):
    return None if value != value else value


def _write(model, rows):
    """bulk_create of an iterator, batch by batch, so that memory stays flat; returns the objects' number."""
    rows, written = iter(rows), 0
    while batch := list(islice(rows, BATCH)):
        model.objects.bulk_create(batch)
        written += len(batch)
    return written


def _rows(frame):
    """The rows of a frame as tuples of plain Python values."""
    return zip(*(frame[column].tolist() for column in frame.columns), strict=True)


def _owner(owners, index):
    return owners[index] if index >= 0 else None


def _customers(world, owners, calendar):
    last = world.lines.groupby("customer").day.max()
    rows = []
    for position, row in enumerate(world.companies.itertuples(index=False)):
        exited = calendar.date(min(int(last.get(position, 0)) + 240, DAYS - 1)) if row.exited else None
        rows.append(m.Customer(
            code=row.code, name=row.name, sort_key=sort_key(row.name), initials=initials(row.name), kind=row.kind,
            industry=row.industry, region=row.region, scale=row.scale, owner=_owner(owners, row.owner), tier=row.tier,
            relationship="LONG_TERM" if row.tier == "PARTNER" else "UNDECIDED",
            spending_capacity=_money(row.spending_capacity), category_demand=_money(row.category_demand),
            influence=_number(row.influence), first_contact=calendar.date(row.first_contact), exited_on=exited,
            restricted=row.restricted, restriction_reason=LATE_REASON if row.restricted else "",
            **({} if position in last.index else _beginning(position)),
        ))  # fmt: skip
    for start in range(0, len(rows), BATCH):
        m.Customer.objects.bulk_create(rows[start : start + BATCH])
    return rows


def _beginning(position):
    """What is known of somebody who has not bought: two of three say how far they are."""
    step = ("NEED", "SEARCH", "EVALUATION", "")[position % 4]
    level = ("ORDINARY", "HIGH", "")[position % 3]
    return {"buying_step": step, "expected_level": level, "outside_opinion": 2 + position % 4 if step else None}


def _products():
    categories = {name: m.Category.objects.get_or_create(name=name)[0] for name in catalogue.CATEGORIES}
    products = [
        m.Product.objects.get_or_create(
            code=code, defaults={"name": name, "category": categories[catalogue.CATEGORIES[line]]}
        )[0]
        for code, name, line in catalogue.PRODUCTS
    ]
    return [product.pk for product in products], [categories[name].pk for name in catalogue.CATEGORIES]


def _lines(world, ids, calendar):
    products, categories = _products()
    keys = np.random.default_rng(len(world.lines)).bytes(16 * len(world.lines))
    dates = [calendar.date(day) for day in range(DAYS + 1)]
    columns = world.lines[
        ["customer", "day", "order_no", "line_no", "product", "category", "quantity", "amount", "cost", "service_cost"]
    ]
    return _write(m.Transaction, (
        m.Transaction(
            customer_id=int(ids[who]), order_no=order, line_no=line, date=dates[day], product_id=products[product],
            category_id=categories[category], quantity=int(quantity), amount=_money(amount), cost=_money(cost),
            service_cost=_money(serving), line_key=UUID(bytes=keys[16 * index : 16 * index + 16], version=4),
        )
        for index, row in enumerate(_rows(columns))
        for who, day, order, line, product, category, quantity, amount, cost, serving in [row]
    ))  # fmt: skip


def _facts(world, ids, owners, calendar):
    """Money facts."""
    date = calendar.date
    contracts = [
        m.Contract(customer_id=int(ids[who]), number=number, title=title, start=date(start), end=date(end),
                   amount=_money(amount), is_subscription=subscription)
        for who, number, title, start, end, amount, subscription in _rows(world.contracts)
    ]  # fmt: skip
    m.Contract.objects.bulk_create(contracts, batch_size=BATCH)
    return {
        "contracts": len(contracts),
        "service_costs": _write(m.ServiceCost, (
            m.ServiceCost(customer_id=int(ids[who]), date=date(day), amount=_money(amount), note=note)
            for who, day, amount, note in _rows(world.service_costs)
        )),
        "commitments": _write(m.Commitment, (
            m.Commitment(customer_id=int(ids[who]), contract=contracts[contract], ours=ours, text=text, due=date(due),
                         fulfilled_on=date(kept))
            for who, contract, ours, text, due, kept in _rows(world.commitments)
        )),
        "receivables": _write(m.Receivable, (
            m.Receivable(customer_id=int(ids[who]), number=number, issued=date(issued), due=date(due),
                         amount=_money(amount), paid_on=date(paid))
            for who, number, issued, due, amount, paid in _rows(world.receivables)
        )),
        "contacts": _write(m.Contact, (
            m.Contact(customer_id=int(ids[who]), name=name, position=position, phone=phone, email=email,
                      is_buyer=buyer, since=date(since), left_on=date(left))
            for who, name, position, phone, email, buyer, since, left in _rows(world.contacts)
        )),
        "interactions": _write(m.Interaction, _interactions(world, ids, owners, calendar)),
    }  # fmt: skip


def _interactions(world, ids, owners, calendar):
    owner = world.companies.owner.to_numpy()
    for who, day, minute, kind, inbound, phase, summary, step, following, rival, discount in _rows(world.interactions):
        yield m.Interaction(
            customer_id=int(ids[who]), at=calendar.moment(day, minute), kind=kind, inbound=inbound, care_phase=phase,
            summary=summary, next_step=step, next_date=calendar.date(following), by=_owner(owners, owner[who]),
            competitor=rival, discount=discount,
        )  # fmt: skip


def _knowledge(world, ids, owners, calendar):
    """Cases, opinions, answers, tiers and expert scores."""
    date, moment, owner = calendar.date, calendar.moment, world.companies.owner.to_numpy()
    indicators = dict(Indicator.objects.filter(expert=True).values_list("code", "id"))
    items = [column for column in world.surveys.columns if column not in ("customer", "day")]
    return {
        "cases": _write(m.Case, (
            m.Case(customer_id=int(ids[row.customer]), kind=row.kind, subject=row.subject, text=row.text,
                   state=row.state, opened_at=moment(row.day, 590), answer_due=moment(row.due, 1080),
                   answer=row.answer, answered_at=moment(row.answered, 990), cause=row.cause, sub_cause=row.sub_cause)
            for row in world.cases.itertuples(index=False)
        )),
        "suggestions": _write(m.Suggestion, (
            m.Suggestion(customer_id=int(ids[who]), text=text, made_on=date(day), feedback_due=date(due),
                         feedback=feedback, feedback_on=date(given))
            for who, text, day, due, feedback, given in _rows(world.suggestions)
        )),
        "referrals": _write(m.Referral, (
            m.Referral(customer_id=int(ids[who]), referred_id=int(ids[referred]) or None, referred_name=name,
                       date=date(day))
            for who, referred, name, day in _rows(world.referrals)
        )),
        "surveys": _write(m.SurveyResponse, (
            m.SurveyResponse(customer_id=int(ids[who]), date=date(day), **dict(zip(items, answers, strict=True)))
            for who, day, *answers in _rows(world.surveys)
        )),
        "tier_changes": _write(m.TierChange, (
            m.TierChange(customer_id=int(ids[who]), before=before, after=after, reason=reason, at=moment(day, 1020),
                         by=_owner(owners, owner[who]))
            for who, before, after, reason, day in _rows(world.tier_changes)
        )),
        "expert_scores": _write(ExpertScore, (
            ExpertScore(customer_id=int(ids[who]), indicator_id=indicators[code], score=score, date=date(day),
                        scorer=_owner(owners, owner[who]))
            for who, code, score, day in _rows(world.expert_scores) if code in indicators
        )),
    }  # fmt: skip
