"""A demoted lifetime value: the number is that of the simple rule that came nearer, named so, the model's beside it."""

from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest
from django.utils import timezone

from crm_site import nightly
from customers import changes, publish
from customers import models as m
from lifecycle import backtest
from lifecycle.models import BacktestRun, LifecyclePolicy
from lifecycle.numerics import simple
from lifecycle.record import selectors
from lifecycle.value import equity
from tests.test_lifecycle_marks_of_clv import marks
from tests.test_lifecycle_record import DAY, firm  # noqa: F401 - the firm is a fixture

pytestmark = [pytest.mark.django_db]
PERIOD = 300
MONTH = 365.25 / 12


def told(rule, period=PERIOD, gini=0.5):
    """What a record tells of lifetime values; `rule` came nearest."""
    measures = {"customers": 60, "mae": 90.0, "bias": -0.2, "rank_correlation": 0.4, "gini": 0.4,
                "top_decile_lift": 2.0, "expected": 10.0, "actual": 12.0}  # fmt: skip
    rules = {name: dict(measures) for name in ("MODEL", "REPEAT", "RECENCY")}
    rules["MODEL"]["gini"] = gini
    rules[rule] |= {"mae": 80.0, "bias": 0.1}
    return {"rules": rules, "rule": rule, "demoted": rule != "MODEL", "horizon_days": period, "origins": [],
            "calibration": []}  # fmt: skip


def record(rule, as_of=DAY - timedelta(days=1), **more):
    """A finished backtest in which this rule came nearest to lifetime values."""
    summary = {"warning": {}, "half_year": {}, "purchases": {}, "value": told(rule, **more)}
    changes.note_change("backtest", rule)
    return BacktestRun.objects.create(as_of=as_of, state="DONE", summary=summary, value_kept=rule == "MODEL")


def standings(night):
    return {row.customer.code: row for row in m.Standing.objects.filter(night=night).select_related("customer")}


def by_hand(margin, retention, months=36, rate=0.1, period=PERIOD):
    """The worth of a margin of a period, month by month: certain while tested, then kept with the yearly retention."""
    monthly, tested, discount = margin / (period / MONTH), round(period / MONTH), (1 + rate) ** (1 / 12) - 1
    kept = (retention ** (max(month - tested, 0) / 12) for month in range(1, months + 1))
    return sum(monthly * share / (1 + discount) ** month for month, share in enumerate(kept, start=1))


def retention():
    """As the night measures it: the share of last year's customers that bought again, shrunk to eight of ten."""
    bought = [
        {
            row["customer"]
            for row in m.PurchaseDay.objects.filter(date__gt=first, date__lte=last, bought=True).values("customer")
        }
        for first, last in (
            (DAY - timedelta(days=365), DAY), (DAY - timedelta(days=730), DAY - timedelta(days=365)),
        )
    ]  # fmt: skip
    return (len(bought[0] & bought[1]) + 8) / (len(bought[1]) + 10)


def margins(after, until):
    """Gross profit of every customer in (after, until], from the order lines themselves."""
    found = {customer.code: 0.0 for customer in m.Customer.objects.all()}
    for line in m.Transaction.objects.filter(date__gt=after, date__lte=until).select_related("customer"):
        found[line.customer.code] += float(line.amount - line.cost)
    return found


@pytest.mark.both
def test_the_last_period_repeats_in_place_of_the_model(firm):  # noqa: F811
    model = standings(nightly.run_night(as_of=DAY))
    run = record("REPEAT")
    night = nightly.run_night(as_of=DAY)
    assert night.summary["clv_rule"] == "REPEAT"
    lately, kept = margins(DAY - timedelta(days=PERIOD), DAY), retention()
    found = standings(night)
    bought = {code: row for code, row in found.items() if row.orders}
    assert {row.clv_method for row in bought.values()} == {"REPEAT"} and len(bought) > 50
    for code, row in bought.items():
        assert row.clv == pytest.approx(by_hand(lately[code], kept) - row.keeping_cost, rel=1e-9, abs=1e-9)
        assert row.clv_model == model[code].clv and model[code].clv_model is None
        assert (row.clv_low, row.clv_high, row.clv_deviation) == (None, None, None)
        assert row.value_at_risk == pytest.approx(row.loss_risk * max(row.clv, 0.0))
        assert (row.p_alive, row.expected_purchases) == (model[code].p_alive, model[code].expected_purchases)
    assert night.summary["clv"] == pytest.approx(sum(row.clv for row in bought.values()))
    run.delete()
    record("MODEL")
    again = nightly.run_night(as_of=DAY)  # the model won again
    assert again.summary["clv_rule"] == "" and again != night
    back = standings(again)
    assert {code: (row.clv, row.clv_low, row.clv_method, row.clv_model) for code, row in back.items()} == {
        code: (row.clv, row.clv_low, row.clv_method, None) for code, row in model.items()
    }


@pytest.mark.both
def test_the_same_silence_brings_the_same_in_place_of_the_model(firm):  # noqa: F811
    record("RECENCY")
    found = {code: row for code, row in standings(nightly.run_night(as_of=DAY)).items() if row.orders}
    days = {code: [] for code in found}
    for line in m.Transaction.objects.select_related("customer"):
        days[line.customer.code].append(line.date)
    back, start = PERIOD, DAY
    while sum(min(d) <= start - timedelta(days=back) for d in days.values()) < len(days) / 2 and back >= 56:
        back //= 2
    then_day = DAY - timedelta(days=back)
    brought, kept = margins(then_day, DAY), retention()
    earlier = {
        code: (then_day - max(day for day in some if day <= then_day)).days
        for code, some in days.items() if min(some) <= then_day
    }  # fmt: skip
    edges = sorted({float(np.quantile(list(earlier.values()), k / 10, method="lower")) for k in range(1, 10)})
    edges = [edge for edge in edges if edge < max(earlier.values())]

    def group(silence):
        return sum(edge < silence for edge in edges)

    groups = {}
    for code, silence in earlier.items():
        groups.setdefault(group(silence), []).append(brought[code] * PERIOD / back)
    for code, row in found.items():
        mean = np.mean(groups[group((DAY - max(days[code])).days)])
        assert row.clv == pytest.approx(by_hand(mean, kept) - row.keeping_cost, rel=1e-9), code
        assert row.clv_method == "RECENCY"


def test_contracts_and_reasons_for_no_number_stay(firm, make_customer, owner):  # noqa: F811
    fresh = make_customer("NEW", owner=owner)
    m.Contract.objects.create(
        customer=m.Customer.objects.get(code="K02"), number="1", start=DAY - timedelta(days=30),
        end=DAY + timedelta(days=335), amount=1200, is_subscription=True,
    )  # fmt: skip
    before = standings(nightly.run_night(as_of=DAY))
    record("REPEAT")
    after = standings(nightly.run_night(as_of=DAY))
    for row in (before, after):
        assert row["K02"].clv_method == "CONTRACT" and row["K02"].clv_low is not None
        assert (row[fresh.code].clv, row[fresh.code].clv_gap) == (None, "NO_PURCHASE")
    assert (after["K02"].clv, after["K02"].clv_low) == (before["K02"].clv, before["K02"].clv_low)
    assert after["K02"].clv_model is None and after["NEW"].clv_method == before["NEW"].clv_method


def test_without_an_end_the_rule_goes_on_for_ever(firm):  # noqa: F811
    policy = LifecyclePolicy.objects.get(pk=1)
    policy.clv_infinite = True
    policy.save()
    record("REPEAT")
    lately, kept = margins(DAY - timedelta(days=PERIOD), DAY), retention()
    row = standings(nightly.run_night(as_of=DAY))["K01"]
    assert row.clv == pytest.approx(by_hand(lately["K01"], kept, months=600) - row.keeping_cost, rel=1e-9)


def test_a_record_of_later_data_changes_no_number(firm):  # noqa: F811
    before = standings(nightly.run_night(as_of=DAY))
    record("REPEAT", as_of=DAY + timedelta(days=1))
    night = nightly.run_night(as_of=DAY)
    assert night.summary["clv_rule"] == ""
    assert {code: row.clv for code, row in standings(night).items()} == {c: row.clv for c, row in before.items()}


def test_the_backtest_goes_on_judging_the_model(firm):  # noqa: F811
    first = backtest.run(backtest.planned(as_of=DAY).pk, now=timezone.now).summary["value"]
    record("REPEAT")
    again = backtest.run(backtest.planned(as_of=DAY).pk, now=timezone.now).summary["value"]
    assert again == first


def test_nothing_brought_is_worth_nothing_and_a_loss_stays_a_loss():
    value = simple.worth(np.array([0.0, -120.0, 120.0]), 365, 0.8 ** (1 / 12), 0.01, 36)
    assert value[0] == 0.0 and value[1] == -value[2] and value[2] > 0
    short = simple.worth(np.array([1.0]), 7, 1.0, 0.0, 12)  # shorter than a month
    assert short[0] == pytest.approx(12 * MONTH / 7)


# What pages say


def test_the_value_tab_draws_the_number_of_every_kept_night(firm, client_for, cast):  # noqa: F811
    customer = m.Customer.objects.get(code="K01")
    first = nightly.run_night(as_of=DAY - timedelta(days=30))
    client = client_for(cast.owner)
    assert "How has the lifetime value moved?" not in client.get("/customers/K01/?tab=value").content.decode()
    last = nightly.run_night(as_of=DAY)
    found = equity.trend_of(customer, last)
    assert [(point.as_of, point.value) for point in found] == [
        (night.as_of, standings(night)["K01"].clv) for night in (first, last)
    ]
    said = "The method changed on the way"
    page = client.get("/customers/K01/?tab=value").content.decode()
    assert "How has the lifetime value moved?" in page and said not in page
    record("REPEAT")
    again = nightly.run_night(as_of=DAY)
    assert [point.rule for point in equity.trend_of(customer, again)] == ["", "REPEAT"]
    assert said in client.get("/customers/K01/?tab=value").content.decode()
    assert said in client_for(cast.admin).get("/lifecycle/value/").content.decode()


def test_pages_name_the_rule_and_keep_the_models_value_in_the_explanation(firm, client_for, cast):  # noqa: F811
    record("REPEAT")
    night = nightly.run_night(as_of=DAY)
    client = client_for(cast.owner)
    page = client.get("/customers/K01/").content.decode()
    assert page.count("Simple rule: the last period repeats") == 2  # beside the number, and as its method
    assert "What the customer brought in the last 300 days, expected again for as long." in page
    assert page.count("The model's value") == 1 and "read this value as a rank" not in page
    assert "The model has stepped back: the simple rule's value is shown." in page
    assert marks(client, "/customers/") == [
        (
            "/lifecycle/record/",
            "Lifetime values are by a simple rule, which came nearer than the model on earlier dates.",
        )
    ]
    line = selectors.value_line(selectors.latest(night.as_of), night)
    assert line.by_rule and line.bias == 0.1 and (line.mae, line.baseline) == (90.0, 80.0)
    bought = m.Standing.objects.filter(night=night, customer__owner=cast.owner, orders__gt=0).count()
    assert client.get("/customers/?method=REPEAT").context["total"] == bought
    assert "this rule came nearer" in client.get("/lifecycle/models/").content.decode()


def test_equity_tells_no_range_that_no_rule_knows(firm, client_for, cast):  # noqa: F811
    night = nightly.run_night(as_of=DAY)
    assert equity.equity(cast.admin, night, "tier").ranged
    record("REPEAT")
    night = nightly.run_night(as_of=DAY)
    found = equity.equity(cast.admin, night, "tier")
    assert not found.ranged and found.total.value == pytest.approx(night.summary["clv"])
    page = client_for(cast.admin).get("/lifecycle/value/").content.decode()
    assert "by a simple rule" in page and "four cases out of five" not in page
    assert "Their sum was 10.0 % too high" in page or "Their sum was 10.0% too high" in page


def test_one_value_for_all_with_the_same_silence_says_so_where_the_model_orders_better(firm, client_for, cast):  # noqa: F811
    run = record("RECENCY", gini=0.9)
    nightly.run_night(as_of=DAY)
    said = "It is one for all with the same silence"
    client = client_for(cast.owner)
    assert said in client.get("/customers/K01/").content.decode()
    run.summary["value"]["rules"]["MODEL"]["gini"] = 0.1
    run.save()
    assert said not in client.get("/customers/K01/").content.decode()


def test_a_night_before_the_record_still_shows_the_models_number_and_says_so(firm, client_for, cast):  # noqa: F811
    nightly.run_night(as_of=DAY)
    record("REPEAT")  # the next night will follow it
    page = client_for(cast.owner).get("/customers/K01/").content.decode()
    assert page.count("read this value as a rank") == 2 and "Simple rule: the last" not in page
    line = selectors.value_line(selectors.latest(DAY), m.PublishedNight.objects.get().night)
    assert line.demoted and not line.by_rule and line.bias == -0.2


def test_refunds_of_the_period_count_against_it(firm):  # noqa: F811
    customer = m.Customer.objects.get(code="K01")
    m.Transaction.objects.create(
        customer=customer, date=date(2025, 6, 1), order_no="R", quantity=-1, amount=Decimal(-5000), cost=0
    )
    publish.refresh_days()
    record("REPEAT")
    row = standings(nightly.run_night(as_of=DAY))["K01"]
    lately = margins(DAY - timedelta(days=PERIOD), DAY)
    assert row.clv_gap == "REFUNDED", (row.clv, lately["K01"])


def test_the_record_knows_whether_the_rules_values_are_shown_already(firm):  # noqa: F811
    before = nightly.run_night(as_of=DAY)
    found = record("REPEAT").summary["value"]
    assert not selectors.shown_by_rule(found, before)
    assert selectors.shown_by_rule(found, nightly.run_night(as_of=DAY))
