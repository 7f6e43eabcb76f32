"""The stage part of the night: dated facts become marks, the rules walk, and what people decided is laid over it."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from customers.book import UNIT
from customers.copying import NO_DAY
from customers.vocabulary import Pattern, Stage, StageRule, SubState
from customers.vocabulary_stages import CustomerPhase, SignalKind
from lifecycle import frames
from lifecycle.numerics import economics, evidence, forced, marks, stages
from lifecycle.numerics.stage_measures import gaps
from lifecycle.numerics.stage_rules import RULES, STAGES

PATTERN_OF_HIGHEST = {Stage.EXPLORATION.value: Pattern.I.value, Stage.FORMATION.value: Pattern.II.value}
KNOBS = (
    *("period_min_days", "period_max_days", "decline_probability", "shrink_ratio", "growth_ratio"),
    *("test_level", "young_purchases", "young_periods", "mature_purchases", "mature_periods"),
    *("long_term_periods", "lapse_periods", "reactivated_periods", "deterioration_ratio"),
)
GAP_SHARE, FEWEST_GAPS = 0.9, 3  # own gaps count from four purchase days on (systems.md 5)


def rules_of(policy):
    """The policy's stage constants as the rules want them."""
    return stages.StageSettings(**{name: getattr(policy, name) for name in KNOBS})


def segments_of(book, policy):
    """The segment label of every customer; one for all where the policy names none."""
    if not policy.segment_by:
        return np.full(len(book), "", dtype=object)
    return book.customers[policy.segment_by].astype(object).to_numpy()


@dataclass(frozen=True)
class Ground:
    """What the stage rules read, whatever their constants: read once, also where two policies are compared."""

    days: stages.History
    facts: dict
    money: economics.Flow  # of customers whose costs of goods are known
    spending: tuple  # position, day, amount of everything that serving cost


def ground(book, history, prices=True):
    """The book's purchase days as the rules read them, and dated facts from the database."""
    ids, days = book.customers["customer_id"].to_numpy(), book.days
    facts = {
        "answers": frames.read_answers(book.as_of),
        "contracts": frames.read_contracts(book.as_of),
        "costs": frames.read_costs(book.as_of),
        "competitor": frames.read_signals(book.as_of, SignalKind.COMPETITOR.value),
        "intent": frames.read_signals(book.as_of, SignalKind.INTENT.value),
        "complaint": frames.read_complaints(book.as_of),
        "buyer": frames.read_buyers(book.as_of),
        "overrides": frames.read_overrides(book.as_of),
        "exits": frames.read_exits(book.as_of),
    }
    if prices:
        facts["prices"] = frames.read_prices(book.as_of)
    for rows in facts.values():
        rows["position"] = np.searchsorted(ids, rows.pop("customer"))
    known = book.customers["gross_profit"].notna().to_numpy()
    costs = facts["costs"]
    position = np.concatenate([days.position, costs["position"]]).astype("i8")
    day = np.concatenate([days.day, costs["day"]]).astype("i8")
    spent = np.concatenate([days.service / UNIT, costs["amount"]])
    won = np.concatenate([days.profit / UNIT, np.zeros(len(costs["day"]))])
    kept = slice(None) if known.all() else known[position]
    money = economics.flow(position[kept], day[kept], won[kept], spent[kept])
    return Ground(history, facts, money, (position, day, spent))


def marks_of(found, policy):
    """The relational marks that the policy asks for, as spans of days."""
    facts, answers = found.facts, found.facts["answers"]
    kinds = {
        kind.value: spans
        for kind, wanted, spans in (
            (SignalKind.COMPETITOR, policy.signal_competitor, _fading(facts["competitor"], policy.signal_days)),
            (SignalKind.INTENT, policy.signal_intent, _fading(facts["intent"], policy.signal_days)),
            (SignalKind.COMPLAINT, policy.signal_complaint, _fading(facts["complaint"], policy.signal_days)),
            (SignalKind.BUYER, policy.signal_buyer, _fading(facts["buyer"], policy.signal_days)),
        )
        if wanted
    }
    contracts = facts["contracts"]
    return marks.Marks(
        signal=marks.merged(*kinds.values()) if kinds else marks.Spans(),
        unsatisfied=_answered(answers, "satisfaction", lambda value: value < policy.satisfaction_min)
        if policy.use_satisfaction
        else marks.Spans(),
        committed=marks.merged(
            marks.union(contracts["position"], contracts["begin"], contracts["end"]),
            _answered(answers, "commitment", lambda value: value >= policy.commitment_min),
        ),
        red=marks.red_figures(found.money.position, found.money.day, found.money.won - found.money.spent)
        if policy.use_break_even
        else marks.Spans(),
        needs_commitment=policy.use_commitment,
        kinds=kinds,
    )


def _fading(rows, days):
    """Signals that hold until they are settled, at most so many days."""
    end = np.minimum(rows.get("end", np.full(len(rows["begin"]), marks.FOREVER)), rows["begin"] + days)
    return marks.union(rows["position"], rows["begin"], end)


def _answered(rows, name, holds):
    """Spans on which the latest answer to a question says something."""
    asked = ~np.isnan(rows[name])
    return marks.answers(rows["position"][asked], rows["day"][asked], holds(rows[name][asked]))


@dataclass(frozen=True)
class Judged:
    """What the stage rules and people say: columns of Standing, the measures of the rules, the changes of stage, and
    how to tell the evidence of some of them."""

    columns: pd.DataFrame
    current: pd.DataFrame
    changes: pd.DataFrame
    evidence: object


def judge(book, policy, found, table, p_no_purchase):
    """The stage columns of every customer; `table` as from `stages.periods` with the same policy."""
    rules, marked, as_of = rules_of(policy), marks_of(found, policy), book.as_of.toordinal()
    path = stages.path(found.days, table, as_of, p_no_purchase, rules, marked)
    overrides, exits = _decided(found.facts)
    decided = forced.joined(overrides, exits)
    changes = forced.lay_over(path.changes, decided, as_of)
    columns = pd.DataFrame(_columns(book, policy, rules, path.current, forced.holding(decided, as_of), found))
    ids = book.customers["customer_id"].to_numpy()

    def told(some):
        measured = evidence.measured(
            found.days, table, np.searchsorted(ids, some["customer_id"]), some["as_of"], p_no_purchase, rules, marked
        )
        return evidence.as_json(measured)

    return Judged(columns, path.current, changes.assign(customer_id=ids[changes["position"]]), told)


def _decided(facts):
    """Overrides and approved exits as stretches of time."""
    rows, left = facts["overrides"], facts["exits"]
    rule = np.full(len(rows["begin"]), RULES.index(StageRule.OVERRIDE.value))
    overrides = forced.Forced(rows["position"], rows["begin"], rows["until"], rows["stage"], rule)
    size = int(left["position"].max()) + 1 if len(left["position"]) else 0
    exited, settled = np.zeros(size, dtype="i8"), np.zeros(size, dtype="i8")
    exited[left["position"]], settled[left["position"]] = left["exited"], left["settled"]
    return overrides, forced.exits(exited, settled)


def _columns(book, policy, rules, current, decided, found):
    """The stage columns of Standing."""
    known, size, as_of = book.customers, len(book), book.as_of.toordinal()
    ordered, exited = (known["orders"] > 0).to_numpy(), known["exited"].to_numpy()
    stage, rule = _by_rules(current, ordered)
    since = np.where(current["since"].to_numpy() > 0, current["since"].to_numpy(), known["first_day"])
    computed, by_hand = stage.copy(), decided.rule == RULES.index(StageRule.OVERRIDE.value)
    at = decided.position
    stage[at], rule[at] = np.array(STAGES, dtype=object)[decided.stage], np.array(RULES, dtype=object)[decided.rule]
    since[at] = decided.begin
    overridden = np.zeros(size, dtype=bool)
    overridden[at[by_hand]] = True
    pattern = _pattern(current, exited, rules)
    stable, declining = stage == Stage.STABLE.value, computed == Stage.DECLINE.value
    money, started = found.money, ordered & (current["since"].to_numpy() > 0)
    day = economics.break_even(money, size)
    profitable = known["gross_profit"].notna().to_numpy()
    spent = {name: np.where(started, current[name].to_numpy(), NO_DAY) for name in stages.SPENT.values()}
    return {
        "stage": stage,
        "stage_rule": rule,
        "sub_state": np.where(exited | overridden, SubState.NONE.value, current["sub_state"].astype(object)),
        "pattern": pattern,
        "stage_since": since,
        "computed_stage": np.where(overridden, computed, ""),
        "highest_stage": np.where(started, current["highest"].astype(object), ""),
        **spent,
        "left_on": _left(pattern, current, found.facts["exits"]),
        "long_term": stable & (current["stable_periods"].to_numpy() >= rules.long_term_periods),
        "end_proposed": ordered & ~exited & declining & _overlong(found.days, current, policy, as_of),
        "break_even_on": np.where(profitable & (day > 0) & ordered, day, NO_DAY),
        "balance": np.where(profitable, economics.balance(money, size), np.nan),
        "profit_slope": np.where(profitable & ordered, economics.profit_slope(money, size, as_of), np.nan),
        "investment": economics.invested(*found.spending, size, as_of),
        "phase": _phase(book, policy, ordered),
        "price_index": _price_index(found.facts.get("prices"), size),
    }


def _phase(book, policy, ordered):
    """The four phases of a customer as a whole (text 001, L17)."""
    entered, known = book.categories.newest(len(book)), book.customers
    since = book.as_of.toordinal() - round(policy.new_business_months * economics.MONTH)
    loyal = (known["purchase_days"] >= policy.loyal_purchases).to_numpy()
    phase = np.where(loyal, CustomerPhase.LOYAL.value, CustomerPhase.NEW.value).astype(object)
    phase[loyal & (entered > since) & (entered > known["first_day"].to_numpy())] = CustomerPhase.NEW_BUSINESS.value
    phase[~ordered] = CustomerPhase.POTENTIAL.value
    return phase


def _price_index(prices, size):
    """What a customer paid against the usual prices; NaN where nothing can be compared."""
    index = np.full(size, np.nan)
    if prices is not None:
        index[prices["position"]] = prices["paid"] / np.maximum(prices["usual"], 1e-9)
    return index


def _by_rules(current, ordered):
    """Stage and rule by the rules, before the first order and after refunds only told apart."""
    stage = current["stage"].astype(object).to_numpy().copy()
    rule = current["rule"].astype(object).to_numpy().copy()
    returned_only = ordered & (stage == Stage.PROSPECT.value)
    stage[returned_only], rule[returned_only] = Stage.EXPLORATION.value, StageRule.YOUNG.value
    stage[~ordered], rule[~ordered] = Stage.PROSPECT.value, StageRule.NO_ORDER.value
    return stage, rule


def _left(pattern, current, exits):
    """The day on which a relationship ended: the begin of its last decline by the rules, else the approved exit."""
    day = np.zeros(len(current), dtype="i8")
    day[exits["position"]] = exits["exited"]
    declining = (current["stage"] == Stage.DECLINE.value).to_numpy()
    day = np.where(declining, current["since"].to_numpy(), day)
    return np.where((pattern != Pattern.OPEN.value) & (day > 0), day, NO_DAY)


def _pattern(current, exited, rules):
    """The exit pattern; for approved exits by the highest stage reached, whatever the purchases say."""
    pattern = current["pattern"].astype(object).to_numpy().copy()
    highest = current["highest"].astype(object).to_numpy()
    stable = current["stable_periods"].to_numpy("f8")
    after_stability = np.where(stable < rules.long_term_periods, Pattern.III.value, Pattern.IV.value)
    at_exit = pd.Series(highest).map(PATTERN_OF_HIGHEST).fillna("").to_numpy(dtype=object)
    at_exit = np.where(at_exit == "", after_stability, at_exit)
    return np.where(exited & (pattern == Pattern.OPEN.value), at_exit, pattern)


def _overlong(days, current, policy, as_of):
    """Silent for several times the gap that nine of ten gaps stay below: own gaps, the firm's where there are few."""
    gap_days, position = gaps(days, as_of)
    if not len(gap_days):
        return np.zeros(len(days), dtype=bool)
    width = int(gap_days.max()) + 1
    ranked = np.sort(position * np.int64(width) + gap_days)  # by customer, then by gap
    count = np.bincount(position, minlength=len(days))
    start = np.concatenate([[0], np.cumsum(count)])[:-1]
    rank = start + np.maximum(np.ceil(GAP_SHARE * count).astype("i8") - 1, 0)
    own = ranked[np.minimum(rank, len(gap_days) - 1)] % width
    usual = np.where(count >= FEWEST_GAPS, own, np.quantile(gap_days, GAP_SHARE))
    return current["recency"].to_numpy() > policy.termination_gaps * np.maximum(usual, 1)
