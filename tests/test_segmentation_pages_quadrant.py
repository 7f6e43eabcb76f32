"""The quadrant page: the picture of the customers somebody sees, strategies, moves, and who is not scored and why."""

import re
from datetime import timedelta

import html5lib
import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers.models import Customer, Standing
from segmentation.numerics import quadrant as numerics
from tests.standings import AS_OF, USUAL, make_night, stand, yesterday

pytestmark = [pytest.mark.django_db, pytest.mark.both]
URL = "/segmentation/quadrant/"
SCORES = {"HH": (0.8, 0.4), "HL": (0.6, -0.5), "LH": (-0.7, 0.9), "LL": (-0.7, -0.8)}


@pytest.fixture
def night(db):
    return make_night()


def place(night, customer, code, **fields):
    x, y = SCORES[code]
    return stand(night, customer, quadrant=code, current_score=x, potential_score=y, total_score=x + y, **fields)


@pytest.fixture
def book(cast, make_customer, night):
    """One customer of the owner in each quadrant, the first in another one yesterday; one elsewhere; two unscored."""
    before = yesterday(night)
    for i, code in enumerate(SCORES):
        customer = make_customer(f"C{i}", owner=cast.owner, industry="Rail" if i < 2 else "Power")
        place(night, customer, code, warned=i == 0, clv=100.0 * (i + 1))
        place(before, customer, "LL" if i == 0 else code)
    place(night, make_customer("Z9", owner=cast.stranger), "HH")
    empty = {"quadrant": "UNSCORED", "level": "", "current_score": None, "potential_score": None, "total_score": None}
    stand(night, make_customer("N0", owner=cast.owner), orders=0, **empty)
    stand(night, make_customer("N1", owner=cast.owner, exited_on=AS_OF - timedelta(days=9)), **empty)
    stand(night, make_customer("N2", owner=cast.owner), **{**empty, "current_score": 0.2})
    make_customer("N3", owner=cast.owner)
    return before


def page(client, query=""):
    answer = client.get(URL + query)
    assert answer.status_code == 200
    return answer, answer.content.decode()


class TestWho:
    def test_each_sees_the_own_customers(self, cast, client_for, book):
        for user, scored in [(cast.owner, 4), (cast.lead, 4), (cast.stranger, 1), (cast.admin, 5), (cast.teammate, 0)]:
            assert page(client_for(user))[0].context["table"].scored == scored, user
        links = set(re.findall(r'href="/customers/([A-Z]\d)/"', page(client_for(cast.stranger))[1]))
        assert links == {"Z9"}

    def test_anonymous_and_wrong_method(self, cast, client_for):
        assert client_for(None).get(URL).status_code == 302
        assert client_for(cast.owner).delete(URL).status_code == 405


class TestFigures:
    def test_quadrants_partition_and_every_reason_is_told(self, cast, client_for, book):
        answer, html = page(client_for(cast.owner))
        table = answer.context["table"]
        assert [(corner.code, corner.count) for corner in table.corners] == [("HH", 1), ("HL", 1), ("LH", 1), ("LL", 1)]
        assert table.unscored == {"NEW": 1, "EXITED": 1, "NO_ORDER": 1, "POTENTIAL": 1}
        assert table.customers == 8 == Customer.objects.filter(owner=cast.owner).count()
        for words in ("never ordered", "left by decision", "new since the night", "no indicator of potential value"):
            assert words in html

    def test_few_customers_are_links_with_names(self, cast, client_for, book):
        _answer, html = page(client_for(cast.owner))
        assert re.search(r'<a href="/customers/C0/" tabindex="-1"><circle class="point"[^>]*><title>C0 ', html)

    def test_strategy_of_every_quadrant_in_the_readers_language(self, cast, client_for, book):
        assert "Keep and develop" in page(client_for(cast.owner))[1]
        chinese = page(client_for(cast.owner, "zh-hans"))[1]
        assert "保持并发展" in chinese and "Keep and develop" not in chinese

    def test_cells_open_as_many_customers_as_they_say(self, cast, client_for, book):
        client = client_for(cast.owner)
        answer, html = page(client, "?view=density")
        chart = answer.context["chart"]
        assert chart.mode == "CELLS" and sum(cell.count for cell in chart.cells) == 4
        found = re.findall(
            r'<a href="(/customers/\?[^"]*quadrant=[^"]*)" tabindex="-1"><rect[^>]*><title>[^<]*: (\d+)', html
        )
        assert len(found) == sum(len(chart.cells) for chart in answer.context["charts"])
        for href, count in found:
            listed = client.get(href.replace("&amp;", "&"))
            assert listed.context["total"] == int(count) and not listed.context.get("wrong")

    def test_codes_drawn_are_those_stored(self, cast, client_for, night):
        rng = np.random.default_rng(7)
        x, y = rng.normal(size=(2, 450))
        codes = numerics.assign(x, y, (0, 0))
        rows = [Customer(code=f"M{i:03}", name=f"M{i:03}", owner=cast.owner) for i in range(450)]
        Customer.objects.bulk_create(rows)
        ids = dict(Customer.objects.values_list("code", "id"))
        Standing.objects.bulk_create(
            Standing(
                **{**USUAL, "night": night, "customer_id": ids[f"M{i:03}"], "quadrant": codes[i]}
                | {"current_score": float(x[i]), "potential_score": float(y[i])}
            )
            for i in range(450)
        )
        answer, _html = page(client_for(cast.owner))
        assert answer.context["chart"].mode == "PATHS"
        for corner in answer.context["table"].corners:
            assert corner.count == int((codes == corner.code).sum())
            drawn = next(g for g in answer.context["chart"].groups if g.quadrant == corner.code)
            assert drawn.count == corner.count

    def test_indicators_without_data_are_named(self, cast, client_for, book, night):
        night.warnings = [{"code": "indicator_missing", "indicator": "bank_credit"}]
        night.save()
        assert "no data this night for Bank credit" in page(client_for(cast.owner))[1]


class TestMoves:
    def test_matrix_and_the_farthest(self, cast, client_for, book):
        answer, html = page(client_for(cast.owner))
        found = answer.context["moves"]
        assert (found.up, found.down, found.across, found.entered, found.left) == (1, 0, 0, 0, 0)
        assert sum(cell.count for row in found.rows for cell in row) == 4
        (mover,) = answer.context["movers"]
        assert mover.code == "C0" and mover.current == pytest.approx(1.5) and "was_quadrant=LL" in html
        listed = client_for(cast.owner).get("/customers/?was_quadrant=LL&quadrant=HH")
        assert listed.context["total"] == 1


class TestAddress:
    def test_filters_narrow_the_picture(self, cast, client_for, book):
        answer, html = page(client_for(cast.owner), "?industry=Rail&view=density")
        assert answer.context["table"].scored == 2 and len(answer.context["narrowed"].chips) == 1
        assert "industry=Rail&amp;quadrant=HH" in html
        assert answer.context["narrowed"].unknown == []

    @pytest.mark.parametrize("query", ["?view=%00", "?tier=1", "?owner=-1", "?industry=" + "x" * 500, "?team=abc"])
    def test_bad_input_is_ignored(self, cast, client_for, book, query):
        for user in (cast.owner, cast.lead, cast.admin):
            page(client_for(user), query)

    def test_a_lead_filters_by_owner_an_admin_by_team(self, cast, client_for, book):
        lead = page(client_for(cast.lead), f"?owner={cast.owner.pk}")[0]
        assert lead.context["table"].scored == 4 and not lead.context["narrowed"].unknown
        admin = page(client_for(cast.admin), f"?team={cast.stranger.team_id}")[0]
        assert admin.context["table"].scored == 1 and not admin.context["narrowed"].whole


class TestStates:
    @pytest.mark.parametrize("language", ["en", "zh-hans"])
    @pytest.mark.parametrize("query", ["", "?view=density", "?tier=PARTNER"])
    def test_sound_html(self, cast, client_for, book, language, query):
        for user in (cast.owner, cast.teammate, cast.admin):
            parser = html5lib.HTMLParser(strict=False)
            parser.parse(page(client_for(user, language), query)[1])
            assert not parser.errors, parser.errors[:3]

    def test_before_any_night_and_with_nobody_scored(self, cast, client_for, make_customer):
        make_customer("C", owner=cast.owner)
        assert "No night has been computed yet" in page(client_for(cast.owner))[1]
        night = make_night()
        answer, html = page(client_for(cast.owner))
        assert answer.context["table"].unscored == {"NEW": 1} and "Nobody here is scored yet" in html
        assert night.pk

    def test_as_many_queries_for_one_customer_as_for_three(self, cast, client_for, make_customer, night):
        before, client, found = yesterday(night), client_for(cast.owner), []
        for code in ("Q1", "Q2", "Q3"):
            customer = make_customer(code, owner=cast.owner)
            place(before, customer, "LL")
            place(night, customer, "HH")
            page(client)
            with CaptureQueriesContext(connection) as queries:
                page(client)
            found.append(len(queries))
        assert found[0] == found[1] == found[2] <= 17
