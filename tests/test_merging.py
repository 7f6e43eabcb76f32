"""Two records of one customer become one: nothing is lost, the old code leads on, nights and files go by the rules."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customers import merging
from customers.models import (
    AccountGoal,
    Case,
    Commitment,
    Contact,
    Contract,
    Customer,
    CustomerMerge,
    FormerOrder,
    InputChange,
    Interaction,
    PurchaseDay,
    Receivable,
    Referral,
    ServiceCost,
    Standing,
    Suggestion,
    SurveyResponse,
    TierChange,
    Transaction,
)
from customers.publish import refresh_days
from customers.publish_locks import apart_from_nights, night_alone
from customers.services.merge import BOTH, FORMER, SURVIVOR, MergeProblem, differences, merge_customers
from customers.services.records import save_record
from lifecycle.models import ExplorationCheck, PatternReason, StageOverride, ValueEstimate
from retention.models import ExitDecision, Loss, RetentionTask, StepDone, TaskTemplate, WinBack
from segmentation.models import ExpertScore, Indicator
from segmentation.selectors.score_sheet import coverage
from tests.standings import make_night, stand

pytestmark = [pytest.mark.django_db, pytest.mark.both]
AT = datetime(2026, 3, 5, 12, tzinfo=UTC)
DAY = date(2026, 3, 5)


@pytest.fixture
def two(cast, make_customer):
    stays = make_customer("S1", name="Hua Yu", owner=cast.owner)
    goes = make_customer("F1", name="Huayu Ltd", owner=cast.owner)
    return stays, goes


def merge(cast, stays, goes, chosen=None, **given):
    return merge_customers(
        survivor=stays, former=goes, chosen=chosen or {}, reason="Same firm", by=cast.lead, at=AT, **given
    )


def line(customer, order_no="", line_no="", amount=10, day=DAY, **given):
    return Transaction.objects.create(
        customer=customer, order_no=order_no, line_no=line_no, date=day, amount=amount, **given
    )


def test_every_relation_to_a_customer_has_a_rule():
    assert merging.undeclared() == []
    known = {relation.key for relation in merging.relations()}
    assert set(merging.RULES) == known  # no rule for what is not there any more
    assert {"customers.Standing.customer", "retention.RetentionTask.customer", "customers.Customer.parent"} <= known


def test_facts_move_and_the_former_row_stays_empty(cast, two):
    stays, goes = two
    contact = Contact.objects.create(customer=goes, name="Li")
    ServiceCost.objects.create(customer=goes, date=DAY, amount=3)
    Interaction.objects.create(customer=goes, at=AT, summary="call", contact=contact)
    Case.objects.create(customer=goes, subject="late", opened_at=AT, answer_due=AT)
    Suggestion.objects.create(customer=goes, text="more", made_on=DAY)
    SurveyResponse.objects.create(customer=goes, date=DAY, trust=4)
    AccountGoal.objects.create(customer=goes, objective="grow", target_date=DAY)
    contract = Contract.objects.create(customer=goes, number="K1", start=DAY, end=DAY)
    Commitment.objects.create(customer=goes, contract=contract, text="deliver")
    line(goes)
    record = merge(cast, stays, goes)
    facts = (Contact, ServiceCost, Interaction, Case, Suggestion, SurveyResponse, AccountGoal, Contract, Commitment)
    for model in (*facts, Transaction):
        assert [row.customer_id for row in model.objects.all()] == [stays.pk], model
        assert record.moved[model._meta.label] == 1
    goes.refresh_from_db()
    assert goes.merged_into == stays and goes.code == "F1"
    assert (record.by, record.reason, record.at, record.survivor, record.former) == (
        cast.lead, "Same firm", AT, stays, goes,
    )  # fmt: skip
    assert list(Customer.objects.visible_to(cast.admin)) == [stays]
    assert stays.history.first().history_change_reason == "Merged with F1"
    assert InputChange.objects.filter(what="customers.merge").count() == 1


def test_sums_orders_and_days_are_conserved(cast, two):
    stays, goes = two
    for customer in two:
        line(customer, "A1", "1", 100, quantity=2, cost=60)
        line(customer, "A1", "2", 50)
        line(customer, "", "", 7)
    line(goes, "B7", "1", 1000)
    refresh_days([stays.pk, goes.pk])
    before = Transaction.objects.aggregate(n=Sum("amount"), q=Sum("quantity"))
    orders = PurchaseDay.objects.aggregate(n=Sum("orders"))["n"]
    assert orders == 5
    merge(cast, stays, goes)
    assert Transaction.objects.aggregate(n=Sum("amount"), q=Sum("quantity")) == before
    assert Transaction.objects.exclude(customer=stays).count() == 0 and Transaction.objects.count() == 7
    numbers = set(Transaction.objects.values_list("order_no", flat=True))
    assert numbers == {"", "A1", "A1 (F1)", "B7"}
    day = PurchaseDay.objects.get()
    assert (day.customer_id, day.amount, day.lines) == (stays.pk, Decimal(1314), 7)
    assert day.orders == 4  # purchases of one day without a number are one order
    assert FormerOrder.objects.get().now == "A1 (F1)"


def test_merging_again_keeps_the_way_of_every_old_code(cast, two, make_customer):
    stays, goes = two
    last = make_customer("C9", owner=cast.owner)
    for customer in (stays, goes, last):
        line(customer, "A1", "1")
    line(goes, "B1", "1")
    line(last, "B1", "1")
    merge(cast, stays, goes)
    merge(cast, last, stays)
    goes.refresh_from_db()
    assert goes.merged_into == last and Transaction.objects.filter(customer=last).count() == 5
    now = set(FormerOrder.objects.values_list("former__code", "order_no", "now"))
    assert now == {
        ("F1", "A1", "A1 (F1)"), ("S1", "A1", "A1 (S1)"), ("S1", "B1", "B1 (S1)"), ("F1", "B1", "B1 (S1)"),
    }  # fmt: skip


def test_numbers_both_use_are_told_apart(cast, two):
    stays, goes = two
    for customer in two:
        Receivable.objects.create(customer=customer, number="R1", issued=DAY, due=DAY, amount=5)
        Contract.objects.create(customer=customer, number="N" * 64, start=DAY, end=DAY, amount=9)
    merge(cast, stays, goes)
    assert set(stays.receivables.values_list("number", flat=True)) == {"R1", "R1 (F1)"}
    assert set(stays.contracts.values_list("number", flat=True)) == {"N" * 64, "N" * 59 + " (F1)"}


def test_recommendations_of_each_other_go_and_are_told(cast, two, make_customer):
    stays, goes = two
    third = make_customer("T")
    Referral.objects.create(customer=stays, referred=goes, referred_name="to F", date=DAY)
    Referral.objects.create(customer=goes, referred=stays, referred_name="to S", date=DAY)
    Referral.objects.create(customer=goes, referred=third, referred_name="to T", date=DAY)
    Referral.objects.create(customer=third, referred=goes, referred_name="from T", date=DAY)
    record = merge(cast, stays, goes)
    left = set(Referral.objects.values_list("customer__code", "referred__code"))
    assert left == {("S1", "T"), ("T", "S1")}
    assert {row["text"] for row in record.stayed} == {"to F", "to S"}


def test_who_buys_through_whom_closes_no_circle(cast, two, make_customer):
    stays, goes = two
    middle, child = make_customer("M", parent=goes), make_customer("K", parent=goes)
    Customer.objects.filter(pk=stays.pk).update(parent=middle)
    merge(cast, stays, goes)
    assert dict(Customer.objects.values_list("code", "parent__code")) == {"S1": "M", "M": None, "K": "S1", "F1": None}
    assert child.pk and goes.pk


def test_tier_decisions_move_with_their_code_and_are_no_steps_of_the_survivor(cast, two):
    stays, goes = two
    TierChange.objects.create(customer=goes, before="STRANGER", after="FRIEND", at=AT, by=cast.lead)
    merge(cast, stays, goes)
    assert TierChange.objects.values_list("customer__code", "former_code").get() == ("S1", "F1")


def test_opinions_the_survivor_has_already_stay_and_are_told(cast, two):
    stays, goes = two
    indicator = Indicator.objects.filter(expert=True).first()
    for customer in two:
        ExpertScore.objects.create(customer=customer, indicator=indicator, scorer=cast.owner, score=4, date=DAY)
        PatternReason.objects.create(customer=customer, code="PRICE", date=DAY)
    ExpertScore.objects.create(customer=goes, indicator=indicator, scorer=cast.lead, score=2, date=DAY)
    ValueEstimate.objects.create(customer=stays, information=5)
    ValueEstimate.objects.create(customer=goes, information=7, knowledge=8)
    record = merge(cast, stays, goes)
    assert (stays.expert_scores.count(), goes.expert_scores.count()) == (2, 1)
    assert ExpertScore.objects.visible_to(cast.admin).count() == 2  # what stays behind is nobody's any more
    counted = {row.indicator: (row.scored, row.total) for row in coverage(cast.admin)}
    assert counted[indicator] == (1, 1)
    assert (stays.pattern_reasons.count(), goes.pattern_reasons.count()) == (1, 1)
    stays.value_estimate.refresh_from_db()
    assert (stays.value_estimate.information, stays.value_estimate.knowledge) == (5, 8)
    assert len(record.stayed) == 3


def test_the_survivors_checklist_is_filled_from_the_other(cast, two):
    stays, goes = two
    ExplorationCheck.objects.create(customer=stays, goal_fit=False, need="own", date=DAY)
    ExplorationCheck.objects.create(customer=goes, goal_fit=True, sincerity=False, need="other", note="told", date=DAY)
    record = merge(cast, stays, goes)
    check = ExplorationCheck.objects.get(customer=stays)
    assert [result for _words, result in check.tests] == [False, False, None]
    assert (check.need, check.note) == ("own", "told") and len(record.stayed) == 1


def test_a_checklist_moves_where_the_survivor_has_none(cast, two):
    stays, goes = two
    ExplorationCheck.objects.create(customer=goes, sincerity=True, date=DAY)
    record = merge(cast, stays, goes)
    assert ExplorationCheck.objects.get().customer == stays and record.stayed == []


def test_stages_set_by_hand_one_goes_on(cast, two):
    for customer in two:
        StageOverride.objects.create(
            customer=customer, stage="STABLE", reason=customer.code, begin=DAY, until=DAY + timedelta(days=9)
        )
    merge(cast, *two)
    assert list(two[0].stage_overrides.order_by("reason").values_list("reason", "ended_on")) == [
        ("F1", DAY), ("S1", None),
    ]  # fmt: skip


def test_past_nights_stay_as_they_were(cast, two):
    night = make_night()
    for customer in two:
        stand(night, customer)
    merge(cast, *two)
    assert set(Standing.objects.values_list("customer__code", flat=True)) == {"S1", "F1"}


def lines_of(orders):
    """Order number, line number and amount; any of the numbers may be missing."""
    return st.tuples(st.sampled_from(["", *orders]), st.sampled_from(["", "1"]), st.integers(-5, 9))


@given(
    own=st.lists(lines_of("AB"), max_size=5),
    other=st.lists(lines_of("AC"), max_size=5),
    bills=st.lists(st.tuples(st.booleans(), st.sampled_from("XYZ"), st.integers(0, 99)), max_size=6),
    scores=st.lists(st.tuples(st.booleans(), st.integers(1, 5), st.integers(0, 2)), max_size=6),
)
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_nothing_is_lost_whatever_the_two_have(cast, own, other, bills, scores):
    with transaction.atomic():
        stays, goes = (Customer.objects.create(code=code, name=code) for code in ("HS", "HF"))
        for customer, found in ((stays, own), (goes, other)):
            for number, (order, place, amount) in enumerate(dict.fromkeys(found)):
                line(customer, order, f"{place}{number}" if place else "", amount)
        for second, number, amount in {bill[:2]: bill for bill in bills}.values():
            customer = goes if second else stays
            Receivable.objects.create(customer=customer, number=number, issued=DAY, due=DAY, amount=amount)
        indicator = Indicator.objects.filter(expert=True).first()
        for second, score, day in {(row[0], row[2]): row for row in scores}.values():
            customer, on = goes if second else stays, DAY + timedelta(days=day)
            ExpertScore.objects.create(customer=customer, indicator=indicator, scorer=cast.owner, score=score, date=on)
        refresh_days([stays.pk, goes.pk])
        before = _totals()
        orders = {(row.customer_id, row.order_no) for row in Transaction.objects.exclude(order_no="")}
        record = merge(cast, stays, goes)
        assert _totals() == before
        left = Transaction.objects.exclude(order_no="")
        assert len({(row.customer_id, row.order_no) for row in left}) == len(orders)
        told = len([row for row in record.stayed if row["what"] == "segmentation.ExpertScore"])
        assert ExpertScore.objects.filter(customer=goes).count() == told
        assert not Receivable.objects.filter(customer=goes).exists()
        assert PurchaseDay.objects.filter(customer=goes).count() == 0
        assert (PurchaseDay.objects.aggregate(n=Sum("amount"))["n"] or 0) == (before[0] or 0)
        transaction.set_rollback(True)


def _totals():
    lines, bills = Transaction.objects.all(), Receivable.objects.all()
    return (
        lines.aggregate(n=Sum("amount"))["n"], lines.count(), bills.aggregate(n=Sum("amount"))["n"], bills.count(),
        ExpertScore.objects.count(), ExpertScore.objects.aggregate(n=Sum("score"))["n"],
    )  # fmt: skip


# Tasks, losses, partings


@pytest.fixture
def template():
    return TaskTemplate.objects.create(
        code="T-X", category="CARE", title="Care", title_zh="关怀", trigger={}, due_days=3, rest_days=20
    )


def task(customer, template, **given):
    values = {"raised_on": DAY, "due": DAY + timedelta(days=5), "night_id": 7} | given
    return RetentionTask.objects.create(customer=customer, template=template, owner=customer.owner, **values)


def test_two_live_tasks_of_a_playbook_become_one(cast, two, template):
    stays, goes = two
    first = template.steps.create(position=1, offset=0, text="a", text_zh="a")
    second = template.steps.create(position=2, offset=1, text="b", text_zh="b")
    kept = task(stays, template, evidence={"silence": 40}, state="SNOOZED", snoozed_until=DAY + timedelta(days=9))
    other = task(goes, template, evidence={"cases_open": 2}, due=DAY + timedelta(days=2), priority=-3)
    done = task(goes, template, state="DONE", outcome="SUCCESS", closed_on=DAY)
    StepDone.objects.create(task=kept, step=first, at=AT)
    for step in (first, second):
        StepDone.objects.create(task=other, step=step, at=AT)
    merge(cast, stays, goes)
    for row in (kept, other, done):
        row.refresh_from_db()
        assert row.customer_id == stays.pk
    assert (kept.state, kept.due, kept.priority) == ("OPEN", DAY + timedelta(days=2), -3)
    assert kept.evidence == {"silence": 40, "cases_open": 2}
    assert kept.ticks.count() == 2 and done.state == "DONE"
    assert (other.state, other.closed_reason, other.closed_by) == ("CLOSED", "MERGED", cast.lead)
    assert kept.events.get(what="joined").by is None and other.events.get(what="closed").by == cast.lead


def test_a_task_somebody_asked_for_stays_in_their_hands_when_it_joins(cast, two, template):
    kept = task(two[0], template)
    task(two[1], template, night_id=None)
    merge(cast, *two)
    assert kept.events.get(what="joined").by == cast.lead


def test_tasks_of_who_may_not_see_the_survivor_go_to_its_owner(cast, two, template):
    stays, goes = two
    Customer.objects.filter(pk=goes.pk).update(owner=cast.teammate)
    goes.refresh_from_db()
    moved = task(goes, template)
    merge(cast, stays, goes, {"owner": SURVIVOR})
    moved.refresh_from_db()
    assert moved.owner == cast.owner and moved.events.get(what="followed")


def test_tasks_follow_an_owner_taken_over(cast, two, template):
    stays, goes = two
    Customer.objects.filter(pk=goes.pk).update(owner=cast.teammate)
    goes.refresh_from_db()
    own = task(stays, template)
    merge(cast, stays, goes, {"owner": FORMER})
    own.refresh_from_db()
    assert own.owner == cast.teammate


def test_two_losses_are_one_and_the_attempt_goes_on(cast, two):
    for customer in two:
        Loss.objects.create(customer=customer, lost_on=DAY, cause="PRICE", recorded_at=AT)
    attempt = WinBack.objects.create(loss=two[1].losses.get(), lever="PRICE", started_on=DAY)
    merge(cast, *two)
    assert set(two[0].losses.values_list("ended_on", "won_back")) == {(None, False), (DAY, False)}
    attempt.refresh_from_db()
    assert attempt.state == "RUNNING" and attempt.loss.ended_on is None


def test_of_two_proposals_to_part_a_persons_stands(cast, two):
    ExitDecision.objects.create(customer=two[0], reason="LOW_VALUE", state="SUGGESTED")
    ExitDecision.objects.create(customer=two[1], reason="LOW_VALUE", state="PROPOSED", proposed_at=AT)
    approved = ExitDecision.objects.create(
        customer=two[1], reason="LOW_VALUE", state="APPROVED", proposed_at=AT, decided_at=AT
    )
    record = merge(cast, *two)
    assert set(two[0].exits.values_list("state", flat=True)) == {"WITHDRAWN", "PROPOSED"}
    approved.refresh_from_db()
    assert approved.customer == two[1] and len(record.stayed) == 1  # the survivor has not left


# Fields


def test_blanks_are_filled_and_the_rest_is_the_survivors_unless_chosen(cast, two, make_customer):
    stays, goes = two
    Customer.objects.filter(pk=stays.pk).update(region="East", note="one", first_contact=DAY, tier="FRIEND")
    Customer.objects.filter(pk=goes.pk).update(
        region="West", industry="Steel", note="two", first_contact=DAY - timedelta(days=9), tier="PARTNER",
        restricted=True, restriction_reason="late", exited_on=DAY, owner=cast.teammate,
    )  # fmt: skip
    stays.refresh_from_db()
    goes.refresh_from_db()
    defaults = {one.name: one.default for one in differences(stays, goes)}
    assert defaults == {
        "name": SURVIVOR, "industry": FORMER, "region": SURVIVOR, "owner": SURVIVOR, "tier": SURVIVOR,
        "restricted": FORMER, "first_contact": FORMER, "exited_on": SURVIVOR, "note": BOTH,
    }  # fmt: skip
    record = merge(cast, stays, goes, {"tier": FORMER, "note": BOTH})
    stays.refresh_from_db()
    assert (stays.region, stays.industry, stays.note, stays.tier) == ("East", "Steel", "one\n\ntwo", "PARTNER")
    assert (stays.restricted, stays.restriction_reason, stays.exited_on) == (True, "late", None)
    assert record.chosen["industry"] == ["", "Steel"] and "region" not in record.chosen
    change = TierChange.objects.get()
    assert (change.before, change.after, change.by, change.former_code) == ("FRIEND", "PARTNER", cast.lead, "")


# What cannot be


def test_refused_where_it_cannot_be(cast, two):
    stays, goes = two
    with pytest.raises(MergeProblem, match="same"):
        merge(cast, stays, stays)
    with pytest.raises(MergeProblem, match="changed"):
        merge(cast, stays, goes, versions=(1, 2))
    with pytest.raises(MergeProblem, match="reason"):
        merge_customers(survivor=stays, former=goes, chosen={}, reason=" ", by=cast.lead, at=AT)
    merge(cast, stays, goes, versions=(1, 1))
    with pytest.raises(MergeProblem, match="gone"):
        merge(cast, stays, goes)
    assert CustomerMerge.objects.count() == 1


@pytest.mark.sqlite
def test_not_while_a_night_is_computed(cast, two):
    with night_alone(), pytest.raises(MergeProblem, match="night"):
        merge(cast, *two)
    assert not CustomerMerge.objects.exists()
    with apart_from_nights():  # free again
        pass


def test_a_parent_that_buys_through_the_survivor_is_not_taken_over(cast, two, make_customer):
    stays, goes = two
    middle = make_customer("M", parent=stays)
    Customer.objects.filter(pk=goes.pk).update(parent=middle)
    goes.refresh_from_db()
    assert "parent" not in {one.name for one in differences(stays, goes)}
    merge(cast, stays, goes, {"parent": FORMER})
    assert dict(Customer.objects.values_list("code", "parent__code")) == {"S1": None, "M": "S1", "F1": None}


def test_a_tier_taken_over_answers_what_was_proposed(cast, two):
    stays, goes = two
    Customer.objects.filter(pk=stays.pk).update(proposed_tier="ACQUAINTANCE", proposal_reason={"orders": 1})
    Customer.objects.filter(pk=goes.pk).update(tier="FRIEND")
    goes.refresh_from_db()
    merge(cast, stays, goes)
    stays.refresh_from_db()
    assert (stays.tier, stays.proposed_tier, stays.proposal_reason) == ("FRIEND", "", {})


def test_one_recommendation_is_not_two_after_a_merge(cast, two, make_customer):
    stays, goes = two
    third = make_customer("T")
    for customer, day in ((stays, DAY), (goes, DAY - timedelta(days=9))):
        Referral.objects.create(customer=customer, referred=third, referred_name=f"{customer.code} to T", date=day)
        Referral.objects.create(customer=third, referred=customer, referred_name=f"T to {customer.code}", date=day)
        Referral.objects.create(customer=customer, referred_name="somebody", date=day)  # who that was is not known
    record = merge(cast, stays, goes)
    left = Referral.objects.exclude(referred=None).values_list("customer__code", "referred__code", "date")
    assert set(left) == {("S1", "T", DAY - timedelta(days=9)), ("T", "S1", DAY - timedelta(days=9))} and len(left) == 2
    assert Referral.objects.filter(customer=stays, referred=None).count() == 2
    assert {row["text"] for row in record.stayed} == {"F1 to T", "T to F1"}


def test_what_was_being_written_about_the_former_customer_is_the_survivors(cast, two):
    stays, goes = two
    old = Contact.objects.create(customer=goes, name="Li")
    merge(cast, stays, goes)
    old.position = "Head of purchasing"  # a page that was open meanwhile
    for record in (
        old,
        Interaction(customer=goes, at=AT, summary="call"),
        Transaction(customer=goes, date=DAY, amount=4),
    ):
        assert save_record(record=record, by=cast.owner, at=AT).customer_id == stays.pk
    assert (stays.contacts.get().position, stays.interactions.count()) == ("Head of purchasing", 1)
    assert PurchaseDay.objects.get().customer == stays
