"""The door through which the stage rules read dated facts: answers, contracts, signals, costs, exits, overrides."""

from datetime import timedelta

import numpy as np
import pandas as pd
from django.conf import settings
from django.db import connection

from customers import copying
from customers.copying import postgres
from customers.frames import evening
from lifecycle.numerics.forced import LATEST
from lifecycle.numerics.marks import FOREVER

INT, FLOAT = "int8", "float8"
NEVER = 1 << 40  # seconds: a moment that has not come
UNIX_DAY = 719_163  # date(1970, 1, 1).toordinal()
STAGE_CODES = {"EXPLORATION": 1, "FORMATION": 2, "STABLE": 3, "DECLINE": 4}


def _day(column, otherwise):
    """A date as its ordinal, `otherwise` where there is none."""
    if postgres():
        return f"coalesce(({column})::date - DATE '0001-01-01' + 1, {otherwise})::int8"
    return f"CAST(coalesce(julianday({column}) - 1721424.5, {otherwise}) AS INTEGER)"


def _seconds(column, otherwise):
    """A moment as seconds since 1970."""
    if postgres():
        return f"coalesce(floor(extract(epoch FROM {column})), {otherwise})::int8"
    return f"CAST(coalesce(strftime('%%s', {column}), {otherwise}) AS INTEGER)"


def _local_days(seconds, otherwise):
    """Moments as ordinals of the site's local days; `otherwise` for those that have not come."""
    come = seconds < NEVER
    local = pd.to_datetime(np.where(come, seconds, 0), unit="s", utc=True).tz_convert(settings.TIME_ZONE)
    days = (local.tz_localize(None).normalize() - pd.Timestamp(0)).days.to_numpy() + UNIX_DAY
    return np.where(come, days, otherwise).astype("i8")


def _float(expression):
    return f"coalesce(({expression})::float8, 'NaN'::float8)" if postgres() else f"CAST({expression} AS REAL)"


def _id(column):
    return f"{column}::int8" if postgres() else column


def _rows(sql, params, **columns):
    return copying.read_numbers(connection, sql, params, {"customer": INT} | columns)


def read_answers(as_of):
    """Answers on satisfaction and commitment by customer and day, NaN where not asked."""
    sql = f"""SELECT {_id("customer_id")}, {_day("date", 0)}, {_float("satisfaction")}, {_float("commitment")}
        FROM customers_surveyresponse WHERE date <= %s ORDER BY customer_id, date, id"""
    return _rows(sql, [as_of], day=INT, satisfaction=FLOAT, commitment=FLOAT)


def read_contracts(as_of):
    """Contracts that had begun: first and last day."""
    sql = f"""SELECT {_id("customer_id")}, {_day("start", 0)}, {_day('"end"', 0)} FROM customers_contract
        WHERE start <= %s"""
    return _rows(sql, [as_of], begin=INT, end=INT)


def read_costs(as_of):
    """What serving cost apart from order lines: customer, day, amount."""
    sql = f"""SELECT {_id("customer_id")}, {_day("date", 0)}, {_float("sum(amount)")} FROM customers_servicecost
        WHERE date <= %s GROUP BY customer_id, date"""
    return _rows(sql, [as_of], day=INT, amount=FLOAT)


def read_signals(as_of, kind):
    """Signals of a kind that people recorded: from their day to the day before they were settled."""
    sql = f"""SELECT {_id("customer_id")}, {_day("date", 0)},
        {_day("CASE WHEN settled_on <= %s THEN settled_on END", FOREVER)} - 1
        FROM lifecycle_relationshipsignal WHERE date <= %s AND kind = %s"""
    return _rows(sql, [as_of, as_of, kind], begin=INT, end=INT)


def read_complaints(as_of):
    """Complaints past their due day: from the day after it to the day before the answer."""
    until = evening(as_of)
    answered = _seconds("CASE WHEN answered_at < %s THEN answered_at END", NEVER)
    sql = f"""SELECT {_id("customer_id")}, {_seconds("answer_due", 0)}, {answered}
        FROM customers_case WHERE kind = 'COMPLAINT' AND opened_at < %s AND answer_due < %s"""
    rows = _rows(sql, [until, until, until], due=INT, answered=INT)
    begin, end = _local_days(rows["due"], 0) + 1, _local_days(rows["answered"], FOREVER) - 1
    return {"customer": rows["customer"], "begin": begin, "end": end}


def read_buyers(as_of):
    """Days on which somebody who decided on purchases left."""
    sql = f"""SELECT {_id("customer_id")}, {_day("left_on", 0)} FROM customers_contact
        WHERE is_buyer AND left_on <= %s"""
    return _rows(sql, [as_of], begin=INT)


def read_overrides(as_of):
    """Stages set by hand: stage code, first day, and the day after the last."""
    cases = " ".join(f"WHEN '{code}' THEN {number}" for code, number in STAGE_CODES.items())
    lifted = "CASE WHEN ended_on <= %s THEN ended_on END"
    after = f"{_day('until', 0)} + 1"
    lifted = _day(lifted, LATEST)
    end = f"least({after}, {lifted})" if postgres() else f"min({after}, {lifted})"
    code = f"(CASE stage {cases} ELSE 0 END)"
    sql = f"""SELECT {_id("customer_id")}, {_id(code)}, {_day('"begin"', 0)}, {end}
        FROM lifecycle_stageoverride WHERE "begin" <= %s ORDER BY id"""
    return _rows(sql, [as_of, as_of], stage=INT, begin=INT, until=INT)


def read_exits(as_of):
    """Approved exits: the day, and the day from which nothing is open any more (LATEST where something still is).

    A case is settled when it is answered, a receivable when it is paid; both count as open until then (L01).
    """
    until = evening(as_of)
    answered = _seconds("CASE WHEN answered_at < %s THEN answered_at END", NEVER)
    paid = _day("CASE WHEN paid_on <= %s THEN paid_on END", LATEST)
    cases = f"SELECT max({answered}) FROM customers_case f WHERE f.customer_id = c.id AND f.opened_at < %s"
    money = f"SELECT max({paid}) FROM customers_receivable f WHERE f.customer_id = c.id AND f.issued <= %s"
    sql = f"""SELECT {_id("id")}, {_day("exited_on", 0)}, {_id(f"coalesce(({cases}), 0)")},
        {_id(f"coalesce(({money}), 0)")} FROM customers_customer c WHERE exited_on <= %s
        AND merged_into_id IS NULL"""
    rows = _rows(sql, [until, until, as_of, as_of, as_of], exited=INT, cases=INT, money=INT)
    settled = np.maximum(_local_days(rows["cases"], LATEST), rows["money"])
    return {"customer": rows["customer"], "exited": rows["exited"], "settled": settled}


def read_prices(as_of):
    """What customers paid in 365 days for products, and what the same quantities cost at the products' usual prices.

    The usual price of a product is its amount by its quantity over all customers in these days.
    """
    sold = """FROM customers_transaction t WHERE t.date > %s AND t.date <= %s AND t.product_id IS NOT NULL
        AND t.quantity > 0 AND t.amount > 0"""
    sql = f"""WITH own AS (SELECT t.customer_id, t.product_id, sum(t.amount) AS amount, sum(t.quantity) AS quantity
            {sold} GROUP BY t.customer_id, t.product_id),
        usual AS (SELECT product_id, sum(amount) / sum(quantity) AS price FROM own GROUP BY product_id)
        SELECT {_id("own.customer_id")}, {_float("sum(own.amount)")}, {_float("sum(own.quantity * usual.price)")}
        FROM own JOIN usual ON usual.product_id = own.product_id GROUP BY own.customer_id"""
    return _rows(sql, [as_of - timedelta(days=365), as_of], paid=FLOAT, usual=FLOAT)
