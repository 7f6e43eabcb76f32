"""The door through which the staged lines of a file enter: new customers and products, changed and new lines.

Everything is set-based and the same SQL on both engines; only conversions, COPY and locks differ.
"""

import json
from contextlib import contextmanager
from datetime import UTC

from django.db import IntegrityError, connection

from customers.dialect import money, postgres, units
from customers.naming import fold_code, initials, sort_key
from customers.publish_history import begin_history, import_reason, note_history
from customers.publish_staging import UNKNOWN, load, rows_of, run

CHUNK = 5_000
STATE = (
    "date",
    "product_id",
    "category_id",
    "quantity",
    "amount",
    "cost",
    "service_cost",
)  # of a line, as kept for undo
LATEST = "(SELECT code, value FROM import_latest WHERE field = '{field}')"


@contextmanager
def references_checked():
    """Foreign keys of what is inserted inside, checked and locked set by set instead of row by row.

    On PostgreSQL the row-wise checks of a million lines take as long as everything else together. Where the role may
    (the owner of a small installation usually may), every referenced row is locked as those checks would lock it, then
    they are left out for these statements; all other constraints stay. Elsewhere nothing is different.
    """
    allowed = postgres() and rows_of("SELECT has_parameter_privilege('session_replication_role', 'SET')")[0][0]
    if not allowed:
        yield
        return
    for table, key, staged in (
        ("customers_customer", "customer_id", "import_party"),
        ("customers_product", "product_id", "import_item"),
        ("customers_category", "category_id", "import_kind"),
    ):
        locked = run(f"SELECT 1 FROM {table} WHERE id IN (SELECT {key} FROM {staged}) ORDER BY id FOR KEY SHARE")
        if locked != rows_of(f"SELECT count(*) FROM {staged}")[0][0]:
            raise IntegrityError(f"A row of {table} disappeared while a file was being published.")
    run("SET LOCAL session_replication_role = replica")
    yield
    run("SET LOCAL session_replication_role = origin")


class Publication:
    """Writes a stage into the tables; call inside one transaction, in this order."""

    def __init__(self, stage, job_id, key_prefix, by_id=None):
        self.stage, self.job_id, self.key_prefix, self.by_id = stage, int(job_id), key_prefix, by_id

    def catalogue(self):
        """New categories and products, attributes from their latest line; blanks of known products are filled."""
        run("INSERT INTO customers_category (name) SELECT name FROM import_kind WHERE category_id IS NULL"
            " ON CONFLICT DO NOTHING")  # fmt: skip
        self.stage.look_up()
        name, category = LATEST.format(field="product_name"), LATEST.format(field="category")
        run(f"""INSERT INTO customers_product (code, name, category_id)
            SELECT i.code, coalesce(n.value, i.code), c.id FROM import_item i LEFT JOIN {name} n ON n.code = i.code
            LEFT JOIN {category} k ON k.code = i.code LEFT JOIN customers_category c ON c.name = k.value
            WHERE i.product_id IS NULL ORDER BY i.code ON CONFLICT DO NOTHING""")
        run(f"""UPDATE customers_product SET name = n.value FROM {name} n
            WHERE customers_product.code = n.code AND customers_product.name = n.code AND n.value <> n.code""")
        run(f"""UPDATE customers_product SET category_id = c.id FROM {category} k
            JOIN customers_category c ON c.name = k.value
            WHERE customers_product.code = k.code AND customers_product.category_id IS NULL""")

    def customers(self, at):
        """New customers with the attributes of their latest line; returns how many."""
        best = " ".join(
            f"LEFT JOIN {LATEST.format(field=field)} a{i} ON a{i}.code = p.code"
            for i, field in enumerate(("customer_name", "industry", "region"))
        )
        run(f"""INSERT INTO import_new (code, name, industry, region)
            SELECT p.code, coalesce(a0.value, p.code), coalesce(a1.value, ''), coalesce(a2.value, '')
            FROM import_party p {best} WHERE p.customer_id IS NULL""")
        made, after = 0, ""
        while True:
            chunk = rows_of(
                f"SELECT code, name, industry, region FROM import_new WHERE code > %s ORDER BY code LIMIT {CHUNK}",
                [after],
            )
            if not chunk:
                return made
            made += self._insert_customers(chunk, at)
            after = chunk[-1][0]

    def _insert_customers(self, chunk, at):
        constants = {
            "kind": "ORGANISATION", "scale": "", "relationship": "UNDECIDED", "tier": "STRANGER", "proposed_tier": "",
            "proposal_reason": "{}", "restricted": "false" if postgres() else 0, "restriction_reason": "",
            "note": "",
            "version": 1, "created_at": at.isoformat(sep=" "), "created_by_import_id": self.job_id,
        }  # fmt: skip
        if not postgres():
            constants["created_at"] = at.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ")
        rows = [
            (code, name, sort_key(name), initials(name), industry, region, *constants.values())
            for code, name, industry, region in chunk
        ]
        columns = ("code", "name", "sort_key", "initials", "industry", "region", *constants)
        if not postgres():
            load("customers_customer", columns, rows)
            return len(rows)
        listed = ", ".join(columns)
        run(f"CREATE TEMP TABLE import_fresh ON COMMIT DROP AS SELECT {listed} FROM customers_customer WITH NO DATA")
        load("import_fresh", columns, rows)
        made = run(
            f"INSERT INTO customers_customer ({listed}) SELECT {listed} FROM import_fresh ON CONFLICT DO NOTHING"
        )
        run("DROP TABLE import_fresh")
        return made

    def fill_customers(self, at):
        """Known customers get what was blank (name equal to the code, industry, region); what is there stays."""
        latest = {field: LATEST.format(field=field) for field in ("customer_name", "industry", "region")}
        run(f"""INSERT INTO import_fill (customer_id, name, industry, region)
            SELECT c.id, CASE WHEN c.name = c.code THEN coalesce(n.value, c.name) ELSE c.name END,
                CASE WHEN c.industry = '' THEN coalesce(i.value, '') ELSE c.industry END,
                CASE WHEN c.region = '' THEN coalesce(r.value, '') ELSE c.region END
            FROM import_party p JOIN customers_customer c ON c.id = p.customer_id
            LEFT JOIN {latest["customer_name"]} n ON n.code = p.code LEFT JOIN {latest["industry"]} i ON i.code = p.code
            LEFT JOIN {latest["region"]} r ON r.code = p.code
            WHERE (c.name = c.code AND coalesce(n.value, c.name) <> c.name) OR (c.industry = '' AND i.value IS NOT NULL)
                OR (c.region = '' AND r.value IS NOT NULL)""")
        filled = "SELECT customer_id FROM import_fill"
        begin_history(filled)
        pack = "jsonb_build_object" if postgres() else "json_object"
        one = ", ".join(f"'{f}', {{0}}.{f}" for f in ("name", "industry", "region"))
        run(f"""INSERT INTO customers_importundo (job_id, model, object_id, before, after)
            SELECT {self.job_id}, 'customer', c.id, {pack}({one.format("c")}), {pack}({one.format("f")})
            FROM import_fill f JOIN customers_customer c ON c.id = f.customer_id""")
        run("UPDATE customers_customer SET name = f.name, industry = f.industry, region = f.region,"
            " version = version + 1 FROM import_fill f WHERE f.customer_id = customers_customer.id")  # fmt: skip
        renamed = rows_of("SELECT c.id, c.name FROM import_fill f JOIN customers_customer c ON c.id = f.customer_id")
        for start in range(0, len(renamed), CHUNK):
            with connection.cursor() as cursor:
                cursor.executemany(
                    "UPDATE customers_customer SET sort_key = %s, initials = %s WHERE id = %s",
                    [(sort_key(name), initials(name), pk) for pk, name in renamed[start : start + CHUNK]],
                )
        note_history(filled, at=at, by_id=self.by_id, reason=import_reason(self.job_id))

    def disagreements(self):
        """[(field, codes with several values in the file, known ones whose stored value stays)]."""
        found = dict.fromkeys(("customer_name", "industry", "region", "product_name", "category"), (0, 0))
        several = "SELECT field, count(*) FROM import_latest WHERE variants > 1 GROUP BY field"
        for field, count in rows_of(several):
            found[field] = (count, 0)
        for field, column in (("customer_name", "name"), ("industry", "industry"), ("region", "region")):
            kept = rows_of(f"""SELECT count(*) FROM import_party p JOIN customers_customer c ON c.id = p.customer_id
                JOIN {LATEST.format(field=field)} a ON a.code = p.code
                WHERE a.value <> c.{column} AND c.{column} <> '' AND NOT (c.{column} = c.code)""")[0][0]  # fmt: skip
            found[field] = (found[field][0], kept)
        return [(field, *counts) for field, counts in found.items() if any(counts)]

    # Lines

    def update_lines(self):
        """Keep what each changed line was, then change it."""
        columns = {"date": "day", "product_id": "product_id", "category_id": "category_id"}
        kept = ["date"] + [
            n for n, f in (("product_id", "product_code"), ("category_id", "category")) if f in self.stage.mapped
        ]
        amounts = [n for n in ("quantity", "amount", "cost", "service_cost") if n in self.stage.mapped]
        state = ", ".join(f"'{name}', {{{key}}}" for name, key in zip(STATE, "dpcqaks", strict=True))
        pack = "jsonb_build_object" if postgres() else "json_object"
        before = state.format(
            d="t.date", p="t.product_id", c="t.category_id", q=units("t.quantity"), a=units("t.amount"),
            k=units("t.cost"), s=units("t.service_cost"),
        )  # fmt: skip
        run(f"""INSERT INTO customers_importundo (job_id, model, object_id, before, after)
            SELECT {self.job_id}, 'transaction', t.id, {pack}({before}), '{{}}'
            FROM customers_transaction t JOIN import_match m ON m.target_id = t.id WHERE m.same = 0""")
        sets = [f"{n} = nullif(f.{columns[n]}, 0)" if n != "date" else "date = f.day" for n in kept]
        sets += [f"{n} = {money(f'nullif(f.{n}, {UNKNOWN})')}" for n in amounts]
        changed = run(f"""UPDATE customers_transaction SET {", ".join(sets)} FROM import_match m
            JOIN import_file f ON f.line = m.line WHERE m.same = 0 AND m.target_id = customers_transaction.id""")
        run(f"""UPDATE customers_importundo SET after = {pack}({before}) FROM customers_transaction t
            WHERE customers_importundo.job_id = {self.job_id} AND model = 'transaction' AND object_id = t.id""")
        return changed

    def create_lines(self):
        """New lines, ordered by customer and day so that the indexes grow at one end of each customer."""
        run(f"""INSERT INTO customers_transaction (customer_id, order_no, line_no, date, product_id, category_id,
                quantity, amount, cost, service_cost, line_key, imported_by_id)
            SELECT f.customer_id, f.order_no, f.line_no, f.day, nullif(f.product_id, 0), nullif(f.category_id, 0),
                {money("f.quantity")}, {money("f.amount")}, {money(f"nullif(f.cost, {UNKNOWN})")},
                {money("f.service_cost")}, {self._key()}, {self.job_id}
            FROM import_file f LEFT JOIN import_match m ON m.line = f.line WHERE m.line IS NULL
            ORDER BY f.customer_id, f.day, f.line""")

    def _key(self):
        """Unique by job and line, ascending within a job."""
        if postgres():
            return f"('{self.key_prefix}' || lpad(to_hex(f.line), 16, '0'))::uuid"
        return f"('{self.key_prefix}' || printf('%016x', f.line))"

    def touched(self):
        """Ids of the customers whose lines change; None where it is most of them: then everything is rebuilt."""
        changed = "SELECT customer_id FROM import_party"
        if rows_of("SELECT 1 FROM import_match LIMIT 1"):
            changed = """SELECT DISTINCT f.customer_id FROM import_file f LEFT JOIN import_match m ON m.line = f.line
                WHERE m.line IS NULL OR m.same = 0"""
        count, all_of_them = rows_of(
            f"SELECT (SELECT count(*) FROM ({changed}) c), (SELECT count(*) FROM customers_customer)"
        )[0]
        return None if count * 2 > all_of_them and count > CHUNK else [pk for (pk,) in rows_of(changed)]


def alike_customers(codes):
    """{code: existing code} for new codes that differ from an existing one by case or width only."""
    if not codes:
        return {}
    folded = {}
    for code in codes:
        folded.setdefault(fold_code(code), code)
    if postgres():
        found = rows_of(
            "SELECT code, lower(normalize(btrim(code), NFKC)) FROM customers_customer"
            " WHERE lower(normalize(btrim(code), NFKC)) = ANY(%s)",
            [list(folded)],
        )
    else:
        connection.ensure_connection()
        connection.connection.create_function("fold_code", 1, fold_code, deterministic=True)
        found = rows_of(
            "SELECT code, fold_code(code) FROM customers_customer"
            " WHERE fold_code(code) IN (SELECT value FROM json_each(%s))",
            [json.dumps(list(folded))],
        )
    return {folded[key]: code for code, key in found if key in folded}
