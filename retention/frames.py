"""Facts that only retention asks for, read set-based beside the book."""

import numpy as np
import pandas as pd
from django.db import connection

from customers import copying
from customers.frames import evening
from customers.models import Standing
from customers.vocabulary import CarePhase

DAY = 86_400


def care_days(as_of, customer_ids):
    """Days since the last care after a purchase, aligned with customer_ids (ascending); NaN where there was none."""
    postgres = connection.vendor == "postgresql"
    until = evening(as_of)
    epoch = "extract(epoch FROM max(at))::float8" if postgres else "CAST(strftime('%%s', max(at)) AS REAL)"
    sql = f"""SELECT customer_id{"::int8" if postgres else ""}, {epoch} FROM customers_interaction
        WHERE care_phase = '{CarePhase.POST.value}' AND at < %s GROUP BY customer_id"""
    rows = copying.read_numbers(connection, sql, [until], {"customer": "int8", "at": "float8"})
    days = np.full(len(customer_ids), np.nan)
    days[np.searchsorted(customer_ids, rows["customer"].astype("i8"))] = np.floor(
        (until.timestamp() - rows["at"]) / DAY
    )
    return days


def verdicts(night_id, customer_ids):
    """What a night says about these customers (ascending ids), without the vectors; NaN for who was not there."""
    kept = [f.attname for f in Standing._meta.concrete_fields if f.name not in ("pk", "night", "raw", "z", "points")]
    rows = Standing.objects.filter(night_id=night_id).values_list(*kept)
    frame = pd.DataFrame.from_records(list(rows), columns=kept).set_index("customer_id")
    return frame.reindex(customer_ids).reset_index(drop=True)
