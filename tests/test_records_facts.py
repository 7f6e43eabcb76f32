"""Forms for what is known about a customer: every kind can be added, changed and deleted by those who may see it."""

from datetime import date, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from customers.forms.kinds import KINDS
from customers.models import (
    Case,
    Category,
    CategoryFirst,
    Contact,
    Contract,
    InputChange,
    Interaction,
    Product,
    PurchaseDay,
    Transaction,
)

pytestmark = pytest.mark.django_db
ENTRIES = {
    "contact": {"name": "张敏", "position": "采购主管", "is_buyer": "on", "email": "z@example.com"},
    "interaction": {"kind": "VISIT", "at": "2026-03-05T10:30", "summary": "现场勘察"},
    "case": {"kind": "COMPLAINT", "state": "OPEN", "subject": "设备故障", "opened_at": "2026-03-05T10:30",
             "answer_due": "2026-03-08T18:00"},
    "suggestion": {"made_on": "2026-03-05", "text": "增加报表"},
    "survey": {"date": "2026-03-05", "satisfaction": "4", "product_value": "9", "factors": ["FIRM", "INTERACTION"]},
    "contract": {"number": "HT1", "start": "2026-01-01", "end": "2027-12-31", "amount": "50,000.00"},
    "commitment": {"text": "四小时到场", "ours": "on", "due": "2026-12-31"},
    "goal": {"objective": "进入集采名单", "target_date": "2026-12-31"},
    "receivable": {"number": "FP1", "issued": "2026-01-01", "due": "2026-02-01", "amount": "1234.5"},
    "referral": {"referred_name": "新能源科技", "date": "2026-02-01"},
    "cost": {"date": "2026-02-01", "amount": "80", "note": "巡检"},
    "transaction": {"date": "2026-03-05", "order_no": "SO1", "quantity": "2", "amount": "1,000.1234", "cost": "700",
                    "service_cost": "0"},
}  # fmt: skip
CHANGES = {
    "goal": {"objective": "成为首选"},
    "contact": {"position": "主任"}, "interaction": {"summary": "电话回访"}, "case": {"subject": "更换设备"},
    "suggestion": {"text": "统一账号"}, "survey": {"trust": "5"}, "contract": {"title": "框架协议"},
    "commitment": {"text": "每季巡检"}, "receivable": {"paid_on": "2026-03-01"}, "referral": {"referred_name": "港务"},
    "cost": {"note": "抢修"}, "transaction": {"amount": "900", "cost": "700"},
}  # fmt: skip


@pytest.fixture
def customer(make_customer, owner):
    return make_customer("C1", owner=owner)


@pytest.fixture
def enter(client_for, customer):
    """enter(user, kind, **changes): posts the entry of that kind; answers the response."""

    def post(user, kind, /, **changes):
        return client_for(user).post(reverse(f"customers:{kind}_add", args=["C1"]), {**ENTRIES[kind], **changes})

    return post


def only(kind):
    return KINDS[kind].model.objects.get()


def test_every_kind_has_an_entry_here():
    assert set(ENTRIES) == set(CHANGES) == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_a_record_is_entered_shown_changed_and_deleted(client_for, owner, customer, enter, kind):
    answer = enter(owner, kind)
    assert answer.status_code == 302 and answer.url == f"/customers/C1/?tab={KINDS[kind].tab}"
    record = only(kind)
    assert record.customer == customer
    client, url = client_for(owner), reverse(f"customers:{kind}_edit", args=[record.pk])
    assert client.get(url).status_code == 200
    assert client.post(url, {**ENTRIES[kind], **CHANGES[kind]}).status_code == 302
    field, value = next(iter(CHANGES[kind].items()))
    assert str(getattr(only(kind), field)).startswith(value)
    gone = reverse(f"customers:{kind}_delete", args=[record.pk])
    assert client.get(gone).status_code == 200 and KINDS[kind].model.objects.exists()
    assert client.post(gone).status_code == 302 and not KINDS[kind].model.objects.exists()


@pytest.mark.parametrize("kind", KINDS)
def test_the_form_opens_filled_with_sensible_values_in_both_languages(client_for, owner, customer, kind):
    for language in ("en", "zh-hans"):
        answer = client_for(owner, language).get(reverse(f"customers:{kind}_add", args=["C1"]))
        assert answer.status_code == 200


@pytest.mark.parametrize("kind", KINDS)
def test_outsiders_get_a_404_and_change_nothing(client_for, cast, enter, kind):
    enter(cast.owner, kind)
    record = only(kind)
    for user in cast.outsiders():
        client = client_for(user)
        assert enter(user, kind).status_code == 404
        for action in ("edit", "delete"):
            url = reverse(f"customers:{kind}_{action}", args=[record.pk])
            assert client.get(url).status_code == 404
            assert client.post(url, {**ENTRIES[kind], **CHANGES[kind]}).status_code == 404
    assert KINDS[kind].model.objects.count() == 1


def test_lead_and_admin_may_record_too(cast, enter):
    assert enter(cast.lead, "interaction").status_code == 302
    assert enter(cast.admin, "interaction").status_code == 302
    assert set(Interaction.objects.values_list("by", flat=True)) == {cast.lead.pk, cast.admin.pk}


def test_anonymous_is_sent_to_sign_in(client_for, customer, owner, enter):
    enter(owner, "contact")
    for url in ("/customers/contacts/add/C1/", f"/customers/contacts/{only('contact').pk}/"):
        assert client_for(None).get(url).url.startswith("/accounts/login/")


def test_other_methods_are_refused(client_for, owner, customer):
    assert client_for(owner).put("/customers/contacts/add/C1/").status_code == 405


def test_a_record_cannot_be_moved_to_another_customer(client_for, owner, stranger, enter, make_customer):
    other = make_customer("C2", owner=stranger)
    enter(owner, "contact", customer=other.pk)
    record = only("contact")
    client_for(owner).post(f"/customers/contacts/{record.pk}/", {**ENTRIES["contact"], "customer": other.pk})
    record.refresh_from_db()
    assert record.customer.code == "C1"


@pytest.mark.parametrize("kind", ["interaction", "survey"])
def test_only_contacts_of_the_customer_can_be_chosen(owner, enter, make_customer, kind):
    foreign = Contact.objects.create(customer=make_customer("C2", owner=owner), name="别家")
    answer = enter(owner, kind, contact=foreign.pk)
    assert answer.status_code == 422 and "contact" in answer.context["form"].errors


def test_the_person_goes_back_where_they_came_from_but_never_off_site(owner, enter):
    assert enter(owner, "contact", next="/retention/?tab=CARE").url == "/retention/?tab=CARE"
    assert enter(owner, "contact", next="https://evil.example/").url == "/customers/C1/?tab=contacts"


@pytest.mark.parametrize(
    ("kind", "wrong", "field"),
    [
        ("contact", {"name": ""}, "name"),
        ("contact", {"email": "nobody"}, "email"),
        ("contact", {"since": "2026-03-01", "left_on": "2026-02-01"}, "left_on"),
        ("interaction", {"at": "2126-03-05T10:30"}, "at"),
        ("interaction", {"at": "31/02/2026"}, "at"),
        ("interaction", {"kind": "TELEPATHY"}, "kind"),
        ("interaction", {"next_date": "2026-03-04"}, "next_date"),
        ("case", {"state": "ANSWERED"}, "answer"),
        ("case", {"answered_at": "2026-03-06T10:00", "answer": "好"}, "state"),
        ("case", {"answer_due": "2026-03-04T10:00"}, "answer_due"),
        ("suggestion", {"feedback_on": "2026-03-06"}, "feedback"),
        ("survey", {"satisfaction": "6"}, "satisfaction"),
        ("survey", {"satisfaction": "", "product_value": ""}, None),
        ("contract", {"end": "2025-01-01"}, "end"),
        ("receivable", {"due": "2025-01-01"}, "due"),
        ("receivable", {"amount": "NaN"}, "amount"),
        ("receivable", {"amount": "Infinity"}, "amount"),
        ("receivable", {"amount": "1000000000000000000"}, "amount"),
        ("referral", {"became": "C1"}, "became"),
        ("referral", {"became": "nobody"}, "became"),
        ("cost", {"amount": "-1"}, "amount"),
        ("transaction", {"date": "2126-01-01"}, "date"),
        ("transaction", {"quantity": "0", "amount": "0"}, "amount"),
        ("transaction", {"product_code": "nothing"}, "product_code"),
        ("transaction", {"amount": "1.23456"}, "amount"),
        ("transaction", {"amount": "2000000000000"}, "amount"),
    ],
)
def test_wrong_entries_come_back_with_a_reason(owner, enter, kind, wrong, field):
    answer = enter(owner, kind, **wrong)
    assert answer.status_code == 422
    assert (field or "__all__") in answer.context["form"].errors
    assert "onstraint" not in str(answer.context["form"].errors)
    assert not KINDS[kind].model.objects.exists()


def test_a_number_is_used_once_per_customer(owner, enter, make_customer):
    enter(owner, "contract")
    answer = enter(owner, "contract")
    assert answer.status_code == 422 and "number" in answer.context["form"].errors
    assert Contract.objects.count() == 1
    enter(owner, "transaction", line_no="1")
    assert enter(owner, "transaction", line_no="1").status_code == 422


def test_an_answer_without_a_moment_is_answered_now(owner, enter):
    enter(owner, "case", state="ANSWERED", answer="已处理")
    case = Case.objects.get()
    assert timezone.now() - case.answered_at < timedelta(minutes=1)


@pytest.mark.parametrize(("kind", "due"), [("COMPLAINT", (6, 17, 30)), ("REQUEST", (10, 10, 30))])
def test_without_a_date_the_answer_is_due_by_working_hours(owner, enter, kind, due):
    """From Thursday 10:30: 16 working hours end on Friday at 17:30; 27 run over the weekend to Tuesday."""
    enter(owner, "case", kind=kind, answer_due="")
    expected = datetime(2026, 3, *due, tzinfo=timezone.get_default_timezone())
    assert timezone.localtime(Case.objects.get().answer_due) == expected


def test_times_are_those_of_the_site(owner, enter):
    enter(owner, "interaction")
    assert timezone.localtime(Interaction.objects.get().at) == datetime(
        2026, 3, 5, 10, 30, tzinfo=timezone.get_default_timezone()
    )


def test_history_names_the_author(owner, enter):
    enter(owner, "contact")
    assert Contact.objects.get().history.get().history_user == owner


# Order lines and their rollups


def day():
    return PurchaseDay.objects.values_list("date", "quantity", "amount", "gross_profit").get()


@pytest.mark.both
def test_lines_keep_the_purchase_days_up_to_date(client_for, owner, customer, enter):
    enter(owner, "transaction")
    line = Transaction.objects.get()
    assert [str(value) for value in day()] == ["2026-03-05", "2.0000", "1000.1234", "300.1234"]
    client_for(owner).post(
        f"/customers/transactions/{line.pk}/", {**ENTRIES["transaction"], "date": "2026-03-06", "amount": "900"}
    )
    assert [str(value) for value in day()] == ["2026-03-06", "2.0000", "900.0000", "200.0000"]
    client_for(owner).post(f"/customers/transactions/{line.pk}/delete/")
    assert not PurchaseDay.objects.exists() and not Transaction.objects.exists()


def test_every_change_of_a_line_is_an_input_of_the_night(client_for, owner, customer, enter):
    marks = [InputChange.objects.count()]
    enter(owner, "transaction")
    marks.append(InputChange.objects.count())
    client_for(owner).post(f"/customers/transactions/{Transaction.objects.get().pk}/", {**ENTRIES["transaction"]})
    marks.append(InputChange.objects.count())
    client_for(owner).post(f"/customers/transactions/{Transaction.objects.get().pk}/delete/")
    marks.append(InputChange.objects.count())
    assert marks == sorted(set(marks))


def test_a_product_brings_its_category(owner, enter):
    category = Category.objects.create(name="视频监控")
    product = Product.objects.create(code="VS-1", name="摄像机", category=category)
    enter(owner, "transaction", product_code="摄像机")
    line = Transaction.objects.get()
    assert (line.product, line.category) == (product, category)
    assert CategoryFirst.objects.get().first == date(2026, 3, 5)


def test_a_cost_that_is_not_known_stays_unknown(owner, enter):
    enter(owner, "transaction", cost="")
    assert Transaction.objects.get().cost is None


def test_a_refund_is_a_line(owner, enter):
    enter(owner, "transaction", quantity="-1", amount="-500", cost="-300")
    assert Transaction.objects.get().amount == -500


def test_lines_keep_their_key_so_that_an_import_still_finds_them(client_for, owner, customer, enter):
    enter(owner, "transaction")
    line = Transaction.objects.get()
    client_for(owner).post(f"/customers/transactions/{line.pk}/", {**ENTRIES["transaction"], "amount": "5"})
    assert Transaction.objects.get().line_key == line.line_key


def test_the_timeline_names_the_competitor(owner, enter, client_for):
    enter(owner, "interaction", competitor="海康")
    page = client_for(owner).get("/customers/C1/?tab=timeline").content.decode()
    assert "Competitor named: 海康" in page
