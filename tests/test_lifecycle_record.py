"""The backtest on real files and on a small firm, what nights do with it, and the pages that show it."""

import io
import json
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from crm_site import nightly
from customers import changes, publish
from customers import models as m
from lifecycle import backtest
from lifecycle.models import BacktestFigure, BacktestRun, WarningPolicy
from lifecycle.record import selectors
from tests.needs import shared

pytestmark = [pytest.mark.django_db]
MAPPINGS = Path(__file__).resolve().parents[1] / "docs" / "mappings"
DAY = date(2025, 6, 30)


@pytest.fixture
def firm(make_customer, owner, teammate):
    """Sixty customers over two years, every third of whom stops somewhere; some say so before."""
    lines = []
    for number in range(60):
        customer = make_customer(f"K{number:02}", owner=owner if number % 2 else teammate)
        stop = DAY - timedelta(days=60 + 9 * number) if number % 3 == 0 else DAY
        day = DAY - timedelta(days=720 - 3 * number)
        while day <= stop:
            lines.append(
                m.Transaction(
                    customer=customer, date=day, order_no=f"{day}", quantity=1, amount=Decimal(90 + number), cost=50
                )
            )
            day += timedelta(days=17 + number % 5 * 4)
    m.Transaction.objects.bulk_create(lines)
    publish.refresh_days()


def measured(as_of=DAY):
    return backtest.run(backtest.planned(as_of=as_of).pk, now=timezone.now)


@pytest.mark.both
def test_two_runs_give_the_same_figures_and_every_figure_is_kept(firm):
    first, second = measured(), measured()
    assert first.pk != second.pk and first.summary == second.summary
    told = first.summary["warning"]
    assert told["origins"] and set(told["rules"]) == {"SIGNALS", "MODEL", "REPEAT", "RECENCY"}
    rows = BacktestFigure.objects.filter(run=first, subject="WARNING")
    assert rows.filter(origin=None).count() == 4 and rows.count() == 4 * (1 + len(told["origins"]))
    assert rows.get(origin=None, rule="MODEL").measures["auc"] == told["rules"]["MODEL"]["auc"]
    assert set(first.summary["value"]["rules"]) == {"MODEL", "REPEAT", "RECENCY"}
    assert m.InputChange.objects.filter(what="backtest").count() == 2


def test_the_command_prints_one_document(firm):
    out = io.StringIO()
    call_command("backtest", "--as-of", DAY.isoformat(), "--json", stdout=out, stderr=io.StringIO())
    told = json.loads(out.getvalue())
    assert told["as_of"] == DAY.isoformat() and told["rule"] in told["warning"]["rules"]
    assert told["half_year"]["horizon_days"] == 182.0 and told["value"]["rules"]["MODEL"]["mae"] > 0


def test_nothing_after_the_date_reaches_the_record(firm):
    before = measured(DAY - timedelta(days=90)).summary
    for customer in m.Customer.objects.all():
        m.Transaction.objects.create(customer=customer, date=DAY, order_no="late", quantity=1, amount=9000, cost=1)
        m.Case.objects.create(
            customer=customer, subject="late", opened_at=datetime(2025, 6, 30, 9, tzinfo=ZoneInfo("UTC")),
            answer_due=datetime(2025, 7, 30, tzinfo=ZoneInfo("UTC")),
        )  # fmt: skip
    publish.refresh_days()
    assert measured(DAY - timedelta(days=90)).summary == before


def test_without_history_nothing_is_claimed(db):
    job = measured()
    assert job.summary["warning"] == {} and job.rule == "SIGNALS" and selectors.warning_line(DAY) is None


@pytest.mark.parametrize(
    ("name", "file", "published"),
    [
        ("grocery", "grocery_elog.csv", {("half_year", "auc"): {"MODEL": 0.8246, "RECENCY": 0.7598}}),
        (
            "cdnow",
            "cdnow_sample_transactions.csv",
            {
                ("purchases", "mae"): {"MODEL": 0.7620, "REPEAT": 1.5842},
                ("purchases", "gini"): {"MODEL": 0.6621, "REPEAT": 0.6580},
                ("value", "mae"): {"MODEL": 29.568, "REPEAT": 61.348},
            },
        ),
    ],
)
def test_published_figures_on_the_real_files(name, file, published):
    call_command(
        "import_transactions", str(shared("data", file)), "--mapping", str(MAPPINGS / f"{name}.json"), "--json",
        stdout=io.StringIO(), stderr=io.StringIO(),
    )  # fmt: skip
    WarningPolicy.objects.filter(pk=1).update(origins=1)
    told = measured(date(2026, 1, 1)).summary
    for (subject, measure), found in published.items():
        last = told[subject]["origins"][-1]["rules"]
        assert {rule: last[rule][measure] for rule in found} == pytest.approx(found, rel=2e-4), (subject, measure)
    assert told["warning"]["rules"]["MODEL"]["auc"] > told["warning"]["rules"]["RECENCY"]["auc"]
    assert not told["warning"]["demoted"]


def run_with(rule, as_of=DAY - timedelta(days=1), **fields):
    figures = {
        "warned": 40, "hits": 17, "missed": 9, "auc": 0.7, "average_precision": 0.4, "customers": 300, "lost": 26,
        "brier": 0.1, "brier_base_rate": 0.12, "mean_probability": 0.1, "lost_share": 0.09, "precision": 0.425,
        "recall": 0.65, "lead_days": 12.0, "top_decile_lift": 3.0,
    }  # fmt: skip
    names = ("SIGNALS", "MODEL", "REPEAT", "RECENCY")
    rules = {name: figures | {"auc": 0.8 if name == rule else 0.7} for name in names}
    slices = {"warned": [0] * 50, "lost": [0] * 50}
    slices["warned"][10], slices["lost"][10] = 40, 17
    found = {
        "rules": rules, "rule": rule, "probability": "SIGNALS", "demoted": rule in ("REPEAT", "RECENCY"),
        "judged": True, "signals_help": True, "slices": slices, "horizon_days": 80.0, "share": 0.05,
        "brier_corrected": 0.09,
        "calibration": [{"customers": 30, "lowest": 0.0, "highest": 0.2, "expected": 0.1, "actual": 0.12}],
        "origins": [{"origin": "2025-01-01", "rules": rules}], "shift": 0.0, "slope": 1.0,
    }  # fmt: skip
    summary = {"warning": found, "half_year": {}, "purchases": {}, "value": {}}
    changes.note_change("backtest", rule)
    return BacktestRun.objects.create(as_of=as_of, state="DONE", rule=rule, summary=summary, **fields)


def warned(night):
    return set(m.Standing.objects.filter(night=night, warned=True).values_list("customer__code", flat=True))


@pytest.mark.both
def test_a_demoted_model_leaves_the_ranking_to_the_simple_rule_and_returns(firm):
    run_with("RECENCY")
    night = nightly.run_night(as_of=DAY)
    rows = m.Standing.objects.filter(night=night, purchase_days__gte=3).exclude(period_days=None)
    active = [row for row in rows if (DAY - row.last_order).days <= 2 * row.period_days]
    longest = sorted(active, key=lambda row: (row.last_order, -row.value_at_risk))
    shown = warned(night)
    assert shown == {row.customer.code for row in longest[: len(shown)]} and shown
    BacktestRun.objects.all().delete()
    run_with("MODEL")
    again = nightly.run_night(as_of=DAY)
    assert again != night
    best = sorted(active, key=lambda row: -row.churn_risk)
    assert warned(again) == {row.customer.code for row in best[: len(shown)]}


def test_a_night_never_reads_a_record_of_later_data(firm):
    run_with("RECENCY", as_of=DAY + timedelta(days=1))
    night = nightly.run_night(as_of=DAY)
    assert m.Standing.objects.filter(night=night).exclude(loss_risk=None).exists()
    assert BacktestRun.known_by(DAY).pk is None and BacktestRun.known_by(DAY + timedelta(days=1)).rule == "RECENCY"


@pytest.mark.both
def test_signals_and_budget_are_in_the_night(firm, owner):
    policy = WarningPolicy.current()
    policy.alert_budget, policy.complaint_factor = 1, 20
    policy.save()
    m.Customer.objects.update(owner=owner)
    for customer in m.Customer.objects.filter(code__in=["K01", "K02", "K04", "K05"]):
        moment = datetime(2025, 6, 20, 9, tzinfo=ZoneInfo("Asia/Shanghai"))
        m.Case.objects.create(customer=customer, subject="late", opened_at=moment, answer_due=moment)
    night = nightly.run_night(as_of=DAY)
    row = m.Standing.objects.get(night=night, customer__code="K01")
    assert row.signals & 8 and row.loss_risk > row.churn_risk
    found = m.Standing.objects.filter(night=night)
    held = found.filter(over_budget=True)
    assert found.filter(warned=True).count() == 1 and held.exists() and not held.filter(warned=True).exists()
    assert found.get(warned=True).value_at_risk >= max(held.values_list("value_at_risk", flat=True))
    assert night.summary["over_budget"] == held.count()


class TestPages:
    url = staticmethod(lambda: reverse("lifecycle:record"))

    @pytest.fixture
    def night(self, firm):
        run_with("RECENCY")
        return nightly.run_night(as_of=DAY)

    def test_everybody_sees_the_record_and_who_stepped_back(self, night, client_for, cast):
        for user in (*cast.insiders(), *cast.outsiders()):
            page = client_for(user).get(self.url()).content.decode()
            assert "Of 40 warnings on 1 earlier dates, 17 customers were lost; 9 were lost without a warning." in page
            assert "“Longest silence” found them better than the model" in page
            assert ("Test again" in page) == user.is_admin

    def test_it_stands_beside_the_warning_on_customer_home_and_list(self, night, client_for, cast):
        customer = m.Standing.objects.filter(night=night, warned=True).first().customer
        m.Customer.objects.filter(pk=customer.pk).update(owner=cast.owner)
        page = client_for(cast.owner).get(reverse("customers:detail", args=[customer.code])).content.decode()
        assert "Of 40 warnings like this, 17 were lost; 9 were missed." in page
        assert "Model stepped back; ranked by “Longest silence”." in page
        for address in ("/", "/customers/?warned=on", "/lifecycle/"):
            said = client_for(cast.owner).get(address).content.decode()
            assert "Of 40 warnings on earlier dates, 17 were lost; 9 more were missed." in said, address
            assert "AUC 0.800 against 0.700" in said, address

    def test_before_any_record_the_pages_say_so(self, firm, client_for, owner):
        assert "No record yet" in client_for(owner).get(self.url()).content.decode()
        assert "还没有战绩" in client_for(owner, "zh-hans").get(self.url()).content.decode()

    def test_an_administrator_measures_anew(self, firm, client_for, admin, eager, django_capture_on_commit_callbacks):
        nightly.run_night(as_of=DAY)
        with django_capture_on_commit_callbacks(execute=True):
            assert client_for(admin).post(reverse("lifecycle:record_measure")).url == self.url()
        job = BacktestRun.objects.get()
        assert (job.state, job.as_of, job.requested_by) == ("DONE", DAY, admin) and job.done == job.total > 0
        page = client_for(admin).get(self.url()).content.decode()
        assert "How near did the lifetime values come?" in page and "in use" in page
        done = client_for(admin).get(reverse("lifecycle:record_progress", args=[job.pk]))
        assert done.status_code == 286
        assert client_for(admin).get(self.url() + "?horizon=half").status_code == 200

    def test_a_failure_is_kept_and_the_record_before_it_stays(self, night, client_for, admin, monkeypatch):
        monkeypatch.setattr(backtest, "measure", lambda *args: 1 / 0)
        job = backtest.planned(as_of=DAY)
        with pytest.raises(ZeroDivisionError):
            backtest.run(job.pk, now=timezone.now)
        page = client_for(admin).get(self.url()).content.decode()
        assert "ZeroDivisionError" in page and "Of 40 warnings" in page

    def test_only_administrators_measure(self, client_for, cast):
        address = reverse("lifecycle:record_measure")
        for user in (cast.owner, cast.lead, cast.stranger):
            assert client_for(user).post(address).status_code == 403
        assert client_for(None).get(self.url()).status_code == 302
        assert client_for(cast.admin).get(address).status_code == 405
        assert client_for(cast.admin).get(self.url() + "?run=77").status_code == 404
        assert not BacktestRun.objects.exists()
