"""Which fields a file can feed: kind of value, limits and label."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers.vocabulary import ImportKind


@dataclass(frozen=True)
class Field:
    """One field of a kind of import.

    kind: code (NFKC, exact), text, long, money, count, share, grade (1 to 5), date, choice, user, currency. limit:
    letters of a text.
    """

    name: str
    kind: str
    label: str | Promise
    limit: int = 0
    required: bool = False
    empty: bool = True  # whether an empty cell of a mapped column is allowed
    example: str = ""


def _named(*fields):
    return {field.name: field for field in fields}


TRANSACTION_FIELDS = _named(
    Field("customer_code", "code", _("Customer code"), 64, required=True, empty=False, example="C-1001"),
    Field("customer_name", "text", _("Customer name"), 200, example="华东电力有限公司"),
    Field("industry", "text", _("Industry"), 80, example="Power"),
    Field("region", "text", _("Region"), 80, example="East"),
    Field("order_no", "code", _("Order number"), 64, example="SO-2026-0001"),
    Field("line_no", "code", _("Line number"), 32, example="1"),
    Field("date", "date", _("Date"), required=True, empty=False, example="2026-03-05"),
    Field("product_code", "code", _("Product code"), 64, example="SW-100"),
    Field("product_name", "text", _("Product name"), 300, example="Core switch"),
    Field("category", "text", _("Category"), 120, example="Networking"),
    Field("quantity", "money", _("Quantity"), empty=False, example="2"),
    Field("amount", "money", _("Amount"), empty=False, example="24000.00"),
    Field("unit_price", "money", _("Unit price"), empty=False, example="12000.00"),
    Field("discount", "share", _("Discount on the unit price"), example="0.05"),
    Field("cost", "money", _("Cost"), example="18000.00"),
    Field("unit_cost", "money", _("Unit cost"), example="9000.00"),
    Field("gross_profit", "money", _("Gross profit"), example="6000.00"),
    Field("service_cost", "money", _("Service cost"), example="300.00"),
    Field("currency", "currency", _("Currency"), empty=False, example="CNY"),
)
CUSTOMER_FIELDS = _named(
    Field("code", "code", _("Code"), 64, required=True, empty=False, example="C-1001"),
    Field("name", "text", _("Name"), 200, example="华东电力有限公司"),
    Field("kind", "choice", _("Kind"), example="ORGANISATION"),
    Field("industry", "text", _("Industry"), 80, example="Power"),
    Field("region", "text", _("Region"), 80, example="East"),
    Field("scale", "choice", _("Business scale"), example="LARGE"),
    Field("owner", "user", _("Owner"), 150, example="manager"),
    Field("parent", "code", _("Buys through"), 64, example=""),
    Field("relationship", "choice", _("Kind of relationship"), example="LONG_TERM"),
    Field("spending_capacity", "money", _("Spending capacity a year"), example="500000"),
    Field("category_demand", "money", _("Demand in our categories a year"), example="120000"),
    Field("influence", "share", _("Influence"), example="0.6"),
    Field("reach", "count", _("Reach (people or firms influenced)"), example="30"),
    Field("buying_step", "choice", _("Step towards the first purchase"), example="SEARCH"),
    Field("expected_level", "choice", _("Level expected"), example="HIGH"),
    Field("outside_opinion", "grade", _("Outside opinion of us (1–5)"), example="4"),
    Field("first_contact", "date", _("First contact"), example="2024-05-01"),
    Field("note", "long", _("Note"), 5000, example=""),
)
FIELDS = {ImportKind.TRANSACTIONS: TRANSACTION_FIELDS, ImportKind.CUSTOMERS: CUSTOMER_FIELDS}
ROW_LABEL = pgettext_lazy("file", "Row")


def field_label(kind, name):
    """The word for a field; "Row" where a reason concerns no field."""
    field = FIELDS[ImportKind(kind)].get(name)
    return str(field.label if field else ROW_LABEL)
