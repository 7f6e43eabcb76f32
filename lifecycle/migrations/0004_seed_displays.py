"""The stage vocabularies of text 001 (crosswalk: Chen's four decide) and a budget row for each stage."""

from django.db import migrations

# code, name, Chinese name, source, axis, stages: (code, name, Chinese name, stands for, colour of)
MODELS = [
    ("CHEN4", "Chen, four stages", "陈明亮四阶段", "陈明亮 2002（文本 001，L06）", "stage", [
        ("EXPLORATION", "Exploration", "考察期", "EXPLORATION", "EXPLORATION"),
        ("FORMATION", "Formation", "形成期", "FORMATION", "FORMATION"),
        ("STABLE", "Stability", "稳定期", "STABLE", "STABLE"),
        ("DECLINE", "Decline", "退化期", "DECLINE", "DECLINE"),
        ("TERMINATED", "Terminated", "终止期", "TERMINATED", "TERMINATED"),
    ]),
    ("DWYER5", "Dwyer, Schurr & Oh, five stages", "德怀尔、舒尔和吴五阶段", "Dwyer, Schurr & Oh 1987 (L03)", "stage", [
        ("AWARENESS", "Awareness", "认知", "PROSPECT", "PROSPECT"),
        ("EXPLORATION", "Exploration", "考察", "EXPLORATION", "EXPLORATION"),
        ("EXPANSION", "Expansion", "扩展", "FORMATION", "FORMATION"),
        ("COMMITMENT", "Commitment", "承诺", "STABLE", "STABLE"),
        ("DISSOLUTION", "Dissolution", "解体", "DECLINE TERMINATED", "DECLINE"),
    ]),
    ("JAP5", "Jap & Ganesan, five stages", "杰普和格尼森五阶段", "Jap & Ganesan 2000 (L04)", "stage", [
        ("EXPLORATION", "Exploration", "考察", "EXPLORATION", "EXPLORATION"),
        ("BUILDUP", "Build-up", "形成", "FORMATION", "FORMATION"),
        ("MATURITY", "Maturity", "成熟", "STABLE", "STABLE"),
        ("DECLINE", "Decline", "退化", "DECLINE", "DECLINE"),
        ("DETERIORATION", "Deterioration", "恶化", "DECLINE:DETERIORATION TERMINATED", "TERMINATED"),
    ]),
    ("DONG7", "Dong Jinxiang, seven stages", "董金祥七阶段", "董金祥（文本 001，L05）", "stage", [
        ("POTENTIAL", "Potential customer", "潜在客户期", "PROSPECT", "PROSPECT"),
        ("DEVELOPMENT", "Development", "开发期", "EXPLORATION", "EXPLORATION"),
        ("GROWTH", "Growth", "成长期", "FORMATION", "FORMATION"),
        ("MATURITY", "Maturity", "成熟期", "STABLE", "STABLE"),
        ("DECLINE", "Decline", "衰退期", "DECLINE", "DECLINE"),
        ("REENTERED", "Re-entered maturity", "重新进入成熟期", "STABLE:REACTIVATED", "STABLE"),
        ("TERMINATION", "Termination", "终止期", "TERMINATED", "TERMINATED"),
    ]),
    ("PHASE4", "Four phases, by business line", "四个发展阶段（按业务）", "文本 001（L17）", "phase", [
        ("POTENTIAL", "Potential customer", "潜在客户", "", "PROSPECT"),
        ("NEW", "New customer", "新客户", "", "EXPLORATION"),
        ("LOYAL", "Loyal customer", "忠诚客户", "", "STABLE"),
        ("NEW_BUSINESS", "New customer of a new business", "新业务的新客户", "", "FORMATION"),
    ]),
    ("LADDER", "Role ladder, six rungs", "客户角色六级阶梯", "Christopher, Payne & Ballantyne 1991 (R15)", "role", [
        ("PROSPECT", "Prospect", "潜在客户", "PROSPECT", "PROSPECT"),
        ("PURCHASER", "Purchaser", "购买者", "PURCHASER", "EXPLORATION"),
        ("CLIENT", "Client", "客户", "CLIENT", "FORMATION"),
        ("SUPPORTER", "Supporter", "支持者", "SUPPORTER", "STABLE"),
        ("ADVOCATE", "Advocate", "宣传者", "ADVOCATE", "STABLE"),
        ("PARTNER", "Partner", "伙伴", "PARTNER", "STABLE"),
    ]),
]  # fmt: skip
BUDGETS = ["EXPLORATION", "FORMATION", "STABLE", "DECLINE"]


def seed(apps, schema_editor):
    model, stage, budget = (apps.get_model("lifecycle", name) for name in ("StageModel", "ModelStage", "StageBudget"))
    for order, (code, name, name_zh, source, axis, stages) in enumerate(MODELS):
        row, _made = model.objects.get_or_create(
            code=code, defaults={"name": name, "name_zh": name_zh, "source": source, "axis": axis, "order": order}
        )
        for place, (one, words, words_zh, maps, colour) in enumerate(stages):
            stage.objects.get_or_create(
                model=row,
                code=one,
                defaults={"name": words, "name_zh": words_zh, "maps": maps, "colour": colour, "order": place},
            )
    for code in BUDGETS:
        budget.objects.get_or_create(stage=code)


class Migration(migrations.Migration):
    dependencies = [("lifecycle", "0003_stage_marks")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
