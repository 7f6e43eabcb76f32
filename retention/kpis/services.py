"""Changing the knobs of the KPIs, with history; keeping what was worked out."""

import io
import zlib

import numpy as np
from django.db import transaction

from customers.models import PublishedNight
from retention.models import KpiMeasure, RetentionKPI


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


@transaction.atomic
def keep(*, night, period, rule, arrays):
    """Keeps the arrays of a night and period, in place of those of nights that are past; answers the row."""
    readers = PublishedNight.objects.values("night")  # a page that began before a night must not drop what follows
    KpiMeasure.objects.exclude(night=night.pk).exclude(night__in=readers).delete()
    values = {"rule": told(rule), "content": packed(arrays)}
    return KpiMeasure.objects.update_or_create(night_id=night.pk, period=period, defaults=values)[0]


def told(rule):
    """The lost rule as it stands with what was worked out by it."""
    gaps, days = rule
    return f"{gaps:g} gaps, {days} days"


def packed(arrays):
    """Arrays by name as bytes; truths take one bit each."""
    out = io.BytesIO()
    size = len(arrays["ids"])
    np.savez(out, **{name: np.packbits(one, axis=-1) if one.dtype == bool else one for name, one in arrays.items()},
             truths=np.array([name for name, one in arrays.items() if one.dtype == bool]), size=size)  # fmt: skip
    return zlib.compress(out.getvalue(), 1)


def unpacked(content):
    """What was packed."""
    with np.load(io.BytesIO(zlib.decompress(content)), allow_pickle=False) as found:
        arrays = {name: found[name] for name in found.files}
    size, truths = int(arrays.pop("size")), arrays.pop("truths")
    return arrays | {name: np.unpackbits(arrays[name], axis=-1, count=size).astype(bool) for name in truths.tolist()}
