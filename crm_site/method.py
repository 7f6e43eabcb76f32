"""The method page's catalogue: every figure with formula, window, population, exclusions, source and its self-checks.

A figure is data: a new one is an entry here and its Chinese words. Formulas are written in signs that both languages
read; words explain them. `checks` name the nightly self-checks that guard a figure; `knobs` what of the shown night
its version consists of (see `version`).
"""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

ALL = _("all history up to the evening of the night")
YEAR = _("the last 365 days up to the evening of the night; all history where not said otherwise")
NOW = _("as known on the evening of the night")
PAIR = _("two kept nights, chosen on the page")
EVERYBODY = _("every customer")
BUYERS = _("customers with at least one order and no approved exit")
SCORED = _("customers with a score on both nights")
NOTHING = pgettext_lazy("left out", "nothing")
TEXT_PORTFOLIO = _("“Making the most of relationships” (customer portfolio management)")
TEXT_LIFECYCLE = _("“Customer lifecycle management”, chapter 9")
TEXT_VALUE = _("“The value of customer resources”")
TEXT_SEGMENTS = _("“Customer segmentation and CRM of a company” (Wang, Mei, Li)")
TEXT_LEVELS = _("“Differentiated customer management” (Yang)")


@dataclass(frozen=True)
class Figure:
    """One figure of the product; `code` is its anchor, `page` the name of the address where it is seen."""

    code: str
    name: Any
    formula: str
    says: Any
    window: Any
    population: Any
    excluded: Any
    source: Any
    knobs: tuple = ()
    checks: tuple = ()
    page: str = ""


FACTS = (
    Figure(
        "amount", _("Amount and quantity"), "A = Σ a,  Q = Σ q",
        _("Sums of the order lines, net of tax; refunds count as negative lines."),
        YEAR, EVERYBODY, _("lines dated after the night"), _("order lines"), (),
        ("amount_equals_lines", "quantity_equals_lines", "days_cover_lines", "rows_equal_customers"), "customers:list",
    ),
    Figure(
        "gross_profit", _("Gross profit"), "G = Σ (a − c)",
        _("Amount less cost of the lines whose cost is known. Service cost is kept apart and never in it."),
        YEAR, EVERYBODY, _("lines without a cost; unknown, not zero, where no cost is known at all"), _("order lines"),
        (), ("days_cover_lines",), "customers:list",
    ),
    Figure(
        "tier", _("Relationship tier"), "STRANGER → ACQUAINTANCE → FRIEND → PARTNER",
        _("A person decides the tier; the night proposes a step where purchases, satisfaction, trust, commitment and"
          " contracts prove it."),
        NOW, EVERYBODY, _("proposals for customers who left or are restricted"), TEXT_PORTFOLIO, (), (),
        "customers:portfolio",
    ),
    Figure(
        "role", pgettext_lazy("axis", "Role"), "PROSPECT → PURCHASER → CLIENT → SUPPORTER → ADVOCATE → PARTNER",
        _("The highest rung reached: first order, second order, satisfaction of 4 or better, a referral,"
          " partner tier."),
        ALL, EVERYBODY, NOTHING, TEXT_VALUE, (), (), "customers:list",
    ),
)  # fmt: skip

LIFETIME = (
    Figure(
        "stage", _("Lifecycle stage"), "p = 2 × gap,  R / B,  P(0 | 2p)",
        _("Stages compare the last two periods with the four before and ask how likely the silence is. A new stage"
          " counts when it holds at two month ends in a row; silence counts at once."),
        ALL, EVERYBODY, _("customers without an order are prospects"), TEXT_LIFECYCLE, ("models",), (),
        "lifecycle:board",
    ),
    Figure(
        "p_alive", _("Probability active"), "P(alive | x, t, T)",
        _("The chance that a customer still buys at all, from number and dates of its purchase days: BG/NBD or MBG/NBD,"
          " fitted per segment, stepping down to a pooled fit where a segment is thin."),
        ALL, BUYERS, _("several orders of one day count once"),
        "Fader, Hardie & Lee 2005; Batislam, Denizel & Filiztekin 2007", ("models",), ("lifecycle_is_finite",),
        "lifecycle:board",
    ),
    Figure(
        "clv", _("Lifetime value (CLV)"), "CLV = m Σ E[x(t)] / (1 + d)^t",
        _("Expected purchases of the next 36 months times the expected margin of one, discounted at 10 % a year unless"
          " the policy says otherwise."),
        ALL, BUYERS, _("refund days; the past is not counted, only what is to come"),
        "Fader & Hardie 2013; Gupta et al. 2006", ("models",), ("lifecycle_is_finite",), "lifecycle:board",
    ),
    Figure(
        "warning", _("Churn warning"), "P(0 | H),  H = 2p",
        _("The chance of no purchase within two periods. A warning also needs the customer's own rhythm to be"
          " exceeded, and is held back where its record is worse than a simple rule."),
        ALL, BUYERS, _("customers whose ties end by contract or by decision"), TEXT_LIFECYCLE, ("models",),
        ("lifecycle_is_finite",), "lifecycle:board",
    ),
)  # fmt: skip

SCORES = (
    Figure(
        "raw", _("Indicator"), "x",
        _("The raw value of an indicator: a measure of the records, an expert's level from 1 to 5, or both; an expert's"
          " word goes before the records, several scorers are averaged."),
        YEAR, BUYERS, _("no row of a kind in the whole firm: missing for everybody, never zero"), TEXT_SEGMENTS,
        ("weights",), (), "segmentation:weights",
    ),
    Figure(
        "z", _("Standardised value (z)"), "z = ± (x − x̄) / s",
        _("How many standard deviations a customer lies above the mean of all; minus where less is better, so that a"
          " large z is always good. The deviation is the sample's (n − 1)."),
        YEAR, BUYERS, _("customers without the indicator; the same value for everybody gives 0"), TEXT_SEGMENTS,
        ("weights",), (), "segmentation:weights",
    ),
    Figure(
        "points", _("Points and scores"), "score = Σ (w / W · z − h)",
        _("Weight times z, with the weights scaled to the indicators a customer has, less the mean of that product over"
          " everybody who has the indicator: so every indicator sums to 0 over the firm, and nothing missing counts as"
          " zero. Current and potential value are scored apart."),
        YEAR, BUYERS, _("missing indicators are left out and told; without any, there is no score"), TEXT_SEGMENTS,
        ("weights",),
        ("current_score_equals_points", "current_score_mean_is_zero", "potential_score_equals_points",
         "potential_score_mean_is_zero"),
        "segmentation:weights",
    ),
    Figure(
        "total", _("Total score"), "T = c · S₁ + (1 − c) · S₂",
        _("Current value S₁ and potential value S₂ by the weights of the version; a customer with only one of them is"
          " ranked by that one."),
        YEAR, BUYERS, NOTHING, TEXT_SEGMENTS, ("weights",), ("total_score_equals_parts",), "customers:list",
    ),
    Figure(
        "ahp", _("Weights from judgements (AHP)"), "A w = λ w,  CI = (λ − n) / (n − 1),  CR = CI / RI",
        _("The principal eigenvector of each expert's pairwise judgements; a matrix counts if its consistency ratio is"
          " at most 0.10. Weights given directly say whether they are published, estimated or your own."),
        NOW, _("the experts of the study"), _("matrices that contradict themselves"),
        _("Saaty 1980, and the same article: equal weights for experts, arithmetic mean"), ("weights",), (),
        "segmentation:weights",
    ),
    Figure(
        "quadrant", _("Quadrant"), "S₁ ≥ c₁,  S₂ ≥ c₂",
        _("High where the score reaches the line: by default the mean of all scored customers, else the median or a"
          " fixed number, as the policy of the night says."),
        YEAR, BUYERS, _("customers without both scores are not scored, and stand in no quadrant"), TEXT_SEGMENTS,
        ("weights", "lines"), ("quadrants_partition_the_population",), "segmentation:quadrant",
    ),
    Figure(
        "level", _("Pyramid level"), "⌈20 n / 100⌉,  ⌈50 n / 100⌉",
        _("The best fifth by rank is high, the next three tenths ordinary, the rest low, in whole numbers and as the"
          " policy says; equal scores by gross profit, then code. Key customers are the top of the high level."),
        YEAR, BUYERS, NOTHING, TEXT_LEVELS, ("weights", "pyramid"),
        ("levels_follow_the_integer_rule", "held_levels_are_near_their_line"), "segmentation:pyramid",
    ),
    Figure(
        "flags", _("Discredited and poor"), "d > 90,  G − service < 0",
        _("Among low customers: discredited when payment is later than the policy allows or the customer is restricted,"
          " poor when gross profit less service cost is negative."),
        ALL, _("customers of the low level"), NOTHING, TEXT_LEVELS, ("pyramid",), (), "segmentation:pyramid",
    ),
    Figure(
        "stability", _("Stability of a place"), "1 / D · Σ [place in draw = place]",
        _("Weights are drawn anew many times, as if every judgement had been half a step of the scale off: the share of"
          " draws in which a customer keeps its quadrant, and in which it is among the top fifth."),
        YEAR, BUYERS, NOTHING, _("our own; after the sensitivity of AHP"), ("weights",), (), "segmentation:quadrant",
    ),
)  # fmt: skip

CHANGES = (
    Figure(
        "change", _("Change of a score"), "T₂ − T₁ = data + population + weights + missing + scale",
        _("One thing moves at a time, in this order: what is no longer known is left out; the customer's own figures"
          " move, judged by the earlier mean and deviation; mean, deviation and centring of all move; the weights move;"
          " what is newly known comes in."),
        PAIR, SCORED, NOTHING, "Das Gupta 1993", ("weights",), ("change_equals_causes",), "",
    ),
    Figure(
        "movement", _("Movement"), "n(i → j) = behaviour + weights + both",
        _("Who stood where on two nights. Everybody is judged once more on the later figures by the earlier weights,"
          " lines and cuts: who would stand at the new place even so moved by behaviour."),
        PAIR, EVERYBODY, _("customers whom you may not see"), TEXT_SEGMENTS, ("weights", "lines", "pyramid"), (),
        "segmentation:movement",
    ),
    Figure(
        "stay", _("Length of stay"), "S(t) = Π (1 − d / n)",
        _("From the first night that sees a customer at a place to the first that sees it elsewhere; the median is that"
          " of Kaplan and Meier over the stays begun since the first kept night."),
        _("the kept nights: every date of the last 35 days, the last of each month before"), EVERYBODY,
        _("for the median: stays that began before the first kept night"), "Kaplan & Meier 1958", (), (),
        "segmentation:movement",
    ),
)  # fmt: skip

PERIOD = _("the period chosen on the page, and the equal one before it")
AT_STAKE = _("customers who bought or were under contract in the period or in the one before")

RETENTION = (
    Figure(
        "retention_rate", _("Retention rate"), "R = |A₁ ∩ A₀| / |A₁|",
        _("Of the customers active in the period before, the share that bought again in this one; customers under"
          " contract at its end count as active."),
        PERIOD, _("customers active in the period before"), NOTHING, TEXT_LIFECYCLE, (), (), "retention:kpis",
    ),
    Figure(
        "share_of_customer", _("Share of customer"), "Σ min(A, D) / Σ D",
        _("What customers bought from us over what they need in our categories, for the length of the period; each is"
          " bounded by its own need."),
        PERIOD, AT_STAKE, _("customers whose demand is not on record"), TEXT_LIFECYCLE, (), (), "retention:kpis",
    ),
    Figure(
        "customer_assets", _("Return on customer assets"), "365 / d · Σ G / Σ CLV",
        _("Gross profit of the period, as of a year, over customer equity: the lifetime values of the night, for the"
          " period before those of a kept night at most 31 days from its end."),
        PERIOD, AT_STAKE, _("customers without a known profit or lifetime value"), TEXT_LIFECYCLE, ("models",), (),
        "retention:kpis",
    ),
    Figure(
        "retention_kpis", _("The eight KPIs and their composite"), "S = Σ w · s / Σ w,  s = 100 (x − x₀) / (x₁ − x₀)",
        _("Repeat purchases, satisfied demand, attention, attitude to competitors, time of choosing, price sensitivity,"
          " tolerance of quality incidents and recognition, each from 0 to 100 between two raw values that can be set;"
          " attention between the least and the most of the level. A group's composite is the mean of its mean scores"
          " by weight, its coverage the share of the weight that rests on data."),
        PERIOD, AT_STAKE, _("what is not on record: its weight goes to the others, nothing missing counts as zero"),
        _("the same chapter for the first, the literature on customer loyalty for the rest"), (), (), "retention:kpis",
    ),
    Figure(
        "funnel", _("New, lost, won back"), "N₁ = N₀ + new + won back − lost",
        _("A customer from the first purchase on, except while lost: silent by the lost rule and not under contract,"
          " recorded as lost until the next purchase, or parted. Each month compares its two ends."),
        PERIOD, EVERYBODY, _("who is lost and comes back within one month"), TEXT_LIFECYCLE, (), (), "retention:kpis",
    ),
)  # fmt: skip

WORK = (
    Figure(
        "effect", _("Effect of a playbook"), "Δ = Σ w (x̄₁ − x̄₀),  w = n / N",
        _("Chance holds some customers out inside strata of quadrant, level and tier. The difference between those with"
          " the task and those held out, strata weighted by their size, everybody in the arm that chance gave; told"
          " with its interval from a minimum of customers in each arm on, else: no proof yet."),
        _("the window of the playbook, after the night that decided"),
        _("customers for whom the playbook would have raised a new task, whose window has passed"),
        _("customers with complaints, partners and the high level, unless the playbook allows them"),
        "Newcombe 1998; Zou & Donner 2008; Yan & Su 2010; Welch 1947",
    ),
    Figure(
        "acted", _("Acted on"), "a = (done + dismissed) / ended",
        _("The share of a playbook's tasks that ended because somebody did or dismissed them. Below the line of the"
          " proof policy, over enough tasks that ended or are overdue, the rule is asked to go."),
        _("90 days, or as the proof policy says"), _("tasks of customers whom you may see"), _("tasks of replays"),
        _("our own"),
    ),
)  # fmt: skip

GROUPS = (
    (_("Facts and relationship"), FACTS),
    (_("Lifecycle and value to come"), LIFETIME),
    (_("Scores, quadrants and levels"), SCORES),
    (_("Change and movement"), CHANGES),
    (_("Retention"), RETENTION),
    (_("Work and proof"), WORK),
)


def version(figure, night):
    """What the version of a figure consists of on a night, as a list of words; empty where nothing can be set."""
    if not night:
        return []
    told = night.weights or {}
    known = {"weights": _weights, "lines": _lines, "pyramid": _pyramid}
    found = [known[knob](told) for knob in figure.knobs if knob in known]
    if "models" in figure.knobs:
        found += _models(night.models_used or ())
    return [words for words in found if words]


def _weights(told):
    if not told.get("version"):
        return ""
    return gettext("Weights: %(name)s (v%(version)s)") % {"name": told.get("name", ""), "version": told["version"]}


def _lines(told):
    lines = told.get("quadrant") or {}
    names = {
        "MEAN": gettext("Line: the mean"),
        "MEDIAN": gettext("Line: the median"),
        "FIXED": gettext("Line: fixed numbers"),
    }
    return names.get(lines.get("line", "MEAN"), "")


def _pyramid(told):
    cut = told.get("pyramid")
    if not cut:
        return ""
    return gettext("Cut: %(high)s / %(ordinary)s / %(low)s %%") % {
        name: cut[name] for name in ("high", "ordinary", "low")
    }


def _models(cards):
    kinds = {}
    for card in cards:
        kinds[card["kind"]] = kinds.get(card["kind"], 0) + 1
    return [gettext("%(model)s, %(n)s fits") % {"model": kind, "n": n} for kind, n in sorted(kinds.items())]


def told(night, described):
    """The groups with every figure, its version and its last self-checks (of the rows that the Nights page shows)."""
    by_code = {check["code"]: check for check in described}
    return [
        (
            name,
            [(one, version(one, night), [by_code[code] for code in one.checks if code in by_code]) for one in figures],
        )
        for name, figures in GROUPS
    ]
