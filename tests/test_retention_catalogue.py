"""Every code of the catalogue is there in both languages; each trigger has data that fire it and data that do not."""

import re

import numpy as np
import pytest

from retention.labels import reasons
from retention.migrations._catalogue_axes import AXES
from retention.migrations._catalogue_bonds import RELATIONS
from retention.migrations._catalogue_playbooks import PLAYBOOKS
from retention.migrations._catalogue_triggers import BOUNDS, CADENCES, LATER, LEVERS
from retention.numerics import facts
from retention.numerics.planning import QUADRANT_RANK, Rule, propose
from retention.numerics.sense import circle, contradiction
from retention.numerics.triggers import Reader, validate
from tests.needs import shared
from tests.retention_world import AS_OF, frame_of

ROWS = {
    row["code"]: row
    | {"due_days": max(1, round(row["due_days"] * 5 / 7)), "cost": PLAYBOOKS[row["code"]][0]}
    | ({"trigger": (LATER | LEVERS)[row["code"]]} if row["code"] in {*LATER, *LEVERS} else {})
    | dict(zip(("rest_days", "top"), BOUNDS.get(row["code"], ()), strict=False))
    | ({"top": 4} if row["code"].startswith("R-WB-") and row["code"] in LEVERS else {})
    | ({"rest_days": 15} if row["code"] == "C-POST" else {})  # once for every order
    for row in AXES + RELATIONS
}
CADENCE = {(tier, level): days for tier, level, days in CADENCES}
TARGETS = {"ACQUAINTANCE": (0, 0.2), "FRIEND": (0.6, 1), "PARTNER": (0, 0.4)}
TODAY = AS_OF.toordinal()
# code -> (what a customer needs, what then takes the reason away); the rest of the frame is neutral company
RISING = [
    {"potential_score": -1.0 - n, "profit_12m": -5.0 - n, "value_at_risk": 1.0, "gross_profit": -9.0 - n}
    for n in range(9)
]
CASES = {
    "T-STR-PROMO": ({"tier": "STRANGER", "stage": "PROSPECT"}, {"last_contact_days": 3.0}),
    "T-ACQ-SIM": ({"categories": 1.0, "profit_12m": 5.0}, {"categories": 2.0}),
    "T-ACQ-UPGRADE": ({"profit_12m": 9.0, "satisfaction": 4.0}, {"tier": "FRIEND"}),
    "T-FRI-NEED": ({"tier": "FRIEND", "last_contact_days": 60.0}, {"last_contact_days": 59.0}),
    "T-FRI-DIV": ({"tier": "FRIEND", "categories": 3.0, "profit_12m": 1.0}, {"warned": 1.0}),
    "T-PAR-1TO1": ({"tier": "PARTNER"}, {"last_contact_days": 29.0}),
    "T-PAR-COMMIT": ({"tier": "PARTNER", "commitments_broken": 1.0}, {"commitments_broken": 0.0}),
    "T-PAR-DEEP": ({"tier": "PARTNER", "trust": 4.0, "firm_size": "LARGE"}, {"firm_size": "SMALL"}),
    "S-EXP-PERSUADE": ({"stage": "PROSPECT", "last_contact_days": 20.0, "inbound_12m": 0.0}, {"inbound_12m": 1.0}),
    "S-EXP-STIM": (
        {"stage": "EXPLORATION", "purchase_days": 1.0, "days_since_order": 40.0}, {"days_since_order": 200.0},
    ),
    "S-EXP-FREE": (
        {"stage": "EXPLORATION", "days_since_order": 9.0, "potential_score": 0.0}, {"potential_score": -0.1},
    ),
    "S-EXP-ASSESS": ({"stage": "EXPLORATION", "scale": "", "profit_12m": 9.0}, {"scale": "LARGE"}),
    "S-FOR-VALUE": ({"stage": "FORMATION", "trust": 3.0, "satisfaction": 5.0}, {"trust": 4.0}),
    "S-FOR-SCREEN": ({"stage": "FORMATION", "purchase_days": 4.0}, {"relationship": "LONG_TERM"}),
    "S-FOR-CONTACT": ({"stage": "FORMATION"}, {"last_contact_days": 44.0}),
    "S-STA-SAT": ({"days_in_stage": 60.0}, {"satisfaction": 4.0}),
    "S-STA-INNOV": ({"days_in_stage": 180.0, "categories": 2.0}, {"categories": 3.0}),
    "S-STA-BALANCE": ({"level": "HIGH", "margin_12m": 0.04}, {"margin_12m": 0.05}),
    "S-STA-FREE": ({"level": "HIGH", "sublevel": "KEY", "tenure_days": 730.0}, {"sublevel": ""}),
    "S-DEC-DIAG": ({"stage": "DECLINE", "quadrant": "HL"}, {"gap_ratio": 4.0}),
    "S-DEC-RECOVER": ({"stage": "DECLINE", "potential_score": 0.0, "value_at_risk": 50.0}, {"potential_score": -0.1}),
    "S-DEC-RELEASE": ({"stage": "DECLINE", "level": "LOW"}, {"quadrant": "LH"}),
    "F-POT-CONF": ({"stage": "PROSPECT", "inbound_12m": 1.0}, {"inbound_12m": 0.0}),
    "F-NEW-PERCEPT": ({"purchase_days": 1.0, "days_since_order": 7.0}, {"purchase_days": 2.0}),
    "F-LOY-NEEDS": ({"role": "ADVOCATE"}, {"role": "CLIENT"}),
    "Q-HH": ({"quadrant": "HH", "last_contact_days": 5.0, "warned": 1.0}, {"warned": 0.0}),
    "Q-HL-CONTACT": ({"quadrant": "HL"}, {"last_contact_days": 44.0}),
    "Q-HL-WATCH": ({"quadrant": "HL", "gap_ratio": 1.2}, {"gap_ratio": 1.1}),
    "Q-HL-LOYAL": ({"quadrant": "HL", "tenure_days": 365.0, "satisfaction": 4.0}, {"satisfaction": 3.0}),
    "Q-LH-PROMO": ({"quadrant": "LH", "days_since_order": 30.0}, {"days_since_order": 29.0}),
    "Q-LH-BRAND": ({"quadrant": "LH", "purchase_days": 3.0, "interactions_12m": 1.0}, {"interactions_12m": 2.0}),
    "Q-LH-CROSS": ({"quadrant": "LH", "purchase_days": 3.0, "categories": 2.0}, {"categories": 3.0}),
    "Q-LL-TRIAGE": ({"tenure_days": 365.0}, {"level": "LOW"}),
    "Q-LL-REDUCE": ({"profit_12m": 0.0, "interactions_12m": 6.0}, {"profit_12m": 1.0}),
    "P-HI-VIP": ({"sublevel": "KEY"}, {"sublevel": "MAIN"}),
    "P-HI-VISIT": ({"level": "HIGH", "last_contact_days": 30.0}, {"last_contact_days": 29.0}),
    "P-HI-OPINION": ({"level": "HIGH", "suggestions_due": 1.0}, {"suggestions_due": 0.0}),
    "P-OR-GUIDE": ({"potential_score": 3.0}, {"level": "LOW"}),
    "P-OR-HOLD": ({"potential_score": -0.1, "interactions_12m": 12.0}, {"interactions_12m": 11.0}),
    "P-LO-NURTURE": ({"level": "LOW", "potential_score": 3.0}, {"level": "HIGH"}),
    "P-LO-RESTRICT": ({"overdue_days": 90.0, "receivable_open": 1.0}, {"restricted": True}),
    "P-LO-TERM": ({"restricted": True, "overdue_days": 90.0, "receivable_open": 1.0}, {"restricted": False}),
    "C-DB": ({"level": "HIGH", "complete": 0.4}, {"complete": 0.5}),
    "C-PRE": ({"level": "HIGH", "gap_ratio": 1.0, "days_since_order": 14.0}, {"gap_ratio": 0.7}),
    "C-DUR": ({"contract_active": 1.0, "commitments_due": 1.0}, {"tier": "PARTNER"}),
    "C-POST": ({"days_since_order": 14.0}, {"care_post_days": 3.0}),
    "C-LOYAL": ({"sublevel": "KEY", "tenure_days": 365.0}, {"tenure_days": 364.0}),
    "C-SWITCH": ({"level": "HIGH", "categories": 2.0, "orders": 3.0}, {"contract_active": 1.0}),
    "C-COMPL": ({"cases_open": 1.0}, {"cases_open": 0.0}),
    "B1-REBATE": ({"amount_trend": 0.8, "purchase_days": 5.0}, {"amount_trend": 0.9}),
    "B2-CLUB": ({"role": "SUPPORTER", "level": "HIGH"}, {"role": "CLIENT"}),
    "B3-EDI": ({"tier": "FRIEND", "orders": 24.0, "contract_active": 1.0}, {"contract_active": 0.0}),
    "R-DEV": ({"referrals": 2.0, "referrals_converted": 1.0}, {"referrals_converted": 2.0}),
    "R-CARE": ({"last_contact_days": 90.0}, {"last_contact_days": 89.0}),
    "R-QUALITY": ({"complaints_90d": 2.0}, {"complaints_90d": 1.0}),
    "R-INNOV": ({"warned": 1.0, "categories": 1.0, "tenure_days": 730.0}, {"warned": 0.0}),
    "R-SERVICE": ({"satisfaction": 3.0, "satisfaction_before": 4.0}, {"satisfaction": 4.0}),
    "R-COUNTER": ({"warned": 1.0, "quadrant": "HL"}, {"warned": 0.0}),
    "R-WB-CONTACT": (
        {"stage": "DECLINE", "stage_rule": "SILENT", "gap_ratio": 4.0, "days_since_order": 400.0},
        {"days_since_order": 1096.0},
    ),
    "R-FIRE": (
        {"profit_12m": -1.0, "gross_profit": -1.0, "orders": 3.0, "tenure_days": 365.0}, {"quadrant": "LH"},
    ),
    "R-WB-QUALITY": ({"loss_cause": "QUALITY"}, {"loss_cause": ""}),
    "R-WB-SERVICE": ({"loss_cause": "SERVICE"}, {"loss_cause": "BANKRUPT"}),
    "R-WB-COMPLETE": ({"loss_cause": "GROWTH_SWITCH"}, {"loss_cause": "LEFT_REGION"}),
    "R-WB-COST": ({"loss_cause": "COMPETITOR_OFFER"}, {"loss_cause": "CHANGED_TRADE"}),
    "R-WB-IDEA": ({"loss_cause": "BUYER_TURNOVER"}, {"loss_cause": "QUALITY"}),
    "T-MIX": ({"profit_12m": 9.0}, {"tier": "PARTNER"}),
    "F-NB-TRUST": (
        {"tenure_days": 365.0, "categories": 2.0, "newest_category_days": 45.0}, {"newest_category_days": 46.0},
    ),
    "B1-DISCOUNT": ({"amount_trend": 1.25, "orders": 12.0, "profit_12m": 1.0}, {"amount_trend": 1.2}),
    "B1-BUNDLE": ({"categories": 3.0, "orders": 12.0, "potential_score": 0.0}, {"categories": 5.0}),
    "B2-CONTACT": ({"orders": 3.0, "contacts": 0.0}, {"contacts": 1.0}),
    "B2-VISIT": ({"tier": "FRIEND", "level": "HIGH", "last_visit_days": 180.0}, {"last_visit_days": 179.0}),
    "B3-JOINT": (
        {"tier": "PARTNER", "contract_active": 1.0, "tenure_days": 1095.0, "commitment": 4.0}, {"commitment": 3.0},
    ),
    "R-BUYER": ({"buyer_changed_90d": 1.0}, {"buyer_changed_90d": 0.0}),
}  # fmt: skip
DERIVED = {  # a derived field, turned back into what it is derived from
    "days_in_stage": lambda v: {"stage_since": TODAY - v},
    "tenure_days": lambda v: {"first_day": TODAY - v},
    "gap_ratio": lambda v: {"gap_days": 100.0, "days_since_order": 100.0 * v},
    "amount_trend": lambda v: {"before_amount": 100.0, "recent_amount": 100.0 * v},
    "margin_12m": lambda v: {"amount_12m": 100.0, "profit_12m": 100.0 * v},
}


def spelled(facts_given):
    """Facts with the derived ones written as their sources, unless a source is given itself."""
    row = {}
    for name, value in facts_given.items():
        for source, number in (DERIVED[name](value) if name in DERIVED else {name: value}).items():
            row[source] = number
    return row | {
        name: value
        for name, value in facts_given.items()
        if name == "days_since_order" and "gap_ratio" not in facts_given
    }


def company(given):
    """A customer of whom this is known, among nine others."""
    firm = given.get("firm_size", "SMALL")
    row = spelled({name: value for name, value in given.items() if name != "firm_size"})
    if "gap_ratio" in given and "days_since_order" in given:
        row |= {
            "days_since_order": given["days_since_order"],
            "gap_days": given["days_since_order"] / given["gap_ratio"],
        }
    return facts.derive(frame_of([row, *RISING]), TODAY, firm, CADENCE, TARGETS)


def fired(code, given):
    """Whether the template fires for a customer of whom this is known, among nine others."""
    return bool(Reader(company(given)).mask(ROWS[code]["trigger"])[0])


@pytest.mark.parametrize("code", sorted(ROWS))
def test_every_trigger_fires_and_stops_firing(code):
    needed, removed = CASES[code]
    assert fired(code, needed), "should fire"
    assert not fired(code, needed | removed), "should not fire any more"


@pytest.mark.parametrize("code", sorted(ROWS))
def test_the_task_that_results_says_why_and_where_it_stands(code):
    row = ROWS[code]
    rule = Rule(1, *(row[name] for name in ("code", "category", "weight", "due_days", "rest_days", "top", "trigger")))
    found = propose([rule], company(CASES[code][0]))
    (entry,) = np.flatnonzero(found.position == 0)
    (evidence,) = found.evidence(np.array([entry]))
    asked = {condition.field for condition in validate(row["trigger"]) if not condition.negated}
    assert evidence and set(evidence) <= asked
    assert reasons(evidence), "a person must be told why"
    urgent = row["weight"] >= 80
    assert found.priority[entry] == (99 - row["weight"] if urgent else QUADRANT_RANK[quadrant(code)] * 100)


def quadrant(code):
    return CASES[code][0].get("quadrant", "LL")


@pytest.mark.parametrize("code", sorted(ROWS))
def test_every_trigger_makes_sense(code):
    assert contradiction(ROWS[code]["trigger"]) is None


def test_no_template_waits_for_itself():
    assert circle({code: row["trigger"] for code, row in ROWS.items()}) == []


@pytest.mark.parametrize("code", sorted(PLAYBOOKS))
def test_every_playbook_has_steps_within_its_deadline(code):
    cost, effect, effect_zh, steps = PLAYBOOKS[code]
    han = re.compile("[\u4e00-\u9fff]")
    offsets = [offset for offset, _, _ in steps if offset is not None]
    assert cost > 0 and len(steps) >= 2 and offsets == sorted(offsets)
    assert max(offsets) <= ROWS[code]["due_days"]
    for text, text_zh in [(effect, effect_zh), *((text, text_zh) for _, text, text_zh in steps)]:
        assert han.search(text_zh) and not han.search(text) and text[0].isupper()
        assert not re.search(r"[,;:!?](?![0-9])", text_zh), "full-width punctuation in Chinese"


def test_the_whole_catalogue_of_the_specification_is_there():
    text = shared("spec", "systems.md").read_text(encoding="utf-8").split("## 10 ")[1].split("## 11 ")[0]
    named = set(re.findall(r"\b([TSFCBRQP]\d?-[A-Z0-9]+(?:-[A-Z0-9]+)*)\b", text))
    assert named == set(ROWS) and len(ROWS) == len(AXES + RELATIONS)


@pytest.mark.parametrize("code", sorted(ROWS))
def test_words_in_both_languages(code):
    row = ROWS[code]
    han = re.compile("[\u4e00-\u9fff]")
    assert han.search(row["title_zh"]) and han.search(row["advice_zh"])
    assert not han.search(row["title"] + row["advice"])
    assert len(row["advice"]) > 10 and len(row["advice_zh"]) > 5 and row["title"][0].isupper()
    assert not re.search(r"[,;:!?](?![0-9])", row["title_zh"] + row["advice_zh"]), "full-width punctuation in Chinese"


@pytest.mark.django_db
def test_the_migration_brought_them_all():
    from retention.models import TaskTemplate, VisitCadence, WorkPolicy

    stored = {row["code"]: row for row in TaskTemplate.objects.values(*next(iter(ROWS.values())))}
    assert stored == ROWS
    steps = {
        row.code: [(step.offset, step.text, step.text_zh) for step in row.steps.all()]
        for row in TaskTemplate.objects.prefetch_related("steps")
    }
    assert steps == {code: planned for code, (_, _, _, planned) in PLAYBOOKS.items()}
    assert VisitCadence.objects.filter(days=30).count() == 3 and WorkPolicy.objects.count() == 1
