"""In a real browser: a complaint from arrival to answer; a survey answered by its link on a phone."""

import pytest
from django.utils import timezone

from customers.models import Case, SurveyResponse
from retention.models import SurveyLink

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_complaint_from_arrival_to_answer(browse, cast, make_customer, accessible):
    make_customer("C1", name="北辰", owner=cast.owner)
    page = browse(cast.owner)
    page.goto("/customers/cases/add/C1/")
    page.get_by_label("Subject").fill("摄像机模糊")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Cases", exact=True).click()
    assert page.locator("p.lede").inner_text().startswith("1 customer request waits, none is overdue")
    accessible(page)
    page.get_by_role("link", name="摄像机模糊").click()
    page.get_by_label("Answer*").fill("明天更换")
    page.get_by_role("button", name="Record the answer").click()
    page.get_by_text("Say what caused the complaint").first.wait_for()
    assert page.get_by_label("Answer*").input_value() == "明天更换"
    page.get_by_label("Cause in detail").select_option("DEFECT")
    page.get_by_role("button", name="Record the answer").click()
    page.get_by_text("What did we answer?").wait_for()
    accessible(page)
    page.get_by_role("button", name="The customer is content").click()
    page.get_by_text("Closed.").wait_for()
    case = Case.objects.get()
    assert (case.state, case.cause, case.answer) == ("CLOSED", "QUALITY", "明天更换")


def test_a_survey_is_answered_by_link_on_a_phone(browse, cast, make_customer, accessible):
    make_customer("C1", name="北辰", owner=cast.owner)
    page = browse(cast.owner)
    page.goto("/retention/cases/surveys/new/?customer=C1")
    page.get_by_label("Language of the page").select_option("zh-hans")
    page.get_by_role("button", name="Make the link").click()
    address = page.get_by_label("Link", exact=True).input_value()
    phone = browse(None, language="zh-hans", width=390, height=844)
    phone.goto(address)
    accessible(phone)
    assert phone.locator("body").bounding_box()["width"] <= 390
    phone.locator("fieldset", has_text="满意吗").get_by_text("5", exact=True).click()
    phone.locator("fieldset", has_text="信守承诺").get_by_text("4", exact=True).click()
    phone.get_by_role("button", name="提交回答").click()
    phone.get_by_text("您的回答已收到").wait_for()
    row = SurveyResponse.objects.get()
    assert (row.satisfaction, row.trust, row.commitment, row.date) == (5, 4, None, timezone.localdate())
    phone.goto(address)
    phone.get_by_text("已经回答过了").wait_for()
    page.reload()
    page.get_by_text("What did the customer answer?").wait_for()
    assert SurveyLink.objects.get().response == row
