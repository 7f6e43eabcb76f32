"""The nightly self-check of the scores: it holds for everybody, and it finds what is broken."""

from dataclasses import replace
from datetime import date, timedelta
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from django.core.management import call_command

from crm_site import nightly
from customers.models import Night, Standing
from customers.vocabulary import Dimension
from segmentation import frames
from segmentation.models import Indicator, Weight
from segmentation.numerics import change, identities, verdict
from segmentation.selectors.identities import NightBefore
from tests.needs import shared

MAPPING = Path(__file__).resolve().parents[1] / "docs" / "mappings" / "superstore.json"
OWN = {
    "current_score_equals_points", "current_score_mean_is_zero", "potential_score_equals_points",
    "potential_score_mean_is_zero", "total_score_equals_parts", "levels_follow_the_integer_rule",
    "quadrants_partition_the_population", "change_equals_causes",
}  # fmt: skip
CODES = ["profit", "volume", "cross"]


@pytest.fixture
def judged():
    """Forty customers with holes, judged as the night judges them; the last two are not of the population."""
    draw = np.random.default_rng(2)
    raw = pd.DataFrame(draw.normal(size=(40, 3)), columns=CODES)
    raw[draw.random(raw.shape) < 0.1] = np.nan
    raw.iloc[38:] = np.nan
    weighting = verdict.Weighting(
        {"profit": "CURRENT", "volume": "CURRENT", "cross": "POTENTIAL"}, dict.fromkeys(CODES, 1),
        {"profit": 0.6, "volume": 0.4, "cross": 1.0}, 0.39,
    )  # fmt: skip
    nobody = np.zeros(40, dtype=bool)
    return verdict.judge(raw, weighting, verdict.Rules(), verdict.Facts(np.zeros(40), np.arange(40), nobody, nobody))


def told(judged, share=0.39):
    population = np.arange(40) < 38
    found = [*identities.of_scores(judged, share), *identities.of_levels(judged, verdict.Rules())]
    return {check["code"]: check for check in [*found, *identities.of_quadrants(judged, population)]}


class TestFindsWhatIsBroken:
    def test_a_sound_night_holds(self, judged):
        found = told(judged)
        assert set(found) == OWN - {"change_equals_causes"} and all(check["ok"] for check in found.values())
        assert found["quadrants_partition_the_population"]["checked"] == 38

    def test_points_that_do_not_make_the_score(self, judged):
        points = judged.scores[Dimension.CURRENT].points
        row, column = np.argwhere(~points.isna().to_numpy())[0]
        points.iloc[row, column] += 1e-6
        found = told(judged)
        assert [code for code, check in found.items() if not check["ok"]] == ["current_score_equals_points"]
        assert found["current_score_equals_points"]["value"] == pytest.approx(1e-6, rel=1e-3)

    def test_a_total_of_other_shares(self, judged):
        assert [code for code, check in told(judged, 0.4).items() if not check["ok"]] == ["total_score_equals_parts"]

    def test_a_customer_on_the_wrong_side_and_one_outside_the_population(self, judged):
        quadrant = judged.quadrant.copy()
        quadrant[0] = "LL" if quadrant[0] != "LL" else "HH"
        quadrant[39] = "HH"
        check = told(replace(judged, quadrant=quadrant))["quadrants_partition_the_population"]
        assert (check["ok"], check["value"], check["limit"]) == (False, 2, 0)

    def test_a_level_too_many(self, judged):
        plain = judged.plain.copy()
        plain[np.argmax(plain == "LOW")] = "HIGH"
        check = told(replace(judged, plain=plain))["levels_follow_the_integer_rule"]
        assert not check["ok"] and check["value"][0] == check["limit"][0] + 1

    def test_a_change_that_its_causes_do_not_make(self):
        codes = {"indicators": ["a"], "dimension": {"a": "CURRENT"}, "direction": {"a": 1}, "weights": {"a": "1"}}
        night = codes | {"mean": {"a": 0.0}, "sd": {"a": 1.0}, "current_share": "1"}
        z = np.array([[1.0], [-1.0]])
        old, new = change.side(night, z, z, z), change.side(night, 2 * z, 2 * z, 2 * z)
        scores = {of: side.points[:, 0].copy() for of, side in (("total", old), ("CURRENT", old), ("POTENTIAL", old))}
        after = {of: row * 2 for of, row in scores.items()}
        scores["POTENTIAL"][:] = after["POTENTIAL"][:] = np.nan
        assert identities.change_equals_causes(old, new, None, scores, after) == (0.0, 2)
        after["total"][1] += 1e-6
        assert identities.change_equals_causes(old, new, None, scores, after)[0] == pytest.approx(1e-6, rel=1e-3)

    def test_the_worst_gap_is_relative_to_the_largest_effect_of_its_customer(self):
        """Against every customer's ratio worked out, for more customers than are looked up at once."""
        draw = np.random.default_rng(3)
        effects = draw.normal(size=(5, 1000, 4)) * np.exp(draw.normal(0, 3, (1, 1000, 1)))
        moved = effects.sum(axis=(0, 2)) + draw.normal(0, 1e-6, 1000)
        moved[::7] = np.nan
        ratios = np.abs(effects.sum(axis=(0, 2)) - moved) / np.maximum(np.abs(effects).max(axis=(0, 2)), 1.0)
        worst, checked = identities.gap(effects, moved)
        assert (worst, checked) == (pytest.approx(np.nanmax(ratios), rel=1e-6), 857)
        effects[0, 1, 0] = np.nan
        assert identities.gap(effects, moved) == (np.inf, 857)

    def test_an_effect_beyond_all_bounds_is_no_small_gap(self):
        assert identities.gap(np.array([[[np.inf]], [[1.0]]]), np.array([1.0])) == (np.inf, 1)


@pytest.mark.django_db
@pytest.mark.both
def test_everybody_of_the_real_file(db):
    """Two nights of the superstore, the second with other weights and other indicators: every identity, everybody."""
    call_command(
        "import_transactions", str(shared("data", "superstore_orders.csv")), "--mapping", str(MAPPING), "--json",
        stdout=StringIO(),
    )  # fmt: skip
    last = date(2017, 12, 30)
    first = nightly.run_night(as_of=last - timedelta(days=92))
    assert {check["code"] for check in first.checks} >= OWN - {"change_equals_causes"}
    Weight.objects.get(indicator__code="cum_volume").delete()
    Weight.objects.create(weight_set_id=1, indicator=Indicator.objects.create(
        code="orders", name="Orders", name_zh="订单数", dimension="CURRENT", measure="orders", position=99,
    ), value="0.1932")  # fmt: skip
    second = nightly.run_night(as_of=last)
    found = {check["code"]: check for check in second.checks}
    assert set(found) >= OWN and all(check["ok"] for check in second.checks)
    check = found["change_equals_causes"]
    scored = [set(Standing.objects.filter(night=n, total_score__isnull=False).values_list("customer_id", flat=True))
              for n in (first, second)]  # fmt: skip
    assert (check["checked"], check["against"]) == (len(scored[0] & scored[1]), first.as_of.isoformat())
    assert check["checked"] > 700 and check["value"] < 1e-9
    assert found["quadrants_partition_the_population"]["checked"] == len(scored[1])
    _broken_by_a_hair(second, scored)


def _broken_by_a_hair(night, scored):
    """One point of one customer is moved: the check against the night before sees it."""
    rows = frames.read_explained(night.pk, len(night.weights["indicators"]), *frames.VECTORS)
    columns = pd.DataFrame.from_records(
        Standing.objects.filter(night=night, points__isnull=False).order_by("customer_id").values(
            "total_score", "current_score", "potential_score"
        )
    ).astype("f8")  # fmt: skip
    told = night.weights
    Night.objects.filter(pk=night.pk).update(status="FAILED")  # the night before is then the first one
    vectors = {name: rows[name].copy() for name in frames.VECTORS}
    (sound,) = NightBefore(night.as_of, rows["customer"]).checks(told, vectors, columns)
    assert sound["ok"]
    here = int(np.flatnonzero(np.isin(rows["customer"], list(scored[0] & scored[1])))[0])
    vectors["points"][here, int(np.flatnonzero(~np.isnan(vectors["points"][here]))[0])] += 1e-6
    (broken,) = NightBefore(night.as_of, rows["customer"]).checks(told, vectors, columns)
    assert not broken["ok"] and broken["value"] > 1e-7
