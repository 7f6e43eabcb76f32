"""The door through which the stage rules read dated facts: answers, contracts, signals, costs, exits, overrides."""

from datetime import timedelta

import numpy as np
from django.db import connection

from customers import copying
from customers.dialect import code, integer, number, ordinal, postgres, seconds
from customers.frames import evening, local_days
from lifecycle.numerics.forced import LATEST
from lifecycle.numerics.marks import FOREVER

INT, FLOAT = "int8", "float8"
NEVER = 1 << 40  # seconds: a moment that has not come
SET_BY_HAND = ("", "EXPLORATION", "FORMATION", "STABLE", "DECLINE")  # stages by the code that the wing has for them


def _days(moments, otherwise):
    """Moments as ordinals of the site's local days; `otherwise` for those that have not come."""
    come = moments < NEVER
    return np.where(come, local_days(np.where(come, moments, 0)), otherwise).astype("i8")


def _rows(sql, params, **columns):
    return copying.read_numbers(connection, sql, params, {"customer": INT} | columns)


def read_answers(as_of):
    """Answers on satisfaction and commitment by customer and day, NaN where not asked."""
    sql = f"""SELECT {integer("customer_id")}, {ordinal("date", 0)}, {number("satisfaction")}, {number("commitment")}
        FROM customers_surveyresponse WHERE date <= %s ORDER BY customer_id, date, id"""
    return _rows(sql, [as_of], day=INT, satisfaction=FLOAT, commitment=FLOAT)


def read_contracts(as_of):
    """Contracts that had begun: first and last day."""
    sql = f"""SELECT {integer("customer_id")}, {ordinal("start", 0)}, {ordinal('"end"', 0)} FROM customers_contract
        WHERE start <= %s"""
    return _rows(sql, [as_of], begin=INT, end=INT)


def read_costs(as_of):
    """What serving cost apart from order lines: customer, day, amount."""
    sql = f"""SELECT {integer("customer_id")}, {ordinal("date", 0)}, {number("sum(amount)")} FROM customers_servicecost
        WHERE date <= %s GROUP BY customer_id, date"""
    return _rows(sql, [as_of], day=INT, amount=FLOAT)


def read_signals(as_of, kind):
    """Signals of a kind that people recorded: from their day to the day before they were settled."""
    sql = f"""SELECT {integer("customer_id")}, {ordinal("date", 0)},
        {ordinal("CASE WHEN settled_on <= %s THEN settled_on END", FOREVER)} - 1
        FROM lifecycle_relationshipsignal WHERE date <= %s AND kind = %s"""
    return _rows(sql, [as_of, as_of, kind], begin=INT, end=INT)


def read_complaints(as_of):
    """Complaints past their due day: from the day after it to the day before the answer."""
    until = evening(as_of)
    answered = seconds("CASE WHEN answered_at < %s THEN answered_at END", NEVER)
    sql = f"""SELECT {integer("customer_id")}, {seconds("answer_due", 0)}, {answered}
        FROM customers_case WHERE kind = 'COMPLAINT' AND opened_at < %s AND answer_due < %s"""
    rows = _rows(sql, [until, until, until], due=INT, answered=INT)
    begin, end = _days(rows["due"], 0) + 1, _days(rows["answered"], FOREVER) - 1
    return {"customer": rows["customer"], "begin": begin, "end": end}


def read_buyers(as_of):
    """Days on which somebody who decided on purchases left."""
    sql = f"""SELECT {integer("customer_id")}, {ordinal("left_on", 0)} FROM customers_contact
        WHERE is_buyer AND left_on <= %s"""
    return _rows(sql, [as_of], begin=INT)


def read_overrides(as_of):
    """Stages set by hand: stage code, first day, and the day after the last."""
    lifted = "CASE WHEN ended_on <= %s THEN ended_on END"
    after = f"{ordinal('until', 0)} + 1"
    lifted = ordinal(lifted, LATEST)
    end = f"least({after}, {lifted})" if postgres() else f"min({after}, {lifted})"
    sql = f"""SELECT {integer("customer_id")}, {code("stage", SET_BY_HAND, 0)}, {ordinal('"begin"', 0)}, {end}
        FROM lifecycle_stageoverride WHERE "begin" <= %s ORDER BY id"""
    return _rows(sql, [as_of, as_of], stage=INT, begin=INT, until=INT)


def read_exits(as_of):
    """Approved exits: the day, and the day from which nothing is open any more (LATEST where something still is).

    A case is settled when it is answered, a receivable when it is paid; both count as open until then (L01).
    """
    until = evening(as_of)
    answered = seconds("CASE WHEN answered_at < %s THEN answered_at END", NEVER)
    paid = ordinal("CASE WHEN paid_on <= %s THEN paid_on END", LATEST)
    cases = f"SELECT max({answered}) FROM customers_case f WHERE f.customer_id = c.id AND f.opened_at < %s"
    money = f"SELECT max({paid}) FROM customers_receivable f WHERE f.customer_id = c.id AND f.issued <= %s"
    sql = f"""SELECT {integer("id")}, {ordinal("exited_on", 0)}, {integer(f"coalesce(({cases}), 0)")},
        {integer(f"coalesce(({money}), 0)")} FROM customers_customer c WHERE exited_on <= %s
        AND merged_into_id IS NULL"""
    rows = _rows(sql, [until, until, as_of, as_of, as_of], exited=INT, cases=INT, money=INT)
    settled = np.maximum(_days(rows["cases"], LATEST), rows["money"])
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
        SELECT {integer("own.customer_id")}, {number("sum(own.amount)")}, {number("sum(own.quantity * usual.price)")}
        FROM own JOIN usual ON usual.product_id = own.product_id GROUP BY own.customer_id"""
    return _rows(sql, [as_of - timedelta(days=365), as_of], paid=FLOAT, usual=FLOAT)
