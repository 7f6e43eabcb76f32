"""The A-company weight table of text 003 as plain data: what a migration seeds and a demo expert answers."""

from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType

import numpy as np

from customers.vocabulary import Dimension
from segmentation.numerics.judgement import checked

CURRENT = Dimension.CURRENT.value
POTENTIAL = Dimension.POTENTIAL.value
QUANT, QUAL = "QUANT", "QUAL"
COMPUTED, DERIVED, EXPERT = "COMPUTED", "DERIVED", "EXPERT"


@dataclass(frozen=True)
class Indicator:
    """One of the 15 indicators; `weight` is local to its dimension, four decimals as text so that it stays exact.

    `kind`: QUANT (from the database) or QUAL (an expert's 1..5). `source`: COMPUTED, DERIVED (a rubric level that the
    database can prefill) or EXPERT. `direction`: +1, or -1 where less is better. `flag`: P = published, E = even
    split of the published remainder.
    """

    code: str
    dimension: str
    kind: str
    source: str
    direction: int
    weight: str
    flag: str
    name_en: str
    name_zh: str


_TABLE = (
    ("gross_profit", CURRENT, QUANT, COMPUTED, 1, "0.3138", "P", "gross profit", "毛利润"),
    ("cum_volume", CURRENT, QUANT, COMPUTED, 1, "0.1932", "P", "cumulative transaction volume", "累计交易量"),
    ("cum_amount", CURRENT, QUANT, COMPUTED, 1, "0.1551", "E", "cumulative transaction amount", "累计交易额"),
    ("service_cost", CURRENT, QUANT, COMPUTED, -1, "0.1551", "E", "service cost", "服务成本"),
    ("gross_margin_rate", CURRENT, QUANT, COMPUTED, 1, "0.0655", "P", "gross margin rate", "毛利率"),
    ("relative_profit_rate", CURRENT, QUANT, COMPUTED, 1, "0.0461", "P", "relative profit rate", "相对利润率"),
    ("avg_volume", CURRENT, QUANT, COMPUTED, 1, "0.0396", "P", "average transaction volume", "平均交易量"),
    ("avg_amount", CURRENT, QUANT, COMPUTED, 1, "0.0316", "P", "average transaction amount", "平均交易额"),
    ("cross_buying", POTENTIAL, QUAL, DERIVED, 1, "0.2053", "P", "cross-buying", "交叉购买"),
    ("profitability", POTENTIAL, QUAL, EXPERT, 1, "0.1972", "P", "profitability", "获利能力"),
    ("business_scale", POTENTIAL, QUAL, DERIVED, 1, "0.1616", "P", "business scale", "经营规模"),
    ("bank_credit", POTENTIAL, QUAL, EXPERT, 1, "0.1335", "P", "bank credit", "银行信用"),
    ("referral", POTENTIAL, QUAL, DERIVED, 1, "0.1290", "P", "referral of new customers", "推荐新客户"),
    ("contract_length", POTENTIAL, QUAL, DERIVED, 1, "0.0867", "E", "contract guarantee length", "合同保障时长"),
    ("overdue_history", POTENTIAL, QUAL, DERIVED, 1, "0.0867", "E", "overdue history", "历史逾期情况"),
)
INDICATORS = tuple(Indicator(*row) for row in _TABLE)

CRITERIA = MappingProxyType({CURRENT: "0.3900", POTENTIAL: "0.6100"})

# What one expert might have answered: the ratios of the weights above, put on Saaty's scale ("reconstructed": the
# published weights are means over experts whose own matrices are lost). Rows in the order of INDICATORS.
JUDGEMENTS = MappingProxyType(
    {
        CURRENT: (
            "1 2 2 2 5 7 8 9",
            "1/2 1 1 1 3 4 5 6",
            "1/2 1 1 1 2 3 4 5",
            "1/2 1 1 1 2 3 4 5",
            "1/5 1/3 1/2 1/2 1 2 2 2",
            "1/7 1/4 1/3 1/3 1/2 1 1 2",
            "1/8 1/5 1/4 1/4 1/2 1 1 1",
            "1/9 1/6 1/5 1/5 1/2 1/2 1 1",
        ),
        POTENTIAL: (
            "1 1 1 2 2 2 2",
            "1 1 1 2 2 2 2",
            "1 1 1 1 1 2 2",
            "1/2 1/2 1 1 1 2 2",
            "1/2 1/2 1 1 1 2 2",
            "1/2 1/2 1/2 1/2 1/2 1 1",
            "1/2 1/2 1/2 1/2 1/2 1 1",
        ),
    }
)


def of_dimension(dimension):
    """Return the Indicators of `dimension` ("CURRENT" or "POTENTIAL") in table order."""
    return tuple(row for row in INDICATORS if row.dimension == dimension)


def local_weights(dimension):
    """Return code -> local weight as float; each dimension sums to 1."""
    return {row.code: float(row.weight) for row in of_dimension(dimension)}


def directions():
    """Return code -> +1 or -1 for all indicators."""
    return {row.code: row.direction for row in INDICATORS}


def reconstructed(dimension):
    """Return the reconstructed judgement matrix of `dimension` (reciprocal, codes as in `of_dimension`)."""
    return checked(np.array([[float(Fraction(v)) for v in row.split()] for row in JUDGEMENTS[dimension]]))
