"""Changing the knobs of the KPIs, with history."""

from django.db import transaction

from retention.models import RetentionKPI


@transaction.atomic
def set_kpis(*, values, by):
    """Saves weight and scale by code: {code: (weight, worst, best)}; rows that stay the same leave no history."""
    for kpi in RetentionKPI.objects.select_for_update():
        weight, worst, best = values[kpi.code]
        if (kpi.weight, kpi.worst, kpi.best) == (weight, worst, best):
            continue
        kpi.weight, kpi.worst, kpi.best = weight, worst, best
        kpi._history_user = by
        kpi.save()
