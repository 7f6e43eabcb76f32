"""Where the rows behind a raw value are found, and where a weight came from: the doors of the explanation."""

import re
from dataclasses import dataclass, field
from datetime import timedelta

from django.urls import reverse

from segmentation.models import ExpertScore, TreeNode, Weight, WeightSet

YEAR = timedelta(days=364)  # the last 365 days, the night's own included
# What a measure is counted from, by the beginning of its name: (part of the customer page, place on it, filter).
PLACES = (
    (r"service_cost", "contracts", "service", ""),
    (r"referral", "contracts", "referrals", ""),
    (r"contract", "contracts", "contracts", ""),
    (r"overdue|receivable", "contracts", "receivables", ""),
    (r"satisfaction|trust|commitment", "surveys", "", ""),
    (r"complaint", "cases", "", ""),
    (r"interaction|inbound|last_contact", "timeline", "", "kind=interaction"),
    (r"p_alive|expected|clv", "overview", "", ""),
)
ATTRIBUTE = re.compile(r"scale|spending|share_of|influence|reach|complete")


@dataclass(frozen=True)
class Pair:
    """One comparison: `first` counts `times` times as much as `second`; as much where times is 1."""

    first: str
    second: str
    times: int


@dataclass(frozen=True)
class Judgement:
    """What one expert said about an indicator, or about the branch it hangs on: the question, what it came to within
    that question, the consistency of the answers, whether they count, and each comparison."""

    name: str
    question: str
    weight: float | None
    cr: float | None
    counted: bool
    pairs: tuple = ()


@dataclass(frozen=True)
class Origin:
    """Where a version's weights came from. provenance: code -> P, E or O. mode: DIRECT or AHP. evidence: plain data of
    the judgements behind it; nodes: id -> TreeNode of those that are judged there and still exist."""

    mode: str = "DIRECT"
    provenance: dict = field(default_factory=dict)
    evidence: dict = field(default_factory=dict)
    nodes: dict = field(default_factory=dict)

    @property
    def experts(self):
        """The names of those whose judgements count."""
        return [one["name"] for one in self.evidence.get("experts", []) if one.get("counted", True)]


def address(customer, line, night):
    """The address of the rows that a Line was counted from, narrowed to its window; where experts spoke, theirs."""
    page = customer.get_absolute_url()
    if line.said:
        return reverse("segmentation:expert", args=[customer.code])
    if not line.measure:
        return reverse("segmentation:expert", args=[customer.code]) if line.expert else ""
    if ATTRIBUTE.match(line.measure):
        return reverse("customers:edit", args=[customer.code])
    for pattern, tab, place, narrowed in PLACES:
        if re.match(pattern, line.measure):
            return f"{page}?tab={tab}{'&' + narrowed if narrowed else ''}{'#' + place if place else ''}"
    since = f"&since={(night.as_of - YEAR).isoformat()}" if line.window == "12m" else ""
    return f"{page}?tab=orders{since}&until={night.as_of.isoformat()}"


def said_by_experts(customer, night):
    """Codes of the indicators on which somebody had given the customer a score by this night."""
    rows = ExpertScore.objects.filter(customer=customer, date__lte=night.as_of)
    return set(rows.values_list("indicator__code", flat=True))


def judgements(origin, code):
    """The Judgements behind a weight, question by question from its own upwards, those that count first."""
    found = []
    for node in _upwards(origin.nodes, code):
        for expert in origin.evidence.get("experts", []):
            for answer in expert.get("answers", []):
                if str(node.pk) in answer.get("weights", {}):
                    found.append(_judgement(expert, answer, node, origin.nodes))
    return tuple(sorted(found, key=lambda one: not one.counted))


def _upwards(nodes, code):
    """The node of an indicator and those above it, as far as anybody judged them."""
    node = next((one for one in nodes.values() if one.indicator and one.indicator.code == code), None)
    while node is not None and not node.dimension:
        yield node
        node = nodes.get(node.parent_id)


def _judgement(expert, answer, node, nodes):
    pairs = []
    for first, second, step in answer.get("judgements", []):
        if node.pk in (first, second) and first in nodes and second in nodes:
            more, less = (first, second) if step >= 0 else (second, first)
            pairs.append(Pair(nodes[more].label, nodes[less].label, abs(step) + 1))
    counted = expert.get("counted", True) and answer.get("counted", True)
    weight = answer["weights"][str(node.pk)]
    return Judgement(expert["name"], answer.get("question", ""), weight, answer.get("cr"), counted, tuple(pairs))


def origin(version):
    """The Origin of a version; an empty one where it is gone."""
    found = WeightSet.objects.filter(pk=version).values_list("mode", "evidence").first()
    if found is None:
        return Origin()
    rows = Weight.objects.filter(weight_set=version).values_list("indicator__code", "provenance")
    mode, evidence = found[0], found[1] or {}
    answers = [answer for expert in evidence.get("experts", []) for answer in expert.get("answers", [])]
    judged = {int(node) for answer in answers for node in answer.get("weights", {})}
    nodes = TreeNode.objects.filter(pk__in=judged).select_related("indicator") if judged else ()
    return Origin(mode, dict(rows), evidence, {node.pk: node for node in nodes})
