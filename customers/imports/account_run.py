"""One pass of a file of customers: checked, compared with what is stored, and written in one transaction."""

from decimal import Decimal

from django.db import transaction

from customers.book import UNIT
from customers.changes import note_change
from customers.imports import reading
from customers.imports.accounts import AccountReader
from customers.imports.problems import FileProblem
from customers.imports.rejected import RejectedRows
from customers.imports.running import Outcome, no_progress
from customers.models import Customer, ImportJob, ImportUndo, User
from customers.naming import fold_code, initials, sort_key
from customers.publish_history import OF_ONE_IMPORT, begin_history, import_reason, listed, note_history
from customers.publish_imports import alike_customers
from customers.publish_staging import lock_imports
from customers.signals import customer_reassigned

PLAIN = ("name", "kind", "industry", "region", "scale", "relationship", "buying_step", "expected_level", "note")
MONEY, WHOLE = ("spending_capacity", "category_demand"), ("reach", "outside_opinion")
KEPT = (*PLAIN, "owner_id", "parent_id", *MONEY, "influence", *WHOLE, "first_contact")
BATCH = 1_000


def import_accounts(
    source, mapping, *, today, at, currency, errors_path, job_id=None, progress=no_progress, before=None
):
    """Outcome of a file of customers; arguments as in running.import_lines."""
    run = AccountRun(source, mapping, today, currency, errors_path, job_id, progress)
    try:
        if job_id is None:
            run.rows(writing=False)
        else:
            with transaction.atomic():
                lock_imports()
                if before:
                    before()
                run.rows(writing=True)
                run.link_parents()
                run.note_changes(at)
                if run.outcome.created or run.outcome.updated:
                    note_change("import", job_id)
    finally:
        run.outcome.errors_file = run.rejected.close()
    outcome = run.outcome
    outcome.rejected, outcome.first, outcome.reasons = run.rejected.count, run.rejected.first, run.rejected.reasons
    outcome.unchanged = outcome.rows - outcome.rejected - outcome.created - outcome.updated
    return outcome


class AccountRun:
    """The state of one pass."""

    def __init__(self, source, mapping, today, currency, errors_path, job_id, progress):
        self.source, self.mapping, self.job_id, self.progress = source, mapping, job_id, progress
        owners = dict(User.objects.filter(is_active=True).values_list("username", "id"))
        self.reader = AccountReader(
            mapping, mapping.indexes(source.shape.headers), today=today, currency=currency, owners=owners,
            serials=source.workbook,
        )  # fmt: skip
        self.rejected = RejectedRows(errors_path, source.shape.headers, mapping.kind)
        self.outcome = Outcome()
        self.seen = {}  # hash of the folded code -> line
        self.parents = {}  # customer id -> code of its parent, to be linked once all exist
        self.codes = None
        self.handed = {}  # new owner's id -> ids of the customers that had another one before

    def rows(self, writing):
        """Every row of the file, batch by batch."""
        if "parent" in self.reader.readers:
            self.codes = self._codes_of_file()
        for block in reading.blocks(self.source.path, self.source.shape, needed=self.reader.needed):
            accounts, refused = self.reader.read(block)
            self.outcome.rows += len(block.rows) + len(block.broken)
            for line, cells, name, code, found in refused:
                self.rejected.add(line, cells, name, code, found)
            for start in range(0, len(accounts), BATCH):
                self._batch(accounts[start : start + BATCH], writing)
            self.progress(self.outcome.rows, max(self.source.shape.lines - 1, self.outcome.rows))
        if not self.outcome.rows:
            raise FileProblem("header_only")

    def _codes_of_file(self):
        found = set()
        for block in reading.blocks(self.source.path, self.source.shape, needed=self.reader.needed):
            found.update(account.values["code"] for account, _cells in self.reader.read(block)[0])
        return found

    def _batch(self, accounts, writing):
        self._follow_merges(accounts)
        codes = [account.values["code"] for account, _ in accounts]
        stored = {customer.code: customer for customer in Customer.objects.filter(code__in=codes)}
        alike = alike_customers([code for code in codes if code not in stored]) if self.mapping.fold_codes else {}
        parents = self._known_parents(accounts)
        fresh, changed = [], []
        for account, cells in accounts:
            problem = self._problem(account, stored, alike, parents)
            if problem:
                self.rejected.add(account.line, cells, *problem)
                continue
            customer = stored.get(account.values["code"])
            if customer is None:
                fresh.append(self._made(account))
            else:
                before = self._apply(customer, account, parents)
                if before:
                    changed.append((customer, before))
        self.outcome.created += len(fresh)
        self.outcome.updated += len(changed)
        if writing:
            self._write(fresh, changed)

    @staticmethod
    def _follow_merges(accounts):
        """A code that was merged into another customer means that customer, as a row and as a parent."""
        codes = {
            account.values[name] for account, _ in accounts for name in ("code", "parent") if name in account.values
        }
        found = Customer.objects.filter(code__in=codes, merged_into__isnull=False)
        now = dict(found.values_list("code", "merged_into__code"))
        for account, _ in accounts if now else ():
            for name in ("code", "parent"):
                if account.values.get(name) in now:
                    account.values[name] = now[account.values[name]]
            if account.values.get("parent") == account.values["code"]:
                del account.values["parent"]

    def _known_parents(self, accounts):
        wanted = {account.values["parent"] for account, _ in accounts if "parent" in account.values}
        return dict(Customer.objects.filter(code__in=wanted).values_list("code", "id")) if wanted else {}

    def _problem(self, account, stored, alike, parents):
        code = account.values["code"]
        key = hash(fold_code(code) if self.mapping.fold_codes else code)
        if key in self.seen:
            return "code", "customer_twice", {"other": self.seen[key]}
        self.seen[key] = account.line
        if code not in stored and code in alike:
            return "code", "customer_alike", {"value": code, "other": alike[code]}
        parent = account.values.get("parent")
        if parent and parent not in parents and parent not in self.codes:
            return "parent", "parent_unknown", {"value": parent}
        return None

    def _fields(self, account):
        found = {name: account.values[name] for name in PLAIN if name in account.values}
        if "owner" in account.values:
            found["owner_id"] = account.values["owner"]
        for name in MONEY:
            if name in account.values:
                found[name] = Decimal(account.values[name]).scaleb(-4)
        if "influence" in account.values:
            found["influence"] = account.values["influence"] / UNIT
        for name in WHOLE:
            if name in account.values:
                found[name] = account.values[name] // UNIT
        if "first_contact" in account.values:
            found["first_contact"] = Customer._meta.get_field("first_contact").to_python(
                account.values["first_contact"]
            )
        return found

    def _made(self, account):
        code = account.values["code"]
        customer = Customer(code=code, created_by_import_id=self.job_id, **{"name": code, **self._fields(account)})
        customer.sort_key, customer.initials = sort_key(customer.name), initials(customer.name)
        customer.wanted_parent = account.values.get("parent")
        return customer

    def _apply(self, customer, account, parents):
        """Set what differs; returns what it was before, empty where nothing differs. Empty cells change nothing."""
        before = {}
        for name, value in self._fields(account).items():
            if getattr(customer, name) != value:
                before[name] = getattr(customer, name)
                setattr(customer, name, value)
        customer.wanted_parent = None
        parent = account.values.get("parent")
        if parent and (parent not in parents or parents[parent] != customer.parent_id):
            before["parent_id"] = customer.parent_id
            customer.wanted_parent = parent
        customer.sort_key, customer.initials = sort_key(customer.name), initials(customer.name)
        return before

    def _write(self, fresh, changed):
        Customer.objects.bulk_create(fresh, batch_size=BATCH)
        begin_history(*listed([customer.pk for customer, _ in changed]))
        for customer, before in changed:
            customer.version += 1
            if "owner_id" in before:
                self.handed.setdefault(customer.owner_id, []).append(customer.pk)
        names = [name for name in KEPT if name != "parent_id"]
        columns = [name.removesuffix("_id") for name in names] + ["sort_key", "initials", "version"]
        Customer.objects.bulk_update([customer for customer, _ in changed], columns, batch_size=200)
        ImportUndo.objects.bulk_create(
            [
                ImportUndo(
                    job_id=self.job_id, model="customer", object_id=customer.pk, before=plain_values(before), after={}
                )
                for customer, before in changed
            ],
            batch_size=BATCH,
        )
        made = [customer for customer in fresh if customer.wanted_parent]
        self.parents.update({c.pk: c.wanted_parent for c in [*made, *(c for c, _ in changed if c.wanted_parent)]})

    def note_changes(self, at):
        """Who changed what is on record, and what follows an owner (open tasks) moves with a customer handed over."""
        by = ImportJob.objects.select_related("created_by").get(pk=self.job_id).created_by
        reason = import_reason(self.job_id)
        note_history(OF_ONE_IMPORT, [self.job_id], at=at, by_id=by.pk if by else None, reason=reason)
        for owner_id, ids in self.handed.items():
            owner = User.objects.get(pk=owner_id)
            customer_reassigned.send(sender=Customer, customer_ids=sorted(ids), to=owner, by=by, at=at)

    def link_parents(self):
        """Link once every customer of the file exists, then remember the values after the import."""
        items = list(self.parents.items())
        for start in range(0, len(items), BATCH):
            part = dict(items[start : start + BATCH])
            ids = dict(Customer.objects.filter(code__in=set(part.values())).values_list("code", "id"))
            children = list(Customer.objects.filter(pk__in=part))
            for child in children:
                child.parent_id = ids.get(part[child.pk], child.parent_id)
            Customer.objects.bulk_update(children, ["parent"], batch_size=200)
        rows = ImportUndo.objects.filter(job_id=self.job_id, model="customer")
        for undo in rows.iterator(chunk_size=BATCH):
            customer = Customer.objects.get(pk=undo.object_id)
            undo.after = plain_values({name: getattr(customer, name) for name in undo.before})
            undo.save(update_fields=["after"])


def plain_values(found):
    """Values of a customer as JSON can hold them."""
    return {
        name: value if value is None or isinstance(value, int | float | str) else str(value)
        for name, value in found.items()
    }
