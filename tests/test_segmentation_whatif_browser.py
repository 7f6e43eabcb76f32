"""In a browser: a moved weight answers at once, is published with a note, and rolled back bit for bit."""

import pytest

from crm_site import nightly
from customers.models import Night, Standing
from customers.vocabulary import NightStatus
from segmentation.models import WeightSet
from tests.conftest import wait_for
from tests.whatif_world import make_firm, run

pytestmark = [pytest.mark.browser, pytest.mark.django_db]


def standings(night):
    fields = ("customer_id", "current_score", "potential_score", "total_score", "rank", "level", "quadrant")
    return list(Standing.objects.filter(night=night).order_by("customer_id").values_list(*fields))


def work():
    """What the worker does with a planned night."""
    night = wait_for(lambda: Night.objects.filter(status=NightStatus.PLANNED.value).first())
    nightly.run_planned(night.pk)
    return night


def test_move_a_weight_publish_watch_and_roll_back(cast, browse, accessible):
    make_firm([cast.owner, cast.admin])
    first = run()
    before, published = standings(first), WeightSet.objects.get()
    page = browse(cast.admin)
    page.goto("/segmentation/whatif/")
    accessible(page)
    answer = page.locator("#whatif-result .answer")
    assert "Nobody crosses a line" in answer.inner_text()
    page.fill("#id_w_service_cost", "5")
    slider = page.locator("[data-for=id_w_gross_profit]")
    slider.fill("0")
    answer.locator("strong").first.wait_for()
    assert page.locator("#id_w_gross_profit").input_value() == "0" and "w_gross_profit=0" in page.url
    page.fill("#id_share", "0.9")
    page.wait_for_url("**share=0.9**")
    page.locator("input[type=hidden][name=share][value='0.9']").wait_for(state="attached")
    page.fill("#whatif-note", "profit is not everything")
    page.click("text=Publish and score again")
    page.wait_for_url("**/rescored/")
    assert "profit is not everything" in page.inner_text("main") and page.locator("progress").count() == 1
    second = work()
    page.wait_for_selector("text=Done in")
    row = page.locator("tbody tr:has(a[href*='tab=score'])").first
    name = row.locator("a").inner_text()
    row.locator("a").click()
    page.wait_for_url("**tab=score")
    assert name in page.inner_text("h1")
    assert standings(second) != before
    page.goto(f"/segmentation/weights/{published.pk}/")
    page.fill("input[name=note]", "back to the text")
    page.click("text=Publish and score again")
    page.wait_for_url("**/rescored/")
    third = work()
    page.wait_for_selector("text=Done in")
    assert standings(third) == before and Night.objects.get(pk=third.pk).checksum == first.checksum


def test_without_javascript_the_form_answers_too(cast, browse):
    make_firm([cast.owner])
    run()
    page = browse(cast.admin, javascript=False, width=390, height=844)
    page.goto("/segmentation/whatif/")
    page.fill("#id_w_gross_profit", "0")
    page.click("button:has-text('Show')")
    page.wait_for_url("**w_gross_profit=0**")
    assert sum(int(found) for found in page.locator("#whatif-result .answer strong").all_inner_texts()) > 0
