"""Parting: proposed with evidence, refused to the first person, approved by a second, reversible; never by itself."""

from datetime import timedelta

import html5lib
import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from customers.models import Customer
from customers.templatetags.amounts import long_day
from customers.vocabulary import NightOrigin
from retention.losses import services
from retention.models import ExitDecision
from retention.publish_exits import sync_exits
from tests import standings
from tests.retention_world import make_night

pytestmark = pytest.mark.django_db
LIST = "/retention/exits/"


@pytest.fixture
def customer(make_customer, cast):
    return make_customer("A/1 关", name="北辰", owner=cast.owner)


@pytest.fixture
def second_lead(make_user, cast):
    return make_user("second", role="LEAD", team=cast.lead.team)


def data_of(customer, **more):
    return {
        "customer": customer.code, "reason": "UNPROFITABLE", "measure": "TERMINATE", "argument": "三年亏损",
        "indirect_cost": "1,200.50", "no_credit": "on", "prepayment": "on", **more,
    }  # fmt: skip


@pytest.fixture
def propose(customer):
    def make(by, **more):
        values = {"reason": "INCORRIGIBLE", "measure": "TERMINATE", "argument": "屡次违约"}
        return services.propose_exit(customer=customer, by=by, at=timezone.now(), **values | more)

    return make


def text(response):
    return response.content.decode()


def test_a_lead_proposes_and_only_a_second_person_approves(client_for, cast, customer, second_lead):
    first = client_for(cast.lead)
    answer = first.post(f"{LIST}new/", data_of(customer), follow=True)
    assert "Proposed. A second person decides" in text(answer)
    decision = ExitDecision.objects.get()
    assert (decision.state, decision.proposed_by, decision.indirect_cost) == ("PROPOSED", cast.lead, 1200.5)
    refused = first.post(f"{LIST}{decision.pk}/approve/", {"note": "同意"})
    assert refused.status_code == 409 and "you made this proposal yourself" in text(refused) and "同意" in text(refused)
    customer.refresh_from_db()
    assert customer.exited_on is None and not customer.restricted
    client_for(second_lead).post(f"{LIST}{decision.pk}/approve/", {"note": "同意"})
    decision.refresh_from_db()
    customer.refresh_from_db()
    assert (decision.state, decision.decided_by, decision.decision_note) == ("APPROVED", second_lead, "同意")
    assert (customer.exited_on, customer.restricted) == (timezone.localdate(), True)
    assert customer.history.latest().history_user == second_lead
    assert [row.state for row in decision.history.order_by("history_id")] == ["PROPOSED", "APPROVED"]


def test_an_account_manager_cannot_decide(client_for, cast, propose):
    decision = propose(cast.lead)
    client = client_for(cast.owner)
    for step in ("approve", "reject"):
        assert client.post(f"{LIST}{decision.pk}/{step}/", {"note": "x"}).status_code == 403
    assert ExitDecision.objects.get().state == "PROPOSED"
    page = text(client.get(f"{LIST}{decision.pk}/"))
    assert "A lead or an administrator decides." in page and "Approve</button>" not in page


@pytest.mark.both
def test_the_database_refuses_the_first_person_too(cast, propose, customer):
    decision = propose(cast.lead)
    with pytest.raises(IntegrityError), transaction.atomic():
        ExitDecision.objects.filter(pk=decision.pk).update(
            state="APPROVED", decided_by=cast.lead, decided_at=timezone.now()
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        ExitDecision.objects.create(customer=customer, reason="UNPROFITABLE", state="SUGGESTED")
    with pytest.raises(IntegrityError), transaction.atomic():
        ExitDecision.objects.filter(pk=decision.pk).update(state="APPROVED", decided_by=cast.admin)


def test_an_approval_is_reversed_to_what_was_before(client_for, cast, propose, customer):
    customer.restricted, customer.restriction_reason = True, "历史逾期"
    customer.save()
    decision = propose(cast.owner)
    lead = client_for(cast.lead)
    lead.post(f"{LIST}{decision.pk}/approve/")
    assert Customer.objects.get(pk=customer.pk).exited_on == timezone.localdate()
    assert lead.post(f"{LIST}{decision.pk}/reverse/", {"note": ""}).status_code == 422
    assert client_for(cast.owner).post(f"{LIST}{decision.pk}/reverse/", {"note": "x"}).status_code == 403
    lead.post(f"{LIST}{decision.pk}/reverse/", {"note": "误判"})
    customer.refresh_from_db()
    assert (customer.exited_on, customer.restricted, customer.restriction_reason) == (None, True, "历史逾期")
    decision.refresh_from_db()
    assert (decision.state, decision.reversed_by, decision.reversal_note) == ("REVERSED", cast.lead, "误判")
    assert lead.post(f"{LIST}{decision.pk}/reverse/", {"note": "x"}).status_code == 409


def test_a_restriction_leaves_the_business_open(client_for, cast, propose, customer):
    decision = propose(cast.owner, measure="RESTRICT", reason="DISCREDITED", no_credit=False, prepayment=False)
    client_for(cast.admin).post(f"{LIST}{decision.pk}/approve/")
    customer.refresh_from_db()
    assert customer.restricted and customer.exited_on is None
    page = text(client_for(cast.owner).get(customer.get_absolute_url()))
    assert "Discredited · Approved" in page and "No discounts, visits or other investment" in page


def test_rejecting_and_taking_back(client_for, cast, propose):
    decision = propose(cast.owner)
    lead, owner = client_for(cast.lead), client_for(cast.owner)
    assert lead.post(f"{LIST}{decision.pk}/reject/", {"note": " "}).status_code == 422
    assert lead.post(f"{LIST}{decision.pk}/withdraw/", {"note": "x"}).status_code == 409
    lead.post(f"{LIST}{decision.pk}/reject/", {"note": "再观察"})
    assert ExitDecision.objects.get().state == "REJECTED"
    again = propose(cast.owner)
    owner.post(f"{LIST}{again.pk}/withdraw/", {"note": "客户已付清"})
    again.refresh_from_db()
    assert (again.state, again.decided_by) == ("WITHDRAWN", None)
    assert lead.post(f"{LIST}{again.pk}/approve/").status_code == 409


def test_everybody_sees_their_own_decisions(client_for, cast, propose, customer):
    decision = propose(cast.owner)
    for user in cast.insiders():
        assert [row.pk for row in client_for(user).get(LIST).context["rows"]] == [decision.pk]
    for user in cast.outsiders():
        client = client_for(user)
        assert client.get(LIST).context["rows"] == []
        assert client.get(f"{LIST}{decision.pk}/").status_code == 404
        assert client.post(f"{LIST}{decision.pk}/approve/").status_code == 404
        assert client.post(f"{LIST}new/", data_of(customer)).status_code == 404
    assert client_for(None).get(LIST).status_code == 302
    assert client_for(cast.lead).get(f"{LIST}{decision.pk}/approve/").status_code == 405
    assert client_for(cast.lead).get(f"{LIST}?part=APPROVED&reason=%00").context["rows"] == []


@pytest.mark.parametrize(
    ("change", "field"),
    [({"argument": ""}, "argument"), ({"reason": "X"}, "reason"), ({"indirect_cost": "-1"}, "indirect_cost")],
)
def test_a_proposal_without_evidence_comes_back(client_for, cast, customer, change, field):
    answer = client_for(cast.owner).post(f"{LIST}new/", data_of(customer, **change))
    assert answer.status_code == 422 and list(answer.context["form"].errors) == [field]
    assert ExitDecision.objects.count() == 0


def test_two_proposals_at_once_are_one(client_for, cast, customer, propose):
    propose(cast.owner)
    answer = client_for(cast.lead).post(f"{LIST}new/", data_of(customer))
    assert answer.status_code == 422 and "waits for its decision already" in text(answer)


@pytest.mark.both
def test_the_night_only_suggests_and_needs_two_people(client_for, cast, customer, second_lead):
    night = make_night()
    found = {customer.pk: ("UNPROFITABLE", {"profit_12m": -500.0})}
    assert sync_exits(night, found, 365) == {"exits_suggested": 1, "exits_withdrawn": 0}
    assert sync_exits(night, found, 365) == {"exits_suggested": 0, "exits_withdrawn": 0}
    decision = ExitDecision.objects.get()
    customer.refresh_from_db()
    assert (decision.state, decision.proposed_by, customer.exited_on) == ("SUGGESTED", None, None)
    lead = client_for(cast.lead)
    assert "gross profit of 12 months" in text(lead.get(f"{LIST}{decision.pk}/"))
    assert lead.post(f"{LIST}{decision.pk}/approve/").status_code == 409  # nobody has taken it up
    lead.post(f"{LIST}new/", data_of(customer))
    assert lead.post(f"{LIST}{decision.pk}/approve/").status_code == 409  # the same person
    client_for(second_lead).post(f"{LIST}{decision.pk}/approve/")
    decision.refresh_from_db()
    assert (decision.state, decision.evidence) == ("APPROVED", {"profit_12m": -500.0})


@pytest.mark.both
def test_suggestions_follow_the_facts_and_rest_when_turned_down(client_for, cast, customer, make_customer):
    other, night = make_customer("B", owner=cast.owner), make_night()
    found = {pk: ("DISCREDITED", {}) for pk in (customer.pk, other.pk)}
    sync_exits(night, found, 365)
    assert sync_exits(night, {other.pk: found[other.pk]}, 365) == {"exits_suggested": 0, "exits_withdrawn": 1}
    suggestion = ExitDecision.objects.get(customer=other)
    client_for(cast.owner).post(f"{LIST}{suggestion.pk}/withdraw/", {"note": "已付清"})
    later = make_night(timezone.localdate() + timedelta(days=30), mark="b")
    assert sync_exits(later, found, 365) == {"exits_suggested": 1, "exits_withdrawn": 0}  # only who was not turned down
    assert sync_exits(make_night(origin=NightOrigin.REPLAY, mark="c"), {}, 365) == {}
    assert set(ExitDecision.objects.values_list("customer__code", "state")) == {
        ("A/1 关", "WITHDRAWN"), ("A/1 关", "SUGGESTED"), ("B", "REJECTED"),
    }  # fmt: skip


def steps_of(response):
    """What the page offers to do with a decision: the last parts of the addresses of its buttons and forms."""
    page = html5lib.parse(response.content.decode(), namespaceHTMLElements=False)
    found = [part.get("formaction") or part.get("action") for part in page.iter() if part.tag in ("form", "button")]
    return {address.rstrip("/").rsplit("/", 1)[-1] for address in found if address and LIST in address}


def test_who_proposed_is_not_offered_to_approve(client_for, cast, propose, second_lead):
    decision = propose(cast.lead)
    page = f"{LIST}{decision.pk}/"
    assert {"approve", "reject"} <= steps_of(client_for(second_lead).get(page))
    own = client_for(cast.lead).get(page)
    buttons = [part.get("formaction") for part in html5lib.parse(text(own), namespaceHTMLElements=False).iter("button")]
    assert [address for address in buttons if address] == [f"{page}withdraw/"]


def test_figures_of_today_and_facts_of_the_suggestion_name_their_days(client_for, cast, customer):
    night = standings.make_night()
    standings.stand(night, customer)
    since = night.as_of - timedelta(days=30)
    decision = ExitDecision.objects.create(
        customer=customer, reason="UNPROFITABLE", state="SUGGESTED", suggested_on=since, evidence={"overdue_days": 211}
    )
    page = text(client_for(cast.lead).get(f"{LIST}{decision.pk}/"))
    assert f"Facts as of {long_day(since)}" in page and "longest payment delay 211 days" in page
    assert f"as of {long_day(night.as_of)}, newer than the facts of the suggestion" in page
