"""The value of one customer on its page: the figure with its range, or the reason why there is none."""

from datetime import timedelta

import pytest

from customers.models import Referral, Standing, SurveyResponse
from lifecycle.models import LifecyclePolicy, ValueEstimate
from lifecycle.value import exchange, stack
from tests.standings import AS_OF, make_night, stand

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(client_for, owner, make_customer):
    def open_page(tab="", **fields):
        customer = make_customer(owner=owner, code="V1")
        stand(make_night(), customer, **fields)
        return client_for(owner).get("/customers/V1/", {"tab": tab} if tab else {}).content.decode()

    return open_page


def test_the_head_tells_the_value_with_its_range(page):
    html = page(clv=12_000.0, clv_low=8_000.0, clv_high=15_000.0, order_value=900.0, margin_rate=0.25, life_months=20.5)
    assert "¥12K" in html and "¥8K to ¥15K" in html and "20.5 months" in html


def test_the_head_tells_why_there_is_no_value(page):
    html = page(clv=None, clv_gap="REFUNDED")
    assert "Not told" in html and "Refunds are as large as the purchases" in html


@pytest.fixture
def customer(owner, make_customer):
    return make_customer("V1", owner=owner, spending_capacity=10_000)


@pytest.fixture
def night():
    night = make_night()
    night.summary = {"clv_factors": {"purchase_value": 500.0}}
    night.save()
    return night


def stacked(customer, night, **fields):
    standing = stand(night, customer, **{"amount_12m": 4000, "margin_rate": 0.25, **fields})
    return {part.code: part for part in stack.stack(customer, standing, night, LifecyclePolicy()).parts}


def test_purchase_value_is_capacity_times_share_times_margin(customer, night):
    part = stacked(customer, night)["purchase"]
    assert part.amount == pytest.approx(1000.0) and part.why["share"] == 0.4 and not part.why["over"]


def test_a_share_is_capped_at_the_whole_and_a_refund_is_no_share(customer, night):
    part = stacked(customer, night, amount_12m=15_000)["purchase"]
    assert part.amount == pytest.approx(2500.0) and part.why["over"]
    Standing.objects.all().delete()
    assert stacked(customer, night, amount_12m=-5)["purchase"].amount == 0.0


def test_without_a_capacity_the_sales_stand_for_it(customer, night):
    customer.spending_capacity = None
    part = stacked(customer, night)["purchase"]
    assert part.amount == pytest.approx(1000.0) and "capacity" not in part.why


def test_word_of_mouth_as_entered_counted_by_benchmark_or_missing(customer, night, make_customer):
    assert stacked(customer, night)["praise"].source == "MISSING"
    answer = SurveyResponse.objects.create(customer=customer, date=AS_OF, satisfaction=5)
    Standing.objects.all().delete()
    part = stacked(customer, night)["praise"]
    assert part.source == "BENCHMARK" and part.amount == pytest.approx(0.125 * 8 * 500)
    SurveyResponse.objects.filter(pk=answer.pk).update(satisfaction=1)
    Standing.objects.all().delete()
    assert stacked(customer, night)["praise"].amount == pytest.approx(-0.125 * 25 * 500)
    won = make_customer("W1")
    for name, referred in (("x", won), ("y", None), ("z", None), ("u", None)):
        Referral.objects.create(customer=customer, referred_name=name, referred=referred, date=AS_OF)
    Standing.objects.all().delete()
    stand(night, won, amount_12m=1000, margin_rate=0.2)
    part = stacked(customer, night)["praise"]
    assert part.source == "MEASURED" and part.amount == pytest.approx(200.0) and part.why["reach"] == 4
    customer.influence, customer.reach = 0.5, 10
    Standing.objects.filter(customer=customer).delete()
    assert stacked(customer, night)["praise"].amount == pytest.approx(0.5 * 10 * 200)


def test_missing_estimates_are_missing_and_not_zero(customer, night):
    assert stacked(customer, night)["knowledge"].amount is None
    ValueEstimate.objects.create(customer=customer, knowledge=0, note="none")
    Standing.objects.all().delete()
    parts = stacked(customer, night)
    assert parts["knowledge"].amount == 0.0 and parts["information"].source == "MISSING"


ANSWERS = {
    "product_value": 8, "service_value": 7, "personnel_value": 6, "image_value": 7, "monetary_cost": 5, "time_cost": 4,
    "mental_cost": 2, "physical_cost": 4,
}  # fmt: skip


def test_delivered_value_as_in_the_text_and_against_the_competitor(customer):
    rivals = {f"rival_{name}": grade for name, grade in ANSWERS.items()} | {"rival_product_value": 4}
    SurveyResponse.objects.create(customer=customer, date=AS_OF, **ANSWERS, competitor="Rival", **rivals)
    found = exchange.exchange(customer, AS_OF)
    assert (found.own.value, found.own.cost, found.own.absolute, found.own.relative) == (7.0, 4.0, 3.0, 1.75)
    assert found.rival.absolute == 2.0 and found.lead == 1.0 and found.competitor == "Rival"
    assert [(item.code, item.own, item.rival) for item in found.items][:2] == [
        ("product_value", 8, 4),
        ("service_value", 7, 7),
    ]


def test_totals_are_written_so_that_their_difference_adds_up_and_a_tie_is_called_one(client_for, owner, customer):
    ours, theirs = (8, 6, 6, 7, 4, 6, 8, 4), (4, 6, 7, 6, 3, 6, 3, 5)  # 6.75 − 5.33 and 5.75 − 4.33
    rivals = {f"rival_{name}": grade for name, grade in zip(ANSWERS, theirs, strict=True)}
    own = dict(zip(ANSWERS, ours, strict=True))
    SurveyResponse.objects.create(customer=customer, date=AS_OF, **own, competitor="Rival", **rivals)
    assert exchange.exchange(customer, AS_OF).lead == 0.0
    html = client_for(owner).get("/customers/V1/", {"tab": "value"}).content.decode()
    assert "the customer gave us 6.75 for value and 5.33 for cost: +1.42. That is as much as at Rival." in html


def test_later_answers_and_other_questions_do_not_count(customer):
    SurveyResponse.objects.create(customer=customer, date=AS_OF, satisfaction=5)
    SurveyResponse.objects.create(customer=customer, date=AS_OF + timedelta(days=1), **ANSWERS)
    assert exchange.exchange(customer, AS_OF) is None
    SurveyResponse.objects.create(customer=customer, date=AS_OF, product_value=8)
    found = exchange.exchange(customer, AS_OF)
    assert found.own.value == 8.0 and found.own.cost is None and found.own.absolute is None and found.lead is None


def test_the_tab_shows_both_directions(client_for, owner, customer, night):
    stand(night, customer, clv=9000.0, amount_12m=4000, margin_rate=0.25)
    SurveyResponse.objects.create(customer=customer, date=AS_OF, **ANSWERS, rival_product_value=9, rival_time_cost=1)
    html = client_for(owner).get("/customers/V1/", {"tab": "value"}).content.decode()
    assert "What does the customer bring us?" in html and "What do we bring the customer?" in html
    assert "the customer would gain by leaving" in html and "Nobody has estimated it." in html
    assert "/lifecycle/value/V1/estimates/" in html and "¥10,000.00" not in html


def test_the_tab_opens_without_a_night_and_without_a_survey(client_for, owner, customer):
    html = client_for(owner).get("/customers/V1/", {"tab": "value"}).content.decode()
    assert "The customer has not been asked" in html and "5 parts are missing" in html


FORM = "/lifecycle/value/V1/estimates/"


def test_estimates_are_saved_with_their_grounds_and_history(client_for, owner, teammate, customer):
    sent = {"information": "1,200", "knowledge": "", "transaction": "300.5", "note": "calls, forecasts"}
    answer = client_for(owner).post(FORM, sent)
    assert answer.status_code == 302 and answer.url == "/customers/V1/?tab=value"
    estimate = ValueEstimate.objects.get(customer=customer)
    assert (estimate.information, estimate.knowledge, float(estimate.transaction)) == (1200, None, 300.5)
    client_for(owner).post(FORM, sent | {"information": "5"})
    changes = list(estimate.history.values_list("information", "history_user"))
    assert changes == [(5, owner.pk), (1200, owner.pk)] and ValueEstimate.objects.count() == 1


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"information": "100"}, "Write down the grounds"),
        ({"information": "-1", "note": "x"}, "greater than or equal to 0"),
        ({"knowledge": "many", "note": "x"}, "Enter a number."),
        ({"transaction": "9" * 30, "note": "x"}, "digits"),
    ],
)
def test_bad_estimates_are_refused_and_nothing_is_lost(client_for, owner, customer, sent, said):
    answer = client_for(owner).post(FORM, sent)
    html = answer.content.decode()
    assert answer.status_code == 422 and said in html and not ValueEstimate.objects.exists()
    assert all(value in html for value in sent.values())


def test_estimates_are_for_those_who_see_the_customer(client, client_for, cast, customer):
    for user in cast.insiders():
        assert client_for(user).get(FORM).status_code == 200
    for user in cast.outsiders():
        assert client_for(user).get(FORM).status_code == 404
        assert client_for(user).post(FORM, {"information": "1", "note": "x"}).status_code == 404
    assert client.get(FORM).url.startswith("/accounts/login/")
    assert client_for(cast.owner).delete(FORM).status_code == 405


def test_chinese(client_for, owner, customer, night):
    stand(night, customer, clv=9000.0, amount_12m=4000, margin_rate=0.25)
    client = client_for(owner)
    html = client.get("/customers/V1/", {"tab": "value"}, headers={"accept-language": "zh-hans"}).content.decode()
    assert "客户给我们带来什么？" in html and "消费能力" in html and "尚无人估计。" in html
