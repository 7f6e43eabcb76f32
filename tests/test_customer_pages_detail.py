"""The customer page: who sees it, every tab, the sentence that says what is needed, and deciding about the tier."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import html5lib
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.translation import override

from customers import models as m
from customers.publish import refresh_days
from customers.selectors import detail, history
from customers.selectors.timeline import KINDS, timeline
from customers.services.tiers import set_tier
from customers.views.detail import TABS
from tests.standings import AS_OF, make_night, stand

pytestmark = [pytest.mark.django_db, pytest.mark.both]


@pytest.fixture
def customer(cast, make_customer):
    return make_customer("A1", name="Alpha", owner=cast.owner, tier="ACQUAINTANCE", industry="Power")


@pytest.fixture
def night(customer):
    night = make_night()
    stand(night, customer, warned=True, churn_risk=0.8)
    return night


def full(customer, by):
    """One of everything that can be known about a customer."""
    now, today, day = timezone.now(), timezone.localdate(), timedelta(days=1)
    contact = m.Contact.objects.create(customer=customer, name="Zhang Min", is_buyer=True, email="z@example.com")
    m.Interaction.objects.create(customer=customer, contact=contact, at=now - day, summary="Renewal discussed", by=by)
    m.Case.objects.create(
        customer=customer, subject="Late delivery", opened_at=now - 9 * day, answer_due=now - day, state="OPEN"
    )
    m.Case.objects.create(
        customer=customer, subject="Invoice copy", kind="REQUEST", opened_at=now - 9 * day, answer_due=now,
        answered_at=now - 2 * day, answer="Sent", state="ANSWERED",
    )  # fmt: skip
    m.Suggestion.objects.create(
        customer=customer,
        text="A portal",
        made_on=today - 20 * day,
        feedback_due=today - day,
        feedback="",
        feedback_on=None,
    )
    m.SurveyResponse.objects.create(
        customer=customer, contact=contact, date=today, satisfaction=4, trust=5, commitment=3
    )
    contract = m.Contract.objects.create(customer=customer, number="K1", start=today - 300 * day, end=today + 20 * day)
    m.Commitment.objects.create(customer=customer, contract=contract, text="Answer in four hours")
    m.Receivable.objects.create(
        customer=customer, number="R1", issued=today - 60 * day, due=today - 30 * day, amount=Decimal("500")
    )
    m.Receivable.objects.create(
        customer=customer, number="R2", issued=today - 60 * day, due=today - 30 * day, amount=1, paid_on=today - day
    )
    m.Referral.objects.create(customer=customer, referred_name="Beta", date=today)
    for line in ("1", "2"):
        m.Transaction.objects.create(
            customer=customer, order_no="SO-1", line_no=line, date=date(2026, 2, 1), amount=Decimal("1000"), cost=700
        )
    m.Transaction.objects.create(customer=customer, order_no="SO-2", date=date(2026, 2, 3), amount=Decimal("-50"))
    refresh_days([customer.pk])
    set_tier(customer=customer, tier="FRIEND", by=by, at=now, reason="Two good years")


class TestWho:
    def test_insiders_see_it(self, cast, client_for, customer, night):
        for user in cast.insiders():
            assert client_for(user).get("/customers/A1/").status_code == 200

    def test_outsiders_get_404_that_tells_nothing(self, cast, client_for, customer, night):
        for user in cast.outsiders():
            response = client_for(user).get("/customers/A1/")
            assert response.status_code == 404 and "Alpha" not in response.content.decode()

    def test_anonymous_is_sent_to_sign_in(self, client_for, customer):
        assert "/accounts/login/" in client_for(None).get("/customers/A1/")["Location"]

    def test_only_reading(self, cast, client_for, customer):
        assert client_for(cast.owner).post("/customers/A1/").status_code == 405

    @pytest.mark.parametrize("path", ["/customers/NOPE/", "/customers/id-999999/", "/customers/A1/?tab=secrets"])
    def test_what_does_not_exist(self, cast, client_for, customer, path):
        assert client_for(cast.owner).get(path).status_code == 404


class TestTabs:
    def sound(self, client, code):
        for tab in TABS:
            response = client.get(f"/customers/{code}/?tab={tab}")
            assert response.status_code == 200, tab
            html5lib.HTMLParser(strict=True).parse(response.content.decode())

    @pytest.mark.parametrize("language", ["en", "zh-hans"])
    def test_full(self, cast, client_for, customer, night, language):
        full(customer, cast.owner)
        self.sound(client_for(cast.owner, language), "A1")

    def test_empty_before_the_first_night(self, cast, client_for, customer):
        self.sound(client_for(cast.owner), "A1")

    def test_new_since_the_night(self, cast, client_for, night, make_customer):
        make_customer("NEW", owner=cast.owner)
        self.sound(client_for(cast.owner), "NEW")

    def test_head_shows_axes_warning_and_owner(self, cast, client_for, customer, night):
        body = client_for(cast.owner).get("/customers/A1/").content.decode()
        for words in (
            "Acquaintance",
            "Stability",
            "High current, high potential",
            "Ordinary",
            "Client",
            "80%",
            "Olga Owner",
        ):
            assert words in body, words

    def test_orders_by_month(self, cast, client_for, customer, night):
        full(customer, cast.owner)
        owner = client_for(cast.owner)
        assert len(owner.get("/customers/A1/?tab=orders&month=2026-02").context["orders"]) == 2
        assert len(owner.get("/customers/A1/?tab=orders&month=2026-01").context["orders"]) == 0
        assert len(owner.get("/customers/A1/?tab=orders&month=nonsense").context["orders"]) == 2

    def test_as_many_queries_with_three_of_everything(self, cast, client_for, customer, night):
        client, needed = client_for(cast.owner), []
        full(customer, cast.owner)
        for more in range(2):
            m.Interaction.objects.create(customer=customer, at=timezone.now(), summary=f"again {more}", by=cast.lead)
            m.Transaction.objects.create(customer=customer, order_no=f"SO-9{more}", date=date(2026, 1, 1), amount=1)
            for tab in ("overview", "timeline", "orders"):
                client.get(f"/customers/A1/?tab={tab}")
                with CaptureQueriesContext(connection) as captured:
                    client.get(f"/customers/A1/?tab={tab}")
                needed.append(len(captured))
        assert needed[:3] == needed[3:] and max(needed) <= 40


class TestNeeds:
    def needs(self, customer, **facts):
        empty = dict.fromkeys(detail.Facts.__dataclass_fields__, 0) | {
            "last_contact": timezone.now(), "overdue": None, "overdue_since": None, "contract_end": None,
        }  # fmt: skip
        customer.standing = None
        return detail.needs(customer, detail.Facts(**{**empty, **facts}), today=timezone.localdate())

    def test_most_urgent_first(self, customer):
        assert self.needs(customer, late_cases=1, open_cases=1, overdue_count=1)[:2] == ["late_case", "overdue"]
        assert self.needs(customer, open_cases=1) == ["open_case"]
        assert self.needs(customer) == []

    def test_contract_that_ends_soon(self, customer):
        today = timezone.localdate()
        assert self.needs(customer, contract_end=today + timedelta(days=60)) == ["contract"]
        assert self.needs(customer, contract_end=today + timedelta(days=61)) == []

    def test_nobody_looks_after(self, make_customer):
        assert self.needs(make_customer("B")) == ["nobody"]


class TestFacts:
    def test_counts(self, cast, customer):
        full(customer, cast.owner)
        facts = detail.facts_of(customer, today=timezone.localdate(), now=timezone.now())
        assert (facts.open_cases, facts.late_cases, facts.cases, facts.late_answers) == (1, 1, 2, 1)
        assert (facts.overdue, facts.overdue_count, facts.receivables, facts.lines) == (Decimal(500), 1, 2, 3)

    def test_months(self, cast, customer):
        full(customer, cast.owner)
        months = detail.monthly(customer, until=AS_OF, count=3)
        assert [(month.first.month, month.amount, month.profit, month.orders) for month in months] == [
            (1, 0, None, 0),
            (2, Decimal(1950), Decimal(600), 2),
            (3, 0, None, 0),
        ]

    def test_timeline_merges_all_kinds_newest_first(self, cast, customer, night):
        full(customer, cast.owner)
        former = m.Customer.objects.create(code="A0", name="A0", merged_into=customer)
        m.CustomerMerge.objects.create(survivor=customer, former=former, reason="one firm", at=timezone.now())
        entries, more = timeline(customer, until=timezone.localdate(), size=50)
        assert {entry.kind for entry in entries} == set(KINDS) - {"loss"} and not more
        assert [entry.at for entry in entries] == sorted((entry.at for entry in entries), reverse=True)

    def test_a_prospect_of_many_nights_became_one_once(self, customer, night):
        for days in (0, 1, 30):
            kept = night if not days else make_night(AS_OF - timedelta(days=days), published=False)
            m.Standing.objects.filter(night=kept, customer=customer).delete()
            stand(kept, customer, stage="PROSPECT", stage_since=None, orders=0)
        entries, _more = timeline(customer, until=AS_OF, kinds=["stage"])
        assert [timezone.localtime(entry.at).date() for entry in entries] == [AS_OF - timedelta(days=30)]

    def test_timeline_pages_meet(self, cast, customer):
        start = timezone.make_aware(datetime(2026, 1, 1))
        for i in range(7):
            m.Interaction.objects.create(customer=customer, at=start + timedelta(days=i), summary=str(i))
        pages = [timeline(customer, until=AS_OF, page=page, size=3) for page in (1, 2, 3)]
        assert [entry.what.summary for entries, _more in pages for entry in entries] == list("6543210")
        assert [more for _entries, more in pages] == [True, True, False]

    def test_timeline_by_kind(self, cast, client_for, customer, night):
        full(customer, cast.owner)
        response = client_for(cast.owner).get("/customers/A1/?tab=timeline&kind=survey&kind=nonsense")
        assert [entry.kind for entry in response.context["entries"]] == ["survey"]

    def test_history_names_fields_people_and_values(self, cast, customer):
        customer.industry, customer.owner = "Finance", cast.teammate
        customer._history_user = cast.lead
        customer.save()
        found = {(change.field, change.before, change.after) for change in history.changes(customer) if change.field}
        assert found == {("industry", "Power", "Finance"), ("owner", "Olga Owner", "teammate")}
        assert {change.by for change in history.changes(customer) if change.field} == {cast.lead}

    @pytest.mark.parametrize(
        "told", ["answered=已答复", "handed_over=转交", "exit approved=退出已批准", "谈过了=谈过了"]
    )
    def test_history_tells_the_steps_in_words(self, customer, told):
        reason, words = told.split("=")
        customer.industry, customer._change_reason = "Finance", reason
        customer.save()
        with override("zh-hans"):
            assert [change.reason for change in history.changes(customer) if change.field] == [words]


class TestTier:
    url = "/customers/tier/A1/"

    @pytest.fixture
    def proposed(self, customer, night):
        customer.proposed_tier = "FRIEND"
        customer.save()
        return customer

    def test_accept(self, cast, client_for, proposed):
        for user in cast.insiders():
            m.Customer.objects.filter(pk=proposed.pk).update(tier="ACQUAINTANCE", proposed_tier="FRIEND")
            assert client_for(user).post(self.url, {"decision": "accept", "expected": "FRIEND"}).status_code == 302
            proposed.refresh_from_db()
            assert (proposed.tier, proposed.proposed_tier) == ("FRIEND", "")
            change = proposed.tier_changes.first()
            assert (change.before, change.after, change.accepted, change.by) == ("ACQUAINTANCE", "FRIEND", True, user)
            assert change.evidence["purchase_days"] == 3 and change.evidence["gate"] == 4.0

    def test_reject_needs_a_reason(self, cast, client_for, proposed):
        client = client_for(cast.owner)
        client.post(self.url, {"decision": "reject", "expected": "FRIEND", "reason": "  "})
        proposed.refresh_from_db()
        assert proposed.proposed_tier == "FRIEND" and not proposed.tier_changes.exists()
        client.post(self.url, {"decision": "reject", "expected": "FRIEND", "reason": "Too early"})
        proposed.refresh_from_db()
        change = proposed.tier_changes.get()
        assert (proposed.tier, proposed.proposed_tier) == ("ACQUAINTANCE", "")
        assert (change.accepted, change.after, change.reason) == (False, "FRIEND", "Too early")

    def test_a_stale_proposal_changes_nothing(self, cast, client_for, proposed):
        client_for(cast.owner).post(self.url, {"decision": "accept", "expected": "PARTNER"})
        proposed.refresh_from_db()
        assert (proposed.tier, proposed.proposed_tier) == ("ACQUAINTANCE", "FRIEND")
        assert not proposed.tier_changes.exists()

    def test_outsiders_change_nothing(self, cast, client_for, proposed):
        for user in cast.outsiders():
            assert client_for(user).post(self.url, {"decision": "accept"}).status_code == 404
        assert client_for(None).post(self.url, {"decision": "accept"}).status_code == 302
        proposed.refresh_from_db()
        assert (proposed.tier, proposed.proposed_tier) == ("ACQUAINTANCE", "FRIEND")
        assert not proposed.tier_changes.exists()

    def test_only_by_post(self, cast, client_for, proposed):
        assert client_for(cast.owner).get(self.url).status_code == 405

    def test_page_offers_the_decision_with_its_proof(self, cast, client_for, proposed):
        body = client_for(cast.owner).get("/customers/A1/").content.decode()
        assert 'action="/customers/tier/A1/"' in body and "a friend needs 3" in body


def test_orders_newer_than_the_night_are_told(client_for, cast, customer):
    stand(make_night(), customer, orders=1)
    client, line = client_for(cast.owner), {"customer": customer, "quantity": 1, "amount": 10}
    m.Transaction.objects.create(order_no="1", date=AS_OF, **line)
    assert not client.get(customer.get_absolute_url()).context["beyond"]
    m.Transaction.objects.create(order_no="2", date=AS_OF + timedelta(days=1), **line)
    answer = client.get(customer.get_absolute_url())
    assert answer.context["beyond"] and "count from the next night" in answer.content.decode()


def test_an_order_of_a_customer_that_no_night_knows_is_told(client_for, cast, night, make_customer):
    """The head names the latest order, and the proof of a first one waits for the night: nobody was asked for it."""
    fresh = make_customer("NEW", owner=cast.owner)
    today = timezone.localdate()
    m.Transaction.objects.create(customer=fresh, order_no="1", date=today, quantity=1, amount=10)
    page = html5lib.parse(client_for(cast.owner).get("/customers/NEW/").content, namespaceHTMLElements=False)
    facts = {"".join(pair[0].itertext()): "".join(pair[1].itertext()) for pair in page.iter("div") if len(pair) == 2}
    gates = {"".join(row[0].itertext()): "".join(row[2].itertext()).strip() for row in page.iter("tr") if len(row) == 3}
    assert (facts["Last order"], gates) == ("today", {"A first order": "Known after the next night"})


def test_one_warned_customer_is_told_in_the_singular(client_for, cast, night):
    for language, words in (("en", "The one customer shown here"), ("zh-hans", "此处显示的唯一一位客户")):
        page = client_for(cast.owner, language).get("/customers/?q=Alpha").content.decode()
        assert words in page and "Of 1 customers" not in page
