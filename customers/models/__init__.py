"""Every table of the ground floor, so that Django sees them."""

from customers.models.calendar import Holiday
from customers.models.catalogue import Category, Product
from customers.models.customer import Contact, Customer, TierChange, TierTarget
from customers.models.facts import (
    Case,
    Commitment,
    Contract,
    Interaction,
    Receivable,
    Referral,
    ServiceCost,
    Suggestion,
    SurveyResponse,
)
from customers.models.imports import ImportJob, ImportUndo, MappingPreset
from customers.models.merges import CustomerMerge, DistinctPair, FormerOrder
from customers.models.night import InputChange, Night, NightReplay, PublishedNight, Standing
from customers.models.people import FirmProfile, Team, User
from customers.models.plan import AccountGoal
from customers.models.transactions import CategoryFirst, PurchaseDay, Transaction

__all__ = [
    "AccountGoal",
    "Case",
    "Category",
    "CategoryFirst",
    "Commitment",
    "Contact",
    "Contract",
    "Customer",
    "CustomerMerge",
    "DistinctPair",
    "FirmProfile",
    "FormerOrder",
    "Holiday",
    "ImportJob",
    "ImportUndo",
    "InputChange",
    "Interaction",
    "MappingPreset",
    "Night",
    "NightReplay",
    "Product",
    "PublishedNight",
    "PurchaseDay",
    "Receivable",
    "Referral",
    "ServiceCost",
    "Standing",
    "Suggestion",
    "SurveyResponse",
    "Team",
    "TierChange",
    "TierTarget",
    "Transaction",
    "User",
]
