"""What pages tell of the record: one line beside a warning or a value, and everything for the page of its own."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Max, Q

from customers.frames import evening
from customers.models import Case, Contact, Interaction, PurchaseDay, SurveyResponse
from customers.vocabulary import CaseKind, JobState, Signal, WarningRule
from lifecycle.models import BacktestRun, WarningPolicy
from lifecycle.numerics import record, warning

RULES = [rule.value for rule in WarningRule]
HORIZONS = {"own": "warning", "half": "half_year"}


def latest(as_of):
    """The record that the night of this date knew; None before the first."""
    found = BacktestRun.known_by(as_of)
    return found if found.pk else None


@dataclass(frozen=True)
class Line:
    """The record of the warnings in one line; `like` and `lost_like`: warnings with about the same risk."""

    run: BacktestRun
    warned: int
    hits: int
    missed: int
    demoted: bool
    rule: str
    auc: float | None
    model_auc: float | None
    average_precision: float | None
    model_average_precision: float | None
    by_lot: float | None  # lost customers that as many warnings by lot would have met
    like: int = 0
    lost_like: int = 0

    @property
    def by_auc(self):
        """Whether it is the AUC by which the ranking rule beats the model; else it is the average precision."""
        return (self.auc or 0.0) > (self.model_auc or 0.0)

    @property
    def no_better(self):
        """Whether a draw by lot would have done as well."""
        return no_better(self.hits, self.by_lot)


def no_better(hits, by_lot):
    """Whether as many warnings drawn by lot would have met as many lost customers; records of old do not know."""
    return by_lot is not None and hits <= by_lot


def warning_line(as_of, risk=None):
    """How right warnings were, and those like this one; None without a record."""
    run = latest(as_of)
    found = run and run.summary.get("warning")
    if not found:
        return None
    used, model = found["rules"][run.rule], found["rules"][found["probability"]]
    like = record.like(found["slices"], risk) if risk is not None else (0, 0)
    return Line(
        run, used["warned"], used["hits"], used["missed"], run.demoted, run.rule, used["auc"], model["auc"],
        used["average_precision"], model["average_precision"], used.get("by_lot"), *like,
    )  # fmt: skip


@dataclass(frozen=True)
class ValueLine:
    """The record of the lifetime value in one line; `unit`: VALUE, or PURCHASES where no money is known.

    by_rule: the values that are shown are those of `rule`, not the model's (a night before the record has the model's).
    """

    run: BacktestRun
    unit: str
    demoted: bool
    rule: str
    days: int
    mae: float
    baseline: float
    bias: float | None
    ranks: bool  # whether the model's order of the customers was at least as good as that of every simple rule
    by_rule: bool

    @property
    def off(self):
        """How far the sum of all expectations was off, without its direction."""
        return abs(self.bias)


def value_line(run, night=None):
    """How near the values came by a record, against the better baseline; None without one. bias: of what is shown."""
    unit = next((name for name in ("value", "purchases") if run and run.summary.get(name)), None)
    if unit is None:
        return None
    found = run.summary[unit]
    model = found["rules"][WarningRule.MODEL.value]
    simple = [found["rules"][name] for name in record.BASELINES]
    best, order = min(rule["mae"] for rule in simple), max(rule["gini"] or 0.0 for rule in simple)
    by_rule = shown_by_rule(found, night)
    bias = found["rules"][found["rule"]]["bias"] if by_rule else model["bias"]
    return ValueLine(
        run, unit.upper(), found["demoted"], found["rule"], found["horizon_days"], model["mae"], best, bias,
        (model["gini"] or 0.0) >= order, by_rule,
    )  # fmt: skip


def shown_by_rule(found, night):
    """Whether a night shows the values of the rule that came nearer; `found`: value or purchases of a record."""
    return bool(night and found["demoted"] and night.summary.get("clv_rule") == found["rule"])


def purchases_demoted(run):
    """Whether by a record a simple rule came nearer to the number of purchases than the model."""
    found = run and run.summary.get("purchases")
    return bool(found and found["demoted"])


def runs(limit=12):
    """Finished backtests, the newest first."""
    return BacktestRun.objects.filter(state=JobState.DONE.value)[:limit]


def under_way():
    """The backtest that waits, runs or failed last; None where the newest one is done."""
    newest = BacktestRun.objects.select_related("requested_by").order_by("-id").first()
    return newest if newest and newest.state != JobState.DONE.value else None


def rows_of_rules(found, names=RULES):
    """The rules of a subject in the order of the vocabulary: (code, measures)."""
    return [(name, found["rules"][name]) for name in names if name in found["rules"]]


def by_origin(found, names=RULES):
    """The origins of a subject, oldest first: (date, [(code, measures)])."""
    return [(date.fromisoformat(part["origin"]), rows_of_rules(part, names)) for part in found["origins"]]


@dataclass(frozen=True)
class Evidence:
    """One signal of a customer and what it rests on; the template words it from `facts`."""

    signal: str
    factor: float
    facts: dict[str, Any]


def evidence(customer, standing, as_of):
    """The signals that spoke in the night, with the rows behind them as they were on that evening."""
    policy = WarningPolicy.current()
    spoken = warning.speaking(standing.signals)
    return [Evidence(s.value, policy.factors[s.value], FACTS[s](customer, standing, as_of)) for s in spoken]


def silent_signals(standing):
    """The signals that did not speak."""
    spoken = warning.speaking(standing.signals)
    return [signal.value for signal in Signal if signal not in spoken]


def _volume(customer, standing, as_of):
    return {"recent": standing.recent_amount, "before": standing.before_amount, "p": standing.trend_p}


def _silence(customer, standing, as_of):
    bought = customer.purchase_days.filter(bought=True, date__lte=as_of).aggregate(last=Max("date"))["last"]
    return {"silent": (as_of - bought).days if bought else None, "gap": standing.gap_days}


def _margin(customer, standing, as_of):
    half = as_of - timedelta(days=warning.HALF_YEAR)
    begin = as_of - timedelta(days=3 * warning.HALF_YEAR)
    return {"lately": _rate(customer, half, as_of), "before": _rate(customer, begin, half)}


def _rate(customer, after, until):
    rows = PurchaseDay.objects.filter(customer=customer, date__gt=after, date__lte=until)
    found = [(day.gross_profit, day.costed_amount) for day in rows.only("gross_profit", "costed_amount")]
    sold = sum(amount for _, amount in found)
    return float(sum(profit for profit, _ in found) / sold) if sold > 0 else None


def _complaints(customer, standing, as_of):
    until = evening(as_of)
    waiting = Case.objects.filter(customer=customer, kind=CaseKind.COMPLAINT.value, opened_at__lt=until)
    return {"cases": list(waiting.filter(Q(answered_at=None) | Q(answered_at__gte=until)).order_by("opened_at"))}


def _buyers(customer, standing, as_of):
    since = as_of - timedelta(days=90)
    gone = Q(left_on__gt=since, left_on__lte=as_of)
    people = Contact.objects.filter(gone | Q(since__gt=since, since__lte=as_of), customer=customer, is_buyer=True)
    return {"people": list(people.order_by("left_on", "since"))}


def _competitors(customer, standing, as_of):
    named = Interaction.objects.filter(
        customer=customer, at__gte=evening(as_of - timedelta(days=180)), at__lt=evening(as_of)
    ).exclude(competitor="")
    return {"contacts": list(named.order_by("-at")[:3])}


def _satisfaction(customer, standing, as_of):
    answers = SurveyResponse.objects.filter(customer=customer, date__lte=as_of).exclude(satisfaction=None)
    return {"answers": list(answers.order_by("-date", "-id")[:2])[::-1]}


FACTS = {
    Signal.VOLUME: _volume,
    Signal.SILENCE: _silence,
    Signal.MARGIN: _margin,
    Signal.COMPLAINT: _complaints,
    Signal.BUYER: _buyers,
    Signal.COMPETITOR: _competitors,
    Signal.SATISFACTION: _satisfaction,
}
