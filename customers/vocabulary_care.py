"""The words of care: why customers complain or leave, and what becomes of surveys and e-mails."""

from enum import StrEnum


class Cause(StrEnum):
    """Why customers complain or leave: seven causes that a firm can work on, three that it cannot (text 002)."""

    SERVICE = "SERVICE"  # R09 (3)
    QUALITY = "QUALITY"  # R09 (1)
    NO_INNOVATION = "NO_INNOVATION"  # R09 (2)
    COMPETITOR_OFFER = "COMPETITOR_OFFER"  # R09 (4)
    BUYER_TURNOVER = "BUYER_TURNOVER"  # R05
    PURCHASE_CUT = "PURCHASE_CUT"  # R05
    GROWTH_SWITCH = "GROWTH_SWITCH"  # R05
    LEFT_REGION = "LEFT_REGION"  # R11, as the next two
    CHANGED_TRADE = "CHANGED_TRADE"
    BANKRUPT = "BANKRUPT"


UNRECOVERABLE = (Cause.LEFT_REGION, Cause.CHANGED_TRADE, Cause.BANKRUPT)
UNMET_NEEDS = (Cause.SERVICE, Cause.QUALITY, Cause.NO_INNOVATION, Cause.COMPETITOR_OFFER)  # R09: what complaints show


class SubCause(StrEnum):
    """What exactly, within a cause."""

    NONE = ""
    ARROGANT = "ARROGANT"  # the five symptoms of failing service (R09a)
    NOT_SOLVED = "NOT_SOLVED"
    ENQUIRY_IGNORED = "ENQUIRY_IGNORED"
    COMPLAINT_IGNORED = "COMPLAINT_IGNORED"
    SLOW = "SLOW"
    UNSTABLE = "UNSTABLE"
    DEFECT = "DEFECT"
    LATE_DELIVERY = "LATE_DELIVERY"
    OUTDATED = "OUTDATED"
    NO_PROPOSAL = "NO_PROPOSAL"
    PRICE = "PRICE"  # R11
    TERMS = "TERMS"
    BETTER_PRODUCT = "BETTER_PRODUCT"
    ADVICE = "ADVICE"  # L40: other people's advice
    BUYER_LEFT = "BUYER_LEFT"
    NEW_BUYER = "NEW_BUYER"
    BUSINESS_DOWN = "BUSINESS_DOWN"
    BUDGET_CUT = "BUDGET_CUT"
    IN_HOUSE = "IN_HOUSE"
    OUTGREW_US = "OUTGREW_US"
    CENTRAL_BUYING = "CENTRAL_BUYING"


SUB_CAUSES = {
    Cause.SERVICE: (
        SubCause.ARROGANT,
        SubCause.NOT_SOLVED,
        SubCause.ENQUIRY_IGNORED,
        SubCause.COMPLAINT_IGNORED,
        SubCause.SLOW,
    ),
    Cause.QUALITY: (SubCause.UNSTABLE, SubCause.DEFECT, SubCause.LATE_DELIVERY),
    Cause.NO_INNOVATION: (SubCause.OUTDATED, SubCause.NO_PROPOSAL),
    Cause.COMPETITOR_OFFER: (SubCause.PRICE, SubCause.TERMS, SubCause.BETTER_PRODUCT, SubCause.ADVICE),
    Cause.BUYER_TURNOVER: (SubCause.BUYER_LEFT, SubCause.NEW_BUYER),
    Cause.PURCHASE_CUT: (SubCause.BUSINESS_DOWN, SubCause.BUDGET_CUT, SubCause.IN_HOUSE),
    Cause.GROWTH_SWITCH: (SubCause.OUTGREW_US, SubCause.CENTRAL_BUYING),
}


class SurveyState(StrEnum):
    """Where an invitation to a survey stands."""

    SENT = "SENT"
    ANSWERED = "ANSWERED"
    EXPIRED = "EXPIRED"
    WITHDRAWN = "WITHDRAWN"


class SurveyKind(StrEnum):
    """What a survey asks: the relationship (1–5), the delivered value (1-10), or both."""

    RELATION = "RELATION"
    VALUE = "VALUE"
    BOTH = "BOTH"


class SendState(StrEnum):
    """What became of an e-mail."""

    NONE = ""  # a link handed over by the person, not sent by us
    QUEUED = "QUEUED"
    SENT = "SENT"
    FAILED = "FAILED"


class MailState(StrEnum):
    """What became of a mail in the outbox."""

    QUEUED = "QUEUED"
    SENT = "SENT"
    FAILED = "FAILED"  # given up after several attempts
    DROPPED = "DROPPED"  # nothing to say any more, or nobody to say it to


class Lever(StrEnum):
    """What a lost customer is won back with (text 002, R12)."""

    QUALITY = "QUALITY"
    SERVICE = "SERVICE"
    COMPLETE = "COMPLETE"
    COST = "COST"
    IDEA = "IDEA"


LEVER_OF = {  # the lever that answers a cause; the seven that a firm can work on
    Cause.SERVICE: Lever.SERVICE,
    Cause.QUALITY: Lever.QUALITY,
    Cause.NO_INNOVATION: Lever.COMPLETE,
    Cause.COMPETITOR_OFFER: Lever.COST,
    Cause.BUYER_TURNOVER: Lever.IDEA,
    Cause.PURCHASE_CUT: Lever.COST,
    Cause.GROWTH_SWITCH: Lever.COMPLETE,
}


class WinBackState(StrEnum):
    """How an attempt to win a customer back stands."""

    RUNNING = "RUNNING"
    WON = "WON"
    FAILED = "FAILED"


class DeclineChoice(StrEnum):
    """The two ways with a declining customer (text 001, L11)."""

    NONE = ""
    RECOVER = "RECOVER"
    RELEASE = "RELEASE"


class AdviceReason(StrEnum):
    """Why the night suggests to recover or to release."""

    NONE = ""
    UNRECOVERABLE = "UNRECOVERABLE"  # the recorded cause lies outside anybody's reach
    DISCREDITED = "DISCREDITED"
    HIGH_CURRENT = "HIGH_CURRENT"
    HIGH_POTENTIAL = "HIGH_POTENTIAL"
    HIGH_LEVEL = "HIGH_LEVEL"
    LOSS_MAKING = "LOSS_MAKING"
    LOW_VALUE = "LOW_VALUE"
    NO_BASIS = "NO_BASIS"  # never scored: a person has to know


class PartingGround(StrEnum):
    """Whom a firm should part from (texts 002 and 004)."""

    MIS_TARGETED = "MIS_TARGETED"  # R14 a; the next two are b and c
    INCORRIGIBLE = "INCORRIGIBLE"
    UNPROFITABLE = "UNPROFITABLE"
    DISCREDITED = "DISCREDITED"  # P12


class ExitMeasure(StrEnum):
    """How far the parting goes."""

    RESTRICT = "RESTRICT"
    TERMINATE = "TERMINATE"


class ExitState(StrEnum):
    """The life of a proposal to part; nothing happens before a second person approves."""

    SUGGESTED = "SUGGESTED"  # by the night: nobody has taken it up
    PROPOSED = "PROPOSED"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    WITHDRAWN = "WITHDRAWN"
    REVERSED = "REVERSED"


class Kpi(StrEnum):
    """The eight retention KPIs in the order of the source (text 001, 90-91; two to eight from the literature)."""

    REPEAT = "REPEAT"  # repeat purchases
    DEMAND = "DEMAND"  # demand satisfied by us
    ATTENTION = "ATTENTION"  # attention to products and brand
    RIVALS = "RIVALS"  # attitude to competing products
    CHOOSING = "CHOOSING"  # time of choosing
    PRICE = "PRICE"  # sensitivity to price
    TOLERANCE = "TOLERANCE"  # of quality incidents
    RECOGNITION = "RECOGNITION"  # and recommendation


class ProofOutcome(StrEnum):
    """What a playbook is to bring about, measured in its window."""

    BOUGHT = "BOUGHT"  # an order, yes or no
    PROFIT = "PROFIT"  # gross profit
    STAYED = "STAYED"  # neither lost nor left, yes or no
