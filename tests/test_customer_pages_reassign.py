"""Handing customers over: the frozen set, its exact size, who may, and what follows."""

import pytest
from django.utils import timezone

from customers.models import Customer, InputChange
from customers.services.ownership import reassign
from customers.signals import customer_reassigned
from tests.standings import make_night, stand

pytestmark = pytest.mark.django_db
URL = "/customers/bulk/owner/"


@pytest.fixture
def five(cast, make_customer):
    night = make_night()
    found = [make_customer(f"C{i}", owner=cast.owner, tier="FRIEND" if i < 3 else "ACQUAINTANCE") for i in range(5)]
    for customer in found:
        stand(night, customer)
    make_customer("Z9", owner=cast.stranger, tier="FRIEND")
    return found


@pytest.fixture
def heard():
    calls = []

    def receive(sender, **kwargs):
        calls.append(kwargs)

    customer_reassigned.connect(receive)
    yield calls
    customer_reassigned.disconnect(receive)


def confirm(client, query):
    response = client.get(f"{URL}?{query}")
    assert response.status_code == 200
    return response.context


def owners():
    return dict(Customer.objects.values_list("code", "owner__username"))


def test_all_that_match_change_hands(cast, client_for, five, heard):
    lead = client_for(cast.lead)
    page = confirm(lead, "tier=FRIEND")
    assert page["count"] == 3
    response = lead.post(URL, {"token": page["token"], "owner": cast.teammate.pk, "reason": "Move"})
    assert response.status_code == 302 and response["Location"] == "/customers/?tier=FRIEND"
    assert [name for _code, name in sorted(owners().items())] == ["teammate"] * 3 + ["owner"] * 2 + ["stranger"]
    assert len(heard) == 1
    assert heard[0]["customer_ids"] == [row.pk for row in five[:3]] and heard[0]["to"] == cast.teammate
    record = five[0].history.first()
    assert (record.owner_id, record.history_user, record.history_change_reason) == (cast.teammate.pk, cast.lead, "Move")
    assert client_for(cast.owner).get("/customers/C0/").status_code == 404
    assert client_for(cast.teammate).get("/customers/C0/").status_code == 200


def test_the_chosen_rows_only_and_foreign_ones_are_told(cast, client_for, five, heard):
    lead, foreign = client_for(cast.lead), Customer.objects.get(code="Z9")
    page = confirm(lead, f"ids={five[4].pk}&ids={foreign.pk}&ids=x")
    assert (page["count"], page["left_out"]) == (1, 2)
    lead.post(URL, {"token": page["token"], "owner": cast.lead.pk})
    assert owners() == {**dict.fromkeys(["C0", "C1", "C2", "C3"], "owner"), "C4": "lead", "Z9": "stranger"}


def test_rows_nobody_can_read_never_mean_everybody(cast, client_for, five, heard):
    page = confirm(client_for(cast.lead), "ids=1%2C692&ids=x")
    assert (page["count"], page["left_out"]) == (0, 2)


def test_to_nobody(cast, client_for, five, heard):
    lead = client_for(cast.lead)
    token = confirm(lead, "tier=FRIEND")["token"]
    assert lead.post(URL, {"token": token, "owner": ""}).context["form"].errors and not heard
    lead.post(URL, {"token": token, "owner": "nobody"})
    assert owners()["C0"] is None and heard[0]["to"] is None


def test_a_set_that_changed_is_asked_again(cast, client_for, five, heard, make_customer):
    lead = client_for(cast.lead)
    page = confirm(lead, "tier=FRIEND")
    make_customer("C9", owner=cast.owner, tier="FRIEND")
    response = lead.post(URL, {"token": page["token"], "owner": cast.teammate.pk})
    assert response.status_code == 200 and response.context["count"] == 4 and not heard
    lead.post(URL, {"token": response.context["token"], "owner": cast.teammate.pk})
    assert len(heard[0]["customer_ids"]) == 4


def test_a_lead_gives_only_to_the_own_team(cast, client_for, five, heard):
    lead = client_for(cast.lead)
    page = confirm(lead, "tier=FRIEND")
    for person in (cast.stranger, cast.deactivated):
        response = lead.post(URL, {"token": page["token"], "owner": person.pk})
        assert response.status_code == 200 and response.context["form"].errors
    assert not heard and set(owners().values()) == {"owner", "stranger"}


def test_an_administrator_gives_to_anybody_active(cast, client_for, five, heard):
    admin = client_for(cast.admin)
    page = confirm(admin, "")
    assert page["count"] == 6
    admin.post(URL, {"token": page["token"], "owner": cast.stranger.pk})
    assert set(owners().values()) == {"stranger"} and len(heard[0]["customer_ids"]) == 5


@pytest.mark.parametrize("token", ["", "nonsense", "eyJmIjoiIn0:1x:abc"])
def test_a_forged_token_changes_nothing(cast, client_for, five, heard, token):
    response = client_for(cast.lead).post(URL, {"token": token, "owner": cast.teammate.pk})
    assert response.status_code == 302 and not heard and owners()["C0"] == "owner"


def test_somebody_elses_token_changes_nothing(cast, client_for, five, heard):
    token = confirm(client_for(cast.admin), "")["token"]
    client_for(cast.lead).post(URL, {"token": token, "owner": cast.teammate.pk})
    assert not heard and owners()["C0"] == "owner"


def test_managers_may_not(cast, client_for, five):
    assert client_for(cast.owner).get(URL).status_code == 403
    assert client_for(cast.owner).post(URL, {"token": "x"}).status_code == 403
    assert client_for(None).get(URL).status_code == 302
    assert client_for(cast.lead).put(URL).status_code == 405
    assert "bulk/owner" not in client_for(cast.owner).get("/customers/").content.decode()


def test_an_empty_set_offers_the_way_back(cast, client_for, five):
    assert confirm(client_for(cast.other_lead), "q=zzz")["count"] == 0


def test_who_has_it_already_is_left_alone(cast, five, heard):
    watermark = InputChange.objects.count()
    moved = reassign(customers=Customer.objects.all(), to=cast.owner, by=cast.admin, at=timezone.now())
    assert moved == 1 and heard[0]["customer_ids"] == [Customer.objects.get(code="Z9").pk]
    assert InputChange.objects.count() == watermark + 1
    assert reassign(customers=Customer.objects.all(), to=cast.owner, by=cast.admin, at=timezone.now()) == 0
    assert len(heard) == 1
