"""The words of retention: why a task was raised, why it closed, what happened to it, what is wrong with a trigger."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from customers import labels
from customers.templatetags.amounts import compact_money, number, percent
from retention.numerics import facts

NUMBER, SCORE, SHARE, MONEY, DAYS, COUNT = "number", "score", "share", "money", "days", "count"

# field -> (how its value is written, the phrase with the value, the phrase when nothing is on record)
PHRASES = {
    "current_score": (SCORE, _("current value %(v)s (mean 0)"), None),
    "potential_score": (SCORE, _("potential value %(v)s (mean 0)"), None),
    "total_score": (SCORE, _("total score %(v)s (mean 0)"), None),
    "p_alive": (SHARE, _("still active with %(v)s"), None),
    "expected_purchases": (NUMBER, _("%(v)s purchases expected"), None),
    "clv": (MONEY, _("lifetime value %(v)s"), None),
    "churn_risk": (SHARE, _("churn risk %(v)s"), None),
    "value_at_risk": (MONEY, _("%(v)s at risk"), None),
    "gap_days": (DAYS, ngettext_lazy("buys every %(v)s day", "buys every %(v)s days", "n"), None),
    "period_days": (DAYS, ngettext_lazy("period of %(v)s day", "period of %(v)s days", "n"), None),
    "orders": (COUNT, ngettext_lazy("%(v)s order", "%(v)s orders", "n"), None),
    "purchase_days": (COUNT, ngettext_lazy("bought on %(v)s day", "bought on %(v)s days", "n"), None),
    "amount": (MONEY, _("sales %(v)s"), None),
    "gross_profit": (MONEY, _("gross profit %(v)s"), None),
    "amount_12m": (MONEY, _("sales of 12 months %(v)s"), None),
    "profit_12m": (MONEY, _("gross profit of 12 months %(v)s"), None),
    "categories": (COUNT, ngettext_lazy("buys %(v)s category", "buys %(v)s categories", "n"), None),
    "days_since_order": (
        DAYS, ngettext_lazy("last order %(v)s day ago", "last order %(v)s days ago", "n"), _("no order yet"),
    ),
    "satisfaction": (NUMBER, _("satisfaction %(v)s of 5"), _("satisfaction never asked")),
    "trust": (NUMBER, _("trust %(v)s of 5"), _("trust never asked")),
    "commitment": (NUMBER, _("commitment %(v)s of 5"), _("commitment never asked")),
    "satisfaction_before": (NUMBER, _("satisfaction before: %(v)s of 5"), None),
    "cases_open": (
        COUNT, ngettext_lazy("%(v)s complaint or request waits", "%(v)s complaints or requests wait", "n"), None,
    ),
    "cases_overdue": (COUNT, ngettext_lazy("%(v)s answer overdue", "%(v)s answers overdue", "n"), None),
    "complaints_90d": (COUNT, ngettext_lazy("%(v)s complaint in 90 days", "%(v)s complaints in 90 days", "n"), None),
    "suggestions_due": (
        COUNT, ngettext_lazy("%(v)s suggestion waits for an answer", "%(v)s suggestions wait for an answer", "n"), None,
    ),
    "last_contact_days": (
        DAYS, ngettext_lazy("last contact %(v)s day ago", "last contact %(v)s days ago", "n"),
        _("no contact on record"),
    ),
    "interactions_12m": (COUNT, ngettext_lazy("%(v)s contact in 12 months", "%(v)s contacts in 12 months", "n"), None),
    "inbound_12m": (COUNT, ngettext_lazy("came to us %(v)s time", "came to us %(v)s times", "n"), None),
    "care_post_days": (
        DAYS, ngettext_lazy("care after purchase %(v)s day ago", "care after purchase %(v)s days ago", "n"), None,
    ),
    "commitments_due": (COUNT, ngettext_lazy("%(v)s promise of ours open", "%(v)s promises of ours open", "n"), None),
    "commitments_broken": (
        COUNT, ngettext_lazy("%(v)s promise of ours overdue", "%(v)s promises of ours overdue", "n"), None,
    ),
    "referrals": (COUNT, ngettext_lazy("recommended us %(v)s time", "recommended us %(v)s times", "n"), None),
    "referrals_converted": (
        COUNT, ngettext_lazy("%(v)s recommended customer won", "%(v)s recommended customers won", "n"), None,
    ),
    "contract_days_left": (DAYS, ngettext_lazy("contract ends in %(v)s day", "contract ends in %(v)s days", "n"), None),
    "contract_years": (NUMBER, _("contract of %(v)s years"), None),
    "overdue_days": (
        DAYS, ngettext_lazy("longest payment delay %(v)s day", "longest payment delay %(v)s days", "n"), None,
    ),
    "overdue_count": (COUNT, ngettext_lazy("%(v)s late payment", "%(v)s late payments", "n"), None),
    "receivable_open": (MONEY, _("%(v)s owed"), None),
    "complete": (SHARE, _("profile %(v)s complete"), None),
    "days_in_stage": (DAYS, ngettext_lazy("%(v)s day in this stage", "%(v)s days in this stage", "n"), None),
    "tenure_days": (DAYS, ngettext_lazy("customer for %(v)s day", "customer for %(v)s days", "n"), None),
    "gap_ratio": (NUMBER, _("silent for %(v)s times the usual gap"), None),
    "amount_trend": (SHARE, _("recent amounts at %(v)s of before"), None),
    "satisfaction_fall": (NUMBER, _("satisfaction fell by %(v)s"), None),
    "open_referrals": (
        COUNT, ngettext_lazy("%(v)s recommendation not yet won", "%(v)s recommendations not yet won", "n"), None,
    ),
    "margin_12m": (SHARE, _("margin %(v)s"), None),
    "contacts": (COUNT, ngettext_lazy("%(v)s contact person", "%(v)s contact persons", "n"), None),
    "last_visit_days": (
        DAYS, ngettext_lazy("last visit %(v)s day ago", "last visit %(v)s days ago", "n"), _("never visited"),
    ),
    "newest_category_days": (
        DAYS, ngettext_lazy("a new category since %(v)s day", "a new category since %(v)s days", "n"), None,
    ),
    "contact_overdue": (
        DAYS, ngettext_lazy("contact overdue by %(v)s day", "contact overdue by %(v)s days", "n"), None,
    ),
    "tier_gap": (SHARE, _("next tier %(v)s below its target share"), None),
    "done_before": (None, _("done before: %(v)s"), None),
    "tier": (None, _("tier: %(v)s"), _("no tier")),
    "proposed_tier": (None, _("proposed tier: %(v)s"), None),
    "role": (None, _("role: %(v)s"), None),
    "stage": (None, _("stage: %(v)s"), None),
    "sub_state": (None, _("%(v)s"), None),
    "stage_rule": (None, _("%(v)s"), None),
    "pattern": (None, _("pattern: %(v)s"), None),
    "level": (None, _("level: %(v)s"), None),
    "sublevel": (None, _("sub-level: %(v)s"), None),
    "quadrant": (None, _("quadrant: %(v)s"), None),
    "kind": (None, _("kind: %(v)s"), None),
    "relationship": (None, _("kind of relationship: %(v)s"), None),
    "scale": (None, _("scale: %(v)s"), _("scale unknown")),
    "firm_size": (None, _("our firm: %(v)s"), None),
    "loss_cause": (None, _("lost: %(v)s"), None),
    "industry": (None, _("industry: %(v)s"), _("industry unknown")),
    "region": (None, _("region: %(v)s"), _("region unknown")),
}  # fmt: skip
# field -> (when true, when false)
FLAGS = {
    "warned": (_("churn warning"), None),
    "contract_active": (_("contract running"), _("no running contract")),
    "buyer_changed_90d": (_("the buyer changed"), None),
    "restricted": (_("restricted"), None),
    "exited": (_("exit approved"), None),
    "uncared_order": (_("no care since the last order"), None),
    "proposal_open": (_("another tier is proposed"), None),
}
# The axes have their marks in every list: as a reason they count only where no fact does.
AXES = {"tier", "role", "stage", "stage_rule", "level", "sublevel", "quadrant", "firm_size"}

REASONS = {
    "VANISHED": _("The reason no longer holds."),
    "EXITED": _("The customer has left."),
    "MERGED": _("Joined with the same task of the customer it was merged into."),
    "TEMPLATE_OFF": _("The template was switched off."),
    "REPLAY": _("Replayed night: never anybody's work."),
}
EVENTS = {
    "raised": _("raised by the night"),
    "added": _("added by hand"),
    "done": _("done"),
    "dismissed": _("dismissed"),
    "evidence": _("another reason came"),
    "joined": _("joined by the same task of a merged customer"),
    "step": _("step"),
    "snoozed": _("snoozed"),
    "reassigned": _("reassigned"),
    "followed": _("went with the customer to another owner"),
    "reopened": _("open again"),
    "closed": _("closed by the system"),
}
PROBLEMS = {
    "not_an_object": _('%(path)s: a condition must be an object like {"field": …, "op": …, "value": …}.'),
    "mixed": _('%(path)s: "all", "any" and "not" stand alone in their object.'),
    "empty_list": _("%(path)s: needs a list of at least one condition."),
    "too_deep": _("%(path)s: nested deeper than %(most)s levels."),
    "too_many": _("More than %(most)s conditions."),
    "unknown_key": _('%(path)s: a condition has "field", "op" and "value", nothing else (found: %(keys)s).'),
    "unknown_field": _("%(path)s: there is no field “%(field)s”."),
    "unknown_op": _("%(path)s: there is no comparison “%(op)s”."),
    "op_kind": _("%(path)s: “%(op)s” does not fit “%(field)s”; possible: %(ops)s."),
    "value_unwanted": _("%(path)s: “%(op)s” takes no value."),
    "value_missing": _("%(path)s: “%(op)s” needs a value."),
    "list_wanted": _("%(path)s: “%(op)s” needs a list of values."),
    "number_wanted": _("%(path)s: “%(field)s” is compared with a number."),
    "share_range": _("%(path)s: a share lies above 0 and is at most 1."),
    "text_wanted": _("%(path)s: “%(field)s” is compared with a word."),
    "too_wide": _("More than %(most)s situations: make the trigger simpler."),
    "contradiction": _("This can never happen: the conditions on “%(field)s” exclude each other."),
    "circle": _("These templates wait for each other: %(ring)s. One of them must begin without the others."),
    "unknown_work": _("There is no template %(codes)s."),
    "unknown_code": _("%(path)s: “%(field)s” has no value %(codes)s."),
}

BACKWARDS = _("%(kpi)s: with these ends of the scale the better value scores less. Swap them if that is not meant.")


def problem(error):
    """A TriggerError as a sentence."""
    return PROBLEMS[error.code] % {"path": error.path or _("trigger"), **error.values}


def reasons(evidence, currency="CNY"):
    """The evidence of a task as a list of short phrases: the facts, or the axes where no fact spoke."""
    said = {name: phrase(name, value, currency) for name, value in evidence.items()}
    found = [text for name, text in said.items() if text and name not in AXES]
    return found or [text for text in said.values() if text]


def phrase(name, value, currency="CNY"):
    """One fact in words; "" where it has none."""
    if name in FLAGS:
        return str(FLAGS[name][0 if value else 1] or "")
    if name not in PHRASES:
        return ""
    kind, words, nothing = PHRASES[name]
    if value is None:
        return str(nothing or "")
    if kind is None:
        return str(words % {"v": word(name, value)})
    if kind in (DAYS, COUNT):
        return str(words % {"n": round(value), "v": number(value)})
    return str(words % {"v": written(kind, value, currency)})


def written(kind, value, currency):
    """A number as its kind is written."""
    if kind == MONEY:
        return compact_money(value, currency)
    if kind == SHARE:
        return percent(value, 0)
    if kind == SCORE:
        return number(value, 2)
    return number(value, 0 if float(value).is_integer() else 1)


def word(name, value):
    """A code as its label; other words as they are."""
    return str(labels.label_of(facts.CODES[name], value)) if name in facts.CODES else str(value)


def backwards(kpi):
    """What is said of a KPI's scale that runs the wrong way round: it is kept, but not without a word."""
    return BACKWARDS % {"kpi": kpi}


def closed_words(reason):
    """Why a task closed: a person's own words, or the system's."""
    return str(REASONS.get(reason, reason))
