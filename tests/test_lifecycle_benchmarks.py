"""Claims of the texts on own data: golden numbers of the formulas, the figures of a small firm, and the page."""

from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_site import nightly
from customers import models as m
from customers import publish
from lifecycle.benchmarks import charts, frames, selectors
from lifecycle.models import Claim
from lifecycle.numerics import claims

DAY = date(2025, 6, 30)
URL = "/lifecycle/benchmarks/"


def test_the_revenue_identity_and_its_levers():
    start = claims.Inputs(new=200, existing=1000, retention=0.80, usage=12, price=50)
    assert start.sales == 600_000 and start.users == 1000
    assert claims.levers(start)["retention"] == pytest.approx(30_000)  # +5 %: 630,000
    assert claims.levers(start) == pytest.approx(
        {"retention": 30_000, "new": 6_000, "existing": 24_000, "usage": 30_000, "price": 30_000}
    )
    full = claims.Inputs(new=0, existing=10, retention=1.0, usage=1, price=1)
    assert claims.levers(full)["retention"] == 0.0


def test_the_formulas_of_the_texts():
    assert claims.projection(1 / 3)[5] == pytest.approx(0.1317, abs=5e-5) and claims.projection(0.0) == [1.0] * 6
    assert claims.retention_effect(0.80, 0.05, 0.10) == pytest.approx(0.30 / 0.25 - 1)  # m (1+d) / (1+d-r)
    assert claims.retention_effect(1.0, 0.05, 0.10) == pytest.approx(0.0)
    assert claims.top_share(np.array([80.0, 5, 5, 5, 5])) == pytest.approx(0.8)
    assert np.isnan(claims.top_share(np.array([-5.0, 2.0]))) and np.isnan(claims.top_share(np.zeros(0)))
    assert claims.concentration(np.array([3.0, 1.0])) == [(0.0, 0.0), (0.5, 0.75), (1.0, 1.0)]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(0.01, 1e6), min_size=6, max_size=6))
def test_the_split_of_a_change_is_exact(numbers):
    before, after = tuple(numbers[:3]), tuple(numbers[3:])
    parts = claims.split(before, after)
    assert sum(parts) == pytest.approx(np.prod(after) - np.prod(before), rel=1e-6, abs=1e-6 * max(numbers) ** 3)


def test_a_split_with_nothing_on_one_side_is_not_told():
    assert all(np.isnan(part) for part in claims.split((0.0, 1.0, 1.0), (1.0, 1.0, 1.0)))
    assert claims.split((2.0, 3.0, 4.0), (2.0, 3.0, 4.0)) == (0.0, 0.0, 0.0)


def years(**columns):
    size = len(columns["bought"])
    usual = dict.fromkeys(("amount", "profit", "amount_prev", "profit_prev", "categories", "tenure"), [0.0] * size)
    frame = pd.DataFrame(usual | {"returning": [True] * size, "bought_prev": [0] * size} | columns)
    return frame


def test_figures_of_hand_made_customers():
    found = years(
        bought=[2, 0, 1, 3], bought_prev=[1, 4, 0, 2], amount=[200.0, 0, 50, 600], profit=[50.0, 0, 10, 140],
        profit_prev=[10.0, 60, 0, 5], returning=[True, True, False, True], tenure=[900, 900, 30, 400],
        categories=[1, 2, 0, 7],
    )  # fmt: skip
    own = claims.inputs(found)
    assert (own.new, own.existing, own.retention) == (1, 3, pytest.approx(2 / 3))
    assert own.sales == pytest.approx(850) and own.usage == 2.0
    assert claims.returning_share(found) == pytest.approx(190 / 200)
    assert claims.loyal_ratio(found) == pytest.approx(200 / 325)
    assert claims.loss_equivalent(found) == pytest.approx(6.0)
    assert claims.churn_by_products(found) == [(1, 1, 0.0), (2, 1, 1.0), (4, 1, 0.0)]
    assert np.isnan(claims.loyal_ratio(years(bought=[1], tenure=[900.0], amount=[5.0])))
    assert claims.inputs(years(bought=[0])).sales == 0.0


@pytest.fixture
def firm(make_customer, cast):
    """Ten customers of the owner and two of a stranger; the first three bought only in the year before."""
    category = m.Category.objects.create(name="cables")
    for number in range(12):
        customer = make_customer(f"K{number:02}", owner=cast.owner if number < 10 else cast.stranger)
        days = [500, 420] if number < 3 else [800, 450, 200, 90] if number < 8 else [120, 40]
        for ago in days:
            m.Transaction.objects.create(
                customer=customer, date=DAY - timedelta(days=ago), order_no=str(ago), quantity=1, category=category,
                amount=Decimal(100 + 10 * number), cost=Decimal(60), service_cost=Decimal(3 if ago > 400 else 2),
            )  # fmt: skip
    publish.refresh_days()
    return nightly.run_night(as_of=DAY)


@pytest.mark.both
@pytest.mark.django_db
def test_the_frame_equals_a_slow_reading_of_the_lines(firm, cast):
    found = frames.read_years(m.Customer.objects.visible_to(cast.owner), DAY).set_index("customer")
    assert len(found) == 10
    for customer in m.Customer.objects.filter(owner=cast.owner):
        lines = list(customer.transactions.all())
        year = [line for line in lines if 0 <= (DAY - line.date).days < 365]
        before = [line for line in lines if 365 <= (DAY - line.date).days < 730]
        row = found.loc[customer.pk]
        assert (row.bought, row.bought_prev) == (len(year), len(before))
        assert row.amount == float(sum(line.amount for line in year))
        assert row.profit_prev == float(sum(line.amount - line.cost for line in before))
        assert row.tenure == max((DAY - line.date).days for line in lines)
        assert row.categories == (1 if row.tenure >= 365 else 0) and row.returning == (row.tenure >= 365)
    assert frames.read_years(m.Customer.objects.none(), DAY).empty


@pytest.mark.both
@pytest.mark.django_db
def test_service_cost_by_year_counts_whole_years_only(firm, cast):
    found = frames.read_service(m.Customer.objects.filter(owner=cast.owner), DAY)
    assert found == [(0, pytest.approx(3 * 6 + 5 * 6), 8), (1, pytest.approx(5 * (2 + 2)), 5)]


@pytest.mark.django_db
class TestPage:
    def test_every_claim_has_a_figure_or_a_reason(self, firm, client_for, cast):
        answer = client_for(cast.owner).get(URL)
        rows = answer.context["rows"]
        assert [item["claim"].code for item in rows] == list(Claim.objects.values_list("code", flat=True))
        assert len(rows) == 12 and all(item["row"].known or item["row"].why_not for item in rows)
        assert answer.context["found"].inputs.retention == pytest.approx(5 / 8)
        page = answer.content.decode()
        assert "62.5% of last year" in page and "what it costs to win a customer is not recorded" in page

    def test_it_is_scoped(self, firm, client_for, cast):
        assert client_for(cast.stranger).get(URL).context["found"].customers == 2
        assert client_for(cast.admin).get(URL).context["found"].customers == 12
        assert client_for(cast.lead).get(URL).context["found"].customers == 10
        assert client_for(cast.teammate).get(URL).context["found"].customers == 0
        assert client_for(None).get(URL).status_code == 302
        assert client_for(cast.owner).post(URL).status_code == 405

    def test_the_simulator_works_out_what_is_typed(self, firm, client_for, cast):
        typed = {"new": 200, "existing": 1000, "retention": 85, "usage": 12, "price": 50}
        context = client_for(cast.owner).get(URL, typed).context
        assert context["changed"] and context["tried"].sales == pytest.approx(630_000)
        assert client_for(cast.owner).get(URL).context["changed"] is False
        wrong = client_for(cast.owner).get(URL, typed | {"retention": 120, "price": "much"}).context
        assert set(wrong["form"].errors) == {"retention", "price"} and wrong["changed"] is False

    def test_the_retention_what_if(self, firm, client_for, cast):
        context = client_for(cast.owner).get(URL, {"points": 10, "margin": 50}).context
        start = context["found"].inputs
        assert context["kept_customers"] == pytest.approx(0.8)
        assert context["kept_profit"] == pytest.approx(0.8 * start.usage * start.price * 0.5)
        assert client_for(cast.owner).get(URL, {"points": -3, "margin": 1}).context["kept_form"].errors

    def test_the_figures_are_kept_for_the_night(self, firm, client_for, cast, monkeypatch):
        first = client_for(cast.owner).get(URL).context["found"]
        monkeypatch.setattr(selectors, "_measure", lambda *args: 1 / 0)
        assert client_for(cast.owner).get(URL).context["found"] == first

    def test_before_the_first_night_and_in_chinese(self, db, client_for, owner):
        assert "No night yet" in client_for(owner).get(URL).content.decode()
        assert "用自己的数据检验" in client_for(owner, "zh-hans").get(URL).content.decode()
        assert reverse("lifecycle:benchmarks") == URL


def test_the_own_figure_lies_on_the_scale_of_the_claim():
    drawn = charts.scale(0.25, 1.0, 0.178)
    assert 8 < drawn.dot < drawn.band_x < drawn.band_x + drawn.band_width < drawn.width
    assert charts.scale(10.0, None, 1.5).band_width > 3 and charts.scale(0.33, 0.33, None).dot is None
