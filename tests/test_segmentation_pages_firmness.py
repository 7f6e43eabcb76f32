"""How firmly a customer stands, what marks a low one, and whether resources follow value."""

from datetime import date, timedelta

import pytest

from customers.models import Interaction, Receivable
from segmentation.selectors.firmness import firmness, next_level
from tests.standings import make_night, stand

pytestmark = pytest.mark.django_db
LEVELS = {"HIGH": 2, "ORDINARY": 3, "LOW": 5}


@pytest.fixture
def night():
    night = make_night()
    night.summary = {"levels": LEVELS, "cuts": [0.0, 0.0], "draws": 1000}
    night.weights = {"pyramid": {"high": 20, "ordinary": 30, "low": 50, "overdue_days": 90}}
    night.save()
    return night


def shown(customer, night, **fields):
    customer.standing = stand(night, customer, **fields)
    return firmness(customer, night)


class TestFirmness:
    def test_a_small_share_is_near_the_line(self, night, make_customer):
        near = shown(make_customer("A"), night, quadrant_stability=0.62, top_stability=0.4, current_score=0.05)
        firm = shown(make_customer("B"), night, quadrant_stability=0.9, top_stability=1.0)
        assert (near.near_quadrant, near.near_top, near.closest) == (True, True, "CURRENT")
        assert (firm.near_quadrant, firm.near_top) == (False, False) and near.distance == 0.05

    def test_who_has_no_score_has_no_firmness(self, night, make_customer):
        assert shown(make_customer("A"), night, total_score=None) is None
        assert firmness(make_customer("B"), night) is None

    @pytest.mark.parametrize(
        "level, rank, hold, expected",
        [
            ("LOW", 8, 0, ("ORDINARY", 3)),
            ("ORDINARY", 3, 0, ("HIGH", 1)),
            ("ORDINARY", 3, 10, ("HIGH", 2)),
            ("HIGH", 1, 0, ("", None)),
        ],
    )
    def test_places_to_the_next_level(self, night, make_customer, level, rank, hold, expected):
        night.weights["pyramid"]["hold"] = hold
        standing = stand(night, make_customer("A"), level=level, rank=rank)
        assert next_level(standing, night) == expected

    def test_evidence_of_a_discredited_customer_is_its_latest_receivable(self, night, make_customer):
        customer = make_customer("A")
        for number, late in (("R1", 120), ("R2", 40)):
            due = night.as_of - timedelta(days=late)
            Receivable.objects.create(customer=customer, number=number, issued=due, due=due, amount=100)
        found = shown(customer, night, level="LOW", sublevel="DISCREDITED")
        assert [(row.kind, row.value, row.limit, row.receivable.number) for row in found.evidence] == [
            ("OVERDUE", 120, 90, "R1")
        ]

    def test_evidence_of_a_restricted_and_of_a_poor_customer(self, night, make_customer):
        restricted = make_customer("A", restricted=True, restriction_reason="bounced cheque")
        found = shown(restricted, night, level="LOW", sublevel="DISCREDITED")
        assert [(row.kind, row.value) for row in found.evidence] == [("RESTRICTED", "bounced cheque")]
        poor = shown(make_customer("B"), night, level="LOW", sublevel="POOR", gross_profit=10, service_cost=25)
        assert [(row.kind, float(row.value)) for row in poor.evidence] == [("UNPROFITABLE", -15.0)]


class TestPages:
    def test_the_score_tab_says_so(self, night, owner, make_customer, client_for):
        customer = make_customer("A", owner=owner)
        stand(night, customer, quadrant_stability=0.62, top_stability=0.4)
        html = client_for(owner).get("/customers/A/?tab=score").content.decode()
        assert "Near the line" in html and "62%" in html and 'class="near-line"' in html

    def test_the_list_marks_and_filters_them(self, night, owner, make_customer, client_for):
        for code, share in (("A", 0.62), ("B", 0.99), ("C", None)):
            stand(night, make_customer(code, owner=owner), quadrant_stability=share)
        answer = client_for(owner).get("/customers/", {"near_line": "on"})
        assert [row.code for row in answer.context["page"]] == ["A"]
        assert client_for(owner).get("/customers/").content.decode().count('class="near-line"') == 1

    def test_the_plane_counts_them(self, night, owner, make_customer, client_for):
        for code, share in (("A", 0.62), ("B", 0.99)):
            stand(night, make_customer(code, owner=owner), quadrant_stability=share)
        answer = client_for(owner).get("/segmentation/quadrant/")
        assert [corner.near for corner in answer.context["table"].corners] == [1, 0, 0, 0]
        marks = [mark.key for group in answer.context["charts"][0].groups for mark in group.marks]
        assert sorted(marks) == [("A", "A", True), ("B", "B", False)] and "Hollow" in answer.content.decode()

    @pytest.mark.parametrize("line, words", [("MEDIAN", "medians"), ("FIXED", "fixed lines"), ("MEAN", "means")])
    def test_the_plane_names_its_lines(self, night, owner, make_customer, client_for, line, words):
        night.weights = {"quadrant": {"line": line, "version": 4}}
        night.summary = {"cuts": [0.1, -0.2]}
        night.save()
        stand(night, make_customer("A", owner=owner))
        answer = client_for(owner).get("/segmentation/quadrant/")
        assert f"Dashed: the {words}" in answer.content.decode() or f"Dashed: {words}" in answer.content.decode()
        assert answer.context["charts"][0].cut_x != answer.context["charts"][0].cut_y


class TestBalance:
    def people(self, night, owner, make_customer):
        rows = [("A", "HIGH", 80, 10), ("B", "ORDINARY", 15, 10), ("C", "LOW", 5, 20)]
        for rank, (code, level, profit, cost) in enumerate(rows, 1):
            customer = make_customer(code, owner=owner)
            stand(night, customer, level=level, rank=rank, gross_profit=profit, service_cost=cost)
            yield customer

    def test_shares_of_value_cost_and_contacts(self, night, owner, make_customer, client_for):
        first, *_others, last = self.people(night, owner, make_customer)
        for customer, times in ((first, 1), (last, 3)):
            for _n in range(times):
                Interaction.objects.create(customer=customer, kind="CALL", at=f"{night.as_of}T08:00+08:00", summary="x")
        Interaction.objects.create(customer=first, kind="NOTE", at=f"{night.as_of}T08:00+08:00", summary="x")
        Interaction.objects.create(customer=first, kind="CALL", at="2020-01-01T08:00+08:00", summary="x")
        found = client_for(owner).get("/segmentation/pyramid/").context["balance"]
        assert [row.value for row in found.rows] == [0.8, 0.15, 0.05]
        assert [row.cost for row in found.rows] == [0.25, 0.25, 0.5]
        assert [row.contacts for row in found.rows] == [0.25, 0, 0.75]
        assert [row.verdict for row in found.rows] == ["LESS", "MORE", "MORE"]
        assert found.distance == pytest.approx(0.55) and found.by == "COST"

    def test_without_cost_or_contacts_nothing_is_said(self, night, owner, make_customer, client_for):
        stand(night, make_customer("A", owner=owner), rank=1)
        assert client_for(owner).get("/segmentation/pyramid/").context["balance"] is None

    def test_contacts_stand_in_for_cost(self, night, owner, make_customer, client_for):
        customer = make_customer("A", owner=owner)
        stand(night, customer, level="HIGH", rank=1)
        Interaction.objects.create(customer=customer, kind="VISIT", at=f"{date(2026, 3, 1)}T08:00+08:00", summary="x")
        found = client_for(owner).get("/segmentation/pyramid/").context["balance"]
        assert found.by == "CONTACTS" and found.rows[0].balance == 1.0
