"""Where the rows behind a raw value are found, and where a weight came from: the doors of the explanation."""

import re
from dataclasses import dataclass, field
from datetime import timedelta

from django.urls import reverse

from segmentation.models import ExpertScore, Weight, WeightSet

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
class Judgement:
    """What one expert said about an indicator in a study: the question, its CR, whether it counted, and the words of
    each comparison with the indicator, as kept with the version."""

    name: str
    question: str
    cr: float | None
    counted: bool
    pairs: tuple = ()


@dataclass(frozen=True)
class Origin:
    """Where a version's weights came from. provenance: code -> P, E or O. mode: DIRECT or AHP. evidence: plain data of
    the judgements behind it."""

    mode: str = "DIRECT"
    provenance: dict = field(default_factory=dict)
    evidence: dict = field(default_factory=dict)

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
    """What the experts of a version said about an indicator: Judgements, those that count first."""
    found = []
    for expert in origin.evidence.get("experts", []):
        for answer in expert.get("answers", []):
            if code in answer.get("codes", [code]):
                pairs = tuple(str(words) for words in answer.get("pairs", {}).get(code, ()))
                counted = expert.get("counted", True)
                found.append(Judgement(expert["name"], answer.get("question", ""), answer.get("cr"), counted, pairs))
    return tuple(sorted(found, key=lambda one: not one.counted))


def origin(version):
    """The Origin of a version; an empty one where it is gone."""
    found = WeightSet.objects.filter(pk=version).values_list("mode", "evidence").first()
    if found is None:
        return Origin()
    rows = Weight.objects.filter(weight_set=version).values_list("indicator__code", "provenance")
    return Origin(found[0], dict(rows), found[1] or {})
