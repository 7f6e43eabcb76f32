"""Taking an import back: what has touched its rows since, and the rows as they were before."""

from customers.dialect import money, postgres, units
from customers.publish_imports import STATE
from customers.publish_staging import rows_of, run


def _state(table):
    """A stored line as the plain data that undo rows keep."""
    amounts = {"quantity", "amount", "cost", "service_cost"}
    pack = "jsonb_build_object" if postgres() else "json_object"
    parts = (f"'{name}', {units(f'{table}.{name}') if name in amounts else f'{table}.{name}'}" for name in STATE)
    return f"{pack}({', '.join(parts)})"


def _value(column, name, kind="text"):
    """One value of a JSON column."""
    if postgres():
        return f"({column}->>'{name}')::{kind}"
    return f"json_extract({column}, '$.{name}')"


def later_import(job_id):
    """The id of the latest other import that changed rows this one made or changed; None where there is none."""
    found = rows_of(
        """SELECT max(u.job_id) FROM customers_importundo u WHERE u.job_id > %s AND (
            (u.model = 'transaction' AND EXISTS
                (SELECT 1 FROM customers_transaction t WHERE t.id = u.object_id AND t.imported_by_id = %s))
            OR (u.model = 'customer' AND EXISTS
                (SELECT 1 FROM customers_customer c WHERE c.id = u.object_id AND c.created_by_import_id = %s))
            OR EXISTS (SELECT 1 FROM customers_importundo m
                WHERE m.job_id = %s AND m.model = u.model AND m.object_id = u.object_id))""",
        [job_id] * 4,
    )
    return found[0][0]


def changed_since(job_id, finished_at):
    """How many lines this import made or changed are not as it left them."""
    edited = """SELECT count(DISTINCT t.id) FROM customers_transaction t
        JOIN customers_inputchange i ON i.ref = CAST(t.id AS {text})
        WHERE t.imported_by_id = %s AND i.what = 'customers.transaction' AND i.at >= %s"""
    moved = f"""SELECT count(*) FROM customers_importundo u JOIN customers_transaction t ON t.id = u.object_id
        WHERE u.job_id = %s AND u.model = 'transaction' AND u.after <> {_state("t")}"""
    text = "varchar" if postgres() else "text"
    return rows_of(edited.format(text=text), [job_id, finished_at])[0][0] + rows_of(moved, [job_id])[0][0]


def gone(job_id):
    """How many rows this import changed do not exist any more."""
    return rows_of(
        """SELECT count(*) FROM customers_importundo u WHERE u.job_id = %s AND NOT (
            (u.model = 'transaction' AND EXISTS (SELECT 1 FROM customers_transaction t WHERE t.id = u.object_id))
            OR (u.model = 'customer' AND EXISTS (SELECT 1 FROM customers_customer c WHERE c.id = u.object_id)))""",
        [job_id],
    )[0][0]


def touched_customers(job_id):
    """Ids of the customers whose lines change when this import is taken back."""
    return [
        pk
        for (pk,) in rows_of(
            """SELECT customer_id FROM customers_transaction WHERE imported_by_id = %s UNION
            SELECT t.customer_id FROM customers_transaction t JOIN customers_importundo u ON u.object_id = t.id
            WHERE u.job_id = %s AND u.model = 'transaction'""",
            [job_id, job_id],
        )
    ]


def take_back_lines(job_id):
    """Lines made by the import go, lines it changed get back what they were; returns (removed, restored)."""
    whole = ", ".join(
        f"{name} = {money(_value('u.before', name, 'bigint'))}"
        for name in ("quantity", "amount", "cost", "service_cost")
    )
    links = ", ".join(f"{name} = {_value('u.before', name, 'bigint')}" for name in ("product_id", "category_id"))
    restored = run(
        f"""UPDATE customers_transaction SET date = {_value("u.before", "date", "date")}, {links}, {whole}
        FROM customers_importundo u
        WHERE u.job_id = %s AND u.model = 'transaction' AND u.object_id = customers_transaction.id""",
        [job_id],
    )
    return run("DELETE FROM customers_transaction WHERE imported_by_id = %s", [job_id]), restored
