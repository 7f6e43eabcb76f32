"""The 15 indicators and default weights of text 003, the pyramid's cut of text 004, the strategies of the quadrants."""

from decimal import Decimal

from django.db import migrations

MEASURES = {
    "gross_profit": ("gross_profit", "all", "money"),
    "cum_volume": ("quantity", "all", "quantity"),
    "cum_amount": ("amount", "all", "money"),
    "service_cost": ("service_cost", "all", "money"),
    "gross_margin_rate": ("gross_margin_12m", "12m", "share"),
    "relative_profit_rate": ("relative_margin_12m", "12m", "ratio"),
    "avg_volume": ("quantity_per_order_12m", "12m", "quantity"),
    "avg_amount": ("amount_per_order_12m", "12m", "money"),
    "cross_buying": ("category_level", "all", "level"),
    "profitability": ("", "", "level"),
    "business_scale": ("scale_level", "", "level"),
    "bank_credit": ("", "", "level"),
    "referral": ("referral_level", "all", "level"),
    "contract_length": ("contract_level", "all", "level"),
    "overdue_history": ("overdue_level", "all", "level"),
}
NAMES = {
    "gross_profit": ("Gross profit", "毛利润", "CURRENT", 1, "0.3138", "P"),
    "cum_volume": ("Cumulative volume", "累计交易量", "CURRENT", 1, "0.1932", "P"),
    "cum_amount": ("Cumulative amount", "累计交易额", "CURRENT", 1, "0.1551", "E"),
    "service_cost": ("Service cost", "服务成本", "CURRENT", -1, "0.1551", "E"),
    "gross_margin_rate": ("Gross margin rate", "毛利率", "CURRENT", 1, "0.0655", "P"),
    "relative_profit_rate": ("Relative profit rate", "相对利润率", "CURRENT", 1, "0.0461", "P"),
    "avg_volume": ("Average volume", "平均交易量", "CURRENT", 1, "0.0396", "P"),
    "avg_amount": ("Average amount", "平均交易额", "CURRENT", 1, "0.0316", "P"),
    "cross_buying": ("Cross-buying", "交叉购买", "POTENTIAL", 1, "0.2053", "P"),
    "profitability": ("Profitability", "获利能力", "POTENTIAL", 1, "0.1972", "P"),
    "business_scale": ("Business scale", "经营规模", "POTENTIAL", 1, "0.1616", "P"),
    "bank_credit": ("Bank credit", "银行信用", "POTENTIAL", 1, "0.1335", "P"),
    "referral": ("Referral of new customers", "推荐新客户", "POTENTIAL", 1, "0.1290", "P"),
    "contract_length": ("Contract guarantee length", "合同保障时长", "POTENTIAL", 1, "0.0867", "E"),
    "overdue_history": ("Overdue history", "历史逾期情况", "POTENTIAL", 1, "0.0867", "E"),
}
RUBRICS = {
    "cross_buying": (
        ["1 product line", "2 product lines", "3 product lines", "4 product lines", "5 or more"],
        ["1 条产品线", "2 条产品线", "3 条产品线", "4 条产品线", "5 条及以上"],
    ),
    "profitability": (
        ["Loss", "Break-even", "Low", "Medium", "High"],
        ["亏损", "持平", "低", "中", "高"],
    ),
    "business_scale": (
        ["Micro", "Small", "Medium", "Large", "Group"],
        ["微型", "小型", "中型", "大型", "集团"],
    ),
    "bank_credit": (["None or D", "C", "B", "A", "AA or better"], ["无或 D 级", "C 级", "B 级", "A 级", "AA 级及以上"]),
    "referral": (["None", "1 referral", "2 referrals", "3 referrals", "4 or more"], ["无", "推荐 1 次", "推荐 2 次", "推荐 3 次", "4 次及以上"]),
    "contract_length": (
        ["Under 1 year", "1-2 years", "2-3 years", "3-5 years", "5 years or more"],
        ["不足 1 年", "1–2 年", "2–3 年", "3–5 年", "5 年及以上"],
    ),
    "overdue_history": (
        ["Over 90 days, or 3 times", "61-90 days", "31-60 days", "1-30 days", "Never"],
        ["超过 90 天，或 3 次及以上", "61–90 天", "31–60 天", "1–30 天", "从未逾期"],
    ),
}
STRATEGIES = [
    (
        "HH", "Keep and develop", "保持并发展",
        "Large volume, high profit, loyal and creditworthy. Put limited resources here first: priority service, one"
        " named contact, and a plan to deepen the relationship.",
        "交易量大、利润高、忠诚且信用好。把有限的资源优先投入这里：优先服务、专人对接，并制定深化关系的计划。",
    ),
    (
        "HL", "Strengthen the tie", "加强联系",
        "High value today, an unstable future. Strengthen contact, watch developments and needs, and raise loyalty so"
        " that they move towards high potential.",
        "当前价值高，但未来不稳定。加强联系，多关注客户动态和需求，提高忠诚度，使其向高价值客户发展。",
    ),
    (
        "LH", "Promote actively", "主动营销",
        "Good credit and room to grow. Study their purchase history, predict what they may need, promote precisely and"
        " increase cross-buying.",
        "信用好、有成长空间。研究购买历史与消费特点，判断可能需要的产品或服务，做好定向推广，增加交叉购买。",
    ),
    (
        "LL", "Select, reduce or let go", "甄别取舍",
        "Find those who could turn into high-value customers: check economic strength, credit, relationship and product"
        " fit. Reduce or give up those whose upkeep costs more than it brings.",
        "鉴别哪些客户有可能向高价值转变：考察经济实力、信用、关系与产品匹配。维护成本高于收益的，果断减少或舍弃。",
    ),
]  # fmt: skip


def seed(apps, schema_editor):
    get = lambda name: apps.get_model("segmentation", name)  # noqa: E731
    weight_set = get("WeightSet").objects.create(
        name="A 公司 / A company (003)", mode="DIRECT", status="PUBLISHED", current_share=Decimal("0.39"),
        note="Published weights; the four that the text leaves out are an even split of the published remainder."
        " 原文公布的权重；文中未给出的四项为公布余数的平均分配。",
    )  # fmt: skip
    for position, (code, (name, name_zh, dimension, direction, weight, flag)) in enumerate(NAMES.items(), 1):
        measure, window, unit = MEASURES[code]
        texts = RUBRICS.get(code, ([], []))
        indicator = get("Indicator").objects.create(
            code=code, name=name, name_zh=name_zh, dimension=dimension, measure=measure, expert=code in RUBRICS,
            direction=direction, window=window, unit=unit, position=position,
            rubric=[{"level": i, "en": en, "zh": zh} for i, (en, zh) in enumerate(zip(*texts, strict=True), 1)],
        )  # fmt: skip
        get("Weight").objects.create(
            weight_set=weight_set, indicator=indicator, value=Decimal(weight), provenance=flag
        )
    get("PyramidPolicy").objects.create(pk=1)
    for quadrant, title, title_zh, text, text_zh in STRATEGIES:
        get("QuadrantStrategy").objects.create(
            quadrant=quadrant, title=title, title_zh=title_zh, text=text, text_zh=text_zh
        )


class Migration(migrations.Migration):
    dependencies = [("segmentation", "0001_initial")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
