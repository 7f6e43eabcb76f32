"""Complaints, requests and suggestions: the queue, the answer, escalation, figures; who sees what, bad input."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.template import Context, Template
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from customers.models import Case, Interaction, Suggestion
from retention.care import plan, selectors, services
from retention.models import RetentionTask, TaskTemplate
from retention.tasks import escalate_cases
from tests.standings import make_night, stand

pytestmark = pytest.mark.django_db
QUEUE = "/retention/cases/"
ANSWER = {"answer": "工程师今天到场", "cause": "SERVICE", "sub_cause": "SLOW"}


@pytest.fixture
def customer(make_customer, cast):
    return make_customer("A/1 关", name="北辰", owner=cast.owner)


@pytest.fixture
def make_case(customer):
    """make_case(-2, hours=30): opened 30 hours ago, due in -2 hours."""

    def make(due, hours=30, **fields):
        now = timezone.now()
        values = {"customer": customer, "subject": "摄像机模糊", "opened_at": now - timedelta(hours=hours)}
        return Case.objects.create(**values | {"answer_due": now + timedelta(hours=due)} | fields)

    return make


@pytest.fixture
def case(make_case):
    return make_case(-2)


def text(response):
    return response.content.decode()


def listed(client, query=""):
    return [row.subject for row in client.get(QUEUE + query).context["rows"]]


def test_the_queue_shows_what_waits_the_most_urgent_first(client_for, cast, make_case):
    make_case(50, subject="later")
    make_case(-30, subject="late", kind="REQUEST")
    make_case(-1, subject="done", state="ANSWERED", answered_at=timezone.now(), cause="QUALITY")
    client = client_for(cast.owner)
    assert listed(client) == ["late", "later"]
    page = text(client.get(QUEUE))
    assert "1 answer is overdue" in page and "due in 2 days" in page
    for query, subjects in {
        "?part=overdue": ["late"], "?part=answered": ["done"], "?kind=REQUEST": ["late"], "?q=bei": ["late", "later"],
        "?q=nobody": [], "?part=all&cause=QUALITY": ["done"], "?part=escalated": [],
        "?part=nonsense": ["late", "later"],
        "?cause=%00&kind=x": ["late", "later"],
    }.items():  # fmt: skip
        assert listed(client, query) == subjects, query


def test_the_queue_in_chinese(client_for, cast, case):
    page = text(client_for(cast.owner, "zh-hans").get(QUEUE))
    assert "投诉与诉求" in page


def test_everybody_sees_their_own_scope(client_for, cast, case):
    for user in cast.insiders():
        assert listed(client_for(user)) == ["摄像机模糊"]
    for user in cast.outsiders():
        assert listed(client_for(user)) == []
    assert client_for(None).get(QUEUE).status_code == 302
    assert client_for(cast.owner).post(QUEUE).status_code == 405


def test_the_queue_asks_the_database_the_same_number_of_times(client_for, cast, make_case):
    client, counts = client_for(cast.owner), []
    for _round in range(2):
        make_case(3)
        with CaptureQueriesContext(
            connection,
        ) as asked:
            client.get(QUEUE)
        counts.append(len(asked))
        make_case(-3)
    assert counts[0] == counts[1]


def test_an_answer_is_recorded_with_its_cause(client_for, cast, case):
    client = client_for(cast.owner)
    address = f"{QUEUE}{case.pk}/"
    assert "What do we answer?" in text(client.get(address))
    assert client.post(address, {**ANSWER, "closed": "on"}).status_code == 302
    case.refresh_from_db()
    assert (case.state, case.cause, case.sub_cause, case.answer) == ("CLOSED", "SERVICE", "SLOW", "工程师今天到场")
    step = case.history.latest()
    assert (step.history_user, step.history_change_reason) == (cast.owner, "answered")
    assert "工程师今天到场" in text(client.get(address))


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"answer": ""}, "answer"), ({"cause": ""}, None), ({"cause": "", "sub_cause": ""}, "cause"),
        ({"cause": "QUALITY"}, "sub_cause"), ({"cause": "BANKRUPT"}, "cause"), ({"sub_cause": "NONSENSE"}, "sub_cause"),
    ],
)  # fmt: skip
def test_what_is_wrong_comes_back_with_its_words(client_for, cast, case, data, field):
    answer = client_for(cast.owner).post(f"{QUEUE}{case.pk}/", {**ANSWER, **data})
    if field is None:  # the detail names its cause
        assert answer.status_code == 302 and Case.objects.get().cause == "SERVICE"
        return
    assert answer.status_code == 422 and field in answer.context["form"].errors
    assert Case.objects.get().state == "OPEN" and (data.get("answer") == "" or "工程师今天到场" in text(answer))


def test_the_last_answer_does_the_work_of_answering(client_for, cast, customer, case, make_case):
    """Of two open cases the first leaves the task; the second ends it, and leaves what has other reasons."""
    other, work = make_case(5, kind="REQUEST"), []
    for code, evidence in (("C-COMPL", {"cases_open": 2.0}), ("R-SERVICE", {"cases_overdue": 1.0})):
        day = {"raised_on": date(2026, 3, 5), "due": date(2026, 3, 6)}
        template = TaskTemplate.objects.get(code=code)
        work.append(RetentionTask.objects.create(customer=customer, template=template, evidence=evidence, **day))
    client, states = client_for(cast.owner), lambda: [RetentionTask.objects.get(pk=task.pk).state for task in work]
    client.post(f"{QUEUE}{case.pk}/", ANSWER)
    assert states() == ["OPEN", "OPEN"]
    client.post(f"{QUEUE}{other.pk}/", {"answer": "已安排"})
    assert states() == ["DONE", "OPEN"]
    done = RetentionTask.objects.get(pk=work[0].pk)
    assert (done.outcome, done.note, done.closed_by) == ("SUCCESS", "已安排", cast.owner)


def test_a_request_needs_no_cause(client_for, cast, make_case):
    case = make_case(5, kind="REQUEST")
    assert client_for(cast.owner).post(f"{QUEUE}{case.pk}/", {"answer": "已安排"}).status_code == 302


def test_somebody_was_faster_and_nothing_typed_is_lost(client_for, cast, case):
    at = timezone.now()
    services.answer_case(case=case, answer="先到", cause="QUALITY", sub_cause="", closed=False, by=cast.lead, at=at)
    answer = client_for(cast.owner).post(f"{QUEUE}{case.pk}/", ANSWER)
    assert answer.status_code == 409 and "工程师今天到场" in text(answer) and "先到" in text(answer)
    assert Case.objects.get().answer == "先到"


def test_steps_are_refused_to_strangers_and_need_a_post(client_for, cast, case):
    steps = ["", "close/", "reopen/", "person/"]
    for user in cast.outsiders():
        assert [client_for(user).post(f"{QUEUE}{case.pk}/{step}").status_code for step in steps] == [404] * 4
    assert [client_for(cast.owner).get(f"{QUEUE}{case.pk}/{step}").status_code for step in steps[1:]] == [405] * 3
    assert client_for(None).post(f"{QUEUE}{case.pk}/close/").status_code == 302
    assert Case.objects.get().state == "OPEN"


def test_closed_and_opened_again_with_a_new_date(client_for, cast, case):
    client = client_for(cast.owner)
    client.post(f"{QUEUE}{case.pk}/", ANSWER)
    client.post(f"{QUEUE}{case.pk}/close/")
    assert Case.objects.get().state == "CLOSED"
    assert "answered already" in text(client.post(f"{QUEUE}{case.pk}/close/", follow=True))
    client.post(f"{QUEUE}{case.pk}/reopen/")
    found = Case.objects.get()
    assert (found.state, found.answered_at) == ("OPEN", None) and found.answer_due > timezone.now()


def test_only_people_who_see_the_customer_get_a_case(client_for, cast, case):
    client = client_for(cast.owner)
    client.post(f"{QUEUE}{case.pk}/person/", {"to": cast.stranger.pk})
    assert Case.objects.get().handler is None
    client.post(f"{QUEUE}{case.pk}/person/", {"to": cast.lead.pk})
    assert Case.objects.get().handler == cast.lead
    with pytest.raises(services.CareProblem):
        services.hand_over_case(case=case, to=cast.stranger, by=cast.owner, at=timezone.now())


@pytest.mark.both
def test_overdue_cases_go_to_the_lead_once(cast, case, make_case, make_customer):
    make_case(5)
    nobody = make_case(-1, customer=make_customer("N"))
    escalate_cases()
    case.refresh_from_db()
    nobody.refresh_from_db()
    assert case.handler == cast.lead and case.history.latest().history_change_reason == "escalated"
    assert nobody.handler is None and nobody.escalated_at is not None
    assert Case.objects.exclude(escalated_at=None).count() == 2
    assert services.escalate(at=timezone.now()) == 0


def test_the_clock_stands_still_outside_working_hours(cast, customer):
    """Opened on Friday at 23:30 in Shanghai, due on Monday 18:00: on Monday at noon a third of 9 hours has passed."""
    opened = datetime(2026, 3, 6, 15, 30, tzinfo=UTC)
    case = Case.objects.create(
        customer=customer, subject="x", opened_at=opened, answer_due=datetime(2026, 3, 9, 10, tzinfo=UTC)
    )
    selectors.clocks([case], datetime(2026, 3, 9, 4, tzinfo=UTC))
    assert (case.hours_given, case.hours_left, case.used) == (9.0, 6.0, pytest.approx(1 / 3))


def test_figures_count_what_is_overdue_as_late(cast, customer):
    now = datetime(2026, 3, 10, 4, tzinfo=UTC)  # Tuesday noon in Shanghai

    def make(opened, due, answered=None):
        state = "ANSWERED" if answered else "OPEN"
        days = [datetime(2026, 3, 2, 2, tzinfo=UTC) + timedelta(days=n) if n is not None else None
                for n in (opened, due, answered)]  # fmt: skip
        Case.objects.create(
            customer=customer, subject="x", opened_at=days[0], answer_due=days[1], answered_at=days[2], state=state
        )

    for span in ((0, 2, 1), (0, 2, 3), (1, 2, 2), (1, 3, None), (7, 20, None)):
        make(*span)
    found = selectors.figures(cast.owner, now)
    assert (found.open, found.overdue, found.answered, found.unanswered_customers) == (2, 1, 3, 1)
    assert found.median_hours == 9.0 and found.on_time == 0.5
    assert selectors.figures(cast.stranger, now).on_time is None


def test_suggestions_get_their_feedback_once(client_for, cast, customer):
    today = timezone.localdate()
    row = Suggestion.objects.create(
        customer=customer, text="增加报表", made_on=today - timedelta(days=9), feedback_due=today - timedelta(days=1)
    )
    client, address = client_for(cast.owner), f"{QUEUE}suggestions/{row.pk}/"
    assert "1 suggestion has had no feedback" in text(client.get(f"{QUEUE}suggestions/"))
    assert client.get(f"{QUEUE}suggestions/?part=given").context["page"].paginator.count == 0
    assert client.post(address, {"feedback": " "}).status_code == 422
    assert client_for(cast.stranger).post(address, {"feedback": "x"}).status_code == 404
    client.post(address, {"feedback": "列入计划"})
    row.refresh_from_db()
    assert (row.feedback, row.feedback_on) == ("列入计划", today)
    assert "answered already" in text(client.post(address, {"feedback": "again"}, follow=True))
    assert selectors.suggestion_figures(cast.owner, today)["on_time"] == 0.0


def test_the_care_plan_names_whose_last_order_nobody_asked_about(client_for, cast, make_customer):
    night = make_night(date(2026, 3, 5))
    for code, last in (("asked", 1), ("earlier", 1), ("never", 1)):
        stand(night, make_customer(code, owner=cast.owner), last_order=date(2026, 3, last), clv=1.0)
    zone = timezone.get_default_timezone()
    for code, day in (("asked", 2), ("earlier", 1)):
        at = datetime(2026, 3, day, 9, tzinfo=zone) - timedelta(days=30 * (code == "earlier"))
        from customers.models import Customer

        Interaction.objects.create(
            customer=Customer.objects.get(code=code), kind="CALL", at=at, summary="回访", care_phase="POST"
        )
    page = client_for(cast.owner).get(f"{QUEUE}care/")
    assert [row.code for row in page.context["rows"]] == ["earlier", "never"]
    after = plan.phases(cast.owner, night, plan.coverage_by_owner(cast.owner, night))[-1]
    assert (after.customers, after.cared) == (3, 1)
    assert client_for(cast.stranger).get(f"{QUEUE}care/").context["rows"] == []
    assert [row["coverage"] for row in client_for(cast.lead).get(f"{QUEUE}care/").context["owners"]] == [1 / 3]


def test_the_care_plan_before_the_first_night(client_for, cast):
    assert client_for(cast.owner).get(f"{QUEUE}care/").status_code == 200


@pytest.mark.parametrize(("answered", "words", "colour"), [(3, "in time", "c-good"), (30, "late", "c-warn")])
def test_an_answered_case_tells_its_working_hours(cast, customer, answered, words, colour):
    """Opened on Thursday 09:00 in Shanghai, due at 18:00; 30 hours later it is Friday 15:00, after 15 working hours."""
    opened = datetime(2026, 3, 5, 1, tzinfo=UTC)
    case = Case.objects.create(
        customer=customer, subject="x", opened_at=opened, answer_due=opened + timedelta(hours=9), state="ANSWERED",
        answered_at=opened + timedelta(hours=answered), answer="y",
    )  # fmt: skip
    selectors.clocks([case], opened + timedelta(days=5))
    shown = Template("{% load care_tags %}{% case_clock case %}").render(Context({"case": case}))
    hours = "3.0" if answered == 3 else "15.0"
    assert f"answered in {hours} of 9.0 working hours, {words}" in shown and colour in shown


def test_lateness_counts_in_working_hours(cast, customer):
    """Due on Friday at 17:00, looked at on Monday at 10:00: two working hours late, not 65."""
    due = datetime(2026, 3, 6, 9, tzinfo=UTC)
    case = Case.objects.create(customer=customer, subject="x", opened_at=due - timedelta(hours=5), answer_due=due)
    now = datetime(2026, 3, 9, 2, tzinfo=UTC)
    selectors.clocks([case], now)
    shown = Template("{% load care_tags %}{% case_due case now %}").render(Context({"case": case, "now": now}))
    assert ">2 working hours overdue<" in shown
    with translation.override("zh-hans"):
        shown = Template("{% load care_tags %}{% case_due case now %}").render(Context({"case": case, "now": now}))
    assert ">已超期 2 个工作小时<" in shown
