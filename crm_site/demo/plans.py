"""Account plans of the demo's best customers, and one customer that was entered twice."""

from datetime import timedelta

from customers.naming import LEGAL_FORMS
from customers.vocabulary import CustomerKind, Level, Tier

# Objective, days from as_of to its target day, days before as_of on which it was reached, note.
OBJECTIVES = [
    ("今年内把运维服务纳入框架合同", 120, None, "法务已看过合同草案。"),
    ("份额从三成提高到一半", 200, None, "竞争对手合同明年三月到期。"),
    ("与新任采购负责人建立联系", -10, None, "约过一次，对方出差。"),
    ("完成一次联合案例发布", -30, 34, ""),
    ("开通第二条产品线的试用", 45, None, "试用设备已备好。"),
    ("每季度一次高层互访", 90, None, ""),
    ("把回款周期缩短到三十天", 60, None, "财务双方已对账。"),
    ("客户满意度达到四分以上", -60, 62, "最近一次问卷为四点三分。"),
]
PLANNED, EACH = 8, 2  # customers of each owner with a plan, objectives at most


def play(as_of):
    """Write the plans; answers how many objectives there are."""
    from customers.models import AccountGoal, PublishedNight, Standing

    night = PublishedNight.objects.select_related("night").get(pk=1).night
    if night is None:
        return 0
    best = Standing.objects.filter(night=night, level=Level.HIGH.value, customer__exited_on=None)
    best = best.filter(customer__tier__in=[Tier.FRIEND.value, Tier.PARTNER.value], customer__owner__isnull=False)
    goals, planned = [], {}
    for row in best.select_related("customer").defer("raw", "z", "points").order_by("rank", "customer__code"):
        turn = planned[row.customer.owner_id] = planned.get(row.customer.owner_id, -1) + 1
        if turn < PLANNED:
            goals += [_goal(row.customer, turn * EACH + place, as_of) for place in range(1 + turn % EACH)]
    AccountGoal.objects.bulk_create(goals)
    _entered_twice(night)
    return len(goals)


def _goal(customer, turn, as_of):
    from customers.models import AccountGoal

    objective, target, reached, note = OBJECTIVES[turn % len(OBJECTIVES)]
    return AccountGoal(
        customer=customer, objective=objective, target_date=as_of + timedelta(days=target), owner_id=customer.owner_id,
        reached_on=as_of - timedelta(days=reached) if reached else None, note=note,
    )  # fmt: skip


def _entered_twice(night):
    """A small customer has the name of a larger one of the same team, without its legal form."""
    from customers.models import Standing, User

    lead = User.objects.filter(username="lead").first()
    firms = Standing.objects.filter(
        night=night, customer__owner__team=lead.team_id if lead else None, customer__exited_on=None, orders__gt=0,
        customer__kind=CustomerKind.ORGANISATION.value, customer__name__endswith="公司", customer__code__startswith="C",
    )  # fmt: skip
    rows = list(firms.select_related("customer").defer("raw", "z", "points").order_by("orders", "customer__code"))
    if len(rows) > 1:
        small, large = rows[0].customer, rows[-1].customer
        small.name = LEGAL_FORMS.sub("", large.name)
        small.save()
