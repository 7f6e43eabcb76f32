"""The task pages: who sees what, the steps in place and as plain forms, bad input, languages, the number of queries."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from customers.models import Customer, PublishedNight, Standing, User
from customers.publish import ensure_generation
from customers.templatetags.amounts import long_day
from retention.models import RetentionTask, TaskTemplate
from tests.retention_world import make_night

pytestmark = pytest.mark.django_db
LIST = "/retention/"


@pytest.fixture
def today():
    return timezone.localdate()


@pytest.fixture
def night(db, today):
    night = make_night(today)
    PublishedNight.objects.update_or_create(pk=1, defaults={"night": night, "at": timezone.now()})
    ensure_generation(night.pk)
    return night


@pytest.fixture
def make_task(make_customer, cast, today):
    """make_task("A", "Q-HH", owner="stranger", due=days): a task and its customer, the owner's unless told."""

    def make(code, template="Q-HH", *, due=0, owner="owner", **fields):
        keeper = getattr(cast, owner) if owner else None
        customer = Customer.objects.filter(code=code).first()
        customer = customer or make_customer(code, name=f"Firm {code}", owner=keeper)
        return RetentionTask.objects.create(
            customer=customer, template=TaskTemplate.objects.get(code=template), owner=keeper, raised_on=today,
            due=today + timedelta(days=due), night_id=1, evidence={"last_contact_days": 45.0}, value=1234567.0,
            **fields,
        )  # fmt: skip

    return make


@pytest.fixture
def task(make_task):
    return make_task("A/1 关", due=-2)


def url(name, task):
    return reverse(f"retention:{name}", args=[task.pk])


def text(response):
    return response.content.decode()


# The list


def test_list_says_what_waits_and_why(client_for, cast, task, make_task, night, today):
    Standing.objects.create(
        night=night, customer=task.customer, tier="PARTNER", role="PARTNER", stage="STABLE", pattern="OPEN",
        level="HIGH", sublevel="KEY", quadrant="HH",
    )  # fmt: skip
    make_task("B", "C-COMPL", due=0)
    page = text(client_for(cast.owner).get(LIST))
    assert "1 task is overdue</strong>, 1 more due this week" in page and "¥2.5M" in page
    assert "2 days overdue" in page and "due today" in page
    assert "last contact 45 days ago" in page and "High current, high potential" in page
    assert 'href="/customers/A/1%20%E5%85%B3/"' in page
    assert TaskTemplate.objects.get(code="C-COMPL").advice[:20] in page


def test_list_stands_in_parts_overdue_today_coming(client_for, cast, make_task, today):
    for code, due in (("A", -9), ("B", -1), ("C", 0), ("D", 30)):
        make_task(code, due=due)
    page = client_for(cast.owner).get(LIST)
    assert [getattr(task, "begins", None) for task in page.context["rows"]] == ["overdue", None, "today", "later"]
    assert text(page).count('class="task-part"') == 3
    by_value = client_for(cast.owner).get(LIST + "?sort=-value")
    assert 'class="task-part"' not in text(by_value)


# Steps


def tick_url(task, place=0):
    return reverse("retention:tick", args=[task.pk, task.template.steps.all()[place].pk])


def test_a_step_ticked_moves_the_bar_and_can_be_taken_back(client_for, cast, task, today):
    client = client_for(cast.owner)
    page = text(client.get(url("detail", task)))
    assert "0 of 3 steps" in page and "Call the person who decides" in page
    assert client.post(tick_url(task), {"done": "1"}).status_code == 302
    page = text(client.get(url("detail", task)))
    assert "1 of 3 steps" in page and "Olga Owner" in page
    assert client.post(tick_url(task), {"done": "1"}).status_code == 302  # twice is once
    assert task.ticks.count() == 1 and task.events.filter(what="step").count() == 1
    answer = client.post(tick_url(task), {"done": "0"}, headers={"HX-Request": "true"})
    assert answer.status_code == 200 and "0 of 3 steps" in text(answer)
    assert task.events.filter(what="step").count() == 2


def test_steps_are_for_who_sees_the_task_and_of_its_template(client_for, cast, task, make_task):
    for person in cast.outsiders():
        assert client_for(person).post(tick_url(task)).status_code == 404
    assert client_for(None).post(tick_url(task)).status_code == 302
    assert client_for(cast.owner).get(tick_url(task)).status_code == 405
    foreign = reverse("retention:tick", args=[task.pk, TaskTemplate.objects.get(code="C-COMPL").steps.first().pk])
    answer = client_for(cast.owner).post(foreign, headers={"HX-Request": "true"})
    assert "not part of the playbook" in text(answer)
    task.state, task.closed_on, task.outcome = "DONE", task.due, "SUCCESS"
    task.save()
    assert "Somebody was faster" in text(client_for(cast.owner).post(tick_url(task), headers={"HX-Request": "true"}))
    assert task.ticks.count() == 0


def test_done_with_a_contact_goes_on_the_customers_record(client_for, cast, task, today):
    client = client_for(cast.owner)
    answer = client.post(url("complete", task), {"outcome": "SUCCESS", "note": "约好下周演示", "contact": "VISIT"})
    assert answer.status_code == 302
    contact = task.customer.interactions.get()
    assert (contact.kind, contact.summary, contact.by) == ("VISIT", "约好下周演示", cast.owner)
    assert timezone.localdate(contact.at) == today


@pytest.mark.parametrize("given", [{"outcome": "NOT_REACHED", "contact": "CALL"}, {"outcome": "SUCCESS"}])
def test_without_a_contact_nothing_goes_on_record(client_for, cast, task, given):
    assert client_for(cast.owner).post(url("complete", task), given).status_code == 302
    assert task.customer.interactions.count() == 0


def test_an_unknown_contact_is_refused_and_nothing_is_lost(client_for, cast, task):
    answer = client_for(cast.owner).post(
        url("complete", task), {"outcome": "SUCCESS", "note": "x", "contact": "PIGEON"}
    )
    assert answer.status_code == 422 and "x</textarea>" in text(answer)
    task.refresh_from_db()
    assert task.state == "OPEN"


def test_list_in_chinese(client_for, cast, task, night):
    page = text(client_for(cast.owner, "zh-hans").get(LIST))
    assert "优先服务" in page and "逾期 2 天" in page and "123.5万元" in page


def test_everybody_sees_their_own_scope(client_for, cast, task, make_task):
    make_task("S", owner="stranger")
    make_task("N", owner=None)
    seen = {
        "owner": {"Firm A/1 关"}, "teammate": set(), "stranger": {"Firm S"}, "lead": {"Firm A/1 关", "Firm N"},
        "other_lead": {"Firm S", "Firm N"}, "admin": {"Firm A/1 关", "Firm S", "Firm N"},
    }  # fmt: skip
    for name, firms in seen.items():
        page = text(client_for(getattr(cast, name)).get(LIST))
        assert {firm for firm in ("Firm A/1 关", "Firm S", "Firm N") if firm in page} == firms, name
        assert f'<span class="count">{len(firms)}</span>' in page


def test_filters_live_in_the_address(client_for, cast, task, make_task, night, today):
    other = make_task("Beta", "R-CARE", due=30)
    make_task("Gamma", "P-LO-TERM", due=0, owner=None)
    Standing.objects.create(
        night=night,
        customer=other.customer,
        tier="FRIEND",
        role="CLIENT",
        stage="STABLE",
        pattern="OPEN",
        quadrant="LH",
    )
    cases = {
        "": {"A/1 关", "Beta", "Gamma"}, "when=overdue": {"A/1 关"}, "when=later": {"Beta"}, "category=EXIT": {"Gamma"},
        "owner=none": {"Gamma"}, f"owner={cast.owner.pk}": {"A/1 关", "Beta"}, "template=R-CARE": {"Beta"},
        "quadrant=LH": {"Beta"}, "q=beta": {"Beta"}, "q=firm+gam": {"Gamma"}, "when=closed": set(),
        "when=snoozed": set(), "category=CARE&q=beta": {"Beta"}, "sort=-value": {"A/1 关", "Beta", "Gamma"},
        "sort=customer&size=10&page=9": {"A/1 关", "Beta", "Gamma"},
    }  # fmt: skip
    client = client_for(cast.lead)
    for query, codes in cases.items():
        response = client.get(f"{LIST}?{query}")
        assert {row.customer.code for row in response.context["rows"]} == codes, query
    page = text(client.get(f"{LIST}?owner=none&q=gam"))
    assert "Owner: Nobody" in page and "Search: gam" in page and 'href="/retention/?q=gam"' in page


@pytest.mark.parametrize(
    "query",
    ["owner=99999", "owner=x", "when=someday", "category=FUN", "quadrant=ZZ", "template=NOPE", "sort=name", "page=x",
     "size=0", "foo=1", "q=" + "x" * 200, "q=%00", "team=1", "owner=none"],
)  # fmt: skip
def test_a_strange_address_shows_a_list_and_says_what_it_left_out(client_for, cast, task, query):
    response = client_for(cast.owner).get(f"{LIST}?{query}")
    assert response.status_code == 200 and len(response.context["rows"]) == 1
    if not query.startswith(("page", "size")):
        assert "Not understood and left out" in text(response)


def test_empty_lists_say_what_to_do(client_for, cast, night):
    assert "Everything is done" in text(client_for(cast.owner).get(LIST))
    assert "Show all work" in text(client_for(cast.owner).get(f"{LIST}?category=EXIT"))
    PublishedNight.objects.update(night=None)
    assert "No tasks yet" in text(client_for(cast.owner).get(LIST))


def test_the_number_of_queries_does_not_grow(client_for, cast, make_task, night):
    client = client_for(cast.lead)
    client.get(LIST)
    counts = []
    for codes in (["Q1"], ["Q2", "Q3"]):
        for code in codes:
            make_task(code, "R-CARE")
        with CaptureQueriesContext(connection) as queries:
            client.get(LIST)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 20, counts


# One task


PAGES = ["detail", "row"]
STEPS = {
    "complete": {"outcome": "SUCCESS", "note": "ok"},
    "snooze": {"quick": "tomorrow"},
    "dismiss": {"reason": "not needed"},
    "reassign": {},
    "reopen": {},
}


def data_for(name, cast, **more):
    return {**STEPS[name], **({"to": cast.lead.pk} if name == "reassign" else {}), **more}


@pytest.mark.parametrize("page", PAGES)
def test_a_task_is_shown_to_insiders_only(client_for, cast, task, night, page):
    for user in cast.insiders():
        assert client_for(user).get(url(page, task)).status_code == 200
    for user in cast.outsiders():
        assert client_for(user).get(url(page, task)).status_code == 404
    assert client_for(None).get(url(page, task)).url.startswith("/accounts/login/")
    assert client_for(cast.owner).post(url(page, task)).status_code == 405
    assert client_for(cast.owner).get(url(page, task).replace(str(task.pk), "9" * 30)).status_code == 404


@pytest.mark.parametrize("name", STEPS)
def test_steps_are_for_insiders_and_posts_only(client_for, cast, task, name):
    for user in cast.outsiders():
        assert client_for(user).post(url(name, task), data_for(name, cast)).status_code == 404
    assert client_for(None).post(url(name, task), data_for(name, cast)).url.startswith("/accounts/login/")
    assert client_for(cast.owner).get(url(name, task)).status_code == 405
    task.refresh_from_db()
    assert task.state == "OPEN" and task.owner == cast.owner and not task.events.exists()


def test_done_as_a_plain_form_leads_back_to_the_list(client_for, cast, task):
    back = "/retention/?when=overdue&q=firm"
    response = client_for(cast.owner).post(url("complete", task), data_for("complete", cast, next=back))
    assert response.status_code == 302 and response.url == back
    task.refresh_from_db()
    assert (task.state, task.outcome, task.note, task.closed_by) == ("DONE", "SUCCESS", "ok", cast.owner)
    again = client_for(cast.owner).post(url("complete", task), data_for("complete", cast), follow=True)
    assert "Somebody was faster" in text(again) and task.events.count() == 1


@pytest.mark.parametrize(
    "evil", ["https://evil.example/", "//evil.example", "/retention/\\evil", "/admin/", "javascript:x"]
)
def test_the_way_back_stays_in_the_house(client_for, cast, task, evil):
    response = client_for(cast.owner).post(url("complete", task), data_for("complete", cast, next=evil))
    assert response.url == "/retention/"


def test_done_in_place_swaps_the_row_and_the_counts(client_for, cast, task, make_task):
    make_task("B")
    client = client_for(cast.owner)
    response = client.post(url("complete", task), data_for("complete", cast, next=LIST), headers={"HX-Request": "true"})
    page = text(response)
    assert f'<tbody id="task-{task.pk}"' in page and "Undo" in page and "Success" in page
    assert 'id="task-lede" hx-swap-oob="true"' in page and "1 task is due this week" in page
    assert "<html" not in page
    page = text(client.post(url("reopen", task), {"next": LIST}, headers={"HX-Request": "true"}))
    assert "Undo" not in page and "1 task is overdue" in page


def test_done_and_next(client_for, cast, task, make_task):
    following, last = make_task("B", due=1), make_task("C", due=5)
    back = "/retention/?category=CARE"
    client = client_for(cast.owner)
    response = client.post(url("complete", task), data_for("complete", cast, next=back, then="next"))
    assert response.url == f"{url('detail', following)}?next=%2Fretention%2F%3Fcategory%3DCARE"
    page = text(
        client.post(
            url("complete", following),
            data_for("complete", cast, next=back, then="next"),
            headers={"HX-Request": "true"},
        )
    )
    assert f'<tbody id="task-{last.pk}" hx-swap-oob="true"' in page and "task-panel" in page
    response = client.post(url("complete", last), data_for("complete", cast, next=back, then="next"))
    assert response.url == back


def test_snooze_by_button_and_by_day(client_for, cast, task, make_task, today):
    client = client_for(cast.owner)
    client.post(url("snooze", task), {"quick": "monday"})
    task.refresh_from_db()
    assert task.state == "SNOOZED" and task.snoozed_until.weekday() == 0 and 0 < (task.snoozed_until - today).days <= 7
    other, day = make_task("B"), today + timedelta(days=20)
    client.post(url("snooze", other), {"until": day.isoformat(), "reason": "出差"})
    other.refresh_from_db()
    assert other.snoozed_until == day and other.events.last().detail["reason"] == "出差"


@pytest.mark.parametrize(("language", "said"), [("en", "Snoozed until {day}."), ("zh-hans", "已推迟至 {day}。")])
def test_a_snooze_tells_its_day(client_for, cast, task, today, language, said):
    day = today + timedelta(days=20)
    client = client_for(cast.owner, language)
    answer = client.post(url("snooze", task), {"until": day.isoformat()}, follow=True)
    with translation.override(language):
        assert told(answer) == [said.format(day=long_day(day))]
    bulk = {"ids": [task.pk], "action": "tomorrow"}
    with translation.override(language):
        words = {"en": "1 task snoozed until {}.", "zh-hans": "已将 1 项任务推迟至 {}。"}[language]
        expected = words.format(long_day(today + timedelta(days=1)))
    assert told(client.post(reverse("retention:bulk"), bulk, follow=True)) == [expected]


def test_reassign_offers_only_who_may_see_the_customer(client_for, cast, task):
    page = text(client_for(cast.owner).get(url("detail", task)))
    options = page[page.index('name="to"') :].split("</select>")[0]
    assert "lead" in options and "admin" in options
    assert "teammate" not in options and "other_lead" not in options and "Olga" not in options
    client_for(cast.owner).post(url("reassign", task), {"to": cast.lead.pk})
    task.refresh_from_db()
    assert task.owner == cast.lead


BAD = [
    ("complete", {"outcome": "GREAT"}),
    ("complete", {}),
    ("complete", {"outcome": "SUCCESS", "note": "x" * 2001}),
    ("snooze", {}),
    ("snooze", {"until": "2026-02-31"}),
    ("snooze", {"until": "2001-01-01"}),
    ("snooze", {"until": "9999-12-31"}),
    ("snooze", {"quick": "never"}),
    ("dismiss", {"reason": ""}),
    ("dismiss", {"reason": "  "}),
    ("reassign", {"to": ""}),
    ("reassign", {"to": "99999"}),
    ("reassign", {"to": "1 OR 1=1"}),
]


@pytest.mark.parametrize("htmx", [True, False])
@pytest.mark.parametrize(("name", "data"), BAD)
def test_bad_input_comes_back_with_its_reason(client_for, cast, task, name, data, htmx):
    response = client_for(cast.owner).post(url(name, task), data, headers={"HX-Request": "true"} if htmx else {})
    assert response.status_code == 422 and 'class="errors"' in text(response)
    assert ("<html" in text(response)) is not htmx
    task.refresh_from_db()
    assert task.state == "OPEN" and not task.events.exists()


def test_detail_tells_the_story(client_for, cast, task):
    client = client_for(cast.owner)
    client.post(url("reassign", task), {"to": cast.lead.pk, "reason": "Urlaub"})
    client.post(url("complete", task), {"outcome": "NO_EFFECT", "note": "<b>niemand da</b>"})
    page = text(client.get(url("detail", task)))
    assert "Olga Owner → lead" in page and "Urlaub" in page and "No effect" in page
    assert "&lt;b&gt;niemand da" in page and "<b>niemand" not in page
    task.refresh_from_db()
    RetentionTask.objects.filter(pk=task.pk).update(state="CLOSED", closed_reason="VANISHED")
    assert "The reason no longer holds." in text(client.get(url("detail", task)))


def test_every_kind_of_event_is_told(client_for, cast, task):
    """Also where an event keeps something else than people under the same names."""
    was, now = {"rule": {"orders": 1}}, {"rule": {"orders": 2}}
    task.events.create(at=timezone.now(), what="evidence", detail={"before": was, "evidence": now})
    task.events.create(at=timezone.now(), what="reassigned", detail={"before": cast.owner.pk, "to": cast.teammate.pk})
    page = client_for(cast.owner).get(f"/retention/{task.pk}/")
    assert page.status_code == 200
    events = {event.what: (event.giver, event.taker) for event in page.context["events"]}
    assert events["evidence"] == (None, None) and events["reassigned"] == (cast.owner, cast.teammate)


def test_replayed_tasks_are_on_no_page(client_for, cast, task):
    RetentionTask.objects.update(origin="REPLAY", state="CLOSED", closed_on=task.due)
    client = client_for(cast.admin)
    assert client.get(url("detail", task)).status_code == 404
    assert not client.get(f"{LIST}?when=closed").context["rows"]


# Many at once


def told(response):
    """The messages of a page."""
    return [str(message) for message in response.context["messages"]]


@pytest.mark.parametrize(
    ("language", "refused", "done"),
    [
        ("en", "“Why not?”: This field is required.", "2 tasks dismissed."),
        ("zh-hans", "“不做的理由”：这个字段是必填项。", "已忽略 2 项任务。"),
    ],
)
def test_a_refused_bulk_names_its_field_and_keeps_the_ticks(client_for, cast, task, make_task, language, refused, done):
    other = make_task("B")
    make_task("C")
    client, ids = client_for(cast.owner, language), {task.pk, other.pk}
    answer = client.post(reverse("retention:bulk"), {"ids": ids, "action": "dismiss", "reason": " "}, follow=True)
    assert told(answer) == [refused] and ticked(answer) == ids
    assert ticked(client.get(LIST)) == set()  # once
    answer = client.post(reverse("retention:bulk"), {"ids": ids, "action": "dismiss", "reason": "x"}, follow=True)
    assert told(answer) == [done] and ticked(answer) == set()


def ticked(response):
    """The tasks whose boxes are ticked on a page."""
    return {int(pk) for pk in re.findall(r'name="ids" value="(\d+)" form="bulk" checked', text(response))}


def test_bulk_takes_what_is_visible_and_reports_the_rest(client_for, cast, task, make_task):
    foreign, closed = make_task("S", owner="stranger"), make_task("X", state="DISMISSED", closed_on=task.due)
    ids = [task.pk, foreign.pk, closed.pk, "x", "9" * 30]
    data = {"ids": ids, "action": "complete", "outcome": "PARTIAL", "next": "/retention/?q=firm"}
    response = client_for(cast.owner).post(reverse("retention:bulk"), data)
    assert response.url == "/retention/?q=firm"
    page = text(client_for(cast.owner).get(LIST))
    assert RetentionTask.objects.get(pk=task.pk).outcome == "PARTIAL"
    assert RetentionTask.objects.get(pk=foreign.pk).state == "OPEN"
    assert page
    told = text(client_for(cast.owner).post(reverse("retention:bulk"), data, follow=True))
    assert "3 tasks were left alone" in told


def test_bulk_snooze_and_hand_over(client_for, cast, task, make_task):
    tasks = [task, make_task("B"), make_task("N", owner=None)]
    client, ids = client_for(cast.lead), [one.pk for one in [task, *tasks]]
    client.post(reverse("retention:bulk"), {"ids": ids, "action": "tomorrow"})
    assert set(RetentionTask.objects.values_list("state", flat=True)) == {"SNOOZED"}
    response = client.post(
        reverse("retention:bulk"), {"ids": ids, "action": "reassign", "to": cast.lead.pk}, follow=True
    )
    assert told(response)[-1] == f"3 tasks handed over to {cast.lead}."
    assert set(RetentionTask.objects.values_list("owner", flat=True)) == {cast.lead.pk}
    response = client.post(
        reverse("retention:bulk"), {"ids": ids, "action": "reassign", "to": cast.owner.pk}, follow=True
    )
    assert told(response)[0] == f"2 tasks handed over to {cast.owner}."
    assert told(response)[1].startswith("1 task was left alone")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"action": "complete", "outcome": "SUCCESS"}, "Nothing was selected."),
        ({"ids": [1], "action": "complete", "outcome": "SUCCESS"}, "Nothing was selected."),
        ({"ids": "task", "action": "explode"}, "Choose what to do"),
        ({"ids": "task", "action": "reassign", "to": "0"}, "valid choice"),
        ({"ids": "task", "action": "complete", "outcome": "GREAT"}, "valid choice"),
    ],
)
def test_bulk_without_sense_changes_nothing_and_says_so(client_for, cast, task, data, said):
    ids = [task.pk] if data.get("ids") == "task" else [task.pk + 1000 for _ in data.get("ids", [])]
    page = text(client_for(cast.owner).post(reverse("retention:bulk"), {**data, "ids": ids}, follow=True))
    assert said in page
    task.refresh_from_db()
    assert task.state == "OPEN"


def test_bulk_is_a_post_for_people_signed_in(client_for, cast):
    assert client_for(cast.owner).get(reverse("retention:bulk")).status_code == 405
    assert client_for(None).post(reverse("retention:bulk")).url.startswith("/accounts/login/")


# By hand


def test_add_by_hand(client_for, cast, make_customer, today):
    make_customer("A/1", owner=cast.owner)
    client, there = client_for(cast.owner), reverse("retention:add")
    page = text(client.get(f"{there}?customer=A/1"))
    assert "Visit in person" in page and "<optgroup" in page
    data = {"customer": "A/1", "template": "B2-VISIT", "due": today.isoformat(), "note": "bitte"}
    response = client.post(there, data)
    task = RetentionTask.objects.get()
    assert response.url == url("detail", task) and (task.owner, task.due, task.note) == (cast.owner, today, "bitte")
    again = client.post(there, data)
    assert again.status_code == 422 and "live task of this template" in text(again)
    assert RetentionTask.objects.count() == 1


def test_add_by_hand_is_for_who_sees_the_customer(client_for, cast, make_customer, today):
    make_customer("A", owner=cast.owner)
    there = reverse("retention:add")
    for user in cast.outsiders():
        assert client_for(user).get(f"{there}?customer=A").status_code == 404
        assert client_for(user).post(there, {"customer": "A", "template": "B2-VISIT"}).status_code == 404
    assert client_for(cast.owner).get(there).status_code == 404
    assert client_for(None).get(there).url.startswith("/accounts/login/")
    assert client_for(cast.owner).delete(there).status_code == 405
    for data in ({}, {"template": "NOPE"}, {"template": "B2-VISIT", "due": "2001-01-01"}):
        assert client_for(cast.owner).post(there, {"customer": "A", **data}).status_code == 422
    assert not RetentionTask.objects.exists()


# Load


def test_load_is_for_leads_and_administrators(client_for, cast, task, make_task):
    make_task("N", owner=None)
    there = reverse("retention:load")
    page = text(client_for(cast.lead).get(there))
    assert "2 tasks wait in the team, 1 of them overdue; 1 have no owner." in page and "Olga Owner" in page
    assert f'href="/retention/?owner={cast.owner.pk}&amp;when=overdue"' in page
    assert "Olga Owner" not in text(client_for(cast.other_lead).get(there))
    assert client_for(cast.admin).get(there).status_code == 200
    assert client_for(cast.owner).get(there).status_code == 403
    assert client_for(None).get(there).url.startswith("/accounts/login/")
    assert client_for(cast.lead).post(there).status_code == 405


# Tags of other pages


def render(source, user, rf, **context):
    from django.template import Context, Template

    request = rf.get("/customers/A/?tab=tasks")
    request.user = user
    return Template("{% load retention_tags %}" + source).render(Context({"request": request, "user": user, **context}))


def test_tags_for_other_pages(rf, cast, task, make_task):
    closed = make_task("A/1 关", "R-CARE", state="CLOSED", closed_on=task.due, closed_reason="VANISHED")
    assert closed.customer == task.customer
    shown = render("{% customer_tasks c user %}", cast.owner, rf, c=task.customer)
    assert (
        "2 days overdue" in shown
        and "The reason no longer holds." in shown
        and "/retention/new/?customer=A%2F1" in shown
    )
    assert "No task waits" in render("{% customer_tasks c user %}", cast.stranger, rf, c=task.customer)
    assert task.template.title in render("{% next_task c %}", cast.owner, rf, c=task.customer)
    assert "none" in render("{% next_task c %}", cast.stranger, rf, c=task.customer)
    assert ">1<" in render("{% task_badge user %}", cast.owner, rf)
    assert render("{% task_badge user %}", cast.stranger, rf).strip() == ""
    day = render("{% my_day user None %}", cast.owner, rf)
    assert 'name="outcome" value="SUCCESS"' in day and "Firm A/1 关" in day
    assert "Nothing waits" in render("{% my_day user %}", cast.stranger, rf)


def test_the_customer_page_puts_an_overdue_task_first(client_for, cast, task):
    page = text(client_for(cast.owner).get(task.customer.get_absolute_url()))
    assert "comes first:" in page and "2 days overdue" in page and "Nothing is urgent" not in page


def test_the_navigation_counts_what_is_due(client_for, cast, task):
    assert '<span class="nav-count">' in text(client_for(cast.owner).get(LIST))
    assert '<span class="nav-count">' not in text(client_for(cast.stranger).get(LIST))


# Administration


def test_admin_refuses_a_trigger_the_night_cannot_read(client_for, cast):
    client = client_for(cast.admin)
    template = TaskTemplate.objects.get(code="Q-HH")
    there = f"/admin/retention/tasktemplate/{template.pk}/change/"
    page = client.get(there)
    assert "last_contact_days" in text(page) and "top_share" in text(page)
    fields = ("code", "category", "title", "title_zh", "advice", "advice_zh", "due_days", "rest_days", "cost")
    data = {name: getattr(template, name) for name in fields} | {
        "weight": 50,
        "top": "",
        "bond_level": "",
        "active": "on",
        "owner_rule": "OWNER",
        "steps-TOTAL_FORMS": 0,
        "steps-INITIAL_FORMS": 0,
    }
    for trigger, said in (
        ('{"field": "salary", "op": "ge", "value": 1}', "salary"),
        ('{"all": []}', "at least one condition"),
        ("[1]", "must be an object"),
        ("{", "valid JSON"),
    ):
        response = client.post(there, {**data, "trigger": trigger})
        assert response.status_code == 200 and said in text(response), trigger
    assert client.post(there, {**data, "weight": 100, "trigger": "{}"}).status_code == 200
    assert client.post(there, {**data, "trigger": "{}"}).status_code == 302
    template.refresh_from_db()
    assert template.trigger == {} and template.top is None


def test_admin_lists_templates_and_tasks_and_protects_used_templates(client_for, cast, task):
    client = client_for(cast.admin)
    assert "Q-HL-WATCH" in text(client.get("/admin/retention/tasktemplate/"))
    assert client.get("/admin/retention/retentiontask/").status_code == 200
    assert client.get(f"/admin/retention/retentiontask/{task.pk}/change/").status_code == 200
    assert client.get("/admin/retention/retentiontask/add/").status_code == 403
    there = f"/admin/retention/tasktemplate/{task.template_id}/delete/"
    for answer in (client.get(there, follow=True), client.post(there, {"post": "yes"}, follow=True)):
        assert "has tasks and stays. Switch it off instead" in text(answer)
    assert TaskTemplate.objects.filter(pk=task.template_id).exists()
    unused = TaskTemplate.objects.get(code="T-MIX")
    client.post(f"/admin/retention/tasktemplate/{unused.pk}/delete/", {"post": "yes"})
    assert not TaskTemplate.objects.filter(pk=unused.pk).exists()
    assert client_for(cast.lead).get("/admin/retention/tasktemplate/").status_code == 302


def test_admin_previews_who_would_be_meant(client_for, cast, make_customer, night):
    make_customer("A", owner=cast.owner)
    Standing.objects.create(
        night=night, customer=make_customer("B"), tier="PARTNER", role="PARTNER", stage="STABLE", pattern="OPEN",
        level="HIGH", sublevel="KEY", quadrant="HH",
    )  # fmt: skip
    chosen = TaskTemplate.objects.filter(code__in=["P-HI-VIP", "Q-HH", "R-BUYER", "T-MIX"])
    data = {"action": "preview", "_selected_action": [template.pk for template in chosen]}
    page = text(client_for(cast.admin).post("/admin/retention/tasktemplate/", data, follow=True))
    for words in ("P-HI-VIP: 1 customer", "Q-HH: 1 customer", "R-BUYER: 0 customers", "T-MIX: 0 customers"):
        assert words in page
    PublishedNight.objects.update(night=None)
    page = text(client_for(cast.admin).post("/admin/retention/tasktemplate/", data, follow=True))
    assert "no published night" in page
    assert User.objects.count() == 7
