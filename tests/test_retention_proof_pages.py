"""The proof pages: who may see them, what they count and name, the effect or what is missing, retiring and keeping."""

from datetime import date, timedelta

import html5lib
import pytest
from django.urls import reverse
from django.utils import timezone

from customers.models import Customer, PublishedNight, PurchaseDay
from customers.services.merge import merge_customers
from retention import services
from retention.models import Loss, ProofAssignment, ProofPolicy, RetentionTask, RuleKept, TaskTemplate
from retention.proof import charts, selectors
from tests.retention_world import make_night

pytestmark = [pytest.mark.django_db]
LIST = "/retention/proof/"
AS_OF = date(2026, 3, 5)


@pytest.fixture
def night(db):
    night = make_night(AS_OF)
    PublishedNight.objects.update_or_create(pk=1, defaults={"night": night, "at": timezone.now()})
    return night


@pytest.fixture
def template(db, night):
    ProofPolicy.objects.update_or_create(pk=1, defaults={"seed": 1, "min_arm": 20})
    template = TaskTemplate.objects.get(code="Q-HH")
    TaskTemplate.objects.filter(pk=template.pk).update(holdout_share=50, proof_days=30)
    template.refresh_from_db()
    return template


def assign(template, customer, *, held, days_ago=60, **fields):
    """An assignment whose window is that of the playbook."""
    day = AS_OF - timedelta(days=days_ago)
    known = {
        "night_id": 1, "assigned_on": day, "ends_on": day + timedelta(days=template.proof_days), "share": 50,
        "outcome": template.proof_outcome, "days": template.proof_days, "stratum": "HH/ORDINARY/FRIEND", "seed": 1,
        "slot": 0, "evidence": {"last_contact_days": 40},
    }  # fmt: skip
    return ProofAssignment.objects.create(customer=customer, template=template, held=held, **known | fields)


def buys(customer, days_ago, profit=100, bought=True):
    PurchaseDay.objects.create(
        customer=customer, date=AS_OF - timedelta(days=days_ago), lines=1, orders=1, bought=bought, quantity=1,
        amount=profit, gross_profit=profit, costed_amount=profit, service_cost=0,
    )  # fmt: skip


@pytest.fixture
def trial(template, make_customer, cast):
    """Thirty with the task, of whom 24 bought; twenty-five held out, of whom 5 did."""
    customers = [make_customer(f"P{number:02}", owner=cast.owner) for number in range(55)]
    for number, customer in enumerate(customers):
        held = number >= 30
        assign(template, customer, held=held)
        if number < 24 or number >= 50:
            buys(customer, 45, profit=100 if held else 300)
    return customers


def proof_of(user, template, **changed):
    for name, value in changed.items():
        setattr(template, name, value)
    return selectors.proofs(user, AS_OF, timezone.localdate(), [template])[0]


def there(template, step=""):
    return reverse(f"retention:proof_{step}" if step else "retention:proof_of", args=[template.code])


# Who sees what


def test_the_pages_are_for_leads_and_administrators(client_for, cast, trial, template):
    for address in (LIST, there(template)):
        for person in (cast.lead, cast.admin, cast.other_lead):
            assert client_for(person).get(address).status_code == 200
        for person in (cast.owner, cast.teammate, cast.stranger):
            assert client_for(person).get(address).status_code == 403
        assert client_for(None).get(address).status_code == 302
        assert client_for(cast.admin).post(address).status_code == 405
    assert client_for(cast.admin).get(LIST + "NONE/").status_code == 404
    for step in ("retire", "release"):
        assert client_for(cast.lead).post(there(template, step)).status_code == 403
        assert client_for(cast.owner).post(there(template, step)).status_code == 403
        assert client_for(None).post(there(template, step)).status_code == 302
    assert client_for(cast.admin).get(there(template, "release")).status_code == 405
    assert client_for(cast.admin).put(there(template, "retire")).status_code == 405
    assert client_for(cast.admin).get(LIST + "NONE/retire/").status_code == 404


def test_every_count_and_effect_is_of_the_customers_one_may_see(cast, trial, template):
    seen = proof_of(cast.lead, template)
    assert (seen.treated.assigned, seen.held.assigned) == (30, 25) and seen.effect is not None
    other = proof_of(cast.other_lead, template)
    assert (other.treated.assigned, other.held.assigned, other.effect) == (0, 0, None)


def test_the_account_manager_does_not_learn_who_is_held_out(client_for, cast, trial):
    page = client_for(cast.owner).get(trial[40].get_absolute_url())
    assert page.status_code == 200 and LIST not in page.content.decode()


# What is proved


@pytest.mark.both
def test_bought_again_counts_orders_inside_the_window_only(cast, template, make_customer):
    # assigned 60 days ago, window until 30 days ago
    cases = {"day": 60, "first": 59, "last": 30, "after": 29}
    for name, days in cases.items():
        customer = make_customer(name, owner=cast.owner)
        assign(template, customer, held=False)
        buys(customer, days)
    returned = make_customer("returned", owner=cast.owner)
    assign(template, returned, held=True)
    buys(returned, 45, profit=-5, bought=False)
    rows = selectors.measured(cast.lead)
    names = dict(Customer.objects.values_list("pk", "code"))
    found = {names[pk]: value for pk, value in zip(rows["customer"], rows["value"], strict=True)}
    assert found == {"day": 0, "first": 1, "last": 1, "after": 0, "returned": 0}


@pytest.mark.both
def test_gross_profit_and_staying(cast, template, make_customer):
    people = {
        name: make_customer(name, owner=cast.owner) for name in ("buys", "none", "lost", "error", "left", "early")
    }
    TaskTemplate.objects.filter(pk=template.pk).update(proof_outcome="PROFIT")
    for customer in people.values():
        assign(template, customer, held=False, outcome="PROFIT")
    for days, profit in ((59, 100), (40, 50.5), (20, 999)):
        buys(people["buys"], days, profit)
    names = {customer.pk: name for name, customer in people.items()}

    def values():
        rows = selectors.measured(cast.lead)
        return {names[pk]: value for pk, value in zip(rows["customer"], rows["value"], strict=True)}

    assert values() == dict.fromkeys(people, 0) | {"buys": 150.5}
    TaskTemplate.objects.filter(pk=template.pk).update(proof_outcome="STAYED")
    assert values() == {}  # another promise is another trial
    ProofAssignment.objects.update(outcome="STAYED")
    inside, moment = AS_OF - timedelta(days=40), timezone.now()
    for name, ended, lost_on in (("lost", None, inside), ("error", inside, inside),
                                 ("early", None, AS_OF - timedelta(days=61))):  # fmt: skip
        Loss.objects.create(customer=people[name], lost_on=lost_on, cause="SERVICE", recorded_at=moment, ended_on=ended)
    Customer.objects.filter(pk=people["left"].pk).update(exited_on=inside)
    assert values() == dict.fromkeys(people, 1) | {"lost": 0, "left": 0}


@pytest.mark.both
def test_the_first_assignment_of_a_customer_counts_and_everybody_in_the_arm_of_chance(cast, trial, template):
    again = trial[40]
    assign(template, again, held=False, days_ago=31)
    RetentionTask.objects.create(
        customer=again, template=template, raised_on=AS_OF - timedelta(days=50), due=AS_OF, night_id=None
    )
    proof = proof_of(cast.lead, template)
    assert (proof.treated.assigned, proof.held.assigned) == (30, 25)
    assert [row.customer for row in selectors.crossed(cast.lead, template)] == [again]
    RetentionTask.objects.create(  # released, so that a night gave it: nobody did by hand
        customer=trial[41], template=template, raised_on=AS_OF - timedelta(days=50), due=AS_OF, night_id=1
    )
    assert [row.customer for row in selectors.crossed(cast.lead, template)] == [again]
    assert again.pk in {row.customer_id for row in selectors.customers_of(cast.lead, template, True)}
    assert again.pk not in {row.customer_id for row in selectors.customers_of(cast.lead, template, False)}


@pytest.mark.both
def test_the_effect_with_its_interval(client_for, cast, trial, template):
    found = proof_of(cast.lead, template).effect
    assert (found.treated, found.held) == (30, 25)
    assert (found.treated_mean, found.held_mean) == (pytest.approx(0.8), pytest.approx(0.2))
    assert 0 < found.low < 0.6 < found.high and found.sign == 1 and found.p < 0.01
    page = client_for(cast.lead).get(there(template))
    assert page.context["forest"].rows[0].css == "c-good"
    assert "It helps." in page.content.decode()
    page = client_for(cast.lead, "zh-hans").get(LIST)
    assert page.context["shares"] and not page.context["money"] and page.context["clear"] == 1


@pytest.mark.both
def test_no_number_before_there_are_enough_and_how_long_it_takes(client_for, cast, trial, template):
    ProofPolicy.objects.update(min_arm=100)
    proof = proof_of(cast.lead, template)
    assert (proof.effect, proof.smaller, proof.missing) == (None, 25, 75)
    assert proof.wait >= 2  # all came on one day two months ago: 25 in 61 days, then a window of 30
    page = client_for(cast.lead).get(there(template)).content.decode()
    variance = 29 * 26 / (55 * 54)  # 29 of 55 bought
    assert proof.detectable == pytest.approx((1.959964 + 0.841621) * (variance * 2 / 100) ** 0.5)
    assert "25 of 100 per arm" in page and "Chance alone does as much" not in page
    assert proof_of(cast.lead, template, active=False).wait is None


def test_strata_are_shown_by_name_and_count(client_for, cast, trial, template):
    ProofAssignment.objects.filter(customer__in=trial[:10]).update(stratum="UNSCORED/-/PARTNER")
    found = client_for(cast.lead).get(there(template)).context["balance"]
    assert found == [
        ("High current, high potential · Ordinary · Friend", 20, 25), ("Not scored · — · Partner", 10, 0),
    ]  # fmt: skip


def test_customers_whose_time_has_not_passed_do_not_count_yet(cast, trial, template):
    ProofAssignment.objects.filter(customer__in=trial[25:40]).update(ends_on=AS_OF + timedelta(days=3))
    proof = proof_of(cast.lead, template)
    assert (proof.treated.ripe, proof.held.ripe, proof.effect) == (25, 15, None)
    assert proof.wait == 1 and sorted(proof.held.pending) == [3] * 10


def test_before_the_first_night(client_for, cast, db):
    page = client_for(cast.admin).get(LIST)
    assert page.status_code == 200 and page.context["tried"] == 0


# The pages themselves


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_sound_html(client_for, cast, trial, template, language):
    TaskTemplate.objects.filter(code="R-COUNTER").update(holdout_share=20)
    client = client_for(cast.admin, language)
    addresses = [LIST, f"{LIST}?part=all", f"{LIST}?part=idle", f"{LIST}?part=x", there(template, "retire")]
    addresses += [there(template) + arm for arm in ("", "?arm=treated", "?arm=crossed", "?arm=now", "?measured=1")]
    for address in [*addresses, f"{LIST}R-COUNTER/", f"{LIST}C-POST/"]:
        answer = client.get(address)
        assert answer.status_code == 200
        parser = html5lib.HTMLParser(strict=False)
        parser.parse(answer.content.decode())
        assert not parser.errors, (address, parser.errors[:3])


@pytest.mark.both
def test_every_count_leads_to_as_many_rows(client_for, cast, trial, template):
    today = timezone.localdate()
    for number in range(6):
        RetentionTask.objects.create(
            customer=trial[number], template=template, owner=cast.owner, raised_on=today - timedelta(days=30 * number),
            due=today, night_id=1,
        )  # fmt: skip
    tasks = list(RetentionTask.objects.order_by("id"))
    services.complete(task=tasks[0], outcome="SUCCESS", by=cast.owner, at=timezone.now())
    services.dismiss(task=tasks[1], reason="x", by=cast.owner, at=timezone.now())
    RetentionTask.objects.filter(pk=tasks[2].pk).update(state="CLOSED", closed_on=today, closed_reason="VANISHED")
    rule = proof_of(cast.lead, template).rule
    assert (rule["raised"], rule["done"], rule["handled"], rule["ended"]) == (3, 1, 2, 3)
    client = client_for(cast.lead)
    for past in ("raised", "done", "handled", "ended"):
        page = client.get(f"/retention/?template={template.code}&past={past}")
        assert page.context["page"].paginator.count == rule[past], past
        assert [chip.label for chip in page.context["found"].chips if "90" in chip.label]
    ProofAssignment.objects.filter(customer__in=trial[:4]).update(ends_on=today + timedelta(days=3))
    counts = [("held", 25), ("treated", 30), ("crossed", 0), ("now", 0), ("treated&measured=1", 26)]
    for arm, count in [*counts, ("held&measured=1", 25)]:
        assert client.get(f"{there(template)}?arm={arm}").context["page"].paginator.count == count
    assert "past" in client.get("/retention/?past=nonsense").context["found"].wrong


# Rules that nobody acts on


@pytest.fixture
def idle(template, make_customer, cast):
    today = timezone.localdate()
    for number in range(30):
        RetentionTask.objects.create(
            customer=make_customer(f"N{number}", owner=cast.owner), template=template, owner=cast.owner, night_id=1,
            raised_on=today - timedelta(days=30), due=today, state="CLOSED", closed_on=today, closed_reason="VANISHED",
        )  # fmt: skip
    return template


def test_a_rule_is_asked_to_go_only_over_enough_tasks(cast, idle):
    assert proof_of(cast.lead, idle).rule["retire"]
    RetentionTask.objects.filter(pk__in=RetentionTask.objects.values("pk")[:6]).update(state="DONE", outcome="SUCCESS")
    assert not proof_of(cast.lead, idle).rule["retire"]  # 6 of 30 are a fifth
    RetentionTask.objects.filter(state="DONE").delete()
    assert not proof_of(cast.lead, idle).rule["retire"]  # 24 are too few to tell
    ProofPolicy.objects.update(acted_tasks=24)
    assert proof_of(cast.lead, idle).rule["retire"]


def test_switching_a_rule_off(client_for, cast, idle):
    client = client_for(cast.admin)
    page = client.get(f"{LIST}?part=idle")
    assert [proof.template for proof in page.context["proofs"]] == [idle] and there(idle, "retire") in str(page.content)
    assert there(idle, "retire") not in str(client_for(cast.lead).get(f"{LIST}?part=idle").content)
    assert client.get(there(idle, "retire")).status_code == 200
    assert client.post(there(idle, "retire")).status_code == 200
    idle.refresh_from_db()
    assert idle.active  # asked first
    answer = client.post(there(idle, "retire"), {"action": "off"})
    assert answer.status_code == 302
    idle.refresh_from_db()
    assert not idle.active and idle.history.first().history_user == cast.admin
    assert client.get(f"{LIST}?part=idle").context["proofs"] == []


def test_keeping_a_rule_silences_it_until_its_day(client_for, cast, idle):
    client, today = client_for(cast.admin), timezone.localdate()
    until = today + timedelta(days=60)
    for wrong in ({"until": until.isoformat()}, {"reason": "x", "until": today.isoformat()}, {"reason": "x"},
                  {"reason": "x", "until": (today + timedelta(days=400)).isoformat()}):  # fmt: skip
        assert client.post(there(idle, "retire"), {"action": "keep"} | wrong).status_code == 422
    assert not RuleKept.objects.exists()
    kept = {"action": "keep", "reason": " saison ", "until": until.isoformat()}
    assert client.post(there(idle, "retire"), kept).status_code == 302
    row = RuleKept.objects.get()
    assert (row.reason, row.until, row.by, row.template) == ("saison", until, cast.admin, idle)
    idle.refresh_from_db()
    rule = proof_of(cast.lead, idle).rule
    assert idle.active and rule["idle"] and not rule["retire"] and rule["kept"] == row
    assert client.get(LIST).context["retire"] == []
    RuleKept.objects.update(until=today - timedelta(days=1))
    assert proof_of(cast.lead, idle).rule["retire"]


def test_releasing_who_is_held_out(client_for, cast, template, make_customer):
    today = timezone.localdate()
    running = assign(template, make_customer("R1"), held=True, ends_on=today + timedelta(days=9))
    over = assign(template, make_customer("R2"), held=True)
    assert client_for(cast.admin).get(there(template)).context["running"] == 1
    assert [row.customer.code for row in client_for(cast.admin).get(there(template) + "?arm=now").context["rows"]] == [
        "R1"
    ]
    assert client_for(cast.admin).post(there(template, "release")).status_code == 302
    running.refresh_from_db()
    over.refresh_from_db()
    assert (running.released_on, over.released_on) == (today, None)
    assert client_for(cast.admin).get(there(template)).context["running"] == 0


# The playbook's form


def test_a_hold_out_by_form(client_for, cast):
    from tests.test_retention_playbooks import plain
    from tests.test_retention_playbooks import there as form_of

    client = client_for(cast.admin)
    data = plain(client.get(form_of())) | {"holdout_share": "20", "proof_outcome": "PROFIT", "proof_days": "60"}
    assert client.post(form_of(), data).status_code == 302
    saved = TaskTemplate.objects.get(code="Q-HH")
    assert (saved.holdout_share, saved.proof_outcome, saved.proof_days, saved.holdout_high) == (20, "PROFIT", 60, False)
    assert client.post(form_of(), data | {"holdout_share": "51"}).status_code == 422
    assert client.post(form_of(), data | {"proof_days": "3"}).status_code == 422
    complaint = {"s0-0-field": "cases_open", "s0-0-op": "ge", "s0-0-value": "1"}
    refused = client.post(form_of(), data | complaint)
    assert refused.status_code == 422 and "It answers complaints" in refused.content.decode()
    assert client.post(form_of(), data | complaint | {"holdout_complaints": "on"}).status_code == 302
    parting = TaskTemplate.objects.filter(category="EXIT").exclude(trigger={}).first()
    data = plain(client.get(form_of(parting.code)))
    assert client.post(form_of(parting.code), data | {"holdout_share": "10"}).status_code == 422


def test_a_playbook_with_assignments_cannot_be_deleted(client_for, cast, template, make_customer):
    assign(template, make_customer("D"), held=True)
    client_for(cast.admin).post(reverse("retention:playbook_delete", args=[template.code]))
    assert TaskTemplate.objects.filter(pk=template.pk).exists()
    answer = client_for(cast.admin).post(
        reverse("admin:retention_tasktemplate_delete", args=[template.pk]), {"post": "yes"}
    )
    assert answer.status_code in (302, 403) and TaskTemplate.objects.filter(pk=template.pk).exists()


# The picture


@pytest.mark.parametrize("ends", [(-0.02, 0.31), (0.001, 0.004), (-0.9, -0.2), (-12_000.0, 48_000.0), (0.0, 0.0)])
def test_the_forest_holds_every_interval_and_the_line_of_no_effect(ends):
    from types import SimpleNamespace

    effect = SimpleNamespace(low=ends[0], high=ends[1], difference=sum(ends) / 2, treated=50, held=40, sign=0)
    plot = charts.forest([SimpleNamespace(effect=effect, template=None), SimpleNamespace(effect=None)])
    row = plot.rows[0]
    assert len(plot.rows) == 1 and plot.left <= row.low <= row.point <= row.high <= plot.right
    assert plot.left <= plot.zero <= plot.right and 2 <= len(plot.ticks) <= 12
    assert min(abs(x - plot.zero) for _value, x in plot.ticks) < 0.2
    assert charts.forest([]) is None


def test_two_records_of_one_customer_count_once_in_the_arm_of_the_one_that_stays(cast, template, make_customer):
    kept, former, lone = (make_customer(code, owner=cast.owner) for code in ("M1", "M2", "M3"))
    assign(template, kept, held=False)
    assign(template, former, held=True)
    moment = timezone.now()
    merge_customers(survivor=kept, former=former, chosen={}, reason="twice", by=cast.admin, at=moment)
    assert [row.held for row in ProofAssignment.objects.filter(customer=kept)] == [False]
    proof = proof_of(cast.admin, template)
    assert (proof.treated.assigned, proof.held.assigned) == (1, 0)
    assign(template, lone, held=True)
    other = make_customer("M4", owner=cast.owner)
    merge_customers(survivor=other, former=lone, chosen={}, reason="twice", by=cast.admin, at=moment)
    assert ProofAssignment.objects.get(customer=other).held
