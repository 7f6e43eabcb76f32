"""The door through which the retention KPIs read: one query for each kind of fact, of the customers of one night."""

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pandas as pd
from django.core.exceptions import EmptyResultSet
from django.db import connection

from customers import copying
from customers.book import UNIT
from customers.dialect import code, count, flag, integer, number, ordinal, postgres, seconds, truth
from customers.frames import evening, local_days
from customers.vocabulary import CarePhase, CaseKind, InteractionKind, Level, Quadrant, Stage, Tier
from customers.vocabulary_care import Cause
from retention.numerics.funnel import NEVER, Intervals
from retention.numerics.kpi_facts import REACH

INT, FLOAT = "int8", "float8"
AXES = {"stage": list(Stage), "quadrant": list(Quadrant), "level": list(Level)}
NOWHERE = -1  # a code that the night left empty
LATER = f"('{CarePhase.DURING.value}', '{CarePhase.POST.value}')"  # contacts that no order is asked about in


def _rows(sql, params, **columns):
    return copying.read_numbers(connection, sql, params, columns)


def _integers(sql, params, *names):
    """Rows of whole numbers as a dict of arrays. SQLite hands them over as one text, which reads in a third of the time
    that a million rows of Python numbers take."""
    if postgres():
        return _rows(sql, params, **dict.fromkeys(names, INT))
    cells = [f"c{place}" for place in range(len(names))]
    joined = " || ' ' || ".join(cells)
    told = f"WITH r ({', '.join(cells)}) AS ({sql}) SELECT group_concat({joined}, ' ') FROM r"
    with connection.cursor() as cursor:
        cursor.execute(told, copying.bound(connection, params))
        text = cursor.fetchone()[0]
    table = np.fromstring(text, dtype="i8", sep=" ") if text else np.zeros(0, "i8")
    return dict(zip(names, table.reshape(-1, len(names)).T, strict=True))


@dataclass(frozen=True)
class People:
    """The customers of a night by ascending id: what the night says of them, and what is kept of themselves."""

    ids: np.ndarray
    clv: np.ndarray
    gap: np.ndarray
    demand: np.ndarray  # a year, NaN = unknown
    exited: np.ndarray  # ordinal, NEVER = not
    axes: dict

    def place(self, rows):
        """Positions of the rows' customers, and which rows have one."""
        at = np.minimum(np.searchsorted(self.ids, rows["customer"]), max(len(self.ids) - 1, 0))
        inside = self.ids[at] == rows["customer"] if len(self.ids) else np.zeros(len(at), bool)
        return at[inside], inside

    def spread(self, rows, name, otherwise=0):
        """A column of some customers as a column of all."""
        at, inside = self.place(rows)
        column = np.full(len(self.ids), otherwise, dtype=rows[name].dtype)
        column[at] = rows[name][inside]
        return column

    def events(self, rows, days=None):
        """Rows as (position, day)."""
        at, inside = self.place(rows)
        return at, np.asarray(rows["day"] if days is None else days)[inside].astype("i8")

    def intervals(self, rows):
        at, inside = self.place(rows)
        return Intervals(at, rows["start"][inside].astype("i8"), rows["end"][inside].astype("i8"))


def read_people(night_id):
    """Who stands in a night."""
    codes = ", ".join(code(f"s.{axis}", members, NOWHERE) for axis, members in AXES.items())
    sql = f"""SELECT {integer("s.customer_id")}, {number("s.clv")}, {number("s.gap_days")},
        {number("c.category_demand")}, {ordinal("c.exited_on", NEVER)}, {codes}
        FROM customers_standing s JOIN customers_customer c ON c.id = s.customer_id
        WHERE s.night_id = %s ORDER BY s.customer_id"""
    kinds = {"customer": INT, "clv": FLOAT, "gap": FLOAT, "demand": FLOAT, "exited": INT} | dict.fromkeys(AXES, INT)
    rows = _rows(sql, [night_id], **kinds)
    axes = {axis: rows[axis] for axis in AXES}
    return People(rows["customer"].astype("i8"), rows["clv"], rows["gap"], rows["demand"], rows["exited"], axes)


def read_equity(night_id, people):
    """Lifetime values of another night, aligned; NaN where it has none."""
    sql = f"SELECT {integer('customer_id')}, {number('clv')} FROM customers_standing WHERE night_id = %s"
    return people.spread(_rows(sql, [night_id], customer=INT, clv=FLOAT), "clv", np.nan)


def read_visible(visible):
    """Ascending ids of the customers somebody may see, with owner (0 = nobody) and tier (its place): three columns."""
    sql = f"""SELECT {integer("id")}, {integer("coalesce(owner_id, 0)")}, {code("tier", Tier, NOWHERE)}
        FROM customers_customer WHERE id IN ({{}}) ORDER BY id"""
    names = ("id", "owner", "tier")
    try:
        where, params = visible.order_by().values("pk").query.sql_with_params()
    except EmptyResultSet:
        return tuple(np.zeros(0, "i8") for _name in names)
    rows = _integers(sql.format(where), params, *names)
    return tuple(rows[name] for name in names)


def read_purchases(people, until):
    """All purchase days up to a day, as (position, day)."""
    sql = f"""SELECT {integer("customer_id")}, {ordinal("date")} FROM customers_purchaseday
        WHERE {flag("bought")} AND date <= %s"""
    return people.events(_integers(sql, [until], "customer", "day"))


def read_money(people, edges):
    """Amount and gross profit (NaN without a known cost) of two periods: [(amount, profit), (amount, profit)]."""
    now, then, before = edges[:3]
    windows = [("date > %s", [then]), ("date <= %s", [then])]
    wanted, params = [], []
    for condition, values in windows:
        for column in ("amount", "gross_profit"):
            wanted.append(integer(f"sum(CASE WHEN {condition} THEN {column} ELSE 0 END)"))
            params += values
        wanted.append(count(f"{condition} AND costed_amount <> 0"))
        params += values
    sql = f"""SELECT {integer("customer_id")}, {", ".join(wanted)} FROM customers_purchaseday
        WHERE date > %s AND date <= %s GROUP BY customer_id"""
    names = ["customer", *(f"{name}{k}" for k in (0, 1) for name in ("amount", "profit", "costed"))]
    rows = _integers(sql, [*params, before, now], *names)
    found = []
    for k in (0, 1):
        amount, profit = (people.spread(rows, f"{name}{k}") / UNIT for name in ("amount", "profit"))
        found.append((amount, np.where(people.spread(rows, f"costed{k}") > 0, profit, np.nan)))
    return found


def read_contracts(people, until):
    """When each customer was under contract (known by a day)."""
    sql = f"""SELECT {integer("customer_id")}, {ordinal("start")}, {ordinal('"end"')} FROM customers_contract
        WHERE start <= %s"""
    rows = _rows(sql, [until], customer=INT, start=INT, end=INT)
    return people.intervals(rows | {"end": rows["end"] + 1})


def read_losses(people, until):
    """When each customer was lost by somebody's word; what turned out to be no loss is left out."""
    sql = f"""SELECT {integer("customer_id")}, {ordinal("lost_on")},
        {ordinal("CASE WHEN ended_on <= %s THEN ended_on END", NEVER)} FROM retention_loss
        WHERE lost_on <= %s AND ({flag("won_back")} OR ended_on IS NULL OR ended_on > %s)"""
    return people.intervals(_rows(sql, [until] * 3, customer=INT, start=INT, end=INT))


def read_contacts(people, edges):
    """Contacts of two periods: [(all, to us or at an event, naming a competitor), …] as columns of all customers.

    A note is no contact, as everywhere."""
    now, then, before = (evening(edge) for edge in edges[:3])
    came = f"({flag('inbound')} OR kind = '{InteractionKind.EVENT.value}')"
    wanted, params = [], []
    for period in ("at >= %s", "at < %s"):
        for condition in ("1 = 1", came, "competitor <> ''"):
            wanted.append(count(f"{period} AND {condition}"))
            params.append(then)
    sql = f"""SELECT {integer("customer_id")}, {", ".join(wanted)} FROM customers_interaction
        WHERE at >= %s AND at < %s AND kind <> '{InteractionKind.NOTE.value}' GROUP BY customer_id"""
    names = [f"{name}{k}" for k in (0, 1) for name in ("all", "came", "rival")]
    rows = _integers(sql, [*params, before, now], "customer", *names)
    columns = [people.spread(rows, name) for name in names]
    return [tuple(columns[:3]), tuple(columns[3:])]


def read_asked(people, edges):
    """Contacts before an order in which the customer inquired, or asked for a discount: two of (position, day)."""
    inquiry = f"{flag('inbound')} AND care_phase NOT IN {LATER}"
    sql = f"""SELECT {integer("customer_id")}, {seconds("at")}, {truth(inquiry)}, {truth(flag("discount"))}
        FROM customers_interaction WHERE (({inquiry}) OR {flag("discount")}) AND at >= %s AND at < %s"""
    begin = evening(edges[2] - timedelta(days=REACH))
    rows = _integers(sql, [begin, evening(edges[0])], "customer", "at", "inquiry", "discount")
    days = local_days(rows["at"])
    chosen = [rows["inquiry"] == 1, rows["discount"] == 1]
    return [people.events({"customer": rows["customer"][kept]}, days[kept]) for kept in chosen]


def read_complaints(people, edges):
    """Quality complaints of two periods as (position, day)."""
    sql = f"""SELECT {integer("customer_id")}, {seconds("opened_at")} FROM customers_case
        WHERE kind = '{CaseKind.COMPLAINT.value}' AND cause = '{Cause.QUALITY.value}'
        AND opened_at >= %s AND opened_at < %s"""
    rows = _rows(sql, [evening(edges[2]), evening(edges[0])], customer=INT, at=INT)
    return people.events(rows, local_days(rows["at"]))


def read_referrals(people, edges):
    """Recommendations made in two periods, as two columns."""
    now, then, before = edges[:3]
    sql = f"""SELECT {integer("customer_id")}, {count("date > %s")}, {count("date <= %s")} FROM customers_referral
        WHERE date > %s AND date <= %s GROUP BY customer_id"""
    rows = _rows(sql, [then, then, before, now], customer=INT, now=INT, then=INT)
    return [people.spread(rows, "now"), people.spread(rows, "then")]


VALUES = ("product_value", "service_value", "personnel_value", "image_value")
COSTS = ("monetary_cost", "time_cost", "mental_cost", "physical_cost")


def read_answers(people, edges):
    """Survey answers of two periods as a frame, oldest first: position, day, grade (mean of satisfaction and trust,
    1 to 5), lead (a competitor's delivered value less ours); NaN where it was not asked."""
    ours, theirs = (
        f"({' + '.join(p + name for name in VALUES)} - {' - '.join(p + name for name in COSTS)}) / 4.0"
        for p in ("", "rival_")
    )
    grade = "(coalesce(satisfaction, trust) + coalesce(trust, satisfaction)) / 2.0"
    sql = f"""SELECT {integer("customer_id")}, {ordinal("date")}, {number(grade)}, {number(f"{theirs} - {ours}")}
        FROM customers_surveyresponse WHERE date > %s AND date <= %s ORDER BY date, id"""
    rows = _rows(sql, [edges[2], edges[0]], customer=INT, day=INT, grade=FLOAT, lead=FLOAT)
    at, inside = people.place(rows)
    frame = pd.DataFrame({name: rows[name][inside] for name in ("day", "grade", "lead")})
    return frame.assign(position=at)
