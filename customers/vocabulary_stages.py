"""The words of what people say about a relationship: its steps, danger signals, and why it ended or lasted."""

from enum import StrEnum


class SignalKind(StrEnum):
    """A strong signal that a relationship is in danger (text 001, L10)."""

    COMPETITOR = "COMPETITOR"  # asked a competitor for a quotation, buys there on trial
    INTENT = "INTENT"  # said that it wants to end the relationship
    COMPLAINT = "COMPLAINT"  # a complaint past its due day without an answer (found by the night)
    BUYER = "BUYER"  # who decided on purchases left (found by the night)


class ExitReason(StrEnum):
    """Why a relationship ended where it did (text 001, L16); IV: why it lasted."""

    I1 = "I1"
    I2 = "I2"
    II1 = "II1"
    III1 = "III1"
    III2 = "III2"
    IV1 = "IV1"
    IV2 = "IV2"
    IV3 = "IV3"


class CustomerPhase(StrEnum):
    """The four phases of a customer by its purchases (text 001, L17), as a whole or in one business line."""

    POTENTIAL = "POTENTIAL"
    NEW = "NEW"
    LOYAL = "LOYAL"
    NEW_BUSINESS = "NEW_BUSINESS"  # loyal, and lately a first purchase in another business line


class BuyingStep(StrEnum):
    """How far somebody who never bought has come towards the first purchase (text 001, L17b)."""

    NEED = "NEED"  # knows that something is needed
    SEARCH = "SEARCH"  # looks for information
    EVALUATION = "EVALUATION"  # compares and chooses


class ValueFactor(StrEnum):
    """What moves the value that a customer receives (text 001, L19b)."""

    ENVIRONMENT = "ENVIRONMENT"  # outside both: market, law, season
    CUSTOMER = "CUSTOMER"
    FIRM = "FIRM"
    INTERACTION = "INTERACTION"  # how both deal with each other
