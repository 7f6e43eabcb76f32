"""The KPI page in a browser: readable by everybody, and a bar of the funnel leads to its customers."""

from datetime import timedelta

import pytest

from customers.models import PurchaseDay
from tests.standings import AS_OF, make_night, stand

pytestmark = pytest.mark.browser


@pytest.fixture
def world(cast, make_customer, transactional_db):
    night = make_night()
    for place, last in enumerate((20, 50, 300)):
        customer = make_customer(f"K{place}", owner=cast.owner, tier="ACQUAINTANCE", category_demand=1000)
        stand(night, customer, gap_days=30.0)
        for ago in (last, 500):
            PurchaseDay.objects.create(
                customer=customer, date=AS_OF - timedelta(days=ago), lines=1, orders=1, bought=True, quantity=1,
                amount=100, gross_profit=40, costed_amount=100, service_cost=0,
            )  # fmt: skip


@pytest.mark.parametrize("dark", [False, True])
def test_the_page_is_accessible_and_a_bar_is_a_door(browse, accessible, cast, world, dark):
    page = browse(cast.lead, dark=dark)
    page.goto("/retention/kpis/?by=owner")  # cells of every shade, with links in them
    accessible(page)
    page.goto("/retention/kpis/?by=stage")
    accessible(page)
    bar = page.locator("#funnel svg a").last
    count = int(bar.get_attribute("aria-label").rpartition(" ")[2])
    bar.click()
    page.wait_for_url("**/customers/?kpi=12m.*")
    assert page.locator("table.customer-table tbody tr").count() == count == 1
    page.go_back()
    page.locator("details.funnel-months summary").click()
    assert page.locator(".funnel-table tbody tr").count() == 13
    width = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert width[0] <= width[1]


def test_the_weights_page_is_accessible_on_a_phone(browse, accessible, cast, world):
    page = browse(cast.admin, width=390)
    page.goto("/retention/kpis/weights/")
    accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
