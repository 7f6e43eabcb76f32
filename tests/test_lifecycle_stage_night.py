"""Stages in the night: marks, exits, overrides, evidence, and changes that are kept across nights."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, transaction

from crm_site import nightly
from customers import publish
from customers.models import (
    Case,
    Category,
    Contact,
    Contract,
    Product,
    Receivable,
    ServiceCost,
    Standing,
    SurveyResponse,
    Transaction,
)
from lifecycle.models import LifecyclePolicy, RelationshipSignal, StageChange, StageOverride

pytestmark = [pytest.mark.both, pytest.mark.django_db]
DAY = date(2025, 6, 30)


def ago(days):
    return DAY - timedelta(days=days)


def at(days):
    return datetime.combine(ago(days), datetime.min.time(), ZoneInfo("Asia/Shanghai")) + timedelta(hours=10)


def buys(customer, every=15, start=800, stop=2, cost="60"):
    Transaction.objects.bulk_create(
        Transaction(customer=customer, date=ago(days), amount=Decimal(100), cost=cost and Decimal(cost), quantity=1)
        for days in range(start, stop - 1, -every)
    )


@pytest.fixture
def firm(make_customer):
    """Twenty steady customers to learn the rhythm from, C01 to C20."""
    people = [make_customer(f"C{number:02}") for number in range(1, 21)]
    for number, customer in enumerate(people):
        buys(customer, start=797 + number % 5, stop=2)
    publish.refresh_days()
    return {customer.code: customer for customer in people}


def night(day=DAY, **options):
    return nightly.run_night(as_of=day, **options)


def standing(customer, day=DAY):
    return Standing.objects.get(night=night(day), customer=customer)


def held(customer):
    rows = StageChange.objects.filter(customer=customer, withdrawn_on=None).order_by("as_of")
    return [(row.as_of, row.before, row.after, row.rule) for row in rows]


def test_every_change_is_kept_with_the_measures_that_decided(firm):
    night()
    changes = list(StageChange.objects.filter(customer=firm["C01"]).order_by("as_of"))
    assert [change.after for change in changes] == ["EXPLORATION", "FORMATION", "STABLE"]
    stable = changes[-1].evidence
    assert stable["n"] >= 5 and stable["recency"] >= 0 and stable["red"] is False and stable["COMPLAINT"] is False
    assert {change.decided_on for change in changes} == {DAY}
    assert sum(standing(firm["C01"]).__dict__[f"{name}_days"] for name in ("exploration", "formation", "stable")) == 797


def test_what_a_later_night_says_no_longer_is_withdrawn_not_deleted(firm):
    night()
    before = StageChange.objects.count()
    Transaction.objects.filter(customer=firm["C01"], date__lt=ago(100)).delete()
    publish.refresh_days([firm["C01"].pk])
    LifecyclePolicy.objects.get(pk=1).save()  # an input changed: the same date is computed anew
    night()
    gone = StageChange.objects.exclude(withdrawn_on=None)
    assert {row.customer_id for row in gone} >= {firm["C01"].pk} and {row.withdrawn_on for row in gone} == {DAY}
    assert StageChange.objects.count() > before


def test_a_signal_moves_into_decline_on_its_day_until_it_is_settled(firm):
    signal = RelationshipSignal.objects.create(customer=firm["C02"], kind="COMPETITOR", date=ago(9))
    now = standing(firm["C02"])
    assert (now.stage, now.stage_rule, now.stage_since) == ("DECLINE", "SIGNAL", ago(9))
    assert held(firm["C02"])[-1] == (ago(9), "STABLE", "DECLINE", "SIGNAL")
    assert StageChange.objects.get(customer=firm["C02"], as_of=ago(9)).evidence["COMPETITOR"] is True
    signal.settled_on = ago(3)
    signal.save()
    assert standing(firm["C02"]).stage == "STABLE"


def test_complaints_past_due_and_buyers_are_signals_where_the_policy_says_so(firm):
    Case.objects.create(customer=firm["C03"], opened_at=at(40), answer_due=at(20), subject="late")
    Case.objects.create(
        customer=firm["C04"], opened_at=at(40), answer_due=at(20), subject="answered", answered_at=at(1)
    )
    Contact.objects.create(customer=firm["C05"], name="Buyer", is_buyer=True, since=ago(900), left_on=ago(10))
    night()
    found = {c: standing(firm[c]).stage_rule for c in ("C03", "C04", "C05")}
    assert found == {"C03": "SIGNAL", "C04": "STEADY", "C05": "STEADY"}
    assert standing(firm["C03"]).stage_since == ago(19)
    policy = LifecyclePolicy.objects.get(pk=1)
    policy.signal_complaint, policy.signal_buyer = False, True
    policy.save()
    assert {c: standing(firm[c]).stage_rule for c in ("C03", "C05")} == {"C03": "STEADY", "C05": "SIGNAL"}


def test_satisfaction_commitment_and_break_even_hold_a_stage_back(firm):
    for day, value in ((200, 5), (120, 2)):
        SurveyResponse.objects.create(customer=firm["C06"], date=ago(day), satisfaction=value)
    ServiceCost.objects.create(customer=firm["C07"], date=ago(810), amount=Decimal(10**6))
    Contract.objects.create(customer=firm["C08"], number="1", start=ago(900), end=ago(-90))
    now = {c: standing(firm[c]) for c in ("C06", "C07", "C08")}
    assert (now["C06"].stage, now["C06"].stage_rule) == ("FORMATION", "UNSATISFIED")
    assert (now["C07"].stage, now["C07"].stage_rule) == ("EXPLORATION", "NOT_PAID_BACK")
    assert now["C07"].break_even_on is None and now["C07"].balance < 0 and now["C07"].investment == 0
    policy = LifecyclePolicy.objects.get(pk=1)
    policy.use_satisfaction, policy.use_break_even, policy.use_commitment = False, False, True
    policy.save()
    now = {c: standing(firm[c]).stage_rule for c in ("C06", "C07", "C08")}
    assert now == {"C06": "UNCOMMITTED", "C07": "UNCOMMITTED", "C08": "STEADY"}


def test_the_end_comes_only_when_nothing_is_open(firm):
    customer = firm["C09"]
    customer.exited_on = ago(50)
    customer.save()
    case = Case.objects.create(customer=customer, opened_at=at(60), answer_due=at(55), subject="open")
    debt = Receivable.objects.create(customer=customer, number="1", issued=ago(90), due=ago(60), amount=5)
    now = standing(customer)
    assert (now.stage, now.stage_rule, now.stage_since, now.pattern) == ("DECLINE", "EXIT", ago(50), "IV")
    case.answered_at, case.state = at(30), "CLOSED"
    case.save()
    assert standing(customer).stage == "DECLINE"
    debt.paid_on = ago(20)
    debt.save()
    now = standing(customer)
    assert (now.stage, now.stage_since, now.left_on) == ("TERMINATED", ago(20), ago(50))
    assert held(customer)[-2:] == [
        (ago(50), "STABLE", "DECLINE", "EXIT"),
        (ago(20), "DECLINE", "TERMINATED", "EXIT"),
    ]


def test_an_override_holds_until_its_last_day_and_expires_by_itself(firm):
    customer = firm["C10"]
    StageOverride.objects.create(customer=customer, stage="DECLINE", reason="plant closes", begin=ago(10), until=ago(2))
    during, after = standing(customer, ago(2)), standing(customer, ago(1))
    assert (during.stage, during.stage_rule, during.computed_stage) == ("DECLINE", "OVERRIDE", "STABLE")
    assert during.stage_since == ago(10) and during.pattern == "OPEN"
    assert (after.stage, after.stage_rule, after.computed_stage) == ("STABLE", "STEADY", "")
    assert held(customer)[-2:] == [
        (ago(10), "STABLE", "DECLINE", "OVERRIDE"),
        (ago(1), "DECLINE", "STABLE", "STEADY"),
    ]


def test_an_override_that_was_lifted_ends_on_that_day(firm):
    customer = firm["C11"]
    StageOverride.objects.create(
        customer=customer, stage="FORMATION", reason="new plant", begin=ago(20), until=ago(-90), ended_on=ago(5)
    )
    assert standing(customer, ago(6)).stage == "FORMATION"
    assert standing(customer).stage == "STABLE"


def test_the_database_is_the_last_to_validate(firm):
    good = {"customer": firm["C12"], "stage": "STABLE", "reason": "x", "begin": DAY, "until": DAY}
    for bad in ({"until": ago(1)}, {"reason": ""}, {"stage": "TERMINATED"}, {"stage": "PROSPECT"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            StageOverride.objects.create(**{**good, **bad})
    for bad in ({"kind": "BUYER"}, {"settled_on": ago(1)}):
        with pytest.raises(IntegrityError), transaction.atomic():
            RelationshipSignal.objects.create(**{"customer": firm["C12"], "kind": "INTENT", "date": DAY, **bad})


def test_long_silence_proposes_the_end_and_sets_nothing(firm, make_customer):
    lost = make_customer("LOST")
    buys(lost, start=700, stop=400)
    publish.refresh_days([lost.pk])
    now = standing(lost)
    assert now.end_proposed and now.stage == "DECLINE" and now.pattern != "OPEN" and now.left_on is not None
    assert not standing(firm["C01"]).end_proposed


def test_the_preview_says_who_would_move_and_saves_nothing(firm, client_for, admin):
    night()
    client, url = client_for(admin), "/admin/lifecycle/lifecyclepolicy/1/change/"
    form = client.get(url).context["adminform"].form
    data = {name: field.value() for name, field in ((name, form[name]) for name in form.fields)}
    data = {name: value for name, value in data.items() if value not in (None, False)}
    same = client.post(url, {**data, "_preview": "1"}).context["preview"]
    assert (same.total, same.moved, same.matrix) == (20, 0, [])
    found = client.post(url, {**data, "young_purchases": 900, "_preview": "1"}).context["preview"]
    assert (found.moved, found.matrix) == (20, [("STABLE", "EXPLORATION", 20)])
    assert found.counts == [("EXPLORATION", 0, 20), ("STABLE", 20, 0)] and len(found.moves) == 20
    assert found.moves[0].customer.code.startswith("C")
    assert LifecyclePolicy.objects.get(pk=1).young_purchases == 3
    wrong = client.post(url, {**data, "young_purchases": "many", "_preview": "1"})
    assert wrong.context["preview"] is None and "young_purchases" in wrong.context["adminform"].form.errors
    assert client.post(url, {**data, "young_purchases": 4}).status_code == 302
    assert LifecyclePolicy.objects.get(pk=1).young_purchases == 4


def test_phases_and_price_indices_of_products_bought_at_different_prices(firm, make_customer):
    line, other = (Category.objects.create(name=name) for name in ("cables", "cameras"))
    product = Product.objects.create(code="P1", name="cable", category=line)
    for code, amount in (("C01", 120), ("C02", 60)):
        Transaction.objects.create(
            customer=firm[code], date=ago(5), product=product, amount=amount, cost=50, quantity=10
        )
    Transaction.objects.create(customer=firm["C02"], date=ago(40), category=other, amount=9, cost=5, quantity=1)
    fresh = make_customer("NEW")
    Transaction.objects.create(customer=fresh, date=ago(3), category=other, amount=9, cost=5, quantity=1)
    make_customer("LEAD")
    publish.refresh_days()
    found = {row.customer.code: row for row in Standing.objects.filter(night=night()).select_related("customer")}
    assert (found["C01"].price_index, found["C02"].price_index) == (pytest.approx(4 / 3), pytest.approx(2 / 3))
    assert found["C03"].price_index is None
    phases = {code: found[code].phase for code in ("C01", "C03", "NEW", "LEAD")}
    assert phases == {"C01": "NEW_BUSINESS", "C03": "LOYAL", "NEW": "NEW", "LEAD": "POTENTIAL"}
