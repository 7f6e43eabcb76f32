"""What each measure of the book is called: the list an administrator chooses from when an indicator is added."""

from django.utils.translation import gettext_lazy as _

ALL, YEAR, NOW = "all", "12m", ""

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
    "amount_per_order_12m": (_("Amount per order, last 12 months"), "money", YEAR),
    "quantity_per_order_12m": (_("Quantity per order, last 12 months"), "quantity", YEAR),
    "unit_profit": (_("Gross profit per unit, all history"), "money", ALL),
    "gross_margin_12m": (_("Gross margin rate, last 12 months"), "share", YEAR),
    "relative_margin_12m": (_("Gross margin over the firm's, last 12 months"), "ratio", YEAR),
    "service_cost": (_("Service cost, all history"), "money", ALL),
    "categories": (_("Product lines bought"), "quantity", ALL),
    "categories_12m": (_("Product lines bought, last 12 months"), "quantity", YEAR),
    "category_level": (_("Product lines bought, as a level"), "level", ALL),
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
    "complaints_90d": (_("Complaints, last 90 days"), "quantity", "90d"),
    "satisfaction": (_("Satisfaction, latest survey (1-5)"), "points", NOW),
    "trust": (_("Trust, latest survey (1-5)"), "points", NOW),
    "commitment": (_("Commitment, latest survey (1-5)"), "points", NOW),
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
