"""What-if: other weights on the real portfolio agree with the night that uses them; leads look, administrators act."""

from decimal import Decimal

import numpy as np
import pytest
from django.urls import reverse

from customers.models import Night, Standing
from segmentation.models import Shadow, WeightSet
from segmentation.selectors import whatif
from segmentation.services import trials
from segmentation.services.weight_sets import copy_to_draft, publish_weight_set
from tests.whatif_world import DAY, make_firm, run

pytestmark = pytest.mark.django_db
URL = "/segmentation/whatif/"


@pytest.fixture
def firm(cast):
    return make_firm([cast.owner, cast.teammate, cast.stranger])


@pytest.fixture
def night(firm):
    return run()


def standings(night):
    fields = ("customer_id", "current_score", "potential_score", "total_score", "rank", "level", "quadrant")
    return list(Standing.objects.filter(night=night).order_by("customer_id").values_list(*fields))


def tried(**weights):
    return {f"w_{code}": str(value) for code, value in weights.items()}


class TestNumbers:
    def test_the_published_weights_change_nothing_bit_for_bit(self, night):
        given = {code: float(weight) for code, weight in night.weights["weights"].items()}
        found = whatif.what_if(given, night.weights["current_share"], night)
        assert np.array_equal(found.new.total, found.old.total, equal_nan=True)
        assert (found.new.rank == found.old.rank).all() and found.levels_crossed == found.quadrants_crossed == 0

    def test_it_says_what_the_night_with_these_weights_will_say(self, night, admin):
        weights = {code: float(w) for code, w in night.weights["weights"].items()} | {"gross_profit": 0.02}
        draft = trials.save_trial(weight_set=WeightSet.objects.get(), weights=weights, share=0.8, by=admin)
        saved = {row.indicator.code: float(row.value) for row in draft.weights.select_related("indicator")}
        assert sum(saved[c] for c in saved if night.weights["dimension"][c] == "CURRENT") == pytest.approx(1, abs=1e-12)
        found = whatif.what_if(saved, draft.current_share, night)
        publish_weight_set(weight_set=draft, by=admin, note="less profit")
        after = run()
        assert after.pk != night.pk
        rows = standings(after)
        assert [row[3] for row in rows] == [None if np.isnan(v) else v for v in found.new.total]
        assert [row[4] or 0 for row in rows] == found.new.rank.tolist()
        assert [row[5] for row in rows] == found.new.level.tolist()
        assert [row[6] for row in rows] == found.new.quadrant.tolist()
        assert found.levels_crossed == sum(a[5] != b[5] for a, b in zip(standings(night), rows, strict=True)) > 0

    def test_flows_and_matrices_partition_the_customers(self, night):
        found = whatif.what_if(dict.fromkeys(night.weights["indicators"], 1), 0.5, night)
        for axis in ("level", "quadrant"):
            flows, moves = whatif.flows(found, axis), whatif.matrix(found, axis)
            assert sum(f.before for f in flows) == sum(f.after for f in flows) == 30
            assert sum(m.count for row in moves for m in row) == 30
            assert sum(m.count for row in moves for m in row if m.change != "SAME") == found.count(axis)
            assert sum(f.profit_before for f in flows) == pytest.approx(sum(f.profit_after for f in flows))
        won, lost = ([row.gain for row in rows(found)] for rows in (whatif.winners, whatif.losers))
        assert won == sorted(won, reverse=True) and lost == sorted(lost) and won[-1] > 0 > lost[-1]

    def test_an_indicator_the_night_does_not_know_is_told(self, night):
        found = whatif.what_if({"gross_profit": 1, "cross_buying": 1, "cooperation": 1}, 0.5, night)
        assert found.unknown == ("cooperation",)


class TestPage:
    def test_leads_and_administrators_look_managers_do_not(self, night, cast, client_for):
        for user in (cast.lead, cast.admin):
            answer = client_for(user).get(URL, tried(gross_profit=0))
            assert answer.status_code == 200 and "found" in answer.context
        assert client_for(cast.owner).get(URL).status_code == 403
        assert client_for(None).get(URL).status_code == 302
        assert client_for(cast.admin).post(URL).status_code == 405
        assert client_for(cast.admin).get(f"{URL}999/").status_code == 404

    def test_a_lead_sees_and_counts_only_the_team(self, night, cast, client_for):
        answer = client_for(cast.lead).get(URL, tried(gross_profit=0, cum_volume=0))
        assert answer.context["found"].customers == 20 and "Publish and score again" not in answer.content.decode()
        names = {row.owner for row in answer.context["winners"] + answer.context["losers"]}
        assert str(cast.stranger) not in names

    def test_a_moved_weight_answers_with_the_part_alone(self, night, admin, client_for):
        answer = client_for(admin).get(URL, tried(gross_profit=0), headers={"hx-request": "true"})
        html = answer.content.decode()
        assert "<html" not in html and "Publish and score again" in html and 'value="0"' in html

    @pytest.mark.parametrize("value", ["-1", "abc", "nan", "inf", "1e9"])
    def test_bad_numbers_are_told_and_the_saved_version_is_shown(self, night, admin, client_for, value):
        answer = client_for(admin).get(URL, tried(gross_profit=value))
        assert answer.status_code == 200 and answer.context["form"].errors
        assert answer.context["found"].quadrants_crossed == 0

    def test_a_dimension_without_any_weight_is_refused(self, night, admin, client_for):
        codes = [code for code in night.weights["indicators"] if night.weights["dimension"][code] == "CURRENT"]
        answer = client_for(admin).get(URL, tried(**dict.fromkeys(codes, 0)))
        assert "At least one weight" in answer.content.decode()

    def test_before_the_first_night_it_says_so(self, admin, client_for):
        assert "Nothing to try yet" in client_for(admin).get(URL).content.decode()

    def test_a_cell_drills_to_names(self, night, cast, client_for):
        chosen = WeightSet.objects.get()
        query = tried(gross_profit=0, cum_volume=0)
        found = client_for(cast.admin).get(URL, query).context["found"]
        url = reverse("segmentation:whatif_names", args=[chosen.pk])
        answer = client_for(cast.admin).get(url, query | {"axis": "level"})
        assert answer.context["page"].paginator.count == found.levels_crossed > 0
        assert client_for(cast.admin).get(url, {"axis": "tier"}).status_code == 404
        assert client_for(cast.owner).get(url).status_code == 403
        with_lead = client_for(cast.lead).get(url, query | {"axis": "level"})
        assert {row.owner for row in with_lead.context["rows"]} <= {str(cast.owner), str(cast.teammate), ""}


class TestSave:
    def test_a_published_version_is_copied_a_draft_is_changed(self, night, admin, client_for):
        published = WeightSet.objects.get()
        client = client_for(admin)
        answer = client.post(reverse("segmentation:whatif_save", args=[published.pk]), tried(gross_profit=0.5))
        draft = WeightSet.objects.get(status="DRAFT")
        assert answer["Location"] == reverse("segmentation:whatif_of", args=[draft.pk])
        client.post(reverse("segmentation:whatif_save", args=[draft.pk]), tried(cum_volume=0))
        assert WeightSet.objects.count() == 2
        values = {row.indicator.code: row.value for row in draft.weights.select_related("indicator")}
        assert values["cum_volume"] == 0 and sum(values.values()) == 2
        assert published.weights.get(indicator__code="gross_profit").value == Decimal("0.3138")

    def test_only_administrators_save_and_only_by_post(self, night, cast, client_for):
        url = reverse("segmentation:whatif_save", args=[WeightSet.objects.get().pk])
        assert client_for(cast.lead).post(url, tried(gross_profit=1)).status_code == 403
        assert client_for(None).post(url).status_code == 302
        assert client_for(cast.admin).get(url).status_code == 405
        client_for(cast.admin).post(url, tried(gross_profit="x"))
        assert WeightSet.objects.count() == 1


class TestPublishAndScoreAgain:
    def test_there_and_back_bit_for_bit(self, night, admin, client_for, eager, django_capture_on_commit_callbacks):
        published, client = WeightSet.objects.get(), client_for(admin)
        url = reverse("nights:rescore", args=[published.pk])
        with django_capture_on_commit_callbacks(execute=True):
            answer = client.post(
                url, tried(gross_profit=0, share=0) | {"share": "0.9", "seen": published.pk, "note": "now"}
            )
        after = Night.objects.latest("pk")
        assert answer["Location"] == reverse("nights:rescored", args=[after.pk]) and after.as_of == DAY
        assert after.status == "PUBLISHED" and "now" in after.reason and standings(after) != standings(night)
        shown = client.get(answer["Location"])
        assert shown.context["found"].count("level") > 0 and b"Done in" in shown.content
        moves = [m for row in shown.context["found"].axes[1][1] for m in row if m.change != "SAME" and m.count]
        for move in moves:
            some = client.get(answer["Location"], {"axis": "level", "before": move.before, "after": move.after})
            assert some.context["page"].paginator.count == move.count
        assert client.get(answer["Location"], {"axis": "x", "before": "<", "after": "HH"}).status_code == 200
        newer = WeightSet.objects.get(status="PUBLISHED")
        with django_capture_on_commit_callbacks(execute=True):
            client.post(url, {"note": "back", "seen": newer.pk})
        back = Night.objects.latest("pk")
        assert back.pk > after.pk and back.checksum == night.checksum and standings(back) == standings(night)
        assert WeightSet.objects.get(status="PUBLISHED").pk == published.pk and back.weights == night.weights

    def test_while_it_runs_progress_is_polled_and_ends_with_286(self, night, admin, client_for):
        client, published = client_for(admin), WeightSet.objects.get()
        answer = client.post(
            reverse("nights:rescore", args=[published.pk]),
            tried(gross_profit=0) | {"share": "0.39", "seen": published.pk},
        )
        waiting = client.get(answer["Location"], headers={"hx-request": "true"})
        assert waiting.status_code == 200 and "Steps done" in waiting.content.decode()
        run()
        assert client.get(answer["Location"], headers={"hx-request": "true"}).status_code == 286

    def test_somebody_was_faster(self, night, admin, client_for):
        published = WeightSet.objects.get()
        other = copy_to_draft(source=published, name="faster", by=admin)
        publish_weight_set(weight_set=other, by=admin)
        client_for(admin).post(reverse("nights:rescore", args=[published.pk]), {"note": "", "seen": published.pk})
        assert WeightSet.objects.get(status="PUBLISHED").pk == other.pk and Night.objects.count() == 1

    def test_who_may(self, night, cast, client_for):
        url = reverse("nights:rescore", args=[WeightSet.objects.get().pk])
        assert client_for(cast.lead).post(url).status_code == 403
        assert client_for(cast.admin).get(url).status_code == 405
        assert client_for(cast.owner).get(reverse("nights:rescored", args=[night.pk])).status_code == 403
        assert client_for(cast.lead).get(reverse("nights:rescored", args=[night.pk])).status_code == 200


@pytest.mark.both
class TestShadow:
    def test_every_night_scores_it_beside_and_the_page_compares(self, night, cast, client_for):
        weights = {code: float(w) for code, w in night.weights["weights"].items()} | {"gross_profit": 0.01}
        draft = trials.save_trial(weight_set=WeightSet.objects.get(), weights=weights, share=0.7, by=cast.admin)
        client, url = client_for(cast.admin), reverse("segmentation:shadow", args=[draft.pk])
        assert "Nothing to compare yet" in client.get(url).content.decode()
        client.post(reverse("segmentation:shadow_set", args=[draft.pk]), {"nights": "2"})
        after = run()
        assert after.pk != night.pk and standings(after) == standings(night)
        found = whatif.what_if(
            {row.indicator.code: float(row.value) for row in draft.weights.select_related("indicator")}, 0.7, after
        )
        told = draft.shadows.get().told.get()
        scores = list(told.scores.order_by("customer_id").values_list("total_score", "rank", "level", "quadrant"))
        assert [row[0] for row in scores] == [None if np.isnan(v) else v for v in found.new.total]
        assert [row[1] or 0 for row in scores] == found.new.rank.tolist()
        assert [row[2] for row in scores] == found.new.level.tolist()
        answer = client.get(url, {"axis": "level"})
        assert answer.context["page"].paginator.count == answer.context["trend"][0].levels == found.levels_crossed
        for move in (m for row in answer.context["axes"][1][1] for m in row if m.change != "SAME" and m.count):
            some = client.get(url, {"axis": "level", "before": move.before, "after": move.after})
            assert some.context["page"].paginator.count == move.count
        assert client.get(url, {"axis": "tier", "before": "PARTNER", "night": "x"}).status_code == 200
        assert Shadow.objects.get().left == 1
        lead = client_for(cast.lead).get(url)
        assert {row.customer.owner for row in lead.context["page"]} <= {cast.owner, cast.teammate, None}

    def test_it_ends_after_its_nights_or_when_told(self, night, admin, client_for):
        draft = copy_to_draft(source=WeightSet.objects.get(), name="d", by=admin)
        trials.start_shadow(weight_set=draft, nights=1, by=admin)
        run()
        assert Shadow.objects.get().left == 0
        client = client_for(admin)
        client.post(reverse("segmentation:shadow_set", args=[draft.pk]), {"nights": "9"})
        client.post(reverse("segmentation:shadow_set", args=[draft.pk]), {"stop": "1"})
        assert list(Shadow.objects.order_by("pk").values_list("left", flat=True)) == [0, 0]

    @pytest.mark.parametrize("nights", ["0", "61", "x", ""])
    def test_bad_nights_are_refused(self, night, admin, client_for, nights):
        draft = copy_to_draft(source=WeightSet.objects.get(), name="d", by=admin)
        answer = client_for(admin).post(
            reverse("segmentation:shadow_set", args=[draft.pk]), {"nights": nights}, follow=True
        )
        assert "1 to 60 nights" in answer.content.decode() and not Shadow.objects.exists()

    def test_who_may(self, night, cast, client_for):
        published = WeightSet.objects.get()
        url = reverse("segmentation:shadow_set", args=[published.pk])
        assert client_for(cast.lead).post(url, {"nights": "3"}).status_code == 403
        client_for(cast.admin).post(url, {"nights": "3"})
        assert not Shadow.objects.exists()
        assert client_for(cast.owner).get(reverse("segmentation:shadow", args=[published.pk])).status_code == 403
