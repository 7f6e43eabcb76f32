"""Replays: nothing later leaks into a past night, jobs resume, readers see no difference; and their pages."""

import io
import json
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from crm_site import nightly, replay
from crm_site.locks import NightBusy
from crm_site.tasks import tick
from customers import changes, publish
from customers import models as m
from customers.selectors.nights import published_night
from customers.vocabulary import JobState, NightOrigin
from lifecycle.models import BacktestRun
from segmentation.models import ExpertScore, Indicator

pytestmark = [pytest.mark.both, pytest.mark.django_db]
DAY = date(2025, 6, 30)
LATER = date(2025, 8, 20)
AT = datetime(2025, 8, 20, 10, tzinfo=ZoneInfo("Asia/Shanghai"))


def line(customer, day, amount, **fields):
    """One order line; the order number is the day."""
    fields |= {"amount": Decimal(amount), "cost": Decimal(amount) / 2, "quantity": 1, "order_no": f"{day}"}
    return m.Transaction.objects.create(customer=customer, date=day, **fields)


@pytest.fixture
def firm(make_customer, owner):
    """A dozen customers who buy every few weeks, with some facts of every kind before the day."""
    category = m.Category.objects.create(name="cables")
    for number in range(12):
        customer = make_customer(f"K{number:02}", owner=owner, tier="FRIEND" if number % 2 else "ACQUAINTANCE")
        for turn in range(8):
            line(customer, DAY - timedelta(days=20 + 31 * turn + number), 100 + number, category=category)
        m.Contact.objects.create(customer=customer, name="first", is_buyer=True, since=date(2024, 1, 1))
        m.Case.objects.create(customer=customer, subject="old", opened_at=AT - timedelta(days=200), answer_due=AT)
        m.SurveyResponse.objects.create(customer=customer, date=date(2025, 1, 5), satisfaction=4, trust=4, commitment=4)
    publish.refresh_days()
    return category


def add_later_rows(category):
    """A row of every kind that a night reads, dated after the day."""
    indicator = Indicator.objects.filter(expert=True).first()
    other = m.Category.objects.create(name="later")
    for customer in m.Customer.objects.all():
        line(customer, LATER, 9000, category=category)
        line(customer, LATER + timedelta(days=1), -50, category=other)
        contract = m.Contract.objects.create(
            customer=customer, number="L", start=LATER, end=LATER + timedelta(days=400)
        )
        m.Commitment.objects.create(customer=customer, contract=contract, text="promise", due=LATER)
        m.Receivable.objects.create(customer=customer, number="L", issued=LATER, due=LATER, amount=5)
        m.Referral.objects.create(customer=customer, referred_name="somebody", date=LATER)
        m.ServiceCost.objects.create(customer=customer, date=LATER, amount=7)
        m.SurveyResponse.objects.create(customer=customer, date=LATER, satisfaction=1, trust=1, commitment=1)
        m.Suggestion.objects.create(customer=customer, text="later", made_on=LATER)
        m.Case.objects.create(customer=customer, subject="new", opened_at=AT, answer_due=AT)
        m.Case.objects.filter(customer=customer, subject="old").update(answered_at=AT, state="ANSWERED")
        m.Interaction.objects.create(
            customer=customer, at=AT, summary="later", competitor="somebody else", inbound=True
        )
        m.Contact.objects.create(customer=customer, name="second", is_buyer=True, since=LATER)
        m.Contact.objects.filter(customer=customer, name="first").update(left_on=LATER)
        m.TierChange.objects.create(customer=customer, before=customer.tier, after="PARTNER", at=AT)
        m.Customer.objects.filter(pk=customer.pk).update(tier="PARTNER", exited_on=LATER)
        ExpertScore.objects.create(customer=customer, indicator=indicator, score=5, date=LATER)
    BacktestRun.objects.create(as_of=LATER, state=JobState.DONE.value, rule="RECENCY", shift=3.0)
    publish.refresh_days()
    changes.note_change("later rows")


def test_nothing_later_leaks_into_a_replayed_night(firm):
    before = nightly.run_night(as_of=DAY, origin=NightOrigin.REPLAY.value)
    add_later_rows(firm)
    after = nightly.run_night(as_of=DAY, origin=NightOrigin.REPLAY.value)
    assert after != before
    told = [list(m.Standing.objects.filter(night=night).order_by("customer").defer("raw", "z", "points").values(
        *("customer", "tier", "stage", "role", "churn_risk", "loss_risk", "signals", "warned", "clv", "total_score")
    )) for night in (before, after)]  # fmt: skip
    assert told[0] == told[1]
    assert after.checksum == before.checksum
    assert nightly.run_night(as_of=LATER, origin=NightOrigin.REPLAY.value).checksum != before.checksum


def test_a_later_month_changes_no_earlier_path(firm):
    run = {"origin": NightOrigin.REPLAY.value}
    stages = [m.Standing.objects.filter(night=nightly.run_night(as_of=day, **run)).values_list("customer", "stage")
              for day in (date(2025, 4, 30), date(2025, 5, 31))]  # fmt: skip
    seen = [list(rows.order_by("customer")) for rows in stages]
    add_later_rows(firm)
    again = [
        list(m.Standing.objects.filter(night=nightly.run_night(as_of=day, **run)).values_list("customer", "stage")
             .order_by("customer")) for day in (date(2025, 4, 30), date(2025, 5, 31))
    ]  # fmt: skip
    assert again == seen


@pytest.mark.parametrize(
    ("first", "last", "every", "found"),
    [
        ("2025-01-31", "2025-04-30", "MONTH", ["2025-01-31", "2025-02-28", "2025-03-31", "2025-04-30"]),
        ("2025-01-30", "2025-03-31", "MONTH", ["2025-01-30", "2025-02-28", "2025-03-30"]),
        ("2025-12-31", "2026-02-28", "MONTH", ["2025-12-31", "2026-01-31", "2026-02-28"]),
        ("2025-01-01", "2025-01-16", "WEEK", ["2025-01-01", "2025-01-08", "2025-01-15"]),
        ("2025-01-30", "2025-02-01", "DAY", ["2025-01-30", "2025-01-31", "2025-02-01"]),
    ],
)
def test_dates(first, last, every, found):
    days = replay.dates(date.fromisoformat(first), date.fromisoformat(last), every)
    assert [day.isoformat() for day in days] == found


def test_the_command_counts_and_moves_nothing(firm):
    shown = nightly.run_night(as_of=DAY)
    out = io.StringIO()
    call_command(
        "replay_nights",
        "--from=2025-03-31",
        "--to=2025-05-31",
        "--every=month",
        "--json",
        stdout=out,
        stderr=io.StringIO(),
    )
    told = json.loads(out.getvalue())
    assert {name: told[name] for name in ("nights", "duplicates", "resurrected", "closed_without_reason")} == {
        "nights": 3, "duplicates": 0, "resurrected": 0, "closed_without_reason": 0
    }  # fmt: skip
    job = m.NightReplay.objects.get()
    assert (job.state, job.done, job.total, job.tasks_created) == ("DONE", 3, 3, told["tasks_created"])
    assert published_night() == shown and m.Night.objects.filter(origin="REPLAY", status="COMPUTED").count() == 3


def test_a_job_that_another_night_interrupted_goes_on_where_it_stood(firm, eager, monkeypatch):
    job = replay.plan(first=date(2025, 3, 31), last=date(2025, 5, 31), every="MONTH")
    real, calls = nightly.run_night, []

    def busy_once(**wanted):
        calls.append(wanted["as_of"])
        if len(calls) == 2:
            raise NightBusy
        return real(**wanted)

    monkeypatch.setattr(nightly, "run_night", busy_once)
    with pytest.raises(NightBusy):
        replay.carry_on(job.pk, now=timezone.now)
    job.refresh_from_db()
    assert (job.state, job.done) == ("RUNNING", 1) and replay.waiting(timezone.now()) == []
    m.NightReplay.objects.update(heartbeat=timezone.now() - timedelta(minutes=6))
    tick()
    job.refresh_from_db()
    assert (job.state, job.done) == ("DONE", 3)
    assert calls == [date(2025, 3, 31), date(2025, 4, 30), date(2025, 4, 30), date(2025, 5, 31)]


def test_a_failed_night_ends_the_job_with_its_reason(firm, monkeypatch, client_for, admin):
    job = replay.plan(first=date(2025, 3, 31), last=date(2025, 5, 31), every="MONTH")
    monkeypatch.setattr(nightly.frames, "read_book", lambda *args, **kwargs: 1 / 0)
    with pytest.raises(nightly.NightFailed):
        replay.carry_on(job.pk, now=timezone.now)
    job.refresh_from_db()
    assert job.state == "FAILED" and "ZeroDivisionError" in job.error and job.done == 0
    assert "ZeroDivisionError" in client_for(admin).get(reverse("nights:replay_detail", args=[job.pk])).content.decode()


class TestPages:
    def page(self, *args):
        return reverse("nights:replay_detail", args=args) if args else reverse("nights:replay")

    def wanted(self, **fields):
        return {"first": "2025-03-31", "last": "2025-05-31", "every": "MONTH"} | fields

    def test_an_administrator_starts_one_and_sees_it_done(
        self, firm, client_for, admin, eager, django_capture_on_commit_callbacks
    ):
        client = client_for(admin)
        assert "2025-05-31" in client.get(self.page()).content.decode()
        with django_capture_on_commit_callbacks(execute=True):
            answer = client.post(self.page(), self.wanted())
        job = m.NightReplay.objects.get()
        assert answer.status_code == 302 and answer.url == self.page(job.pk)
        job.refresh_from_db()
        assert (job.state, job.done, job.requested_by) == ("DONE", 3, admin)
        polled = client.get(self.page(job.pk), headers={"hx-request": "true"})
        assert polled.status_code == 286 and "2025-05-31" in polled.content.decode()

    def test_while_it_runs_the_page_asks_again(self, client_for, owner):
        job = replay.plan(first=date(2025, 3, 31), last=date(2025, 5, 31), every="MONTH")
        client = client_for(owner)
        assert 'hx-trigger="every 2s"' in client.get(self.page(job.pk)).content.decode()
        assert client.get(self.page(job.pk), headers={"hx-request": "true"}).status_code == 200

    def test_the_form_asks_in_chinese_from_when_to_when_and_how_often(self, firm, client_for, admin):
        form = client_for(admin, "zh-hans").get(self.page()).context["form"]
        with override("zh-hans"):
            assert [str(field.label) for field in form] == ["起始日期", "截止日（最后一天）", "间隔"]
            assert [str(words) for _step, words in form.fields["every"].choices] == ["每月", "每周", "每日"]

    def test_only_administrators_start_one(self, client_for, cast):
        for user in (cast.owner, cast.lead, cast.stranger):
            assert client_for(user).get(self.page()).status_code == 403
            assert client_for(user).post(self.page(), self.wanted()).status_code == 403
        assert client_for(None).get(self.page()).status_code == 302
        assert client_for(cast.admin).delete(self.page()).status_code == 405
        assert not m.NightReplay.objects.exists()

    @pytest.mark.parametrize(
        "fields",
        [{"last": "2025-01-31"}, {"last": "2099-01-31"}, {"first": "soon"}, {"every": "CENTURY"},
         {"first": "2000-01-01", "every": "DAY"}],
    )  # fmt: skip
    def test_bad_input_is_told(self, client_for, admin, fields):
        answer = client_for(admin).post(self.page(), self.wanted(**fields))
        assert answer.status_code == 422 and answer.context["form"].errors and not m.NightReplay.objects.exists()

    def test_a_replay_that_is_not_there(self, client_for, admin):
        assert client_for(admin).get(self.page(7)).status_code == 404
