"""Undoing an import: all of it or nothing, and only while nothing later touched its rows."""

from decimal import Decimal

from customers import merging
from customers.changes import note_change
from customers.imports.problems import UNDO_REASONS
from customers.models import Customer, ImportJob, ImportUndo, InputChange, User
from customers.naming import initials, sort_key
from customers.publish import refresh_days
from customers.publish_history import OF_ONE_IMPORT, import_reason, note_history
from customers.publish_locks import NightRunning, apart_from_nights
from customers.publish_staging import lock_imports
from customers.publish_undo import changed_since, gone, later_import, take_back_lines, touched_customers
from customers.signals import customer_reassigned
from customers.vocabulary import ImportStatus

BATCH = 1_000


class CannotUndo(Exception):
    """Why an import cannot be undone; its text is the sentence to show."""

    def __init__(self, code, **values):
        super().__init__(code)
        self.code, self.values = code, values

    def __str__(self):
        return str(UNDO_REASONS[self.code]) % self.values


def undo_import(*, job, by, at):
    """Take an import back; counts of what went. Raises CannotUndo where something built on it, or a night runs."""
    try:
        with apart_from_nights():
            return _undo(job, by, at)
    except NightRunning:
        raise CannotUndo("night") from None


def _undo(job, by, at):
    lock_imports()
    job = ImportJob.objects.select_for_update().get(pk=job.pk)
    refuse_undo(job)
    touched = touched_customers(job.pk)
    lines, restored = take_back_lines(job.pk)
    restored += _restore_customers(job, by, at)
    removed, kept = _remove_customers(job)
    remaining = set(Customer.objects.filter(pk__in=touched).values_list("pk", flat=True)) if removed else touched
    refresh_days(remaining)
    ImportUndo.objects.filter(job=job).delete()
    counts = {"lines": lines, "restored": restored, "customers": removed, "kept": kept}
    job.detected = {**job.detected, "undone": {**counts, "by": by.pk if by else None}}
    job.status = ImportStatus.UNDONE.value
    job.finished_at = at
    job.save(update_fields=["status", "detected", "finished_at"])
    note_change("import undone", job.pk)
    return counts


def refuse_undo(job):
    """Raise CannotUndo with the reason, where there is one."""
    if job.status != ImportStatus.DONE:
        raise CannotUndo("not_done")
    later = later_import(job.pk)
    if later:
        raise CannotUndo("later_import", value=ImportJob.objects.get(pk=later).original_name)
    missing = gone(job.pk)
    if missing:
        raise CannotUndo("rows_gone", count=missing)
    touched = ImportUndo.objects.filter(job=job, model="customer").values("object_id")
    merged = Customer.objects.filter(pk__in=touched, merged_into__isnull=False).count()
    if merged:
        raise CannotUndo("merged", count=merged)
    changed = changed_since(job.pk, job.finished_at) + len(_customers_changed(job))
    if changed:
        raise CannotUndo("lines_changed", count=changed)


def _customers_changed(job):
    """Undo rows of customers whose changed fields were changed again since."""
    found = []
    rows = ImportUndo.objects.filter(job=job, model="customer")
    current = Customer.objects.in_bulk([row.object_id for row in rows])
    for row in rows:
        customer = current[row.object_id]
        if any(_plain(getattr(customer, name)) != row.after[name] for name in _changed_fields(row)):
            found.append(row)
    return found


def _changed_fields(row):
    """The fields of a customer that the import really changed."""
    return [name for name, value in row.after.items() if row.before.get(name) != value]


def _plain(value):
    return str(value) if isinstance(value, Decimal) or hasattr(value, "isoformat") else value


def _restore_customers(job, by, at):
    rows = list(ImportUndo.objects.filter(job=job, model="customer"))
    handed = {}
    for start in range(0, len(rows), BATCH):
        part = rows[start : start + BATCH]
        current = Customer.objects.in_bulk([row.object_id for row in part])
        merged = _merged_parents(part)
        for row in part:
            customer = current[row.object_id]
            for name in _changed_fields(row):
                value = row.before[name]
                if name == "parent_id" and value in merged:
                    value = merged[value] if merged[value] != customer.pk else None
                field = Customer._meta.get_field(name.removesuffix("_id"))
                setattr(customer, name, value if field.is_relation else field.to_python(value))
            customer.sort_key, customer.initials = sort_key(customer.name), initials(customer.name)
            customer.version += 1
        names = {name.removesuffix("_id") for row in part for name in _changed_fields(row)} | {
            "sort_key",
            "initials",
            "version",
        }
        Customer.objects.bulk_update(current.values(), sorted(names), batch_size=200)
        for row in part:
            if "owner_id" in row.before:
                handed.setdefault(row.before["owner_id"], []).append(row.object_id)
    reason = import_reason(job.pk, undone=True)
    note_history(OF_ONE_IMPORT, [job.pk], at=at, by_id=by.pk if by else None, reason=reason)
    for owner_id, ids in handed.items():
        owner = User.objects.filter(pk=owner_id).first()
        customer_reassigned.send(sender=Customer, customer_ids=ids, to=owner, by=by, at=at)
    return len(rows)


def _merged_parents(rows):
    """Former parents that were merged since -> who took them over."""
    wanted = {row.before["parent_id"] for row in rows if row.before.get("parent_id")}
    found = Customer.objects.filter(pk__in=wanted, merged_into__isnull=False)
    return dict(found.values_list("pk", "merged_into"))


def _remove_customers(job):
    """Customers the import made go where nobody edited them and nothing else refers to them; (removed, kept).

    What only nights wrote about them (standings, stages, tasks nobody touched) is no reason to stay: it goes along.
    """
    made = Customer.objects.filter(created_by_import=job)
    edited = InputChange.objects.filter(what="customers.customer", at__gte=job.finished_at).values_list(
        "ref", flat=True
    )
    free = made.exclude(pk__in=[int(ref) for ref in edited if ref.isdigit()])
    others = [relation for relation in merging.relations() if relation.model is not Customer]
    for relation in others:
        free = free.exclude(pk__in=_referring(relation))
    doomed, total = sorted(_without_heirs(set(free.values_list("pk", flat=True)))), made.count()
    for start in range(0, len(doomed), BATCH):
        part = doomed[start : start + BATCH]
        for relation in others:
            merging.by_night(relation).filter(**{f"{relation.field.name}__in": part}).delete()
        Customer.objects.filter(pk__in=part)._raw_delete("default")
    return len(doomed), total - len(doomed)


def _referring(relation):
    """Ids of customers to whom something refers that people or files wrote."""
    rows = relation.model._base_manager.filter(**{f"{relation.field.name}__isnull": False})
    if merging.RULES[relation.key].by_night == merging.EVERY:
        rows = rows.none()
    elif merging.RULES[relation.key].by_night:
        rows = rows.exclude(pk__in=merging.by_night(relation).values("pk"))
    return rows.values(relation.field.name)


def _without_heirs(doomed):
    """Those through whom no remaining customer buys."""
    pairs = list(Customer.objects.filter(parent__isnull=False).values_list("pk", "parent_id"))
    while kept := {parent for child, parent in pairs if parent in doomed and child not in doomed}:
        doomed -= kept
    return doomed
