"""Versions of the weights: copied to a draft, changed there, published one at a time."""

from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from customers.labels import label
from customers.vocabulary import Dimension
from segmentation.models import Weight, WeightSet

TOLERANCE = Decimal("0.0005")


@transaction.atomic
def copy_to_draft(*, source, name, by):
    """A draft with the weights of any version."""
    draft = WeightSet.objects.create(
        name=name[:80], mode=source.mode, current_share=source.current_share, note=source.note, created_by=by
    )
    for weight in source.weights.all():
        weight.pk, weight._state.adding, weight.weight_set = None, True, draft
        weight.save()
    return draft


@transaction.atomic
def publish(*, draft, by, at):
    """Makes a draft the version of the next night and supersedes the one before it. ValidationError if unsound."""
    draft = WeightSet.objects.select_for_update().get(pk=draft.pk)
    if draft.status != "DRAFT":
        raise ValidationError(_("Only a draft can be published."))
    _check(draft)
    for before in WeightSet.objects.filter(status="PUBLISHED"):
        before.status = "SUPERSEDED"
        before._history_user = by
        before.save()
    draft.status, draft.published_at, draft._history_user = "PUBLISHED", at, by
    draft.save()
    return draft


def _check(draft):
    """Each dimension's weights of active indicators sum to 1."""
    weights = list(Weight.objects.filter(weight_set=draft, indicator__active=True).select_related("indicator"))
    for dimension in Dimension:
        total = sum((weight.value for weight in weights if weight.indicator.dimension == dimension), Decimal(0))
        if abs(total - 1) > TOLERANCE:
            raise ValidationError(
                _("The weights of %(dimension)s sum to %(total)s, not to 1."),
                params={"dimension": label(dimension), "total": total.normalize()},
            )
