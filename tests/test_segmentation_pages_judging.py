"""The pages of pairwise judgement: by link without an account, the studies of administrators, the grid in admin."""

import html5lib
import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from segmentation.forms.studies import outsiders
from segmentation.models import Invitation, Judgement, Study, WeightSet
from segmentation.services import studies, weight_sets
from tests.judging import NOW, a_study, answer, answer_all, invited, later

pytestmark = pytest.mark.django_db
STUDIES = "/segmentation/studies/"


@pytest.fixture
def study(admin):
    return a_study(admin)


@pytest.fixture
def li(study, admin):
    return invited(study, admin)


def door(invitation):
    return f"/segmentation/judge/{studies.token_of(invitation)}/"


def pair_url(invitation, place=1, i=0, j=1):
    question = invitation.study.questions.all()[place]
    return f"{door(invitation)}{question.pk}/{question.items[i]['node']}/{question.items[j]['node']}/"


def sound(answer):
    parser = html5lib.HTMLParser(strict=False)
    parser.parse(answer.content.decode())
    assert not parser.errors, parser.errors[:3]
    return answer.content.decode()


class TestLink:
    @pytest.mark.parametrize("language", ["en", "zh-hans"])
    def test_an_outsider_answers_pair_by_pair_without_javascript(self, client_for, li, language):
        client = client_for(None, language)
        html = sound(client.get(door(li)))
        assert "0 / 9" in html
        url = pair_url(li, 0)
        for _ in range(9):
            assert sound(client.get(url))
            url = client.post(url, {"step": "1"}).url
        assert url == door(li) and Judgement.objects.count() == 9
        assert client.post(f"{door(li)}done/").url == door(li)
        li.refresh_from_db()
        assert li.finished_at and sound(client.get(door(li)))

    def test_wrong_ended_and_replaced_links(self, client_for, li, admin):
        client = client_for(None)
        assert client.get("/segmentation/judge/nonsense/").status_code == 404
        assert client.get(f"/segmentation/judge/{studies.token_of(li)[:-1]}x/").status_code == 404
        old = door(li)
        studies.renew_link(invitation=li, by=admin, at=NOW)
        assert client.get(old).status_code == 404 and client.get(door(li)).status_code == 200
        Invitation.objects.update(expires_at=later(-1))
        answer = client.get(door(li))
        assert answer.status_code == 404 and "has ended" in answer.content.decode()
        assert client.post(pair_url(li), {"step": "1"}).status_code == 404 and not Judgement.objects.exists()

    def test_nobody_answers_a_question_of_another_study(self, client_for, li, admin):
        other = a_study(admin).questions.first()
        url = f"{door(li)}{other.pk}/{other.items[0]['node']}/{other.items[1]['node']}/"
        assert client_for(None).post(url, {"step": "1"}).status_code == 404
        assert client_for(None).delete(pair_url(li)).status_code == 405
        assert client_for(None).get(f"{door(li)}done/").status_code == 405

    @pytest.mark.parametrize("step", ["", "x", "9", "-9", "1.5"])
    def test_bad_steps_are_told_and_nothing_is_kept(self, client_for, li, step):
        answer = client_for(None).post(pair_url(li), {"step": step})
        assert answer.status_code == 422 and 'role="alert"' in answer.content.decode()
        assert not Judgement.objects.exists()

    def test_a_choice_is_kept_as_one_goes_and_the_figures_come_back(self, client_for, li):
        client, live = client_for(None), {"HX-Request": "true"}
        client.post(pair_url(li, 1, 0, 1), {"step": "2"}, headers=live)
        client.post(pair_url(li, 1, 1, 2), {"step": "2"}, headers=live)
        answer = client.post(pair_url(li, 1, 0, 2), {"step": "-2"}, headers=live)
        html = answer.content.decode()
        assert answer.status_code == 200 and "<html" not in html
        assert "What disturbs most" in html and "run in a circle" in html and "1.1494" in html
        assert client.post(pair_url(li, 1, 0, 2), {"step": "x"}, headers=live).status_code == 422

    def test_a_part_removed_meanwhile_is_said_and_the_rest_goes_on(self, client_for, li):
        client, url = client_for(None), pair_url(li)
        li.study.questions.all()[1].node.children.first().delete()
        answer = client.post(url, {"step": "1"}, follow=True)
        assert "removed from the tree" in sound(answer) and not Judgement.objects.exists()

    def test_a_closed_study_shows_and_takes_nothing(self, client_for, li, study, admin):
        studies.set_open(study=study, opened=False, by=admin)
        client = client_for(None)
        assert "closed" in sound(client.get(door(li))) and sound(client.get(pair_url(li)))
        assert client.post(pair_url(li), {"step": "1"}).status_code == 422
        assert "closed" in client.post(f"{door(li)}done/", follow=True).content.decode()

    def test_experts_with_an_account_find_their_studies(self, client_for, cast, study):
        studies.invite(study=study, user=cast.lead, by=cast.admin, at=timezone.now())
        assert "Spring" in sound(client_for(cast.lead).get("/segmentation/judge/"))
        assert "Judge now" in sound(client_for(cast.lead).get("/segmentation/weights/"))
        assert "Judge now" not in client_for(cast.owner).get("/segmentation/weights/").content.decode()
        assert "Spring" not in sound(client_for(cast.owner).get("/segmentation/judge/"))
        assert client_for(None).get("/segmentation/judge/").status_code == 302

    def test_the_language_of_the_invitation_counts_for_outsiders(self, client_for, study, admin):
        one = invited(study, admin, "王芳", language="zh-hans", email="w@example.com")
        assert "王芳" in (html := client_for(None).get(door(one)).content.decode()) and "开始" in html

    def test_steady_queries(self, client_for, li):
        found = []
        for step in (0, 1):
            with CaptureQueriesContext(connection) as queries:
                client_for(None).get(door(li))
            found.append(len(queries))
            answer_all(li, step)
        assert found[0] == found[1]


class TestStudies:
    def test_administrators_only(self, client_for, cast, study, li):
        for url in (STUDIES, f"{STUDIES}new/", f"{STUDIES}{study.pk}/"):
            assert client_for(cast.admin).get(url).status_code == 200
            for user in (cast.owner, cast.lead):
                assert client_for(user).get(url).status_code == 403
            assert client_for(None).get(url).status_code == 302
        for what in ("close", "draft", "mail", "invite"):
            assert client_for(cast.lead).post(f"{STUDIES}{study.pk}/{what}/").status_code == 403
            assert client_for(cast.admin).get(f"{STUDIES}{study.pk}/{what}/").status_code == 405
        assert client_for(cast.admin).get(f"{STUDIES}999999/").status_code == 404

    def test_a_study_begins_with_its_experts(self, client_for, cast, study):
        client = client_for(cast.admin)
        node = study.tree.nodes.get(parent=None)
        data = {
            "name": "Autumn", "node": node.pk, "below": "on", "people": [cast.lead.pk], "aggregation": "aip_mean",
            "random_index": "saaty1980", "outsiders": "Li Na <li@example.com>\nwang@example.com",
            "deadline": timezone.localdate().isoformat(),
        }  # fmt: skip
        answer = client.post(f"{STUDIES}new/", data, follow=True)
        made = Study.objects.get(name="Autumn")
        assert answer.context["study"] == made and made.site == "http://testserver/" and made.created_by == cast.admin
        assert [one.name for one in made.invitations.all()] == ["lead", "Li Na", "wang"]
        assert made.questions.count() == 5 and sound(answer)
        for wrong in ({"people": [], "outsiders": ""}, {"outsiders": "no address"}, {"deadline": "2020-01-01"},
                      {"node": ""}, {"outsiders": "a <x@example.com>\nb <X@example.com>"}):  # fmt: skip
            assert client.post(f"{STUDIES}new/", data | wrong).status_code == 422
        assert Study.objects.filter(name="Autumn").count() == 1

    def test_mail_close_open_invite_and_weigh(self, client_for, cast, study, li):
        client, url = client_for(cast.admin), f"{STUDIES}{study.pk}/"
        client.post(f"{url}mail/")
        assert studies.token_of(li) in mail.outbox[0].body
        client.post(f"{url}close/")
        assert "closed" in client.post(f"{url}invite/", {"outsiders": "a@example.com"}, follow=True).content.decode()
        client.post(f"{url}open/")
        client.post(f"{url}invite/", {"outsiders": "a@example.com", "people": [cast.owner.pk]})
        assert study.invitations.count() == 3
        voice, key = f"{url}experts/{li.pk}/", f"v{li.pk}-"
        client.post(voice, {f"{key}weight": "2.5", f"{key}counted": "on"})
        li.refresh_from_db()
        assert (float(li.weight), li.counted, li.accepted) == (2.5, True, False)
        told = client.post(voice, {f"{key}weight": "-1"}, follow=True)
        assert told.status_code == 200 and float(Invitation.objects.get(pk=li.pk).weight) == 2.5
        assert "reason" not in client.post(voice, {f"{key}weight": "1", f"{key}accepted": "on"}, follow=True).context
        assert not Invitation.objects.get(pk=li.pk).accepted
        client.post(voice, {"renew": "1"})
        assert Invitation.objects.get(pk=li.pk).nonce != li.nonce

    @pytest.mark.parametrize("language", ["en", "zh-hans"])
    def test_the_group_page_and_the_draft(self, client_for, cast, study, admin, language):
        client, found = client_for(cast.admin, language), []
        for number, step in enumerate((1, 0)):
            answer_all(invited(study, admin, f"E{number}"), step)
            with CaptureQueriesContext(connection) as queries:
                sound(client.get(f"{STUDIES}{study.pk}/"))
            found.append(len(queries))
        assert found[1] - found[0] <= 0
        answer = client.post(f"{STUDIES}{study.pk}/draft/", follow=True)
        version = answer.context["version"]
        assert version.mode == "AHP" and version.status == "DRAFT" and "E0" in sound(answer)
        weight_sets.publish_weight_set(weight_set=version, by=admin, note="judged")
        page = client.get("/segmentation/weights/")
        assert page.context["worst_cr"] == pytest.approx(0.0462, abs=1e-4) and sound(page)

    def test_chinese_names_the_group_who_is_done_and_who_is_missing(self, client_for, cast, study, admin):
        answer_all(invited(study, admin, "E0"), 1)
        Invitation.objects.update(finished_at=timezone.now())
        invited(study, admin, "李工"), invited(study, admin, "王工")
        page = html5lib.parse(sound(client_for(cast.admin, "zh-hans").get(f"{STUDIES}{study.pk}/")))
        badges, heads, ledes = ([n for n in page.iter() if n.tag.endswith(tag)] for tag in ("}span", "}th", "}p"))
        shown = [n.text for n in badges if n.get("class", "").startswith("badge")]
        assert shown == ["已完成", "未完成", "未完成"]
        assert "群体" in [n.text for n in heads] and "集团" not in [n.text for n in heads]
        lede = next("".join(n.itertext()) for n in ledes if n.get("class") == "lede")
        assert "还缺：李工、王工。" in lede

    def test_the_result_leads_to_what_if(self, client_for, cast, study, admin):
        client, url = client_for(cast.admin), f"{STUDIES}{study.pk}/"
        assert not client.get(url).context["made"]
        answer_all(invited(study, admin), 1)
        tried = client.post(f"{url}draft/", {"try": "1"})
        made = WeightSet.objects.get(evidence__study=study.pk)
        assert tried.status_code == 302 and tried.url == f"/segmentation/whatif/{made.pk}/"
        page = html5lib.parse(sound(client.get(url)), namespaceHTMLElements=False)
        assert tried.url in [link.get("href") for link in page.iter("a")]
        assert client.post(f"{url}draft/").url == f"/segmentation/weights/{made.pk + 1}/"

    def test_without_a_voice_the_draft_is_refused(self, client_for, cast, study, li):
        answer = client_for(cast.admin).post(f"{STUDIES}{study.pk}/draft/", follow=True)
        assert "nobody has finished" in answer.content.decode() and WeightSet.objects.count() == 1

    def test_a_contradiction_and_what_is_new_in_the_tree_are_shown(self, client_for, cast, study, li):
        question = study.questions.all()[1]
        answer(li, question, {(0, 1): 2, (1, 2): 2, (0, 2): 1})
        study.tree.nodes.create(parent=question.node, name="Newcomer")
        html = sound(client_for(cast.admin).get(f"{STUDIES}{study.pk}/"))
        assert "contradicts itself" in html and "Newcomer" in html


class TestGrid:
    @pytest.fixture
    def url(self, study, li):
        return f"/admin/segmentation/study/{study.pk}/matrix/{li.pk}/"

    def test_administrators_only(self, client_for, cast, url):
        assert client_for(cast.admin).get(url).status_code == 200
        assert client_for(cast.lead).get(url).status_code == 302
        assert client_for(cast.admin).get(url.replace("study/", "study/9")).status_code == 404

    def test_a_change_is_kept_and_answers_with_the_figures(self, client_for, cast, study, url):
        client, question = client_for(cast.admin), study.questions.all()[1]
        a, b, c = (item["node"] for item in question.items)
        data = {"question": question.pk, f"p_{a}_{b}": "2", f"p_{b}_{c}": "2", f"p_{a}_{c}": "1"}
        html = client.post(url, data, headers={"HX-Request": "true"}).content.decode()
        assert "data-cr" in html and "What disturbs most" in html and "<html" not in html
        assert Judgement.objects.count() == 3
        assert client.post(url, data | {f"p_{a}_{c}": ""}).status_code == 302
        assert Judgement.objects.count() == 2
        assert client.post(url, data | {f"p_{a}_{b}": "12"}).status_code == 422
        assert client.post(url, data | {f"p_{a}_{b}": "x"}).status_code == 422
        assert client.post(url, {"question": "0"}).status_code == 404
        assert Judgement.objects.count() == 2 and sound(client.get(url))

    @pytest.mark.parametrize(
        ("text", "told"),
        [
            ("1 2\n1/2 1", "3 rows and 3 columns"),
            ("1 0 1\n1 1 1\n1 1 1", "zero or negative"),
            ("1 -2 1\n-1/2 1 1\n1 1 1", "zero or negative"),
            ("1 2 3\n2 1 2\n1/3 1/2 1", "contradict each other"),
            ("2 2 3\n1/2 1 2\n1/3 1/2 1", "must be 1"),
            ("1 12 3\n1/12 1 2\n1/3 1/2 1", "off the scale"),
            ("1 2.5 3\n0.4 1 2\n1/3 1/2 1", "off the scale"),
            ("1 a 3\n1/2 1 2\n1/3 1/2 1", "is no number"),
            ("1 1/0 3\n1/2 1 2\n1/3 1/2 1", "is no number"),
            ("", "3 rows and 3 columns"),
        ],
    )
    def test_a_bad_matrix_is_told_in_words_and_nothing_is_kept(self, client_for, cast, study, url, text, told):
        question = study.questions.all()[1]
        answer = client_for(cast.admin).post(url, {"question": question.pk, "matrix": text})
        assert answer.status_code == 422 and told in sound(answer) and not Judgement.objects.exists()

    def test_lines_of_outsiders(self):
        assert outsiders("Li Na <li@example.com>\n\n王芳; w@example.com\nx@example.com") == [
            ("Li Na", "li@example.com"), ("王芳", "w@example.com"), ("x", "x@example.com"),
        ]  # fmt: skip


@pytest.mark.browser
class TestBrowser:
    def test_the_administrator_sees_cr_move_and_gets_the_fix_list(self, browse, cast, admin):
        study = a_study(admin)
        one = invited(study, admin)
        question = study.questions.all()[1]
        answer(one, question, {(0, 1): 2, (1, 2): 2, (0, 2): 7})
        page = browse(cast.admin)
        page.goto(f"/admin/segmentation/study/{study.pk}/matrix/{one.pk}/")
        figures = page.locator(f"#figures-{question.pk}")
        before = figures.locator("[data-cr]").inner_text()
        a, c = question.items[0]["node"], question.items[2]["node"]
        page.locator(f"select[name=p_{a}_{c}]").select_option("-2")
        figures.get_by_text("What disturbs most").wait_for()
        assert figures.locator("[data-cr]").inner_text() != before
        assert figures.get_by_text("run in a circle").is_visible()
        assert page.locator(f"#q{question.pk} tbody tr").nth(2).locator(".recip").first.inner_text() == "3"

    def test_an_invited_expert_answers_with_the_keyboard(self, browse, admin, accessible):
        one = invited(a_study(admin), admin)
        page = browse(None)
        page.goto(door(one))
        page.get_by_role("link", name="Begin").click()
        page.wait_for_selector(".pips")
        accessible(page)
        page.keyboard.press("5")
        page.get_by_text("1 of 9 pairs of the whole study answered").wait_for()
        page.keyboard.press("Enter")
        page.get_by_text("Pair 2 of 9").wait_for()
        page.keyboard.press("Shift+Digit3")
        page.get_by_text("2 of 9 pairs of the whole study answered").wait_for()
        page.keyboard.press("ArrowLeft")
        page.wait_for_function("document.querySelector('.pips input:checked').value === '-1'")
        page.keyboard.press("Enter")
        page.get_by_text("Pair 3 of 9").wait_for()
        assert list(Judgement.objects.order_by("id").values_list("step", flat=True)) == [4, -1]

    @pytest.mark.parametrize("width", [390, 1280, 1440])
    def test_the_map_of_what_divides_fits(self, browse, cast, admin, accessible, width):
        study = a_study(admin, code="a_company")
        answer_all(invited(study, admin, "A"), 0), answer_all(invited(study, admin, "B"), 1)
        page = browse(cast.admin, width=width)
        page.goto(f"{STUDIES}{study.pk}/")
        cut = "tables => tables.map(table => table.scrollWidth - table.parentElement.clientWidth)"
        assert max(page.locator("table.divides").evaluate_all(cut)) <= 0
        accessible(page)
