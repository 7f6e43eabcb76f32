"""The built-in trees and the indicators that only they use; the source of every indicator that is there."""

from django.db import migrations

from segmentation.numerics import presets


def seed(apps, schema_editor):
    get = lambda name: apps.get_model("segmentation", name)  # noqa: E731
    get("Indicator").objects.filter(expert=True).update(source="EXPERT")
    position = 100
    for code, (dimension, source, measure, direction, unit, en, zh, rubric) in presets.DECK_INDICATORS.items():
        position += 1
        get("Indicator").objects.get_or_create(
            code=code,
            defaults={
                "name": en, "name_zh": zh, "dimension": dimension, "source": source, "measure": measure,
                "expert": source == "EXPERT", "direction": direction, "unit": unit, "position": position,
                "active": False, "window": {"unit_profit": "all", "purchase_days_12m": "12m"}.get(measure, ""),
                "rubric": [
                    {"level": i, "en": e, "zh": z} for i, (e, z) in enumerate(zip(*(rubric or ([], []))), 1)
                ],
            },
        )  # fmt: skip
    for preset in presets.PRESETS:
        tree = get("IndicatorTree").objects.create(
            code=preset.code, name=preset.en, name_zh=preset.zh, note=preset.note_en, note_zh=preset.note_zh,
            builtin=True,
        )  # fmt: skip
        plant(get, tree, preset.root, None, 0)
    first = get("IndicatorTree").objects.get(code=presets.A_COMPANY.code)
    get("WeightSet").objects.filter(tree=None).update(tree=first)


def plant(get, tree, branch, parent, position):
    indicator = get("Indicator").objects.filter(code=branch.leaf).first() if branch.leaf else None
    node = get("TreeNode").objects.create(
        tree=tree, parent=parent, name=branch.en, name_zh=branch.zh, dimension=branch.dimension, indicator=indicator,
        position=position,
    )  # fmt: skip
    for place, child in enumerate(branch.children):
        plant(get, tree, child, node, place)


class Migration(migrations.Migration):
    dependencies = [("segmentation", "0005_indicators_as_data")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
