"""The lines of the quadrants at the mean, and a proposal for the contribution index (table 2-1 of text 004 is lost)."""

from decimal import Decimal

from django.db import migrations

COOPERATION = [
    (1, "Refuses surveys and campaigns", "拒绝参与调查和营销活动"),
    (2, "Answers only when pressed", "催促后才答复"),
    (3, "Answers surveys", "配合产品情况调查"),
    (4, "Takes part in campaigns", "参与营销活动"),
    (5, "Takes part and suggests improvements", "积极参与并提出有效建议"),
]
OWN = [
    # code, name, name_zh, dimension, measure, expert, window, unit, rubric, position
    ("loyalty", "Loyalty (repeated orders)", "忠诚度（重复订购）", "CURRENT", "orders", False, "all", "quantity", [], 16),
    ("cooperation", "Cooperation", "沟通与协作", "POTENTIAL", "", True, "", "level", COOPERATION, 17),
]
ITEMS = [
    ("gross_profit", "0.40"),
    ("cum_volume", "0.20"),
    ("overdue_history", "0.15"),
    ("loyalty", "0.15"),
    ("cooperation", "0.10"),
]


def seed(apps, schema_editor):
    get = lambda name: apps.get_model("segmentation", name)  # noqa: E731
    get("QuadrantPolicy").objects.get_or_create(pk=1)
    indicators = get("Indicator").objects
    for code, name, name_zh, dimension, measure, expert, window, unit, rubric, position in OWN:
        levels = [{"level": level, "en": en, "zh": zh} for level, en, zh in rubric]
        indicators.get_or_create(
            code=code,
            defaults={
                "name": name, "name_zh": name_zh, "dimension": dimension, "measure": measure, "expert": expert,
                "direction": 1, "window": window, "unit": unit, "rubric": levels, "position": position,
            },
        )  # fmt: skip
    for code, weight in ITEMS:
        found = indicators.filter(code=code).first()
        if found:
            get("ContributionItem").objects.get_or_create(indicator=found, defaults={"weight": Decimal(weight)})


class Migration(migrations.Migration):
    dependencies = [("segmentation", "0010_lines_shadows")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
