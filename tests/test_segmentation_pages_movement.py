"""The movement pages: any two nights, every flow by cause, drill to names, lengths of stay, each in the own scope."""

import random
import re
from datetime import date, timedelta
from decimal import Decimal
from html import unescape

import html5lib
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from crm_site import nightly
from customers import publish
from customers.models import Category, Night, Standing, Transaction
from segmentation.models import Weight
from segmentation.selectors import counterfactual
from segmentation.selectors.population import LEVELS, QUADRANTS
from tests.standings import AS_OF, make_night, stand
from tests.weights import opened

pytestmark = [pytest.mark.django_db, pytest.mark.both]
URL, NAMES = "/segmentation/movement/", "/segmentation/movement/customers/"
DAY = date(2025, 6, 30)


def kept(as_of, *, published=False):
    """A night that counts as kept, made by hand."""
    night = make_night(as_of, published=published)
    Night.objects.filter(pk=night.pk).update(rows=9, checksum=f"made {as_of}")
    night.refresh_from_db()
    return night


@pytest.fixture
def nights(cast, make_customer):
    """Three nights: A goes LL -> LH -> HH, B stays HH and falls a level, C is new on the last, D leaves before it, Z is
    the stranger's and rises."""
    found = [kept(AS_OF - timedelta(days=back), published=not back) for back in (120, 30, 0)]
    places = {
        "A": ["LL", "LH", "HH"], "B": ["HH", "HH", "HH"], "C": [None, None, "HL"], "D": ["LH", "LH", "UNSCORED"],
        "Z": ["LL", "LL", "LH"],
    }  # fmt: skip
    for code, path in places.items():
        customer = make_customer(code, owner=cast.stranger if code == "Z" else cast.owner, industry=f"I{code}")
        for k, (night, place) in enumerate(zip(found, path, strict=True)):
            if place:
                level = "" if place == "UNSCORED" else "HIGH" if code == "B" and k < 2 else "LOW"
                score = None if place == "UNSCORED" else 0.1 * k
                stand(night, customer, quadrant=place, level=level, total_score=score, stage="STABLE")
    return found


def page(client, url=URL, query=""):
    answer = client.get(url + query)
    assert answer.status_code == 200
    return answer, answer.content.decode()


def ends(first, last, **more):
    return "?" + "&".join(f"{name}={value}" for name, value in {"from": first.pk, "to": last.pk, **more}.items())


class TestWho:
    def test_each_sees_the_own_customers(self, cast, client_for, nights):
        query = ends(nights[0], nights[2])
        for user, total, moved in [(cast.owner, 4, 1), (cast.lead, 4, 1), (cast.stranger, 1, 1), (cast.admin, 5, 2)]:
            table = page(client_for(user), query=query)[0].context["table"]
            assert (table.total, table.moved) == (total, moved), user
        assert page(client_for(cast.teammate), query=query)[0].context["table"].total == 0

    def test_names_are_only_the_own(self, cast, client_for, nights):
        query = ends(nights[0], nights[2])
        assert [m.customer.code for m in page(client_for(cast.owner), NAMES, query)[0].context["members"]] == ["A"]
        assert [m.customer.code for m in page(client_for(cast.stranger), NAMES, query)[0].context["members"]] == ["Z"]

    @pytest.mark.parametrize("url", [URL, NAMES])
    def test_anonymous_and_wrong_method(self, cast, client_for, nights, url):
        assert client_for(None).get(url).status_code == 302
        assert client_for(cast.owner).post(url).status_code == 405


class TestFigures:
    def test_matrix_new_and_left(self, cast, client_for, nights):
        table = page(client_for(cast.owner), query=ends(nights[0], nights[2]))[0].context["table"]
        cells = {(f.move.before, f.move.after): f.move.count for f in table.flows if f.move.count}
        assert cells == {("LL", "HH"): 1, ("HH", "HH"): 1, ("", "HL"): 1, ("LH", ""): 1}
        assert (table.up, table.down, table.across, table.newcomers, table.leavers) == (1, 0, 0, 1, 1)

    def test_the_usual_nights_and_other_ones(self, cast, client_for, nights):
        chosen = page(client_for(cast.owner))[0].context["chosen"]
        assert (chosen.before, chosen.night) == (nights[1], nights[2])
        chosen = page(client_for(cast.owner), query=ends(nights[1], nights[0]))[0].context["chosen"]
        assert (chosen.before, chosen.night) == (nights[0], nights[1])  # turned round

    def test_every_axis(self, cast, client_for, nights):
        by_level = page(client_for(cast.owner), query=ends(nights[0], nights[2], axis="level"))[0].context["table"]
        assert (by_level.down, by_level.up, by_level.leavers) == (1, 0, 1)
        by_stage = page(client_for(cast.owner), query=ends(nights[0], nights[2], axis="stage"))[0].context["table"]
        assert (by_stage.moved, by_stage.newcomers, by_stage.leavers, by_stage.total) == (0, 1, 0, 4)

    def test_every_number_opens_as_many_names(self, cast, client_for, nights):
        client = client_for(cast.owner)
        _answer, html = page(client, query=ends(nights[0], nights[2]))
        found = re.findall(rf'<a href="({NAMES}[^"]*)"[^>]*>(?:<span[^>]*>[▲▼] </span>)?(\d+)</a>', html)
        assert len(found) == 4 + 2  # matrix and lengths of stay
        for href, count in found:
            answer, listed = page(client, unescape(href))
            assert answer.context["total"] == int(count) == listed.count('<th scope="row" class="name">')

    def test_the_picture_counts_everybody(self, cast, client_for, nights):
        for chart in page(client_for(cast.admin), query=ends(nights[0], nights[2]))[0].context["charts"]:
            assert sum(ribbon.count for ribbon in chart.ribbons) == 5

    def test_filters_narrow_picture_and_names(self, cast, client_for, nights):
        query = ends(nights[0], nights[2], industry="IB")
        answer, html = page(client_for(cast.owner), query=query)
        assert answer.context["table"].total == 1 and not answer.context["narrowed"].unknown
        assert "industry=IB&amp;from=" in html
        assert page(client_for(cast.owner), NAMES, query)[0].context["total"] == 0

    def test_lengths_of_stay(self, cast, client_for, nights):
        stays = page(client_for(cast.owner))[0].context["stays"]
        told = dict(stays.places)
        assert stays.nights == 3 and stays.first == nights[0].as_of
        assert (told["HH"].now, told["HH"].oldest, told["HH"].began) == (2, 1, 1)
        assert (told["LH"].now, told["LH"].began, told["LH"].over, told["LH"].median) == (0, 1, 1, 30)
        assert told["HL"].so_far == 0 and told["LL"].now == 0
        other = page(client_for(cast.stranger))[0].context["stays"]
        assert {code: one.now for code, one in other.places if one.now} == {"LH": 1}


class TestStates:
    def test_no_night_and_one_night(self, cast, client_for, make_customer):
        for url in (URL, NAMES):
            assert "No night has been computed yet" in page(client_for(cast.owner), url)[1] or url == NAMES
        stand(kept(AS_OF, published=True), make_customer("A", owner=cast.owner))
        for url in (URL, NAMES):
            assert "only one night so far" in page(client_for(cast.owner), url)[1]

    @pytest.mark.parametrize("query", ["?from=x", "?to=999", "?axis=tier", "?from=%00&to=-1", "?axis=role&from=1e9"])
    def test_nonsense_is_told_and_ignored(self, cast, client_for, nights, query):
        answer, html = page(client_for(cast.owner), query=query)
        assert answer.context["chosen"].night == nights[2] and "not kept here" in html
        assert "could not be understood" in page(client_for(cast.owner), NAMES, query)[1]

    @pytest.mark.parametrize("query", ["?was=XX", "?now=%00", "?cause=luck", "?was=LOW"])
    def test_a_flow_that_is_none(self, cast, client_for, nights, query):
        assert "could not be understood" in page(client_for(cast.owner), NAMES, query)[1]

    @pytest.mark.parametrize("language", ["en", "zh-hans"])
    def test_sound_html(self, cast, client_for, nights, language):
        client = client_for(cast.admin, language)
        for axis in ("quadrant", "level", "stage"):
            query = ends(nights[0], nights[2], axis=axis)
            for url in (URL, NAMES):
                parser = html5lib.HTMLParser(strict=False)
                parser.parse(page(client, url, query)[1])
                assert not parser.errors, parser.errors[:3]

    def test_the_same_queries_for_more_customers(self, cast, client_for, nights, make_customer):
        client, counts = client_for(cast.owner), []
        for url in (URL, NAMES):
            query = ends(nights[0], nights[2])
            page(client, url, query)
            for code in ("M1", "M2"):
                if url == URL:
                    for night, place in ((nights[0], "LL"), (nights[2], "HH")):
                        stand(night, make_customer(code + str(night.pk), owner=cast.owner), quadrant=place)
                with CaptureQueriesContext(connection) as caught:
                    page(client, url, query)
                counts.append(len(caught))
        assert counts[0] == counts[1] and counts[2] == counts[3]


@pytest.fixture
def firm(make_customer, cast):
    """Thirty customers of the owner with orders in three categories."""
    draw = random.Random(9)
    categories = [Category.objects.create(name=name) for name in ("cables", "cameras", "service")]
    for i in range(30):
        customer = make_customer(f"K{i:02}", owner=cast.owner, scale=draw.choice(["", "SMALL", "LARGE"]))
        for n in range(draw.randrange(1, 9)):
            amount = Decimal(draw.randrange(10, 900))
            Transaction.objects.create(
                customer=customer, order_no=f"{i}-{n}", date=DAY - timedelta(days=draw.randrange(500)),
                quantity=draw.randrange(1, 30), amount=amount, cost=amount * Decimal(draw.choice(["0.5", "0.8"])),
                category=draw.choice(categories),
            )  # fmt: skip
    publish.refresh_days()


class TestCauses:
    def test_judged_again_by_its_own_rules_a_night_says_what_it_said(self, firm):
        night = nightly.run_night(as_of=DAY)
        found = counterfactual.places(night, night)
        for row in Standing.objects.filter(night=night):
            own = found.loc[row.customer_id]
            assert QUADRANTS[own["quadrant"]] == row.quadrant
            assert (LEVELS[own["level"]] if own["level"] >= 0 else "") == row.level

    def test_weights_are_blamed_for_what_only_weights_did(self, firm, cast, client_for):
        first = nightly.run_night(as_of=DAY)
        with opened():
            for code, value in (("gross_profit", "0.01"), ("cum_volume", "0.5070")):
                row = Weight.objects.get(indicator__code=code)
                row.value = value
                row.save()
        second = nightly.run_night(as_of=DAY)
        for axis in ("quadrant", "level"):
            answer, html = page(client_for(cast.owner), query=ends(first, second, axis=axis))
            table = answer.context["table"]
            assert table.moved > 0 and table.by_weights == table.moved and "by weights" in html
            names = page(client_for(cast.owner), NAMES, ends(first, second, axis=axis, cause="weights"))[0]
            assert names.context["total"] == table.moved
            assert page(client_for(cast.owner), NAMES, ends(first, second, axis=axis, cause="behaviour"))[0].context[
                "total"
            ] == 0  # fmt: skip

    def test_behaviour_alone(self, firm, cast, client_for):
        first = nightly.run_night(as_of=DAY - timedelta(days=120))
        second = nightly.run_night(as_of=DAY)
        table = page(client_for(cast.owner), query=ends(first, second))[0].context["table"]
        assert table.moved > 0 and table.by_weights == 0
