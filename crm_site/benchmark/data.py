"""A firm of any size made inside PostgreSQL, so that a benchmark measures the night and not the making of data."""

from datetime import date

from django.db import connection

from customers.publish import refresh_days

END = date(2025, 12, 31)
DAYS = 1095  # three years
ORDERS_EACH, LINES_EACH = 10, 2  # on average ten orders a customer, two lines an order: 20 lines a customer
CATEGORIES = 8
SIZES = {"10k": 10_000, "100k": 100_000, "1m": 1_000_000}

MAKE = """
INSERT INTO customers_category (name) SELECT 'line ' || i FROM generate_series(1, {categories}) i;
INSERT INTO customers_customer (code, name, sort_key, initials, kind, industry, region, scale, relationship, tier,
    proposed_tier, proposal_reason, restricted, restriction_reason, note, version, created_at)
SELECT 'B' || lpad(i::text, 7, '0'), 'Customer ' || i, 'customer ' || lpad(i::text, 7, '0'), '', 'ORGANISATION',
    'industry ' || i % 8, 'region ' || i % 12, (ARRAY['MICRO', 'SMALL', 'MEDIUM', 'LARGE', 'GROUP'])[1 + i % 5],
    'UNDECIDED', 'STRANGER', '', '{{}}', false, '', '', 1, now()
FROM generate_series(1, {customers}) i;
CREATE TEMPORARY TABLE made AS
SELECT o, 1 + floor({customers} * power(random(), 1.7))::bigint AS nth,
    '{end}'::date - floor({days} * random())::int AS d
FROM generate_series(1, {orders}) o;
INSERT INTO customers_transaction (customer_id, order_no, line_no, date, category_id, quantity, amount, cost,
    service_cost, line_key)
SELECT c.low + m.nth - 1, 'O' || m.o, l::text, m.d, k.low + floor({categories} * random())::int, q,
    a, round(a * 0.72, 4), round(a * 0.01, 4), gen_random_uuid()
FROM made m CROSS JOIN generate_series(1, {lines}) l CROSS JOIN LATERAL (
    SELECT q, round((q * (5 + 200 * power(random(), 3)))::numeric, 2) AS a
    FROM (SELECT 1 + floor(9 * random())::int AS q WHERE m.o > 0 AND l > 0) y) x
CROSS JOIN (SELECT min(id) AS low FROM customers_customer) c
CROSS JOIN (SELECT min(id) AS low FROM customers_category) k;
DROP TABLE made;
"""


def make(customers, say):
    """Fill an empty database with so many customers and 20 lines each; returns the number of lines."""
    sizes = {
        "customers": customers,
        "orders": customers * ORDERS_EACH,
        "lines": LINES_EACH,
        "categories": CATEGORIES,
        "end": END.isoformat(),
        "days": DAYS,
    }
    with connection.cursor() as cursor:
        cursor.execute("SELECT setseed(0.42)")
        say(f"making {customers} customers and {customers * ORDERS_EACH * LINES_EACH} lines")
        cursor.execute(MAKE.format(**sizes))
        cursor.execute("VACUUM (ANALYZE) customers_transaction")
    say("purchase days")
    refresh_days()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE) customers_purchaseday")
        cursor.execute("VACUUM (ANALYZE) customers_customer")
        cursor.execute("VACUUM (ANALYZE) customers_categoryfirst")
        cursor.execute("SELECT count(*) FROM customers_transaction")
        return cursor.fetchone()[0]
