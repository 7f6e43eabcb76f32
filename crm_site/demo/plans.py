"""Account plans of the demo's best customers, checklists of young ones, and one customer that was entered twice."""

from datetime import timedelta

from customers.naming import LEGAL_FORMS
from customers.vocabulary import CustomerKind, Level, Stage, Tier

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
# Need, what competitors charge, and the three tests of the beginning (None: not known yet).
BEGINNINGS = [
    ("旧系统年底停止维护，要整体替换。", "同行报价每点位低半成，不含维保。", (True, True, None)),
    ("新园区明年三月投用，先做一期。", "", (True, None, None)),
    ("想把三家供应商并成一家。", "两家竞争对手已报价，相差一成。", (False, True, True)),
    ("需要驻场维护和培训。", "", (True, True, True)),
    ("只想比价，需求还没有立项。", "对手按最低价投标。", (None, False, None)),
]
CHECKED = 40  # young customers with a checklist
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
    _checklists(night, as_of)
    _tagged()
    _entered_twice(night)
    return len(goals)


def _goal(customer, turn, as_of):
    from customers.models import AccountGoal

    objective, target, reached, note = OBJECTIVES[turn % len(OBJECTIVES)]
    return AccountGoal(
        customer=customer, objective=objective, target_date=as_of + timedelta(days=target), owner_id=customer.owner_id,
        reached_on=as_of - timedelta(days=reached) if reached else None, note=note,
    )  # fmt: skip


def _checklists(night, as_of):
    """What was tested with customers at their beginning, the same share at every owner."""
    from customers.models import Standing
    from lifecycle.models import ExplorationCheck
    from lifecycle.models.decisions import TESTS

    young = Standing.objects.filter(night=night, stage__in=[Stage.PROSPECT.value, Stage.EXPLORATION.value])
    young = young.filter(customer__owner__isnull=False, customer__exited_on=None).select_related("customer")
    rows, seen = [], {}
    for row in young.defer("raw", "z", "points").order_by("-stage", "customer__code"):
        turn = seen[row.customer.owner_id] = seen.get(row.customer.owner_id, -1) + 1
        if turn % 2 or len(rows) == CHECKED:
            continue
        need, prices, tests = BEGINNINGS[len(rows) % len(BEGINNINGS)]
        rows.append(ExplorationCheck(
            customer=row.customer, need=need, rival_prices=prices, date=as_of - timedelta(days=3 + turn),
            by_id=row.customer.owner_id, **dict(zip(TESTS, tests, strict=True)),
        ))  # fmt: skip
    ExplorationCheck.objects.bulk_create(rows)


def _tagged():
    """Every third answer on delivered value says what moved it."""
    from customers.models import SurveyResponse

    moved = [["INTERACTION"], ["FIRM", "INTERACTION"], ["ENVIRONMENT"], ["CUSTOMER"]]
    rows = list(SurveyResponse.objects.filter(product_value__isnull=False).order_by("pk").only("pk")[::3])
    for turn, row in enumerate(rows):
        row.factors = moved[turn % len(moved)]
    SurveyResponse.objects.bulk_update(rows, ["factors"], batch_size=1000)


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
