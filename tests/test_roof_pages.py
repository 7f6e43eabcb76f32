"""Home, Nights and the health check, tried with the whole cast."""

from datetime import timedelta
from decimal import Decimal

import html5lib
import pytest
from django.urls import reverse
from django.utils import timezone

from crm_site import nightly, tasks
from crm_site.home import home, strips
from crm_site.locks import NightBusy
from customers import changes, publish
from customers.models import Customer, Night, Transaction
from customers.selectors.nights import published_night
from retention.models import RetentionTask, TaskTemplate

pytestmark = [pytest.mark.django_db, pytest.mark.both]


@pytest.fixture
def night(cast, make_customer):
    """A small firm whose night is published: two customers of the owner, one of the stranger."""
    yesterday = timezone.localdate() - timedelta(days=1)
    for code, keeper in (("mine", cast.owner), ("too", cast.owner), ("theirs", cast.stranger)):
        customer = make_customer(code, owner=keeper)
        for back in range(1, 7):
            Transaction.objects.create(
                customer=customer,
                order_no=f"{code}{back}",
                date=yesterday - timedelta(days=40 * back),
                amount=Decimal(100 * back),
                cost=50,
            )
    publish.refresh_days()
    return nightly.run_night(as_of=yesterday)


def parsed(response):
    """The page parses without errors."""
    parser = html5lib.HTMLParser(strict=True)
    parser.parse(response.content.decode())
    return response.content.decode()


PAGES = ["/", "/nights/"]


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_pages_open_for_everybody_signed_in(night, cast, client_for, path, language):
    for user in (cast.owner, cast.lead, cast.admin):
        response = client_for(user, language).get(path)
        assert response.status_code == 200 and "html" in parsed(response)


@pytest.mark.parametrize("path", [*PAGES, "/lifecycle/"])
def test_pages_open_before_the_first_night(cast, client_for, path):
    for user in (cast.owner, cast.admin):
        assert parsed(client_for(user).get(path))


@pytest.mark.parametrize("path", [*PAGES, "/lifecycle/"])
def test_anonymous_people_sign_in_first(client_for, path):
    response = client_for(None).get(path)
    assert response.status_code == 302 and response["Location"].startswith(reverse("login"))


@pytest.mark.parametrize("path", [*PAGES, "/lifecycle/"])
def test_reading_pages_refuse_to_be_posted_to(cast, client_for, path):
    assert client_for(cast.admin).post(path).status_code == 405


def test_home_names_only_ones_own_customers(night, cast, client_for):
    page = client_for(cast.owner).get("/").content.decode()
    assert "theirs" not in page
    assert 'href="/customers/"' in page


@pytest.mark.parametrize("late", [24, 365, 366])
def test_home_says_how_late_a_task_is_in_the_words_of_the_task_list(night, cast, client_for, late):
    """In days; once that is more than a year, since when."""
    today = timezone.localdate()
    due = today - timedelta(days=late)
    task = RetentionTask.objects.create(
        customer=Customer.objects.get(code="mine"), template=TaskTemplate.objects.get(code="Q-HH"), owner=cast.owner,
        raised_on=due, due=due, night_id=night.pk,
    )  # fmt: skip
    english, chinese = f"{late} days overdue", f"逾期 {late} 天"
    if late > 365:
        english, chinese = f"overdue since {due}", f"自 {due} 起逾期"
    for language, words in (("en", english), ("zh-hans", chinese)):
        page = html5lib.parse(client_for(cast.owner, language).get("/").content.decode(), namespaceHTMLElements=False)
        rows = [row for row in page.iter("li") if any(a.get("href") == f"/retention/{task.pk}/" for a in row.iter("a"))]
        told = [part for part in rows[0].iter("span") if part.get("class") == "due-over"]
        assert [(part.text, part.get("title")) for part in told] == [(words, task.due.isoformat())]


def test_lifecycle_counts_only_what_one_may_see(night, cast, client_for):
    for user, count in ((cast.owner, 2), (cast.stranger, 1), (cast.lead, 2), (cast.admin, 3), (cast.teammate, 0)):
        response = client_for(user).get("/lifecycle/")
        assert response.context["board"].total == count
        assert parsed(response)


def test_a_night_page_keeps_the_firm_totals_to_administrators(night, cast, client_for):
    address = reverse("nights:detail", args=[night.pk])
    assert night.checksum[:10] in parsed(client_for(cast.admin).get(address))
    assert night.checksum[:10] not in parsed(client_for(cast.owner).get(address))


def test_only_administrators_may_compute_a_night(night, cast, client_for):
    for user in (cast.owner, cast.lead):
        assert client_for(user).post(reverse("nights:run"), {"as_of": "2025-01-01"}).status_code == 403
    assert Night.objects.count() == 1


def test_the_button_plans_a_night_and_the_worker_carries_it_to_its_end(night, cast, client_for, eager):
    changes.note_change("test")
    today = timezone.localdate()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("crm_site.night_views.transaction.on_commit", lambda act: act())
        response = client_for(cast.admin).post(reverse("nights:run"), {"as_of": today.isoformat()})
    planned = Night.objects.latest("id")
    assert response["Location"] == reverse("nights:detail", args=[planned.pk])
    assert (planned.status, planned.requested_by, planned.as_of) == ("PUBLISHED", cast.admin, today)


def test_a_page_that_follows_a_night_loads_anew_at_its_end(night, cast, client_for):
    """The heading tells whether the night is being computed: swapping the part below it would leave that standing."""
    client, address = client_for(cast.admin), reverse("nights:detail", args=[night.pk])
    Night.objects.filter(pk=night.pk).update(status="RUNNING")
    asked = client.get(address, headers={"hx-request": "true"})
    assert (asked.status_code, asked.get("HX-Refresh")) == (200, None)
    for ended in ("PUBLISHED", "FAILED", "SUPERSEDED"):
        Night.objects.filter(pk=night.pk).update(status=ended)
        asked = client.get(address, headers={"hx-request": "true"})
        assert (asked.status_code, asked.get("HX-Refresh")) == (286, "true")


@pytest.mark.parametrize("wrong", ["", "31/02/2025", "2999-01-01"])
def test_a_wrong_date_is_told(night, cast, client_for, wrong):
    response = client_for(cast.admin).post(reverse("nights:run"), {"as_of": wrong}, follow=True)
    assert response.status_code == 200 and len(response.context["messages"]) == 1
    assert Night.objects.count() == 1


def test_an_administrator_shows_an_earlier_night_again(night, cast, client_for):
    later = nightly.run_night(as_of=night.as_of + timedelta(days=1))
    assert published_night() == later
    assert client_for(cast.lead).post(reverse("nights:publish", args=[night.pk])).status_code == 403
    client_for(cast.admin).post(reverse("nights:publish", args=[night.pk]))
    assert published_night() == night


def test_a_failed_night_is_told_to_leads_and_administrators(night, cast, client_for, monkeypatch):
    changes.note_change("test")
    monkeypatch.setattr("retention.assess.assess", lambda book: 1 / 0)
    with pytest.raises(nightly.NightFailed):
        nightly.run_night(as_of=night.as_of)
    monkeypatch.undo()
    assert "See what went wrong" in client_for(cast.lead).get("/").content.decode()
    assert "See what went wrong" not in client_for(cast.owner).get("/").content.decode()
    failed = Night.objects.get(status="FAILED")
    page = client_for(cast.admin).get(reverse("nights:detail", args=[failed.pk])).content.decode()
    assert "ZeroDivisionError" in page


def test_the_tick_plans_the_night_once_and_takes_up_what_was_left(night):
    opening = timezone.localtime().replace(hour=3, minute=0)
    Night.objects.all().update(created_at=opening - timedelta(days=2))
    changes.note_change("test")
    planned = tasks.due_night(opening)
    assert Night.objects.get(pk=planned).as_of == opening.date() - timedelta(days=1)
    assert tasks.due_night(opening) == planned
    nightly.run_planned(planned)
    assert tasks.due_night(opening) is None
    assert tasks.due_night(opening.replace(hour=1)) is None


def test_two_processes_never_compute_at_once(night, monkeypatch):
    monkeypatch.setattr("crm_site.nightly.locks.one_night_at_a_time", _busy)
    tasks.compute_night(night.pk)
    assert published_night() == night


def _busy():
    raise NightBusy


def test_health_answers_without_signing_in(client_for):
    response = client_for(None).get("/healthz")
    assert response.status_code == 200 and response.json()["status"] == "ok"


def test_query_counts_of_home_do_not_grow(night, cast, client_for, make_customer, django_assert_max_num_queries):
    client = client_for(cast.owner)
    client.get("/")
    for number in range(5):
        make_customer(f"more{number}", owner=cast.owner)
    with django_assert_max_num_queries(40):
        client.get("/")


def test_home_says_whom_its_strips_leave_out():
    places = {"stage": {"STABLE": 3, "PROSPECT": 2}, "quadrant": {"HH": 2, "UNSCORED": 3}, "level": {"HIGH": 1}}
    found = {strip["axis"]: (strip["total"], strip["left_out"], strip["unknown"]) for strip in strips(places, 5)}
    assert found == {"stage": (3, 2, 0), "quadrant": (5, 0, 0), "level": (1, 4, 0)}
    places = {axis: {**counts, None: 2} for axis, counts in places.items()}  # two customers came after the night
    found = {strip["axis"]: (strip["total"], strip["left_out"], strip["unknown"]) for strip in strips(places, 7)}
    assert found == {"stage": (3, 2, 2), "quadrant": (5, 0, 2), "level": (1, 4, 2)}


def test_home_counts_who_came_after_the_night_apart_from_who_has_not_ordered(night, cast, make_customer):
    before = {strip["axis"]: strip for strip in home(cast.admin, night, night.as_of).strips}
    make_customer("LATE", owner=cast.owner)
    for strip in home(cast.admin, night, night.as_of).strips:
        assert strip == before[strip["axis"]] | {"unknown": before[strip["axis"]]["unknown"] + 1}
