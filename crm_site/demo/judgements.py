"""The demo's study: four experts compare the criteria of the 15 indicators; one contradicts themselves, one is late."""

from datetime import datetime, time, timedelta

from django.utils import timezone

from customers.vocabulary import Dimension
from segmentation.models import IndicatorTree, Study
from segmentation.numerics.presets import A_COMPANY
from segmentation.numerics.reading import steps_of
from segmentation.numerics.weights import reconstructed
from segmentation.services import studies

GOAL = {(0, 1): -1}  # potential value counts slightly more: 1/2, near the published .39 and .61
SITE = "http://127.0.0.1:8000/"


def create(users, as_of):
    """Begin the study on the evening of `as_of`, three of the four finish; returns how many answers there are."""
    at = datetime.combine(as_of, time(17), timezone.get_default_timezone())
    tree = IndicatorTree.objects.get(code=A_COMPANY.code)
    study = Study(name="客户价值权重复核", tree=tree, site=SITE, deadline=as_of + timedelta(days=14),
                  note="请以本公司的系统集成客户为准。")  # fmt: skip
    root = tree.nodes.get(parent=None)
    studies.begin_study(study=study, nodes=studies.nodes_at(root, True), by=users["admin"])
    questions = list(study.questions.all())
    answers = [
        GOAL,
        steps_of(reconstructed(Dimension.CURRENT.value)),
        steps_of(reconstructed(Dimension.POTENTIAL.value)),
    ]
    experts = [
        (studies.invite(study=study, user=users["lead"], by=users["admin"], at=at), answers),
        (studies.invite(study=study, user=users["wangjing"], by=users["admin"], at=at), _otherwise(answers)),
        (_outsider(study, "陈教授", "chen@example.com", users, at), _contradicting(answers)),
        (_outsider(study, "李工", "li@example.com", users, at), [{(0, 1): 0}, {(0, 1): 1, (0, 2): 1}, {}]),
    ]
    for invitation, told in experts:
        for question, steps in zip(questions, told, strict=True):
            studies.judge_all(invitation=invitation, question=question, steps=steps)
    for invitation, _told in experts[:3]:
        studies.finish(invitation=invitation, at=at + timedelta(hours=2))
    return sum(len(steps) for _one, told in experts for steps in told)


def _outsider(study, name, email, users, at):
    return studies.invite(study=study, name=name, email=email, language="zh-hans", by=users["admin"], at=at)


def _otherwise(answers):
    """The same order of things, a little flatter: every other judgement a step nearer to equal."""
    return [
        {pair: step - (step > 0) + (step < 0) if sum(pair) % 2 else step for pair, step in one.items()}
        for one in answers
    ]


def _contradicting(answers):
    """One circle among the potential criteria that no mean should swallow."""
    goal, current, potential = (dict(one) for one in answers)
    potential |= {(0, 1): 4, (1, 2): 4, (0, 2): -4, (3, 5): -5}
    return [goal, current, potential]
