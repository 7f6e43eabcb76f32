"""What was tried becomes a draft: weights scaled to sum to 1, exactly."""

from decimal import ROUND_FLOOR, Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from customers.vocabulary import Dimension
from segmentation.models import Shadow, Weight, WeightSet
from segmentation.services.weight_sets import copy_to_draft

PLACES = Decimal("0.0001")
NIGHTS = 60


@transaction.atomic
def save_trial(*, weight_set, weights, share, by):
    """Keep tried `weights` (code -> number) and `share` in the draft; returns the draft.

    Own direct drafts are changed; any other version is copied to a new direct draft first, so that what experts judged
    and what counted stay as they are, and nobody approves their own change to the draft of somebody else. Nothing
    changed: the version itself. ValidationError where a dimension is all zero.
    """
    version = WeightSet.objects.select_for_update().get(pk=weight_set.pk)
    rows = {row.indicator.code: row for row in version.weights.select_related("indicator")}
    wanted = {code: rows[code].value for code in rows} | scaled(rows, weights)
    share = Decimal(str(share)).quantize(PLACES) if share != float(version.current_share) else version.current_share
    if share == version.current_share and all(wanted[code] == rows[code].value for code in rows):
        return version
    if not version.is_draft or version.mode != "DIRECT" or version.created_by_id != by.pk:
        name = _("Trial of %(name)s") % {"name": version.name}
        version = copy_to_draft(source=version, name=name, by=by)
        version.mode, version.evidence = "DIRECT", {}
        rows = {row.indicator.code: row for row in version.weights.select_related("indicator")}
    version.current_share, version._history_user = share, by
    version.save()
    for code, row in rows.items():
        if row.value != wanted[code]:
            row.value, row.provenance = wanted[code], "O"
            row.save()
    return version


def scaled(rows, weights):
    """Code -> Decimal with four places, each dimension summing to exactly 1; untouched dimensions stay as they are.

    rows: code -> Weight. The remainder goes to the weights that rounding took most from.
    """
    found = {}
    for dimension in Dimension:
        own = [code for code, row in rows.items() if row.indicator.dimension == dimension and row.indicator.active]
        own = [code for code in own if code in weights]
        if all(abs(float(rows[code].value) - weights[code]) < 5e-7 for code in own):
            continue
        found |= _to_one({code: Decimal(str(weights[code])) for code in own})
    return found


def _to_one(given):
    total = sum(given.values())
    if total <= 0:
        raise ValidationError(_("At least one weight of each dimension must be more than zero."))
    exact = {code: value / total for code, value in given.items()}
    cut = {code: value.quantize(PLACES, ROUND_FLOOR) for code, value in exact.items()}
    short = int((1 - sum(cut.values())) / PLACES)
    for code in sorted(exact, key=lambda code: (cut[code] - exact[code], code))[:short]:
        cut[code] += PLACES
    return cut


@transaction.atomic
def start_shadow(*, weight_set, nights, by):
    """Let the coming nights score a version beside the published one; an open shadow of it is lengthened."""
    version = WeightSet.objects.select_for_update().get(pk=weight_set.pk)
    if version.status in ("PUBLISHED", "SUPERSEDED"):
        raise ValidationError(_("Only a version that has not been published yet can be shadowed."))
    if not 1 <= nights <= NIGHTS:
        raise ValidationError(_("Shadow a version for 1 to %(most)s nights."), params={"most": NIGHTS})
    if not Weight.objects.filter(weight_set=version, value__gt=0, indicator__active=True).exists():
        raise ValidationError(_("This version has no weights yet."))
    shadow = Shadow.objects.filter(weight_set=version, left__gt=0).first()
    if shadow is None:
        return Shadow.objects.create(weight_set=version, nights=nights, left=nights, started_by=by)
    shadow.left, shadow.nights = nights, min(NIGHTS, shadow.nights - shadow.left + nights)
    shadow.save()
    return shadow


@transaction.atomic
def stop_shadow(*, shadow, by):
    """No further nights; what was told stays."""
    shadow.left = 0
    shadow.save()
    return shadow
