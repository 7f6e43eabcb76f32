"""The log of changed inputs: its watermark tells a night whether there is anything new."""

from django.db.models import Count, Max
from django.db.models.signals import post_delete, post_save

from customers.models import InputChange


def note_change(what, ref=""):
    """Log that an input of the night changed (bulk writes call this once; single rows log themselves)."""
    InputChange.objects.create(what=what[:40], ref=str(ref)[:64])


def watermark():
    """Count and highest id of the log: equal watermarks mean equal inputs, also after late commits."""
    found = InputChange.objects.aggregate(count=Count("id"), last=Max("id"))
    return {"count": found["count"], "last": found["last"] or 0}


def _log(sender, instance, raw=False, **kwargs):
    if not raw:
        note_change(sender._meta.label_lower, instance.pk)


def track(*models):
    """Log every save and deletion of these models through the ORM."""
    for model in models:
        uid = f"input-{model._meta.label_lower}"
        post_save.connect(_log, sender=model, dispatch_uid=uid)
        post_delete.connect(_log, sender=model, dispatch_uid=uid)
