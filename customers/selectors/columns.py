"""What can be told about a customer in a row: the columns of the list and of its exports, and what sorts by them."""

from dataclasses import dataclass
from enum import EnumType
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers import vocabulary as v
from customers.vocabulary_stages import BuyingStep


@dataclass(frozen=True)
class Column:
    """One column. source: its path from Customer; kind: text, code, owner, money, number, whole, share, date or flag;
    indexed: an index gives its order at any size."""

    key: str
    title: Any
    source: str
    kind: str = "text"
    enum: EnumType | None = None
    indexed: bool = False

    @property
    def of_night(self):
        """Whether it comes from the published night."""
        return self.source.startswith("standing__")

    @property
    def numeric(self):
        return self.kind in ("money", "number", "whole", "share")


def _s(key, title, kind, field="", **extra):
    return Column(key, title, f"standing__{field or key}", kind, **extra)


COLUMNS = [
    Column("code", _("Code"), "code", indexed=True),
    Column("name", _("Name"), "name", indexed=True),
    Column("kind", _("Kind"), "kind", "code", v.CustomerKind),
    Column("industry", _("Industry"), "industry"),
    Column("region", _("Region"), "region"),
    Column("scale", _("Business scale"), "scale", "code", v.Scale),
    Column("owner", _("Owner"), "owner", "owner"),
    Column("team", _("Team"), "owner__team__name"),
    Column("tier", _("Tier"), "tier", "code", v.Tier),
    Column("proposed_tier", _("Proposed tier"), "proposed_tier", "code", v.Tier),
    _s("stage", _("Stage"), "code", enum=v.Stage),
    _s("sub_state", _("Mark of the stage"), "code", enum=v.SubState),
    _s("pattern", _("Exit pattern"), "code", enum=v.Pattern),
    _s("quadrant", _("Quadrant"), "code", enum=v.Quadrant),
    _s("level", _("Level"), "code", enum=v.Level),
    _s("sublevel", _("Sub-level"), "code", enum=v.Sublevel),
    _s("role", pgettext_lazy("axis", "Role"), "code", enum=v.Role),
    _s("score", _("Total score"), "number", "total_score", indexed=True),
    _s("current", _("Current score"), "number", "current_score"),
    _s("potential", _("Potential score"), "number", "potential_score"),
    _s("rank", _("Rank"), "whole"),
    _s("quadrant_stability", _("Same quadrant, of all draws"), "share"),
    _s("top_stability", _("Top 20 %, of all draws"), "share"),
    _s("clv", _("CLV"), "money", indexed=True),
    _s("p_alive", _("Probability active"), "share"),
    _s("expected", _("Expected purchases"), "number", "expected_purchases"),
    _s("churn_risk", _("Churn risk"), "share"),
    _s("warned", _("Churn warning"), "flag"),
    _s("value_at_risk", _("Value at risk"), "money"),
    _s("orders", _("Orders"), "whole"),
    _s("quantity", _("Quantity"), "number"),
    _s("amount", _("Amount"), "money"),
    _s("gross_profit", _("Gross profit"), "money"),
    _s("amount_12m", _("Amount, 12 months"), "money"),
    _s("profit_12m", _("Gross profit, 12 months"), "money"),
    _s("categories", _("Categories bought"), "whole"),
    _s("first_order", _("First order"), "date"),
    _s("last_order", _("Last order"), "date"),
    Column("restricted", _("Restricted"), "restricted", "flag"),
    Column("first_contact", _("First contact"), "first_contact", "date"),
    Column("buying_step", _("Step towards the first purchase"), "buying_step", "code", BuyingStep),
    Column("expected_level", _("Level expected"), "expected_level", "code", v.Level),
    Column("outside_opinion", _("Outside opinion of us (1–5)"), "outside_opinion", "whole"),
]
BY_KEY = {column.key: column for column in COLUMNS}
CHOICES = (
    *("code", "owner", "team", "last_order", "amount_12m", "clv", "score", "current", "potential", "rank", "amount"),
    *("gross_profit", "profit_12m", "orders", "p_alive", "expected", "churn_risk", "value_at_risk", "first_order"),
    *("categories", "industry", "region", "scale", "tier", "proposed_tier", "stage", "quadrant", "level", "role"),
    *("first_contact", "buying_step", "quadrant_stability", "top_stability"),
)
# What a person may put into the list besides the name; the marks of the axes and the warning are one column each.
AXES = Column("axes", _("Axes"), "tier", "axes")
WARNING = Column("warning", _("Warning"), "standing__warned", "warning")
CHOOSABLE = {
    column.key: column
    for column in [
        AXES,
        WARNING,
        *(BY_KEY[key] for key in CHOICES),
    ]
}
DEFAULT = ["axes", "warning", "owner", "last_order", "clv", "score"]
WIDEST = 8  # columns that a desktop shows without scrolling sideways
SORTS = {
    key: column
    for key, column in BY_KEY.items()
    if column.kind not in ("owner", "code", "flag", "text") or key in ("code", "name", "industry", "region")
}


def chosen(keys, *, only_own=False):
    """The columns a person chose, unknown names dropped; the default where nothing is left.

    only_own: the person sees no other owner, so that the default tells an amount instead.
    """
    kept = [CHOOSABLE[key] for key in dict.fromkeys(keys or []) if isinstance(key, str) and key in CHOOSABLE]
    usual = ["amount_12m" if only_own and key == "owner" else key for key in DEFAULT]
    return kept[:WIDEST] or [CHOOSABLE[key] for key in usual]
