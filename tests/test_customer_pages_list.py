"""The customer list: who sees what, what the address narrows, orders and shows, and what bad input does."""

import html5lib
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers.models import Customer, User
from customers.selectors import listing
from tests.standings import make_night, stand, yesterday

pytestmark = [pytest.mark.django_db, pytest.mark.both]
URL = "/customers/"
MOST_QUERIES = 16


def names(response):
    return [row.code for row in response.context["rows"]]


@pytest.fixture
def night(db):
    return make_night()


@pytest.fixture
def three(cast, make_customer, night):
    """Three customers of the owner with different standings, and one of the stranger."""
    found = [
        make_customer("A1", name="Alpha", owner=cast.owner, tier="FRIEND", industry="Power", region="North"),
        make_customer("B2", name="上海电力", owner=cast.owner, tier="ACQUAINTANCE", industry="Power", region="South"),
        make_customer("C3", name="Gamma", owner=cast.owner, tier="ACQUAINTANCE", industry="Finance", region="North"),
    ]
    for customer, score, stage in zip(found, (1.5, 0.5, -1.0), ("STABLE", "DECLINE", "DECLINE"), strict=True):
        stand(night, customer, total_score=score, clv=score * 100, stage=stage, warned=stage == "DECLINE")
    make_customer("Z9", owner=cast.stranger)
    return found


class TestWho:
    def test_owner_lead_and_admin(self, cast, client_for, three):
        assert names(client_for(cast.owner).get(URL)) == ["A1", "B2", "C3"]
        assert names(client_for(cast.lead).get(URL)) == ["A1", "B2", "C3"]
        assert names(client_for(cast.admin).get(URL)) == ["A1", "B2", "C3", "Z9"]

    def test_teammate_and_stranger_see_nothing_of_it(self, cast, client_for, three):
        assert names(client_for(cast.teammate).get(URL)) == []
        assert names(client_for(cast.stranger).get(URL)) == ["Z9"]
        assert names(client_for(cast.other_lead).get(URL + "?q=Alpha")) == []

    def test_a_lead_sees_customers_without_owner(self, cast, client_for, make_customer):
        make_customer("N1")
        assert names(client_for(cast.lead).get(URL)) == ["N1"]
        assert names(client_for(cast.owner).get(URL)) == []

    def test_anonymous_is_sent_to_sign_in(self, client_for):
        response = client_for(None).get(URL)
        assert response.status_code == 302 and "/accounts/login/" in response["Location"]

    def test_only_reading(self, cast, client_for):
        assert client_for(cast.owner).post(URL).status_code == 405
        assert client_for(cast.owner).head(URL).status_code == 200

    def test_manager_cannot_filter_by_owner(self, cast, client_for, three):
        response = client_for(cast.owner).get(URL + f"?owner={cast.stranger.pk}")
        assert response.context["unknown"] == ["owner"]


class TestFilters:
    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("q=alp", ["A1"]),
            ("q=shdl", ["B2"]),  # pinyin initials
            ("q=shanghai", ["B2"]),
            ("q=dianli", ["B2"]),
            ("q=ALPHA", ["A1"]),
            ("q=ａｌｐ", ["A1"]),  # full-width letters
            ("q=ph", ["A1"]),
            ("q=上海", ["B2"]),
            ("q=b2", ["B2"]),
            ("q=alpha+nothing", []),
            ("tier=FRIEND", ["A1"]),
            ("tier=FRIEND&tier=ACQUAINTANCE", ["A1", "B2", "C3"]),
            ("stage=DECLINE", ["B2", "C3"]),
            ("stage=DECLINE&industry=Power", ["B2"]),
            ("industry=Nowhere", []),
            ("region=North", ["A1", "C3"]),
            ("warned=on", ["B2", "C3"]),
            ("score_min=0.5", ["A1", "B2"]),
            ("score_min=0.5&score_max=1", ["B2"]),
            ("clv_max=-1", ["C3"]),
            ("last_after=2026-02-02", []),
            ("last_before=2026-02-01&tier=FRIEND", ["A1"]),
            ("restricted=on", []),
        ],
    )
    def test_narrow(self, cast, client_for, three, query, expected):
        response = client_for(cast.owner).get(f"{URL}?{query}")
        assert names(response) == expected
        assert response.context["total"] == len(expected)

    def test_owner_and_team(self, cast, client_for, three):
        admin = client_for(cast.admin)
        assert names(admin.get(f"{URL}?owner={cast.stranger.pk}")) == ["Z9"]
        assert names(admin.get(f"{URL}?team={cast.owner.team_id}")) == ["A1", "B2", "C3"]

    def test_nobody_is_a_choice(self, cast, client_for, three, make_customer):
        make_customer("N1")
        assert names(client_for(cast.admin).get(f"{URL}?owner=null")) == ["N1"]

    def test_proposed(self, cast, client_for, three):
        Customer.objects.filter(code="B2").update(proposed_tier="FRIEND")
        assert names(client_for(cast.owner).get(f"{URL}?proposed=FRIEND")) == ["B2"]

    def test_what_moved_since_the_night_before(self, cast, client_for, three, night):
        before = yesterday(night)
        for customer in three:
            stand(before, customer, stage="STABLE", quadrant="HH")
        owner = client_for(cast.owner)
        assert names(owner.get(f"{URL}?moved=stage")) == ["B2", "C3"]
        assert names(owner.get(f"{URL}?was_stage=STABLE&stage=DECLINE")) == ["B2", "C3"]
        assert names(owner.get(f"{URL}?moved=quadrant")) == []

    def test_chips_take_one_away_and_keep_the_rest(self, cast, client_for, three):
        response = client_for(cast.owner).get(f"{URL}?tier=FRIEND&stage=STABLE&stage=DECLINE&score_min=1&sort=clv")
        chips = {chip.label: chip.remove for chip in response.context["chips"]}
        assert set(chips) == {"Tier: Friend", "Stage: Stability", "Stage: Decline", "Total score from 1"}
        assert chips["Stage: Decline"] == "?tier=FRIEND&stage=STABLE&score_min=1&sort=clv"
        assert response.context["clear"] == "?sort=clv"

    def test_blank_fields_leave_the_address(self, cast, client_for, three):
        response = client_for(cast.owner).get(f"{URL}?q=&tier=FRIEND&score_min=&warned=")
        assert response.status_code == 302 and response["Location"] == "?tier=FRIEND"


class TestBadInput:
    @pytest.mark.parametrize(
        "query",
        [
            "tier=NOPE",
            "score_min=NaN",
            "score_min=Infinity",
            "amount_min=1e400",
            "amount_max=99999999999999999999",
            "last_after=31/02/2026",
            "q=%00",
            "page=0",
            "page=-3",
            "page=x",
            "page=999999999999999999999",
            "size=7",
            "sort=owner__password",
            "sort=--clv",
            "owner__password__startswith=a",
            "_connector=OR",
            "q=" + "x" * 10_000,
            "q=%25%27%3B--",
        ],
    )
    def test_is_ignored_with_a_page(self, cast, client_for, three, query):
        response = client_for(cast.admin).get(f"{URL}?{query}", follow=True)
        assert response.status_code == 200 and len(response.redirect_chain) < 2
        html5lib.HTMLParser(strict=True).parse(response.content.decode())

    def test_unknown_parameters_are_told(self, cast, client_for, three):
        response = client_for(cast.owner).get(f"{URL}?colour=red&tier=FRIEND")
        assert response.context["unknown"] == ["colour"] and names(response) == ["A1"]
        assert "colour" in response.content.decode()

    def test_unreadable_values_are_told(self, cast, client_for, three):
        response = client_for(cast.owner).get(f"{URL}?score_min=many")
        assert [name for name, _errors in response.context["wrong"]] == ["Total score"]
        assert names(response) == ["A1", "B2", "C3"]

    def test_unknown_order_is_told(self, cast, client_for, three):
        response = client_for(cast.owner).get(f"{URL}?sort=password")
        assert response.context["refused"] and names(response) == ["A1", "B2", "C3"]

    def test_a_name_is_escaped(self, cast, client_for, make_customer, night):
        make_customer("<x>", name="<script>alert(1)</script>", owner=cast.owner)
        body = client_for(cast.owner).get(URL).content.decode()
        assert "<script>alert(1)" not in body and "&lt;script&gt;alert(1)" in body


class TestOrder:
    @pytest.mark.parametrize(
        ("sort", "expected"),
        [
            ("score", ["C3", "B2", "A1", "D4"]),
            ("-score", ["A1", "B2", "C3", "D4"]),
            ("clv", ["C3", "B2", "A1", "D4"]),
            ("code", ["A1", "B2", "C3", "D4"]),
            ("-code", ["D4", "C3", "B2", "A1"]),
            ("name", ["A1", "D4", "C3", "B2"]),  # shanghai after gamma
            ("-last_order", ["A1", "B2", "C3", "D4"]),
        ],
    )
    def test_those_without_a_value_come_last(self, cast, client_for, three, make_customer, sort, expected):
        make_customer("D4", name="Delta", owner=cast.owner)  # no standing: new since the night
        assert names(client_for(cast.owner).get(f"{URL}?sort={sort}")) == expected

    def test_pages_meet_exactly(self, cast, client_for, make_customer, night):
        scored = [make_customer(f"S{i:02}", owner=cast.owner) for i in range(13)]
        for i, customer in enumerate(scored):
            stand(night, customer, total_score=float(i))
        for i in range(9):
            make_customer(f"U{i:02}", owner=cast.owner)
        owner = client_for(cast.owner)
        seen = [code for page in (1, 2, 3) for code in names(owner.get(f"{URL}?size=10&page={page}"))]
        assert seen == [f"S{i:02}" for i in reversed(range(13))] + [f"U{i:02}" for i in range(9)]

    def test_an_order_without_index_is_offered_only_to_small_lists(self):
        assert listing.sort_of("-last_order", True, 100) == ("last_order", True)
        assert listing.sort_of("-last_order", True, listing.SORTABLE_ROWS + 1) == ("score", True)
        assert listing.sort_of("-clv", True, 10**7) == ("clv", True)
        assert listing.sort_of("-clv", None, 10) == ("name", False)


class TestHabits:
    def test_page_size_is_remembered(self, cast, client_for, three):
        owner = client_for(cast.owner)
        owner.get(f"{URL}?size=50")
        assert User.objects.get(pk=cast.owner.pk).page_size == 50
        assert owner.get(URL).context["page"].paginator.per_page == 50

    def test_columns_are_remembered(self, cast, client_for, three):
        owner = client_for(cast.owner)
        response = owner.post(
            f"{URL}columns/", {"columns": ["clv", "nonsense", "industry"], "next": f"{URL}?tier=FRIEND"}
        )
        assert response.status_code == 302 and response["Location"] == f"{URL}?tier=FRIEND"
        assert [column.key for column in owner.get(URL).context["columns"]] == ["clv", "industry"]

    def test_every_column_draws(self, cast, client_for, three):
        from customers.selectors.columns import CHOOSABLE

        owner = client_for(cast.owner)
        for key in CHOOSABLE:
            User.objects.filter(pk=cast.owner.pk).update(list_columns=[key])
            assert owner.get(URL).status_code == 200, key

    def test_columns_never_lead_away(self, cast, client_for):
        response = client_for(cast.owner).post(f"{URL}columns/", {"columns": "clv", "next": "https://evil.example/"})
        assert response["Location"] == URL
        assert client_for(cast.owner).get(f"{URL}columns/").status_code == 405
        assert client_for(None).post(f"{URL}columns/").status_code == 302

    def test_the_way_back_keeps_the_place(self, cast, client_for, three):
        owner = client_for(cast.owner)
        owner.get(f"{URL}?stage=DECLINE&page=1")
        assert "/customers/?stage=DECLINE&amp;page=1" in owner.get(f"{URL}B2/").content.decode()


class TestStates:
    def test_before_the_first_night(self, cast, client_for, make_customer):
        make_customer("A1", owner=cast.owner)
        response = client_for(cast.owner).get(URL)
        assert names(response) == ["A1"] and not any(column.of_night for column in response.context["columns"])
        assert client_for(cast.owner).get(f"{URL}?stage=STABLE").context["unknown"] == ["stage"]

    def test_nothing_at_all_says_what_to_do(self, cast, client_for):
        assert "/imports/" in client_for(cast.admin).get(URL).content.decode()
        assert "No customers yet" in client_for(cast.owner).get(URL).content.decode()

    def test_nothing_matches_offers_to_clear(self, cast, client_for, three):
        body = client_for(cast.owner).get(f"{URL}?q=zzz").content.decode()
        assert "No customer matches these filters." in body and "Clear all filters" in body

    @pytest.mark.parametrize("language", ["en", "zh-hans"])
    def test_is_sound_html(self, cast, client_for, three, language):
        body = client_for(cast.admin, language).get(URL).content.decode()
        html5lib.HTMLParser(strict=True).parse(body)
        assert 'href="/customers/A1/"' in body

    def test_as_many_queries_for_three_rows_as_for_one(self, cast, client_for, make_customer, night):
        client, needed = client_for(cast.admin), []
        client.get(URL)
        for count in (1, 3):
            while Customer.objects.count() < count:
                number = Customer.objects.count()
                customer = make_customer(f"Q{number}", owner=cast.owner if number else cast.lead, industry=f"I{number}")
                stand(night, customer)
            with CaptureQueriesContext(connection) as captured:
                assert len(client.get(URL).context["rows"]) == count
            needed.append(len(captured))
        assert needed[0] == needed[1] <= MOST_QUERIES
