"""Pages about the course of relationships: board in six vocabularies, cohorts, endings, decisions about a stage."""

from datetime import date, timedelta

import html5lib
import pytest
from django.urls import reverse
from django.utils import timezone

from customers.models import Case, Category, CategoryFirst, InputChange, PurchaseDay, Referral
from lifecycle.models import PatternReason, RelationshipSignal, StageBudget, StageChange, StageOverride
from tests.standings import AS_OF, make_night, stand

pytestmark = pytest.mark.django_db
CURVE = {"exploration_days": 60, "formation_days": 120, "stable_days": 180, "decline_days": 0}


@pytest.fixture
def night(db):
    return make_night()


@pytest.fixture
def people(night, cast, make_customer):
    """Six customers of the owner, one of the stranger."""
    rows = {
        "P": {"stage": "PROSPECT", "role": "PROSPECT", "phase": "POTENTIAL", "orders": 0, "first_order": None},
        "E": {"stage": "EXPLORATION", "role": "PURCHASER", "phase": "NEW"},
        "S": {"stage": "STABLE", "long_term": True, "phase": "NEW_BUSINESS", "investment": 50.0, "price_index": 1.1},
        "R": {"stage": "STABLE", "sub_state": "REACTIVATED", "phase": "LOYAL"},
        "D": {"stage": "DECLINE", "sub_state": "DETERIORATION", "phase": "LOYAL", "pattern": "II", "end_proposed": True,
              "left_on": date(2025, 10, 1)},
        "H": {"stage": "FORMATION", "stage_rule": "OVERRIDE", "computed_stage": "STABLE", "phase": "LOYAL"},
    }  # fmt: skip
    found = {}
    for code, fields in rows.items():
        found[code] = make_customer(code, owner=cast.owner)
        stand(night, found[code], **{"phase": "", **({} if code == "P" else CURVE), "balance": 5.0, **fields})
    found["X"] = make_customer("X", owner=cast.stranger)
    stand(night, found["X"], phase="LOYAL")
    StageChange.objects.create(
        customer=found["S"], as_of="2025-01-10", before="PROSPECT", after="EXPLORATION", rule="YOUNG",
        evidence={"n": 1.0, "recency": 0.0, "red": True}, decided_on=AS_OF,
    )  # fmt: skip
    StageChange.objects.create(
        customer=found["S"], as_of="2025-06-30", before="EXPLORATION", after="STABLE", rule="STEADY"
    )
    PurchaseDay.objects.create(
        customer=found["S"], date="2025-02-03", lines=1, orders=1, bought=True, quantity=1, amount=700,
        gross_profit=70, costed_amount=700, service_cost=0,
    )  # fmt: skip
    return found


def place_counts(answer):
    return {place.code: place.count for place in answer.context["places"]}


def choose(client, code):
    return client.post(reverse("lifecycle:view_by"), {"model": code, "next": "/lifecycle/"})


# The board and its vocabularies


def test_the_board_is_seen_in_the_vocabulary_a_user_chose_and_it_is_remembered(client_for, cast, people):
    client = client_for(cast.owner)
    assert client.get("/lifecycle/").context["places"] is None  # Chen's four
    expected = {
        "DWYER5": {"AWARENESS": 1, "EXPLORATION": 1, "EXPANSION": 1, "COMMITMENT": 2, "DISSOLUTION": 1},
        "JAP5": {"EXPLORATION": 1, "BUILDUP": 1, "MATURITY": 2, "DECLINE": 0, "DETERIORATION": 1},
        "DONG7": {
            **{"POTENTIAL": 1, "DEVELOPMENT": 1, "GROWTH": 1, "MATURITY": 1, "DECLINE": 1},
            **{"REENTERED": 1, "TERMINATION": 0},
        },
        "PHASE4": {"POTENTIAL": 1, "NEW": 1, "LOYAL": 3, "NEW_BUSINESS": 1},
        "LADDER": {"PROSPECT": 1, "PURCHASER": 1, "CLIENT": 4, "SUPPORTER": 0, "ADVOCATE": 0, "PARTNER": 0},
    }
    for code, counts in expected.items():
        assert choose(client, code).status_code == 302
        assert place_counts(client.get("/lifecycle/")) == counts
    assert place_counts(client_for(cast.owner).get("/lifecycle/")) == expected["LADDER"]
    assert client_for(cast.lead).get("/lifecycle/").context["places"] is None
    choose(client, "NOBODY")
    assert client.get("/lifecycle/").context["model"].code == "LADDER"


def test_every_place_leads_to_exactly_its_customers(client_for, cast, people):
    client = client_for(cast.owner)
    for code in ("DWYER5", "JAP5", "DONG7", "PHASE4", "LADDER"):
        choose(client, code)
        for place in client.get("/lifecycle/").context["places"]:
            listed = client.get(place.href).context["page"].paginator.count
            assert listed == place.count, (code, place.code)


def test_phases_of_each_business_line(client_for, cast, people):
    old, new = (Category.objects.create(name=name) for name in ("old line", "new line"))
    CategoryFirst.objects.create(customer=people["S"], category=old, first="2025-01-10", last="2026-01-01")
    CategoryFirst.objects.create(customer=people["S"], category=new, first="2026-01-05", last="2026-01-05")
    CategoryFirst.objects.create(customer=people["E"], category=old, first="2025-01-10", last="2025-01-10")
    client = client_for(cast.owner)
    choose(client, "PHASE4")
    lines = {line.name: line for line in client.get("/lifecycle/").context["lines"]}
    assert (lines["old line"].potential, lines["old line"].new, lines["old line"].loyal) == (4, 1, 1)
    assert (lines["new line"].potential, lines["new line"].new_business) == (5, 1)
    own = client.get("/customers/S/?tab=stage")
    assert "new line" in own.content.decode() and "New customer of a new business" in own.content.decode()


def test_stage_economics_against_the_budget(client_for, cast, people):
    StageBudget.objects.filter(stage="STABLE").update(amount=100)
    found = client_for(cast.owner).get("/lifecycle/").context["economics"]
    stable = next(row for row in found.rows if row.stage == "STABLE")
    assert (stable.count, stable.investment, stable.budget, stable.used) == (2, 50.0, 100.0, 0.5)
    assert stable.price == pytest.approx(1.1) and stable.days == 180
    assert found.ideality == pytest.approx(0.5)
    assert (found.long_term, found.by_hand, found.end_proposed) == (1, 1, 1)


def test_stage_economics_count_the_recommendations_of_a_year(client_for, cast, people):
    for customer, days, won in (("S", 10, "E"), ("R", 364, None), ("S", 365, None), ("S", -1, None), ("X", 10, None)):
        Referral.objects.create(
            customer=people[customer], referred=people.get(won), referred_name="x", date=AS_OF - timedelta(days=days)
        )
    found = {row.stage: row for row in client_for(cast.owner).get("/lifecycle/").context["economics"].rows}
    assert (found["STABLE"].referrals, found["STABLE"].won) == (2, 1)
    assert (found["FORMATION"].referrals, found["FORMATION"].won) == (0, 0)
    assert found["STABLE"].count == 2  # a recommendation makes no customer count twice


def test_a_stage_set_by_hand_is_marked_wherever_it_stands(client_for, cast, people):
    client = client_for(cast.owner)
    for page in ("/customers/?by_hand=on", "/customers/H/"):
        assert "by hand" in client.get(page).content.decode()
    assert client.get("/customers/?by_hand=on").context["page"].paginator.count == 1


# Cohorts and endings


def test_cohorts_show_who_left_by_which_age(client_for, cast, people):
    answer = client_for(cast.owner).get("/lifecycle/cohorts/")
    (cohort,) = answer.context["cohorts"]
    assert (cohort.begin.year, cohort.size, cohort.ended) == (2025, 5, 1)
    assert cohort.survival.left_by(8) == 0 and cohort.survival.left_by(9) == pytest.approx(0.2)
    assert client_for(cast.owner).get("/lifecycle/cohorts/?by=quarter").context["cohorts"][0].quarter == 1
    assert client_for(cast.owner).get("/lifecycle/cohorts/?by=week").status_code == 404


def test_endings_name_what_is_still_open(client_for, cast, people):
    now = timezone.now()
    Case.objects.create(customer=people["D"], opened_at=now, answer_due=now, subject="late")
    answer = client_for(cast.owner).get("/lifecycle/endings/")
    (row,) = answer.context["rows"]
    assert (row.customer.code, row.cases, row.receivables) == ("D", 1, 0)
    assert "settle what is open first" in answer.content.decode()
    assert client_for(cast.stranger).get("/lifecycle/endings/").context["rows"] == []


@pytest.mark.parametrize("page", ["", "cohorts/", "endings/"])
def test_pages_ask_a_constant_number_of_questions(
    client_for, cast, night, people, make_customer, django_assert_max_num_queries, page
):
    client = client_for(cast.owner)
    for number in range(6):
        stand(night, make_customer(f"M{number}", owner=cast.owner), stage="DECLINE", end_proposed=True, **CURVE)
    with django_assert_max_num_queries(30):
        assert client.get(f"/lifecycle/{page}").status_code == 200


def test_pages_before_the_first_night(client_for, cast):
    for page in ("", "cohorts/", "endings/"):
        assert client_for(cast.owner).get(f"/lifecycle/{page}").status_code == 200


# The stage tab


def test_the_tab_tells_the_course_and_what_decided(client_for, cast, people):
    answer = client_for(cast.owner).get("/customers/S/?tab=stage&by=quarter")
    text = answer.content.decode()
    assert "Measures of that day" in text and "not paid back" in text and "Set the stage by hand" in text
    assert "/lifecycle/reasons/S/" in text  # pattern IV is running
    assert "/lifecycle/reasons/" not in client_for(cast.owner).get("/customers/E/?tab=stage").content.decode()


def test_without_a_standing_the_tab_says_so(client_for, cast, night, make_customer):
    make_customer("N", owner=cast.owner)
    assert client_for(cast.owner).get("/customers/N/?tab=stage").status_code == 200


# Decisions


def test_a_stage_is_set_by_hand_and_lifted(client_for, cast, people):
    today, client = timezone.localdate(), client_for(cast.owner)
    url, before = reverse("lifecycle:override", args=["S"]), InputChange.objects.count()
    good = {"stage": "DECLINE", "until": today + timedelta(days=30), "reason": "plant closes"}
    assert client.get(url).status_code == 200
    assert client.post(url, good).status_code == 302
    row = StageOverride.objects.get(customer=people["S"])
    assert (row.stage, row.begin, row.by, row.ended_on) == ("DECLINE", today, cast.owner, None)
    assert InputChange.objects.count() > before and row.history.count() == 1
    client.post(url, {**good, "stage": "STABLE"})  # a second one ends the first
    row.refresh_from_db()
    assert (row.ended_on, row.ended_by) == (today, cast.owner)
    assert "plant closes" in client.get("/customers/S/?tab=stage").content.decode()
    second = StageOverride.objects.get(customer=people["S"], ended_on=None)
    lift = reverse("lifecycle:lift", args=[second.pk])
    assert client.get(lift).status_code == 405
    assert client.post(lift).status_code == 302
    second.refresh_from_db()
    assert second.ended_on == today
    client.post(lift)  # too late: told, nothing breaks
    second.refresh_from_db()
    assert second.ended_on == today


@pytest.mark.parametrize(
    "bad",
    [
        {"reason": " "},
        {"stage": "TERMINATED"},
        {"until": "2001-01-01"},
        {"until": "2999-01-01"},
        {"until": "tomorrow"},
        {"reason": "x" * 301},
    ],
)
def test_bad_input_comes_back_with_its_reason(client_for, cast, people, bad):
    good = {"stage": "DECLINE", "until": timezone.localdate() + timedelta(days=30), "reason": "plant closes"}
    answer = client_for(cast.owner).post(reverse("lifecycle:override", args=["S"]), {**good, **bad})
    assert answer.status_code == 422 and answer.context["form"].errors
    assert not StageOverride.objects.exists()


def test_a_signal_is_recorded_and_settled(client_for, cast, people):
    client, today = client_for(cast.owner), timezone.localdate()
    url = reverse("lifecycle:signal", args=["S"])
    assert client.post(url, {"kind": "BUYER", "date": today}).status_code == 422
    assert client.post(url, {"kind": "COMPETITOR", "date": today + timedelta(days=1)}).status_code == 422
    assert client.post(url, {"kind": "COMPETITOR", "date": today, "note": "asked for a quotation"}).status_code == 302
    row = RelationshipSignal.objects.get()
    assert "asked for a quotation" in client.get("/customers/S/?tab=stage").content.decode()
    client.post(reverse("lifecycle:settle", args=[row.pk]))
    row.refresh_from_db()
    assert row.settled_on == today and row.history.count() == 2


def test_reasons_are_those_of_the_pattern(client_for, cast, people):
    client = client_for(cast.owner)
    assert client.post(reverse("lifecycle:reasons", args=["D"]), {"II1": "on", "note": "too slow"}).status_code == 302
    kept = PatternReason.objects.get(customer=people["D"])
    assert (kept.code, kept.note, kept.strength, kept.by) == ("II1", "too slow", None, cast.owner)
    client.post(reverse("lifecycle:reasons", args=["S"]), {"IV1": "on", "IV1_strength": "4", "IV3": "on"})
    assert dict(PatternReason.objects.filter(customer=people["S"]).values_list("code", "strength")) == {
        "IV1": 4, "IV3": None,
    }  # fmt: skip
    client.post(reverse("lifecycle:reasons", args=["S"]), {"IV3": "on"})
    assert list(PatternReason.objects.filter(customer=people["S"]).values_list("code", flat=True)) == ["IV3"]
    assert client.get(reverse("lifecycle:reasons", args=["E"])).status_code == 404  # it has not ended
    codes = dict(client.get("/lifecycle/cohorts/").context["patterns"][1].codes)
    assert {str(code): n for code, n in codes.items()} == {"II1": 1}


@pytest.mark.parametrize("name", ["override", "signal", "reasons"])
def test_who_may_decide(client_for, cast, people, name):
    url = reverse(f"lifecycle:{name}", args=["S"])
    for user in cast.insiders():
        assert client_for(user).get(url).status_code == 200
    for user in cast.outsiders():
        assert client_for(user).get(url).status_code == 404
        assert client_for(user).post(url, {}).status_code == 404
    assert client_for(None).get(url).status_code == 302
    assert client_for(cast.owner).put(url).status_code == 405


def test_strangers_can_neither_lift_nor_settle(client_for, cast, people):
    day = timezone.localdate()
    row = StageOverride.objects.create(customer=people["S"], stage="DECLINE", reason="x", begin=day, until=day)
    signal = RelationshipSignal.objects.create(customer=people["S"], kind="INTENT", date=day)
    for user in cast.outsiders():
        assert client_for(user).post(reverse("lifecycle:lift", args=[row.pk])).status_code == 404
        assert client_for(user).post(reverse("lifecycle:settle", args=[signal.pk])).status_code == 404


def test_more_than_the_budget_is_told_and_drawn_apart(client_for, cast, people):
    StageBudget.objects.filter(stage="STABLE").update(amount=40)
    client = client_for(cast.owner)
    rows = {row.stage: row for row in client.get("/lifecycle/").context["economics"].rows}
    assert [stage for stage, row in rows.items() if row.over] == ["STABLE"] and rows["STABLE"].used == 1.25
    page = html5lib.parse(client.get("/lifecycle/").content.decode(), namespaceHTMLElements=False)
    assert len([svg for svg in page.iter() if svg.get("class") == "bar c-bad"]) == 1


def test_the_board_says_whom_its_shares_leave_out(client_for, cast, people):
    board = client_for(cast.owner).get("/lifecycle/").context["board"]
    assert (board.total, board.prospects, board.ended) == (5, 1, 0)
