"""The night holds customers out by chance: once, both arms on record, stable over nights and replays."""

from datetime import timedelta
from functools import partial

import numpy as np
import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customers.models import InputChange
from customers.vocabulary import NightOrigin
from retention import assess, frames, services
from retention.models import ProofAssignment, ProofPolicy, RetentionTask, TaskTemplate, WorkPolicy
from tests.oracles import retention_proof as oracle
from tests.retention_world import AS_OF, book_of, make_night

pytestmark = [pytest.mark.django_db, pytest.mark.both]
SILENT = {"field": "last_contact_days", "op": "ge", "value": 30}
SEED = 20260305


@pytest.fixture
def template(db):
    """The only template: silence of thirty days, a fifth held out, room enough for everybody."""
    TaskTemplate.objects.all().delete()
    ProofPolicy.objects.update_or_create(pk=1, defaults={"seed": SEED})
    WorkPolicy.objects.update_or_create(pk=1, defaults={"desk_care": 1000, "desk_exit": 1000})
    return TaskTemplate.objects.create(
        code="T1", category="CARE", title="Call", title_zh="回访", trigger=SILENT, due_days=7, rest_days=30, weight=50,
        holdout_share=20, proof_days=60,
    )  # fmt: skip


@pytest.fixture
def customers(make_customer, cast):
    return [make_customer(f"K{number:02}", owner=cast.owner) for number in range(20)]


def sync(customers, *, day=AS_OF, origin=NightOrigin.COMMAND, mark="a", rows=None, silence=40.0, **facts):
    """One night on which everybody has been silent."""
    rows = rows or [{"last_contact_days": silence, **facts} for _ in customers]
    book = book_of(rows, [c.pk for c in customers], [c.owner_id or np.nan for c in customers], as_of=day)
    night = make_night(day, origin, mark)
    with transaction.atomic():
        act, *_others = assess.assess(book).on_publish
        return act(night), partial(act, night)


def everything():
    return list(ProofAssignment.objects.order_by("id").values()), list(RetentionTask.objects.order_by("id").values())


def test_a_fifth_gets_no_task_and_everything_is_on_record(template, customers):
    counts, _ = sync(customers)
    assert (counts["raised"], counts["held_out"]) == (16, 4)
    rows = list(ProofAssignment.objects.all())
    assert len(rows) == 20 and sum(row.held for row in rows) == 4
    with_task = set(RetentionTask.objects.live().values_list("customer_id", flat=True))
    assert with_task == {row.customer_id for row in rows if not row.held}
    for row in rows:
        assert (row.assigned_on, row.ends_on) == (AS_OF, AS_OF + timedelta(days=60))
        assert (row.share, row.outcome, row.days, row.seed) == (20, "BOUGHT", 60, SEED)
        assert (row.stratum, row.evidence) == ("LL/ORDINARY/ACQUAINTANCE", {"last_contact_days": 40})
        assert row.held == oracle.arm(row.seed, row.template_id, row.share, row.stratum, row.slot)  # can be audited
    assert sorted(row.slot for row in rows) == list(range(20))


def test_the_same_night_again_changes_nothing(template, customers):
    _counts, again = sync(customers)
    before = everything()
    with transaction.atomic():
        counts = again()
    assert (counts["raised"], counts["held_out"]) == (0, 0) and everything() == before


def test_held_out_until_the_window_has_passed_then_drawn_anew(template, customers):
    sync(customers)
    first = set(ProofAssignment.objects.filter(held=True).values_list("customer_id", flat=True))
    for days in (1, 30, 59):
        assert sync(customers, day=AS_OF + timedelta(days=days))[0]["raised"] == 0
    assert ProofAssignment.objects.count() == 20
    counts, _ = sync(customers, day=AS_OF + timedelta(days=60))
    assert counts["raised"] + counts["held_out"] == 4  # the sixteen have their task still
    anew = ProofAssignment.objects.filter(assigned_on=AS_OF + timedelta(days=60))
    assert set(anew.values_list("customer_id", flat=True)) == first
    assert sorted(anew.values_list("slot", flat=True)) == [20, 21, 22, 23]


def test_who_got_the_task_gets_it_again_after_its_rest_without_a_new_draw(template, customers, cast):
    sync(customers)
    moment = make_night(AS_OF, mark="moment").published_at
    for task in RetentionTask.objects.live():
        services.complete(task=task, outcome="SUCCESS", by=cast.owner, at=moment)
    counts, _ = sync(customers, day=AS_OF + timedelta(days=40))
    assert (counts["raised"], counts["held_out"]) == (16, 0) and ProofAssignment.objects.count() == 20


def test_a_reason_that_goes_and_comes_back_does_not_end_the_hold_out(template, customers):
    sync(customers)
    held = set(ProofAssignment.objects.filter(held=True).values_list("customer_id", flat=True))
    sync(customers, day=AS_OF + timedelta(days=5), silence=3.0)
    counts, _ = sync(customers, day=AS_OF + timedelta(days=40))
    assert (counts["raised"], counts["held_out"]) == (16, 0)
    assert not held & set(RetentionTask.objects.live().values_list("customer_id", flat=True))


def test_who_is_held_out_makes_room_for_the_next_and_a_second_night_finds_none(template, customers):
    WorkPolicy.objects.update(desk_care=5)
    counts, again = sync(customers)
    assert counts["raised"] == 5 and counts["held_out"] >= 1
    before = everything()
    with transaction.atomic():
        again()
    assert everything() == before
    assert sync(customers, day=AS_OF + timedelta(days=1))[0]["raised"] == 0 and everything()[0] == before[0]


@pytest.mark.parametrize(
    "facts, allowed",
    [({"tier": "PARTNER"}, "holdout_partners"), ({"level": "HIGH"}, "holdout_high"),
     ({"cases_open": 1.0}, "holdout_complaints"), ({"complaints_90d": 1.0}, "holdout_complaints")],
)  # fmt: skip
def test_whom_nobody_allowed_to_hold_out_gets_the_task_and_is_not_counted(template, customers, facts, allowed):
    counts, _ = sync(customers, **facts)
    assert (counts["raised"], counts["held_out"]) == (20, 0) and not ProofAssignment.objects.exists()
    RetentionTask.objects.all().delete()
    TaskTemplate.objects.update(**{allowed: True})
    assert sync(customers, day=AS_OF + timedelta(days=1), **facts)[0]["held_out"] == 4


@pytest.mark.parametrize(
    "changed, held",
    [({"trigger": {"field": "cases_open", "op": "ge", "value": 0}}, 4), ({"category": "EXIT"}, 0),
     ({"trigger": {"any": [SILENT, {"field": "cases_open", "op": "ge", "value": 1}]}}, 0),
     ({"trigger": {"any": [SILENT, {"field": "cases_open", "op": "ge", "value": 1}]}, "holdout_complaints": True}, 4)],
)  # fmt: skip
def test_answers_to_complaints_and_partings_are_not_tried_out(template, customers, changed, held):
    TaskTemplate.objects.update(**changed)
    counts, _ = sync(customers, cases_open=0.0)
    assert (counts["raised"], counts["held_out"]) == (20 - held, held)


def test_a_complaint_meanwhile_raises_the_other_playbook_also_for_who_is_held_out(template, customers):
    TaskTemplate.objects.create(
        code="T2", category="CARE", title="Answer", title_zh="答复", weight=90, holdout_share=50,
        trigger={"field": "cases_open", "op": "ge", "value": 1},
    )  # fmt: skip
    sync(customers)
    counts, _ = sync(customers, day=AS_OF + timedelta(days=1), cases_open=1.0)
    assert (counts["raised"], counts["held_out"]) == (20, 0)
    assert RetentionTask.objects.live().filter(template__code="T1").count() == 16


def test_strata_are_balanced_each_for_itself_and_go_on_over_the_nights(template, customers):
    halves = [{"last_contact_days": 40.0, "quadrant": "HH" if n % 2 else "LL"} for n in range(20)]
    sync(customers[:10], rows=halves[:10])
    sync(customers, day=AS_OF + timedelta(days=1), rows=halves)
    for quadrant in ("HH", "LL"):
        rows = ProofAssignment.objects.filter(stratum__startswith=quadrant)
        assert (rows.count(), rows.filter(held=True).count()) == (10, 2)
        assert sorted(rows.values_list("slot", flat=True)) == list(range(10))
    assert frames.places_taken()[template.pk, 20]["HH/ORDINARY/ACQUAINTANCE"] == 10


def test_replays_draw_nobody_and_leave_alone_who_was_held_out_on_that_evening(template, customers):
    replay = {"origin": NightOrigin.REPLAY}
    counts, _ = sync(customers, **replay)
    assert (counts["raised"], counts["held_out"]) == (20, 0) and not ProofAssignment.objects.exists()
    RetentionTask.objects.all().delete()
    sync(customers, mark="b")
    before = everything()[0]
    counts, again = sync(customers, day=AS_OF + timedelta(days=10), mark="r", **replay)
    with transaction.atomic():
        assert again()["raised"] == 0
    assert counts["raised"] == 16
    assert sync(customers, day=AS_OF - timedelta(days=50), mark="s", **replay)[0]["raised"] == 20
    assert everything()[0] == before


def test_released_customers_get_the_task_and_stay_in_their_arm(template, customers):
    sync(customers)
    ProofAssignment.objects.update(released_on=AS_OF)
    counts, _ = sync(customers, day=AS_OF + timedelta(days=1))
    assert (counts["raised"], counts["held_out"]) == (4, 0) and ProofAssignment.objects.count() == 20


def test_a_replay_of_an_evening_before_the_release_leaves_them_alone(template, customers):
    sync(customers)
    RetentionTask.objects.all().delete()
    ProofAssignment.objects.update(released_on=AS_OF + timedelta(days=10))
    replay = {"origin": NightOrigin.REPLAY}
    assert sync(customers, day=AS_OF + timedelta(days=9), mark="r", **replay)[0]["raised"] == 16
    RetentionTask.objects.all().delete()
    assert sync(customers, day=AS_OF + timedelta(days=10), mark="s", **replay)[0]["raised"] == 20


def test_switching_the_hold_out_off_holds_nobody_new_and_keeps_what_runs(template, customers):
    sync(customers[:10])
    TaskTemplate.objects.update(holdout_share=0)
    counts, _ = sync(customers, day=AS_OF + timedelta(days=1))
    assert (counts["raised"], counts["held_out"]) == (10, 0) and ProofAssignment.objects.count() == 10


def test_a_night_without_hold_outs_asks_one_question_more(template, customers):
    TaskTemplate.objects.update(holdout_share=0)
    _counts, again = sync(customers)
    with CaptureQueriesContext(connection) as asked, transaction.atomic():
        again()
    assert sum("proof" in query["sql"] for query in asked) == 1


def test_template_and_policy_are_inputs_of_the_night(template):
    before = InputChange.objects.count()
    template.holdout_share = 25
    template.save()
    ProofPolicy.objects.get(pk=1).save()
    assert InputChange.objects.count() == before + 2


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_the_nights_bring_nobody_is_held_out_who_may_not_be_and_strata_keep_their_share(
    template, customers, data
):
    """Only eligible customers are drawn, once per window; arms are off by less than a block."""
    point = transaction.savepoint()
    share = data.draw(st.sampled_from([10, 20, 40, 50]))
    TaskTemplate.objects.update(holdout_share=share, proof_days=20)
    day, blocked = AS_OF, {}
    for number in range(data.draw(st.integers(1, 4))):
        day += timedelta(days=data.draw(st.integers(1, 15)))
        rows = [
            {
                "last_contact_days": data.draw(st.sampled_from([3.0, 40.0])),
                "tier": data.draw(st.sampled_from(["FRIEND", "PARTNER"])),
                "level": data.draw(st.sampled_from(["HIGH", "LOW"])),
                "quadrant": data.draw(st.sampled_from(["HH", "LL"])),
                "cases_open": data.draw(st.sampled_from([0.0, 1.0])),
            }
            for _ in customers
        ]
        sync(customers, day=day, mark=f"h{number}", rows=rows)
        facts = dict(zip((c.pk for c in customers), rows, strict=True))
        for row in ProofAssignment.objects.filter(assigned_on=day):
            known = facts[row.customer_id]
            assert known["tier"] != "PARTNER" and known["level"] != "HIGH" and not known["cases_open"]
            assert known["last_contact_days"] == 40 and blocked.get(row.customer_id, day) <= day
            blocked[row.customer_id] = row.ends_on
    size = next(size for size in range(2, 101) if share * size % 100 == 0)
    for stratum in set(ProofAssignment.objects.values_list("stratum", flat=True)):
        arms = list(ProofAssignment.objects.filter(stratum=stratum).order_by("slot").values_list("held", flat=True))
        for start in range(0, len(arms) - size + 1, size):
            assert sum(arms[start : start + size]) == share * size // 100
        assert sum(arms[len(arms) // size * size :]) <= share * size // 100
    transaction.savepoint_rollback(point)
