"""Studies: who is asked, what is kept, what the group says, reminders, and the draft of weights they make."""

from datetime import timedelta
from decimal import Decimal

import numpy as np
import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.utils import timezone

from segmentation import tasks
from segmentation.models import Invitation, Judgement, Question, WeightPolicy, WeightSet
from segmentation.numerics import ahp, group
from segmentation.numerics.reading import OffScale, matrix_of, read, step_of, steps_of, value_of
from segmentation.selectors.studies import answers_of, group_view
from segmentation.services import judged_weights, studies, weight_sets
from tests.judging import NOW, a_study, answer, answer_all, invited, later

pytestmark = pytest.mark.django_db


class TestReading:
    def test_steps_and_ratios_are_the_same_scale(self):
        for step in range(-8, 9):
            assert step_of(value_of(step)) == step
            assert value_of(step) * value_of(-step) == pytest.approx(1)
        for wrong in (0.0, 10.0, 2.5, 1 / 12):
            with pytest.raises(OffScale):
                step_of(wrong)

    def test_a_whole_matrix_comes_back_as_steps_and_errors_name_the_cell(self):
        steps = {(0, 1): 2, (0, 2): -4, (1, 2): 0}
        assert steps_of(matrix_of(3, steps)) == steps
        matrix = matrix_of(3, steps)
        matrix[0, 2], matrix[2, 0] = 12, 1 / 12
        with pytest.raises(OffScale) as refused:
            steps_of(matrix)
        assert (refused.value.row, refused.value.col) == (0, 2)

    def test_open_pairs_are_filled_and_nothing_shows_before_all_are_linked(self):
        apart = read(4, {(0, 1): 2})
        assert apart.weights is None and (apart.answered, apart.pairs) == (1, 6) and not apart.acceptable
        chain = read(3, {(0, 1): 2, (1, 2): 1})
        assert chain.provisional and chain.cr == pytest.approx(0, abs=1e-9)
        assert chain.weights == pytest.approx(np.array([6, 2, 1]) / 9)

    def test_the_fix_list_mends_and_circles_are_named_apart_from_drift(self):
        circle = read(3, {(0, 1): 2, (1, 2): 2, (0, 2): -2})
        assert circle.cr > 0.1 and [loop.items for loop in circle.cycles] == [(0, 1, 2)]
        fix = circle.suggestions[0]
        mended = {(0, 1): 2, (1, 2): 2, (0, 2): -2} | {(fix.row, fix.col): step_of(fix.suggested)}
        assert read(3, mended).cr == pytest.approx(fix.cr) and fix.cr < circle.cr
        drift = read(3, {(0, 1): 2, (1, 2): 2, (0, 2): 1})
        assert drift.cr > 0.1 and drift.cycles == () and drift.suggestions
        calm = read(3, {(0, 1): 2, (1, 2): 2, (0, 2): 7})
        assert calm.cr < 0.1 and calm.suggestions == ()

    def test_the_limit_and_the_table_are_arguments(self):
        steps = {(0, 1): 2, (1, 2): 2, (0, 2): 3}
        one, other = read(3, steps), read(3, steps, ri="donegan_dodd", limit=0.05)
        assert other.cr / one.cr == pytest.approx(0.58 / 0.4914) and other.limit == 0.05

    def test_one_or_two_items_cannot_contradict(self):
        assert read(1, {}).cr == 0 and read(2, {(0, 1): 8}).weights == pytest.approx([0.9, 0.1])


class TestStudy:
    def test_one_question_for_every_branch_with_something_to_compare(self, admin):
        study = a_study(admin)
        assert [len(question.items) for question in study.questions.all()] == [2, 3, 3, 2, 2]
        assert a_study(admin, below=False).questions.count() == 1

    def test_nothing_to_compare_is_refused_and_nothing_is_kept(self, admin):
        from segmentation.models import IndicatorTree, Study

        tree = IndicatorTree.objects.get(code="deck")
        leaf = tree.nodes.exclude(indicator=None).first()
        with pytest.raises(ValidationError, match="nothing to compare"):
            studies.begin_study(study=Study(name="x", tree=tree), nodes=[leaf], by=admin)
        assert not Study.objects.exists()

    def test_nobody_is_invited_twice(self, admin, cast):
        study = a_study(admin)
        invited(study, admin)
        studies.invite(study=study, user=cast.lead, by=admin, at=NOW)
        for again in ({"name": "Li2", "email": "LI@example.com"}, {"user": cast.lead}):
            with pytest.raises(ValidationError, match="already"):
                studies.invite(study=study, by=admin, at=NOW, **again)

    def test_answers_are_kept_in_the_order_of_the_items(self, admin):
        study = a_study(admin)
        one, question = invited(study, admin), study.questions.all()[1]
        first, second = (item["node"] for item in question.items[:2])
        studies.judge(invitation=one, question=question, first=second, second=first, step=3)
        row = Judgement.objects.get()
        assert (row.first, row.second, row.step) == (first, second, -3)
        studies.judge(invitation=one, question=question, first=first, second=second, step=None)
        assert not Judgement.objects.exists()

    def test_bad_answers_change_nothing(self, admin):
        study = a_study(admin)
        one, question = invited(study, admin), study.questions.all()[1]
        a, b = (item["node"] for item in question.items[:2])
        for first, second, step in ((a, b, 9), (a, b, -9), (a, a, 1), (a, 999_999, 1)):
            with pytest.raises(ValidationError):
                studies.judge(invitation=one, question=question, first=first, second=second, step=step)
        studies.set_open(study=study, opened=False, by=admin)
        with pytest.raises(ValidationError, match="closed"):
            studies.judge(invitation=one, question=question, first=a, second=b, step=1)
        assert not Judgement.objects.exists()

    def test_a_criterion_deleted_while_an_expert_judges(self, admin):
        study = a_study(admin)
        one, question = invited(study, admin), study.questions.all()[1]
        answer_all(one, 1)
        gone = question.node.children.first()
        kept = [item["node"] for item in question.items if item["node"] != gone.pk]
        gone.delete()
        found = answers_of(one)[1]
        assert [item.node for item in found.items] == kept and [item.node for item in found.gone] != []
        assert (found.reading.answered, found.reading.pairs) == (1, 1)
        with pytest.raises(ValidationError, match="removed from the tree"):
            studies.judge(
                invitation=one, question=question, first=question.items[0]["node"], second=kept[0], step=1
            )  # fmt: skip
        assert Judgement.objects.filter(question=question).count() == 3  # what was said is not lost
        draft, silent = judged_weights.draft_from_study(study=study, by=admin)
        assert silent == [] and sum(row.value for row in draft.weights.all()) == 2

    def test_a_whole_branch_deleted_makes_its_question_void(self, admin):
        study = a_study(admin)
        one = invited(study, admin)
        answer_all(one, 1)
        trust = study.tree.nodes.get(name="Trust")
        trust.delete()
        views = group_view(study)
        assert [view.question.label for view in views if not view.chosen] == ["Trust"]
        assert Question.objects.get(name="Trust").node is None


class TestGroup:
    @pytest.fixture
    def study(self, admin):
        return a_study(admin, below=False)

    def voices(self, study, admin, *steps):
        question = study.questions.get()
        found = []
        for number, step in enumerate(steps):
            one = invited(study, admin, name=f"E{number}")
            answer(one, question, {(0, 1): step})
            found.append(one)
        return found

    def test_arithmetic_mean_with_equal_weights_is_the_rule(self, study, admin):
        self.voices(study, admin, 2, -2, 0)
        view = group_view(study)[0]
        assert view.chosen == pytest.approx([0.5, 0.5]) == view.weights["aip_mean"]
        self.voices(study, admin, *()), answer(invited(study, admin, "F"), study.questions.get(), {(0, 1): 8})
        view = group_view(study)[0]
        assert view.chosen[0] == pytest.approx((0.75 + 0.25 + 0.5 + 0.9) / 4)
        study.aggregation = "aij"
        assert group_view(study)[0].chosen[0] != pytest.approx(view.chosen[0])

    def test_expert_weights_switches_and_reasons(self, study, admin):
        one, _other, third = self.voices(study, admin, 2, -2, 0)
        studies.weigh_expert(invitation=one, weight=3, counted=True, accepted=False, why="", by=admin)
        studies.weigh_expert(invitation=third, weight=1, counted=False, accepted=False, why="", by=admin)
        view = group_view(study)[0]
        assert view.chosen[0] == pytest.approx((3 * 0.75 + 0.25) / 4)
        assert [voice.reason for voice in view.voices] == ["", "", "OUT"]
        invited(study, admin, "silent")
        assert group_view(study)[0].voices[-1].reason == "OPEN"

    def test_who_contradicts_themselves_is_left_out_unless_accepted_with_a_reason(self, admin):
        study = a_study(admin)
        question = study.questions.all()[1]
        one = invited(study, admin)
        answer(one, question, {(0, 1): 2, (1, 2): 2, (0, 2): 1})
        assert group_view(study)[1].voices[0].reason == "INCONSISTENT"
        with pytest.raises(ValidationError):
            studies.weigh_expert(invitation=one, weight=1, counted=True, accepted=True, why="", by=admin)
        studies.weigh_expert(invitation=one, weight=1, counted=True, accepted=True, why="knows best", by=admin)
        view = group_view(study)[1]
        assert view.chosen and view.voices[0].counted
        WeightPolicy.objects.update_or_create(pk=1, defaults={"cr_limit": 1})
        studies.weigh_expert(invitation=one, weight=1, counted=True, accepted=False, why="", by=admin)
        assert group_view(study)[1].voices[0].counted

    def test_consensus_and_the_map_of_what_divides(self, admin):
        study = a_study(admin)
        question = study.questions.all()[1]
        answer(invited(study, admin, "A"), question, {(0, 1): 0, (0, 2): 0, (1, 2): 0})
        answer(invited(study, admin, "B"), question, {(0, 1): 0, (0, 2): 1, (1, 2): 1})
        view = group_view(study)[1]
        assert 0 < view.consensus < 1 and view.agreement in ("HIGH", "VERY_HIGH", "MODERATE")
        assert view.spread[0, 1] == pytest.approx(1)
        assert view.spread[0, 2] == pytest.approx(np.exp(np.log(2) / np.sqrt(2)))
        assert [pair[0] for pair in view.divided] == pytest.approx([view.spread[0, 2], view.spread[1, 2]])
        assert view.heat[0][1][0] is None and view.heat[0][1][2][1] == 3

    def test_spread_of_one_and_of_equals(self):
        matrix = matrix_of(3, {(0, 1): 1, (0, 2): 2, (1, 2): 1})
        assert (group.spread([matrix]) == 1).all() and group.spread([matrix, matrix]) == pytest.approx(np.ones((3, 3)))


@pytest.mark.both
class TestDraft:
    def test_judged_branches_replace_and_the_others_stay(self, admin):
        study = a_study(admin, code="a_company", below=False)
        answer(invited(study, admin), study.questions.get(), {(0, 1): 1})
        draft, silent = judged_weights.draft_from_study(study=study, by=admin)
        published = WeightSet.objects.get(status="PUBLISHED")
        assert draft.current_share == Decimal("0.666666666667") and silent == []
        of = lambda one: dict(one.weights.values_list("indicator__code", "value"))  # noqa: E731
        assert of(draft) == of(published) and draft.based_on == published and draft.mode == "AHP"

    def test_a_deep_tree_multiplies_down_and_sums_to_exactly_one(self, admin):
        study = a_study(admin)
        one, other = invited(study, admin, "A"), invited(study, admin, "B")
        answer_all(one, 1), answer_all(other, 0)
        draft, silent = judged_weights.draft_from_study(study=study, by=admin)
        sums = {}
        for row in draft.weights.select_related("indicator"):
            sums[row.indicator.dimension] = sums.get(row.indicator.dimension, 0) + row.value
        assert sums == {"CURRENT": 1, "POTENTIAL": 1} and silent == []
        loyal = ahp.aggregate([matrix_of(2, {(0, 1): 1}), matrix_of(2, {(0, 1): 0})])
        three = ahp.aggregate([matrix_of(3, dict.fromkeys([(0, 1), (0, 2), (1, 2)], step)) for step in (1, 0)])
        found = draft.weights.get(indicator__code="loyalty_affective").value
        assert float(found) == pytest.approx(three[1] * loyal[0], abs=1e-11)
        checked = weight_sets.check_weight_set(weight_set=draft, by=admin)
        assert len(checked.checks["experts"]) == 10 and all(row["ok"] for row in checked.checks["experts"])
        told = draft.evidence
        assert told["consensus"].keys() == {question.label for question in study.questions.all()}
        assert told["experts"][0]["answers"][0]["judgements"][0][2] == 1

    def test_without_a_voice_that_counts_there_is_no_draft(self, admin):
        study = a_study(admin)
        invited(study, admin)
        with pytest.raises(ValidationError, match="nobody has finished"):
            judged_weights.draft_from_study(study=study, by=admin)
        assert WeightSet.objects.count() == 1


class TestMail:
    def test_reminders_go_twice_at_most_and_only_to_those_who_are_missing(self, admin):
        today = timezone.localdate()
        study = a_study(admin, deadline=today + timedelta(days=3))
        one, done = invited(study, admin, language="zh-hans"), invited(study, admin, "done")
        studies.finish(invitation=done, at=NOW)
        invited(study, admin, "nomail", email="")
        assert studies.remind_due(today=today - timedelta(days=1), at=NOW) == 0
        assert studies.remind_due(today=today, at=NOW) == 1
        assert studies.remind_due(today=today, at=NOW) == 0
        assert studies.remind_due(today=today + timedelta(days=3), at=later(3)) == 1
        assert studies.remind_due(today=today + timedelta(days=3), at=later(3)) == 0
        assert studies.remind_due(today=today + timedelta(days=4), at=later(4)) == 0
        assert [message.to for message in mail.outbox] == [["li@example.com"]] * 2
        assert "提醒" in mail.outbox[0].subject and studies.token_of(one) in mail.outbox[0].body
        assert Invitation.objects.get(pk=one.pk).reminded == 2

    def test_the_beat_has_a_door(self, admin, eager):
        study = a_study(admin, deadline=timezone.localdate())
        invited(study, admin)
        tasks.remind_experts.delay()
        tasks.remind_experts.delay()
        assert len(mail.outbox) == 1
        from django.conf import settings

        doors = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
        assert tasks.remind_experts.name in doors
