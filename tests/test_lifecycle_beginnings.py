"""The beginning of a relationship: steps of prospects, checklist, what moves answers, depth, and the loyal trio."""

import threading
from datetime import date, timedelta

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from customers.models import Receivable, SurveyResponse, Transaction
from customers.publish import refresh_days
from lifecycle.course.economics import depth_of
from lifecycle.course.services import save_checklist
from lifecycle.models import ExplorationCheck
from lifecycle.value import exchange
from lifecycle.value.inputs import factors
from retention.kpis import selectors as kpis
from retention.kpis.sets import weights
from retention.templatetags.kpi_tags import loyal_trio
from tests.standings import AS_OF, make_night, stand

pytestmark = pytest.mark.django_db


@pytest.fixture
def night(db):
    return make_night()


@pytest.fixture
def prospects(night, cast, make_customer):
    """Four prospects of the owner, one of the stranger, one customer who has bought."""
    steps = {"P1": "NEED", "P2": "EVALUATION", "P3": "EVALUATION", "P4": ""}
    found = {code: make_customer(code, owner=cast.owner, buying_step=step) for code, step in steps.items()}
    found["X1"] = make_customer("X1", owner=cast.stranger, buying_step="NEED")
    for customer in found.values():
        stand(night, customer, stage="PROSPECT", role="PROSPECT", phase="POTENTIAL", orders=0, first_order=None)
    found["B1"] = make_customer("B1", owner=cast.owner, buying_step="SEARCH")
    stand(night, found["B1"], phase="LOYAL", stable_days=100, categories=3, purchase_days=12)
    return found


def url(name, code):
    return reverse(f"lifecycle:{name}", args=[code])


# How far prospects have come


def test_the_board_counts_prospects_by_step_and_its_links_find_them(client_for, cast, prospects):
    client = client_for(cast.owner)
    steps = client.get("/lifecycle/").context["board"].steps
    assert steps == [("NEED", 1), ("SEARCH", 0), ("EVALUATION", 2), ("", 1)]
    found = client.get("/customers/?stage=PROSPECT&step=EVALUATION").context["rows"]
    assert {customer.code for customer in found} == {"P2", "P3"}
    assert client_for(cast.stranger).get("/lifecycle/").context["board"].steps == [
        ("NEED", 1), ("SEARCH", 0), ("EVALUATION", 0), ("", 0),
    ]  # fmt: skip


def test_a_board_without_prospects_asks_for_no_steps(client_for, cast, night, make_customer):
    stand(night, make_customer("B1", owner=cast.owner))
    assert client_for(cast.owner).get("/lifecycle/").context["board"].steps == []


def test_step_level_and_opinion_are_entered_on_the_form(client_for, cast, make_customer):
    customer = make_customer("P9", owner=cast.owner)
    entry = {"code": "P9", "name": "甲", "kind": "ORGANISATION", "relationship": "UNDECIDED", "version": "1"}
    entry |= {"buying_step": "SEARCH", "expected_level": "HIGH", "outside_opinion": "4"}
    assert client_for(cast.owner).post(reverse("customers:edit", args=["P9"]), entry).status_code == 302
    customer.refresh_from_db()
    assert (customer.buying_step, customer.expected_level, customer.outside_opinion) == ("SEARCH", "HIGH", 4)
    answer = client_for(cast.owner).post(
        reverse("customers:edit", args=["P9"]), entry | {"version": "2", "outside_opinion": "6"}
    )
    assert answer.status_code == 422 and set(answer.context["form"].errors) == {"outside_opinion"}


def test_the_stage_tab_of_a_prospect_marks_its_step(client_for, cast, prospects):
    page = client_for(cast.owner).get(prospects["P2"].get_absolute_url() + "?tab=stage").content.decode()
    here = page.split('aria-current="step"><span class="place">')
    assert next(part.split("<")[0] for part in here[1:]) == "Compares and chooses"


# The checklist


def test_the_checklist_is_kept_changed_and_shown(client_for, cast, prospects):
    client, customer = client_for(cast.owner), prospects["P1"]
    assert client.get(url("checklist", "P1")).status_code == 200
    entry = {"goal_fit": "true", "sincerity": "false", "performance": "unknown", "need": "整体替换", "rival_prices": ""}
    answer = client.post(url("checklist", "P1"), entry)
    assert answer["Location"] == f"{customer.get_absolute_url()}?tab=stage"
    check = ExplorationCheck.objects.get(customer=customer)
    assert [result for _words, result in check.tests] == [True, False, None]
    assert (check.need, check.by, check.date) == ("整体替换", cast.owner, timezone.localdate())
    client_for(cast.lead).post(url("checklist", "P1"), entry | {"performance": "true"})
    check.refresh_from_db()
    assert (check.performance, check.by, ExplorationCheck.objects.count()) == (True, cast.lead, 1)
    assert check.history.count() == 2
    tab = client.get(customer.get_absolute_url() + "?tab=stage").content.decode()
    assert "整体替换" in tab


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_two_who_enter_the_first_checklist_at_once_keep_one(cast, make_customer):
    customer = make_customer("P1", owner=cast.owner)
    barrier, faults = threading.Barrier(2), []

    def enter(by):
        try:
            check = ExplorationCheck(customer=customer, need=by.username)
            barrier.wait(10)
            save_checklist(check=check, date=AS_OF, by=by)
        except Exception as fault:
            faults.append(fault)
        finally:
            connection.close()

    threads = [threading.Thread(target=enter, args=[by]) for by in (cast.owner, cast.lead)]
    [thread.start() for thread in threads]
    [thread.join(30) for thread in threads]
    assert not faults
    check = ExplorationCheck.objects.get()
    assert check.need == check.by.username
    assert sorted(check.history.values_list("history_type", flat=True)) == ["+", "~"]


def test_the_checklist_is_offered_at_the_beginning_only(client_for, cast, prospects):
    client = client_for(cast.owner)
    pages = {
        code: client.get(prospects[code].get_absolute_url() + "?tab=stage").content.decode() for code in ("P1", "B1")
    }
    offered = {code: reverse("lifecycle:checklist", args=[code]) in page for code, page in pages.items()}
    assert offered == {"P1": True, "B1": False}


def test_the_checklist_follows_the_scope(client_for, cast, client, prospects):
    for user in cast.insiders():
        assert client_for(user).get(url("checklist", "P1")).status_code == 200
    for user in cast.outsiders():
        assert client_for(user).get(url("checklist", "P1")).status_code == 404
    assert client.get(url("checklist", "P1")).status_code == 302
    assert client_for(cast.owner).put(url("checklist", "P1")).status_code == 405


# What moved the answers


def test_factors_of_the_latest_answers_stand_with_the_delivered_value(client_for, cast, make_customer):
    customer = make_customer("C1", owner=cast.owner)
    entry = {"date": "2026-03-01", "product_value": "8", "monetary_cost": "5", "factors": ["ENVIRONMENT", "FIRM"]}
    client = client_for(cast.owner)
    assert client.post(reverse("customers:survey_add", args=["C1"]), entry).status_code == 302
    assert exchange.exchange(customer, date(2026, 3, 5)).factors == ["ENVIRONMENT", "FIRM"]
    row = SurveyResponse.objects.get()
    again = reverse("customers:survey_edit", args=[row.pk])
    assert client.get(again).context["form"]["factors"].value() == ["ENVIRONMENT", "FIRM"]
    assert client.post(again, {**entry, "factors": ["LUCK"]}).status_code == 422
    assert client.post(again, {**entry, "factors": []}).status_code == 302
    assert exchange.exchange(customer, date(2026, 3, 5)).factors == []


# Breadth, depth, and the loyal


def test_depth_is_purchase_days_a_month_since_the_first_order(night, prospects):
    standing = prospects["B1"].standings.get()
    standing.first_order, standing.purchase_days = night.as_of - timedelta(days=365), 24
    assert depth_of(standing, night) == pytest.approx(24 / (365 / 30.4375))
    standing.first_order = night.as_of
    assert depth_of(standing, night) == 24.0  # never more than what was bought
    standing.first_order = None
    assert depth_of(standing, night) is None


def test_the_trio_tells_satisfaction_loyalty_and_payment(client_for, cast, night, prospects):
    customer = prospects["B1"]
    assert loyal_trio(customer, night)["answer"] is None
    SurveyResponse.objects.create(customer=customer, date=AS_OF - timedelta(days=30), satisfaction=5)
    SurveyResponse.objects.create(customer=customer, date=AS_OF + timedelta(days=1), satisfaction=1)
    day = AS_OF - timedelta(days=60)
    for number, (due, paid) in enumerate([(20, 20), (20, 25), (20, None), (90, None)]):
        Receivable.objects.create(
            customer=customer, number=str(number), issued=day, due=day + timedelta(days=due), amount=100,
            paid_on=None if paid is None else day + timedelta(days=paid),
        )  # fmt: skip
    found = loyal_trio(customer, night)
    assert (found["answer"].satisfaction, found["due"], found["late"], found["loyalty"]) == (5, 3, 2, None)
    page = client_for(cast.owner).get(customer.get_absolute_url() + "?tab=stage").content.decode()
    assert "2 of 3 invoices late" in page
    other = client_for(cast.owner).get(prospects["P1"].get_absolute_url() + "?tab=stage").content.decode()
    assert "invoices late" not in other


def test_loyalty_of_one_customer_is_that_of_the_kept_measure(night, prospects):
    night.checksum = "kept"
    night.save()
    customer = prospects["B1"]
    customer.category_demand = 1_000
    customer.save()
    for months in (1, 3, 14):
        Transaction.objects.create(customer=customer, date=AS_OF - timedelta(days=30 * months), amount=100, cost=60)
    refresh_days()
    assert kpis.own_composite(night, customer.pk, weights()) is None  # nobody has worked it out yet
    measured = kpis.measured(night, "12m")
    place = measured.ids.tolist().index(customer.pk)
    known = [(s, w) for s, w in zip(measured.now.scores[:, place], weights(), strict=True) if s == s]
    assert len(known) > 1 and len({score for score, _weight in known}) > 1
    by_hand = sum(score * weight for score, weight in known) / sum(weight for _score, weight in known)
    assert kpis.own_composite(night, customer.pk, weights()) == pytest.approx(by_hand)
    assert kpis.own_composite(night, prospects["P1"].pk, weights()) is None  # no figure of it is known
    assert kpis.own_composite(night, customer.pk + 10_000, weights()) is None


# The cost of keeping says when it was shared


@pytest.mark.parametrize("kinds, by, told", [({"service"}, "RECORDED", "RECORDED"), (set(), "RECORDED", "SHARED"),
                                             (set(), "FIXED", "FIXED")])  # fmt: skip
def test_a_shared_cost_of_keeping_is_not_called_recorded(kinds, by, told):
    from types import SimpleNamespace as Plain

    import pandas as pd

    columns = pd.DataFrame({"life_months": [12.0], "p_alive": [0.5], "margin_rate": [0.2]})
    book = Plain(kinds=kinds, customers=pd.DataFrame({"amount_12m": [100.0]}))
    policy = Plain(discount_rate=0.1, keeping_cost=by)
    settings = Plain(contract_retention=0.8, infinite=False, clv_months=36)
    found = factors(book, policy, settings, columns, pd.DataFrame({"cost_a_month": [10.0]}))
    assert (found["cost_by"], found["cost"]) == (told, 120.0)
