"""Two records of one customer become one: the survivor takes everything over, the former code leads to it for good."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from customers import merging
from customers.changes import note_change
from customers.models import Customer, CustomerMerge, TierChange
from customers.publish import refresh_days
from customers.publish_locks import NightRunning, apart_from_nights
from customers.publish_staging import lock_imports
from customers.signals import customer_reassigned

SURVIVOR, FORMER, BOTH = "survivor", "former", "both"  # whose value of a field the survivor has afterwards
FIELDS = (
    "name", "kind", "industry", "region", "scale", "owner", "parent", "relationship", "tier", "spending_capacity",
    "category_demand", "influence", "reach", "buying_step", "expected_level", "outside_opinion", "restricted",
    "first_contact", "exited_on", "note",
)  # fmt: skip
WITH = {"restricted": ("restriction_reason",)}  # fields that go with another
UNDECIDED = {"relationship": "UNDECIDED", "tier": "STRANGER", "restricted": False}  # what counts as blank


class MergeProblem(Exception):
    """A merge that cannot be; `code`: same, gone, changed, night, reason."""

    def __init__(self, code):
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Difference:
    """A field in which two customers differ; default: whose value stands unless somebody chooses."""

    name: str
    mine: object
    theirs: object
    default: str


def blank(name, value):
    """Whether a field says nothing. An exit that is not there is a statement: the customer is with us."""
    return name != "exited_on" and value in (None, "", UNDECIDED.get(name, ""))


def _same(mine, theirs):
    return mine == theirs or (isinstance(mine, str) and isinstance(theirs, str) and mine.strip() == theirs.strip())


def _buys_through(customer, other):
    """Whether a customer is another one or buys through it, directly or not."""
    seen = set()
    while customer is not None and customer.pk not in seen:
        if customer.pk == other.pk:
            return True
        seen.add(customer.pk)
        customer = customer.parent
    return False


def differences(survivor, former):
    """The fields in which they differ, the survivor's value first; what is blank is filled."""
    found = []
    for name in FIELDS:
        mine, theirs = getattr(survivor, name), getattr(former, name)
        if _same(mine, theirs) or blank(name, theirs) or (name == "parent" and _buys_through(theirs, survivor)):
            continue
        default = FORMER if blank(name, mine) or (name == "first_contact" and theirs < mine) else SURVIVOR
        if name == "note" and mine:
            default = BOTH
        found.append(Difference(name, mine, theirs, default))
    return found


def merge_customers(*, survivor, former, chosen, reason, by, at, versions=None):
    """Merge `former` into `survivor`; answers the CustomerMerge. It cannot be undone.

    chosen: field -> SURVIVOR, FORMER or BOTH (notes); what is not named goes by the defaults of `differences`.
    versions: those of the two records that the person saw. Raises MergeProblem.
    """
    if survivor.pk == former.pk:
        raise MergeProblem("same")
    if not reason.strip():
        raise MergeProblem("reason")
    if merging.undeclared():
        raise AssertionError(f"no rule for {merging.undeclared()}")
    try:
        with apart_from_nights():
            return _merge(survivor.pk, former.pk, chosen, reason.strip()[:300], by, at, versions)
    except NightRunning:
        raise MergeProblem("night") from None


def _locked(survivor_id, former_id, versions):
    """Both rows, locked in one order; nothing can be added to them until the end."""
    rows = Customer.objects.select_for_update().filter(pk__in=[survivor_id, former_id], merged_into=None).order_by("pk")
    found = {row.pk: row for row in rows}
    if len(found) != 2:
        raise MergeProblem("gone")
    survivor, former = found[survivor_id], found[former_id]
    if versions is not None and tuple(versions) != (survivor.version, former.version):
        raise MergeProblem("changed")
    return survivor, former


def _merge(survivor_id, former_id, chosen, reason, by, at, versions):
    lock_imports()
    survivor, former = _locked(survivor_id, former_id, versions)
    owner = survivor.owner_id
    taken = _take_over(survivor, former, chosen, reason, by, at)
    survivor.version += 1
    _save(survivor, by, _("Merged with %(code)s") % {"code": former.code})
    merge = merging.Merge(survivor=survivor, former=former, by=by, at=at)
    moved = {}
    for relation in merging.relations():
        rule = merging.RULES[relation.key]
        count = rule.act(merge, relation.rows(former), relation.field.name)
        if count and rule.told:
            moved[relation.model._meta.label] = count
    former.merged_into, former.parent, former.version = survivor, None, former.version + 1
    former.proposed_tier, former.proposal_reason = "", {}
    _save(former, by, _("Merged into %(code)s") % {"code": survivor.code})
    refresh_days([survivor.pk, former.pk])
    note_change("customers.merge", former.pk)
    if survivor.owner_id != owner:
        customer_reassigned.send(sender=Customer, customer_ids=[survivor.pk], to=survivor.owner, by=by, at=at)
    return CustomerMerge.objects.create(
        survivor=survivor, former=former, reason=reason, by=by, at=at, moved=moved, stayed=merge.stayed, chosen=taken
    )


def _save(customer, by, reason):
    customer._history_user, customer._change_reason = by, reason[:100]
    customer.save()


def _take_over(survivor, former, chosen, reason, by, at):
    """Set the survivor's fields as chosen; what changed as {field: [before, after]} in plain data."""
    taken = {}
    for one in differences(survivor, former):
        wish = chosen.get(one.name, one.default)
        if wish == SURVIVOR:
            continue
        value = f"{one.mine}\n\n{one.theirs}" if wish == BOTH and one.name == "note" else one.theirs
        if one.name == "tier":
            TierChange.objects.create(
                customer=survivor, before=survivor.tier, after=value, accepted=True, reason=reason, by=by, at=at
            )
            survivor.proposed_tier, survivor.proposal_reason = "", {}  # as in services.tiers: it was about another tier
        setattr(survivor, one.name, value)
        for name in WITH.get(one.name, ()):
            setattr(survivor, name, getattr(former, name))
        taken[one.name] = [_plain(one.mine), _plain(value)]
    return taken


def _plain(value):
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)
