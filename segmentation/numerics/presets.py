"""The built-in trees as plain data: text 003 (A company), the seven leaves of text 001, the legacy three (A09)."""

from dataclasses import dataclass

from customers.vocabulary import Dimension
from segmentation.numerics.weights import INDICATORS

CURRENT, POTENTIAL = Dimension.CURRENT.value, Dimension.POTENTIAL.value


@dataclass(frozen=True)
class Branch:
    """A node of a preset: an indicator's code as `leaf`, or names and children."""

    en: str = ""
    zh: str = ""
    leaf: str = ""
    children: tuple = ()
    dimension: str = ""


@dataclass(frozen=True)
class Preset:
    """A tree with its weights: `share` of current value, local `weights` by leaf code within the dimension, `flags` P
    (published) or E (estimated: an even split of what the text leaves open)."""

    code: str
    en: str
    zh: str
    note_en: str
    note_zh: str
    root: Branch
    share: str
    weights: dict
    flags: dict


def _goal(current, potential):
    return Branch(
        "Customer value",
        "客户价值",
        children=(
            Branch("Current value", "当前价值", children=tuple(current), dimension=CURRENT),
            Branch("Potential value", "潜在价值", children=tuple(potential), dimension=POTENTIAL),
        ),
    )


def _leaves(*codes):
    return tuple(Branch(leaf=code) for code in codes)


A_COMPANY = Preset(
    "a_company",
    "A company, 15 indicators (003)",
    "A 公司，15 项指标（003）",
    "Published weights; the four that the text leaves out are an even split of the published remainder.",
    "原文公布的权重；文中未给出的四项为公布余数的平均分配。",
    _goal(
        _leaves(*(row.code for row in INDICATORS if row.dimension == CURRENT)),
        _leaves(*(row.code for row in INDICATORS if row.dimension == POTENTIAL)),
    ),
    "0.39",
    {row.code: row.weight for row in INDICATORS},
    {row.code: row.flag for row in INDICATORS},
)

_SEVEN = {
    "unit_profit": "0.333333333334",
    "cum_volume": "0.333333333333",
    "service_cost": "0.333333333333",
    "satisfaction": "0.333333333334",
    "loyalty_affective": "0.166666666667",
    "loyalty_behavioural": "0.166666666666",
    "trust_credibility": "0.166666666667",
    "trust_benevolence": "0.166666666666",
}
DECK = Preset(
    "deck",
    "Composite CLV indicators, seven leaves (001)",
    "客户终身价值指标综合评价，七项末级指标（001）",
    "Two dimensions, six criteria, seven third-level indicators; satisfaction stands in the text without one and is"
    " measured itself. The text gives no weights: every branch is split evenly.",
    "两个维度、六项准则、七项三级指标；满意在原文中没有下级指标，直接度量。原文未给权重：每一分支平均分配。",
    _goal(
        (
            Branch("Gross profit", "毛利润", children=_leaves("unit_profit")),
            Branch("Purchase quantity", "购买量", children=_leaves("cum_volume")),
            Branch("Service cost", "服务成本", children=_leaves("service_cost")),
        ),
        (
            Branch("Satisfaction", "满意", leaf="satisfaction"),
            Branch("Loyalty", "忠诚", children=_leaves("loyalty_affective", "loyalty_behavioural")),
            Branch("Trust", "信任", children=_leaves("trust_credibility", "trust_benevolence")),
        ),
    ),
    "0.5",
    _SEVEN,
    dict.fromkeys(_SEVEN, "E"),
)

_THREE = {"cum_amount": "1", "contract_length": "0.5", "referral": "0.5"}
LEGACY = Preset(
    "legacy_3",
    "Legacy, three indicators (003)",
    "旧方案，三项指标（003）",
    "How A company segmented before: cumulative amount, contract guarantee length and referrals, equally.",
    "A 公司原先的细分依据：累计交易额、合同保障时长和推荐新客户，三项等权。",
    _goal(_leaves("cum_amount"), _leaves("contract_length", "referral")),
    "0.333333333333",
    _THREE,
    dict.fromkeys(_THREE, "E"),
)
PRESETS = (A_COMPANY, DECK, LEGACY)

# Indicators that only the seven-leaf tree uses: code -> dimension, source, measure, direction, unit, names, rubric.
_FEELING = (
    ["None", "Weak", "Some", "Strong", "Very strong"],
    ["没有", "较弱", "一般", "较强", "很强"],
)
DECK_INDICATORS = {
    "unit_profit": (CURRENT, "COMPUTED", "unit_profit", 1, "money", "Gross profit per unit", "单位产品毛利润", None),
    "satisfaction": (POTENTIAL, "COMPUTED", "satisfaction", 1, "points", "Satisfaction", "满意度", None),
    "loyalty_affective": (POTENTIAL, "EXPERT", "", 1, "level", "Affective loyalty", "情感忠诚", _FEELING),
    "loyalty_behavioural": (
        *(POTENTIAL, "COMPUTED", "purchase_days_12m", 1, "quantity"),
        *("Behavioural loyalty", "行为忠诚", None),
    ),
    "trust_credibility": (POTENTIAL, "EXPERT", "", 1, "level", "Credibility", "可信度", _FEELING),
    "trust_benevolence": (POTENTIAL, "EXPERT", "", 1, "level", "Benevolence", "善行度", _FEELING),
}
