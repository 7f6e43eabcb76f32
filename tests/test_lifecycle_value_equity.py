"""Customer equity: what all customers together are worth, by every cut, in the scope of whoever looks."""

from datetime import timedelta

import pytest

from customers.models import Standing
from lifecycle.value import equity
from tests.standings import AS_OF, make_night, stand

pytestmark = pytest.mark.django_db
URL = "/lifecycle/value/"


@pytest.fixture
def night(owner, teammate, stranger, make_customer):
    """Three customers of the owner, one of a teammate, one of a stranger; and a night of a month before."""
    before = make_night(AS_OF - timedelta(days=30), published=False)
    before.rows, before.summary = 5, {"clv": 9000.0}
    before.save()
    night = make_night()
    night.rows = 5
    night.summary = {"clv": 11_000.0, "clv_parameter_error": 1100.0, "clv_factors": FACTORS}
    night.save()
    rows = [
        ("A1", owner, "PARTNER", "Steel", {"clv": 6000.0, "clv_deviation": 300.0, "life_months": 30.0}),
        ("A2", owner, "FRIEND", "Steel", {"clv": 1000.0, "clv_deviation": 400.0, "life_months": 20.0}),
        ("A3", owner, "FRIEND", "", {"clv": None, "clv_gap": "NO_PURCHASE"}),
        ("B1", teammate, "FRIEND", "Tools", {"clv": -500.0, "clv_deviation": 0.0, "life_months": 4.0}),
        ("C1", stranger, "PARTNER", "Tools", {"clv": 4500.0, "clv_deviation": 0.0, "life_months": 10.0}),
    ]
    for code, user, tier, industry, fields in rows:
        customer = make_customer(code, owner=user, tier=tier, industry=industry)
        stand(night, customer, **fields)
        stand(before, customer, clv=fields["clv"] and fields["clv"] / 2)
    return night


FACTORS = {
    "life_months": 16.0, "customers": 4, "p_alive": 0.9, "retention": 0.75, "discount_rate": 0.1, "horizon": 36,
    "cost": 120.0, "cost_by": "RECORDED", "purchase_value": 700.0, "margin_known": True,
}  # fmt: skip


def of(found, key):
    return next(group for group in found.groups if group.key == key)


def test_the_sum_is_cut_in_the_order_of_the_axis(owner, night):
    found = equity.equity(owner, night, "tier")
    assert [(group.key, group.count, group.told, group.value) for group in found.groups] == [
        ("FRIEND", 2, 1, 1000.0),
        ("PARTNER", 1, 1, 6000.0),
    ]
    assert (found.total.value, found.total.told, found.total.count) == (7000.0, 2, 3)
    assert of(found, "PARTNER").share == pytest.approx(6 / 7) and found.total.months == pytest.approx(25.0)
    assert found.gaps == [("NO_PURCHASE", 1)] and found.losing == 0


def test_a_loss_counts_from_one_unit_of_the_currency_and_its_link_finds_as_many(client_for, owner, night):
    for code, value in (("A1", -0.4), ("A2", -1.0), ("A3", 0.0)):
        Standing.objects.filter(night=night, customer__code=code).update(clv=value, clv_gap="")
    assert equity.equity(owner, night, "tier").losing == 1
    client = client_for(owner)
    assert 'href="/customers/?clv_max=-1&amp;sort=clv">1</a>' in client.get(URL).content.decode()
    rows = client.get("/customers/?clv_max=-1&sort=clv").context["rows"]
    assert [customer.code for customer in rows] == ["A2"]


def test_chances_add_up_as_squares_and_the_parameters_error_is_shared(owner, night):
    total = equity.equity(owner, night, "tier").total
    spread = equity.TAIL * (300**2 + 400**2 + (7000 * 0.1) ** 2) ** 0.5
    assert (total.low, total.high) == pytest.approx((7000 - spread, 7000 + spread))


def test_every_cut_has_the_same_total_and_its_own_links(admin, night):
    links = {}
    for by in equity.CUTS:
        found = equity.equity(admin, night, by)
        assert found.total.value == 11_000.0 and sum(group.value for group in found.groups) == 11_000.0
        links[by] = [group.href for group in found.groups]
    assert links["tier"] == ["/customers/?tier=FRIEND", "/customers/?tier=PARTNER"]
    assert links["industry"] == ["/customers/?industry=Steel", "/customers/?industry=Tools"]
    assert all(link.startswith("/customers/?owner=") for link in links["owner"]) and len(links["owner"]) == 3


def test_customers_of_nobody_are_a_group_of_their_own(admin, night, make_customer):
    stand(night, make_customer("N1"), clv=10.0)
    group = of(equity.equity(admin, night, "owner"), None)
    assert group.href == "/customers/?owner=null" and group.value == 10.0
    assert of(equity.equity(admin, night, "industry"), "").href == ""


def test_concentration_counts_from_the_top(admin, night):
    shares, best = equity.concentration(admin, night, 4, 11_000.0)
    assert [(share, first) for share, first, _part in shares] == [(0.01, 1), (0.05, 1), (0.2, 1), (0.5, 2)]
    assert [part for *_rest, part in shares] == pytest.approx([6 / 11, 6 / 11, 6 / 11, 10.5 / 11])
    assert [customer.code for customer in best] == ["A1", "C1", "A2"]
    assert equity.concentration(admin, night, 0, 0.0) == ([], [])


def test_the_trend_is_the_firms_for_an_administrator_and_the_own_customers_otherwise(admin, owner, night):
    assert [point.value for point in equity.trend(admin, night)] == [9000.0, 11_000.0]
    assert [point.value for point in equity.trend(owner, night)] == [3500.0, 7000.0]


def test_the_page_works_with_few_queries(client_for, owner, night, django_assert_max_num_queries):
    client = client_for(owner)
    with django_assert_max_num_queries(24):
        html = client.get(URL).content.decode()
    assert "2 customers are worth ¥7K" in html and "/customers/?tier=PARTNER" in html
    assert "No purchase yet" in html and "?gap=NO_PURCHASE" in html and "16.0 months" in html
    assert "?by=owner" not in html and "?by=team" not in html


@pytest.mark.parametrize("by", ["stage", "quadrant", "level", "industry", "owner", "team"])
def test_every_cut_is_drawn(client_for, admin, night, by):
    html = client_for(admin).get(URL, {"by": by}).content.decode()
    assert f'href="?by={by}" aria-current="true"' in html and "¥11K" in html


def test_teammates_and_leads_see_their_own_scope(client_for, teammate, lead, night):
    assert "-¥500" in (html := client_for(teammate).get(URL).content.decode()) or "−¥500" in html
    assert "¥6.5K" in client_for(lead).get(URL).content.decode()


def test_a_cut_that_is_not_for_somebody_is_not_there(client_for, owner, lead, night):
    assert client_for(owner).get(URL, {"by": "owner"}).status_code == 404
    assert client_for(lead).get(URL, {"by": "team"}).status_code == 404
    assert client_for(lead).get(URL, {"by": "nonsense"}).status_code == 404


def test_without_a_night_or_values_it_says_what_to_do(client_for, owner, make_customer):
    assert "The first one has not been computed" in client_for(owner).get(URL).content.decode()
    stand(make_night(), make_customer("Z1", owner=owner), clv=None, clv_gap="FEW_CUSTOMERS")
    html = client_for(owner).get(URL).content.decode()
    assert "No customer with a lifetime value" in html and "Too few customers have bought" in html


def test_anonymous_and_wrong_method(client, client_for, owner):
    assert client.get(URL).url.startswith("/accounts/login/")
    assert client_for(owner).post(URL).status_code == 405


def test_the_list_filters_by_method_and_by_gap(client_for, owner, night):
    Standing.objects.filter(customer__code="A1").update(clv_method="CONTRACT")
    client = client_for(owner)
    assert "A1" in (html := client.get("/customers/", {"method": "CONTRACT"}).content.decode()) and ">A2<" not in html
    assert "A3" in (html := client.get("/customers/", {"gap": "NO_PURCHASE"}).content.decode()) and ">A1<" not in html


def test_chinese(client_for, owner, night):
    html = client_for(owner).get(URL, headers={"accept-language": "zh-hans"}).content.decode()
    assert "客户权益" in html and "五次中有四次" in html
