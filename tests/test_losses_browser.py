"""In a real browser: a customer lost, reason given, won back; an exit proposal approved by a second person."""

import pytest

from customers.models import Customer
from retention.models import Loss

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_lost_reason_given_and_won_back(browse, cast, make_customer, accessible):
    make_customer("C1", name="北辰", owner=cast.owner)
    page = browse(cast.owner)
    page.goto("/retention/losses/new/?customer=C1")
    page.get_by_role("button", name="Record the loss").click()
    page.get_by_text("A loss needs its cause").first.wait_for()
    page.get_by_label("Cause", exact=True).select_option("SERVICE")
    page.get_by_label("Cause in detail").select_option("SLOW")
    page.get_by_role("button", name="Record the loss").click()
    page.get_by_role("button", name="Start to win back").click()
    page.get_by_label("Outcome").wait_for()
    accessible(page)
    page.get_by_role("button", name="Record the outcome").click()
    page.get_by_text("Won back on").wait_for()
    loss = Loss.objects.get()
    assert (loss.cause, loss.sub_cause, loss.won_back) == ("SERVICE", "SLOW", True)
    page.goto("/retention/losses/?part=won")
    page.get_by_role("link", name="北辰").wait_for()
    accessible(page)


def test_a_proposal_to_part_needs_a_second_person(browse, cast, make_customer, accessible):
    customer = make_customer("C1", name="北辰", owner=cast.owner)
    first = browse(cast.lead)
    first.goto("/retention/exits/new/?customer=C1")
    first.get_by_label("Evidence in words").fill("三年亏损")
    first.get_by_role("button", name="Propose it").click()
    accessible(first)
    first.get_by_role("button", name="Take it back").wait_for()
    assert first.get_by_role("button", name="Approve").count() == 0
    assert Customer.objects.get(pk=customer.pk).exited_on is None
    second = browse(cast.admin)
    second.goto("/retention/exits/")
    second.get_by_role("link", name="北辰").first.click()
    second.get_by_role("button", name="Approve").click()
    second.get_by_text("Approved by").first.wait_for()
    accessible(second)
    assert Customer.objects.get(pk=customer.pk).exited_on is not None
