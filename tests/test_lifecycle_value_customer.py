"""The value of one customer on its page: the figure with its range, or the reason why there is none."""

import pytest

from tests.standings import make_night, stand

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
