"""What the fields and comparisons of triggers are called where people build them."""

from django.utils.translation import gettext_lazy as _

from customers import labels
from customers.templatetags.amounts import number, percent
from retention.labels import PHRASES, SHARE
from retention.numerics import facts

GROUPS = [
    (_("The five axes"), {
        "tier": _("Tier"), "proposed_tier": _("Proposed tier"), "proposal_open": _("Another tier is proposed"),
        "tier_gap": _("Next tier below its target share by"), "role": _("Role"), "stage": _("Stage"),
        "sub_state": _("Sub-state"), "stage_rule": _("Rule of the stage"), "pattern": _("Lifecycle pattern"),
        "days_in_stage": _("Days in this stage"), "quadrant": _("Quadrant"), "level": _("Level"),
        "sublevel": _("Sub-level"),
    }),
    (_("Value and churn"), {
        "current_score": _("Current value (mean 0)"), "potential_score": _("Potential value (mean 0)"),
        "total_score": _("Total score (mean 0)"), "clv": _("Lifetime value"), "value_at_risk": _("Value at risk"),
        "churn_risk": _("Churn risk"), "p_alive": _("Probability of being active"), "warned": _("Churn warning"),
        "expected_purchases": _("Expected purchases"),
    }),
    (_("Purchases"), {
        "orders": _("Orders"), "purchase_days": _("Purchase days"), "days_since_order": _("Days since the last order"),
        "gap_days": _("Usual gap in days"), "gap_ratio": _("Silence in usual gaps"),
        "period_days": _("Period of the segment in days"), "amount": _("Sales in all"),
        "amount_12m": _("Sales of 12 months"), "gross_profit": _("Gross profit in all"),
        "profit_12m": _("Gross profit of 12 months"), "margin_12m": _("Margin of 12 months"),
        "amount_trend": _("Recent amounts against before"), "categories": _("Categories bought"),
        "newest_category_days": _("Days since the newest category"), "tenure_days": _("Days as a customer"),
        "uncared_order": _("No care since the last order"), "care_post_days": _("Days since care after purchase"),
    }),
    (_("Contact"), {
        "last_contact_days": _("Days since the last contact"), "contact_overdue": _("Days beyond the contact cadence"),
        "last_visit_days": _("Days since the last visit"), "interactions_12m": _("Contacts in 12 months"),
        "inbound_12m": _("Times they came to us in 12 months"), "contacts": _("Contact persons on record"),
        "buyer_changed_90d": _("The buyer changed in 90 days"), "referrals": _("Recommendations"),
        "referrals_converted": _("Recommended customers won"), "open_referrals": _("Recommendations not yet won"),
    }),
    (_("Voice of the customer"), {
        "satisfaction": _("Satisfaction (1–5)"), "trust": _("Trust (1–5)"), "commitment": _("Commitment (1–5)"),
        "satisfaction_before": _("Satisfaction before (1–5)"), "satisfaction_fall": _("Satisfaction fell by"),
        "cases_open": _("Open complaints and requests"), "cases_overdue": _("Overdue answers"),
        "complaints_90d": _("Complaints in 90 days"), "suggestions_due": _("Suggestions waiting"),
    }),
    (_("Contracts and money owed"), {
        "contract_active": _("Contract running"), "contract_days_left": _("Days until the contract ends"),
        "contract_years": _("Years of the contract"), "commitments_due": _("Open promises of ours"),
        "commitments_broken": _("Overdue promises of ours"), "overdue_days": _("Days of late payment"),
        "overdue_count": _("Late payments"), "receivable_open": _("Amount owed"), "restricted": _("Restricted"),
        "exited": _("Exit approved"),
    }),
    (_("Who they are"), {
        "kind": _("Kind"), "industry": _("Industry"), "region": _("Region"), "scale": _("Scale"),
        "relationship": _("Kind of relationship"), "complete": _("Profile complete"), "firm_size": _("Our firm's size"),
        "loss_cause": _("Cause of the loss"),
    }),
    (_("Work before"), {"done_before": _("Playbook done in the last year")}),
]  # fmt: skip
NAMES = {name: words for _group, listed in GROUPS for name, words in listed.items()}
SIGNS = {"eq": "=", "ge": "≥", "gt": ">", "le": "≤", "lt": "<"}
NOT = "not:"
OPS = {
    facts.NUMBER: [
        ("ge", _("at least")), ("gt", _("more than")), ("le", _("at most")), ("lt", _("less than")),
        ("eq", _("exactly")), ("top_share", _("among the top share")), ("present", _("is known")),
        ("missing", _("is unknown")), ("not:ge", _("less than, or unknown")), ("not:gt", _("at most, or unknown")),
        ("not:le", _("more than, or unknown")), ("not:lt", _("at least, or unknown")),
        ("not:eq", _("not exactly, or unknown")), ("not:top_share", _("not among the top share")),
    ],
    facts.FLAG: [
        ("is_true", _("yes")), ("is_false", _("no")), ("present", _("is known")), ("missing", _("is unknown")),
        ("not:is_true", _("no, or unknown")), ("not:is_false", _("yes, or unknown")),
    ],
    facts.CODE: [
        ("in", _("is one of")), ("not_in", _("is none of")), ("present", _("is known")), ("missing", _("is unknown")),
        ("not:in", _("is none of, or unknown")), ("not:not_in", _("is one of, or unknown")),
    ],
    facts.WORK: [("in", _("one of")), ("not_in", _("none of"))],
}  # fmt: skip
OPS[facts.TEXT] = OPS[facts.CODE]


def field_name(name):
    """A field as people know it."""
    return str(NAMES.get(name, name))


def is_share(name):
    """Whether a number is a share, written in percent."""
    return name in PHRASES and PHRASES[name][0] == SHARE


def in_words(condition):
    """One condition as a short phrase."""
    field, op, value = field_name(condition.field), condition.op, condition.value
    if op in SIGNS and not isinstance(value, str):
        shown = percent(value, 0) if is_share(condition.field) else number(value, 0 if float(value).is_integer() else 2)
        said = f"{field} {SIGNS[op]} {shown}"
    elif op == "top_share":
        said = str(_("%(field)s: top %(share)s") % {"field": field, "share": percent(value, 0)})
    elif op in ("in", "not_in", "eq"):
        words = value if isinstance(value, list) else [value]
        said = _("%(field)s is not: %(words)s") if op == "not_in" else _("%(field)s: %(words)s")
        said = str(said % {"field": field, "words": ", ".join(_word(condition.field, word) for word in words)})
    else:
        said = str(PLAIN[op] % {"field": field})
    return str(_("not (%(said)s)") % {"said": said}) if condition.negated else said


PLAIN = {
    "is_true": _("%(field)s: yes"),
    "is_false": _("%(field)s: no"),
    "missing": _("%(field)s unknown"),
    "present": _("%(field)s known"),
}


def _word(field, word):
    return str(labels.label_of(facts.CODES[field], word)) if field in facts.CODES else str(word)
