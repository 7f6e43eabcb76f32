"""Playbooks: the catalogue, the builder of triggers without JSON, the preview, and what is refused with its reason."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from customers.models import Interaction, PublishedNight, Standing
from customers.publish import ensure_generation
from retention import builder, naming, services
from retention.models import RetentionTask, TaskTemplate, WorkPolicy
from retention.numerics import facts, sense
from retention.numerics.triggers import TriggerError
from tests.retention_world import make_night

pytestmark = [pytest.mark.django_db]
LIST = "/retention/playbooks/"


def there(code="Q-HH"):
    return reverse("retention:playbook", args=[code])


def text(response):
    return response.content.decode()


def plain(page):
    """Everything the form of a playbook holds, as it would be sent."""
    form, steps, draft = page.context["form"], page.context["steps"], page.context["draft"]
    data = {name: form.initial.get(name, "") for name in form.fields} if form.instance.pk else {}
    data = {name: "" if value is None else value for name, value in data.items()}
    if data.get("active"):
        data["active"] = "on"
    else:
        data.pop("active", None)
    data |= {"steps-TOTAL_FORMS": len(steps.forms), "steps-INITIAL_FORMS": steps.initial_form_count()}
    for number, row in enumerate(steps.forms):
        for name in row.fields:
            value = row.initial.get(name)
            data[f"steps-{number}-{name}"] = "" if value is None else value
    for name, _number, rows in draft.sections:
        for place, row in enumerate(rows):
            at = f"{name}-{place}"
            data |= {f"{at}-field": row.field, f"{at}-op": row.op, f"{at}-value": row.values}
    return data


def meaning(trigger):
    """What a trigger says, whatever its form."""
    said = []
    for part in sense.situations(trigger):
        rows = []
        for c in part:
            op, value = ("in", [c.value]) if c.op == "eq" and isinstance(c.value, str) else (c.op, c.value)
            rows.append((c.field, op, tuple(sorted(value)) if isinstance(value, list) else value, c.negated))
        said.append(frozenset(rows))
    return frozenset(said)


# The builder


def test_every_trigger_of_the_catalogue_goes_through_the_form_unchanged(db):
    others = builder.other_triggers()
    for template in TaskTemplate.objects.all():
        draft = builder.Draft.of(template.trigger)
        again = draft.trigger(template.code, others)
        assert again is not None, (template.code, draft.problem)
        assert meaning(again) == meaning(template.trigger), template.code


def test_every_field_has_a_name_and_comparisons():
    assert set(naming.NAMES) >= set(facts.KINDS)
    for kind in set(facts.KINDS.values()):
        assert naming.OPS[kind]


@pytest.mark.parametrize(
    "typed, share, wanted",
    [("1,000", False, 1000), ("１２", False, 12), ("20%", True, 0.2), ("20％", True, 0.2), ("20", True, 0.2),
     ("0.2", True, 0.2), ("1", True, 1), ("-3.5", False, -3.5), ("1.5", True, 0.015)],
)  # fmt: skip
def test_numbers_as_people_type_them(typed, share, wanted):
    assert builder.read_number(typed, share) == pytest.approx(wanted)


def test_words_for_a_trigger(db):
    said = builder.spoken(TaskTemplate.objects.get(code="R-COUNTER").trigger)
    assert said["common"] == ["Churn warning: yes"]
    assert said["situations"] == [
        ["Quadrant: High current, high potential, High current, low potential"], ["Value at risk: top 10%"],
    ]  # fmt: skip
    assert builder.spoken({})["common"] == []
    assert "no field" in builder.spoken({"field": "salary", "op": "ge", "value": 1})["problem"]


# Who sees the pages


def test_the_catalogue_is_for_leads_and_administrators(client_for, cast):
    page = text(client_for(cast.admin).get(LIST))
    assert (
        "Keep and serve with priority" in page and there("Q-HH") in page and "Days since the last contact ≥ 30" in page
    )
    page = text(client_for(cast.lead).get(LIST))
    assert "Keep and serve with priority" in page and there("Q-HH") not in page
    assert client_for(cast.owner).get(LIST).status_code == 403
    assert client_for(None).get(LIST).status_code == 302
    assert client_for(cast.admin).post(LIST).status_code == 405
    assert "优先服务，重点保持" in text(client_for(cast.admin, "zh-hans").get(LIST + "?category=CARE"))


def test_one_playbook_is_for_administrators(client_for, cast):
    assert "Call the person who decides" in text(client_for(cast.admin).get(there()))
    for person in (cast.lead, cast.owner):
        assert client_for(person).get(there()).status_code == 403
        assert client_for(person).post(there() + "delete/").status_code == 403
    assert client_for(None).get(there()).status_code == 302
    assert client_for(cast.admin).get(there("NONE")).status_code == 404
    assert client_for(cast.admin).get(there() + "delete/").status_code == 405


# Saving


def test_saving_unchanged_changes_nothing(client_for, cast):
    client = client_for(cast.admin)
    before = TaskTemplate.objects.filter(code="R-COUNTER").values().get()
    steps = list(TaskTemplate.objects.get(code="R-COUNTER").steps.values())
    answer = client.post(there("R-COUNTER"), plain(client.get(there("R-COUNTER"))))
    assert answer.status_code == 302, answer.context["form"].errors
    after = TaskTemplate.objects.filter(code="R-COUNTER").values().get()
    assert meaning(after.pop("trigger")) == meaning(before.pop("trigger")) and after == before
    assert list(TaskTemplate.objects.get(code="R-COUNTER").steps.values()) == steps


def test_a_new_playbook_by_form(client_for, cast):
    data = {
        "code": "T-NEW", "category": "CARE", "title": "New", "title_zh": "新", "weight": "50", "due_days": "5",
        "rest_days": "30", "cost": "80", "owner_rule": "LEAD", "active": "on",
        "steps-TOTAL_FORMS": "2", "steps-INITIAL_FORMS": "0", "steps-0-offset": "2", "steps-0-text": "Call",
        "steps-0-text_zh": "致电", "steps-1-text": "", "steps-1-text_zh": "",
        "c-0-field": "stage", "c-0-op": "in", "c-0-value": ["STABLE", "DECLINE"],
        "c-1-field": "clv", "c-1-op": "top_share", "c-1-value": "20%",
        "s0-0-field": "warned", "s0-0-op": "is_true",
        "s1-0-field": "last_contact_days", "s1-0-op": "ge", "s1-0-value": "30",
        "s1-1-field": "industry", "s1-1-op": "not_in", "s1-1-value": "软件，教育",
    }  # fmt: skip
    answer = client_for(cast.admin).post("/retention/playbooks/new/", data)
    assert answer.status_code == 302 and answer.url == there("T-NEW")
    made = TaskTemplate.objects.get(code="T-NEW")
    assert made.trigger == {
        "all": [
            {"field": "stage", "op": "in", "value": ["STABLE", "DECLINE"]},
            {"field": "clv", "op": "top_share", "value": 0.2},
            {"any": [
                {"field": "warned", "op": "is_true"},
                {"all": [
                    {"field": "last_contact_days", "op": "ge", "value": 30},
                    {"field": "industry", "op": "not_in", "value": ["软件", "教育"]},
                ]},
            ]},
        ]
    }  # fmt: skip
    assert (made.owner_rule, made.history.first().history_user) == ("LEAD", cast.admin)
    assert list(made.steps.values_list("position", "offset", "text_zh")) == [(1, 2, "致电")]


@pytest.mark.parametrize(
    "changed, said",
    [
        ({"c-9-field": "orders", "c-9-op": "ge", "c-9-value": "viele"}, "compared with a number"),
        ({"c-9-field": "stage", "c-9-op": "in", "c-9-value": []}, "needs a list"),
        ({"c-9-field": "quadrant", "c-9-op": "in", "c-9-value": ["LL"]}, "exclude each other"),
        ({"c-9-field": "done_before", "c-9-op": "in", "c-9-value": "NONE"}, "There is no template NONE"),
        ({"c-9-field": "done_before", "c-9-op": "in", "c-9-value": "Q-HH"}, "Q-HH → Q-HH"),
        ({"owner_rule": "PERSON", "owner_person": ""}, "Name somebody"),
        ({"due_days": "1"}, "The last step is on working day 5"),
        ({"steps-0-text_zh": ""}, "in both languages"),
        ({"weight": "100"}, "At most 99."),
        ({"title": ""}, "required"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_reason_and_nothing_is_lost(client_for, cast, changed, said):
    client = client_for(cast.admin)
    before = TaskTemplate.objects.filter(code="Q-HH").values().get()
    answer = client.post(there(), plain(client.get(there())) | {"effect": "kept as typed"} | changed)
    assert answer.status_code == 422 and said in text(answer) and 'value="kept as typed"' in text(answer)
    assert TaskTemplate.objects.filter(code="Q-HH").values().get() == before


def test_two_playbooks_that_wait_for_each_other_are_refused(client_for, cast):
    TaskTemplate.objects.filter(code="C-PRE").update(trigger={"field": "done_before", "op": "in", "value": ["Q-HH"]})
    client = client_for(cast.admin)
    ring = {"c-9-field": "done_before", "c-9-op": "in", "c-9-value": "C-PRE, C-DUR"}
    answer = client.post(there(), plain(client.get(there())) | ring)
    assert answer.status_code == 422 and "C-PRE → Q-HH → C-PRE" in text(answer)


def test_the_buttons_of_the_builder_work_without_scripts_and_with_htmx(client_for, cast):
    client = client_for(cast.admin)
    data = plain(client.get(there()))
    more = client.post(there(), data | {"action": "situation"})
    assert "<h1" in text(more) and len(more.context["draft"].situations) == 4
    part = client.post(there(), data | {"action": "add:c"}, headers={"HX-Request": "true"})
    assert "<h1" not in text(part) and len(part.context["draft"].common) == 2
    assert len(client.post(there(), data | {"action": "drop:s0-0"}).context["draft"].situations[0]) == 0
    assert len(client.post(there(), data | {"action": "forget:s1"}).context["draft"].situations) == 2
    changed = client.post(there(), data | {"action": "draft", "c-0-field": "orders"}).context["draft"].common[0]
    assert (changed.field, changed.op) == ("orders", "ge")
    for nonsense in ("drop:zz-9", "add:s99", "forget:x", "what", "drop:c-99"):
        assert client.post(there(), data | {"action": nonsense}).status_code == 200
    assert TaskTemplate.objects.get(code="Q-HH").history.count() <= 1


def test_a_trigger_too_wide_for_a_form_stays_as_it_is(client_for, cast):
    wide = {"all": [{"any": [{"field": "orders", "op": "ge", "value": n} for n in range(3)]}] * 4}
    with pytest.raises(TriggerError):
        builder.Draft.of(wide)
    TaskTemplate.objects.filter(code="Q-HH").update(trigger=wide)
    client = client_for(cast.admin)
    page = client.get(there())
    assert "more situations than a form can show" in text(page)
    answer = client.post(there(), plain(page) | {"wide": "1", "title": "Changed"})
    assert answer.status_code == 302
    saved = TaskTemplate.objects.get(code="Q-HH")
    assert (saved.title, saved.trigger) == ("Changed", wide)


# Deleting


def test_a_playbook_with_tasks_stays_and_one_without_goes(client_for, cast, make_customer):
    client = client_for(cast.admin)
    customer = make_customer("A", owner=cast.owner)
    template = TaskTemplate.objects.get(code="Q-HH")
    services.add_task(customer=customer, template=template, by=cast.owner, at=timezone.now())
    answer = client.post(there() + "delete/", follow=True)
    assert "has tasks and stays" in text(answer) and RetentionTask.objects.count() == 1
    assert client.post(there("C-PRE") + "delete/").url == LIST
    assert not TaskTemplate.objects.filter(code="C-PRE").exists()


# Who would get it tonight


@pytest.fixture
def night(make_customer, cast):
    """A published night over three customers of the owner, long silent but the last."""
    night = make_night(timezone.localdate() - timedelta(days=1))
    PublishedNight.objects.update_or_create(pk=1, defaults={"night": night, "at": timezone.now()})
    ensure_generation(night.pk)
    for number, days in enumerate((90, 60, 3)):
        customer = make_customer(f"C{number}", name=f"Firm {number}", owner=cast.owner, tier="FRIEND")
        Interaction.objects.create(customer=customer, at=timezone.now() - timedelta(days=days), summary="x")
        Standing.objects.create(
            night=night, customer=customer, tier="FRIEND", role="CLIENT", stage="STABLE", pattern="OPEN", level="HIGH",
            sublevel="", quadrant="HH", clv=1000.0 * number, value_at_risk=10.0 * number,
        )  # fmt: skip
    return night


def test_the_preview_names_who_would_get_it_before_anything_is_saved(client_for, cast, night):
    client = client_for(cast.admin)
    data = plain(client.get(there())) | {"action": "preview"}
    answer = client.post(there(), data, headers={"HX-Request": "true"})
    found = answer.context["rehearsal"]
    assert (found.customers, found.meant, found.fresh, found.have, found.resting) == (3, 2, 2, 0, 0)
    assert "2 customers would get it tonight." in text(answer)
    assert [meant.customer.name for meant in found.shown] == ["Firm 1", "Firm 0"]  # more at risk first
    assert "last contact 59 days ago" in text(answer)
    assert RetentionTask.objects.count() == 0
    assert "<h1" in text(client.post(there(), data))  # without scripts: the whole page


def test_the_preview_tells_who_has_it_who_rests_and_for_whom_there_is_no_room(client_for, cast, night):
    template = TaskTemplate.objects.get(code="Q-HH")
    customers = {row.customer.code: row.customer for row in Standing.objects.filter(night=night)}
    services.add_task(customer=customers["C0"], template=template, by=cast.owner, at=timezone.now())
    client = client_for(cast.admin)
    data = plain(client.get(there())) | {"action": "preview"}
    found = client.post(there(), data).context["rehearsal"]
    assert (found.meant, found.fresh, found.have, found.withheld) == (2, 1, 1, 0)
    WorkPolicy.objects.update_or_create(pk=1, defaults={"desk_care": 0})
    found = client.post(there(), data).context["rehearsal"]
    assert (found.fresh, found.have, found.withheld) == (0, 1, 1)
    assert "no room on the desks" in text(client.post(there(), data))


def test_the_preview_tells_how_many_chance_would_hold_out(client_for, cast, night):
    client = client_for(cast.admin)
    data = plain(client.get(there())) | {"action": "preview", "holdout_share": "50", "holdout_high": "on"}
    answer = client.post(there(), data)
    found = answer.context["rehearsal"]
    assert (found.meant, found.fresh, found.drawn, found.out, found.withheld) == (2, 1, 1, 0, 0)  # a block of two
    assert "1 customer would be held out by chance tonight" in text(answer)
    data.pop("holdout_high")  # all of them are of the high level
    assert client.post(there(), data).context["rehearsal"].drawn == 0


def test_the_preview_warns_of_a_person_who_may_not_see_them(client_for, cast, night):
    client = client_for(cast.admin)
    data = plain(client.get(there())) | {"action": "preview", "owner_rule": "PERSON", "owner_person": cast.stranger.pk}
    assert "may not see 2 of them" in text(client.post(there(), data))


def test_the_preview_of_nothing_says_so(client_for, cast):
    client = client_for(cast.admin)
    data = plain(client.get(there())) | {"action": "preview"}
    assert "no published night" in text(client.post(there(), data))
    data = {name: value for name, value in data.items() if not name.startswith(("c-", "s0-", "s1-", "s2-"))}
    assert builder.Draft.read({}).trigger("X", {}) == {}


# Which rules nobody acts on


def test_rules_nobody_acts_on_ask_to_be_retired(client_for, cast, make_customer):
    today, template = timezone.localdate(), TaskTemplate.objects.get(code="Q-HH")
    for number in range(36):
        RetentionTask.objects.create(
            customer=make_customer(f"N{number}", owner=cast.owner), template=template, owner=cast.owner,
            raised_on=today - timedelta(days=30), due=today - timedelta(days=20), night_id=1,
            state="CLOSED" if number % 2 else "OPEN", closed_on=today if number % 2 else None,
            closed_reason="VANISHED" if number % 2 else "",
        )  # fmt: skip
    page = text(client_for(cast.lead).get(LIST))
    assert "Nobody acts on 1 of them" in page and "nobody acts on it" in page
    board = text(client_for(cast.lead).get("/retention/load/"))
    assert "Which playbooks are acted on least?" in board and "nobody acts on it" in board
    assert "acted on least?" not in text(client_for(cast.other_lead).get("/retention/load/"))  # not their tasks
    for task in RetentionTask.objects.live()[:8]:
        services.complete(task=task, outcome="SUCCESS", by=cast.owner, at=timezone.now())
    assert "Nobody acts on" not in text(client_for(cast.lead).get(LIST))


def test_a_breach_of_the_budget_is_told_to_leads_and_administrators(client_for, cast, make_customer):
    WorkPolicy.objects.update_or_create(pk=1, defaults={"budget": 100})
    for number in range(2):
        services.add_task(
            customer=make_customer(f"B{number}", owner=cast.owner), template=TaskTemplate.objects.get(code="Q-HH"),
            by=cast.owner, at=timezone.now(),
        )  # fmt: skip
    for address in (LIST, "/retention/load/"):
        page = text(client_for(cast.lead).get(address))
        assert "the budget is" in page and "¥600.00" in page and "¥100.00" in page
    WorkPolicy.objects.update(budget=600)
    assert "the budget is" not in text(client_for(cast.lead).get(LIST))


def test_the_cost_is_shown_without_the_zeros_of_its_column(client_for, cast):
    TaskTemplate.objects.filter(code="Q-HH").update(cost=120)
    form = client_for(cast.admin).get("/retention/playbooks/Q-HH/").context["form"]
    assert str(form["cost"].value()) == "120"
