"""The segmentation pages in a real browser: no serious accessibility finding, no sideways scrolling on a phone."""

import pytest

from tests.standings import make_night, stand, yesterday

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PAGES = ["/segmentation/pyramid/", "/segmentation/quadrant/", "/segmentation/quadrant/?view=density"]
PAGES += ["/segmentation/weights/", "/segmentation/expert/C0/"]
PLACES = [
    ("HIGH", "KEY", "HH"),
    ("HIGH", "MAIN", "HL"),
    ("ORDINARY", "", "LH"),
    ("LOW", "", "LL"),
    ("LOW", "POOR", "LL"),
]


@pytest.fixture
def book(cast, make_customer):
    night = make_night()
    before = yesterday(night)
    for i in range(15):
        customer = make_customer(f"C{i}", owner=cast.owner, name=f"A company with quite a long name {i}")
        level, sublevel, quadrant = PLACES[i % 5]
        x = (0.3 + i / 10) * (1 if quadrant[0] == "H" else -1)
        y = (0.2 + i / 20) * (1 if quadrant[1] == "H" else -1)
        fields = {"current_score": x, "potential_score": y, "rank": i + 1, "gross_profit": 1000 - 70 * i}
        stand(night, customer, level=level, sublevel=sublevel, quadrant=quadrant, warned=i % 4 == 0, **fields)
        was = PLACES[(i + i // 9) % 5]
        stand(before, customer, level=was[0], sublevel=was[1], quadrant=was[2], **{**fields, "rank": 15 - i})


def sideways(page):
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


@pytest.mark.parametrize("dark", [False, True])
def test_accessible_and_no_wider_than_a_phone(book, cast, browse, accessible, dark):
    for language, width in (("en", 1440), ("zh-hans", 390)):
        page = browse(cast.owner, language=language, width=width, dark=dark)
        for address in PAGES:
            page.goto(address)
            assert sideways(page) <= 0, (address, width)
            accessible(page)


def test_a_mark_opens_its_customers_and_back_keeps_the_place(book, cast, browse):
    page = browse(cast.owner)
    page.goto("/segmentation/pyramid/")
    page.locator("svg a[aria-label^='Key']").first.click()
    page.wait_for_url("**/customers/?level=HIGH&sublevel=KEY")
    assert page.locator(".customer-table tbody tr").count() == 3
    page.go_back()
    page.locator("table.moves a", has_text="▲").first.click()
    page.wait_for_url("**/customers/?was_level=*")


def test_filters_work_without_script(book, cast, browse):
    page = browse(cast.owner, javascript=False)
    page.goto("/segmentation/quadrant/")
    page.locator("details.menu > summary", has_text="Filters").click()
    page.locator("details.fold > summary", has_text="Tier").click()
    page.get_by_label("Partner", exact=True).check()
    page.get_by_role("button", name="Apply").click()
    assert "tier=PARTNER" in page.url and "No customer matches these filters" in page.content()
