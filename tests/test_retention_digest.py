"""The daily digest: at whose hour, in whose language, once a day, with the rights of the moment; when mail fails."""

import json
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.utils import timezone

from crm_site.home import care
from customers.models import Customer, Holiday
from retention import digest, services
from retention.models import OutboxMail, RetentionTask, TaskTemplate

pytestmark = [pytest.mark.django_db]
DAY = date(2026, 3, 5)  # a Thursday
SHANGHAI = "Asia/Shanghai"


@pytest.fixture(autouse=True)
def nobody_yet(cast):
    type(cast.owner).objects.update(digest_hour=None)


@pytest.fixture
def reader(cast):
    """The owner wants a digest at eight."""
    return settle(cast.owner, digest_hour=8)


def settle(person, **fields):
    for name, value in {"email": f"{person.username}@example.org", **fields}.items():
        setattr(person, name, value)
    person.save()
    return person


def moment(*parts, zone=SHANGHAI):
    return datetime(*parts, tzinfo=ZoneInfo(zone))


@pytest.fixture
def make_task(make_customer, cast):
    def make(code, due=DAY, owner=None, template="Q-HH"):
        customer = Customer.objects.filter(code=code).first() or make_customer(
            code, name=f"Firm {code}", owner=owner or cast.owner
        )
        return RetentionTask.objects.create(
            customer=customer, template=TaskTemplate.objects.get(code=template), owner=owner or cast.owner,
            raised_on=DAY, due=due, night_id=1, evidence={"last_contact_days": 45.0}, value=10.0,
        )  # fmt: skip

    return make


def states():
    return list(OutboxMail.objects.order_by("pk").values_list("key", "state"))


def test_it_says_what_is_overdue_due_and_coming_and_why(reader, make_task, settings):
    settings.SITE_URL = "https://crm.example.com/"
    task = make_task("A", due=DAY - timedelta(days=2))
    make_task("B")
    make_task("C", due=DAY + timedelta(days=1))
    make_task("D", due=DAY + timedelta(days=30))
    told = digest.run(moment(2026, 3, 5, 8))
    assert (told.queued, told.sent) == (1, 1)
    (sent,) = mail.outbox
    assert (sent.to, sent.subject) == (["owner@example.org"], "Guanxi: 2 tasks for today")
    assert [word for word in ("Overdue", "Due today", "Due this week", "Coming later") if word in sent.body] == [
        "Overdue", "Due today", "Due this week",
    ]  # fmt: skip
    assert "Firm A: Keep and serve with priority" in sent.body and "last contact 45 days ago" in sent.body
    assert f"2 days overdue · https://crm.example.com/retention/{task.pk}/" in sent.body
    assert "Firm D" not in sent.body and "Olga Owner" in sent.body
    stored = OutboxMail.objects.get()
    assert (stored.state, stored.attempts, stored.body) == ("SENT", 1, sent.body)


def test_it_speaks_the_readers_language(reader, make_task):
    settle(reader, language="zh-hans")
    make_task("A")
    digest.run(moment(2026, 3, 5, 8))
    (sent,) = mail.outbox
    assert sent.subject == "关系：今天有 1 项任务"
    assert "优先服务，重点保持" in sent.body and "2026年3月5日的工作" in sent.body and "今天到期" in sent.body


def test_many_tasks_are_counted_not_listed(reader, make_task):
    for number in range(20):
        make_task(f"N{number:02}")
    digest.run(moment(2026, 3, 5, 8))
    assert mail.outbox[0].body.count("* Firm") == 15 and "… and 5 more" in mail.outbox[0].body


def test_once_a_day_and_not_before_the_hour(reader, make_task):
    make_task("A")
    sent = [digest.run(moment(2026, 3, 5, hour, 59)).sent for hour in (7, 8, 9, 23)]
    assert sent == [0, 1, 0, 0]
    assert digest.run(moment(2026, 3, 6, 7, 59)).sent == 0
    assert digest.run(moment(2026, 3, 6, 12)).sent == 1  # a late start of the day catches up
    assert states() == [("2026-03-05", "SENT"), ("2026-03-06", "SENT")]


def test_nothing_waits_nothing_is_sent(reader, make_task):
    make_task("A", due=DAY + timedelta(days=30))
    assert digest.run(moment(2026, 3, 5, 8)).dropped == 1
    assert mail.outbox == [] and states() == [("2026-03-05", "DROPPED")]


@pytest.mark.parametrize(
    "fields", [{"digest_hour": None}, {"email": ""}, {"is_active": False}], ids=["no hour", "no address", "left"]
)
def test_who_wants_none_gets_none(reader, make_task, fields):
    make_task("A")
    settle(reader, **fields)
    assert digest.run(moment(2026, 3, 5, 8)).queued == 0 and mail.outbox == []


def test_days_off_are_quiet(reader, make_task):
    make_task("A")
    assert digest.run(moment(2026, 3, 7, 8)).queued == 0  # Saturday
    assert digest.run(moment(2026, 2, 17, 8)).queued == 0  # spring festival
    assert digest.run(moment(2026, 2, 14, 8)).queued == 1  # a Saturday worked for it
    Holiday.objects.create(day=date(2026, 3, 9))
    assert digest.run(moment(2026, 3, 9, 8)).queued == 0


# Time


def test_half_past_eleven_at_night_in_shanghai_is_still_that_day(reader, make_task):
    settle(reader, digest_hour=23)
    make_task("A")
    make_task("B", due=DAY + timedelta(days=1))
    assert digest.run(moment(2026, 3, 5, 22, 59)).sent == 0
    assert digest.run(datetime(2026, 3, 5, 15, 30, tzinfo=UTC)).sent == 1  # 23:30 in Shanghai
    assert mail.outbox[0].subject == "Guanxi: 1 task for today" and states() == [("2026-03-05", "SENT")]
    assert digest.run(moment(2026, 3, 6, 0, 30)).sent == 0  # the new day has its own hour


def test_everybody_has_their_own_morning(cast, make_task):
    for person, zone in ((cast.owner, ""), (cast.lead, "Europe/Berlin"), (cast.stranger, "America/New_York")):
        settle(person, digest_hour=8, time_zone=zone)
        make_task(person.username, owner=person)
    sent = {}
    for hour in range(24):
        digest.run(datetime(2026, 3, 5, tzinfo=UTC) + timedelta(hours=hour))
        sent[hour] = len(mail.outbox)
    assert [hour for hour in range(24) if sent[hour] != sent.get(hour - 1, 0)] == [0, 7, 13]


@pytest.mark.parametrize(
    "zone, hour, instant",
    [
        ("Europe/Berlin", 2, datetime(2026, 3, 29, 1, 0, tzinfo=UTC)),  # 02:00 does not exist: 03:00 it is
        ("Europe/Berlin", 2, datetime(2026, 10, 25, 0, 0, tzinfo=UTC)),  # 02:00 comes twice
        ("America/New_York", 8, datetime(2026, 3, 9, 12, 0, tzinfo=UTC)),  # an hour earlier than the week before
        ("Asia/Shanghai", 8, datetime(2028, 2, 29, 0, 0, tzinfo=UTC)),
    ],
)
def test_clock_changes_and_the_leap_day_bring_exactly_one(reader, make_task, zone, hour, instant):
    from customers.models import FirmProfile

    FirmProfile.objects.update(working_week="1234567")
    settle(reader, digest_hour=hour, time_zone=zone)
    make_task("A", due=date(2026, 1, 1))
    assert digest.run(instant - timedelta(minutes=5)).sent == 0
    sent = [digest.run(instant + timedelta(minutes=30 * step)).sent for step in range(8)]
    assert sent == [1] + [0] * 7


# Rights at the moment of sending


@pytest.mark.both
def test_what_was_queued_is_written_with_the_rights_of_the_moment(reader, make_task, cast):
    kept, lost = make_task("A"), make_task("B")
    assert digest.queue(moment(2026, 3, 5, 8)) == 1
    Customer.objects.filter(pk=lost.customer_id).update(owner=cast.stranger)
    digest.run(moment(2026, 3, 5, 8, 1))
    assert "Firm A" in mail.outbox[0].body and "Firm B" not in mail.outbox[0].body
    assert kept.owner == lost.owner == cast.owner


def test_who_left_between_queue_and_sending_gets_nothing(reader, make_task):
    make_task("A")
    digest.queue(moment(2026, 3, 5, 8))
    settle(reader, is_active=False)
    assert digest.run(moment(2026, 3, 5, 8, 1)).dropped == 1 and mail.outbox == []


def test_a_task_done_before_sending_is_not_named(reader, make_task, cast):
    task = make_task("A")
    digest.queue(moment(2026, 3, 5, 8))
    services.complete(task=task, outcome="SUCCESS", by=cast.owner, at=moment(2026, 3, 5, 8))
    assert digest.run(moment(2026, 3, 5, 8, 1)).dropped == 1


# The outbox


@pytest.fixture
def broken(monkeypatch):
    """The mail server refuses, until `broken.clear()`."""
    down, through = [True], mail.EmailMessage.send

    def send(message, *args, **kwargs):
        if down:
            raise OSError("connection refused")
        return through(message, *args, **kwargs)

    monkeypatch.setattr(mail.EmailMessage, "send", send)
    return down


def test_a_failed_mail_waits_longer_each_time_and_is_given_up_aloud(reader, make_task, broken, client_for, cast):
    make_task("A")
    now, tried = moment(2026, 3, 5, 8), []
    for minute in range(180):
        told = digest.run(now + timedelta(minutes=minute))
        if told.errors:
            tried.append(minute)
    assert tried == [0, 5, 15, 35, 75]
    stored = OutboxMail.objects.get()
    assert (stored.state, stored.attempts, stored.error) == ("FAILED", 5, "OSError: connection refused")
    OutboxMail.objects.update(queued_at=timezone.now())
    assert ("failed_mails", 1) in care(cast.admin, timezone.localdate())
    broken.clear()
    admin = client_for(cast.admin)
    data = {"action": "send_again", "_selected_action": [stored.pk]}
    assert admin.post("/admin/retention/outboxmail/", data).status_code == 302
    stored.refresh_from_db()
    assert stored.state == "QUEUED"
    OutboxMail.objects.update(due_at=now)
    assert digest.run(moment(2026, 3, 5, 12)).sent == 1


def test_yesterdays_mail_is_not_sent_today(reader, make_task, broken):
    make_task("A")
    settle(reader, digest_hour=23)
    digest.run(moment(2026, 3, 5, 23, 58))
    broken.clear()
    assert digest.run(moment(2026, 3, 6, 0, 5)).dropped == 1
    assert OutboxMail.objects.get().error == "too late" and mail.outbox == []


def test_the_outbox_is_the_administrators(client_for, cast):
    for person in (cast.owner, cast.lead):
        assert client_for(person).get("/admin/retention/outboxmail/").status_code == 302
    assert client_for(cast.admin).get("/admin/retention/outboxmail/").status_code == 200


def test_the_command_says_what_it_did(reader, make_task):
    make_task("A")
    out = StringIO()
    call_command("send_digests", "--at", "2026-03-05T08:00", "--json", stdout=out)
    assert json.loads(out.getvalue()) == {
        "queued": 1, "sent": 1, "dropped": 0, "waiting": 0, "failed": 0, "errors": [],
    }  # fmt: skip
    out = StringIO()
    call_command("send_digests", "--at", "2026-03-05T08:05+08:00", stdout=out)
    assert out.getvalue().startswith("0 queued, 0 sent")
    with pytest.raises(CommandError, match="is no moment"):
        call_command("send_digests", "--at", "morgen")


def test_the_worker_has_the_same_door(reader, make_task, eager):
    from retention.tasks import send_digests

    send_digests.delay()
    assert OutboxMail.objects.filter(kind="digest").count() <= 1
