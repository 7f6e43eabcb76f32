"""The door through which segmentation writes in bulk: what a shadow said about every customer."""

import numpy as np
from django.db import connection
from django.db.models import F

from customers import copying
from segmentation.models import Shadow, ShadowNight, ShadowScore

KEPT = 62  # nights of one shadow whose customers are kept; the sums stay
TABLE = "segmentation_shadowscore"


def write_shadow(shadow, night, told, customer_ids, judged):
    """Keep one night of a shadow: the sums, a row per customer, one night less to go. Returns the number of rows."""
    row, _new = ShadowNight.objects.update_or_create(
        shadow=shadow, night=night, defaults={"as_of": night.as_of, "summary": told}
    )
    ShadowScore.objects.filter(told=row).delete()
    columns = {
        "told_id": ("id", np.full(len(customer_ids), row.pk, dtype="i8")),
        "customer_id": ("id", customer_ids),
        "current_score": ("float", judged.current),
        "potential_score": ("float", judged.potential),
        "total_score": ("float", judged.total),
        "rank": ("int", np.where(judged.rank > 0, judged.rank, copying.NO_DAY)),
        "level": ("text", judged.level),
        "quadrant": ("text", judged.quadrant),
    }
    count = copying.write_rows(connection, TABLE, columns)
    Shadow.objects.filter(pk=shadow.pk, left__gt=0).update(left=F("left") - 1)
    old = list(ShadowNight.objects.filter(shadow=shadow).order_by("-as_of", "-id").values_list("pk", flat=True)[KEPT:])
    ShadowScore.objects.filter(told__in=old).delete()
    return count
