"""What becomes of the ground floor's own records when two customers become one."""

from django.db.models import Exists, OuterRef

from customers import models as m
from customers.merging import DERIVED, EVERY, MOVE, STAY, VERDICT, Rule, declare, free_number, renumbered


def declare_all():
    """The rules in the order in which they are carried out."""
    declare(m.Customer, Rule(_children, told=False), "parent")
    declare(m.CustomerMerge, STAY, "survivor")
    declare(m.CustomerMerge, STAY, "former")
    declare(m.FormerOrder, STAY, "former")
    for side in ("first", "second"):
        declare(m.DistinctPair, Rule(_told_apart, told=False, by_night=EVERY), side)  # of two: goes with either
    for model in (m.Contact, m.ServiceCost, m.Commitment, m.Interaction, m.Case, m.Suggestion, m.SurveyResponse):
        declare(model, MOVE)
    declare(m.AccountGoal, MOVE)
    declare(m.Contract, renumbered("number"))
    declare(m.Receivable, renumbered("number"))
    declare(m.Transaction, Rule(_lines))
    declare(m.Customer, Rule(_earlier, told=False), "merged_into")  # after the lines: they ask who was merged before
    declare(m.Referral, Rule(_referrals))
    declare(m.Referral, Rule(_referred, told=False), "referred")
    declare(m.TierChange, Rule(_tiers, by_night=lambda rows: rows.filter(by=None, former_code="")))
    declare(m.PurchaseDay, DERIVED)
    declare(m.CategoryFirst, DERIVED)
    declare(m.Standing, VERDICT)


def _children(merge, rows, name):
    """Who buys through the former customer buys through the survivor; the survivor itself through nobody of the two."""
    survivor, former = merge.survivor, merge.former
    seen, above = set(), survivor.pk
    while above and above not in seen:  # what stands between the two must not close a circle
        seen.add(above)
        parent = m.Customer.objects.filter(pk=above).values_list("parent", flat=True).first()
        if parent == former.pk:
            further = former.parent_id if former.parent_id not in (*seen, former.pk) else None
            m.Customer.objects.filter(pk=above).update(parent=further)
            if above == survivor.pk:
                survivor.parent_id = further
        above = parent
    return rows.exclude(pk__in=seen).update(parent=survivor.pk)


def _earlier(merge, rows, name):
    """Customers that were merged into the former one are now the survivor's."""
    return rows.update(merged_into=merge.survivor.pk)


def _told_apart(merge, rows, name):
    """Who is not the former customer is not the survivor either; what was said of the two themselves is overruled."""
    for row in rows:
        other = row.second_id if name == "first" else row.first_id
        if other != merge.survivor.pk:
            first, second = sorted((other, merge.survivor.pk))
            told = {"at": row.at, "by": row.by}
            m.DistinctPair.objects.get_or_create(first_id=first, second_id=second, defaults=told)
        row.delete()
    return 0


def _lines(merge, rows, name):
    """Order lines move; an order number that both have is told apart, so that no order is lost or taken for another."""
    survivor, former = merge.survivor, merge.former
    for number in _both(rows.exclude(order_no=""), survivor, "order_no"):
        now = free_number(number, former, _used("order_no", survivor, former))
        rows.filter(order_no=number).update(order_no=now)
        _remember(former, number, now)
    loose = rows.filter(order_no="").exclude(line_no="")  # entered by hand: no file has such lines
    for number in _both(loose, survivor, "line_no", order_no=""):
        now = free_number(number, former, _used("line_no", survivor, former), limit=32)
        loose.filter(line_no=number).update(line_no=now)
    return rows.update(customer=survivor.pk)


def _both(rows, survivor, name, **where):
    """Values of a column that the survivor's lines have as well."""
    own = m.Transaction.objects.filter(customer=survivor, **{name: OuterRef(name)}, **where)
    return sorted(set(rows.filter(Exists(own)).order_by().values_list(name, flat=True)))


def _used(name, *customers):
    return set(m.Transaction.objects.filter(customer__in=customers).order_by().values_list(name, flat=True))


def _remember(former, number, now):
    """A file that names the former code, or one merged into it before, finds the order under its new number."""
    codes = [former, *m.Customer.objects.filter(merged_into=former)]
    m.FormerOrder.objects.filter(former__in=codes, now=number).update(now=now)
    for one in codes:
        m.FormerOrder.objects.get_or_create(former=one, order_no=number, defaults={"now": now})


def _referrals(merge, rows, name):
    """What the former customer recommended is the survivor's merit; recommending itself, or again, is none."""
    _left_out(merge, rows, "referred")
    return rows.update(customer=merge.survivor.pk)


def _referred(merge, rows, name):
    """Who recommended the former customer recommended the survivor; who recommended both did so once."""
    _left_out(merge, rows, "customer")
    return rows.update(referred=merge.survivor.pk)


def _left_out(merge, rows, other):
    """Take away recommendations of oneself, and those of the same two that the survivor has: the earlier day stands."""
    side = "referred" if other == "customer" else "customer"
    kept = {}
    for row in m.Referral.objects.filter(**{side: merge.survivor.pk, f"{other}__isnull": False}).order_by("date", "pk"):
        kept.setdefault(getattr(row, f"{other}_id"), row)
    gone = [row for row in rows if getattr(row, f"{other}_id") in (merge.survivor.pk, *kept)]
    merge.leave(gone)
    for row in gone:
        own = kept.get(getattr(row, f"{other}_id"))
        if own is not None and row.date < own.date:
            own.date = row.date
            own.save(update_fields=["date"])
        row.delete()


def _tiers(merge, rows, name):
    """Decisions about tiers are kept with the code they were about: they are no steps of the survivor's own way."""
    rows.filter(former_code="").update(former_code=merge.former.code)
    return rows.update(customer=merge.survivor.pk)
