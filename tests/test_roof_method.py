"""The method page: every figure told in both languages, guarded by checks that exist, open to everybody signed in."""

import re

import html5lib
import pytest
from django.urls import reverse

from crm_site import method, wording
from tests.standings import make_night

URL = "/method/"
FIGURES = [figure for _name, figures in method.GROUPS for figure in figures]


def test_every_figure_is_told_whole_and_once():
    assert len({figure.code for figure in FIGURES}) == len(FIGURES)
    for figure in FIGURES:
        assert set(figure.checks) <= set(wording.CHECKS), figure.code
        for name in ("name", "formula", "says", "window", "population", "excluded", "source"):
            assert str(getattr(figure, name)), (figure.code, name)
        assert not figure.page or reverse(figure.page)


def test_the_identities_of_the_scores_are_all_named():
    named = {code for figure in FIGURES for code in figure.checks}
    assert {"change_equals_causes", "quadrants_partition_the_population", "levels_follow_the_integer_rule"} <= named
    assert {"current_score_equals_points", "potential_score_equals_points", "total_score_equals_parts"} <= named


@pytest.mark.django_db
class TestPage:
    @pytest.fixture
    def night(self):
        night = make_night()
        night.checks = [
            {"code": "total_score_equals_parts", "ok": True, "value": 4e-16, "limit": 1e-9, "checked": 7},
            {"code": "change_equals_causes", "ok": True, "value": 0.0, "limit": 1e-9, "checked": 7},
        ]
        night.weights = {"version": 3, "name": "Ours", "quadrant": {"line": "MEDIAN"}}
        night.models_used = [{"kind": "MBG/NBD"}, {"kind": "MBG/NBD"}]
        night.save()
        return night

    def test_the_cast(self, cast, client_for, night):
        for user in (cast.owner, cast.lead, cast.admin):
            assert client_for(user).get(URL).status_code == 200
        assert client_for(None).get(URL).status_code == 302
        assert client_for(cast.owner).post(URL).status_code == 405

    def test_version_and_last_self_check_of_the_night(self, cast, client_for, night):
        html = client_for(cast.admin).get(URL).content.decode()
        assert "all 2 self-checks held" in html and "Weights: Ours (v3)" in html and "Line: the median" in html
        assert "MBG/NBD, 2 fits" in html and "found 4 × 10⁻¹⁶, allowed 1 × 10⁻⁹" in html
        assert "10⁻¹⁶" not in client_for(cast.owner).get(URL).content.decode()

    def test_before_the_first_night(self, cast, client_for):
        assert "no self-check has run" in client_for(cast.owner).get(URL).content.decode()

    @pytest.mark.parametrize("language", ["en", "zh-hans"])
    def test_sound_html_and_anchors(self, cast, client_for, night, language):
        html = client_for(cast.admin, language).get(URL).content.decode()
        parser = html5lib.HTMLParser(strict=False)
        parser.parse(html)
        assert not parser.errors, parser.errors[:3]
        assert re.findall(r'<article class="card method" id="(\w+)"', html) == [figure.code for figure in FIGURES]
        assert ("最近自检" in html) == (language == "zh-hans")
