"""Working through tasks in a real browser: in place, on to the next, on a phone, without scripts; axe finds nothing."""

from datetime import timedelta

import pytest
from django.utils import timezone

from retention.models import RetentionTask, TaskTemplate

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def tasks(make_customer, cast):
    """Three tasks of the owner: overdue, due today, coming."""
    today = timezone.localdate()
    made = []
    for code, kind, days in (("北辰", "Q-HH", -3), ("南山", "C-COMPL", 0), ("Acme", "T-FRI-DIV", 20)):
        customer = make_customer(code, owner=cast.owner)
        made.append(
            RetentionTask.objects.create(
                customer=customer, template=TaskTemplate.objects.get(code=kind), owner=cast.owner, raised_on=today,
                due=today + timedelta(days=days), night_id=1, evidence={"last_contact_days": 40.0}, value=5000.0,
            )
        )  # fmt: skip
    return made


def outcome_of(task):
    task.refresh_from_db()
    return task.state, task.outcome, task.note


def test_from_the_first_task_to_the_last_in_place(browse, cast, tasks):
    page = browse(cast.owner)
    page.goto("/retention/")
    assert page.locator("#task-lede").inner_text().startswith("1 task is overdue")
    first, second, third = (page.locator(f"#task-{task.pk}") for task in tasks)
    first.get_by_role("link", name="Work on: ").click()
    first.locator("textarea").fill("客户同意")
    first.locator("select[name=outcome]").select_option("PARTIAL")
    first.get_by_role("button", name="Done and next").click()
    second.locator("tr.task-panel").wait_for()
    assert first.locator("td.steps .badge").inner_text() == "Partial success"
    assert outcome_of(tasks[0]) == ("DONE", "PARTIAL", "客户同意")
    assert "nothing is overdue" in page.locator("#task-lede").inner_text()
    second.get_by_role("button", name="Tomorrow").click()
    second.get_by_text("asleep until").wait_for()
    assert outcome_of(tasks[1])[0] == "SNOOZED"
    third.get_by_role("link", name="Work on: ").click()
    third.get_by_role("button", name="Dismiss").click()
    third.locator("input[name=reason]:invalid").first.wait_for()  # the browser asks for the reason
    third.locator("form[action$='/dismiss/'] input[name=reason]").fill("kein Bedarf")
    third.get_by_role("button", name="Dismiss").click()
    third.get_by_role("button", name="Undo").click()
    third.get_by_role("link", name="Work on: ").wait_for()
    assert outcome_of(tasks[2])[0] == "OPEN"


def test_from_the_first_task_to_the_last_by_keyboard_only(browse, cast, tasks):
    page = browse(cast.owner)
    page.goto("/retention/")
    first, second, third = (page.locator(f"#task-{task.pk}") for task in tasks)
    press = page.keyboard.press
    press("?")
    page.get_by_text("In an open task: done; done and next").wait_for()
    press("Escape")
    press("j")
    press("e")
    first.locator("li:first-child .tick:focus").wait_for()  # the panel has the keyboard, at its first step
    press("Escape")
    first.locator("tr.task-panel").wait_for(state="detached")
    first.locator("td.steps a:focus").wait_for()
    press("e")
    first.locator("li:first-child .tick:focus").wait_for()
    press("Enter")
    first.locator("li.is-done").wait_for()
    first.locator(".tick:focus").wait_for()
    press("Tab")
    while not first.locator("[name=note]:focus").count():
        press("Tab")
    page.keyboard.type("jdnse")  # letters in a field are letters
    composing = "new KeyboardEvent('keydown', {key: 'd', isComposing: true, bubbles: true})"
    page.evaluate(f"document.activeElement.dispatchEvent({composing})")  # keys of an input method are not ours
    press("Tab")
    press("Tab")
    press("n")  # done and next
    second.locator("tr.task-panel").wait_for()
    assert outcome_of(tasks[0]) == ("DONE", "SUCCESS", "jdnse")
    second.locator(":focus").wait_for()
    press("s")
    second.get_by_text("asleep until").wait_for()
    assert outcome_of(tasks[1])[0] == "SNOOZED"
    second.locator(":focus").wait_for()
    press("j")
    press("e")
    third.locator("li:first-child .tick:focus").wait_for()
    press("d")
    third.locator("td.steps .badge").wait_for()
    assert outcome_of(tasks[2])[0] == "DONE"


def test_escape_does_not_throw_away_what_was_typed(browse, cast, tasks):
    page = browse(cast.owner, height=500)
    page.goto("/retention/")
    row = page.locator(f"#task-{tasks[1].pk}")
    row.get_by_role("link", name="Work on: ").press("e")
    row.locator(".tick:focus").first.wait_for()
    head = page.locator("table.tasks thead th").last.bounding_box()  # sticks below the bar of the page
    assert row.bounding_box()["y"] >= head["y"] + head["height"] - 1
    row.locator("[name=note]").fill("halb")
    row.locator("[name=note]").press("Escape")
    row.locator("[data-key=e]:focus").wait_for()
    assert row.locator("[name=note]").input_value() == "halb"
    page.keyboard.press("Escape")
    row.locator("tr.task-panel").wait_for(state="detached")


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_work_in_place_keeps_the_page_true(browse, cast, tasks, language):
    page = browse(cast.lead, language=language, width=1200)
    page.goto("/retention/")
    assert page.locator(".nav-count [aria-hidden]").inner_text() == "2"
    lede, heads = page.locator("#task-lede").inner_text(), page.locator("tr.task-part").all_inner_texts()
    assert len(heads) == 3
    for task, left in zip(tasks, "10", strict=False):
        row = page.locator(f"#task-{task.pk}")
        row.locator("td.steps a").click()
        row.locator("[data-key=d]").click()
        row.locator("td.steps .badge").wait_for()
        assert page.locator("#nav-tasks [aria-hidden]").all_inner_texts() == [left] * (left != "0")
    assert page.locator("#task-lede").inner_text() != lede
    assert page.locator("tr.task-part").all_inner_texts() == heads
    assert page.locator(".table-wrap.scrolls").count() == 0  # worked rows do not push the table out of its card


def test_a_trigger_is_built_and_rehearsed_in_place(browse, cast, accessible):
    page = browse(cast.admin)
    page.goto("/retention/playbooks/R-BUYER/")
    page.get_by_role("button", name="Add a condition").click()
    page.locator("#c-1-field").select_option("orders")
    page.locator("#c-1-op").select_option("ge")
    page.locator("#c-1-value").fill("3")
    page.get_by_role("button", name="Add a situation").click()
    page.locator("#s0-0-field").select_option("quadrant")
    page.locator("#builder").get_by_label("High current, high potential").check()
    assert page.locator("#c-1-value").input_value() == "3"  # nothing typed was lost on the way
    page.get_by_role("button", name="Who would get it tonight?").click()
    page.get_by_text("There is no published night to look at yet.").wait_for()
    accessible(page)
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Saved. It counts from the next night on.").wait_for()
    trigger = TaskTemplate.objects.get(code="R-BUYER").trigger
    assert trigger["all"][1:] == [
        {"field": "orders", "op": "ge", "value": 3}, {"field": "quadrant", "op": "in", "value": ["HH"]},
    ]  # fmt: skip


def test_bulk_with_the_keyboard(browse, cast, tasks):
    page = browse(cast.owner)
    page.goto("/retention/")
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("x")
    assert page.locator("[data-selected-count]").inner_text() == "2"
    page.get_by_role("button", name="Next Monday").click()
    page.get_by_text("2 tasks snoozed until").wait_for()
    assert RetentionTask.objects.filter(state="SNOOZED").count() == 2


@pytest.mark.parametrize("javascript", [True, False])
def test_enter_does_what_the_field_is_about(browse, cast, tasks, javascript):
    page = browse(cast.owner, javascript=javascript)
    page.goto("/retention/")
    page.locator(f"#task-{tasks[0].pk}").get_by_role("link", name="Work on: ").click()
    day = timezone.localdate() + timedelta(days=30)
    page.locator("input[name=until]").fill(day.isoformat())
    page.locator("form[action$='/snooze/'] input[name=reason]").press("Enter")
    page.get_by_text(f"asleep until {day}" if javascript else "Snoozed until").wait_for()
    tasks[0].refresh_from_db()
    assert tasks[0].snoozed_until == day
    page.goto("/retention/")
    for task in tasks[1:]:
        page.locator(f"#task-{task.pk} input[name=ids]").check()
    page.get_by_role("button", name="Dismiss", exact=True).click()
    page.locator("#bulk-reason:invalid:focus").wait_for()  # the browser asks for the reason, nothing is lost
    assert page.locator("input[name=ids]:checked").count() == 2
    page.locator("#bulk-reason").fill("kein Bedarf")
    page.locator("#bulk-reason").press("Enter")
    page.get_by_text("2 tasks dismissed.").wait_for()
    assert [outcome_of(task)[0] for task in tasks] == ["SNOOZED", "DISMISSED", "DISMISSED"]


def test_without_scripts_on_a_phone(browse, cast, tasks):
    page = browse(cast.owner, javascript=False, width=390, height=844)
    page.goto("/retention/")
    assert page.locator("body").bounding_box()["width"] <= 390
    page.locator(f"#task-{tasks[0].pk}").get_by_role("link", name="Work on: ").click()
    page.get_by_role("button", name="Done and next").click()
    assert page.get_by_role("heading", level=1).inner_text() == tasks[1].template.title
    page.get_by_role("button", name="Done", exact=True).click()
    assert page.url.endswith("/retention/")
    assert [outcome_of(task)[0] for task in tasks] == ["DONE", "DONE", "OPEN"]


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_axe_finds_nothing(browse, cast, tasks, accessible, language):
    page = browse(cast.lead, language=language, dark=language != "en")
    for address in ("/retention/", f"/retention/{tasks[0].pk}/", "/retention/load/", "/retention/new/?customer=Acme"):
        page.goto(address)
        accessible(page)
    page.goto("/retention/")
    page.locator(f"#task-{tasks[0].pk} td.steps a").click()
    page.locator("tr.task-panel").wait_for()
    accessible(page)
