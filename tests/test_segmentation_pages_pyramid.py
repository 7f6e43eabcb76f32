"""The pyramid page: counts, shares and rules of the customers somebody sees, and who changed level."""

import html5lib
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from segmentation.numerics import pyramid as numerics
from segmentation.selectors import moves, population
from segmentation.views.pages import pictures
from tests.standings import make_night, stand, yesterday

pytestmark = [pytest.mark.django_db, pytest.mark.both]
URL = "/segmentation/pyramid/"
PLACES = [  # level, sublevel, gross profit
    ("HIGH", "KEY", 700),
    ("HIGH", "MAIN", 200),
    ("ORDINARY", "", 100),
    ("ORDINARY", "", 50),
    ("LOW", "", 20),
    ("LOW", "DISCREDITED", 10),
    ("LOW", "POOR", -30),
    ("", "", 7),
]


@pytest.fixture
def night(db):
    return make_night()


@pytest.fixture
def book(cast, make_customer, night):
    """Eight customers of the owner, one of a stranger; yesterday the second was ordinary and the last was low."""
    before, found = yesterday(night), []
    for i, (level, sublevel, profit) in enumerate(PLACES):
        customer = make_customer(f"C{i}", owner=cast.owner, industry="Rail" if i % 2 else "Power")
        rank = i + 1 if level else None
        scores = {"total_score": 1.0 - i if level else None, "quadrant": "HH" if level else "UNSCORED"}
        stand(night, customer, level=level, sublevel=sublevel, gross_profit=profit, rank=rank, warned=i == 1, **scores)
        was = {1: "ORDINARY", 7: "LOW"}.get(i, level)
        stand(before, customer, level=was, sublevel="", gross_profit=profit, rank=9 - i)
        found.append(customer)
    outside = make_customer("Z9", owner=cast.stranger)
    stand(night, outside, level="HIGH", sublevel="KEY", gross_profit=10**6, rank=1)
    return found


def page(client, query=""):
    answer = client.get(URL + query)
    assert answer.status_code == 200
    return answer, answer.content.decode()


class TestWho:
    def test_each_sees_the_own_customers(self, cast, client_for, book):
        for user, ranked in [(cast.owner, 7), (cast.lead, 7), (cast.stranger, 1), (cast.admin, 8), (cast.teammate, 0)]:
            answer, _html = page(client_for(user))
            assert answer.context["table"].ranked == ranked, user
        assert page(client_for(cast.other_lead))[0].context["table"].ranked == 1

    def test_the_scope_is_said_in_words(self, cast, client_for, book):
        assert "counts and profit here are of the customers you may see" in page(client_for(cast.owner))[1]
        assert "you may see" not in page(client_for(cast.admin))[1]
        assert "match the filters" in page(client_for(cast.admin), "?industry=Rail")[1]

    def test_anonymous_and_wrong_method(self, cast, client_for):
        assert client_for(None).get(URL).status_code == 302
        assert client_for(cast.owner).post(URL).status_code == 405


class TestFigures:
    def test_levels_partition_what_is_shown(self, cast, client_for, book):
        table = page(client_for(cast.owner))[0].context["table"]
        assert [row.count for row in table.rows] == [2, 2, 3] and table.unranked.count == 1
        assert table.customers == 8
        for row in table.rows:
            if row.parts:
                assert sum(part.count for part in row.parts) == row.count
                assert sum(part.profit for part in row.parts) == pytest.approx(row.profit)
        assert sum(row.share for row in table.rows) == pytest.approx(1)
        assert sum(row.profit_share for row in table.rows) == pytest.approx(1)
        assert table.profit == pytest.approx(1050) and table.high.profit_share == pytest.approx(900 / 1050)

    def test_rules_by_level_and_by_profit(self, cast, client_for, book):
        checks = page(client_for(cast.owner))[0].context["checks"]
        by_rule = {rule: (level.met, best.met) for rule, level, best in checks}
        assert by_rule == {0.7: (True, True), 0.8: (True, True)}  # 900 of 1,050 both ways
        assert checks[0][2].share == pytest.approx(900 / 1050)

    def test_the_curve_is_that_of_the_numerics(self, cast, client_for, book):
        curve = page(client_for(cast.owner))[0].context["curve"]
        expected = numerics.pareto([profit for level, _sub, profit in PLACES if level])
        assert curve.count == 7 and curve.profit.tolist() == pytest.approx(expected.profit.tolist())

    def test_the_pictures_hold_everybody(self, cast, client_for, book):
        table = page(client_for(cast.owner))[0].context["table"]
        for chart in pictures(table):
            assert chart.total == 7 and sum(part.count for row in chart.rows for part in row.slices) == 7

    def test_without_any_known_cost_sales_stand_in(self, cast, client_for, make_customer, night):
        for i, amount in enumerate([900, 50, 50]):
            customer = make_customer(f"S{i}", owner=cast.owner)
            stand(night, customer, level=["HIGH", "ORDINARY", "LOW"][i], gross_profit=None, amount=amount)
        answer, html = page(client_for(cast.owner))
        assert answer.context["table"].measure == "amount" and "sales stand in for profit" in html
        assert answer.context["table"].high.profit_share == pytest.approx(0.9)

    def test_losses_in_total_have_no_shares(self, cast, client_for, make_customer, night):
        stand(night, make_customer("L1", owner=cast.owner), level="HIGH", gross_profit=-5)
        answer, html = page(client_for(cast.owner))
        assert answer.context["table"].high.profit_share is None and "no profit in total" in html


class TestMoves:
    def test_matrix_and_movers(self, cast, client_for, book, night):
        answer, html = page(client_for(cast.owner))
        found = answer.context["moves"]
        cells = {(cell.before, cell.after): cell.count for row in found.rows for cell in row}
        assert sum(cells.values()) == 7 and cells["ORDINARY", "HIGH"] == 1 and found.up == 1 and found.down == 0
        assert (found.left, found.entered, found.moved) == (1, 0, 1)
        (mover,) = answer.context["movers"]
        assert (mover.code, mover.was[0], mover.now) == ("C1", "ORDINARY", ("HIGH", "MAIN"))
        assert "was_level=ORDINARY" in html and "level=HIGH" in html

    def test_new_customers_are_counted_apart(self, cast, client_for, book, make_customer, night):
        stand(night, make_customer("NEW", owner=cast.owner), level="LOW")
        assert page(client_for(cast.owner))[0].context["moves"].entered == 1

    def test_first_night_has_nothing_to_compare_with(self, cast, client_for, make_customer, night):
        stand(night, make_customer("C", owner=cast.owner))
        answer, html = page(client_for(cast.owner))
        assert answer.context["moves"] is None and "no earlier night" in html
        assert moves.level_movers(None, None) == []


class TestAddress:
    def test_filters_narrow_and_follow_into_the_list(self, cast, client_for, book):
        answer, html = page(client_for(cast.owner), "?industry=Rail")
        assert answer.context["table"].customers == 4
        assert "/customers/?industry=Rail&amp;level=HIGH" in html
        listed = client_for(cast.owner).get("/customers/?industry=Rail&level=HIGH")
        assert listed.context["total"] == answer.context["table"].high.count

    def test_every_level_opens_as_many_customers_as_it_says(self, cast, client_for, book):
        client = client_for(cast.owner)
        table = page(client)[0].context["table"]
        for row in table.rows:
            assert client.get(f"/customers/?level={row.level}").context["total"] == row.count
            for part in row.parts:
                if part.door:
                    assert client.get(f"/customers/?sublevel={part.sublevel}").context["total"] == part.count

    @pytest.mark.parametrize(
        "query", ["?tier=NOPE", "?owner=x", "?team=9999", "?foo=1", "?industry=%00", "?tier=FRIEND&tier=", "?view=x"]
    )
    def test_bad_input_is_told_and_ignored(self, cast, client_for, book, query):
        for user in (cast.owner, cast.lead, cast.admin):
            page(client_for(user), query)
        assert "foo" in page(client_for(cast.admin), "?foo=1")[1]

    def test_a_manager_cannot_look_through_another_owner(self, cast, client_for, book):
        answer, _html = page(client_for(cast.owner), f"?owner={cast.stranger.pk}")
        assert answer.context["table"].ranked == 7 and answer.context["narrowed"].unknown == ["owner"]


class TestStates:
    @pytest.mark.parametrize("language", ["en", "zh-hans"])
    def test_sound_html_in_every_state(self, cast, client_for, book, language):
        for user, query in [(cast.owner, ""), (cast.teammate, ""), (cast.admin, "?tier=PARTNER"), (cast.lead, "?x=1")]:
            parser = html5lib.HTMLParser(strict=False)
            parser.parse(page(client_for(user, language), query)[1])
            assert not parser.errors, parser.errors[:3]

    def test_before_any_night(self, cast, client_for, make_customer):
        make_customer("C", owner=cast.owner)
        assert "No night has been computed yet" in page(client_for(cast.owner))[1]

    def test_empty_scopes_say_what_to_do(self, cast, client_for, book):
        assert "You have no customers yet" in page(client_for(cast.teammate))[1]
        assert "No customer matches these filters" in page(client_for(cast.owner), "?tier=PARTNER")[1]

    def test_nobody_ranked(self, cast, client_for, make_customer, night):
        stand(night, make_customer("P", owner=cast.owner), level="", quadrant="UNSCORED", total_score=None, orders=0)
        assert "Nobody here is scored yet" in page(client_for(cast.owner))[1]

    def test_as_many_queries_for_one_customer_as_for_three(self, cast, client_for, make_customer, night):
        before = yesterday(night)

        def count(client):
            with CaptureQueriesContext(connection) as queries:
                page(client)
            return len(queries)

        client, found = client_for(cast.owner), []
        for code in ("Q1", "Q2", "Q3"):
            customer = make_customer(code, owner=cast.owner)
            stand(before, customer, level="LOW", rank=5)
            stand(night, customer, level="HIGH", sublevel="KEY", rank=1)
            page(client)
            found.append(count(client))
        assert found[0] == found[1] == found[2] <= 16


def test_customers_without_standing_count_as_unranked(cast, client_for, make_customer, night):
    make_customer("N1", owner=cast.owner)
    stand(night, make_customer("N2", owner=cast.owner), level="LOW")
    for user in (cast.owner, cast.admin):
        table = page(client_for(user))[0].context["table"]
        assert (table.ranked, table.unranked.count, table.customers) == (1, 1, 2)


def test_a_finished_night_is_kept_but_who_may_see_is_asked_afresh(cast, client_for, book, night):
    night.checksum, night.rows = "kept", 9
    night.save()
    client = client_for(cast.owner)
    assert page(client)[0].context["table"].ranked == 7
    for customer in book[:2]:
        customer.owner = cast.stranger
        customer.save()
    table = page(client)[0].context["table"]
    assert table.ranked == 5 and table.high.count == 0
    assert page(client_for(cast.stranger))[0].context["table"].high.count == 3
    population._kept.cache_clear()
