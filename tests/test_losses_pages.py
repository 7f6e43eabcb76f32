"""Losing and winning back: the mandatory cause, the Pareto, attempts, decisions about decline; who sees what."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from customers.models import Contact, PurchaseDay
from retention.losses import selectors, services
from retention.models import DeclineDecision, Loss, RetentionTask, WinBack
from tests.standings import make_night, stand

pytestmark = pytest.mark.django_db
LIST = "/retention/losses/"


@pytest.fixture
def customer(make_customer, cast):
    return make_customer("A/1 关", name="北辰", owner=cast.owner)


@pytest.fixture
def night(db):
    return make_night(timezone.localdate() - timedelta(days=1))


@pytest.fixture
def make_loss(customer, cast, make_customer):
    def make(code=None, cause="SERVICE", **fields):
        row = make_customer(code, owner=cast.owner) if code else customer
        values = {"customer": row, "lost_on": timezone.localdate(), "cause": cause, "recorded_at": timezone.now()}
        return Loss.objects.create(**values | fields)

    return make


def text(response):
    return response.content.decode()


def test_a_loss_needs_its_cause_and_keeps_what_was_lost(client_for, cast, customer, night):
    today = timezone.localdate()
    stand(night, customer, lost=True, clv=5000.0)
    for days, amount in ((700, 50), (300, 100), (200, 200)):
        PurchaseDay.objects.create(
            customer=customer, date=today - timedelta(days=days), lines=1, orders=1, bought=True, quantity=1,
            amount=amount, gross_profit=0, costed_amount=0, service_cost=0,
        )  # fmt: skip
    client = client_for(cast.owner)
    page = text(client.get(f"{LIST}?part=silent"))
    assert "1 customer fell silent and nobody knows why." in page and "北辰" in page
    data = {"customer": customer.code, "lost_on": today.isoformat(), "note": "换了供应商"}
    answer = client.post(f"{LIST}new/", {**data, "cause": ""})
    assert answer.status_code == 422 and "cause" in answer.context["form"].errors and "换了供应商" in text(answer)
    assert client.post(f"{LIST}new/", {**data, "sub_cause": "PRICE"}).status_code == 302
    loss = Loss.objects.get()
    assert (loss.cause, loss.sub_cause, loss.yearly_amount, loss.clv) == ("COMPETITOR_OFFER", "PRICE", 300, 5000.0)
    assert loss.last_order == today - timedelta(days=200) and loss.history.get().history_user == cast.owner
    assert client.get(f"{LIST}?part=silent").context["rows"] == []
    again = client.post(f"{LIST}new/", {**data, "cause": "QUALITY"})
    assert again.status_code == 422 and "lost already" in text(again)


def test_what_cannot_be_is_refused(client_for, cast, customer):
    client = client_for(cast.owner)
    tomorrow = timezone.localdate() + timedelta(days=1)
    data = {"customer": customer.code, "lost_on": tomorrow.isoformat(), "cause": "QUALITY", "sub_cause": "PRICE"}
    assert set(client.post(f"{LIST}new/", data).context["form"].errors) == {"lost_on", "sub_cause"}
    customer.exited_on = timezone.localdate()
    customer.save()
    data = {"customer": customer.code, "lost_on": timezone.localdate().isoformat(), "cause": "QUALITY"}
    assert client.post(f"{LIST}new/", data).status_code == 422 and Loss.objects.count() == 0


def test_everybody_sees_their_own_losses(client_for, cast, make_loss):
    loss = make_loss()
    for user in cast.insiders():
        client = client_for(user)
        assert [row.pk for row in client.get(f"{LIST}?part=lost").context["rows"]] == [loss.pk]
        assert client.get(f"{LIST}{loss.pk}/").status_code == 200
    for user in cast.outsiders():
        client = client_for(user)
        assert client.get(f"{LIST}?part=lost").context["rows"] == []
        assert client.get(f"{LIST}{loss.pk}/").status_code == 404
        assert [client.post(f"{LIST}{loss.pk}/{step}/").status_code for step in ("start", "finish", "none")] == [
            404
        ] * 3
        assert client.post(f"{LIST}new/", {"customer": loss.customer.code}).status_code == 404
        assert client.post(f"{LIST}decide/", {"customer": loss.customer.code}).status_code == 404
    assert client_for(None).get(LIST).status_code == 302
    assert client_for(cast.owner).get(f"{LIST}{loss.pk}/start/").status_code == 405


def test_a_customer_is_won_back_and_what_it_brings_is_told(client_for, cast, make_loss):
    loss = make_loss(note="维修太慢")
    client, address = client_for(cast.owner), f"{LIST}{loss.pk}/"
    page = text(client.get(address))
    assert "Suggested: “Better service”" in page and "R-WB-SERVICE" in page
    client.post(f"{address}start/", {"lever": "SERVICE"})
    attempt = WinBack.objects.get()
    assert (attempt.lever, attempt.owner, attempt.state) == ("SERVICE", cast.owner, "RUNNING")
    task = RetentionTask.objects.get()
    assert (task.template.code, task.owner) == ("R-WB-SERVICE", cast.owner)
    assert "under way already" in text(client.post(f"{address}start/", {"lever": "COST"}, follow=True))
    assert (
        client.post(f"{address}finish/", {"won": "2"}).status_code == 302 and WinBack.objects.get().state == "RUNNING"
    )
    client.post(f"{address}finish/", {"won": "1", "note": "重新下单"})
    loss.refresh_from_db()
    assert (loss.won_back, loss.ended_on) == (True, timezone.localdate())
    PurchaseDay.objects.create(
        customer=loss.customer, date=timezone.localdate(), lines=1, orders=1, bought=True, quantity=1, amount=777,
        gross_profit=0, costed_amount=0, service_cost=0,
    )  # fmt: skip
    (row,) = client.get(f"{LIST}?part=won").context["rows"]
    assert row.revenue_after == 777 and "¥777" in text(client.get(address))
    figures = selectors.figures(cast.owner, None, timezone.localdate())
    assert (figures.won_rate, figures.revenue_after, figures.open) == (1.0, 777, 0)
    assert "decided already" in text(client.post(f"{address}finish/", {"won": "0"}, follow=True))


def test_nobody_is_won_back_from_bankruptcy(client_for, cast, make_loss):
    loss = make_loss(cause="BANKRUPT")
    client = client_for(cast.owner)
    assert "Start to win back" not in text(client.get(f"{LIST}{loss.pk}/"))
    page = client.post(f"{LIST}{loss.pk}/start/", {"lever": "COST"}, follow=True)
    assert "no win-back makes sense" in text(page) and WinBack.objects.count() == 0
    client.post(f"{LIST}{loss.pk}/", {"cause": "SERVICE"})
    client.post(f"{LIST}{loss.pk}/start/", {"lever": "SERVICE"})
    assert WinBack.objects.count() == 1 and loss.history.latest().history_change_reason == "corrected"


def test_a_loss_that_was_none_ends_its_attempt(client_for, cast, make_loss):
    loss = make_loss()
    services.start_win_back(loss=loss, lever="COST", owner=cast.owner, by=cast.owner, at=timezone.now())
    client = client_for(cast.owner)
    client.post(f"{LIST}{loss.pk}/none/")
    loss.refresh_from_db()
    assert (loss.won_back, loss.ended_on, WinBack.objects.get().state) == (False, timezone.localdate(), "FAILED")
    assert "this loss is over" in text(client.post(f"{LIST}{loss.pk}/none/", follow=True))
    assert selectors.pareto(cast.owner, timezone.localdate()) == []


@pytest.mark.both
def test_the_database_keeps_one_open_loss_and_one_running_attempt(cast, make_loss):
    loss = make_loss()
    with pytest.raises(IntegrityError), transaction.atomic():
        make_loss()
    WinBack.objects.create(loss=loss, lever="COST", started_on=date(2026, 3, 5))
    with pytest.raises(IntegrityError), transaction.atomic():
        WinBack.objects.create(loss=loss, lever="IDEA", started_on=date(2026, 3, 6))
    with pytest.raises(IntegrityError), transaction.atomic():
        make_loss("other", cause="")


def test_the_pareto_counts_causes_and_names_what_answers_them(client_for, cast, make_loss):
    for code, cause in enumerate(["SERVICE"] * 5 + ["COMPETITOR_OFFER"] * 3 + ["BANKRUPT", "QUALITY"]):
        make_loss(f"P{code}", cause=cause, sub_cause="SLOW" if code < 2 else "")
    make_loss("old", lost_on=timezone.localdate() - timedelta(days=800))
    bars = selectors.pareto(cast.owner, timezone.localdate())
    assert [(bar.cause, bar.count, bar.running, bar.vital) for bar in bars] == [
        ("SERVICE", 5, 0.5, True), ("COMPETITOR_OFFER", 3, 0.8, True), ("BANKRUPT", 1, 0.9, False),
        ("QUALITY", 1, 1.0, False),
    ]  # fmt: skip
    assert bars[0].details == [("SLOW", 2)] and not bars[2].recoverable
    assert {"R-SERVICE", "R-WB-SERVICE"} <= {template.code for template in bars[0].measures}
    page = text(client_for(cast.owner).get(LIST))
    assert "The first cause: Poor service, 50% of the losses." in page
    assert len(client_for(cast.owner).get(f"{LIST}?part=lost&cause=SERVICE").context["rows"]) == 6
    assert "差" in text(client_for(cast.owner, "zh-hans").get(LIST))


def test_recover_or_release_with_its_suggestion(client_for, cast, customer, night):
    stand(night, customer, stage="DECLINE", stage_since=night.as_of, advice="RECOVER", advice_reason="HIGH_CURRENT")
    client = client_for(cast.owner)
    page = text(client.get(LIST))
    assert "1 declining customer waits for a decision" in page and "high current value" in page
    assert "Suggested: Recover (high current value)." in text(client.get(customer.get_absolute_url()))
    assert client.post(f"{LIST}decide/", {"customer": customer.code, "choice": ""}).status_code == 302
    assert DeclineDecision.objects.count() == 0
    client.post(f"{LIST}decide/", {"customer": customer.code, "choice": "RELEASE", "next": LIST})
    decision = DeclineDecision.objects.get()
    assert (decision.choice, decision.advice, decision.advice_reason) == ("RELEASE", "RECOVER", "HIGH_CURRENT")
    assert RetentionTask.objects.get().template.code == "S-DEC-RELEASE"
    assert client.get(LIST).context["rows"] == []


def test_a_decision_holds_for_its_decline_only(cast, customer, night):
    stand(night, customer, stage="DECLINE", stage_since=night.as_of)
    old = DeclineDecision.objects.create(
        customer=customer, choice="RECOVER", decided_on=night.as_of - timedelta(days=1)
    )
    assert list(selectors.undecided(cast.owner, night).values_list("pk", flat=True)) == [customer.pk]
    old.decided_on = night.as_of
    old.save()
    assert selectors.undecided(cast.owner, night).count() == 0


def test_a_buyer_who_left_is_counted(cast, customer):
    today = timezone.localdate()
    Contact.objects.create(customer=customer, name="张敏", is_buyer=True, left_on=today - timedelta(days=10))
    Contact.objects.create(customer=customer, name="李强", is_buyer=True, left_on=today - timedelta(days=200))
    assert selectors.figures(cast.owner, None, today).buyers == 1
    assert selectors.figures(cast.stranger, None, today).buyers == 0


def test_the_lists_ask_the_database_the_same_number_of_times(client_for, cast, make_loss, night, make_customer):
    client, counts = client_for(cast.owner), []
    for turn in range(2):
        for place in range(2):
            code = f"{turn}{place}"
            make_loss(f"L{code}", won_back=True, ended_on=timezone.localdate())
            stand(night, make_customer(f"D{code}", owner=cast.owner), stage="DECLINE", stage_since=night.as_of)
        counts.append([])
        for part in ("declining", "won"):
            with CaptureQueriesContext(connection) as asked:
                client.get(f"{LIST}?part={part}")
            counts[-1].append(len(asked))
    assert counts[0] == counts[1]


def test_a_recorded_loss_replaces_the_churn_warning(client_for, cast, customer, night, make_loss):
    """Headline, gate, timeline and the first page all know of it; once it is over everything is as before."""
    stand(night, customer, warned=True, churn_risk=0.8, orders=3)
    client = client_for(cast.owner)
    at, page = timezone.now(), customer.get_absolute_url()

    def told():
        answer = client.get(page)
        gates = {gate.code for gate in answer.context["way"].missing}
        return text(answer).split('class="lede">')[1].split("</p>")[0], gates

    def feared():
        return [row.pk for row in client.get("/").context["home"].warned]

    assert "Churn warning" in told()[0] and "lost" not in told()[1] and feared() == [customer.pk]
    loss = make_loss()
    link = f"/retention/losses/{loss.pk}/"
    words, gates = told()
    assert words.startswith("Lost since") and link in words and "lost" in gates and feared() == []
    attempt = services.start_win_back(loss=loss, lever="SERVICE", owner=cast.owner, by=cast.owner, at=at)
    words, _gates = told()
    assert words.startswith("Being won back since") and link in words
    services.end_win_back(attempt=attempt, won=True, note="", by=cast.owner, at=at)
    assert "Churn warning" in told()[0] and "lost" not in told()[1] and feared() == [customer.pk]
    found = client.get(f"{page}?tab=timeline&kind=loss")
    assert [entry.event for entry in found.context["entries"]] == ["ended", "begun", "lost"]
    titles = [part.split("</span>")[0] for part in text(found).split('<span class="title">')[1:]]
    assert titles[0] == "Win-back ended: Won back" and titles[1].startswith("Win-back begun: ")
    assert titles[2].startswith("Lost: ")


def test_a_loss_is_told_in_chinese(client_for, cast, customer, night, make_loss):
    stand(night, customer, warned=True, churn_risk=0.8, orders=3)
    make_loss()
    page = text(client_for(cast.owner, "zh-hans").get(customer.get_absolute_url()))
    assert "起已流失" in page.split('class="lede">')[1].split("</p>")[0]
    assert "未登记流失" in page and "流失：服务差" in page
