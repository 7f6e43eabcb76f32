"""What becomes of this wing's records when two customers become one."""

from django.utils import timezone

from customers.merging import MOVE, VERDICT, Rule, apart, declare
from lifecycle.models import (
    ExplorationCheck,
    PatternReason,
    RelationshipSignal,
    StageChange,
    StageOverride,
    ValueEstimate,
)
from lifecycle.models.decisions import TESTS
from lifecycle.models.estimates import ESTIMATES


def declare_all():
    """The rules in the order in which they are carried out."""
    declare(RelationshipSignal, MOVE)
    declare(StageOverride, Rule(_overrides))
    declare(PatternReason, apart("code"))
    declare(ExplorationCheck, Rule(_filled(*TESTS, "need", "rival_prices", "note")))
    declare(ValueEstimate, Rule(_filled(*ESTIMATES, "note")))
    declare(StageChange, VERDICT)  # what nights said; the next night draws the survivor's path from all orders


def _overrides(merge, rows, name):
    """Stages set by hand move; where both run, the survivor's goes on and the other ends."""
    today = timezone.localdate(merge.at)
    running = {"ended_on": None, "until__gte": today}
    if StageOverride.objects.filter(customer=merge.survivor, **running).exists():
        for row in rows.filter(**running):
            row.ended_on, row.ended_by = today, merge.by
            row.save(update_fields=["ended_on", "ended_by"])
    return rows.update(customer=merge.survivor.pk)


def _filled(*names):
    """One row a customer: the survivor's has its blanks filled; the other one is told."""

    def act(merge, rows, name):
        own, other = rows.model._base_manager.filter(customer=merge.survivor).first(), rows.first()
        if own is None:
            return rows.update(customer=merge.survivor.pk)
        if other is not None:
            for field in names:
                if getattr(own, field) in (None, ""):
                    setattr(own, field, getattr(other, field))
            own.save()
            merge.leave([other])
        return 0

    return act
