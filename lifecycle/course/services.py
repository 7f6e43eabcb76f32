"""What people decide about stages: set one by hand, lift it, record and settle signals, give reasons, choose a view."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from customers.models import Customer
from lifecycle.models import (
    ExplorationCheck,
    PatternReason,
    RelationshipSignal,
    StageModel,
    StageOverride,
    StagePreference,
)


@transaction.atomic
def set_stage(*, customer, stage, reason, begin, until, by):
    """Set a stage by hand from `begin` (a day) through `until`; one that still runs ends. Answers the override."""
    Customer.objects.select_for_update().get(pk=customer.pk)
    if until < begin:
        raise ValidationError({"until": _("Choose a day that is not past.")})
    for row in StageOverride.objects.filter(customer=customer, ended_on=None, until__gte=begin):
        _end(row, begin, by)
    return StageOverride.objects.create(
        customer=customer, stage=stage, reason=reason.strip()[:300], begin=begin, until=until, by=by
    )


def _end(row, day, by):
    row.ended_on, row.ended_by = day, by
    row.save(update_fields=["ended_on", "ended_by"])


@transaction.atomic
def lift(*, override, by, day):
    """The rules speak again from this day on. ValidationError where it has ended already."""
    row = StageOverride.objects.select_for_update().get(pk=override.pk)
    if row.ended_on is not None or row.until < day:
        raise ValidationError(_("It has ended already."), code="stale")
    _end(row, day, by)
    return row


@transaction.atomic
def record_signal(*, customer, kind, date, note, by):
    """Record a danger signal about a customer."""
    return RelationshipSignal.objects.create(customer=customer, kind=kind, date=date, note=note.strip()[:300], by=by)


@transaction.atomic
def settle_signal(*, signal, day, by):
    """The danger is over; the stage follows in the night. ValidationError where it is settled already."""
    row = RelationshipSignal.objects.select_for_update().get(pk=signal.pk)
    if row.settled_on is not None:
        raise ValidationError(_("It is settled already."), code="stale")
    row.settled_on = max(day, row.date)
    row._history_user = by
    row.save(update_fields=["settled_on"])
    return row


@transaction.atomic
def give_reasons(*, customer, reasons, date, by):
    """The reasons why a relationship ended or lasts, as {code: (strength or None, note)}; what is not named goes."""
    kept = {row.code: row for row in PatternReason.objects.select_for_update().filter(customer=customer)}
    for code, (strength, note) in reasons.items():
        row = kept.pop(code, None) or PatternReason(customer=customer, code=code)
        if row.pk and (row.strength, row.note) == (strength, note):
            continue
        row.strength, row.note, row.date, row.by = strength, note, date, by
        row.save()
    for row in kept.values():
        row.delete()


@transaction.atomic
def save_checklist(*, check, date, by):
    """Saves what is known about a beginning, whoever entered it first."""
    Customer.objects.select_for_update().get(pk=check.customer_id)  # two who enter it first come one after the other
    current = ExplorationCheck.objects.filter(customer=check.customer_id).first()
    if current is not None:
        check.pk = current.pk
    check.date, check.by, check._history_user = date, by, by
    check.save()
    return check


def choose_view(*, user, code):
    """Remember the vocabulary a user wants to look at; unknown ones are ignored."""
    model = StageModel.objects.filter(code=code, active=True).first()
    if model is not None:
        StagePreference.objects.update_or_create(user_id=user.pk, defaults={"model": model})
    return model
