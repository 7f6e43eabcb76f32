"""The backtest on real files and on a small firm, what nights do with it, and the pages that show it."""

import io
import json
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from crm_site import nightly
from customers import changes, publish
from customers import models as m
from lifecycle import backtest
from lifecycle.models import BacktestFigure, BacktestRun, WarningPolicy
from lifecycle.numerics import simple, stages
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


def test_the_recency_rule_looks_back_to_where_most_customers_were_there():
    """Of forty customers who came 300 to 261 days ago, few were there a year ago, all half a year ago."""
    day = np.array([[5000 - 300 + number, 5000 - 200 + number] for number in range(40)]).ravel()
    history = stages.history(np.repeat(np.arange(40), 2), day, np.ones(80), 40)
    back, now, then = simple.silences(history, 5000, 365)
    assert back == 182 and now.tolist() == [200.0 - n for n in range(40)]
    assert np.nan_to_num(then, nan=-1).tolist() == [18.0 - n if n <= 18 else 118.0 - n for n in range(40)]
    back, _now, then = simple.silences(history, 5000, 40)
    assert back == 40 and np.isfinite(then).all()
    back, _now, then = simple.silences(history, 4662, 40)  # nobody yet
    assert np.isnan(then).all()


@pytest.mark.parametrize(
    ("name", "file", "published"),
    [
        ("grocery", "grocery_elog.csv", {("half_year", "auc"): {"MODEL": 0.8246, "RECENCY": 0.7598}}),
        (
            "cdnow",
            "cdnow_sample_transactions.csv",
            {
                ("purchases", "mae"): {"MODEL": 0.7620, "REPEAT": 1.5842, "RECENCY": 0.9186},
                ("purchases", "gini"): {"MODEL": 0.6621, "REPEAT": 0.6580},
                ("value", "mae"): {"MODEL": 29.568, "REPEAT": 61.348, "RECENCY": 36.182},
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


def run_with(rule, as_of=DAY - timedelta(days=1), better=None, purchases=None, by_lot=5.0, **fields):
    """A finished record in which `rule` ranks; better: its figures that differ from everybody else's."""
    figures = {
        "warned": 40, "hits": 17, "missed": 9, "auc": 0.7, "average_precision": 0.4, "customers": 300, "lost": 26,
        "brier": 0.1, "brier_base_rate": 0.12, "mean_probability": 0.1, "lost_share": 0.09, "precision": 0.425,
        "recall": 0.65, "lead_days": 12.0, "top_decile_lift": 3.0, "eligible": 200, "by_lot": by_lot,
    }  # fmt: skip
    names = ("SIGNALS", "MODEL", "REPEAT", "RECENCY")
    rules = {name: figures | ((better or {"auc": 0.8}) if name == rule else {}) for name in names}
    slices = {"warned": [0] * 50, "lost": [0] * 50}
    slices["warned"][10], slices["lost"][10] = 40, 17
    found = {
        "rules": rules, "rule": rule, "probability": "SIGNALS", "demoted": rule in ("REPEAT", "RECENCY"),
        "judged": True, "signals_help": True, "slices": slices, "horizon_days": 80.0, "share": 0.05,
        "brier_corrected": 0.09,
        "calibration": [{"customers": 30, "lowest": 0.0, "highest": 0.2, "expected": 0.1, "actual": 0.12}],
        "origins": [{"origin": "2025-01-01", "rules": rules}], "shift": 0.0, "slope": 1.0,
    }  # fmt: skip
    summary = {"warning": found, "half_year": {}, "purchases": purchases or {}, "value": {}}
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

    def test_a_model_behind_in_one_figure_only_says_in_which(self, firm, client_for, cast):
        run_with("RECENCY", better={"average_precision": 0.5})
        nightly.run_night(as_of=DAY)
        said = client_for(cast.owner).get("/lifecycle/").content.decode()
        assert "“Longest silence” ranks better (average precision 0.500 against 0.400)." in said
        assert "AUC 0.700 against" not in said

    def test_warnings_no_better_than_a_draw_by_lot_say_so(self, firm, client_for, cast):
        run = run_with("MODEL", by_lot=17.4)
        night = nightly.run_night(as_of=DAY)
        customer = m.Standing.objects.filter(night=night, warned=True).first().customer
        m.Customer.objects.filter(pk=customer.pk).update(owner=cast.owner)
        client, zh = client_for(cast.owner), client_for(cast.owner, "zh-hans")
        addresses = ("/lifecycle/", self.url(), reverse("customers:detail", args=[customer.code]))
        for address in addresses:
            assert "No better than a draw by lot." in client.get(address).content.decode(), address
        assert "并不比抽签更准" in zh.get(self.url()).content.decode()
        page = client.get(self.url()).content.decode()
        assert "The model found them better than both simple rules" not in page
        assert "As many warnings drawn by lot would have met 17 lost customers." in page
        BacktestRun.objects.filter(pk=run.pk).delete()
        run_with("MODEL", by_lot=None)  # a record of an older version
        for address in addresses:
            assert "No better than a draw by lot." not in client.get(address).content.decode(), address

    def test_half_a_year_decides_nothing(self, firm, client_for, owner):
        run = run_with("MODEL")
        run.summary["half_year"] = run.summary["warning"] | {"rule": "RECENCY", "demoted": True}
        run.save()
        page = client_for(owner).get(self.url() + "?horizon=half").content.decode()
        assert "Over half a year “Longest silence” found them better than the model;" in page
        assert "so warnings follow that rule" not in page and page.count("stepped back") == 0

    def test_losses_outside_the_warning_and_a_simple_rule_that_met_more_are_told(self, firm, client_for, owner):
        run = run_with("MODEL")
        rules = run.summary["warning"]["rules"]
        for name in rules:
            rules[name] |= {"lost": 30}
        rules["RECENCY"] |= {"hits": 19, "missed": 7, "lead_days": 3.0}
        run.save()
        page = client_for(owner).get(self.url()).content.decode()
        assert "4 more lost customers had bought too seldom to be warned of." in page
        assert (
            "As many warnings by “Longest silence” would have met 19 lost customers instead of 17,"
            " 3 days (median) ahead."
        ) in page

    def test_expected_purchases_that_a_simple_rule_beats_say_so(self, firm, client_for, owner):
        run = measured(DAY - timedelta(days=1))
        nightly.run_night(as_of=DAY)
        client, mark = client_for(owner), 'title="A simple rule came nearer to the number of purchases'
        for demoted in (True, False):
            run.summary["purchases"]["demoted"] = demoted
            run.save()
            assert (mark in client.get("/customers/K01/").content.decode()) == demoted
            said = "A simple rule came nearer to the number of purchases than the model."
            assert (said in client.get(self.url()).content.decode()) == demoted

    def test_customer_equity_tells_how_far_sums_were_off(self, firm, client_for, owner):
        run = measured(DAY - timedelta(days=1))
        nightly.run_night(as_of=DAY)
        for bias, words in ((-0.25, "Their sum was 25.0% too low."), (0.04, "Their sum was 4.0% too high.")):
            run.summary["value"]["rules"]["MODEL"]["bias"] = bias
            run.save()
            page = client_for(owner).get("/lifecycle/value/").content.decode()
            assert words in page and "off by" in page

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
