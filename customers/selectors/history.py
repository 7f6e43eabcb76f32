"""Who changed what about a customer: the audit records of the customer and of what belongs to it, as differences."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import ForeignKey
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from customers.models import Case, Contact, Contract, Customer, User
from customers.publish_history import import_reason

IMPORTED = re.compile(r"import (\d+)( undone)?")  # as import_reason writes it
CASE_STEPS = {  # the reasons that steps of a case leave in its history
    "answered": pgettext_lazy("step", "answered"),
    "closed": gettext_lazy("closed"),
    "reopened": gettext_lazy("open again"),
    "handed_over": gettext_lazy("handed over"),
    "escalated": gettext_lazy("overdue: went to the lead"),
}
EXIT_STEPS = {"exit approved": gettext_lazy("exit approved"), "exit reversed": gettext_lazy("exit reversed")}
REASONS = CASE_STEPS | EXIT_STEPS
QUIET_FIELDS = {"id", "version", "created_at", "customer", "created_by_import"}


@dataclass(frozen=True)
class Change:
    """One field that changed; `what` names the record, before and after are words (None: there was nothing)."""

    at: datetime
    by: Any
    what: str
    of: str
    kind: str  # created, changed or deleted
    field: str = ""
    before: Any = None
    after: Any = None
    reason: str = ""


def changes(customer, limit=200):
    """The latest changes of a customer and of its contacts, contracts and cases, newest first."""
    merged = list(Customer.objects.filter(merged_into=customer).values_list("pk", flat=True))
    found = _changes_of(Customer, {"id": customer.pk}, limit)
    for model in (Contact, Contract, Case):  # also what was written while they were another customer's
        found += _changes_of(model, {"customer_id__in": [customer.pk, *merged]}, limit)
    names = _names(found)
    found = [_with_names(change, names) for change in found] + _came_in(customer, found)
    return sorted(found, key=lambda change: change.at, reverse=True)[:limit]


def _came_in(customer, found):
    """The beginning of a customer that a file brought and nobody changed since: bulk writes no record of it."""
    job = customer.created_by_import
    if job is None or any(change.kind == "created" and change.what == _kind_of(Customer) for change in found):
        return []
    reason = _reason(import_reason(job.pk))
    return [Change(customer.created_at, job.created_by, _kind_of(Customer), customer.name, "created", reason=reason)]


def _kind_of(model):
    return str(model._meta.verbose_name)


def _reason(stored):
    """Why something was changed, in words where the program wrote it."""
    imported = IMPORTED.fullmatch(stored or "")
    if not imported:
        return str(REASONS.get(stored, stored or ""))
    words = _("Undone import %(number)s") if imported[2] else _("Import %(number)s")
    return words % {"number": imported[1]}


def _changes_of(model, where, limit):
    records = model.history.filter(**where).select_related("history_user").order_by("-history_date", "-history_id")
    newest = list(records[: limit + 1])
    found, following = [], {}
    for record in newest:
        later = following.get(record.id)
        if later is not None:
            found += _differences(model, record, later)
        following[record.id] = record
        if record.history_type in "+-":
            found.append(_whole(model, record))
    return found


def _whole(model, record):
    kind = "created" if record.history_type == "+" else "deleted"
    return Change(
        record.history_date,
        record.history_user,
        _kind_of(model),
        _title(record),
        kind,
        reason=_reason(record.history_change_reason),
    )


def _title(record):
    return str(getattr(record, "name", "") or getattr(record, "number", "") or getattr(record, "subject", ""))


def _differences(model, old, new):
    if new.history_type != "~":
        return []
    found = []
    for field in type(new).tracked_fields:
        if field.name in QUIET_FIELDS or getattr(old, field.attname) == getattr(new, field.attname):
            continue
        found.append(
            Change(
                new.history_date,
                new.history_user,
                _kind_of(model),
                _title(new),
                "changed",
                str(field.verbose_name),
                _word(old, field),
                _word(new, field),
                _reason(new.history_change_reason),
            )
        )
    return found


def _word(record, field):
    value = getattr(record, field.attname)
    if isinstance(field, ForeignKey):
        return (field.related_model, value)
    if field.choices and value not in (None, ""):
        return getattr(record, f"get_{field.name}_display")()
    return value


def _names(found):
    """Names of the users and customers that changes point to, in one query each."""
    ids = {User: set(), Customer: set(), Contact: set()}
    for change in found:
        for value in (change.before, change.after):
            if isinstance(value, tuple) and value[1] is not None:
                ids.setdefault(value[0], set()).add(value[1])
    return {model: model.objects.in_bulk(wanted) for model, wanted in ids.items() if wanted}


def _with_names(change, names):
    def word(value):
        if not isinstance(value, tuple):
            return value
        model, pk = value
        row = names.get(model, {}).get(pk)
        return None if pk is None else getattr(row, "display_name", None) or (row and str(row)) or f"#{pk}"

    return Change(**{**change.__dict__, "before": word(change.before), "after": word(change.after)})
