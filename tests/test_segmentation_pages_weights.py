"""The weights page: what counts how much, from which source, and which version the shown night used."""

import html5lib
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from segmentation.models import Indicator, Weight, WeightSet
from segmentation.numerics import weights as table
from tests.standings import make_night

pytestmark = pytest.mark.django_db
URL = "/segmentation/weights/"


def page(client):
    answer = client.get(URL)
    assert answer.status_code == 200
    return answer, answer.content.decode()


def test_everybody_signed_in_may_look(cast, client_for):
    for user in (cast.owner, cast.stranger, cast.lead, cast.admin):
        page(client_for(user))
    assert client_for(None).get(URL).status_code == 302
    assert client_for(cast.admin).post(URL).status_code == 405


def test_only_administrators_get_the_way_to_edit(cast, client_for):
    assert "/admin/segmentation/" not in page(client_for(cast.lead))[1]
    assert "/admin/segmentation/weightset/" in page(client_for(cast.admin))[1]


def test_shows_the_published_table_with_sums_and_sources(cast, client_for):
    answer, html = page(client_for(cast.owner))
    for part in answer.context["dimensions"]:
        shown = {weight.indicator.code: float(weight.value) for weight in part.weights}
        assert shown == pytest.approx(table.local_weights(part.code))
        assert float(part.total) == pytest.approx(1)
        assert [weight.value for weight in part.weights] == sorted((w.value for w in part.weights), reverse=True)
    assert [part.share for part in answer.context["dimensions"]] == pytest.approx([0.39, 0.61])
    assert html.count("is-warn") >= 4 and "not applicable" in html and "0.3138" in html


def test_an_indicator_switched_off_is_out_of_the_sum(cast, client_for):
    Indicator.objects.filter(code="gross_profit").update(active=False)
    answer, html = page(client_for(cast.owner))
    assert float(answer.context["dimensions"][0].total) == pytest.approx(1 - 0.3138) and "switched off" in html


def test_a_newer_version_than_the_nights_is_told(cast, client_for):
    night = make_night()
    night.weights = {"version": WeightSet.objects.get().pk}
    night.save()
    assert "counts from the next night" not in page(client_for(cast.owner))[1]
    WeightSet.objects.update(status="SUPERSEDED")
    newer = WeightSet.objects.create(name="Ours <2026>", status="PUBLISHED", current_share="0.5")
    answer, html = page(client_for(cast.owner))
    assert (
        "counts from the next night" in html and "Ours &lt;2026&gt;" in html and newer == answer.context["weight_set"]
    )
    assert "No weights in this dimension" in html


def test_without_a_published_version(cast, client_for):
    Weight.objects.all().delete()
    WeightSet.objects.all().delete()
    assert "No weight set is published" in page(client_for(cast.owner))[1]


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_sound_html_and_steady_queries(cast, client_for, language):
    client, found = client_for(cast.lead, language), []
    for i in range(3):
        WeightSet.objects.create(name=f"draft {i}", created_by=cast.admin)
        with CaptureQueriesContext(connection) as queries:
            parser = html5lib.HTMLParser(strict=False)
            parser.parse(page(client)[1])
        assert not parser.errors, parser.errors[:3]
        found.append(len(queries))
    assert len(set(found)) == 1
