"""Versions of the weights: drafted, checked, approved, published one at a time, and brought back."""

import hashlib
import json
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from customers.labels import label
from customers.vocabulary import Dimension
from segmentation.models import Weight, WeightPolicy, WeightSet
from segmentation.models.weights import FROZEN

TOLERANCE = Decimal("0.0005")
WHATEVER = object()  # the caller has not looked at what is published


class PublishConflict(ValidationError):
    """Somebody else published in the meantime: look at what counts now, then decide again."""


@transaction.atomic
def copy_to_draft(*, source, name, by):
    """A draft with the weights of any version."""
    draft = WeightSet.objects.create(
        name=name[:80],
        mode=source.mode,
        tree=source.tree,
        current_share=source.current_share,
        note=source.note,
        evidence=source.evidence,
        based_on=source,
        created_by=by,
    )
    Weight.objects.bulk_create(
        Weight(weight_set=draft, indicator_id=row.indicator_id, value=row.value, provenance=row.provenance)
        for row in source.weights.all()
    )
    return draft


@transaction.atomic
def check_weight_set(*, weight_set, by):
    """DRAFT -> CHECKED. Its weights are closed from here on. ValidationError with everything that is unsound."""
    draft = _locked(weight_set)
    if draft.status != "DRAFT":
        raise ValidationError(_("Only a draft can be checked."))
    _check(draft, by)
    _keep(draft, by, "checked")
    return draft


@transaction.atomic
def approve_weight_set(*, weight_set, by, note=""):
    """CHECKED -> APPROVED, by somebody other than the author."""
    checked = _locked(weight_set)
    if checked.status != "CHECKED":
        raise ValidationError(_("Only a checked version can be approved."))
    if by.pk == (checked.created_by_id or checked.checked_by_id):
        raise ValidationError(_("You wrote this version: somebody else approves it."))
    checked.status, checked.approved_by = "APPROVED", by
    _keep(checked, by, note or "approved")
    return checked


@transaction.atomic
def return_to_draft(*, weight_set, by, note=""):
    """CHECKED or APPROVED -> DRAFT, so that the weights can be changed again."""
    version = _locked(weight_set)
    if version.status not in ("CHECKED", "APPROVED"):
        raise ValidationError(_("Only a checked or approved version can go back to draft."))
    version.status, version.checks, version.checked_by, version.approved_by = "DRAFT", {}, None, None
    _keep(version, by, note or "back to draft")
    return version


def publish_weight_set(*, weight_set, by, note="", seen=WHATEVER, at=None):
    """Make a version the one that the next night uses, and supersede the one before it; returns it.

    A draft is checked on the way; where the policy asks for a second person it must be approved first. A superseded
    version is published again as it was: that is the way back. `seen` is the id of the version (or None) that the
    caller saw as published; if another one is published by now, PublishConflict says so and nothing changes. Without
    it, what is published when the call begins counts as seen. ValidationError where it is unsound or not allowed.
    """
    seen = _published_id() if seen is WHATEVER else seen
    with transaction.atomic():
        policy, _made = WeightPolicy.objects.select_for_update().get_or_create(pk=1)
        version = _locked(weight_set)
        before = WeightSet.objects.filter(status="PUBLISHED").first()
        _nobody_was_faster(version, before, seen)
        _may_be_published(version, policy, by)
        if before:
            before.status = "SUPERSEDED"
            _keep(before, by, note)
        version.status, version.published_by, version.publish_note = "PUBLISHED", by, note[:300]
        version.published_at, version.fingerprint = at or Now(), fingerprint(version)
        _keep(version, by, note)
    version.refresh_from_db()
    return version


def fingerprint(weight_set):
    """One hash over everything a night takes from a version: equal hashes mean equal weights."""
    rows = weight_set.weights.select_related("indicator").order_by("indicator__code")
    weights = [[row.indicator.code, f"{row.value:.12f}"] for row in rows]
    text = json.dumps([f"{Decimal(weight_set.current_share):.12f}", weights])
    return hashlib.sha256(text.encode()).hexdigest()


def _published_id():
    return WeightSet.objects.filter(status="PUBLISHED").values_list("pk", flat=True).first()


def _locked(weight_set):
    return WeightSet.objects.select_for_update().get(pk=weight_set.pk)


def _keep(version, by, reason):
    version._history_user, version._change_reason = by, reason[:100]
    version.save()


def _nobody_was_faster(version, before, seen):
    if version.status == "PUBLISHED":
        raise PublishConflict(_("This version is published already."))
    now = before.pk if before else None
    if now != seen:
        raise PublishConflict(
            _("%(version)s was published in the meantime: look at it, then publish yours if it still holds."),
            params={"version": before or _("Nothing")},
        )


def _may_be_published(version, policy, by):
    """Sound, and approved where the policy says so; a version that counted before needs no new approval."""
    if policy.second_person and version.status not in ("APPROVED", "SUPERSEDED"):
        raise ValidationError(_("A second person has to approve this version first."))
    _check(version, by)


def _check(version, by):
    """Leave on the version what was checked; ValidationError lists everything that is unsound."""
    weights = list(Weight.objects.filter(weight_set=version, indicator__active=True).select_related("indicator"))
    sums = {
        dimension.value: sum((row.value for row in weights if row.indicator.dimension == dimension), Decimal(0))
        for dimension in Dimension
    }
    experts = expert_checks(version.evidence)
    problems = [*_sums_off(sums), *_off_the_tree(version, weights), *_experts_off(experts)]
    if problems:
        raise ValidationError(problems)
    version.checks = {"sums": {code: str(total.normalize()) for code, total in sums.items()}, "experts": experts}
    version.checked_by = version.checked_by or by
    if version.status == "DRAFT":
        version.status = "CHECKED"


def _sums_off(sums):
    for code, total in sums.items():
        if abs(total - 1) > TOLERANCE:
            yield ValidationError(
                _("The weights of %(dimension)s sum to %(total)s, not to 1."),
                params={"dimension": label(Dimension(code)), "total": total.normalize()},
            )


def _off_the_tree(version, weights):
    """Leaves without a weight, and weights without a leaf; a version that counted before stays as it was."""
    if version.tree is None or version.status in FROZEN:
        return
    leaves = {node.indicator_id: node.indicator for node in version.tree.nodes.exclude(indicator=None)}
    known = {row.indicator_id for row in weights}
    for pk, indicator in leaves.items():
        if pk not in known and indicator.active:
            text = _("“%(name)s” stands in the tree and has no weight: save the draft to take it over.")
            yield ValidationError(text, params={"name": indicator})
    for row in weights:
        if row.indicator_id not in leaves and row.value:
            text = _("“%(name)s” has a weight and stands no longer in the tree: save the draft to drop it.")
            yield ValidationError(text, params={"name": row.indicator})


def expert_checks(evidence):
    """[{"name", "question", "cr", "counted", "ok"}] of the judgements behind a version; [] for direct weights."""
    limit = float(evidence.get("cr_limit", 0.10))
    return [
        {
            "name": expert["name"],
            "question": answer["question"],
            "cr": answer["cr"],
            "counted": answer.get("counted", expert["counted"]),
            "ok": not answer.get("counted", expert["counted"])
            or expert.get("accepted", False)
            or answer["cr"] <= limit,
        }
        for expert in evidence.get("experts", [])
        for answer in expert["answers"]
    ]


def _experts_off(experts):
    for row in experts:
        if not row["ok"]:
            yield ValidationError(
                _("%(name)s contradicts themselves on %(question)s: CR %(cr)s is above the limit."),
                params={"name": row["name"], "question": row["question"], "cr": f"{row['cr']:.3f}"},
            )
