"""Triggers that came after the first catalogue: for work that until then only a person could add, and regular visits."""

from retention.migrations._terms import CALM, every, has, level, some, stage, tier

LATER = {
    "T-MIX": every(has("tier_gap", "gt", 0), has("profit_12m", "top_share", 0.05), stage("FORMATION", "STABLE"), CALM),
    "F-NB-TRUST": every(
        has("tenure_days", "ge", 365), has("categories", "ge", 2), has("newest_category_days", "le", 45)
    ),
    "B1-DISCOUNT": every(
        level("HIGH", "ORDINARY"), has("amount_trend", "ge", 1.25), has("orders", "ge", 12), has("profit_12m", "gt", 0),
        CALM,
    ),
    "B1-BUNDLE": every(
        has("categories", "ge", 2), has("categories", "le", 4), has("orders", "ge", 12), has("potential_score", "ge", 0),
        has("role", "in", ["PURCHASER", "CLIENT"]), CALM,
    ),
    "B2-CONTACT": every(level("HIGH", "ORDINARY"), has("orders", "ge", 3), has("contacts", "lt", 1)),
    "B2-VISIT": every(
        tier("FRIEND", "PARTNER"), level("HIGH"),
        some(has("last_visit_days", "ge", 180), has("last_visit_days", "missing")),
    ),
    "B3-JOINT": every(
        tier("PARTNER"), has("contract_active", "is_true"), has("tenure_days", "ge", 1095), has("commitment", "ge", 4),
        CALM,
    ),
    "P-HI-VISIT": has("contact_overdue", "ge", 0),
}  # fmt: skip
BOUNDS = {  # code -> (rest days, live ones per owner)
    "T-MIX": (90, 2), "F-NB-TRUST": (90, 3), "B1-DISCOUNT": (180, 2), "B1-BUNDLE": (120, 2), "B2-CONTACT": (180, 2),
    "B2-VISIT": (60, 3), "B3-JOINT": (365, 1), "P-HI-VISIT": (14, 5),
}  # fmt: skip
# Days between contacts by tier and level (text 004, P08, names regular visits, not their number).
CADENCES = [
    ("PARTNER", "HIGH", 30), ("PARTNER", "ORDINARY", 45), ("PARTNER", "LOW", 90),
    ("FRIEND", "HIGH", 30), ("FRIEND", "ORDINARY", 60), ("FRIEND", "LOW", None),
    ("ACQUAINTANCE", "HIGH", 30), ("ACQUAINTANCE", "ORDINARY", 120), ("ACQUAINTANCE", "LOW", None),
    ("STRANGER", "HIGH", None), ("STRANGER", "ORDINARY", None), ("STRANGER", "LOW", None),
]  # fmt: skip
# Migration 0005: causes of loss as recorded by people, and strangers where acquaintances are too few.
LEVERS = {
    "T-MIX": every(
        has("tier_gap", "gt", 0), CALM,
        some(every(has("profit_12m", "top_share", 0.05), stage("FORMATION", "STABLE")),
             every(tier("STRANGER"), has("last_contact_days", "le", 90))),
    ),
    "R-WB-QUALITY": has("loss_cause", "in", ["QUALITY"]),
    "R-WB-SERVICE": has("loss_cause", "in", ["SERVICE"]),
    "R-WB-COMPLETE": has("loss_cause", "in", ["NO_INNOVATION", "GROWTH_SWITCH"]),
    "R-WB-COST": has("loss_cause", "in", ["COMPETITOR_OFFER", "PURCHASE_CUT"]),
    "R-WB-IDEA": has("loss_cause", "in", ["BUYER_TURNOVER"]),
}  # fmt: skip
