"""In a real browser: a hold-out set by form, the proof pages for everybody's eyes, a rule kept with a reason."""

from datetime import timedelta

import pytest
from django.utils import timezone

from customers.models import PublishedNight, PurchaseDay
from retention.models import ProofAssignment, ProofPolicy, RuleKept, TaskTemplate
from tests.retention_world import make_night

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def trial(make_customer, cast):
    """Twenty-four with the task, of whom 18 bought; twenty-four held out, of whom 6 did."""
    night = make_night(timezone.localdate() - timedelta(days=1))
    PublishedNight.objects.update_or_create(pk=1, defaults={"night": night, "at": timezone.now()})
    ProofPolicy.objects.update_or_create(pk=1, defaults={"min_arm": 20})
    TaskTemplate.objects.filter(code="Q-HH").update(holdout_share=50, proof_days=30)
    template, day = TaskTemplate.objects.get(code="Q-HH"), night.as_of - timedelta(days=60)
    for number in range(48):
        customer, held = make_customer(f"P{number:02}", owner=cast.owner), number % 2 == 1
        ProofAssignment.objects.create(
            customer=customer, template=template, night_id=night.pk, held=held, assigned_on=day, share=50, days=30,
            ends_on=day + timedelta(days=30), outcome="BOUGHT", stratum="HH/LOW/FRIEND", slot=number, seed=1,
            evidence={"last_contact_days": 40},
        )  # fmt: skip
        if number < 12 or (number < 36 and not held):
            PurchaseDay.objects.create(
                customer=customer, date=day + timedelta(days=9), lines=1, orders=1, bought=True, quantity=1, amount=9,
                gross_profit=9, costed_amount=9, service_cost=0,
            )  # fmt: skip


def test_the_proof_pages_can_be_read_and_used_by_everybody(browse, cast, make_customer, accessible):
    trial(make_customer, cast)
    page = browse(cast.admin)
    page.goto("/retention/proof/")
    accessible(page)
    page.locator("figure.chart a").click()
    page.get_by_text("It helps.").wait_for()
    accessible(page)
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto("/retention/proof/")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.goto("/retention/proof/Q-HH/?arm=treated")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    accessible(page)


def test_a_hold_out_by_form_and_a_rule_kept(browse, cast, accessible):
    page = browse(cast.admin)
    page.goto("/retention/playbooks/Q-HH/")
    page.get_by_label("Held out by chance").select_option("25")
    page.get_by_label("Measured over days").fill("45")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Saved. It counts from the next night on.").wait_for()
    accessible(page)
    assert TaskTemplate.objects.filter(code="Q-HH", holdout_share=25, proof_days=45).exists()
    page.goto("/retention/proof/Q-HH/retire/")
    accessible(page)
    page.get_by_label("Why does it stay?").fill("The season begins")
    page.get_by_role("button", name="Keep it").click()
    page.get_by_text("is kept").wait_for()
    assert RuleKept.objects.get().reason == "The season begins"
