"""The way to the target mix: gates and what is missing, named moves, churn by tier, promises, targets, account plan."""

from datetime import date, timedelta

import pytest
from django.template.loader import render_to_string
from django.utils import timezone

from customers.models import AccountGoal, Commitment, SurveyResponse, TierTarget
from customers.selectors import gates, mix, portfolio
from customers.vocabulary import FirmSize
from tests.standings import AS_OF, make_night, stand

pytestmark = pytest.mark.django_db
PAGE = "/customers/portfolio/"
PROOF = {"gate": 4.0, "friend_purchases": 3, "purchase_days": 5, "satisfaction": 5, "trust": 4, "contract": False}


@pytest.fixture
def night(db):
    return make_night()


def text(response):
    return response.content.decode()


@pytest.mark.parametrize(
    ("tier", "change", "to", "missing"),
    [
        ("STRANGER", {"purchase_days": 0}, "ACQUAINTANCE", ["order"]),
        ("ACQUAINTANCE", {}, "FRIEND", []),
        ("ACQUAINTANCE", {"trust": 3}, "FRIEND", ["trust"]),
        ("ACQUAINTANCE", {"purchase_days": 2, "satisfaction": None}, "FRIEND", ["purchases", "satisfaction"]),
        ("FRIEND", {}, "PARTNER", ["commitment", "contract"]),
        ("FRIEND", {"commitment": 4, "contract": True}, "PARTNER", []),
    ],
)
def test_the_gates_run_from_satisfaction_to_trust_to_commitment(tier, change, to, missing):
    way = gates.way_up(tier, PROOF | change, 100)
    assert (way.to, [gate.code for gate in way.missing]) == (to, missing)


def test_a_partner_has_no_next_tier_and_a_loss_keeps_the_gate_shut():
    assert gates.way_up("PARTNER", PROOF) is None
    assert [gate.code for gate in gates.way_up("ACQUAINTANCE", PROOF, -1).missing] == ["profit"]


def test_the_customer_page_says_what_is_missing(client_for, cast, make_customer, night):
    customer = make_customer("C1", owner=cast.owner, tier="ACQUAINTANCE")
    stand(night, customer, purchase_days=2)
    SurveyResponse.objects.create(customer=customer, date=AS_OF, satisfaction=3)
    page = text(client_for(cast.owner).get("/customers/C1/"))
    assert "3 proofs are missing for “Friend”." in page and "3 of 4" in page and "never asked" in page
    assert "还缺 3 项证据" in text(client_for(cast.owner, "zh-hans").get("/customers/C1/"))


def moves_of(user, night, size):
    goals = portfolio.targets()
    tiers, _strangers = portfolio.tier_mix(user, night, size, goals)
    return {(move.tier, move.to): move for move in mix.moves(user, night, size, tiers)}


def test_moves_name_the_profitable_and_spare_the_poor(cast, make_customer, night):
    """A large firm of ten acquaintances wants friends: of those above the mean the one with proof leads."""
    for place in range(10):
        customer = make_customer(f"A{place}", owner=cast.owner, tier="ACQUAINTANCE")
        stand(night, customer, gross_profit=1000 * (place + 1) if place > 1 else -50, quadrant="LL", purchase_days=5)
        if place == 7:
            SurveyResponse.objects.create(customer=customer, date=AS_OF, satisfaction=5, trust=5)
        if place == 9:
            SurveyResponse.objects.create(customer=customer, date=AS_OF, satisfaction=2)
    found = moves_of(cast.owner, night, FirmSize.LARGE)
    up, out = found["ACQUAINTANCE", "FRIEND"], found["ACQUAINTANCE", ""]
    assert up.wanted == 8 and [row.code for row, _way in up.rows] == ["A7", "A8", "A6"]
    assert out.wanted == 8 and [row.code for row, _way in out.rows][:2] == ["A0", "A1"]
    assert moves_of(cast.stranger, night, FirmSize.LARGE) == {}


def test_churn_counts_those_who_were_buying_a_year_ago(cast, make_customer, night):
    then = AS_OF - timedelta(days=365)
    for code, first, last in (
        ("stayed", then - timedelta(days=90), AS_OF), ("gone", then - timedelta(days=90), then),
        ("new", AS_OF, AS_OF), ("long gone", date(2020, 1, 1), then - timedelta(days=366)),
    ):  # fmt: skip
        stand(night, make_customer(code, owner=cast.owner, tier="FRIEND"), first_order=first, last_order=last)
    assert mix.churn_by_tier(cast.owner, night) == {"FRIEND": (0.5, 2)}


def test_promises_of_both_sides(client_for, cast, make_customer, night):
    customer, today = make_customer("C1", owner=cast.owner), timezone.localdate()
    for ours, due, kept in ((True, -9, -10), (True, -9, -2), (True, -5, None), (True, 9, None), (False, -9, -9)):
        Commitment.objects.create(
            customer=customer, ours=ours, text="四小时到场", due=today + timedelta(days=due),
            fulfilled_on=None if kept is None else today + timedelta(days=kept),
        )  # fmt: skip
    found = mix.promises(cast.owner, today)
    assert found["ours"] == {"fell_due": 3, "kept": 2, "timely": 1, "broken": 1, "open": 1, "rate": 2 / 3}
    assert found["theirs"]["rate"] == 1.0 and mix.promises(cast.stranger, today)["ours"]["rate"] is None
    assert [row.customer for row in mix.broken_promises(cast.owner, today)] == [customer]
    assert "四小时到场" in text(client_for(cast.owner).get(PAGE))


def targets_data():
    data = {}
    for row in TierTarget.objects.all():
        for name in ("low", "high", "strategy", "strategy_zh"):
            data[f"{row.pk}-{name}"] = getattr(row, name)
    return data


def test_administrators_edit_the_target_mix(client_for, cast):
    row = TierTarget.objects.get(firm_size="SMALL", tier="FRIEND")
    admin, address = client_for(cast.admin), f"{PAGE}targets/"
    assert admin.get(address).status_code == 200
    wrong = admin.post(address, targets_data() | {f"{row.pk}-low": 90, f"{row.pk}-high": 20})
    assert wrong.status_code == 422 and "below the lower one" in text(wrong)
    assert admin.post(address, targets_data() | {f"{row.pk}-high": 30}).status_code == 302
    row.refresh_from_db()
    assert (row.high, row.history.latest().history_user, TierTarget.history.count()) == (30, cast.admin, 1)
    for user in (cast.owner, cast.lead):
        assert client_for(user).get(address).status_code == 403
    assert client_for(None).get(address).status_code == 302


def test_the_account_plan_stands_on_the_customer_page(client_for, cast, make_customer):
    customer = make_customer("C1", owner=cast.owner)
    AccountGoal.objects.create(
        customer=customer, objective="进入总部集采", target_date=date(2020, 1, 1), owner=cast.owner
    )
    page = text(client_for(cast.owner).get("/customers/C1/"))
    assert "进入总部集采" in page and 'class="due-over nowrap">2020-01-01' in page


def test_a_gate_that_is_more_than_met_says_what_it_needed():
    gate = gates.Gate("purchases", 13, 3, True)
    assert render_to_string("customers/parts/gate_value.html", {"gate": gate}).strip() == "13 (need 3)"
