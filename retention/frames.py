"""What only retention reads, set-based: facts beside the book, live tasks, and pairs that must not come back yet."""

import json
from collections import namedtuple
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pandas as pd
from django.conf import settings
from django.db import connection
from django.db.models import Q

from customers import copying
from customers.dialect import integer, ordinal, postgres, truth
from customers.frames import evening
from customers.models import Standing
from customers.vocabulary import CarePhase, InteractionKind, NightOrigin, TaskState
from customers.vocabulary_care import UNRECOVERABLE
from retention.models import Loss
from retention.numerics import facts

TASKS, EVENTS = "retention_retentiontask", "retention_taskevent"
ASSIGNMENTS = "retention_proofassignment"
LIVE = f"('{TaskState.OPEN.value}', '{TaskState.SNOOZED.value}')"
REPLAY = f"'{NightOrigin.REPLAY.value}'"
HANDS_OFF = "('followed', 'snoozed', 'step')"  # steps by a person that leave a task the night's own
YEAR = 365
Dismissed = namedtuple("Dismissed", "id customer template evidence")


def care_days(as_of, customer_ids):
    """Days since the last care after a purchase, aligned with customer_ids (ascending); NaN where there was none."""
    return _days_since(as_of, customer_ids, f"care_phase = '{CarePhase.POST.value}'")


def visit_days(as_of, customer_ids):
    """Days since somebody last met the customer in person; NaN where nobody did."""
    kinds = ", ".join(f"'{kind.value}'" for kind in (InteractionKind.VISIT, InteractionKind.MEETING))
    return _days_since(as_of, customer_ids, f"kind IN ({kinds})")


def _days_since(as_of, customer_ids, condition):
    until = evening(as_of)
    epoch = "extract(epoch FROM max(at))::float8" if postgres() else "CAST(strftime('%%s', max(at)) AS REAL)"
    sql = f"""SELECT {integer("customer_id")}, {epoch} FROM customers_interaction
        WHERE {condition} AND at < %s GROUP BY customer_id"""
    rows = copying.read_numbers(connection, sql, [until], {"customer": "int8", "at": "float8"})
    local = pd.to_datetime(rows["at"], unit="s", utc=True).tz_convert(settings.TIME_ZONE).tz_localize(None).normalize()
    return _spread(customer_ids, rows["customer"], (pd.Timestamp(as_of) - local).days)  # days by the calendar


def contacts(as_of, customer_ids):
    """Contact persons on record who have not left, for every customer."""
    sql = f"""SELECT {integer("customer_id")}, {integer("count(*)")} FROM customers_contact
        WHERE (left_on IS NULL OR left_on > %s) AND (since IS NULL OR since <= %s) GROUP BY customer_id"""
    rows = copying.read_numbers(connection, sql, [as_of, as_of], dict.fromkeys(("customer", "n"), "int8"))
    return np.nan_to_num(_spread(customer_ids, rows["customer"], rows["n"]))


def _spread(customer_ids, found, values):
    """Values of some customers as a column of all (ascending ids); NaN for the others."""
    column = np.full(len(customer_ids), np.nan)
    found = np.asarray(found, "i8")
    at = np.searchsorted(customer_ids, found)
    inside = at < len(customer_ids)
    inside[inside] = np.asarray(customer_ids)[at[inside]] == found[inside]
    column[at[inside]] = np.asarray(values, "f8")[inside]
    return column


def loss_causes(as_of, customer_ids):
    """Why each customer that is lost was lost, as words; "" for who is not."""
    causes = np.full(len(customer_ids), "", dtype=object)
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT customer_id, cause FROM retention_loss
            WHERE lost_on <= %s AND (ended_on IS NULL OR ended_on > %s) ORDER BY lost_on, id""",
            [as_of, as_of],
        )
        for customer, cause in cursor.fetchall():
            at = np.searchsorted(customer_ids, customer)
            if at < len(customer_ids) and customer_ids[at] == customer:
                causes[at] = cause
    return causes


def work_done(as_of, customer_ids, codes):
    """For each template code the customers of whom a task of it was done in the year before, as truths by column."""
    columns = {facts.work_column(code): np.zeros(len(customer_ids), dtype=bool) for code in codes}
    if not codes:
        return columns
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT DISTINCT p.code, t.customer_id FROM {TASKS} t
            JOIN retention_tasktemplate p ON p.id = t.template_id
            WHERE t.state = '{TaskState.DONE.value}' AND t.origin <> {REPLAY} AND t.closed_on <= %s
            AND t.closed_on > %s AND p.code IN ({", ".join(["%s"] * len(codes))})""",
            [as_of, as_of - timedelta(days=YEAR), *codes],
        )
        for code, customer in cursor.fetchall():
            at = np.searchsorted(customer_ids, customer)
            if at < len(customer_ids) and customer_ids[at] == customer:
                columns[facts.work_column(code)][at] = True
    return columns


def unrecoverable(as_of):
    """Ids of customers who were lost on the evening of as_of for a cause outside anybody's reach."""
    lost = Loss.objects.filter(lost_on__lte=as_of, cause__in=UNRECOVERABLE)
    lost = lost.filter(Q(ended_on=None) | Q(ended_on__gt=as_of))
    return np.asarray(list(lost.values_list("customer_id", flat=True)), dtype="i8")


def verdicts(night_id, customer_ids):
    """What a night says about these customers (ascending ids), without the vectors; NaN for who was not there."""
    kept = [f.attname for f in Standing._meta.concrete_fields if f.name not in ("pk", "night", "raw", "z", "points")]
    rows = Standing.objects.filter(night_id=night_id).values_list(*kept)
    frame = pd.DataFrame.from_records(list(rows), columns=kept).set_index("customer_id")
    return frame.reindex(customer_ids).reset_index(drop=True)


def live_tasks(as_of):
    """Live tasks as arrays; the flags (0 or 1) say raised by a night, touched by a person, customer exited …"""
    by_hand = f"SELECT 1 FROM {EVENTS} e WHERE e.task_id = t.id AND e.by_id IS NOT NULL AND e.what NOT IN {HANDS_OFF}"
    sql = f"""SELECT t.id, t.customer_id, t.template_id, {truth("t.night_id IS NOT NULL")},
        {truth(f"EXISTS ({by_hand})")}, {truth("c.exited_on <= %s")}, {truth("p.active")},
        {truth("p.category = 'EXIT'")}
        FROM {TASKS} t JOIN customers_customer c ON c.id = t.customer_id
        JOIN retention_tasktemplate p ON p.id = t.template_id
        WHERE t.state IN {LIVE} AND t.origin <> {REPLAY} ORDER BY t.id"""
    names = ("id", "customer", "template", "raised", "touched", "exited", "active", "parting")
    return copying.read_numbers(connection, sql, [as_of], dict.fromkeys(names, "int8"))


def rules_of(candidates, templates):
    """Index into the rules for each template id, -1 where it is not among them."""
    ids = np.asarray([rule.id for rule in candidates.rules], dtype="i8")
    order = np.argsort(ids)
    if not len(ids):
        return np.full(len(templates), -1)
    at = np.minimum(np.searchsorted(ids[order], templates), len(ids) - 1)
    return np.where(ids[order][at] == templates, order[at], -1)


def resting(as_of, candidates, replayed=False):
    """Keys of pairs done or dismissed too recently, or snoozed to a day not yet come (replayed too recently)."""
    longest = max((rule.rest_days for rule in candidates.rules), default=0)
    over = f"origin <> {REPLAY} AND ((state IN ('DONE', 'DISMISSED') AND closed_on > %s) OR snoozed_until > %s)"
    # A replay keeps its distance to both sides, so that the order in which past days are replayed does not matter.
    before = f"origin = {REPLAY} AND raised_on > %s AND raised_on < %s"
    sql = f"""SELECT {integer("customer_id")}, {integer("template_id")},
        {ordinal("raised_on" if replayed else "closed_on")}, {truth("snoozed_until > %s")}
        FROM {TASKS} WHERE {before if replayed else over} AND state NOT IN {LIVE}"""
    reach = timedelta(days=max(longest, 1))
    params = [as_of, as_of - reach, as_of + reach if replayed else as_of]
    rows = copying.read_numbers(connection, sql, params, dict.fromkeys(("customer", "template", "day", "put"), "int8"))
    position, rule = candidates.positions_of(rows["customer"]), rules_of(candidates, rows["template"])
    rests = np.asarray([r.rest_days for r in candidates.rules] or [0])[rule]
    apart = as_of.toordinal() - rows["day"]
    still = ((np.abs(apart) if replayed else apart) < np.maximum(rests, 1)) | (rows["put"] == 1)
    still &= (position >= 0) & (rule >= 0)
    return candidates.key(position[still], rule[still])


def windows(as_of, candidates, replayed=False):
    """Keys of pairs whose window of proof runs, and of those held out among them; a replay looks from its evening."""
    free = "(released_on IS NULL OR released_on > %s)" if replayed else "released_on IS NULL"
    sql = f"""SELECT {integer("customer_id")}, {integer("template_id")}, {truth(f"held AND {free}")}
        FROM {ASSIGNMENTS} WHERE ends_on > %s{" AND assigned_on <= %s" if replayed else ""}"""
    params = [as_of] * (3 if replayed else 1)
    rows = copying.read_numbers(connection, sql, params, dict.fromkeys(("customer", "template", "held"), "int8"))
    position, rule = candidates.positions_of(rows["customer"]), rules_of(candidates, rows["template"])
    known = (position >= 0) & (rule >= 0)
    keys = candidates.key(position[known], rule[known])
    return keys, keys[rows["held"][known] == 1]


def places_taken():
    """How many places of each stratum of a trial are taken: {(template, share): {stratum: count}}."""
    found = {}
    with connection.cursor() as cursor:
        cursor.execute(f"""SELECT template_id, share, stratum, max(slot) + 1 FROM {ASSIGNMENTS}
            GROUP BY template_id, share, stratum""")
        for template, share, stratum, count in cursor.fetchall():
            found.setdefault((template, share), {})[stratum] = count
    return found


def dismissed_tasks():
    """Dismissed tasks whose evidence has held ever since: [Dismissed]."""
    evidence = "evidence::text" if postgres() else "evidence"
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT id, customer_id, template_id, {evidence} FROM {TASKS}
            WHERE state = '{TaskState.DISMISSED.value}' AND lapsed_on IS NULL AND night_id IS NOT NULL
            AND origin <> {REPLAY} ORDER BY id"""
        )
        return [Dismissed(pk, customer, template, json.loads(said)) for pk, customer, template, said in cursor]


def spent_since(day):
    """Planned cost of the tasks done since a day."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT coalesce(sum(p.cost), 0) FROM {TASKS} t JOIN retention_tasktemplate p ON p.id = t.template_id
            WHERE t.state = '{TaskState.DONE.value}' AND t.closed_on >= %s AND t.origin <> {REPLAY}""",
            [day],
        )
        return float(cursor.fetchone()[0])


@dataclass(frozen=True)
class Holdings:
    """Who holds what: rows are positions of customers, columns positions in `products` and `categories` (ids)."""

    product_rows: np.ndarray
    product_columns: np.ndarray
    product_first: np.ndarray  # ordinal of the first purchase
    products: np.ndarray
    category_of: np.ndarray  # category id of each product, 0 = none
    category_rows: np.ndarray
    category_columns: np.ndarray
    category_first: np.ndarray
    categories: np.ndarray


def read_holdings(as_of, customer_ids, lines):
    """Products and categories bought by as_of, each pair of customer and item once; `lines`: the book's Categories."""
    sql = f"""SELECT {integer("customer_id")}, {integer("product_id")}, {ordinal("min(date)")}
        FROM customers_transaction WHERE product_id IS NOT NULL AND date <= %s AND (quantity > 0 OR amount > 0)
        GROUP BY customer_id, product_id"""
    names = dict.fromkeys(("customer", "item", "day"), "int8")
    bought = copying.read_numbers(connection, sql, [as_of], names)
    sql = f"SELECT {integer('id')}, {integer('coalesce(category_id, 0)')} FROM customers_product ORDER BY id"
    known = copying.read_numbers(connection, sql, [], dict.fromkeys(("id", "category"), "int8"))
    products, categories = np.unique(bought["item"].astype("i8")), np.unique(lines.category)
    at = np.searchsorted(known["id"], products)
    return Holdings(
        np.searchsorted(customer_ids, bought["customer"].astype("i8")),
        np.searchsorted(products, bought["item"].astype("i8")),
        bought["day"].astype("i8"),
        products,
        known["category"].astype("i8")[at] if len(products) else np.zeros(0, "i8"),
        lines.position.astype("i8"),
        np.searchsorted(categories, lines.category),
        lines.first.astype("i8"),
        categories,
    )


def structural_bonds(as_of, customer_ids):
    """Structural bonds that were tied with success by as_of, for every customer."""
    sql = f"""SELECT {integer("t.customer_id")}, {integer("count(*)")} FROM {TASKS} t
        JOIN retention_tasktemplate p ON p.id = t.template_id
        WHERE p.bond_level = 3 AND t.outcome = 'SUCCESS' AND t.closed_on <= %s AND t.origin <> {REPLAY}
        GROUP BY t.customer_id"""
    rows = copying.read_numbers(connection, sql, [as_of], dict.fromkeys(("customer", "n"), "int8"))
    return np.nan_to_num(_spread(customer_ids, rows["customer"], rows["n"]))
