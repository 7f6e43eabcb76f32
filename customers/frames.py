"""The door through which the night reads the ground floor: a few set-based queries become a Book."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from django.conf import settings
from django.core.exceptions import EmptyResultSet
from django.db import connection

from customers import copying, frames_lines
from customers.book import Book, Days, begin_at_once, positions
from customers.dialect import by_bytes, day, integer, number, ordinal, postgres
from customers.models import FirmProfile
from customers.numerics import history

DAY_COLUMNS = {
    "customer": "int8",
    "day": "date",
    "lines": "int4",
    "orders": "int4",
    "bought": "bool",
    "quantity": "int8",
    "amount": "int8",
    "profit": "int8",
    "costed": "int8",
    "service": "int8",
}
UNIX_DAY = 719_163  # date(1970, 1, 1).toordinal()
ASKED = ["satisfaction", "trust", "commitment"]
KINDS = {  # kind of fact -> table and the condition under which a row was known on a day
    "referral": ("customers_referral", "date <= %s"),
    "contract": ("customers_contract", "start <= %s"),
    "receivable": ("customers_receivable", "issued <= %s"),
    "survey": ("customers_surveyresponse", "date <= %s"),
    "interaction": ("customers_interaction", "at < %s"),
    "case": ("customers_case", "opened_at < %s"),
    "category": ("customers_categoryfirst", "first <= %s"),
}


def evening(as_of):
    """The first instant after `as_of` in the site's zone: what happened before it is known that night."""
    return datetime.combine(as_of + timedelta(days=1), time(), ZoneInfo(settings.TIME_ZONE))


def local_days(moments):
    """Moments (whole seconds since 1970) as ordinals of the site's local days."""
    local = pd.to_datetime(moments, unit="s", utc=True).tz_convert(settings.TIME_ZONE).tz_localize(None).normalize()
    return (local - pd.Timestamp(0)).days.to_numpy() + UNIX_DAY


def read_days(as_of):
    """Customer ids and purchase days up to as_of, as a dict of arrays sorted by (customer, day); `lines` of each."""
    sql = f"""SELECT customer_id, {day("date")}, lines, orders, bought, quantity, amount, gross_profit,
        costed_amount, service_cost FROM customers_purchaseday WHERE date <= %s"""
    rows = copying.read_numbers(connection, sql, [as_of], DAY_COLUMNS)
    step = np.diff(rows["customer"])
    if (step < 0).any() or (np.diff(rows["day"])[step == 0] < 0).any():  # they lie sorted, but for late lines
        order = np.lexsort((rows["day"], rows["customer"]))
        rows = {name: values[order] for name, values in rows.items()}
    return rows


NUMBERS = {
    "customer_id": ("id", "int8"),
    "restricted": ("CASE WHEN restricted THEN 1 ELSE 0 END", "int8"),
    "exited": ("CASE WHEN exited_on <= %s THEN 1 ELSE 0 END", "int8"),
    "owner_id": ("owner_id", "float8"),
    "spending_capacity": ("spending_capacity", "float8"),
    "category_demand": ("category_demand", "float8"),
    "influence": ("influence", "float8"),
    "reach": ("reach", "float8"),
}
TEXTS = ("kind", "industry", "region", "scale", "relationship", "tier", "proposed_tier")


def read_customers(as_of, replayed=False):
    """One row per customer, ascending id: attributes as columns (text as categories), code_rank for ties.

    `replayed`: the tier is the one of that evening, taken back from later decisions.
    """
    wanted = [number(expression) if kind == "float8" else integer(expression) for expression, kind in NUMBERS.values()]
    known = "FROM customers_customer WHERE merged_into_id IS NULL ORDER BY"
    columns = {name: kind for name, (_, kind) in NUMBERS.items()}
    numbers = copying.read_numbers(
        connection, f"SELECT {', '.join(wanted)} {known} {by_bytes('code')}", [as_of], columns
    )
    order = np.argsort(numbers["customer_id"])
    numbers = {name: values[order] for name, values in numbers.items()} | {"code_rank": order + 1}
    texts = copying.read_table(connection, f"SELECT {', '.join(TEXTS)} {known} id", [], list(TEXTS))
    frame = pd.concat([pd.DataFrame(numbers), texts], axis=1)
    frame["restricted"], frame["exited"] = frame["restricted"].astype(bool), frame["exited"].astype(bool)
    if replayed:
        frame["tier"] = _tiers_then(as_of, frame)
    return frame


def _tiers_then(as_of, frame):
    """The tier of each customer on that evening: what the first later decision found, today's where there is none."""
    sql = """SELECT c.customer_id, c.before FROM customers_tierchange c WHERE c.accepted AND c.at >= %s
        AND c.former_code = '' AND NOT EXISTS (
        SELECT 1 FROM customers_tierchange e WHERE e.customer_id = c.customer_id AND e.accepted AND e.former_code = ''
        AND e.at >= %s AND (e.at < c.at OR (e.at = c.at AND e.id < c.id)))"""
    until = evening(as_of)
    later = copying.read_table(connection, sql, [until, until], ["customer", "tier"])
    at = np.searchsorted(frame["customer_id"].to_numpy(), later["customer"].astype("i8").to_numpy())
    tiers = frame["tier"].astype(object).to_numpy().copy()
    tiers[at] = later["tier"].astype(object).to_numpy()
    return pd.Series(tiers, index=frame.index, dtype="category")


def _facts(as_of):
    """Per-customer facts: (column names, SQL, parameters) of each query; every column a number."""
    today, until = ordinal("%s" if not postgres() else "%s::date"), evening(as_of)
    ago = {days: as_of - timedelta(days=days) for days in (90, 365)}
    since = {days: evening(as_of - timedelta(days=days)) for days in (90, 180, 365)}
    epoch = "extract(epoch FROM max(at))" if postgres() else "CAST(strftime('%%s', max(at)) AS INTEGER)"
    one = "CASE WHEN {} THEN 1 ELSE 0 END"
    late = f"{ordinal('CASE WHEN paid_on <= %s THEN paid_on ELSE %s END' + ('::date' if postgres() else ''))}"
    late = f"({late} - {ordinal('due')})"
    return [
        (
            ["contract_active", "contract_years", "contract_days_left"],
            f"""SELECT customer_id, {number("max(" + one.format("end_ >= %s") + ")")},
            {number(f"max({ordinal('end_')} - {ordinal('start')} + 1) / 365.25")},
            {number(f"max({ordinal('end_')}) - {today}")}
            FROM (SELECT customer_id, start, "end" AS end_ FROM customers_contract WHERE start <= %s) c
            GROUP BY customer_id""",
            [as_of, as_of, as_of],
        ),
        (
            ["subscription_days_left", "subscription_month"],
            f"""SELECT customer_id, {number(f"max({ordinal('end_')}) - {today}")},
            {number(f"sum(amount * 30.4375 / ({ordinal('end_')} - {ordinal('start')} + 1))")}
            FROM (SELECT customer_id, start, amount, "end" AS end_ FROM customers_contract
                WHERE is_subscription AND start <= %s AND "end" >= %s) c GROUP BY customer_id""",
            [as_of, as_of, as_of],
        ),
        (
            ["overdue_days", "overdue_count", "receivable_open"],
            f"""SELECT customer_id, {number(f"max(CASE WHEN {late} > 0 THEN {late} ELSE 0 END)")},
            {number(f"sum(CASE WHEN {late} > 0 THEN 1 ELSE 0 END)")},
            {number("sum(CASE WHEN paid_on IS NULL OR paid_on > %s THEN amount ELSE 0 END)")}
            FROM customers_receivable WHERE issued <= %s GROUP BY customer_id""",
            [as_of] * 8,
        ),
        (
            ["referrals", "referrals_converted"],
            f"""SELECT customer_id, {number("count(*)")}, {number("count(referred_id)")}
            FROM customers_referral WHERE date <= %s GROUP BY customer_id""",
            [as_of],
        ),
        (
            ["cases_open", "cases_overdue", "complaints_90d", "complaints_unanswered"],
            f"""SELECT customer_id,
            {number("sum(" + one.format("answered_at IS NULL OR answered_at >= %s") + ")")},
            {number("sum(" + one.format("(answered_at IS NULL OR answered_at >= %s) AND answer_due < %s") + ")")},
            {number("sum(" + one.format("kind = 'COMPLAINT' AND opened_at >= %s") + ")")},
            {number("sum(" + one.format("kind = 'COMPLAINT' AND (answered_at IS NULL OR answered_at >= %s)") + ")")}
            FROM customers_case WHERE opened_at < %s GROUP BY customer_id""",
            [until, until, until, since[90], until, until],
        ),
        (
            ["suggestions_due"],
            f"""SELECT customer_id, {number("count(*)")} FROM customers_suggestion
            WHERE made_on <= %s AND (feedback_on IS NULL OR feedback_on > %s) GROUP BY customer_id""",
            [as_of, as_of],
        ),
        (
            ["last_contact_epoch", "interactions_12m", "inbound_12m", "competitor_180d"],
            f"""SELECT customer_id, {number(epoch)}, {number("sum(" + one.format("at >= %s") + ")")},
            {number("sum(" + one.format("inbound AND at >= %s") + ")")},
            {number("sum(" + one.format("competitor <> '' AND at >= %s") + ")")}
            FROM customers_interaction WHERE at < %s AND kind <> 'NOTE' GROUP BY customer_id""",
            [since[365], since[365], since[180], until],
        ),
        (
            ["buyer_changed_90d"],
            f"""SELECT customer_id, {number("count(*)")} FROM customers_contact
            WHERE is_buyer AND ((left_on > %s AND left_on <= %s) OR (since > %s AND since <= %s AND EXISTS (
                SELECT 1 FROM customers_contact b WHERE b.customer_id = customers_contact.customer_id
                AND (b.since IS NULL OR b.since <= %s)
                AND b.is_buyer AND b.id <> customers_contact.id))) GROUP BY customer_id""",
            [ago[90], as_of, ago[90], as_of, as_of],
        ),
        (
            ["commitments_due", "commitments_broken"],
            f"""SELECT customer_id, {number("sum(" + one.format("due > %s") + ")")},
            {number("sum(" + one.format("due <= %s") + ")")}
            FROM customers_commitment WHERE ours AND (fulfilled_on IS NULL OR fulfilled_on > %s)
            AND NOT EXISTS (SELECT 1 FROM customers_contract k WHERE k.id = contract_id AND k.start > %s)
            GROUP BY customer_id""",
            [as_of, as_of, as_of, as_of],
        ),
        (
            ["service_cost_facts"],
            f"""SELECT customer_id, {number("sum(amount)")} FROM customers_servicecost
            WHERE date <= %s GROUP BY customer_id""",
            [as_of],
        ),
    ]


def _read_facts(as_of):
    """The rows of all facts as they come: a dict of arrays for each query, and the survey answers."""
    found = []
    for names, sql, params in _facts(as_of):
        kinds = {"customer": "int8"} | dict.fromkeys(names, "float8")
        found.append(copying.read_numbers(connection, sql, params, kinds))
    return found, _read_answers(as_of)


def _aligned_facts(read, customer_ids):
    """What `_read_facts` found, aligned with customer_ids (ascending); NaN where a customer has no row of a kind."""
    found, answers = read
    columns = {}
    for rows in found:
        at = np.searchsorted(customer_ids, rows.pop("customer").astype("i8"))
        for name, values in rows.items():
            column = np.full(len(customer_ids), np.nan)
            column[at] = values
            columns[name] = column
    return pd.DataFrame(columns | _survey_columns(answers, customer_ids))


def _read_answers(as_of):
    sql = f"""SELECT customer_id, {number("satisfaction")}, {number("trust")}, {number("commitment")}
        FROM customers_surveyresponse WHERE date <= %s ORDER BY customer_id, date, id"""
    return copying.read_numbers(connection, sql, [as_of], {"customer": "int8"} | dict.fromkeys(ASKED, "float8"))


def _survey_columns(rows, customer_ids):
    """The latest answers on satisfaction, trust and commitment, and the satisfaction before the latest."""
    answers = pd.DataFrame(rows)
    latest = answers.groupby("customer")[ASKED].last().reindex(customer_ids)
    asked = answers[answers.satisfaction.notna()]
    before = asked.groupby("customer").satisfaction.nth(-2)
    before = pd.Series(before.to_numpy(), index=asked.customer.loc[before.index]).reindex(customer_ids)
    return {name: latest[name].to_numpy() for name in ASKED} | {"satisfaction_before": before.to_numpy()}


def read_kinds(as_of):
    """Which kinds of facts the firm kept at all by as_of: the others are missing for everyone, not zero."""
    found = set()
    with connection.cursor() as cursor:
        for kind, (table, known) in KINDS.items():
            at = evening(as_of) if known.startswith(("at ", "opened_at ")) else as_of
            cursor.execute(f"SELECT EXISTS(SELECT 1 FROM {table} WHERE {known})", copying.bound(connection, [at]))
            found |= {kind} if cursor.fetchone()[0] else set()
        cursor.execute("SELECT EXISTS(SELECT 1 FROM customers_customer WHERE scale <> '')")
        found |= {"scale"} if cursor.fetchone()[0] else set()
    return found


def read_book(as_of, replayed=False, begin=begin_at_once):
    """Everything known on the evening of as_of, ready for the wings; see `read_customers` for `replayed`.

    begin: how reads beside each other are started, see `beside.Beside.begin`.
    """
    customers_read = begin(read_customers, as_of, replayed)
    others_read = begin(_read_others, as_of)
    rows = read_days(as_of)
    customers = customers_read()
    ids = customers["customer_id"].to_numpy()
    lines, days = int(rows.pop("lines").sum()), _days(rows, ids)
    behaviour = history.measure(days, len(customers), as_of)
    facts, kinds, (bought, again) = others_read()
    facts = _aligned_facts(facts, ids)
    categories = frames_lines.categories_of(bought, ids)
    counts = frames_lines.category_counts(as_of, ids, categories, again)
    frame = pd.concat([customers, facts, counts, behaviour], axis=1)
    kinds |= {name for name in ("costed", "service") if getattr(days, name).any()}
    if facts["service_cost_facts"].notna().any():
        kinds.add("service")
    return Book(
        as_of=as_of,
        customers=history.completed(frame, frozenset(kinds), as_of, settings.TIME_ZONE),
        days=days,
        lines=lines,
        categories=categories,
        kinds=frozenset(kinds),
        firm=_firm(),
    )


def _read_others(as_of):
    """Rows of facts, kinds of facts and rows of business lines: what is read beside the purchase days."""
    return _read_facts(as_of), read_kinds(as_of), frames_lines.read_categories(as_of)


def _days(rows, customer_ids):
    """The rows of purchase days as Days, each customer by its position among the ascending ids."""
    return Days(
        position=positions(customer_ids, rows.pop("customer")),
        **{
            name: rows[name]
            for name in ("day", "orders", "bought", "quantity", "amount", "profit", "costed", "service")
        },
    )


def _firm():
    """The firm profile as plain data."""
    firm = FirmProfile.objects.filter(pk=1).first() or FirmProfile(pk=1)
    return {
        "size": firm.size,
        "currency": firm.currency,
        "tier_gate": float(firm.tier_gate),
        "friend_purchases": firm.friend_purchases,
        "allocate_service_cost": firm.allocate_service_cost,
        "service_cost_total": float(firm.service_cost_total or 0),
    }


def read_floats(queryset, **columns):
    """Columns of float expressions as arrays, without building a row in Python on PostgreSQL.

    columns: name -> expression whose output is a FloatField and never NULL in the rows of the queryset.
    """
    try:
        sql, params = queryset.order_by().values_list(*columns.values()).query.sql_with_params()
    except EmptyResultSet:
        return {name: np.zeros(0) for name in columns}
    return copying.read_numbers(connection, sql, params, dict.fromkeys(columns, "float8"))
