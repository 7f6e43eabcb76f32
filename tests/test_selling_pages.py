"""Cross-selling: the night's offers by tier, what holds them back, the page and the card; who sees what."""

from datetime import date

import pytest

from customers.changes import watermark
from customers.frames import read_book
from customers.models import Category, Contract, Product, Referral, Transaction
from customers.publish import refresh_days
from customers.vocabulary import NightOrigin
from retention.models import CarePolicy, Offer, SellingReport
from retention.selling import selectors, verdicts
from tests.retention_world import make_night
from tests.standings import make_night as published_night
from tests.standings import stand

pytestmark = pytest.mark.django_db
PAGE = "/retention/cross-selling/"
AS_OF = date(2026, 3, 5)


@pytest.fixture
def goods(db):
    """Three categories of two products each: A1, A2, B1, B2, C1, C2."""
    made = {}
    for name in "ABC":
        category = Category.objects.create(name=name)
        for number in "12":
            made[name + number] = Product.objects.create(code=name + number, name=name + number, category=category)
    return made


@pytest.fixture
def buy(goods, make_customer, cast):
    def make(code, *products, owner="owner", day=date(2025, 1, 10), **fields):
        customer = make_customer(code, owner=getattr(cast, owner), **{"tier": "ACQUAINTANCE"} | fields)
        for number, name in enumerate(products):
            Transaction.objects.create(
                customer=customer, product=goods[name], category=goods[name].category, order_no=f"{code}{number}",
                date=day, quantity=1, amount=100, cost=60,
            )  # fmt: skip
        refresh_days([customer.pk])
        return customer

    return make


@pytest.fixture
def world(buy):
    """Six who hold A1, A2 and B1; three with nothing but C1; one acquaintance and one friend with A1 alone."""
    for place in range(6):
        buy(f"M{place}", "A1", "A2", "B1")
    for place in range(3):
        buy(f"N{place}", "C1")
    return buy("acquaintance", "A1"), buy("friend", "A1", tier="FRIEND")


def run(mark="a"):
    night = make_night(AS_OF, mark=mark)
    book = read_book(AS_OF)
    columns, offers = verdicts.of(book)
    return columns.set_axis(book.customers["customer_id"]), offers.publish(night)


@pytest.mark.both
def test_acquaintances_get_similar_products_and_friends_other_categories(world, goods):
    acquaintance, friend = world
    columns, counts = run()
    assert counts["offers"] == Offer.objects.count() == 2
    similar, other = selectors.offer_of(acquaintance), selectors.offer_of(friend)
    assert (similar.what, similar.why_item, similar.together) == (goods["A2"], goods["A1"], 6)
    assert similar.lift == pytest.approx((6 / 8) / (6 / 11))
    assert (other.what.name, other.why_item.name, other.same_category) == ("B", "A", False)
    assert columns.loc[acquaintance.pk, "products"] == 1 and columns.loc[acquaintance.pk, "switching_cost"] == 10.0
    assert SellingReport.objects.get().content["churn"][0][0] == 1
    run_again = run("b")[1]
    assert run_again == counts and Offer.objects.count() == 2


@pytest.mark.both
@pytest.mark.parametrize(
    ("knob", "value", "offers"), [("pair_support", 7, 0), ("pair_lift", 9, 0), ("pair_support", 6, 2)]
)
def test_the_care_policy_says_what_an_offer_needs(world, knob, value, offers):
    before = watermark()
    CarePolicy.objects.update_or_create(pk=1, defaults={knob: value})
    assert watermark() != before  # the next night reckons anew
    assert run()[1]["offers"] == offers


def test_the_care_policy_says_how_many_products_bind(world):
    CarePolicy.objects.update_or_create(pk=1, defaults={"enough_products": 1})
    assert run()[0].loc[world[0].pk, "switching_cost"] == 40.0


def test_what_holds_an_offer_back(world, buy):
    acquaintance, _friend = world
    acquaintance.restricted = True
    acquaintance.save()
    run()
    assert selectors.offer_of(acquaintance).held_back == "RESTRICTED"
    assert selectors.counts(acquaintance.owner)["held"] == 1


def test_a_replay_leaves_todays_offers_alone(world):
    run()
    night = make_night(AS_OF, origin=NightOrigin.REPLAY, mark="r")
    _columns, offers = verdicts.of(read_book(AS_OF))
    assert offers.publish(night) == {} and Offer.objects.count() == 2


def test_a_firm_without_products_or_lines_gets_none():
    _columns, counts = run()
    assert counts == {"offers": 0}


def test_the_page_and_the_card_show_the_evidence(client_for, cast, world):
    acquaintance, _friend = world
    run()
    Referral.objects.create(customer=acquaintance, referred_name="x", date=AS_OF)
    night = published_night(AS_OF)
    stand(night, acquaintance, products=1, switching_cost=10.0, role="ADVOCATE")
    client = client_for(cast.owner)
    page = client.get(PAGE).content.decode()
    assert "holders of A1 buy it 1.4 times as often (6 hold both, 75%)" in page and "almost 0" in page
    assert "1 recommendation; 0 became customers" in page
    card = client.get(acquaintance.get_absolute_url()).content.decode()
    assert "What could this customer buy next?" in card and "template=T-ACQ-SIM" in card
    chinese = client_for(cast.owner, "zh-hans").get(PAGE).content.decode()
    assert "下一步" in chinese and '<th scope="col" class="num">提升度</th>' in chinese


def test_everybody_sees_their_own_offers(client_for, cast, world):
    run()
    for user in cast.insiders():
        assert len(client_for(user).get(f"{PAGE}?part=similar").context["rows"]) == 1
    for user in cast.outsiders():
        assert client_for(user).get(PAGE).context["rows"] == []
    assert client_for(None).get(PAGE).status_code == 302
    assert client_for(cast.owner).post(PAGE).status_code == 405
    assert client_for(cast.owner).get(f"{PAGE}?part=nonsense&page=x").status_code == 200


def test_before_the_first_night(client_for, cast):
    assert client_for(cast.owner).get(PAGE).status_code == 200


def test_the_switching_cost_names_only_what_it_is_made_of(client_for, cast, world):
    acquaintance, _friend = world
    stand(published_night(AS_OF), acquaintance, products=1, switching_cost=40.0)

    def named():
        return client_for(cast.owner).get(acquaintance.get_absolute_url()).content.decode().split("/ 100 ")[1][:120]

    assert "from products held<" in named()
    Contract.objects.create(customer=acquaintance, number="K", start=date(2026, 1, 1), end=date(2026, 12, 31))
    assert "from products held · the running contract<" in named()
