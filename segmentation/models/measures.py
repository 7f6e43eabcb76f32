"""What each measure of the book is called and over which days: the list an indicator is chosen from."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

ALL, YEAR, QUARTER, NOW = "all", "12m", "90d", ""
WINDOWS = {  # the days up to and including the night's own; all history and the state of the evening have no number
    ALL: (pgettext_lazy("window", "all history"), None),
    YEAR: (pgettext_lazy("window", "last 12 months"), 365),
    QUARTER: (pgettext_lazy("window", "last 90 days"), 90),
    NOW: (pgettext_lazy("window", "as of the night"), None),
}

# Key of numerics.measures.MEASURES -> label, unit, window.
LABELS = {
    "gross_profit": (_("Gross profit, all history"), "money", ALL),
    "gross_profit_12m": (_("Gross profit, last 12 months"), "money", YEAR),
    "amount": (_("Amount bought, all history"), "money", ALL),
    "amount_12m": (_("Amount bought, last 12 months"), "money", YEAR),
    "amount_growth": (_("Amount of the last 12 months over the 12 before"), "ratio", YEAR),
    "quantity": (_("Quantity bought, all history"), "quantity", ALL),
    "quantity_12m": (_("Quantity bought, last 12 months"), "quantity", YEAR),
    "orders": (_("Orders, all history"), "quantity", ALL),
    "orders_12m": (_("Orders, last 12 months"), "quantity", YEAR),
    "purchase_days": (_("Purchase days, all history"), "quantity", ALL),
    "purchase_days_12m": (_("Purchase days, last 12 months"), "quantity", YEAR),
    "amount_per_order": (_("Amount per order, all history"), "money", ALL),
    "amount_per_order_12m": (_("Amount per order, last 12 months"), "money", YEAR),
    "quantity_per_order": (_("Quantity per order, all history"), "quantity", ALL),
    "quantity_per_order_12m": (_("Quantity per order, last 12 months"), "quantity", YEAR),
    "unit_profit": (_("Gross profit per unit, all history"), "money", ALL),
    "unit_profit_12m": (_("Gross profit per unit, last 12 months"), "money", YEAR),
    "gross_margin": (_("Gross margin rate, all history"), "share", ALL),
    "gross_margin_12m": (_("Gross margin rate, last 12 months"), "share", YEAR),
    "relative_margin": (_("Gross margin over the firm's, all history"), "ratio", ALL),
    "relative_margin_12m": (_("Gross margin over the firm's, last 12 months"), "ratio", YEAR),
    "service_cost": (_("Service cost, all history"), "money", ALL),
    "categories": (_("Product lines bought"), "quantity", ALL),
    "categories_12m": (_("Product lines bought, last 12 months"), "quantity", YEAR),
    "category_level": (_("Product lines bought, as a level"), "level", ALL),
    "category_level_12m": (_("Product lines bought in the last 12 months, as a level"), "level", YEAR),
    "scale_level": (_("Scale of the customer, as a level"), "level", NOW),
    "referrals": (_("Customers referred"), "quantity", ALL),
    "referrals_converted": (_("Referrals that became customers"), "quantity", ALL),
    "referral_level": (_("Customers referred, as a level"), "level", ALL),
    "contract_years": (_("Longest contract in years"), "quantity", ALL),
    "contract_days_left": (_("Days left of the longest contract"), "quantity", NOW),
    "contract_level": (_("Contract guarantee, as a level"), "level", ALL),
    "overdue_days": (_("Worst payment delay in days"), "quantity", ALL),
    "overdue_count": (_("Number of late payments"), "quantity", ALL),
    "overdue_level": (_("Payment behaviour, as a level"), "level", ALL),
    "receivable_open": (_("Receivables open"), "money", NOW),
    "days_since_order": (_("Days since the last order"), "quantity", NOW),
    "last_contact_days": (_("Days since the last contact"), "quantity", NOW),
    "interactions_12m": (_("Contacts, last 12 months"), "quantity", YEAR),
    "inbound_12m": (_("Contacts by the customer, last 12 months"), "quantity", YEAR),
    "complaints_90d": (_("Complaints, last 90 days"), "quantity", QUARTER),
    "satisfaction": (_("Satisfaction, latest survey (1–5)"), "points", NOW),
    "trust": (_("Trust, latest survey (1–5)"), "points", NOW),
    "commitment": (_("Commitment, latest survey (1–5)"), "points", NOW),
    "spending_capacity": (_("Spending capacity"), "money", NOW),
    "share_of_customer": (_("Our share of the customer's demand, last 12 months"), "share", YEAR),
    "influence": (_("Influence on others"), "ratio", NOW),
    "reach": (_("Range of influence"), "quantity", NOW),
    "complete": (_("Completeness of the profile"), "share", NOW),
    "p_alive": (_("Probability that the customer is still active"), "share", NOW),
    "expected_purchases": (_("Purchases expected in 12 months"), "quantity", NOW),
    "clv": (_("Customer lifetime value"), "money", NOW),
}


def measures():
    """Choices of the measure."""
    return [(key, label) for key, (label, _unit, _window) in LABELS.items()]


def windows_of(measure):
    """(window, measure) of everything the book offers beside a measure: the same figure over other days.

    A measure and its twin over a shorter window differ by the window's code at their end.
    """
    if measure not in LABELS:
        return []
    whole = measure.removesuffix(f"_{LABELS[measure][2]}")
    twins = [whole, *(f"{whole}_{window}" for window in WINDOWS if window)]
    return [(LABELS[twin][2], twin) for twin in twins if twin in LABELS]
