"""Who was lost and why, who came back, whom the firm parts from, who was asked by link: told before the last night."""

from datetime import timedelta

from customers.vocabulary import Stage, SubState, UserRole

# Causes in the order of the losses; what happens most stands most often.
CAUSES = [
    ("SERVICE", "SLOW"), ("COMPETITOR_OFFER", "PRICE"), ("QUALITY", "DEFECT"), ("SERVICE", "COMPLAINT_IGNORED"),
    ("PURCHASE_CUT", "BUDGET_CUT"), ("SERVICE", "NOT_SOLVED"), ("BUYER_TURNOVER", "NEW_BUYER"), ("LEFT_REGION", ""),
    ("COMPETITOR_OFFER", "TERMS"), ("SERVICE", "SLOW"), ("QUALITY", "UNSTABLE"), ("GROWTH_SWITCH", "CENTRAL_BUYING"),
    ("NO_INNOVATION", "OUTDATED"), ("SERVICE", "ARROGANT"), ("BANKRUPT", ""), ("COMPETITOR_OFFER", "PRICE"),
    ("CHANGED_TRADE", ""),
]  # fmt: skip
NOTES = [
    "电话回访得知，维修两次都拖了一周。",
    "同行报价低一成，已签一年。",
    "设备返修三次，对方失去信心。",
    "投诉无人跟进。",
]
TRIED, FAILED = 3, 6  # every third recoverable loss is being won back; every sixth attempt failed
BACK, LINKS = 8, 24


def play(as_of, at):
    """Losses of the silent, customers who came back, decisions to part, survey links. at(day, turn): a moment."""
    from customers.models import PublishedNight, Standing

    night = PublishedNight.objects.select_related("night").get(pk=1).night
    if night is None:
        return
    known = Standing.objects.filter(night=night, customer__exited_on=None).select_related("customer")
    known = known.defer("raw", "z", "points").order_by("customer__code")
    _losses(list(known.filter(lost=True)), as_of, at)
    _returned(list(known.filter(sub_state=SubState.REACTIVATED.value)[:BACK]), as_of, at)
    _decided(list(known.filter(stage=Stage.DECLINE.value, lost=False)[:12]), as_of)
    _partings(as_of, at)
    _asked(as_of, at)


def _loss(standing, cause, sub, day, at, turn, **more):
    from retention.models import Loss

    return Loss(
        customer=standing.customer, lost_on=day, cause=cause, sub_cause=sub, note=NOTES[turn % len(NOTES)],
        last_order=standing.last_order, yearly_amount=standing.amount_12m or None, clv=standing.clv,
        recorded_at=at(day, turn), recorded_by=standing.customer.owner, **more,
    )  # fmt: skip


def _losses(silent, as_of, at):
    """Two of three silent customers were called and told why."""
    from retention.models import Loss, WinBack

    told = [row for turn, row in enumerate(silent) if turn % 3 != 1]
    days = [as_of - timedelta(days=12 + turn * 37 % 600) for turn in range(len(told))]
    rows = [_loss(row, *CAUSES[turn % len(CAUSES)], days[turn], at, turn) for turn, row in enumerate(told)]
    Loss.objects.bulk_create(rows)
    tried = [row for row in rows if row.recoverable][::TRIED]
    WinBack.objects.bulk_create(
        WinBack(
            loss=row, lever=_lever(row.cause), owner=row.recorded_by, started_on=row.lost_on + timedelta(days=9),
            started_by=row.recorded_by, state="FAILED" if turn % 2 else "RUNNING",
            ended_on=row.lost_on + timedelta(days=11) if turn % 2 else None,
            ended_by=row.recorded_by if turn % 2 else None, note="仍在用别家的产品。" if turn % 2 else "",
        )
        for turn, row in enumerate(tried)
    )  # fmt: skip


def _lever(cause):
    from customers.vocabulary_care import LEVER_OF

    return LEVER_OF[cause].value


def _returned(back, as_of, at):
    """Customers who buy again: lost a while ago, won back with a lever."""
    from retention.models import Loss, WinBack

    rows = []
    for turn, standing in enumerate(back):
        cause, sub = CAUSES[turn % 7]
        won = as_of - timedelta(days=60 + 20 * turn)
        rows.append(_loss(standing, cause, sub, won - timedelta(days=150), at, turn, ended_on=won, won_back=True))
    Loss.objects.bulk_create(rows)
    WinBack.objects.bulk_create(
        WinBack(
            loss=row, lever=_lever(row.cause), owner=row.recorded_by, started_on=row.ended_on - timedelta(days=40),
            started_by=row.recorded_by, state="WON", ended_on=row.ended_on, ended_by=row.recorded_by,
            note="重新下单，恢复合作。",
        )
        for row in rows
    )  # fmt: skip


def _decided(declining, as_of):
    """Some declining customers have been decided about, mostly as suggested."""
    from retention.models import DeclineDecision

    DeclineDecision.objects.bulk_create(
        DeclineDecision(
            customer=row.customer, choice=row.advice or "RECOVER", advice=row.advice, advice_reason=row.advice_reason,
            decided_on=as_of - timedelta(days=turn), decided_by=row.customer.owner,
        )
        for turn, row in enumerate(declining)
    )  # fmt: skip


def _partings(as_of, at):
    """Of what the night suggests, one is proposed and waits, another was approved by a lead."""
    from customers.models import User
    from retention.losses import services
    from retention.models import ExitDecision

    found = ExitDecision.objects.filter(state="SUGGESTED", customer__owner__isnull=False).select_related("customer")
    for turn, decision in enumerate(found.order_by("customer__code")[:3]):
        manager = decision.customer.owner
        proposed = services.propose_exit(
            customer=decision.customer, by=manager, at=at(as_of, turn), reason=decision.reason,
            measure=decision.measure, argument="三次催收无果，现场多次争执。", no_investment=True,
        )  # fmt: skip
        lead = User.objects.filter(role=UserRole.LEAD.value, team=manager.team_id).first()
        if turn == 0 and lead:
            services.approve_exit(decision=proposed, note="同意。", by=lead, at=at(as_of, turn + 1))


def _asked(as_of, at):
    """The latest answers came by link; a few links still wait."""
    from customers.models import Customer, SurveyResponse
    from retention.models import SurveyLink

    answers = SurveyResponse.objects.select_related("customer__owner").order_by("-date", "-id")[:LINKS]
    rows = [
        SurveyLink(
            customer=row.customer, kind="BOTH", sent_at=at(row.date - timedelta(days=3), turn),
            sent_by=row.customer.owner, expires_on=row.date + timedelta(days=27), answered_at=at(row.date, turn),
            response=row,
        )
        for turn, row in enumerate(answers)
    ]  # fmt: skip
    waiting = Customer.objects.filter(tier="FRIEND", owner__isnull=False).select_related("owner").order_by("code")[:6]
    rows += [
        SurveyLink(
            customer=customer, kind="RELATION", sent_at=at(as_of - timedelta(days=2), turn), sent_by=customer.owner,
            expires_on=as_of + timedelta(days=28),
        )
        for turn, customer in enumerate(waiting)
    ]  # fmt: skip
    SurveyLink.objects.bulk_create(rows)
