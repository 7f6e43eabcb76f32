"""The form for a customer: who may, what each role may enter, similar customers, and two people at once."""

import pytest
from django.urls import reverse

from customers.models import Customer, InputChange, Transaction
from customers.selectors import history
from customers.signals import customer_reassigned

pytestmark = pytest.mark.django_db
NEW = "/customers/new/"


@pytest.fixture
def customer(make_customer, owner):
    return make_customer("C1", owner=owner, name="华宇物流有限公司", industry="企业")


@pytest.fixture
def told():
    """Every customer_reassigned signal of the test."""
    calls = []

    def keep(sender, **kwargs):
        calls.append(kwargs)

    customer_reassigned.connect(keep)
    yield calls
    customer_reassigned.disconnect(keep)


def entry(**fields):
    return {"code": "N1", "name": "新客户", "kind": "ORGANISATION", "relationship": "UNDECIDED", **fields}


def edit(customer, **fields):
    return entry(code=customer.code, name=customer.name, version=customer.version, **fields)


def edit_url(customer):
    return reverse("customers:edit", args=[customer.code])


def test_manager_enters_a_customer_and_owns_it(client_for, owner, told):
    answer = client_for(owner).post(NEW, entry(region="江苏", spending_capacity="1,200,000.50"))
    created = Customer.objects.get(code="N1")
    assert answer.status_code == 302 and answer.url == "/customers/N1/"
    assert created.owner == owner and created.tier == "STRANGER"
    assert str(created.spending_capacity) == "1200000.5000"
    assert [call["customer_ids"] for call in told] == [[created.pk]] and told[0]["to"] == owner
    assert created.history.get().history_user == owner


def test_lead_and_admin_may_leave_it_to_nobody(client_for, lead, admin):
    client_for(lead).post(NEW, entry(code="L1", name="甲乙"))
    client_for(admin).post(NEW, entry(code="L2", name="丙丁"))
    assert set(Customer.objects.values_list("code", "owner")) == {("L1", None), ("L2", None)}


def test_a_customer_that_is_new_is_an_input_of_the_night(client_for, owner):
    before = InputChange.objects.count()
    client_for(owner).post(NEW, entry())
    assert InputChange.objects.count() == before + 1


@pytest.mark.parametrize("url", [NEW, "/customers/edit/C1/"])
def test_anonymous_is_sent_to_sign_in(client_for, customer, url):
    answer = client_for(None).get(url)
    assert answer.status_code == 302 and answer.url.startswith("/accounts/login/")


def test_deactivated_is_sent_to_sign_in(client_for, customer, deactivated):
    assert client_for(deactivated).get(NEW).status_code == 302


def test_insiders_see_the_form_and_outsiders_a_404(client_for, cast, customer):
    assert [client_for(user).get(edit_url(customer)).status_code for user in cast.insiders()] == [200] * 3
    for user in cast.outsiders():
        assert client_for(user).get(edit_url(customer)).status_code == 404
        assert client_for(user).post(edit_url(customer), edit(customer, note="x")).status_code == 404
    customer.refresh_from_db()
    assert customer.note == ""


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_other_methods_are_refused(client_for, owner, customer, method):
    for url in (NEW, edit_url(customer)):
        assert getattr(client_for(owner), method)(url).status_code == 405


def test_an_edit_is_saved_with_version_and_author(client_for, owner, customer):
    answer = client_for(owner).post(edit_url(customer), edit(customer, note="搬到新址", reach="40", influence="0.5"))
    customer.refresh_from_db()
    assert answer.status_code == 302
    assert (customer.note, customer.reach, customer.influence, customer.version) == ("搬到新址", 40, 0.5, 2)
    assert customer.history.first().history_user == owner


def test_nothing_is_lost_when_the_entry_is_wrong(client_for, owner, customer):
    answer = client_for(owner, "zh-hans").post(
        edit_url(customer), edit(customer, note="很长的记录", influence="2", first_contact="31/02/2026")
    )
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "很长的记录" in text and 'value="2"' in text
    assert set(answer.context["form"].errors) == {"influence", "first_contact"}


def test_a_manager_cannot_smuggle_in_what_the_role_may_not(client_for, owner, teammate, customer):
    data = edit(customer, owner=teammate.pk, restricted="on", exited_on="2026-01-01", tier="PARTNER")
    data["proposed_tier"] = "FRIEND"
    assert client_for(owner).post(edit_url(customer), {**data, "code": "STOLEN"}).status_code == 302
    customer.refresh_from_db()
    assert customer.owner == owner and not customer.restricted and customer.exited_on is None
    assert (customer.code, customer.tier, customer.proposed_tier) == ("C1", "STRANGER", "")


def test_a_lead_hands_over_within_the_team_only(client_for, lead, teammate, stranger, customer, told):
    refused = client_for(lead).post(edit_url(customer), edit(customer, owner=stranger.pk))
    assert refused.status_code == 422 and "owner" in refused.context["form"].errors
    client_for(lead).post(edit_url(customer), edit(customer, owner=teammate.pk))
    customer.refresh_from_db()
    assert customer.owner == teammate
    assert [(call["to"], call["by"]) for call in told] == [(teammate, lead)]


def test_no_signal_when_the_owner_stays(client_for, lead, owner, customer, told):
    client_for(lead).post(edit_url(customer), edit(customer, owner=owner.pk, note="x"))
    assert told == []


def test_an_admin_hands_over_to_anybody_and_changes_the_code(client_for, admin, stranger, customer):
    answer = client_for(admin).post(edit_url(customer), {**edit(customer, owner=stranger.pk), "code": "C 2/新"})
    customer.refresh_from_db()
    assert (customer.code, customer.owner) == ("C 2/新", stranger)
    assert client_for(admin).get(answer.url).status_code == 200


def test_a_restriction_needs_a_reason(client_for, lead, customer):
    answer = client_for(lead).post(edit_url(customer), edit(customer, restricted="on", owner=customer.owner_id))
    assert "restriction_reason" in answer.context["form"].errors


def test_two_people_at_once_are_told_and_may_replace_knowingly(client_for, owner, lead, customer):
    first, second = edit(customer, note="甲的记录"), edit(customer, note="乙的记录", region="江苏")
    client_for(lead).post(edit_url(customer), {**first, "owner": owner.pk})
    answer = client_for(owner).post(edit_url(customer), second)
    assert answer.status_code == 409
    shown = {str(label): (stored, entered) for label, stored, entered in answer.context["differences"]}
    assert shown == {"Note": ("甲的记录", "乙的记录"), "Region": ("", "江苏")}
    customer.refresh_from_db()
    assert customer.note == "甲的记录"
    assert 'name="version" value="2"' in answer.content.decode()
    client_for(owner).post(edit_url(customer), {**second, "version": 2})
    customer.refresh_from_db()
    assert (customer.note, customer.version) == ("乙的记录", 3)


def test_without_a_version_nothing_is_overwritten(client_for, owner, customer):
    data = edit(customer, note="x")
    del data["version"]
    assert client_for(owner).post(edit_url(customer), data).status_code == 409


def test_an_open_form_does_not_put_back_a_tier_decided_meanwhile(client_for, owner, customer, monkeypatch):
    from customers.services import records

    stale = Customer.objects.get(pk=customer.pk)
    Customer.objects.filter(pk=customer.pk).update(tier="FRIEND")
    records.update_customer(customer=stale, expected=1, by=owner, at=None)
    customer.refresh_from_db()
    assert customer.tier == "FRIEND"


@pytest.mark.parametrize("name", ["华宇物流", " 华宇物流（有限公司）", "华宇 物流股份有限公司"])
def test_similar_customers_are_shown_before_saving(client_for, owner, customer, name):
    answer = client_for(owner).post(NEW, entry(name=name))
    assert answer.status_code == 422 and answer.context["form"].similar == [customer]
    assert "/customers/C1/" in answer.content.decode()
    assert client_for(owner).post(NEW, entry(name=name, despite="on")).status_code == 302


def test_a_look_alike_code_is_shown(client_for, owner, customer):
    answer = client_for(owner).post(NEW, entry(code="c1", name="别的"))
    assert answer.context["form"].similar == [customer]


def test_somebody_elses_customer_is_told_without_its_name(client_for, stranger, customer):
    answer = client_for(stranger).post(NEW, entry(name="华宇物流"))
    assert answer.context["form"].similar == [] and answer.context["form"].hidden_similar == 1
    assert "/customers/C1/" not in answer.content.decode()


def test_a_taken_code_is_an_error_of_the_form(client_for, stranger, customer):
    answer = client_for(stranger).post(NEW, entry(code="C1", despite="on"))
    assert answer.status_code == 422 and "code" in answer.context["form"].errors


@pytest.mark.parametrize("code", ["", "a\x00b", "a\nb", "x" * 65])
def test_codes_that_cannot_be(client_for, owner, code):
    answer = client_for(owner).post(NEW, entry(code=code))
    assert answer.status_code == 422 and not Customer.objects.exists()


@pytest.mark.parametrize("code", ["portfolio", "new", "中文 代码", "a/b", "edit/x", "100%", "..", "id-5"])
def test_any_other_code_is_reachable_for_editing(client_for, owner, make_customer, code):
    customer = make_customer(code, owner=owner)
    answer = client_for(owner).get(edit_url(customer))
    assert answer.status_code == 200 and answer.context["customer"] == customer


def test_buys_through_takes_a_visible_customer_by_code(client_for, owner, stranger, customer, make_customer):
    parent, foreign = make_customer("P1", owner=owner), make_customer("P2", owner=stranger)
    client = client_for(owner)
    for wrong in (foreign.code, "nothing", customer.code):
        answer = client.post(edit_url(customer), edit(customer, buys_through=wrong))
        assert "buys_through" in answer.context["form"].errors
    client.post(edit_url(customer), edit(customer, buys_through="P1"))
    customer.refresh_from_db()
    assert customer.parent == parent


def test_a_parent_of_somebody_else_survives_an_edit(client_for, owner, stranger, customer, make_customer):
    foreign = make_customer("P2", owner=stranger)
    Customer.objects.filter(pk=customer.pk).update(parent=foreign)
    assert client_for(owner).post(edit_url(customer), edit(customer, buys_through="P2", note="x")).status_code == 302
    customer.refresh_from_db()
    assert customer.parent == foreign


def test_a_lead_who_gives_the_customer_away_goes_back_to_the_list(client_for, admin, lead, owner, make_customer):
    customer = make_customer("C9", owner=lead)
    answer = client_for(lead).post(edit_url(customer), edit(customer, owner=owner.pk))
    assert answer.status_code == 302 and answer.url == "/customers/C9/"


def test_a_form_without_customers_writes_no_line(client_for, owner):
    client_for(owner).post(NEW, entry(name=""))
    assert not Customer.objects.exists() and not Transaction.objects.exists()


def test_a_broken_constraint_is_told_beside_its_field(client_for, owner, customer):
    answer = client_for(owner).post(edit_url(customer), edit(customer, spending_capacity="-1"))
    assert "spending_capacity" in answer.context["form"].errors


def test_the_first_edit_of_a_customer_that_came_in_bulk_shows_what_was_there(client_for, owner):
    Customer.objects.bulk_create([Customer(code="C9", name="华宇物流有限公司", industry="企业", owner=owner)])
    customer = Customer.objects.get(code="C9")
    for note in ("甲", "乙"):
        client_for(owner).post(edit_url(customer), edit(customer, industry="企业", note=note))
        customer.refresh_from_db()
    newest, first, created = history.changes(customer)
    assert (newest.field, newest.before, newest.after, newest.by) == ("note", "甲", "乙", owner)
    assert (first.field, first.before, first.after, first.by) == ("note", "", "甲", owner)
    assert (created.kind, created.at, created.by) == ("created", customer.created_at, None)
