"""In a browser: why a score moved, as a waterfall and by choosing a night; movement, and the names behind a number."""

from datetime import timedelta

import numpy as np
import pytest

from customers.models import Night
from tests.standings import AS_OF, make_night, stand

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
CODES = ["gross_profit", "cross_buying"]
TOLD = {
    "version": 1, "name": "Ours", "current_share": "0.4", "indicators": CODES, "direction": dict.fromkeys(CODES, 1),
    "dimension": {"gross_profit": "CURRENT", "cross_buying": "POTENTIAL"}, "weights": dict.fromkeys(CODES, "1"),
    "mean": dict.fromkeys(CODES, 0.0), "sd": dict.fromkeys(CODES, 1.0),
}  # fmt: skip


@pytest.fixture
def nights(cast, make_customer):
    """Two customers of the owner on three nights, explained by two indicators; A rises from LL to HH, B stays."""
    found = []
    customers = [make_customer(code, owner=cast.owner) for code in ("A", "B")]
    for k, back in enumerate((60, 30, 0)):
        night = make_night(AS_OF - timedelta(days=back), published=not back)
        Night.objects.filter(pk=night.pk).update(weights=TOLD, rows=2, checksum=f"made {back}")
        for customer, z in zip(customers, ([k - 0.5, k - 0.8], [1.0, 0.5]), strict=True):
            at = np.array(z)
            quadrant = "HH" if at.min() >= 0 else "HL" if at[0] >= 0 else "LL"
            stand(
                night, customer, raw=at, z=at, points=at, current_score=at[0], potential_score=at[1],
                total_score=0.4 * at[0] + 0.6 * at[1], quadrant=quadrant,
            )  # fmt: skip
        found.append(night)
    return found


def test_a_score_says_why_it_moved(cast, nights, browse, accessible):
    page = browse(cast.owner)
    page.goto("/customers/A/?tab=score")
    change = page.locator("#change")
    drawn = [words.strip() for words in change.locator("figure.only-wide text").all_text_contents()]
    assert "Own figures" in drawn and "+1.000" in drawn
    change.locator("select[name=since]").select_option(str(nights[0].pk))
    page.wait_for_url(f"**since={nights[0].pk}**")
    assert "+2.000" in page.locator("#change").inner_text()
    page.locator("#causes").get_by_text("Own figures").wait_for()
    page.get_by_text("Indicator by indicator").click()
    page.get_by_role("columnheader", name="Scale of the missing").wait_for()
    accessible(page)


def test_from_the_flow_to_the_reason(cast, nights, browse, accessible):
    page = browse(cast.owner)
    page.goto(f"/segmentation/movement/?from={nights[0].pk}&to={nights[2].pk}")
    assert "1 of 2 customers moved" in page.locator(".lede").inner_text()
    accessible(page)
    page.locator("table.moves a", has_text="▲").click()
    page.locator("th.name a", has_text="A").click()
    page.wait_for_url(f"**since={nights[0].pk}**")
    assert "the score rose by +2.000" in page.locator("#change").inner_text()


def test_nothing_is_wider_than_a_phone(cast, nights, browse):
    page = browse(cast.owner, language="zh-hans", width=390, dark=True)
    for path in ("/customers/A/?tab=score", "/segmentation/movement/", "/segmentation/movement/customers/", "/method/"):
        page.goto(path)
        width = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert width == 0, path
