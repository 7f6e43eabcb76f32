"""The forms in a real browser: no serious axe-core finding, no sideways scrolling on a phone, and they work by hand."""

import pytest

from customers.models import Interaction

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PAGES = [
    "/customers/new/",
    "/customers/edit/C1/",
    "/customers/surveys/add/C1/",
    "/customers/transactions/add/C1/",
    "/people/",
    "/people/new/",
    "/people/teams/new/",
    "/people/me/",
]


@pytest.fixture
def customer(make_customer, owner):
    return make_customer("C1", owner=owner, name="华宇物流")


@pytest.mark.parametrize(("language", "width", "dark"), [("en", 390, True), ("zh-hans", 1440, False)])
def test_every_form_is_accessible_and_fits(browse, accessible, admin, customer, language, width, dark):
    page = browse(admin, language=language, width=width, dark=dark)
    for url in [*PAGES, f"/people/{customer.owner_id}/", f"/people/{customer.owner_id}/deactivate/"]:
        page.goto(url)
        accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), url


def test_an_interaction_is_recorded_by_hand_after_a_mistake(browse, accessible, owner, customer):
    page = browse(owner)
    page.goto("/customers/interactions/add/C1/")
    page.fill("[name=at]", "2126-01-01T10:00")
    page.fill("[name=summary]", "Visited the new warehouse")
    page.click("form.card button.primary")
    page.wait_for_selector("[aria-invalid=true]")
    accessible(page)
    assert page.input_value("[name=summary]") == "Visited the new warehouse"
    page.fill("[name=at]", "2026-01-05T10:00")
    page.click("form.card button.primary")
    page.wait_for_url("**/customers/C1/?tab=timeline")
    assert Interaction.objects.get().summary == "Visited the new warehouse"
