"""The database is the last validator: every constraint of the ground floor refuses what it should."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.apps import apps
from django.db import IntegrityError, models, transaction

from customers.models import (
    AccountGoal,
    Case,
    Category,
    CategoryFirst,
    Commitment,
    Contact,
    Contract,
    Customer,
    CustomerMerge,
    DistinctPair,
    FirmProfile,
    FormerOrder,
    ImportJob,
    ImportUndo,
    MappingPreset,
    Night,
    NightReplay,
    Product,
    PublishedNight,
    PurchaseDay,
    Receivable,
    Referral,
    ServiceCost,
    SurveyResponse,
    Team,
    TierTarget,
    Transaction,
    User,
)
from customers.models.facts import COST_ITEMS, RELATION_ITEMS, RIVAL_ITEMS, VALUE_ITEMS
from customers.models.transactions import LARGEST

pytestmark = [pytest.mark.django_db, pytest.mark.both]
DAY = date(2026, 3, 5)
NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)
DAY_VALUES = {"lines": 1, "orders": 1, "bought": True, "quantity": 1, "amount": 1, "gross_profit": 1}
DAY_VALUES |= {"costed_amount": 1, "service_cost": 0}


@pytest.fixture
def c(make_customer):
    return make_customer("C1")


def a_job():
    return ImportJob.objects.get_or_create(kind="CUSTOMERS", original_name="f")[0]


def another():
    return Customer.objects.create(code="C2", name="C2")


def refuse(name, create):
    """The action fails, and by the constraint of this name where the engine tells it."""
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        create()
    words = str(refused.value)
    assert name in words or "UNIQUE constraint failed" in words, words


TESTED = {
    "category_name_given": lambda c: Category.objects.create(name=""),
    "product_code_given": lambda c: Product.objects.create(code="", name="x"),
    "customer_code_given": lambda c: Customer.objects.create(code="", name="x"),
    "customer_tier_known": lambda c: Customer.objects.create(code="x", name="x", tier="CHUM"),
    "customer_influence_share": lambda c: Customer.objects.create(code="x", name="x", influence=1.01),
    "customer_capacity_positive": lambda c: Customer.objects.create(code="x", name="x", spending_capacity=-1),
    "customer_opinion_range": lambda c: Customer.objects.create(code="x", name="x", outside_opinion=6),
    "customer_not_own_parent": lambda c: Customer.objects.filter(pk=c.pk).update(parent=c.pk),
    "customer_not_merged_into_itself": lambda c: Customer.objects.filter(pk=c.pk).update(merged_into=c.pk),
    "merge_has_a_reason": lambda c: CustomerMerge.objects.create(survivor=c, former=another(), reason="", at=NOON),
    "merge_of_two": lambda c: CustomerMerge.objects.create(survivor=c, former=c, reason="x", at=NOON),
    "one_new_number_per_order": lambda c: [
        FormerOrder.objects.create(former=c, order_no="A1", now="A1 (C1)") for _ in (1, 2)
    ],
    "contact_left_after_since": lambda c: Contact.objects.create(
        customer=c, name="x", since=DAY, left_on=DAY - timedelta(1)
    ),
    "one_target_per_size_and_tier": lambda c: [
        TierTarget.objects.create(firm_size="LARGE", tier="FRIEND", low=0, high=1) for _ in (1, 2)
    ],
    "tier_target_range": lambda c: TierTarget.objects.create(firm_size="X", tier="FRIEND", low=30, high=20),
    "service_cost_positive": lambda c: ServiceCost.objects.create(customer=c, date=DAY, amount=-1),
    "contract_ends_after_start": lambda c: Contract.objects.create(
        customer=c, number="1", start=DAY, end=DAY - timedelta(1)
    ),
    "one_contract_per_number": lambda c: [
        Contract.objects.create(customer=c, number="1", start=DAY, end=DAY) for _ in (1, 2)
    ],
    "receivable_due_after_issue": lambda c: Receivable.objects.create(
        customer=c, number="1", issued=DAY, due=DAY - timedelta(1), amount=1
    ),
    "one_receivable_per_number": lambda c: [
        Receivable.objects.create(customer=c, number="1", issued=DAY, due=DAY, amount=1) for _ in (1, 2)
    ],
    "case_due_after_opened": lambda c: Case.objects.create(
        customer=c, subject="x", opened_at=NOON, answer_due=NOON - timedelta(1)
    ),
    "case_answered_after_opened": lambda c: Case.objects.create(
        customer=c, subject="x", opened_at=NOON, answer_due=NOON, answered_at=NOON - timedelta(1)
    ),
    "goal_says_something": lambda c: AccountGoal.objects.create(customer=c, objective="", target_date=DAY),
    "referral_not_to_self": lambda c: Referral.objects.create(customer=c, referred=c, referred_name="x", date=DAY),
    "one_preset_per_name": lambda c: [
        MappingPreset.objects.create(kind="CUSTOMERS", name="x", mapping={}) for _ in (1, 2)
    ],
    "one_row_per_distinct_pair": lambda c: [
        DistinctPair.objects.create(first=c, second=Customer.objects.get_or_create(code="C2", name="C2")[0], at=NOON)
        for _ in (1, 2)
    ],
    "distinct_pair_in_order": lambda c: DistinctPair.objects.create(first=another(), second=c, at=NOON),
    "one_undo_row_per_object": lambda c: [
        ImportUndo.objects.create(job=a_job(), model="m", object_id=1, before={}) for _ in (1, 2)
    ],
    "one_night_per_date_and_inputs": lambda c: [Night.objects.create(as_of=DAY, fingerprint="f") for _ in (1, 2)],
    "pointer_is_one_row": lambda c: PublishedNight.objects.create(id=2),
    "user_role_known": lambda c: User.objects.create(username="x", role="BOSS"),
    "firm_is_one_row": lambda c: FirmProfile.objects.create(id=2),
    "firm_closes_after_opening": lambda c: FirmProfile.objects.update_or_create(
        id=1, defaults={"opens": time(18), "closes": time(9)}
    ),
    "replay_ends_after_start": lambda c: NightReplay.objects.create(first=DAY, last=DAY - timedelta(1)),
    "firm_fiscal_month": lambda c: FirmProfile.objects.update_or_create(id=1, defaults={"fiscal_year_start": 13}),
    "one_line_per_number": lambda c: [
        Transaction.objects.create(customer=c, order_no="1", line_no="1", date=DAY) for _ in (1, 2)
    ],
    "line_within_limits": lambda c: Transaction.objects.create(customer=c, date=DAY, amount=-LARGEST - 1),
    "one_row_per_customer_and_day": lambda c: [
        PurchaseDay.objects.create(customer=c, date=DAY, **DAY_VALUES) for _ in (1, 2)
    ],
    "one_row_per_customer_category": lambda c: [
        CategoryFirst.objects.create(
            customer=c, category=Category.objects.get_or_create(name="k")[0], first=DAY, last=DAY
        )
        for _ in (1, 2)
    ],
    **{
        f"survey_{item}": lambda c, item=item, top=top: SurveyResponse.objects.create(
            customer=c, date=DAY, **{item: top + 1}
        )
        for items, top in ((RELATION_ITEMS, 5), (VALUE_ITEMS + COST_ITEMS + RIVAL_ITEMS, 10))
        for item in items
    },
}


@pytest.mark.parametrize("name", TESTED)
def test_constraint_refuses(name, c):
    refuse(name, lambda: TESTED[name](c))


def test_every_constraint_of_the_ground_floor_is_tested():
    found = {
        constraint.name
        for model in apps.get_app_config("customers").get_models()
        for constraint in model._meta.constraints
    }
    assert found == set(TESTED)


@pytest.mark.parametrize(
    "create",
    [
        lambda c: Customer.objects.create(code="C1", name="again"),
        lambda c: [Category.objects.create(name="k") for _ in (1, 2)],
        lambda c: [Product.objects.create(code="p", name="p") for _ in (1, 2)],
        lambda c: [Team.objects.create(name="t") for _ in (1, 2)],
        lambda c: [Transaction.objects.create(customer=c, date=DAY, line_key="0" * 32) for _ in (1, 2)],
    ],
)
def test_codes_and_names_are_unique(create, c):
    with pytest.raises(IntegrityError), transaction.atomic():
        create(c)


def test_two_lines_of_one_order_without_numbers_may_stand_side_by_side(c):
    for _ in (1, 2):
        Transaction.objects.create(customer=c, order_no="1", line_no="", date=DAY, amount=5)
    assert c.transactions.count() == 2


def test_a_failed_night_does_not_block_another_try():
    Night.objects.create(as_of=DAY, fingerprint="f", status="FAILED")
    assert Night.objects.create(as_of=DAY, fingerprint="f").pk


def test_products_and_categories_in_use_cannot_be_deleted(c):
    category = Category.objects.create(name="k")
    Transaction.objects.create(customer=c, date=DAY, category=category)
    with pytest.raises(models.ProtectedError):
        category.delete()


def test_a_team_that_goes_leaves_its_people_and_a_user_leaves_the_customers(make_user, make_customer):
    team = Team.objects.create(name="t")
    user = make_user("u", team=team)
    customer = make_customer("x", owner=user)
    team.delete()
    user.refresh_from_db()
    assert user.team is None
    user.delete()
    customer.refresh_from_db()
    assert customer.owner is None


def test_facts_go_with_their_customer(c):
    Contact.objects.create(customer=c, name="x")
    Commitment.objects.create(customer=c, text="x")
    c.delete()
    assert not Contact.objects.exists() and not Commitment.objects.exists()
