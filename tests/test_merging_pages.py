"""The pages of merging: likely duplicates, the preview with its choices, and where the old code leads."""

from datetime import UTC, date, datetime

import pytest

from customers.models import Contact, Customer, CustomerMerge, DistinctPair, Transaction
from customers.publish import refresh_days
from customers.publish_locks import night_alone
from customers.services.distinct import tell_apart
from customers.services.merge import merge_customers
from tests.standings import make_night, stand

pytestmark = pytest.mark.django_db
DUPLICATES, MERGE = "/customers/merging/duplicates/", "/customers/merging/pair/"
AT = datetime(2026, 3, 5, 12, tzinfo=UTC)


@pytest.fixture
def two(cast, make_customer):
    """S1 with an order, F1 without; in other regions."""
    stays = make_customer("S1", name="华宇科技有限公司", region="华东", owner=cast.owner)
    goes = make_customer("F1", name="华宇科技", region="华北", industry="软件", owner=cast.owner)
    Transaction.objects.create(customer=stays, date=date(2026, 1, 5), amount=100)
    refresh_days([stays.pk])
    return stays, goes


def address(*customers, keep=None):
    query = "&".join(f"ids={customer.pk}" for customer in customers)
    return f"{MERGE}?{query}" + (f"&keep={keep.pk}" if keep else "")


def entry(form, **more):
    """What a browser sends for an untouched form, and the two things it asks for."""
    return {name: form[name].initial for name in form.names} | {
        "versions": form["versions"].initial, "reason": "Same firm", "sure": "on", **more,
    }  # fmt: skip


def test_who_sees_what(cast, client_for, two):
    for url in (DUPLICATES, address(*two)):
        for user in (cast.lead, cast.admin):
            assert client_for(user).get(url).status_code == 200
        for user in (cast.owner, cast.teammate, cast.stranger):
            assert client_for(user).get(url).status_code == 403
        assert client_for(None).get(url).status_code == 302
    assert client_for(cast.other_lead).get(address(*two)).status_code == 404
    assert client_for(cast.other_lead).get(DUPLICATES).context["total"] == 0
    assert client_for(cast.lead).post(DUPLICATES).status_code == 405
    assert client_for(cast.lead).delete(address(*two)).status_code == 405


def test_likely_duplicates_by_name_phone_and_mail(cast, client_for, two, make_customer):
    far = make_customer("X1", name="Other", owner=cast.owner)
    make_customer("Z1", name="华宇科技有限公司", owner=cast.stranger)
    for customer, phone, email in ((two[0], "+86 139-0000-1111", "li@x.cn"), (far, "13900001111", "LI@x.cn")):
        Contact.objects.create(customer=customer, name="Li", phone=phone, email=email)
    for code in ("P1", "P2"):  # persons share names: only within a region
        make_customer(code, name="李伟", kind="INDIVIDUAL", region=code, owner=cast.owner)
    rows = client_for(cast.lead).get(DUPLICATES).context["rows"]
    found = [(pair.first.code, pair.second.code, pair.reasons) for pair, _words in rows]
    assert found == [("S1", "X1", ["phone", "email"]), ("S1", "F1", ["name"])]
    assert client_for(cast.admin).get(DUPLICATES).context["total"] == 3  # with the pair of another team


def test_the_preview_shows_and_the_merge_does_it(cast, client_for, two):
    client = client_for(cast.lead)
    Contact.objects.create(customer=two[1], name="Li")
    page = client.get(address(two[1], two[0]))
    form = page.context["form"]
    assert (page.context["survivor"], page.context["former"]) == two  # who has the orders stays
    assert {name: form[name].initial for name in form.names} == {
        "name": "survivor", "industry": "former", "region": "survivor",
    }  # fmt: skip
    assert [count for _words, count in page.context["moving"]] == [1]
    done = client.post(MERGE + page.context["action"], entry(form, region="former"))
    assert done.status_code == 302 and done["Location"] == "/customers/S1/"
    two[0].refresh_from_db()
    assert (two[0].region, two[0].industry) == ("华北", "软件")
    record = CustomerMerge.objects.get()
    assert (record.by, record.reason) == (cast.lead, "Same firm")
    shown = client.get("/customers/S1/?tab=history").context["merges"]
    assert [merge.pk for merge in shown] == [record.pk]
    kinds = [entry.kind for entry in client.get("/customers/S1/?tab=timeline").context["entries"]]
    assert "merge" in kinds


def test_the_other_one_may_stay(cast, client_for, two):
    page = client_for(cast.lead).get(address(*two, keep=two[1]))
    assert (page.context["survivor"], page.context["former"]) == two[::-1]


def test_bad_entries_are_told(cast, client_for, two):
    client = client_for(cast.lead)
    form = client.get(address(*two)).context["form"]
    for wrong in ({"reason": " "}, {"sure": ""}, {"region": "both"}):
        response = client.post(address(*two, keep=two[0]), entry(form, **wrong))
        assert response.status_code == 422 and response.context["form"].errors
    for query in ("", f"?ids={two[0].pk}", f"?ids={two[0].pk}&ids={two[0].pk}", "?ids=a&ids=b&ids=c"):
        assert client.get(MERGE + query)["Location"] == "/customers/"
    assert client.get(f"{MERGE}?ids={two[0].pk}&ids=x").status_code == 404
    assert not CustomerMerge.objects.exists()


def test_what_changed_meanwhile_is_shown_first(cast, client_for, two):
    client = client_for(cast.lead)
    form = client.get(address(*two)).context["form"]
    Customer.objects.filter(pk=two[1].pk).update(version=9)
    for versions in (form["versions"].initial, "x", ""):
        response = client.post(address(*two, keep=two[0]), entry(form, versions=versions))
        assert response.status_code == 302 and response["Location"] == address(*two, keep=two[0])
    assert not CustomerMerge.objects.exists()


@pytest.mark.sqlite
def test_a_running_night_is_waited_for(cast, client_for, two):
    client = client_for(cast.lead)
    form = client.get(address(*two)).context["form"]
    with night_alone():
        assert client.post(address(*two, keep=two[0]), entry(form)).status_code == 302
    assert not CustomerMerge.objects.exists()


def test_the_old_code_leads_to_the_survivor(cast, client_for, two):
    merge_customers(survivor=two[0], former=two[1], chosen={}, reason="x", by=cast.lead, at=AT)
    for user in cast.insiders():
        response = client_for(user).get("/customers/F1/?tab=orders")
        assert response.status_code == 301 and response["Location"] == "/customers/S1/?tab=orders"
        assert client_for(user).get(f"/customers/id-{two[1].pk}/")["Location"] == "/customers/S1/"
    for user in cast.outsiders():
        assert client_for(user).get("/customers/F1/").status_code == 404
    for url in ("/customers/edit/F1/", "/customers/contacts/add/F1/"):
        assert client_for(cast.owner).get(url).status_code == 404
    assert client_for(cast.admin).get(address(*two)).status_code == 404  # it is no customer any more


def test_the_list_offers_it_to_who_may(cast, client_for, two):
    make_night()
    page = client_for(cast.lead).get("/customers/")
    assert 'formaction="/customers/merging/pair/"' in page.content.decode()
    page = client_for(cast.owner).get("/customers/")
    assert 'formaction="/customers/merging/pair/"' not in page.content.decode()


def test_lists_and_counts_know_one_customer_at_once(cast, client_for, two):
    night = make_night()
    for customer in two:
        stand(night, customer)
    merge_customers(survivor=two[0], former=two[1], chosen={}, reason="x", by=cast.lead, at=AT)
    page = client_for(cast.admin).get("/customers/")
    assert [row.code for row in page.context["rows"]] == ["S1"] and page.context["total"] == 1


def test_a_search_for_the_old_code_finds_the_survivor(cast, client_for, two):
    night = make_night()
    stand(night, two[1], quadrant="LH")
    merge_customers(survivor=two[0], former=two[1], chosen={}, reason="x", by=cast.lead, at=AT)
    client = client_for(cast.owner)
    assert [row.code for row in client.get("/customers/?q=f1").context["rows"]] == ["S1"]
    assert client_for(cast.stranger).get("/customers/?q=F1").context["total"] == 0
    (merge,) = client.get("/customers/S1/?tab=history").context["merges"]
    assert (merge.last.quadrant, merge.last.night) == ("LH", night)  # readable where the night is long over


def test_in_chinese(cast, client_for, two):
    page = client_for(cast.lead, language="zh-hans").get(address(*two))
    assert page.status_code == 200 and "<h1>合并两个客户" in page.content.decode().replace("\n", "")


@pytest.mark.parametrize("code", ["id-²", "id-" + "9" * 5000, "id-" + "9" * 30])
def test_an_address_of_no_customer_is_not_found(cast, client_for, code):
    assert client_for(cast.admin).get(f"/customers/{code}/").status_code == 404


def test_an_old_code_that_looks_like_a_number_leads_on(cast, client_for, make_customer):
    stays, goes = make_customer("S1", owner=cast.owner), make_customer("id-7000", owner=cast.owner)
    merge_customers(survivor=stays, former=goes, chosen={}, reason="x", by=cast.lead, at=AT)
    assert client_for(cast.owner).get("/customers/id-7000/").headers["Location"] == stays.get_absolute_url()


DISTINCT = "/customers/merging/distinct/"


def test_pairs_told_apart_are_remembered_until_somebody_asks_again(cast, client_for, two, make_customer):
    client = client_for(cast.lead)
    assert client.post(DISTINCT, {"ids": [two[1].pk, two[0].pk]})["Location"] == DUPLICATES
    page = client.get(DUPLICATES)
    assert page.context["total"] == 0
    (pair,) = page.context["apart"]
    assert (pair.first, pair.second, pair.by) == (*two, cast.lead)
    client_for(cast.admin).post(DISTINCT, {"ids": [two[0].pk, two[1].pk]})
    assert DistinctPair.objects.get().by == cast.lead  # who said so first
    third = make_customer("T1", name="华宇科技", owner=cast.owner)
    found = [(row.first, row.second) for row, _words in client.get(DUPLICATES).context["rows"]]
    assert found == [(two[0], third)]
    client.post(DISTINCT, {"ids": [two[0].pk, third.pk]})
    found = [(row.first, row.second) for row, _words in client.get(DUPLICATES).context["rows"]]
    assert found == [(two[1], third)]  # the next that look alike
    client.post(f"{DISTINCT}{pair.pk}/again/")
    found = [(row.first, row.second) for row, _words in client.get(DUPLICATES).context["rows"]]
    assert found == [two, (two[1], third)]


def test_who_may_tell_apart(cast, client_for, two):
    ids = {"ids": [customer.pk for customer in two]}
    for user, status in ((cast.owner, 403), (cast.stranger, 403), (cast.other_lead, 404), (None, 302)):
        assert client_for(user).post(DISTINCT, ids).status_code == status
    assert client_for(cast.lead).get(DISTINCT).status_code == 405
    assert client_for(cast.lead).post(DISTINCT, {"ids": [two[0].pk]}).status_code == 302
    assert not DistinctPair.objects.exists()
    client_for(cast.lead).post(DISTINCT, ids)
    again = f"{DISTINCT}{DistinctPair.objects.get().pk}/again/"
    assert client_for(cast.other_lead).get(DUPLICATES).context["apart"] == []
    for user, status in ((cast.owner, 403), (cast.other_lead, 404), (None, 302)):
        assert client_for(user).post(again).status_code == status
    assert DistinctPair.objects.exists()


def test_a_merge_overrules_what_was_told_apart(cast, make_customer, two):
    other, last = make_customer("O1", owner=cast.owner), make_customer("L1", owner=cast.owner)
    for pair in ((two[0], two[1]), (two[1], other), (last, two[1]), (two[0], other)):
        tell_apart(customers=pair, by=cast.lead, at=AT)
    merge_customers(survivor=two[0], former=two[1], chosen={}, reason="x", by=cast.lead, at=AT)
    pairs = DistinctPair.objects.order_by("second_id").values_list("first__code", "second__code")
    assert list(pairs) == [("S1", "O1"), ("S1", "L1")]
