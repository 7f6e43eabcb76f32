"""The door through which the ground floor writes in bulk: rollups of lines, and the standings of a night."""

from django.db import connection, transaction

from customers import copying
from customers.book import UNIT, begin_at_once
from customers.dialect import postgres
from customers.models import Standing

TABLE = "customers_standing"
SEARCHED = "customer_id, tier, role, stage, level, sublevel, quadrant, warned, total_score, clv"  # by pages
KEY = "standing_customer"  # on PostgreSQL this index is the primary key
WORK_MEM = "64MB"  # of one set-based statement
SAMPLE = 25  # hundreds of rows, times three, that statistics are drawn from: every column has few values or is smooth
# How a generation is built: nothing is lost that cannot be computed again, and two indexes are built at a time already.
GENTLY = (
    f"maintenance_work_mem = '{WORK_MEM}'",
    f"default_statistics_target = {SAMPLE}",
    "synchronous_commit = off",
    "max_parallel_maintenance_workers = 0",
)
REST_DAYS = 180  # a refused proposal is not repeated sooner
# Same definitions on both engines; only exact sums differ (SQLite keeps decimals as floats).
DAYS = """
WITH firsts AS (
    SELECT customer_id, min(date) AS date FROM customers_transaction t {only}
    GROUP BY customer_id, order_no, CASE WHEN order_no = '' THEN date END
), counts AS (
    SELECT customer_id, date, count(*) AS orders FROM firsts GROUP BY customer_id, date
), days AS (
    SELECT customer_id, date, count(*) AS lines,
        max(CASE WHEN amount > 0 OR (amount = 0 AND quantity > 0) THEN 1 ELSE 0 END) AS bought,
        {quantity} AS quantity, {amount} AS amount, {profit} AS gross_profit, {costed} AS costed_amount,
        {service} AS service_cost
    FROM customers_transaction t {only} GROUP BY customer_id, date
)
INSERT INTO customers_purchaseday
    (customer_id, date, lines, orders, bought, quantity, amount, gross_profit, costed_amount, service_cost)
SELECT d.customer_id, d.date, d.lines, coalesce(c.orders, 0), {bought}, d.quantity, d.amount, d.gross_profit,
    d.costed_amount, d.service_cost
FROM days d LEFT JOIN counts c ON c.customer_id = d.customer_id AND c.date = d.date
ORDER BY d.customer_id, d.date
"""
CATEGORIES = """
INSERT INTO customers_categoryfirst (customer_id, category_id, first, last)
SELECT t.customer_id, coalesce(t.category_id, p.category_id), min(t.date), max(t.date)
FROM customers_transaction t LEFT JOIN customers_product p ON p.id = t.product_id
{where} coalesce(t.category_id, p.category_id) IS NOT NULL AND (t.amount > 0 OR (t.amount = 0 AND t.quantity > 0))
GROUP BY t.customer_id, coalesce(t.category_id, p.category_id)
"""


def _sum(expression):
    """An exact sum in whole ten-thousandths, also where the engine keeps decimals as floats."""
    if postgres():
        return f"(coalesce(sum({expression}), 0) * {UNIT})::bigint"  # of four decimals: whole
    return f"coalesce(sum(CAST(round(({expression}) * {UNIT}.0) AS INTEGER)), 0)"


def _chosen(customer_ids, column):
    """A condition on customers, and its parameters; everything where no ids are given."""
    if customer_ids is None:
        return "", []
    ids = [int(i) for i in customer_ids]
    if postgres():
        return f"{column} = ANY(%s)", [ids]
    return f"{column} IN (SELECT value FROM json_each(%s))", [str(ids)]


def refresh_days(customer_ids=None):
    """Rebuild the purchase days and categories of these customers (all, by default) from their lines.

    One set-based rebuild in one transaction; call it after any change of lines. An empty list does nothing.
    """
    if customer_ids is not None:
        customer_ids = list(customer_ids)
        if not customer_ids:
            return
    condition, params = _chosen(customer_ids, "t.customer_id")
    gone, gone_params = _chosen(customer_ids, "customer_id")
    days = DAYS.format(
        only=f"WHERE {condition}" if condition else "",
        quantity=_sum("quantity"),
        amount=_sum("amount"),
        profit=_sum("CASE WHEN cost IS NOT NULL THEN amount - cost ELSE 0 END"),
        costed=_sum("CASE WHEN cost IS NOT NULL THEN amount ELSE 0 END"),
        service=_sum("service_cost"),
        bought="d.bought = 1" if postgres() else "d.bought",
    )
    where = f"WHERE {condition} AND" if condition else "WHERE"
    with transaction.atomic(), connection.cursor() as cursor:
        if postgres():
            cursor.execute(f"SET LOCAL work_mem = '{WORK_MEM}'")
            cursor.execute("SET LOCAL enable_hashagg = off")  # nearly as many groups as lines: sorting them is quicker
        for table in ("customers_purchaseday", "customers_categoryfirst"):
            cursor.execute(f"DELETE FROM {table}" + (f" WHERE {gone}" if gone else ""), gone_params)
        cursor.execute(days, params * 2)
        cursor.execute(CATEGORIES.format(where=where), params)


class Generation:
    """The rows of one night: filled apart, then made visible to queries as a whole.

    On PostgreSQL the rows go into a table of their own, are indexed there and attached as the night's partition, so
    that no reader waits and an old night is dropped, not deleted. On SQLite they go into the plain table.
    """

    def __init__(self, night_id):
        self.night_id = int(night_id)
        self.partition = f"{TABLE}_n{self.night_id}"

    def drop(self):
        """Remove the night's rows; nothing happens where there are none."""
        with connection.cursor() as cursor:
            if postgres():
                cursor.execute(f"DROP TABLE IF EXISTS {self.partition}")
            else:
                cursor.execute(f"DELETE FROM {TABLE} WHERE night_id = %s", [self.night_id])

    def write(self, columns, begin=begin_at_once):
        """Write all rows at once (see copying.write_rows for the kinds of columns) and attach them; returns how many.

        begin: how half of the indexes is built beside the other, see `beside.Beside.begin`.
        """
        on_postgres = postgres()
        with transaction.atomic():
            self.drop()
            if on_postgres:
                self._create()
            count = copying.write_rows(connection, self.partition if on_postgres else TABLE, columns)
        if on_postgres:
            self.attach(begin)
        return count

    def attach(self, begin=begin_at_once):
        """Index first, then attach: the parent adopts equal indexes instead of building them under its lock."""
        statements = list(self._indexes())
        others = begin(self._run, statements[1::2])
        self._run(statements[0::2])
        others()
        self._run(
            [
                f"ALTER TABLE {self.partition} ADD PRIMARY KEY USING INDEX {KEY}_n{self.night_id}",
                f"ALTER TABLE {TABLE} ATTACH PARTITION {self.partition} FOR VALUES IN ({self.night_id})",
                f"ANALYZE {self.partition} ({SEARCHED})",
            ]
        )

    def _create(self):
        # Checked row by row as they come: attaching then believes it, and reads none of them.
        own = f"CONSTRAINT {self.partition}_night CHECK (night_id = {self.night_id})"
        # Nobody searches the vectors: whoever analyzes all columns need not sort them.
        vectors = ", ".join(f"ALTER {name} SET STATISTICS 0" for name in ("raw", "z", "points"))
        self._run(
            [
                f"CREATE TABLE {self.partition} (LIKE {TABLE} INCLUDING DEFAULTS, {own})",
                f"ALTER TABLE {self.partition} {vectors}",
            ]
        )

    def _indexes(self):
        """Statements; the night is the same for all rows of a partition, so that only the key has it."""
        for index in Standing._meta.indexes:
            columns = ", ".join(
                f"{Standing._meta.get_field(name).column} {order}".strip()
                for name, order in index.fields_orders
                if index.name == KEY or name != "night"
            )
            unique = "UNIQUE " if index.name == KEY else ""
            yield f"CREATE {unique}INDEX {index.name}_n{self.night_id} ON {self.partition} ({columns})"

    def _run(self, statements):
        """Statements in one transaction; what publishes the night is what waits for the disk."""
        with transaction.atomic(), connection.cursor() as cursor:
            for setting in GENTLY:
                cursor.execute(f"SET LOCAL {setting}")
            for statement in statements:
                cursor.execute(statement)


def ensure_generation(night_id):
    """Make room for rows of a night written one by one through the ORM (tests and small fixtures)."""
    if postgres():
        with connection.cursor() as cursor:
            part = f"CREATE TABLE IF NOT EXISTS {TABLE}_n{int(night_id)} PARTITION OF {TABLE}"
            cursor.execute(f"{part} FOR VALUES IN ({int(night_id)})")


def sync_tiers(night_id, entered, proposed):
    """What the published night means for the tiers: first orders enter by definition, proposals wait for a person.

    entered: ids of strangers with a first order; proposed: ids whose proposal differs from the one on record. Returns
    counts. A proposal that somebody turned down within REST_DAYS before the night is not made again.
    """
    on_postgres = postgres()
    words = {
        "yes": "true" if on_postgres else "1",
        "no": "false" if on_postgres else "0",
        "empty": "'{}'::jsonb" if on_postgres else "'{}'",
        "age": "n.as_of - r.at::date" if on_postgres else "julianday(n.as_of) - julianday(date(r.at))",
        "rest": REST_DAYS,
    }
    counts = {"entered": 0, "proposals": 0}
    with connection.cursor() as cursor:
        if len(entered):
            some, params = _chosen(entered, "customer_id")
            cursor.execute(ENTERED.format(some=some, **words), [night_id, *params])
            some, params = _chosen(entered, "id")
            enter = "UPDATE customers_customer SET tier = 'ACQUAINTANCE' WHERE tier = 'STRANGER' AND "
            cursor.execute(enter + some, params)
            counts["entered"] = cursor.rowcount
        if len(proposed):
            some, params = _chosen(proposed, "s.customer_id")
            cursor.execute(PROPOSED.format(some=some, **words), [night_id, *params])
            counts["proposals"] = cursor.rowcount
    return counts


ENTERED = """INSERT INTO customers_tierchange (customer_id, before, after, accepted, reason, evidence, at)
    SELECT s.customer_id, c.tier, s.tier, {yes}, '', {empty}, n.published_at FROM customers_standing s
    JOIN customers_customer c ON c.id = s.customer_id AND c.tier = 'STRANGER'
    JOIN customers_night n ON n.id = s.night_id WHERE s.night_id = %s AND s.{some}"""
PROPOSED = """UPDATE customers_customer SET proposed_tier = p.tier FROM (
        SELECT s.customer_id, CASE WHEN s.proposed_tier <> '' AND NOT EXISTS (
            SELECT 1 FROM customers_tierchange r, customers_night n WHERE n.id = s.night_id AND r.accepted = {no}
            AND r.customer_id = s.customer_id AND r.after = s.proposed_tier AND {age} < {rest}
        ) THEN s.proposed_tier ELSE '' END AS tier
        FROM customers_standing s WHERE s.night_id = %s AND {some}
    ) p WHERE p.customer_id = customers_customer.id AND customers_customer.proposed_tier <> p.tier"""
