"""The portfolio: the mix of tiers against the target, concentration, the matrix, and proposals accepted in a row."""

from decimal import Decimal

import html5lib
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers.charts import mix_chart
from customers.models import Customer, FirmProfile, TierChange, TierTarget
from customers.selectors import movement, portfolio
from customers.vocabulary import FirmSize
from tests.standings import make_night, stand, yesterday

pytestmark = [pytest.mark.django_db, pytest.mark.both]
URL = "/customers/portfolio/"


@pytest.fixture
def night(db):
    return make_night()


@pytest.fixture
def book(cast, make_customer, night):
    """Ten customers of the owner: six acquaintances, two friends, one partner, one stranger; and one elsewhere."""
    tiers = ["ACQUAINTANCE"] * 6 + ["FRIEND"] * 2 + ["PARTNER", "STRANGER"]
    found = []
    for i, tier in enumerate(tiers):
        customer = make_customer(f"C{i}", owner=cast.owner, tier=tier)
        profit = None if tier == "STRANGER" else 100 * (i + 1)
        stand(night, customer, gross_profit=profit, clv=None if profit is None else 10.0 * (i + 1), warned=i == 0)
        found.append(customer)
    stand(night, make_customer("Z9", owner=cast.stranger, tier="PARTNER"), gross_profit=10**6)
    return found


def tier_mix(user, night):
    return portfolio.tier_mix(user, night, portfolio.firm_size(), portfolio.targets())


def hanging(user, night, size):
    return portfolio.concentration(user, night, size, tier_mix(user, night)[0])


class TestWho:
    def test_each_sees_the_own_customers(self, cast, client_for, book):
        assert client_for(cast.owner).get(URL).context["trading"] == 9
        assert client_for(cast.lead).get(URL).context["trading"] == 9
        assert client_for(cast.stranger).get(URL).context["trading"] == 1
        assert client_for(cast.admin).get(URL).context["trading"] == 10
        assert client_for(cast.teammate).get(URL).context["trading"] == 0

    def test_anonymous_and_wrong_method(self, cast, client_for):
        assert client_for(None).get(URL).status_code == 302
        assert client_for(cast.owner).post(URL).status_code == 405

    @pytest.mark.parametrize("language", ["en", "zh-hans"])
    def test_is_sound_html_in_every_state(self, cast, client_for, book, language):
        Customer.objects.filter(code="C0").update(proposed_tier="FRIEND")
        for user in (cast.owner, cast.teammate, cast.stranger):
            body = client_for(user, language).get(URL).content.decode()
            html5lib.HTMLParser(strict=True).parse(body)

    def test_before_the_first_night(self, cast, client_for, make_customer):
        make_customer("A", owner=cast.owner, tier="FRIEND")
        response = client_for(cast.owner).get(URL)
        assert response.status_code == 200 and response.context["trading"] == 1

    def test_as_many_queries_for_three_proposals_as_for_one(self, cast, client_for, book):
        client, needed = client_for(cast.owner), []
        client.get(URL)
        for codes in (["C0"], ["C0", "C1", "C6"]):
            Customer.objects.filter(code__in=codes).update(proposed_tier="PARTNER")
            with CaptureQueriesContext(connection) as captured:
                assert len(client.get(URL).context["proposals"]) == len(codes)
            needed.append(len(captured))
        assert needed[0] == needed[1] <= 42


class TestMix:
    def test_shares_profit_and_gap(self, cast, night, book):
        rows, strangers = tier_mix(cast.owner, night)
        assert strangers == 1
        assert [(row.tier, row.count) for row in rows] == [("ACQUAINTANCE", 6), ("FRIEND", 2), ("PARTNER", 1)]
        assert sum(row.share for row in rows) == pytest.approx(1)
        assert [row.profit for row in rows] == [Decimal(2100), Decimal(1500), Decimal(900)]
        assert sum(row.profit_share for row in rows) == pytest.approx(1)
        assert rows[0].per_customer == 350.0 and rows[0].clv_each == pytest.approx(35) and rows[0].warned == 1

    def test_gap_against_the_band_of_a_small_firm(self, cast, night, book):
        rows, _strangers = tier_mix(cast.owner, night)
        assert rows[0].gap == pytest.approx(6 / 9 - 0.75)
        assert rows[1].gap == 0
        assert rows[2].gap == pytest.approx(1 / 9 - 0.05)

    def test_a_large_firm_has_other_targets(self, cast, night, book):
        FirmProfile.objects.filter(pk=1).update(size="LARGE")
        rows, _strangers = tier_mix(cast.owner, night)
        assert (rows[1].low, rows[1].high) == (0.6, 1.0) and rows[1].gap == pytest.approx(2 / 9 - 0.6)

    def test_nobody_trades(self, cast, night):
        rows, strangers = tier_mix(cast.owner, night)
        assert strangers == 0 and all(row.share == 0 for row in rows)

    def test_bars_stay_in_the_drawing(self, cast, night, book):
        rows, _strangers = tier_mix(cast.owner, night)
        for bar in mix_chart(rows):
            assert 0 <= bar.width <= 560 and bar.band_x >= 0 and bar.band_x + bar.band_width <= 560 + 1e-9


class TestTargets:
    def test_come_by_migration_for_both_sizes(self):
        bands = {(row.firm_size, row.tier): (row.low, row.high) for row in TierTarget.objects.all()}
        assert bands[("LARGE", "ACQUAINTANCE")] == (0, 20)
        assert bands[("LARGE", "FRIEND")][0] == 60
        assert bands[("SMALL", "ACQUAINTANCE")][0] == 75
        assert set(bands) == {(size.value, tier.value) for size in FirmSize for tier in portfolio.TIERS}

    def test_both_languages_show_their_strategy(self, cast, client_for, book):
        row = TierTarget.objects.get(firm_size="SMALL", tier="FRIEND")
        assert row.strategy in client_for(cast.owner).get(URL).content.decode()
        assert row.strategy_zh in client_for(cast.owner, "zh-hans").get(URL).content.decode()


class TestConcentration:
    def test_shares(self, cast, night, book):
        found = hanging(cast.owner, night, FirmSize.SMALL)
        assert found.top_one == pytest.approx(900 / 4500)
        assert found.top_five == pytest.approx((900 + 800 + 700 + 600 + 500) / 4500)
        assert found.partners == pytest.approx(900 / 4500)
        assert found.leader.code == "C8" and found.alarms == ("top_five",)

    def test_a_large_firm_can_bear_it(self, cast, night, book):
        assert hanging(cast.owner, night, FirmSize.LARGE).alarms == ()

    def test_no_profit_known(self, cast, night, make_customer):
        stand(night, make_customer("A", owner=cast.owner), gross_profit=None)
        assert hanging(cast.owner, night, FirmSize.SMALL).top_one is None


class TestProposals:
    url = "/customers/portfolio/proposals/"

    @pytest.fixture
    def waiting(self, book):
        Customer.objects.filter(code__in=["C0", "C1"]).update(proposed_tier="FRIEND")
        Customer.objects.filter(code="Z9").update(proposed_tier="FRIEND")
        return book

    def test_dearest_first(self, cast, night, waiting):
        rows, count = portfolio.waiting(cast.owner, night)
        assert [row.code for row in rows] == ["C1", "C0"] and count == 2

    def test_accept_only_the_chosen_and_only_own(self, cast, client_for, waiting):
        foreign = Customer.objects.get(code="Z9")
        response = client_for(cast.owner).post(self.url, {"ids": [waiting[0].pk, foreign.pk, "x", 10**9]}, follow=True)
        tiers = dict(Customer.objects.values_list("code", "tier"))
        assert (tiers["C0"], tiers["C1"], tiers["Z9"]) == ("FRIEND", "ACQUAINTANCE", "PARTNER")
        assert TierChange.objects.count() == 1
        assert "1 tier accepted." in response.content.decode()
        assert "2 proposals no longer stand." in response.content.decode()

    def test_nothing_chosen(self, cast, client_for, waiting):
        client_for(cast.owner).post(self.url)
        assert not TierChange.objects.exists()

    def test_get_and_anonymous(self, cast, client_for):
        assert client_for(cast.owner).get(self.url).status_code == 405
        assert client_for(None).post(self.url).status_code == 302


class TestMovement:
    def test_counts_and_moves(self, cast, night, book):
        before = yesterday(night)
        for customer in book:
            stand(before, customer, stage="FORMATION")
        assert movement.overview(cast.owner, night).places["stage"] == {"STABLE": 10}
        assert movement.moves(cast.owner, night, before, "stage") == [("FORMATION", "STABLE", 10)]
        assert movement.moves(cast.stranger, night, before, "stage") == []

    def test_overview(self, cast, night, book):
        found = movement.overview(cast.owner, night)
        assert (found.customers, found.warned) == (10, 1) and found.clv == pytest.approx(450)
        assert movement.overview(cast.owner, None).customers == 10

    def test_only_known_axes(self, cast, night):
        with pytest.raises(ValueError, match="owner"):
            movement.moves(cast.owner, night, night, "owner")
