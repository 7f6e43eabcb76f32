"""seed_demo fills an empty database once, only in demo mode, and never touches somebody's data."""

import json
from datetime import date, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from customers.models import (
    AccountGoal,
    Case,
    Customer,
    InputChange,
    Interaction,
    Night,
    PurchaseDay,
    Transaction,
    User,
)
from customers.selectors.duplicates import likely_duplicates
from lifecycle.models import BacktestRun

pytestmark = [pytest.mark.django_db, pytest.mark.both]
AS_OF = date(2026, 3, 15)


def seed(*extra, customers=60):
    out, err = StringIO(), StringIO()
    call_command(
        "seed_demo", "--customers", str(customers), "--as-of", str(AS_OF), "--json", *extra, stdout=out, stderr=err
    )
    return json.loads(out.getvalue()), err.getvalue()


@pytest.fixture(autouse=True)
def demo_mode(settings):
    settings.DEMO = True


def test_fills_an_empty_database_and_counts(client):
    counts, told = seed("--no-nights")
    assert counts["seeded"] is True and counts["as_of"] == "2026-03-15"
    assert counts["customers"] == Customer.objects.count() == 60
    assert counts["transactions"] == Transaction.objects.count() > 500
    assert "order lines" in told
    assert PurchaseDay.objects.filter(date__lte=AS_OF).exists()
    assert not Transaction.objects.filter(date__gt=AS_OF).exists()


def test_one_line_in_the_log_of_inputs_tells_of_the_demo():
    seed("--no-nights")
    assert InputChange.objects.filter(what="demo").count() == 1


def test_the_accounts_sign_in_with_the_public_password(client):
    seed("--no-nights")
    for username, role in (("manager", "MANAGER"), ("lead", "LEAD"), ("admin", "ADMIN")):
        user = User.objects.get(username=username)
        assert user.role == role and user.is_demo and user.check_password("guanxi-demo")
    assert User.objects.filter(role="MANAGER").count() == 6
    assert User.objects.filter(role="MANAGER").values("team").distinct().count() == 2
    assert User.objects.get(username="manager").display_name == "林晓雯"


def test_the_manager_has_one_open_complaint():
    seed("--no-nights")
    assert Case.objects.filter(customer__owner__username="manager", state="OPEN").count() == 1


def test_a_second_call_does_nothing():
    seed("--no-nights")
    before = list(Transaction.objects.order_by("id").values_list("id", "line_key", "amount")[:50])
    counts, told = seed("--no-nights", customers=500)
    assert counts["seeded"] is False and counts["customers"] == 60
    assert "nothing changed" in told
    assert list(Transaction.objects.order_by("id").values_list("id", "line_key", "amount")[:50]) == before


def test_same_seed_same_rows():
    def picture():
        return list(
            Transaction.objects.order_by("order_no", "line_no", "customer__code")
            .values_list("customer__code", "order_no", "line_no", "date", "quantity", "amount", "cost", "line_key")
        )  # fmt: skip

    seed("--no-nights")
    first = picture()
    Customer.objects.all().delete()
    User.objects.all().delete()
    seed("--no-nights")
    assert picture() == first


def test_refuses_a_database_with_customers_of_its_own(make_customer):
    make_customer("REAL")
    with pytest.raises(CommandError, match="left alone"):
        seed()
    assert not User.objects.exists() and Customer.objects.count() == 1


def test_refuses_when_somebody_has_a_username_of_the_demo(make_user):
    make_user("admin", role="ADMIN")
    with pytest.raises(CommandError, match="admin"):
        seed()


def test_refuses_outside_demo_mode(settings):
    settings.DEMO = False
    with pytest.raises(CommandError, match="demo mode"):
        seed()
    assert not User.objects.exists()


@pytest.mark.parametrize("wrong", [["--customers", "0"], ["--seed", "-1"], ["--as-of", "31/02/2026"]])
def test_wrong_arguments_are_told(wrong):
    with pytest.raises(CommandError):
        call_command("seed_demo", *wrong, stdout=StringIO(), stderr=StringIO())


def test_no_night_without_being_asked():
    seed("--no-nights")
    assert not Night.objects.exists()


def test_the_nights_fill_the_managers_day():
    from customers.models import PublishedNight, Standing
    from retention.models import ProofAssignment, RetentionTask
    from tests.oracles.retention_proof import arm

    seed(customers=150)
    nights = Night.objects.exclude(origin="REPLAY").order_by("as_of")
    assert [(AS_OF - night.as_of).days for night in nights] == [30, 7, 0]
    replayed = Night.objects.filter(origin="REPLAY", status="COMPUTED").order_by("as_of")
    assert [night.as_of for night in replayed][::11] == [date(2025, 2, 28), date(2026, 1, 31)] and len(replayed) == 12
    assert BacktestRun.objects.get().as_of == AS_OF - timedelta(days=30)
    published = PublishedNight.objects.get().night
    assert published.as_of == AS_OF and published.rows == 150
    stages = set(Standing.objects.filter(night=published).values_list("stage", flat=True))
    assert {"PROSPECT", "EXPLORATION", "FORMATION", "STABLE", "DECLINE"} <= stages
    mine = Standing.objects.filter(night=published, customer__owner__username="manager")
    assert {"EXPLORATION", "FORMATION", "STABLE", "DECLINE"} <= set(mine.values_list("stage", flat=True))
    patterns = set(Standing.objects.filter(night=published).values_list("pattern", flat=True))
    assert patterns == {"I", "II", "III", "IV", "OPEN"}
    tasks = RetentionTask.objects.filter(owner__username="manager")
    live = tasks.live()
    assert live.filter(due__lt=AS_OF).exists() and live.filter(due__gt=AS_OF).exists()
    assert tasks.filter(state="DONE").exclude(outcome="").exists()
    assert AccountGoal.objects.filter(owner__username="manager", reached_on=None).exists()
    assert likely_duplicates(User.objects.get(username="lead"))[1] == 1
    assert Interaction.objects.filter(care_phase="POST", by__username="manager", kind="CALL").exists()
    trial = list(ProofAssignment.objects.filter(template__code="Q-LH-PROMO"))
    assert {row.held for row in trial} == {True, False}
    assert all(row.held == arm(row.seed, row.template_id, row.share, row.stratum, row.slot) for row in trial)
    assert ProofAssignment.objects.filter(template__code="T-FRI-DIV", assigned_on__gte=nights[0].as_of).exists()


def test_a_call_that_was_cut_off_before_the_nights_is_taken_up():
    seed("--no-nights")
    counts, _told = seed()
    assert counts["seeded"] is False
    assert Night.objects.filter(status="PUBLISHED", as_of__lte=AS_OF).count() == 1
