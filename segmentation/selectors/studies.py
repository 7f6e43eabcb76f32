"""Judgements as readers see them: one expert's reading of a question, and what the group makes of it."""

from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Any

import numpy as np

from segmentation.models import Invitation, Judgement, TreeNode, WeightPolicy, WeightSet
from segmentation.models.trees import local
from segmentation.numerics import ahp, group
from segmentation.numerics.reading import Reading, read

SHOWN_PAIRS = 5


@dataclass(frozen=True)
class Item:
    """What is compared: the id of its node and its name when the study began."""

    node: int
    name: str
    name_zh: str

    @property
    def label(self):
        return local(self, "name")


@dataclass(frozen=True)
class Answers:
    """One expert on one question. steps: (i, j) by place in items -> step; gone: names of parts that were removed."""

    question: Any
    items: list
    gone: list
    steps: dict
    reading: Reading

    @property
    def bars(self):
        """Pairs of item and weight, in order; weight None before the answers link all items."""
        weights = self.reading.weights
        return list(zip(self.items, [None] * len(self.items) if weights is None else weights.tolist(), strict=True))

    @property
    def top(self):
        return 1.0 if self.reading.weights is None else float(self.reading.weights.max())

    @property
    def fixes(self):
        """The suggestions with their items: (first, second, suggestion)."""
        return [(self.items[fix.row], self.items[fix.col], fix) for fix in self.reading.suggestions]

    @property
    def loops(self):
        """Circular triads as lists of items."""
        return [[self.items[i] for i in (*loop.items, loop.items[0])] for loop in self.reading.cycles[:SHOWN_PAIRS]]

    @property
    def pairs(self):
        """Every pair in order: (first, second, step or None)."""
        places = combinations(range(len(self.items)), 2)
        return [(self.items[i], self.items[j], self.steps.get((i, j))) for i, j in places]

    @property
    def next_open(self):
        """The first pair without an answer: those that link a new item first, or None."""
        return next(((first, second) for first, second, step in self.pairs if step is None), None)


def waiting_for(user, now):
    """How many open studies wait for the judgement of a user."""
    asked = Invitation.objects.filter(user=user, finished_at=None, expires_at__gt=now, study__status="OPEN")
    return asked.count()


def versions_of(study):
    """The versions of weights that were made from the study's judgements, newest first."""
    return WeightSet.objects.filter(evidence__study=study.pk).order_by("-pk")


def live_items(question):
    """The items whose nodes still hang under the question's node, as dicts."""
    if question.node_id is None:
        return []
    alive = set(TreeNode.objects.filter(parent=question.node_id).values_list("pk", flat=True))
    return [item for item in question.items if item["node"] in alive]


def newcomers(question):
    """Nodes that came under the question's node after the study began."""
    asked = [item["node"] for item in question.items]
    if question.node_id is None:
        return []
    return list(TreeNode.objects.filter(parent=question.node_id).exclude(pk__in=asked).select_related("indicator"))


def answers_of(invitation, questions=None, policy=None):
    """The Answers of an expert to every question of the study, in order."""
    study = invitation.study
    questions = list(study.questions.all()) if questions is None else questions
    policy = policy or WeightPolicy.current()
    rows = Judgement.objects.filter(invitation=invitation).values_list("question_id", "first", "second", "step")
    given = {}
    for question, first, second, step in rows:
        given.setdefault(question, {})[first, second] = step
    return [
        answers(question, live_items(question), given.get(question.pk, {}), study, policy) for question in questions
    ]


def answers(question, alive, given, study, policy):
    """Answers from raw pairs of node ids; pairs of removed items are left out."""
    place = {item["node"]: at for at, item in enumerate(alive)}
    steps = {(place[a], place[b]): step for (a, b), step in given.items() if a in place and b in place}
    known = {item["node"] for item in alive}
    gone = [Item(**item) for item in question.items if item["node"] not in known]
    found = read(len(alive), steps, study.random_index, float(policy.cr_limit)) if alive else Reading(0, 0, 0, 0.1)
    return Answers(question, [Item(**item) for item in alive], gone, steps, found)


def with_steps(found, steps):
    """The same Answers with other steps: what a whole matrix would say before it is kept."""
    return replace(found, steps=steps, reading=read(len(found.items), steps, *_rules(found.question.study)))


def _rules(study):
    """The random-index table and the limit of CR that a study is read by."""
    return study.random_index, float(WeightPolicy.current().cr_limit)


@dataclass(frozen=True)
class Voice:
    """One expert within the group's view of a question; counted: whether the mean includes them, and why not."""

    invitation: Any
    answers: Answers
    counted: bool
    reason: str  # "", OUT (switched off), OPEN (unfinished), INCONSISTENT


@dataclass(frozen=True)
class GroupView:
    """What the group makes of one question. weights: method -> list in the order of items (None without voices)."""

    question: Any
    items: list
    voices: list
    weights: dict = field(default_factory=dict)
    chosen: list | None = None
    consensus: float | None = None
    agreement: str = ""
    spread: Any = None
    divided: list = field(default_factory=list)
    missing: list = field(default_factory=list)
    new: list = field(default_factory=list)

    @property
    def counted(self):
        return [voice for voice in self.voices if voice.counted]

    @property
    def table(self):
        """Rows of item, chosen weight, the other methods' weights, and each counted voice's weight."""
        rows = []
        for at, item in enumerate(self.items):
            own = [None if v.answers.reading.weights is None else float(v.answers.reading.weights[at])
                   for v in self.voices]  # fmt: skip
            methods = [self.weights[method][at] for method in self.weights]
            rows.append((item, self.chosen[at] if self.chosen else None, methods, own))
        return rows

    @property
    def heat(self):
        """The map of disagreement: rows of (item, cells), cell = (factor, shade 0 to 5) or None on and below the
        diagonal."""
        if self.spread is None:
            return []
        return [
            (item, [None if j <= i else (float(self.spread[i, j]), shade(self.spread[i, j]))
                    for j in range(len(self.items))])
            for i, item in enumerate(self.items)
        ]  # fmt: skip


def shade(factor):
    """0 (all the same) to 5 (a factor of 3 and more)."""
    return int(np.clip(np.ceil(np.log(factor) / np.log(3) * 5 - 1e-9), 0, 5))


def group_view(study):
    """The GroupView of every question of a study."""
    policy = WeightPolicy.current()
    questions = list(study.questions.select_related("node"))
    invitations = list(study.invitations.select_related("user"))
    alive = {question.pk: live_items(question) for question in questions}
    rows = Judgement.objects.filter(invitation__study=study).values_list(
        "invitation_id", "question_id", "first", "second", "step"
    )
    given = {}
    for invitation, question, first, second, step in rows:
        given.setdefault((invitation, question), {})[first, second] = step
    views = []
    for question in questions:
        voices = [
            voice(one, answers(question, alive[question.pk], given.get((one.pk, question.pk), {}), study, policy))
            for one in invitations
        ]
        views.append(_view(question, alive[question.pk], voices, study))
    return views


def voice(invitation, found):
    """Whether an expert's answers count in the mean: finished, consistent or accepted, and not switched off."""
    if not invitation.counted:
        return Voice(invitation, found, False, "OUT")
    if found.reading.weights is None:
        return Voice(invitation, found, False, "OPEN")
    if not found.reading.acceptable and not invitation.accepted:
        return Voice(invitation, found, False, "INCONSISTENT")
    return Voice(invitation, found, True, "")


def _view(question, alive, voices, study):
    items = [Item(**item) for item in alive]
    counted = [one for one in voices if one.counted and one.invitation.weight > 0]
    missing = [one.invitation for one in voices if one.reason == "OPEN"]
    if not counted or not items:
        return GroupView(question, items, voices, missing=missing, new=newcomers(question))
    matrices = [one.answers.reading.matrix for one in counted]
    shares = [float(one.invitation.weight) for one in counted]
    weights = {
        method: ahp.aggregate(matrices, method=method, expert_weights=shares).tolist()
        for method in ("aip_mean", "aip_geometric", "aij")
    }
    agreed = ahp.consensus([one.answers.reading.weights for one in counted])
    spread = group.spread(matrices)
    pairs = [(float(spread[i, j]), items[i], items[j]) for i, j in combinations(range(len(items)), 2)]
    divided = sorted((pair for pair in pairs if pair[0] > 1 + 1e-9), key=lambda pair: -pair[0])[:SHOWN_PAIRS]
    return GroupView(
        question, items, voices, weights, weights[study.aggregation], agreed, ahp.agreement(agreed),
        spread if len(counted) > 1 else None, divided, missing, newcomers(question),
    )  # fmt: skip
