"""Surveys by link: inviting, sending, the customer's page without sign-in, one answer, forged and expired links."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from crm_site.home import care
from customers.models import SurveyResponse
from retention import digest
from retention.models import OutboxMail, SurveyLink
from retention.models.surveys import link_of

pytestmark = pytest.mark.django_db
LIST = "/retention/cases/surveys/"


@pytest.fixture
def customer(make_customer, cast):
    return make_customer("A/1 关", name="北辰", owner=cast.owner)


@pytest.fixture
def make_link(customer, cast):
    def make(**fields):
        now = timezone.now()
        values = {"customer": customer, "sent_at": now, "sent_by": cast.owner, "language": "en"}
        return SurveyLink.objects.create(
            **values | {"expires_on": timezone.localdate(now) + timedelta(days=9)} | fields
        )

    return make


@pytest.fixture
def link(make_link):
    return make_link()


def text(response):
    return response.content.decode()


def test_an_invitation_is_made_sent_and_recorded(client_for, cast, customer, eager):
    contact = customer.contacts.create(name="张敏", email="zhang@example.com")
    data = {"customer": customer.code, "contact": contact.pk, "kind": "BOTH", "language": "zh-hans", "valid_days": 14}
    answer = client_for(cast.owner).post(f"{LIST}new/", {**data, "send": "on"}, follow=True)
    link = SurveyLink.objects.get()
    assert (link.email, link.delivery, link.sent_by) == ("zhang@example.com", "SENT", cast.owner)
    assert link.expires_on == timezone.localdate() + timedelta(days=14) and "on its way" in text(answer)
    (sent,) = mail.outbox
    assert f"http://testserver{link.get_public_url()}" in sent.body and "张敏" in sent.body and "一次" in sent.body


def test_what_an_invitation_needs(client_for, cast, customer):
    client = client_for(cast.owner)
    data = {"customer": customer.code, "kind": "VALUE", "language": "en", "valid_days": 14}
    for change, field in (({"send": "on"}, "email"), ({"valid_days": 0}, "valid_days"), ({"kind": "X"}, "kind")):
        answer = client.post(f"{LIST}new/", {**data, **change})
        assert answer.status_code == 422 and list(answer.context["form"].errors) == [field]
    for user in cast.outsiders():
        assert client_for(user).post(f"{LIST}new/", data).status_code == 404
    assert SurveyLink.objects.count() == 0


@pytest.fixture
def broken(monkeypatch):
    """The mail server refuses, until `broken.clear()`."""
    down, through = [True], mail.EmailMessage.send

    def send(message, *args, **kwargs):
        if down:
            raise ConnectionRefusedError("no server")
        return through(message, *args, **kwargs)

    monkeypatch.setattr(mail.EmailMessage, "send", send)
    return down


@pytest.fixture
def invited(client_for, cast, customer, eager):
    """invited(): an invitation by e-mail, made on its page."""

    def make(**more):
        data = {"customer": customer.code, "kind": "BOTH", "language": "en", "valid_days": 14, "send": "on"}
        client_for(cast.owner).post(f"{LIST}new/", {**data, "email": "a@example.com", **more})
        return SurveyLink.objects.latest("pk"), OutboxMail.objects.latest("pk")

    return make


def test_it_stands_in_the_outbox_with_what_was_sent(invited, cast):
    type(cast.owner).objects.filter(pk=cast.owner.pk).update(email="olga@example.org")
    link, stored = invited()
    assert (stored.user, stored.address, stored.kind, stored.key) == (None, "a@example.com", "survey", str(link.pk))
    (sent,) = mail.outbox
    assert (stored.state, stored.attempts, stored.body) == ("SENT", 1, sent.body)
    assert (sent.to, sent.reply_to, link.delivered_at) == (["a@example.com"], ["olga@example.org"], stored.sent_at)


def test_a_mail_that_fails_is_tried_again_and_given_up_aloud(client_for, cast, invited, broken):
    link, stored = invited()
    assert (link.delivery, link.delivery_error) == ("QUEUED", "ConnectionRefusedError: no server")
    begin, tried = stored.due_at - timedelta(minutes=5), []
    for minute in range(0, 120, 5):
        told = digest.run(begin + timedelta(minutes=minute))
        tried += [minute] if told.errors else []
    assert tried == [5, 15, 35, 75]  # the first was at once
    link.refresh_from_db()
    assert link.delivery == "FAILED"
    assert ("failed_mails", 1) in care(cast.admin, timezone.localdate())
    client = client_for(cast.owner)
    assert "ConnectionRefusedError: no server" in text(client.get(f"{LIST}{link.pk}/"))
    broken.clear()
    client.post(f"{LIST}{link.pk}/send/")
    link.refresh_from_db()
    assert link.delivery == "SENT" and link.delivery_error == "" and len(mail.outbox) == 1
    assert OutboxMail.objects.count() == 1
    assert "needs no sending" in text(client.post(f"{LIST}{link.pk}/send/", follow=True))


def test_what_failed_is_sent_again_from_the_administration(client_for, cast, invited, broken):
    link, stored = invited()
    OutboxMail.objects.update(state="FAILED")
    broken.clear()
    data = {"action": "send_again", "_selected_action": [stored.pk]}
    assert client_for(cast.admin).post("/admin/retention/outboxmail/", data).status_code == 302
    assert digest.run(timezone.now()).sent == 1
    link.refresh_from_db()
    assert link.delivery == "SENT"


def test_a_lost_message_to_the_worker_is_no_lost_mail(client_for, cast, invited, monkeypatch):
    from kombu.exceptions import OperationalError

    def lost(*args):
        raise OperationalError("no broker")

    monkeypatch.setattr("retention.care.views.surveys.send_mail.delay", lost)
    link, stored = invited()
    assert (link.delivery, stored.state, mail.outbox) == ("QUEUED", "QUEUED", [])
    assert digest.run(timezone.now()).sent == 1 and len(mail.outbox) == 1


def test_a_withdrawn_invitation_is_not_sent_any_more(client_for, cast, invited, broken):
    link, _mail = invited()
    broken.clear()
    client_for(cast.owner).post(f"{LIST}{link.pk}/withdraw/")
    assert digest.run(timezone.now() + timedelta(hours=1)).dropped == 1
    link.refresh_from_db()
    assert (link.delivery, link.delivery_error, mail.outbox) == ("", "", [])


def test_everybody_sees_their_own_invitations(client_for, cast, link):
    for user in cast.insiders():
        assert client_for(user).get(LIST).context["page"].paginator.count == 1
        assert client_for(user).get(f"{LIST}{link.pk}/").status_code == 200
    for user in cast.outsiders():
        assert client_for(user).get(LIST).context["page"].paginator.count == 0
        for step in ("", "send/", "withdraw/"):
            method = client_for(user).get if not step else client_for(user).post
            assert method(f"{LIST}{link.pk}/{step}").status_code == 404
    assert client_for(None).get(LIST).status_code == 302
    assert client_for(cast.owner).get(f"{LIST}{link.pk}/withdraw/").status_code == 405


def test_the_customer_answers_once_without_sign_in(client_for, cast, link, customer):
    anonymous = client_for(None)
    page = anonymous.get(link.get_public_url())
    assert page.status_code == 200 and "北辰" in text(page) and page["Cache-Control"].startswith("max-age=0")
    answer = anonymous.post(link.get_public_url(), {"satisfaction": 5, "trust": 4, "comment": "好"})
    assert answer.status_code == 200 and "Thank you" in text(answer)
    row = SurveyResponse.objects.get()
    assert (row.customer, row.satisfaction, row.trust, row.commitment, row.comment) == (customer, 5, 4, None, "好")
    assert SurveyLink.objects.get().response == row
    again = anonymous.post(link.get_public_url(), {"satisfaction": 1, "comment": "另外还有"})
    assert again.status_code == 410 and "answered already" in text(again) and "另外还有" in text(again)
    assert SurveyResponse.objects.get().satisfaction == 5
    assert client_for(cast.owner).get(LIST).context["figures"]["rate"] == 1.0


def test_the_page_speaks_the_language_of_the_invitation(client_for, make_link):
    link = make_link(language="zh-hans", kind="VALUE")
    page = text(client_for(None).get(link.get_public_url()))
    assert 'lang="zh-hans"' in page and "分值" not in page and page.count('type="radio"') == 80


@pytest.mark.parametrize("data", [{}, {"comment": "只有意见"}, {"satisfaction": 6}, {"satisfaction": "x"}])
def test_an_empty_or_impossible_answer_comes_back(client_for, link, data):
    answer = client_for(None).post(link.get_public_url(), data)
    assert answer.status_code == 422 and SurveyResponse.objects.count() == 0
    assert data.get("comment", "") in text(answer)


@pytest.mark.parametrize(
    ("fields", "words"),
    [({"expires_on": "2020-01-01"}, "This survey is over"), ({"withdrawn_at": "2026-01-01T00:00Z"}, "is over")],
)
def test_expired_and_withdrawn_links_say_so(client_for, make_link, fields, words):
    link = make_link(**fields)
    for answer in (
        client_for(None).get(link.get_public_url()),
        client_for(None).post(link.get_public_url(), {"satisfaction": 5, "comment": "留言"}),
    ):
        assert answer.status_code == 410 and words in text(answer)
    assert "留言" in text(answer) and SurveyResponse.objects.count() == 0


def test_forged_links_say_so(client_for, link, make_link):
    other = make_link()
    stolen = f"{other.pk}.{link.token.partition('.')[2]}"
    for token in ("x", "1", "1.", f"{link.pk}.abc", link.token + "x", stolen, "1.%00", "٣.x", "9" * 40):
        answer = client_for(None).get(f"/s/{token}/")
        assert answer.status_code == 404 and "does not work" in text(answer), token
    assert link_of(link.token) == link


def test_a_withdrawn_link_takes_no_answer_and_an_answered_one_stays(client_for, cast, link, make_link):
    client = client_for(cast.owner)
    client.post(f"{LIST}{link.pk}/withdraw/")
    assert client_for(None).post(link.get_public_url(), {"satisfaction": 5}).status_code == 410
    answered = make_link(answered_at=timezone.now())
    page = client.post(f"{LIST}{answered.pk}/withdraw/", follow=True)
    assert "answered already" in text(page) and SurveyLink.objects.get(pk=answered.pk).withdrawn_at is None
