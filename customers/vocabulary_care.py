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
    """What a survey asks: the relationship (1-5), the delivered value (1-10), or both."""

    RELATION = "RELATION"
    VALUE = "VALUE"
    BOTH = "BOTH"


class SendState(StrEnum):
    """What became of an e-mail."""

    NONE = ""  # a link handed over by the person, not sent by us
    QUEUED = "QUEUED"
    SENT = "SENT"
    FAILED = "FAILED"
