"""A small tree to be judged, and experts who answer: shared by the tests of studies."""

from datetime import timedelta

from django.utils import timezone

from segmentation.models import IndicatorTree, Study
from segmentation.selectors.studies import live_items
from segmentation.services import studies

NOW = timezone.now()


def a_study(by, *, code="deck", below=True, **fields):
    """A study of a built-in tree, from the goal down."""
    tree = IndicatorTree.objects.get(code=code)
    root = tree.nodes.get(parent=None)
    study = Study(name="Spring", tree=tree, site="http://testserver/", **fields)
    return studies.begin_study(study=study, nodes=studies.nodes_at(root, below), by=by)


def invited(study, by, name="Li", **fields):
    """An outsider in a study."""
    fields = {"email": f"{name.lower()}@example.com"} | fields
    return studies.invite(study=study, name=name, by=by, at=NOW, **fields)


def answer(invitation, question, steps):
    """Keep answers {(i, j): step} by place among the items."""
    studies.judge_all(invitation=invitation, question=question, steps=steps)


def answer_all(invitation, step=0):
    """The same step on every pair of every question."""
    for question in invitation.study.questions.all():
        n = len(live_items(question))
        answer(invitation, question, {(i, j): step for i in range(n) for j in range(i + 1, n)})


def later(days):
    """A moment so many days from now."""
    return NOW + timedelta(days=days)
