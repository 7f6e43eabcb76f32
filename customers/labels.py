"""What each code of the vocabulary is called on screen, in the user's language."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers import vocabulary as v
from customers import vocabulary_care as care
from customers import vocabulary_stages as stages

LABELS = {
    v.UserRole: [_("Account manager"), _("Sales lead"), _("Administrator")],
    v.CustomerKind: [_("Organisation"), _("Individual")],
    v.Scale: [_("Micro"), _("Small"), _("Medium"), _("Large"), _("Group")],
    v.RelationshipKind: [_("Undecided"), _("Short-term"), _("Long-term")],
    v.FirmSize: [_("Large firm"), _("Small firm")],
    v.Tier: [_("Stranger"), _("Acquaintance"), _("Friend"), pgettext_lazy("tier", "Partner")],
    v.Role: [
        _("Prospect"),
        _("Purchaser"),
        _("Client"),
        _("Supporter"),
        _("Advocate"),
        pgettext_lazy("role", "Partner"),
    ],
    v.Stage: [
        pgettext_lazy("stage", "Prospect"),
        _("Exploration"),
        _("Formation"),
        _("Stability"),
        _("Decline"),
        _("Terminated"),
    ],
    v.SubState: ["", _("Deterioration"), _("Reactivated")],
    v.Pattern: [
        _("I · early abortion"),
        _("II · midway failure"),
        _("III · early exit"),
        _("IV · long-term keeping"),
        pgettext_lazy("pattern", "Open"),
    ],
    v.Level: [_("High contribution"), _("Ordinary"), _("Low contribution")],
    v.Sublevel: ["", _("Key"), _("Main"), _("Discredited"), _("Poor quality")],
    v.Quadrant: [
        _("High current, high potential"),
        _("High current, low potential"),
        _("Low current, high potential"),
        _("Low current, low potential"),
        _("Not scored"),
    ],
    v.Dimension: [_("Current value"), _("Potential value")],
    v.TaskCategory: [_("Develop"), _("Care"), _("Prevent churn"), _("Win back"), _("Exit")],
    v.TaskState: [
        pgettext_lazy("task", "Open"),
        _("Snoozed"),
        _("Done"),
        _("Dismissed"),
        _("Closed by the system"),
    ],
    v.TaskOutcome: [_("Success"), _("Partial success"), _("No effect"), _("Not reached")],
    v.BondLevel: [_("Financial benefits"), _("Social benefits"), _("Structural bonds")],
    v.OwnerRule: [
        _("The customer's owner"),
        _("The lead of the owner's team"),
        _("The queue without an owner"),
        _("A named person"),
    ],
    care.MailState: [_("Waiting to be sent"), _("Sent"), _("Failed"), _("Not needed any more")],
    v.InteractionKind: [
        _("Call"),
        _("Visit"),
        _("Meeting"),
        _("E-mail"),
        _("Message"),
        _("Event"),
        _("Note"),
    ],
    v.CarePhase: [_("Not a care contact"), _("Before purchase"), _("During purchase"), _("After purchase")],
    v.CaseKind: [_("Complaint"), _("Request")],
    v.CaseState: [pgettext_lazy("case", "Open"), _("Answered"), pgettext_lazy("case", "Closed")],
    care.Cause: [
        _("Poor service"),
        _("Unstable quality"),
        _("Lack of innovation"),
        _("A competitor's offer"),
        _("The buyer changed"),
        _("Purchases cut"),
        _("Growth: changed supplier"),
        _("Left the region"),
        _("Changed its trade"),
        _("Bankrupt"),
    ],
    care.SubCause: [
        "",
        _("Arrogant staff"),
        _("Problem not solved in time"),
        _("Enquiry ignored"),
        _("Complaint ignored"),
        _("Slow service"),
        _("Quality varies"),
        _("Defect"),
        _("Late delivery"),
        _("Products are outdated"),
        _("No new proposals from us"),
        _("Lower price"),
        _("Better terms"),
        _("Better product"),
        _("Advice of others"),
        _("The buyer left"),
        _("The new buyer brought another supplier"),
        _("Business is down"),
        _("Budget cut"),
        _("Makes it in-house now"),
        _("Needs more than we can deliver"),
        _("Buys centrally now"),
    ],
    care.Lever: [
        _("Stable quality"),
        _("Better service"),
        _("More complete service"),
        _("Lower cost for the customer"),
        _("Living the service idea"),
    ],
    care.ProofOutcome: [_("Bought again"), _("Gross profit"), _("Neither lost nor left")],
    care.WinBackState: [pgettext_lazy("win-back", "Running"), _("Won back"), pgettext_lazy("win-back", "Not won")],
    care.DeclineChoice: ["", _("Recover"), _("Release")],
    care.AdviceReason: [
        "",
        _("the recorded cause lies outside our reach"),
        _("discredited or restricted"),
        _("high current value"),
        _("high potential value"),
        _("high contribution level"),
        _("a loss in 12 months, and little potential"),
        _("low current and low potential value"),
        _("never scored: you know the customer"),
    ],
    care.PartingGround: [_("Wrongly targeted"), _("Incorrigible"), _("Unprofitable"), _("Discredited")],
    care.ExitMeasure: [_("Restrict the business"), _("End the business")],
    care.ExitState: [
        _("Suggested by the night"),
        pgettext_lazy("exit", "Proposed"),
        _("Approved"),
        pgettext_lazy("exit", "Rejected"),
        _("Withdrawn"),
        _("Reversed"),
    ],
    care.SurveyState: [pgettext_lazy("survey", "Waiting"), _("Answered"), _("Expired"), _("Withdrawn")],
    care.SurveyKind: [_("Relationship"), _("Delivered value"), _("Relationship and delivered value")],
    care.SendState: [
        _("By the link"),
        pgettext_lazy("mail", "Waits to be sent"),
        pgettext_lazy("mail", "Sent"),
        _("Failed"),
    ],
    v.NightStatus: [_("Planned"), _("Running"), _("Computed"), _("Published"), _("Superseded"), _("Failed")],
    v.NightOrigin: [_("Schedule"), _("Button"), _("Command"), _("Replay")],
    v.ImportKind: [_("Customers"), _("Transactions")],
    v.ImportStatus: [
        _("Uploaded"),
        _("Checked"),
        _("Queued"),
        _("Running"),
        _("Done"),
        _("Failed"),
        _("Undone"),
    ],
    v.ClvMethod: [
        _("No basis"),
        _("Model of the segment"),
        _("Segment model centred on the firm"),
        _("Model of the whole firm"),
        _("Shrunken rate, too little data for a model"),
        _("Contract and retention formula"),
        _("Simple rule: the last period repeats"),
        _("Simple rule: as customers with the same silence"),
    ],
    v.Signal: [
        _("Volume fell"),
        _("Silent beyond its rhythm"),
        _("Margin fell"),
        _("Complaint unanswered"),
        _("Buyer left or changed"),
        _("Competitor named"),
        _("Satisfaction fell"),
    ],
    v.WarningRule: [
        _("Model with signals"),
        _("Model alone"),
        _("Few purchases lately"),
        _("Longest silence"),
    ],
    v.ReplayStep: [
        pgettext_lazy("interval", "Month"),
        pgettext_lazy("interval", "Week"),
        pgettext_lazy("interval", "Day"),
    ],
    v.JobState: [_("Planned"), _("Running"), pgettext_lazy("job", "Done"), _("Failed")],
    v.ClvGap: [
        "",
        _("No purchase yet"),
        _("Too few customers have bought for any number"),
        _("Too few customers have come back for any number"),
        _("The first purchases are too recent for any number"),
        _("Refunds are as large as the purchases: there is no order value to project"),
    ],
    v.StageRule: [
        "",
        _("No order yet"),
        _("Exit approved"),
        _("Silent: probably no purchase in the next horizon, and the customer's own rhythm exceeded"),
        _("Silent after a single purchase"),
        _("Amount and number of purchases fell significantly"),
        _("Fewer than three purchase days or two periods"),
        _("Amount and number of purchases rose significantly"),
        _("Fewer than six periods or five purchase days"),
        _("Steady purchases"),
        _("A new stage was seen once and must hold a second month"),
        _("A strong signal: competitor, stated intent, unanswered complaint or a new buyer"),
        _("Steady purchases, but satisfaction is too low for stability"),
        _("Steady purchases, but neither contract nor commitment"),
        _("Ready to grow, but what was invested has not come back yet"),
        _("Set by hand"),
    ],
    stages.CustomerPhase: [
        _("Potential customer"),
        pgettext_lazy("phase", "New customer"),
        _("Loyal customer"),
        _("New customer of a new business"),
    ],
    stages.SignalKind: [
        _("Asks a competitor"),
        _("Says it wants to leave"),
        _("Complaint past its due day"),
        _("The buyer left"),
    ],
    stages.ExitReason: [
        _("I1 · our value stayed below what was expected"),
        _("I2 · we judged the customer of little value"),
        _("II1 · rising expectations were not met"),
        _("III1 · not enough new value was added"),
        _("III2 · the benefits were felt to be unequal"),
        _("IV1 · our value was always above the competitors'"),
        _("IV2 · the relationship is equal, both win"),
        _("IV3 · leaving would cost the customer much"),
    ],
    stages.BuyingStep: [_("Knows the need"), _("Looks for information"), _("Compares and chooses")],
    stages.ValueFactor: [_("Environment"), _("The customer itself"), _("Our firm"), _("How we deal with each other")],
    care.Kpi: [
        _("Repeat purchases"),
        _("Satisfied demand"),
        _("Attention to us"),
        _("Attitude to competitors"),
        _("Time of choosing"),
        _("Price sensitivity"),
        _("Tolerance of quality incidents"),
        _("Recognition"),
    ],
}
# Keyed by enum and code: members of different enums with the same code are equal and would hide each other.
BY_NAME = {enum.__name__: enum for enum in LABELS}
assert len(BY_NAME) == len(LABELS)  # two enums of one name would hide each other
BY_CODE = {
    (enum, member.value): text for enum, texts in LABELS.items() for member, text in zip(enum, texts, strict=True)
}


def label(member):
    """The word for an enum member, e.g. ``label(Stage.STABLE)``."""
    return BY_CODE[type(member), member.value]


def label_of(enum, code):
    """The word for a stored code of the given enum; the code itself where it is unknown, "" for None."""
    if code is None:
        return ""
    try:
        return BY_CODE[enum, enum(code).value]
    except ValueError:
        return str(code)


def choices(enum):
    """Pairs of code and word for forms and models."""
    return [(member.value, text) for member, text in zip(enum, LABELS[enum], strict=True)]


def choices_for(enum):
    """A callable for ``choices=`` of a model field, so that no word or member ever enters a migration."""
    name = f"{enum.__name__.lower()}_choices"
    return globals()[name]


def _make(enum):
    def named():
        return choices(enum)

    named.__name__ = named.__qualname__ = f"{enum.__name__.lower()}_choices"
    named.__doc__ = f"Choices of {enum.__name__}."
    return named


for _enum in LABELS:
    globals()[f"{_enum.__name__.lower()}_choices"] = _make(_enum)
