"""Why a customer has its score: bars that sum to it, what is missing, the way up, and the reason of no score."""

import random
import re
from datetime import date, timedelta
from decimal import Decimal

import html5lib
import numpy as np
import pytest
from django.template import Context, Template
from django.utils import translation

from crm_site import nightly
from customers import publish
from customers.models import Category, Customer, Night, Standing, Transaction
from segmentation.models import ExpertScore, Indicator, PyramidPolicy, TreeNode, Weight, WeightSet
from segmentation.selectors.explanation import explain
from tests.standings import make_night, stand
from tests.weights import opened

pytestmark = [pytest.mark.both, pytest.mark.django_db]
DAY = date(2025, 6, 30)


@pytest.fixture
def firm(make_customer, cast):
    """Twenty-four customers of the owner; a few are scored by an expert; one has no order, one has left."""
    draw = random.Random(11)
    categories = [Category.objects.create(name=name) for name in ("cables", "cameras")]
    credit = Indicator.objects.get(code="bank_credit")
    for i in range(24):
        customer = make_customer(f"K{i:02}", owner=cast.owner, scale=draw.choice(["", "SMALL", "LARGE"]))
        for n in range(draw.randrange(1, 7) if i < 23 else 0):
            amount = Decimal(draw.randrange(10, 900))
            Transaction.objects.create(
                customer=customer, order_no=f"{i}-{n}", date=DAY - timedelta(days=draw.randrange(700)), quantity=2,
                amount=amount, cost=amount * Decimal(draw.choice(["0.5", "0.8"])), category=draw.choice(categories),
            )  # fmt: skip
        if i % 3 == 0:
            ExpertScore.objects.create(customer=customer, indicator=credit, scorer=cast.lead, score="3.5", date=DAY)
    Customer.objects.filter(code="K22").update(exited_on=DAY)
    publish.refresh_days()


def customers(night):
    return {row.code: row for row in Customer.objects.with_standing(night.pk)}


def shown(customer, night, user, language="en"):
    text = "{% load segmentation_tags %}{% score_explanation customer night %}"
    with translation.override(language):
        return Template(text).render(Context({"customer": customer, "night": night, "currency": "CNY", "user": user}))


class TestIdentities:
    def test_lines_sum_to_scores_and_parts_to_the_total(self, firm):
        night = nightly.run_night(as_of=DAY)
        for customer in customers(night).values():
            found = explain(customer, night)
            if found.reason:
                continue
            for part in found.parts:
                assert sum(line.points for line in part.lines) == pytest.approx(part.score, abs=1e-9)
                assert sum(line.share for line in part.lines) == pytest.approx(1)
                for line in part.lines:
                    assert line.points == pytest.approx(line.product + line.shift, abs=1e-12)
                    if line.sd:
                        z = line.direction * (line.raw - line.mean) / line.sd
                        assert line.z == pytest.approx(z, abs=1e-9)
            assert sum(part.contribution for part in found.parts) == pytest.approx(found.total, abs=1e-9)
            assert len(found.missing) + sum(len(part.lines) for part in found.parts) == found.indicators == 15

    def test_renormalised_weights_are_those_over_what_is_known(self, firm):
        night = nightly.run_night(as_of=DAY)
        found = explain(customers(night)["K00"], night)
        potential = found.parts[1]
        known = sum(line.weight for line in potential.lines)
        assert {line.code for line in potential.missing} >= {"profitability", "referral", "contract_length"}
        assert all(line.share == pytest.approx(line.weight / known) for line in potential.lines)

    def test_a_mean_between_two_levels_has_no_word(self, firm):
        night = nightly.run_night(as_of=DAY)
        lines = {line.code: line for part in explain(customers(night)["K00"], night).parts for line in part.lines}
        assert lines["bank_credit"].raw == 3.5 and lines["bank_credit"].word == ""
        assert lines["cross_buying"].word in ("1 product line", "2 product lines")

    def test_a_level_tells_the_ends_of_its_scale(self, firm):
        """“Medium” is level 4 of profitability, which begins with a loss: the word and the number need the scale."""
        profitability = Indicator.objects.get(code="profitability")
        for code, score in (("K01", 4), ("K02", 2)):
            customer = Customer.objects.get(code=code)
            ExpertScore.objects.create(customer=customer, indicator=profitability, score=score, date=DAY)
        night = nightly.run_night(as_of=DAY)
        lines = {line.code: line for part in explain(customers(night)["K01"], night).parts for line in part.lines}
        found = lines["profitability"]
        assert (found.raw, found.word, found.ends) == (4, "Medium", ("Loss", "High"))
        assert lines["gross_profit"].ends == ()

    def test_only_one_dimension_counts_whole(self, firm):
        with opened():
            Weight.objects.filter(indicator__dimension="POTENTIAL").update(value=0)
        night = nightly.run_night(as_of=DAY)
        found = explain(customers(night)["K03"], night)
        assert [part.share for part in found.parts] == [1.0, 0.0]
        assert found.parts[0].contribution == pytest.approx(found.total)


class TestDoors:
    def test_printed_points_add_up_to_the_printed_score(self, firm):
        night = nightly.run_night(as_of=DAY)
        for customer in customers(night).values():
            for part in explain(customer, night).parts:
                if part.lines:
                    printed = sum(round(line.shown * 1000) for line in part.lines)
                    assert printed == round(part.score * 1000)
                    assert all(abs(line.shown - line.points) < 1e-3 for line in part.lines)
                    assert part.shares == pytest.approx(1) and part.indicators in (7, 8)

    def test_every_value_leads_to_its_records(self, firm, cast, client_for):
        night = nightly.run_night(as_of=DAY)
        client = client_for(cast.owner)
        found = explain(customers(night)["K00"], night)
        lines = {line.code: line for part in found.parts for line in (*part.lines, *part.missing)}
        page = "/customers/K00/"
        assert lines["gross_profit"].href == f"{page}?tab=orders&until=2025-06-30"
        assert lines["avg_amount"].href == f"{page}?tab=orders&since=2024-07-01&until=2025-06-30"
        assert lines["contract_length"].href == f"{page}?tab=contracts#contracts"
        assert lines["service_cost"].href.endswith("#service") and lines["referral"].href.endswith("#referrals")
        assert lines["overdue_history"].href.endswith("#receivables")
        assert lines["bank_credit"].said and lines["bank_credit"].href == "/segmentation/expert/K00/"
        assert not lines["profitability"].said and lines["profitability"].href == "/segmentation/expert/K00/"
        for line in lines.values():
            assert client.get(line.href.partition("#")[0]).status_code == 200, line.code
        html = client.get(f"{page}?tab=score").content.decode()
        assert all(line.href.replace("&", "&amp;") in html for line in lines.values())

    def test_orders_are_those_of_the_window(self, firm, cast, client_for):
        night = nightly.run_night(as_of=DAY)
        client = client_for(cast.owner)
        whole = client.get("/customers/K00/?tab=orders").context["page"].paginator.count
        parts = explain(customers(night)["K00"], night).parts
        year = next(line for part in parts for line in (*part.lines, *part.missing) if line.code == "avg_amount")
        dates = list(Transaction.objects.filter(customer__code="K00").values_list("date", flat=True))
        wanted = sum(DAY - timedelta(days=364) <= day <= DAY for day in dates)
        answer = client.get(year.href)
        assert answer.context["page"].paginator.count == wanted <= whole == len(dates)
        for nonsense in ("?tab=orders&since=x", "?tab=orders&until=2025-99-01", "?tab=orders&since=%00"):
            assert client.get(f"/customers/K00/{nonsense}").context["page"].paginator.count == whole

    def test_where_a_weight_came_from(self, firm, cast):
        night = nightly.run_night(as_of=DAY)
        found = explain(customers(night)["K00"], night)
        lines = {line.code: line for part in found.parts for line in part.lines}
        assert (lines["gross_profit"].provenance, lines["cum_amount"].provenance) == ("P", "E")
        html = shown(customers(night)["K00"], night, cast.owner)
        assert "printed in the source text" in html and "an even split of what the source text leaves open" in html

    def test_the_experts_behind_a_weight(self, firm, cast):
        night = nightly.run_night(as_of=DAY)
        nodes = {node.indicator.code: node for node in TreeNode.objects.exclude(indicator=None)[:15]}
        own, other = nodes["gross_profit"].pk, nodes["cum_volume"].pk
        answers = [{"question": "Current value", "node": nodes["gross_profit"].parent_id, "counted": True, "cr": 0.04,
                    "weights": {str(own): 0.25, str(other): 0.75}, "judgements": [[own, other, -2]]}]  # fmt: skip
        experts = [{"name": "Li", "counted": True, "answers": answers}, {"name": "Wu", "counted": False, "answers": []}]
        WeightSet.objects.filter(pk=1).update(evidence={"study": 1, "experts": experts})
        found = explain(customers(night)["K00"], night)
        lines = {line.code: line for part in found.parts for line in part.lines}
        (one,) = lines["gross_profit"].judgements
        assert (one.name, one.weight, one.cr, one.counted) == ("Li", 0.25, 0.04, True)
        assert [(pair.first, pair.second, pair.times) for pair in one.pairs] == [
            ("Cumulative volume", "Gross profit", 3)
        ]  # fmt: skip
        assert lines["cross_buying"].judgements == () and found.origin.experts == ["Li"]
        html = shown(customers(night)["K00"], night, cast.owner)
        assert html.count("Cumulative volume counts 3 times as much as Gross profit") == 2

    def test_a_version_that_is_gone(self, firm, cast):
        night = nightly.run_night(as_of=DAY)
        night.weights["version"] = 999
        night.save()
        html = shown(customers(night)["K00"], Night.objects.get(pk=night.pk), cast.owner)
        assert "The version is no longer kept" in html


class TestGap:
    def test_the_way_up_ends_at_the_threshold(self, firm):
        night = nightly.run_night(as_of=DAY)
        rows = list(Standing.objects.filter(night=night, rank__gt=0).order_by("rank"))
        for row in rows:
            customer = customers(night)[Customer.objects.get(pk=row.customer_id).code]
            gap = explain(customer, night).gap
            if row.sublevel == "KEY":
                assert gap is None
                continue
            above = [
                other
                for other in rows
                if other.rank < row.rank and (other.level, other.sublevel) != (row.level, row.sublevel)
            ]
            last = above[-1] if row.level != "LOW" else [o for o in rows if o.level == "ORDINARY"][-1]
            assert gap.needed == last.total_score and gap.gap == pytest.approx(last.total_score - row.total_score)

    def test_so_much_more_profit_brings_the_points(self, firm):
        night = nightly.run_night(as_of=DAY)
        row = Standing.objects.filter(night=night, level="LOW").order_by("rank").first()
        found = explain(customers(night)[Customer.objects.get(pk=row.customer_id).code], night)
        line = next(line for line in found.parts[0].lines if line.code == "gross_profit")
        gain = float(night.weights["current_share"]) * line.share * found.gap.profit / line.sd
        assert gain == pytest.approx(found.gap.gap)

    def test_ranked_by_profit_the_gap_is_money(self, firm, cast):
        policy = PyramidPolicy.objects.get()
        policy.metric = "gross_profit"
        policy.save()
        night = nightly.run_night(as_of=DAY)
        row = Standing.objects.filter(night=night, level="ORDINARY").order_by("rank").last()
        customer = customers(night)[Customer.objects.get(pk=row.customer_id).code]
        gap = explain(customer, night).gap
        assert gap.metric == "gross_profit" and gap.profit == gap.gap > 0
        assert "more gross profit" in shown(customer, night, cast.owner)


class TestWords:
    @pytest.mark.parametrize("language", ["en", "zh-hans"])
    def test_sound_html_for_everybody(self, firm, cast, language):
        night = nightly.run_night(as_of=DAY)
        for customer in customers(night).values():
            html = shown(customer, night, cast.owner, language)
            parser = html5lib.HTMLParser(strict=False)
            parser.parseFragment(html)
            assert not parser.errors, parser.errors[:3]
            assert not re.search(r"\bnan\b", html.lower())

    def test_missing_indicators_say_what_fills_them(self, firm, cast):
        night = nightly.run_night(as_of=DAY)
        html = shown(customers(night)["K01"], night, cast.owner)
        assert "of 15 indicators are missing" in html and "record contracts" in html and "record referrals" in html
        assert "/segmentation/expert/K01/" in html and "v1" in html

    def test_reasons_of_no_score(self, firm, cast, make_customer):
        night = nightly.run_night(as_of=DAY)
        known = customers(night)
        assert "at least one order" in shown(known["K23"], night, cast.owner)
        assert "left by decision" in shown(known["K22"], night, cast.owner)
        make_customer("LATE")
        assert "newer than the night" in shown(customers(night)["LATE"], night, cast.owner)
        assert "No night has been computed" in shown(known["K01"], None, cast.owner)

    def test_a_standing_without_vectors_is_accepted(self, cast, make_customer):
        night = make_night()
        stand(night, make_customer("V", owner=cast.owner))
        assert "kept no explanation" in shown(customers(night)["V"], night, cast.owner)

    def test_a_night_from_before_thresholds_were_kept(self, firm, cast):
        night = nightly.run_night(as_of=DAY)
        night.summary.pop("thresholds")
        night.weights.pop("pyramid")
        night.weights.pop("allocated")
        night.save()
        html = shown(customers(night)["K01"], Night.objects.get(pk=night.pk), cast.owner)
        assert "Total score" in html and "Next level" not in html

    def test_a_deleted_indicator_keeps_its_code(self, firm, cast):
        night = nightly.run_night(as_of=DAY)
        Weight.objects.filter(indicator__code="avg_volume").delete()
        TreeNode.objects.filter(indicator__code="avg_volume").delete()
        Indicator.objects.filter(code="avg_volume").delete()
        assert "avg_volume" in shown(customers(night)["K01"], night, cast.owner)

    def test_the_score_tab_of_a_customer(self, firm, cast, client_for):
        nightly.run_night(as_of=DAY)
        html = client_for(cast.owner).get("/customers/K01/?tab=score").content.decode()
        assert "The arithmetic, number by number" in html
        assert client_for(cast.stranger).get("/customers/K01/?tab=score").status_code == 404


def test_vectors_are_read_alike_on_both_engines(firm):
    night = nightly.run_night(as_of=DAY)
    row = Standing.objects.filter(night=night, rank=1).get()
    assert all(isinstance(vector, np.ndarray) and vector.shape == (15,) for vector in (row.raw, row.z, row.points))
