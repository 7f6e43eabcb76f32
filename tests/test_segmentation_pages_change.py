"""Why a score moved: the causes sum to the change for everybody, and the score tab tells and draws them."""

import random
from datetime import date, timedelta
from decimal import Decimal

import html5lib
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from crm_site import nightly
from customers import publish
from customers.models import Category, Customer, Night, Transaction
from segmentation.charts.course import course
from segmentation.charts.waterfall import waterfall
from segmentation.models import ExpertScore, Indicator, Weight
from segmentation.selectors.change import Then, history
from tests.standings import make_night, stand

pytestmark = [pytest.mark.django_db]
DAY = date(2025, 6, 30)
BEFORE = DAY - timedelta(days=90)


@pytest.fixture
def firm(make_customer, cast):
    """Sixteen customers of the owner with orders; some are scored by an expert, some only lately; one is quite new."""
    draw = random.Random(4)
    categories = [Category.objects.create(name=name) for name in ("cables", "cameras", "service")]
    credit = Indicator.objects.get(code="bank_credit")
    for i in range(16):
        customer = make_customer(f"K{i:02}", owner=cast.owner, scale=draw.choice(["", "SMALL", "LARGE"]))
        for n in range(draw.randrange(2, 8)):
            amount = Decimal(draw.randrange(10, 900))
            back = draw.randrange(700) if i < 15 else draw.randrange(80)
            Transaction.objects.create(
                customer=customer, order_no=f"{i}-{n}", date=DAY - timedelta(days=back), quantity=2, amount=amount,
                cost=amount * Decimal(draw.choice(["0.5", "0.8"])), category=draw.choice(categories),
            )  # fmt: skip
        if i % 3 == 0:
            day = BEFORE if i % 2 else DAY
            ExpertScore.objects.create(customer=customer, indicator=credit, scorer=cast.lead, score="3.5", date=day)
    publish.refresh_days()


def weigh(values):
    for code, value in values.items():
        Weight.objects.get(indicator__code=code).delete()
        if value is not None:
            Weight.objects.create(weight_set_id=1, indicator=Indicator.objects.get(code=code), value=value)


def run(as_of):
    return nightly.run_night(as_of=as_of)


def histories(night, wish=""):
    return {row.code: history(row, night, wish) for row in Customer.objects.with_standing(night.pk).order_by("code")}


def get(client, code, query=""):
    answer = client.get(f"/customers/{code}/?tab=score{query}")
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.both
class TestIdentity:
    def test_causes_sum_to_the_change_for_every_customer(self, firm):
        then = run(BEFORE)
        night = run(DAY)
        told = [found.change for found in histories(night).values() if found.change and not found.change.reason]
        assert len(told) == 15 and {one.then.night for one in told} == {then.pk}
        for one in told:
            assert sum(cause.total for cause in one.causes) == pytest.approx(one.difference, abs=1e-12)
            assert sum(row.value for row in one.rows) == pytest.approx(one.difference, abs=1e-5)
            for part, ends in (("current", one.current), ("potential", one.potential)):
                total = sum(getattr(cause, part) for cause in one.causes)
                assert total == pytest.approx(ends[1] - ends[0], abs=1e-12)
            assert next(cause for cause in one.causes if cause.code == "weights").total == 0

    def test_weights_alone_are_blamed_for_a_night_of_the_same_date(self, firm):
        run(DAY)
        weigh({"gross_profit": "0.1", "cum_amount": "0.3689", "cum_volume": None})
        night = run(DAY)
        told = [found.change for found in histories(night).values()]
        for one in told:
            parts = {cause.code: cause.total for cause in one.causes}
            assert parts.pop("weights") == pytest.approx(one.difference, abs=1e-12)
            assert all(abs(value) < 1e-9 for value in parts.values()), parts
        assert max(abs(one.difference) for one in told) > 0.01

    def test_nights_with_different_indicators_and_data(self, firm):
        first = run(BEFORE)
        weigh({"cum_volume": None, "gross_profit": "0.6"})
        night = run(DAY)
        told = [found.change for found in histories(night, str(first.pk)).values() if not found.change.reason]
        for one in told:
            assert sum(cause.total for cause in one.causes) == pytest.approx(one.difference, abs=1e-9)
        assert any(abs(cause.total) > 1e-3 for one in told for cause in one.causes if cause.code == "weights")


class TestWords:
    def test_new_since_then_unscored_now_and_nothing_earlier(self, firm, cast, client_for):
        run(BEFORE)
        client = client_for(cast.owner)
        assert "no earlier night" in get(client, "K03")
        Customer.objects.filter(code="K02").update(exited_on=DAY)
        run(DAY)
        assert "had no score: the whole" in get(client, "K15")
        assert "has no score in the night shown" in get(client, "K02")

    def test_the_night_may_be_chosen_and_nonsense_is_told(self, firm, cast, client_for):
        old = run(BEFORE - timedelta(days=90))
        run(BEFORE)
        run(DAY)
        client = client_for(cast.owner)
        assert f"Since {BEFORE.day} {BEFORE:%b %Y}" in get(client, "K03")
        chosen = get(client, "K03", f"&since={old.pk}")
        assert f'value="{old.pk}" selected' in chosen and "is not kept" not in chosen
        for wish in ("99999", "x", "%00", "-1"):
            assert "is not kept for this customer" in get(client, "K03", f"&since={wish}")

    @pytest.mark.parametrize("language", ["en", "zh-hans"])
    def test_sound_html(self, firm, cast, client_for, language):
        run(BEFORE)
        run(DAY)
        client = client_for(cast.owner, language)
        for code in ("K00", "K03", "K15"):
            html = get(client, code)
            parser = html5lib.HTMLParser(strict=False)
            parser.parse(html)
            assert not parser.errors, parser.errors[:3]
            assert ">nan" not in html.lower()

    def test_a_night_without_vectors_is_told(self, cast, make_customer, client_for):
        night, customer = make_night(), make_customer("V", owner=cast.owner)
        stand(make_night(night.as_of - timedelta(days=1), published=False), customer)
        stand(night, customer)
        assert "kept no explanation, so the change" in get(client_for(cast.owner), "V")

    def test_only_those_who_may_see_the_customer(self, firm, cast, client_for):
        run(DAY)
        for user in cast.outsiders():
            assert client_for(user).get("/customers/K03/?tab=score").status_code == 404


def test_no_more_queries_with_more_nights(firm, cast, client_for):
    run(BEFORE)
    run(DAY - timedelta(days=1))
    client = client_for(cast.owner)
    get(client, "K03")
    counts = []
    for day in (DAY, DAY + timedelta(days=1)):
        run(day)
        with CaptureQueriesContext(
            connection,
        ) as caught:
            get(client, "K03")
        counts.append(len(caught))
    assert counts[0] == counts[1] and Night.objects.count() == 4


class TestPictures:
    def test_each_bar_begins_where_the_last_one_ended(self):
        for narrow in (False, True):
            chart = waterfall(0.2, [("data", 0.3), ("population", -0.1), ("weights", 0.0)], 0.4, narrow)
            ends = [step.end for step in chart.steps]
            assert [step.kind for step in chart.steps] == ["total", "up", "down", "none", "total"]
            assert chart.steps[1].x == pytest.approx(ends[0], abs=0.2)
            assert chart.steps[2].x == pytest.approx(ends[2], abs=0.2) and ends[2] == ends[3] == ends[4]
            assert chart.zero is None and chart.frame.x0 <= min(ends) and max(ends) <= chart.frame.x1

    def test_a_change_of_nothing_is_drawable(self):
        assert {step.kind for step in waterfall(0.0, [("data", 0.0)], 0.0).steps} == {"total", "none"}

    def test_the_course_leaves_out_nights_without_a_score(self):
        nights = [Then(n, DAY + timedelta(days=n), 1, False, s, "HH", "LOW") for n, s in enumerate([0.1, None, 0.3])]
        drawn = course(nights, nights[0])
        assert [point.what.night for point in drawn.points] == [0, 2] and drawn.points[0].chosen
        assert drawn.points[0].y > drawn.points[1].y and course(nights[:2]) is None
