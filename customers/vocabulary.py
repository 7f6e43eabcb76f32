"""The words of the field as plain enums: codes that numerics, tables, exports and URLs share (no Django here)."""

from enum import IntEnum, StrEnum


class UserRole(StrEnum):
    """Who somebody is to the product; decides home page and scope."""

    MANAGER = "MANAGER"  # account manager: own customers
    LEAD = "LEAD"  # sales lead: the team's customers
    ADMIN = "ADMIN"  # everything, and the knobs


class CustomerKind(StrEnum):
    """Organisation or individual (text 002, R01)."""

    ORGANISATION = "ORGANISATION"
    INDIVIDUAL = "INDIVIDUAL"


class Scale(StrEnum):
    """Business scale in five levels, the rubric of indicator `business_scale`."""

    MICRO = "MICRO"
    SMALL = "SMALL"
    MEDIUM = "MEDIUM"
    LARGE = "LARGE"
    GROUP = "GROUP"


class RelationshipKind(StrEnum):
    """Short-term or long-term relationship, told apart in formation (text 001, L27)."""

    UNDECIDED = "UNDECIDED"
    SHORT_TERM = "SHORT_TERM"
    LONG_TERM = "LONG_TERM"


class FirmSize(StrEnum):
    """Size of the firm that uses the product (text 000, K15), not of its customer."""

    LARGE = "LARGE"
    SMALL = "SMALL"


class Tier(StrEnum):
    """Relationship tier, weak to strong (text 000)."""

    STRANGER = "STRANGER"
    ACQUAINTANCE = "ACQUAINTANCE"
    FRIEND = "FRIEND"
    PARTNER = "PARTNER"


class Role(StrEnum):
    """The role ladder (text 002; six rungs after Christopher, Payne and Ballantyne)."""

    PROSPECT = "PROSPECT"
    PURCHASER = "PURCHASER"
    CLIENT = "CLIENT"
    SUPPORTER = "SUPPORTER"
    ADVOCATE = "ADVOCATE"
    PARTNER = "PARTNER"


class Stage(StrEnum):
    """Lifecycle stage after Chen Mingliang (text 001), with the states before and after."""

    PROSPECT = "PROSPECT"
    EXPLORATION = "EXPLORATION"
    FORMATION = "FORMATION"
    STABLE = "STABLE"
    DECLINE = "DECLINE"
    TERMINATED = "TERMINATED"


class SubState(StrEnum):
    """A mark beside the stage: severe decline, or back from one."""

    NONE = ""
    DETERIORATION = "DETERIORATION"
    REACTIVATED = "REACTIVATED"


class Pattern(StrEnum):
    """Lifecycle pattern by the stage from which a customer left (text 001, L16); OPEN while not left."""

    I = "I"  # noqa: E741 - the field's own numeral
    II = "II"
    III = "III"
    IV = "IV"
    OPEN = "OPEN"


class Level(StrEnum):
    """Customer pyramid level (text 004)."""

    HIGH = "HIGH"
    ORDINARY = "ORDINARY"
    LOW = "LOW"


class Sublevel(StrEnum):
    """Sub-level of the pyramid: key and main within high, discredited and poor within low."""

    NONE = ""
    KEY = "KEY"
    MAIN = "MAIN"
    DISCREDITED = "DISCREDITED"
    POOR = "POOR"


class Quadrant(StrEnum):
    """Current value first, potential value second (text 003)."""

    HH = "HH"
    HL = "HL"
    LH = "LH"
    LL = "LL"
    UNSCORED = "UNSCORED"


class Dimension(StrEnum):
    """The two dimensions of customer value (text 003)."""

    CURRENT = "CURRENT"
    POTENTIAL = "POTENTIAL"


class TaskCategory(StrEnum):
    """The five categories of retention work (text 002, R03, plus exit)."""

    DEVELOP = "DEVELOP"
    CARE = "CARE"
    CHURN_PREVENT = "CHURN_PREVENT"
    WIN_BACK = "WIN_BACK"
    EXIT = "EXIT"


class TaskState(StrEnum):
    """Where a retention task stands."""

    OPEN = "OPEN"
    SNOOZED = "SNOOZED"
    DONE = "DONE"
    DISMISSED = "DISMISSED"
    CLOSED = "CLOSED"  # by the system, because its reason vanished or the customer left


class TaskOutcome(StrEnum):
    """What came of a task that was done."""

    SUCCESS = "SUCCESS"
    PARTIAL = "PARTIAL"
    NO_EFFECT = "NO_EFFECT"
    NOT_REACHED = "NOT_REACHED"


class BondLevel(IntEnum):
    """Berry and Parasuraman's retention levels (text 001, L41)."""

    FINANCIAL = 1
    SOCIAL = 2
    STRUCTURAL = 3


class OwnerRule(StrEnum):
    """To whose desk a template's tasks go."""

    OWNER = "OWNER"  # the customer's owner
    LEAD = "LEAD"  # the lead of the owner's team
    QUEUE = "QUEUE"  # the queue without an owner, which leads see
    PERSON = "PERSON"  # somebody named; the customer's owner where they may not see the customer


class InteractionKind(StrEnum):
    """How we were in touch."""

    CALL = "CALL"
    VISIT = "VISIT"
    MEETING = "MEETING"
    EMAIL = "EMAIL"
    MESSAGE = "MESSAGE"
    EVENT = "EVENT"
    NOTE = "NOTE"


class CarePhase(StrEnum):
    """Customer care before, during and after purchase (text 001, L38)."""

    NONE = ""
    PRE = "PRE"
    DURING = "DURING"
    POST = "POST"


class CaseKind(StrEnum):
    """A complaint or a request."""

    COMPLAINT = "COMPLAINT"
    REQUEST = "REQUEST"


class CaseState(StrEnum):
    """Where a complaint, request or suggestion stands."""

    OPEN = "OPEN"
    ANSWERED = "ANSWERED"
    CLOSED = "CLOSED"


class NightStatus(StrEnum):
    """The life of a night."""

    PLANNED = "PLANNED"
    RUNNING = "RUNNING"
    COMPUTED = "COMPUTED"  # complete, but not the one readers see (an older as_of, or a replay)
    PUBLISHED = "PUBLISHED"
    SUPERSEDED = "SUPERSEDED"
    FAILED = "FAILED"


class NightOrigin(StrEnum):
    """Which door a night came through."""

    SCHEDULE = "SCHEDULE"
    BUTTON = "BUTTON"
    COMMAND = "COMMAND"
    REPLAY = "REPLAY"


class ImportKind(StrEnum):
    """What a file holds."""

    CUSTOMERS = "CUSTOMERS"
    TRANSACTIONS = "TRANSACTIONS"


class ImportStatus(StrEnum):
    """The life of an import."""

    UPLOADED = "UPLOADED"  # stored, columns not yet mapped
    CHECKED = "CHECKED"  # dry run done, waiting for a yes
    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    DONE = "DONE"
    FAILED = "FAILED"
    UNDONE = "UNDONE"


class ClvMethod(StrEnum):
    """Which rung of the fallback ladder produced a customer's lifetime value (analytics 1.5)."""

    NONE = ""
    SEGMENT = "SEGMENT"  # own fit of the segment
    CENTRED = "CENTRED"  # segment fit centred on the firm-wide estimate
    POOLED = "POOLED"  # firm-wide parameters
    RATE = "RATE"  # shrunken rate times mean value: too thin for a model
    CONTRACT = "CONTRACT"  # retention formula on an active contract
    REPEAT = "REPEAT"  # simple rule that came nearer than the models: the last period repeats
    RECENCY = "RECENCY"  # simple rule that came nearer: as customers with the same silence


class Signal(StrEnum):
    """What speaks for a loss beside the purchases' timing (text 001, L29); the place of a member is its bit."""

    VOLUME = "VOLUME"  # amount and number of purchases fell significantly
    SILENCE = "SILENCE"  # longer than the customer's own rhythm
    MARGIN = "MARGIN"  # margin rate fell
    COMPLAINT = "COMPLAINT"  # a complaint without an answer
    BUYER = "BUYER"  # the person who decides on purchases left or changed
    COMPETITOR = "COMPETITOR"  # a competitor was named in a contact
    SATISFACTION = "SATISFACTION"  # the latest answer is worse than the one before


class WarningRule(StrEnum):
    """By what customers are ranked for a churn warning, the richest first."""

    SIGNALS = "SIGNALS"  # P(no purchase) with the signals on top
    MODEL = "MODEL"  # P(no purchase) alone
    REPEAT = "REPEAT"  # baseline: few purchases in the last horizon
    RECENCY = "RECENCY"  # baseline: days since the last purchase


class ReplayStep(StrEnum):
    """How far apart replayed nights are."""

    MONTH = "MONTH"
    WEEK = "WEEK"
    DAY = "DAY"


class JobState(StrEnum):
    """The life of a long piece of work that a person or the schedule asked for."""

    PLANNED = "PLANNED"
    RUNNING = "RUNNING"
    DONE = "DONE"
    FAILED = "FAILED"


class ClvGap(StrEnum):
    """Why a customer has no lifetime value: the minimum-data gate."""

    NONE = ""
    NO_PURCHASE = "NO_PURCHASE"
    FEW_CUSTOMERS = "FEW_CUSTOMERS"
    NO_REPEATERS = "NO_REPEATERS"
    NO_TIME = "NO_TIME"  # nobody has been watched for long enough
    REFUNDED = "REFUNDED"  # refunds eat up the purchases


class StageRule(StrEnum):
    """Which rule of `analytics` 3.3 put a customer into the stage."""

    NONE = ""
    NO_ORDER = "NO_ORDER"
    EXIT = "EXIT"
    SILENT = "SILENT"  # several purchases, probably none in the next horizon, own gap exceeded
    SILENT_ONCE = "SILENT_ONCE"  # one purchase, silent for two segment gaps
    SHRINKING = "SHRINKING"  # amount fell to 60 % with a significant fall of the count
    YOUNG = "YOUNG"  # fewer than three purchase days or two periods
    GROWING = "GROWING"  # amount rose by 25 % with a significant rise of the count
    MATURING = "MATURING"  # fewer than six periods or five purchase days
    STEADY = "STEADY"
    HELD = "HELD"  # hysteresis keeps the earlier stage
    SIGNAL = "SIGNAL"  # a strong signal: competitor, stated intent, unanswered complaint, new buyer
    UNSATISFIED = "UNSATISFIED"  # steady, but the latest answer on satisfaction is too low for stability
    UNCOMMITTED = "UNCOMMITTED"  # steady, but neither contract nor commitment
    NOT_PAID_BACK = "NOT_PAID_BACK"  # ready for formation, but what was invested has not come back
    OVERRIDE = "OVERRIDE"  # set by hand, with reason and expiry


class Right(StrEnum):
    """Capabilities beyond scope, by role."""

    EXPORT = "EXPORT"
    IMPORT = "IMPORT"
    RUN_NIGHT = "RUN_NIGHT"
    MANAGE_PEOPLE = "MANAGE_PEOPLE"
    ASSIGN = "ASSIGN"
    MERGE = "MERGE"
    EDIT_WEIGHTS = "EDIT_WEIGHTS"
