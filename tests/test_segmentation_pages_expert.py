"""The form for experts: who may, what is kept, and that it counts from the next night."""

from datetime import date, timedelta
from decimal import Decimal

import html5lib
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from customers.changes import watermark
from segmentation.models import ExpertScore, Indicator
from segmentation.services.expert_scores import save_expert_scores

pytestmark = [pytest.mark.django_db, pytest.mark.both]
URL = "/segmentation/expert/C1/"


@pytest.fixture
def customer(cast, make_customer):
    return make_customer("C1", owner=cast.owner)


@pytest.fixture
def credit(db):
    return Indicator.objects.get(code="bank_credit")


def answers(**levels):
    """A complete posted form: no score unless named by indicator code."""
    told = {"date": timezone.localdate().isoformat()}
    for indicator in Indicator.objects.filter(expert=True):
        told[f"level_{indicator.pk}"] = levels.get(indicator.code, "")
        told[f"note_{indicator.pk}"] = levels.get(f"{indicator.code}_note", "")
    return told


class TestWho:
    def test_owner_lead_and_admin_may_score(self, cast, client_for, customer):
        for user in cast.insiders():
            assert client_for(user).get(URL).status_code == 200
            assert client_for(user).post(URL, answers(bank_credit="4")).status_code == 302
        assert ExpertScore.objects.count() == 3

    def test_others_do_not_find_it(self, cast, client_for, customer):
        for user in cast.outsiders():
            assert client_for(user).get(URL).status_code == 404
            assert client_for(user).post(URL, answers(bank_credit="4")).status_code == 404
        assert not ExpertScore.objects.exists()

    def test_anonymous_unknown_and_wrong_method(self, cast, client_for, customer):
        assert client_for(None).get(URL).status_code == 302
        assert client_for(None).post(URL, answers(bank_credit="4")).status_code == 302
        assert client_for(cast.owner).put(URL).status_code == 405
        assert client_for(cast.admin).get("/segmentation/expert/NOPE/").status_code == 404


class TestWhatIsKept:
    def test_score_note_date_and_scorer(self, cast, client_for, customer, credit):
        before = watermark()["count"]
        answer = client_for(cast.owner).post(
            URL, answers(bank_credit="5", bank_credit_note="told by the bank"), follow=True
        )
        row = ExpertScore.objects.get()
        assert (row.customer, row.indicator, row.scorer, row.score) == (customer, credit, cast.owner, 5)
        assert (row.note, row.date) == ("told by the bank", timezone.localdate())
        assert watermark()["count"] == before + 1
        assert answer.redirect_chain == [("/customers/C1/?tab=score", 302)]
        assert "counts from the next night" in answer.content.decode()

    def test_the_same_day_is_corrected_another_day_is_added(self, cast, client_for, customer, credit):
        client = client_for(cast.owner)
        client.post(URL, answers(bank_credit="2"))
        client.post(URL, answers(bank_credit="3"))
        assert ExpertScore.objects.get().score == 3
        ExpertScore.objects.update(date=date(2020, 1, 1))
        client.post(URL, answers(bank_credit="4"))
        assert ExpertScore.objects.count() == 2

    def test_unchanged_words_write_nothing(self, cast, client_for, customer):
        client = client_for(cast.owner)
        client.post(URL, answers(bank_credit="2"))
        before = watermark()
        answer = client.post(URL, answers(bank_credit="2"), follow=True)
        assert watermark() == before and "Nothing has changed" in answer.content.decode()

    def test_no_score_takes_the_own_words_back_and_nobody_elses(self, cast, client_for, customer, credit):
        client_for(cast.lead).post(URL, answers(bank_credit="1"))
        client = client_for(cast.owner)
        client.post(URL, answers(bank_credit="2"))
        answer = client.post(URL, answers(), follow=True)
        assert [row.scorer for row in ExpertScore.objects.all()] == [cast.lead]
        assert "withdrawn" in answer.content.decode()

    def test_an_imported_half_level_stays_when_untouched(self, cast, client_for, customer, credit):
        ExpertScore.objects.create(
            customer=customer, indicator=credit, scorer=cast.owner, score="3.5", date=date(2020, 1, 1)
        )
        client_for(cast.owner).post(URL, answers(profitability="4"))
        assert ExpertScore.objects.get(indicator=credit).score == Decimal("3.5")
        assert ExpertScore.objects.count() == 2

    def test_the_service_counts_what_it_did(self, cast, customer, credit):
        day = date(2025, 1, 1)
        save = lambda **told: save_expert_scores(customer=customer, date=day, by=cast.lead, **told)  # noqa: E731
        assert save(scores={credit: (4, "")}, withdrawn=[]) == (1, 0)
        assert save(scores={}, withdrawn=[credit]) == (0, 1)
        assert ExpertScore.history.filter(history_type="-").count() == 1


class TestForm:
    def test_prefilled_with_the_own_words_and_showing_those_of_others(self, cast, client_for, customer, credit):
        day = date(2025, 3, 1)
        for user, score, note in [(cast.owner, 4, "mine"), (cast.lead, 2, "theirs")]:
            ExpertScore.objects.create(
                customer=customer, indicator=credit, scorer=user, score=score, date=day, note=note
            )
        html = client_for(cast.owner).get(URL).content.decode()
        assert f'name="level_{credit.pk}" value="4"' in html.replace("\n", " ") and "mean of 2 scorers: 3.00" in html
        tree = html5lib.parse(html, namespaceHTMLElements=False)
        chosen = [
            node for node in tree.iter("input") if node.get("name") == f"level_{credit.pk}" and "checked" in node.attrib
        ]
        assert [node.get("value") for node in chosen] == ["4"] and 'value="mine"' in html and "theirs" not in html

    def test_only_the_latest_of_each_scorer_counts(self, cast, client_for, customer, credit):
        for day, score in [(date(2024, 1, 1), 1), (date(2025, 1, 1), 5)]:
            ExpertScore.objects.create(customer=customer, indicator=credit, scorer=cast.lead, score=score, date=day)
        assert "by one scorer: 5.00" in client_for(cast.owner).get(URL).content.decode()

    def test_levels_have_the_words_of_the_rubric_in_both_languages(self, cast, client_for, customer):
        assert "3 · Low" in client_for(cast.owner).get(URL).content.decode()
        assert "3 · 低" in client_for(cast.owner, "zh-hans").get(URL).content.decode()

    @pytest.mark.parametrize("level", ["0", "6", "4.5", "x", "-1", "1e1", "\u0665"])
    def test_levels_outside_the_rubric_are_refused(self, cast, client_for, customer, level):
        answer = client_for(cast.owner).post(URL, answers(bank_credit=level))
        assert answer.status_code == 422 and not ExpertScore.objects.exists()

    @pytest.mark.parametrize("day", ["", "31/02/2025", "1850-01-01", "0000-00-00"])
    def test_bad_dates_are_refused(self, cast, client_for, customer, day):
        answer = client_for(cast.owner).post(URL, {**answers(bank_credit="4"), "date": day})
        assert answer.status_code == 422 and not ExpertScore.objects.exists()

    def test_tomorrow_a_lonely_note_and_a_long_one_are_refused(self, cast, client_for, customer):
        tomorrow = (timezone.localdate() + timedelta(days=2)).isoformat()
        for told in (
            {**answers(bank_credit="4"), "date": tomorrow},
            answers(bank_credit_note="a note without a level"),
            answers(bank_credit="4", bank_credit_note="x" * 201),
            answers(bank_credit="4", bank_credit_note="nul \x00"),
        ):
            assert client_for(cast.owner).post(URL, told).status_code == 422
        assert not ExpertScore.objects.exists()

    def test_indicators_that_experts_may_not_score_are_not_offered(self, cast, client_for, customer):
        Indicator.objects.filter(code="bank_credit").update(active=False)
        Indicator.objects.filter(code="profitability").update(expert=False)
        html = client_for(cast.owner).get(URL).content.decode()
        assert "Bank credit" not in html and "Profitability" not in html
        Indicator.objects.update(expert=False)
        assert "No indicator takes expert scores" in client_for(cast.owner).get(URL).content.decode()

    @pytest.mark.parametrize("language", ["en", "zh-hans"])
    def test_sound_html_and_steady_queries(self, cast, client_for, customer, credit, language):
        client, found = client_for(cast.owner, language), []
        for user in (cast.owner, cast.lead, cast.admin):
            ExpertScore.objects.create(customer=customer, indicator=credit, scorer=user, score=3, date=date(2025, 1, 1))
            with CaptureQueriesContext(connection) as queries:
                html = client.get(URL).content.decode()
            found.append(len(queries))
            parser = html5lib.HTMLParser(strict=False)
            parser.parse(html)
            assert not parser.errors, parser.errors[:3]
        assert len(set(found)) == 1


def test_codes_that_need_quoting(cast, client_for, make_customer):
    customer = make_customer("A/B 华", owner=cast.owner)
    from django.urls import reverse

    assert client_for(cast.owner).get(reverse("segmentation:expert", args=[customer.code])).status_code == 200
