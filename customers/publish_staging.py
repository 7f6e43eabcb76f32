"""Order lines of a file on their way in: staged apart in temporary tables and matched with what is stored.

Everything is set-based and the same SQL on both engines; only conversions, COPY and locks differ. Money and quantities
are staged as whole ten-thousandths, so that equal amounts compare equal on every engine.
"""

import io

from django.db import connection

from customers.dialect import postgres, units
from customers.naming import fold_code

LOCK = 7_020_001  # PostgreSQL advisory lock: one publication of an import at a time
UNKNOWN = -(10**18)  # a cost that is not known, where NULL would not compare
LINE_COLUMNS = (
    "line", "customer", "order_no", "line_no", "day", "product", "category", "quantity", "amount", "cost",
    "service_cost",
)  # fmt: skip
TABLES = ("line", "attribute", "latest", "party", "item", "kind", "late", "match", "fill", "new")
SCHEMA = """
CREATE TEMP TABLE import_line (line bigint, customer {text}, order_no {text}, line_no {text}, day {day}, product {text},
    category {text}, quantity bigint, amount bigint, cost bigint, service_cost bigint);
CREATE TEMP TABLE import_attribute (field {text}, code {text}, value {text}, moment bigint);
CREATE TEMP TABLE import_latest (field {text}, code {text}, value {text}, variants bigint, PRIMARY KEY (field, code));
CREATE TEMP TABLE import_party (code {text} PRIMARY KEY, line bigint, customer_id bigint, known integer);
CREATE TEMP TABLE import_item (code {text} PRIMARY KEY, product_id bigint);
CREATE TEMP TABLE import_kind (name {text} PRIMARY KEY, category_id bigint);
CREATE TEMP TABLE import_late (line bigint PRIMARY KEY, code text, value text, other text);
CREATE TEMP TABLE import_match (line bigint PRIMARY KEY, target_id bigint UNIQUE, same integer);
CREATE TEMP TABLE import_fill (customer_id bigint PRIMARY KEY, name text, industry text, region text);
CREATE TEMP TABLE import_new (code {text} PRIMARY KEY, name {text}, industry {text}, region {text});
CREATE TEMP VIEW import_file AS
    SELECT l.line, p.customer_id, p.known, l.order_no, l.line_no, l.day,
        coalesce(i.product_id, CASE WHEN l.product = '' THEN 0 ELSE -1 END) AS product_id,
        coalesce(k.category_id, CASE WHEN l.category = '' THEN 0 ELSE -1 END) AS category_id,
        l.quantity, l.amount, l.cost, l.service_cost
    FROM import_line l JOIN import_party p ON p.code = l.customer
    LEFT JOIN import_item i ON i.code = l.product LEFT JOIN import_kind k ON k.name = l.category
"""
STORED = """SELECT t.id, t.customer_id, t.order_no, t.line_no, t.date AS day, coalesce(t.product_id, 0) AS product_id,
        coalesce(t.category_id, 0) AS category_id, {quantity} AS quantity, {amount} AS amount,
        coalesce({cost}, {unknown}) AS cost, {service_cost} AS service_cost
    FROM customers_transaction t JOIN import_party p ON p.customer_id = t.customer_id"""
LATEST = """INSERT INTO import_latest (field, code, value, variants)
    SELECT r.field, r.code, r.value, r.variants FROM (
        SELECT field, code, value, row_number() OVER w AS n, count(*) OVER (PARTITION BY field, code) AS variants
        FROM (SELECT field, code, value, max(moment) AS moment FROM import_attribute GROUP BY field, code, value) g
        WINDOW w AS (PARTITION BY field, code ORDER BY moment DESC)) r
    WHERE r.n = 1"""
# Lines of equal group and content pair off one by one (exact), then what is left of each group, in order.
PAIR = """
INSERT INTO import_match (line, target_id, same)
WITH file AS (
    SELECT f.*, row_number() OVER (PARTITION BY {keys} ORDER BY f.line) AS n FROM import_file f
    WHERE f.known = 1 AND f.line_no = '' AND {which} AND NOT EXISTS (SELECT 1 FROM import_match m WHERE m.line = f.line)
), stored AS (
    SELECT s.*, row_number() OVER (PARTITION BY {keys} ORDER BY s.id) AS n FROM ({stored}) s
    WHERE s.line_no = '' AND {which} AND NOT EXISTS (SELECT 1 FROM import_match m WHERE m.target_id = s.id)
)
SELECT f.line, s.id, {same} FROM file f JOIN stored s ON {joined} AND s.n = f.n
"""
NUMBERED = """
INSERT INTO import_match (line, target_id, same)
SELECT f.line, s.id, CASE WHEN {equal} THEN 1 ELSE 0 END FROM import_file f
JOIN ({stored}) s ON s.customer_id = f.customer_id AND s.order_no = f.order_no AND s.line_no = f.line_no
WHERE f.known = 1 AND f.line_no <> ''
"""


def load(table, columns, rows):
    """Append rows (tuples of str, int or None; no tab or line break in a text) to a table."""
    with connection.cursor() as cursor:
        if postgres():
            text = "\n".join("\t".join(_copied(cell) for cell in row) for row in rows)
            if text:
                cursor.copy_expert(f"COPY {table} ({', '.join(columns)}) FROM STDIN", io.StringIO(text + "\n"))
        else:
            marks = ", ".join(["%s"] * len(columns))
            cursor.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", rows)


def _copied(cell):
    return r"\N" if cell is None else str(cell).replace("\\", "\\\\")


def run(sql, params=()):
    """Run one statement; returns the number of rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params or None)
        return cursor.rowcount


def rows_of(sql, params=()):
    """All rows of a small result."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params or None)
        return cursor.fetchall()


class Stage:
    """The lines of one file on their way in. `mapped`: the names of the fields that the file feeds."""

    def __init__(self, mapped):
        self.mapped = set(mapped)
        self.drop()
        if not postgres():
            self._temp_on_disk(True)
            connection.ensure_connection()
            connection.connection.create_function("fold_code", 1, fold_code, deterministic=True)
        # Plain byte order: nobody reads these tables, and comparing by language costs several times as much.
        types = {"day": "date", "text": 'text COLLATE "C"'} if postgres() else {"day": "text", "text": "text"}
        if postgres():
            run("SET work_mem = '64MB'")  # sorts and joins of whole files
        for statement in SCHEMA.format(**types).split(";"):
            run(statement)

    def _temp_on_disk(self, wanted):
        """SQLite keeps temporary tables in memory here; those of an import may be larger than that."""
        if not connection.in_atomic_block:
            run(f"PRAGMA temp_store={'FILE' if wanted else 'MEMORY'}")

    def drop(self):
        """Remove the temporary tables (also those a failed import left on this connection)."""
        space = "pg_temp." if postgres() else "temp."
        run(f"DROP VIEW IF EXISTS {space}import_file")
        for table in TABLES:
            run(f"DROP TABLE IF EXISTS {space}import_{table}")
        if postgres():
            run("RESET work_mem")

    # Filling

    def add(self, columns, attributes):
        """Stage one block. columns: lists in the order of LINE_COLUMNS; attributes: (field, code, value, moment)."""
        if columns[0]:
            if postgres():
                self._copy(columns)
            else:
                self._insert("import_line", LINE_COLUMNS, zip(*columns, strict=True))
        attributes = list(attributes)
        if attributes and postgres():
            load("import_attribute", ("field", "code", "value", "moment"), attributes)
        elif attributes:
            self._insert("import_attribute", ("field", "code", "value", "moment"), attributes)

    def _insert(self, table, columns, rows):
        """On SQLite: one transaction of the temporary database alone; readers and writers of the main one go on."""
        alone = not connection.in_atomic_block
        if not alone:
            load(table, columns, rows)
            return
        run("BEGIN")
        try:
            load(table, columns, rows)
        finally:
            run("COMMIT")  # what was staged of a block that failed is dropped with the tables

    def _copy(self, columns):
        ready = []
        for cells in columns:
            if cells and isinstance(cells[0], str):
                ready.append([c.replace("\\", "\\\\") for c in cells] if "\\" in "".join(cells) else cells)
            else:
                ready.append(list(map(str, cells)))
        text = "\n".join(map("\t".join, zip(*ready, strict=True))) + "\n"
        with connection.cursor() as cursor:
            cursor.copy_expert(f"COPY import_line ({', '.join(LINE_COLUMNS)}) FROM STDIN", io.StringIO(text))

    # Looking up

    def resolve(self, create_customers, fold_codes):
        """Find the customers, products and categories; lines that cannot be placed go to the late rejections.

        Returns their number.
        """
        self._follow_merges()
        self._parties()
        run("INSERT INTO import_item (code) SELECT DISTINCT product FROM import_line WHERE product <> ''")
        run("INSERT INTO import_kind (name) SELECT DISTINCT category FROM import_line WHERE category <> ''")
        run(LATEST)
        if postgres():
            for table in ("line", "party", "item", "kind", "latest"):
                run(f"ANALYZE import_{table}")
        self.look_up()
        if fold_codes:
            self._refuse_alike()
        if not create_customers:
            self._refuse(
                "SELECT l.line, 'customer_unknown', l.customer, '' FROM import_line l"
                " JOIN import_party p ON p.code = l.customer WHERE p.customer_id IS NULL"
            )
        self._refuse(
            """SELECT line, 'line_twice', '', CAST(first AS text) FROM (
                SELECT line, row_number() OVER w AS n, first_value(line) OVER w AS first
                FROM import_line WHERE line_no <> ''
                WINDOW w AS (PARTITION BY customer, order_no, line_no ORDER BY line)) ranked WHERE n > 1"""
        )
        late = rows_of("SELECT count(*) FROM import_late")[0][0]
        if late:
            run("DELETE FROM import_line WHERE line IN (SELECT line FROM import_late)")
            run(
                "DELETE FROM import_party WHERE NOT EXISTS"
                " (SELECT 1 FROM import_line l WHERE l.customer = import_party.code)"
            )
        return late

    def _follow_merges(self):
        """Lines of a code that was merged into another customer are that customer's; its words about itself are not."""
        if not rows_of("SELECT 1 FROM customers_customer WHERE merged_into_id IS NOT NULL LIMIT 1"):
            return
        run("""UPDATE import_line SET order_no = f.now FROM customers_formerorder f
            JOIN customers_customer c ON c.id = f.former_id
            WHERE c.code = import_line.customer AND f.order_no = import_line.order_no""")
        former = "SELECT code FROM customers_customer WHERE merged_into_id IS NOT NULL"
        about = "field IN ('customer_name', 'industry', 'region')"
        run(f"DELETE FROM import_attribute WHERE {about} AND code IN ({former})")
        run("""UPDATE import_line SET customer = s.code FROM customers_customer c
            JOIN customers_customer s ON s.id = c.merged_into_id WHERE c.code = import_line.customer""")

    def _parties(self):
        run("INSERT INTO import_party (code, line, known) SELECT customer, min(line), 0 FROM import_line GROUP BY 1")

    def follow_late_merges(self):
        """Customers that were merged since `resolve` found them; call it where no merge can begin any more."""
        late = "import_party p JOIN customers_customer c ON c.id = p.customer_id WHERE c.merged_into_id IS NOT NULL"
        if rows_of(f"SELECT 1 FROM {late} LIMIT 1"):
            self._follow_merges()
            run("DELETE FROM import_party")
            self._parties()
            self.look_up()

    def look_up(self):
        """Fill in the ids of what the database has (again, once new rows were made)."""
        for table, key, ref, source in (
            ("import_party", "code", "customer_id", "customers_customer"),
            ("import_item", "code", "product_id", "customers_product"),
            ("import_kind", "name", "category_id", "customers_category"),
        ):
            run(
                f"UPDATE {table} SET {ref} = s.id FROM {source} s"
                f" WHERE s.{key} = {table}.{key} AND {table}.{ref} IS NULL"
            )
        run(
            "UPDATE import_party SET known = 1 WHERE customer_id IS NOT NULL AND known = 0"
            " AND EXISTS (SELECT 1 FROM customers_transaction t WHERE t.customer_id = import_party.customer_id)"
        )

    def _refuse(self, select):
        run(f"INSERT INTO import_late (line, code, value, other) {select} ON CONFLICT DO NOTHING")

    def _refuse_alike(self):
        """New codes that differ from an existing or an earlier new one by case or width only."""
        if not rows_of("SELECT 1 FROM import_party WHERE customer_id IS NULL LIMIT 1"):
            return
        folded = "lower(normalize(btrim({}), NFKC))" if postgres() else "fold_code({})"
        key = folded.format("code")
        alike = f"""WITH new AS (SELECT code, line, {key} AS folded FROM import_party WHERE customer_id IS NULL),
            old AS (SELECT min(code) AS code, {key} AS folded FROM customers_customer GROUP BY 2),
            twins AS (SELECT code, first_value(code) OVER (PARTITION BY folded ORDER BY line) AS first FROM new),
            alike AS (SELECT new.code, old.code AS other FROM new JOIN old ON old.folded = new.folded
                UNION ALL SELECT code, first FROM twins WHERE code <> first)"""
        self._refuse(
            f"""SELECT l.line, 'customer_alike', l.customer, min(a.other) FROM import_line l
            JOIN ({alike} SELECT code, other FROM alike) a ON a.code = l.customer GROUP BY l.line, l.customer"""
        )

    def late(self, first, last):
        """The late rejections between two lines: {line: (code, value, other)}."""
        found = rows_of("SELECT line, code, value, other FROM import_late WHERE line BETWEEN %s AND %s", [first, last])
        return {line: rest for line, *rest in found}

    def unknown_customers(self):
        """How many customers the file names that the database does not have."""
        return rows_of("SELECT count(*) FROM import_party WHERE customer_id IS NULL")[0][0]

    # Matching

    def match(self):
        """Pair the file's lines with stored ones; returns {"created", "updated", "unchanged"}."""
        run("DELETE FROM import_match")
        if rows_of("SELECT 1 FROM import_party WHERE known = 1 LIMIT 1"):
            content = self._content()
            self._numbered(content)
            self._pairs("order_no <> ''", ["customer_id", "order_no", *self._if("product_code", "product_id")], content)
            lone = ["customer_id", "day", *self._if("product_code", "product_id")]
            lone += self._amounts("quantity", "amount", "cost")
            if "product_code" not in self.mapped:
                lone += self._if("category", "category_id")
            self._pairs("order_no = ''", lone, content)
        total = rows_of("SELECT count(*) FROM import_line")[0][0]
        same, matched = rows_of("SELECT coalesce(sum(same), 0), count(*) FROM import_match")[0]
        return {"created": total - matched, "updated": matched - int(same), "unchanged": int(same)}

    def _if(self, name, column):
        return [column] if name in self.mapped else []

    def _amounts(self, *names):
        return [name for name in names if name in self.mapped]

    def _content(self):
        return [
            "day", *self._if("product_code", "product_id"), *self._if("category", "category_id"),
            *self._amounts("quantity", "amount", "cost", "service_cost"),
        ]  # fmt: skip

    def _stored(self):
        return STORED.format(
            unknown=UNKNOWN, **{name: units(f"t.{name}") for name in ("quantity", "amount", "cost", "service_cost")}
        )

    def _pairs(self, which, group, content):
        if not rows_of(f"SELECT 1 FROM import_line WHERE line_no = '' AND {which} LIMIT 1"):
            return
        exact = list(dict.fromkeys([*group, *content]))
        for keys, same in ((exact, 1), (group, 0)):
            joined = " AND ".join(f"s.{key} = f.{key}" for key in keys)
            listed = ", ".join(keys)
            run(PAIR.format(keys=listed, which=which, stored=self._stored(), same=same, joined=joined))
            if postgres():
                run("ANALYZE import_match")

    def _numbered(self, content):
        if rows_of("SELECT 1 FROM import_line WHERE line_no <> '' LIMIT 1"):
            equal = " AND ".join(f"s.{key} = f.{key}" for key in content)
            run(NUMBERED.format(equal=equal, stored=self._stored()))


def lock_imports():
    """One publication of an import at a time; SQLite has one writer anyway."""
    if postgres():
        run(f"SELECT pg_advisory_xact_lock({LOCK})")
